"""The tab *Evaluate* in a real browser, with fake models: run, read, ask again, compare, and be told what is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browsing import MARKS, app_over_seeds
from tests.serving import served, service_in, waiting_model

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

pytestmark = MARKS


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with app_over_seeds(tmp_path_factory.mktemp("evaluate")) as address:
        yield address


@pytest.fixture
def page(browser, address: str):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(address)
    page.get_by_role("tab", name="Evaluate").click()
    page.get_by_role("button", name="Start").wait_for()
    yield page
    page.close()


def run(page, cases: int, seed: int = 0) -> None:
    """Run the suite, to the end."""
    page.get_by_label("At most so many cases").fill(str(cases))
    page.get_by_role("spinbutton", name="Seed").fill(str(seed))
    page.get_by_role("button", name="Start").click()
    page.locator("#cw-eval-progress", has_text=f"Done: {cases} cases").wait_for()
    page.locator("#cw-eval-result h2", has_text=f"of {cases} cases came out right").wait_for()


def test_a_run_is_watched_to_its_numbers_and_a_failing_case_asked_again(page, address: str) -> None:
    run(page, 3)
    newest = page.request.get(f"{address}/api/v1/evaluations").json()["evaluations"][0]
    report = page.request.get(f"{address}/api/v1/evaluations/{newest['id']}").json()["report"]["suites"][0]
    result = page.locator("#cw-eval-result")
    value, _, n = result.locator(".cw-table tbody tr", has_text="Exact quotes").locator("td").all_inner_texts()
    measured = report["metrics"]["exact_quotes"]
    assert (value, n) == (f"{100 * measured['value']:.1f} %", str(measured["n"]))
    assert result.locator(".cw-plots svg").count() >= 2
    assert page.locator("#cw-eval-cancel").is_hidden()
    failed = result.locator(".cw-failures > li")
    assert failed.locator(".cw-case").all_inner_texts() == [
        one["question"] for one in report["cases"] if one["fault"] is not None
    ]
    question = failed.first.locator(".cw-case").inner_text()
    failed.first.locator("summary").click()
    assert failed.first.locator("dt", has_text="Why it failed").is_visible()
    again = failed.first.get_by_role("link", name="Ask this again")
    elsewhere = again.get_attribute("href")
    again.click()
    field = page.get_by_label("Question", exact=True)
    field.wait_for()
    assert field.input_value() == question
    page.get_by_role("button", name="Ask", exact=True).click()
    page.locator("#cw-asked-pane h2", has_text=question).wait_for()
    page.goto(f"{address}{elsewhere}")  # as in another window
    page.wait_for_function("q => document.querySelector('#cw-question textarea')?.value === q", arg=question)


def test_the_whole_report_opens_at_the_case_and_is_one_file(page) -> None:
    run(page, 4)
    failed = page.locator("#cw-eval-result .cw-failures > li").first
    question = failed.locator(".cw-case").inner_text()
    failed.locator("summary").click()
    with page.context.expect_page() as opened:
        failed.get_by_role("link", name="In the whole report").click()
    report = opened.value
    report.locator("details[open] .question", has_text=question).first.wait_for()
    report.close()
    with page.expect_download() as kept:
        page.get_by_role("link", name="report.json").click()
    (suite,) = json.loads(Path(kept.value.path()).read_text(encoding="utf-8"))["suites"]
    assert (suite["name"], len(suite["cases"])) == ("seeds", 4)


def test_two_runs_are_compared_and_so_is_a_report_that_was_kept(page, address: str, tmp_path: Path) -> None:
    run(page, 4, seed=1)
    run(page, 5, seed=1)
    runs = page.request.get(f"{address}/api/v1/evaluations").json()["evaluations"]
    page.get_by_role("button", name="Compare two runs").click()
    differences = page.locator("#cw-eval-differences")
    compare = page.get_by_role("button", name="Compare", exact=True)
    compare.click()
    differences.get_by_role("alert").or_(differences.locator("h2")).wait_for()  # two samples, which may share cases

    kept = page.request.get(f"{address}/api/v1/evaluations/{runs[0]['id']}").json()["report"]
    for case in kept["suites"][0]["cases"]:
        case["rows"]["exact_quotes"] = [0, 1]
    changed = kept["suites"][0]["cases"][0]
    changed["fault"] = None if changed["fault"] else "not answered"
    file = tmp_path / "report.json"
    file.write_text(json.dumps(kept), encoding="utf-8")
    page.locator("#cw-eval-report-file input[type=file]").set_input_files(file)
    differences.get_by_text("report.json stands for “before”: seeds.").wait_for()
    compare.click()
    differences.locator("h2", has_text="seeds: 5 cases in both").wait_for()
    assert "better" in differences.locator("tbody tr", has_text="Exact quotes").inner_text()
    assert differences.locator(".cw-changes .cw-case").all_inner_texts() == [changed["question"]]

    file.write_text("[" * 50_000, encoding="utf-8")
    page.locator("#cw-eval-report-file").get_by_label("Remove").or_(
        page.locator("#cw-eval-report-file").get_by_label("Clear")
    ).first.click()
    page.locator("#cw-eval-report-file input[type=file]").set_input_files(file)
    differences.get_by_text("report.json is no report: choose a report.json").wait_for()


def test_a_bad_case_file_is_told_by_line_and_a_good_one_is_run(page, tmp_path: Path) -> None:
    page.get_by_label("a case file of your own").check()
    page.get_by_role("button", name="Start").click()
    said = page.locator("#cw-eval-said")
    said.get_by_text("there is no case file: choose one above").wait_for()
    file = tmp_path / "mine.jsonl"
    file.write_text('{"question": "When did the siren sound?"}\n{"question": ""}', encoding="utf-8")
    page.locator("#cw-eval-file input[type=file]").set_input_files(file)
    said.get_by_text("mine.jsonl, line 2: the question is empty; write one, or delete the line").wait_for()
    page.locator("#cw-eval-file").get_by_label("Remove").or_(
        page.locator("#cw-eval-file").get_by_label("Clear")
    ).first.click()
    file.write_text('{"question": "Who is the president of <b>Atlantis</b>?"}', encoding="utf-8")
    page.locator("#cw-eval-file input[type=file]").set_input_files(file)
    said.get_by_text("mine.jsonl holds 1 case.").wait_for()
    page.get_by_role("button", name="Start").click()
    page.locator("#cw-eval-result h2", has_text="mine: ").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_results_and_comparison_are_accessible_and_fit_a_telephone(browser, address: str, scheme: str) -> None:
    accessibility = pytest.importorskip("tests.test_accessibility_browser")
    page = browser.new_page(viewport={"width": 390, "height": 860}, color_scheme=scheme)
    page.goto(f"{address}/?__theme={scheme}")
    page.get_by_role("tab", name="Evaluate").click()
    for cases in (6, 7):
        run(page, cases)
    page.locator("#cw-eval-result .cw-failures summary").first.click()
    page.get_by_role("button", name="Compare two runs").click()
    page.get_by_role("button", name="Compare", exact=True).click()
    page.locator("#cw-eval-differences h2").wait_for()
    page.wait_for_timeout(300)
    assert accessibility.serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.close()


def test_what_others_began_is_watched_and_can_be_cancelled(browser, tmp_path: Path) -> None:
    service = service_in(tmp_path)
    with service, waiting_model(service) as model, served(service) as address:
        page = browser.new_page()
        began = page.request.post(f"{address}/api/v1/evaluations", data={"suite": "seeds", "limit": 5})
        assert began.status == 202
        assert model.begun.wait(10)
        page.goto(address)
        page.get_by_role("tab", name="Evaluate").click()
        progress = page.locator("#cw-eval-progress")
        progress.get_by_text("of 5 cases of seeds").wait_for()
        page.get_by_role("button", name="Start").click()
        page.locator("#cw-eval-said").get_by_text("an evaluation is under way").wait_for()
        page.get_by_role("button", name="Cancel").click()
        progress.get_by_text("stopping …").wait_for()
        model.finish.set()
        progress.get_by_text("There is no report of it: start again for one.").wait_for()
        page.get_by_role("button", name="Cancel").wait_for(state="hidden")
        page.close()


def test_what_cannot_be_a_number_of_cases_is_said(page) -> None:
    page.get_by_label("At most so many cases").fill("0")
    page.get_by_role("button", name="Start").click()
    page.locator("#cw-eval-said").get_by_text("the number of cases must be a whole number from 1").wait_for()


def test_the_keyboard_alone_will_do(page) -> None:
    page.get_by_label("At most so many cases").focus()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("2")
    page.get_by_role("button", name="Start").focus()
    page.keyboard.press("Enter")
    page.locator("#cw-eval-result h2", has_text="of 2 cases came out right").wait_for()
    summary = page.locator("#cw-eval-result .cw-failures summary").first
    summary.focus()
    page.keyboard.press("Enter")
    assert page.locator("#cw-eval-result .cw-failures dl").first.is_visible()
    told = page.locator("[aria-live=polite].cw-unseen").all_inner_texts()
    assert any(words.startswith("Done: 2 cases of seeds") for words in told)
