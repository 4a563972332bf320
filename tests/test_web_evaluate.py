"""The tab *Evaluate* without a browser: what its HTML says, what is refused, and the reports' own addresses."""

from __future__ import annotations

import datetime
import json
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from qa.errors import CaseError
from qa.evaluation.compare import Change, Comparison
from qa.evaluation.intervals import Difference
from qa.evaluation.page import report_policy
from qa.evaluation.report import Report
from qa.evaluation.responses import Cited, Response, Told
from qa.evaluation.run import score
from qa.evaluation.suites import seeds
from qa.evaluation.suites.suite import Suite
from qa.web.api.app import Metrics, Readiness, api_of
from qa.web.api.runs import Run, Runs
from qa.web.api.schemas import NewEvaluation, RunState
from qa.web.case_files import suite_of_file
from qa.web.evaluation import comparison_html, progress_html, result_html, run_label, terms_html
from qa.web.server import create_app
from tests.serving import service_in, waiting_model

EVIL = "<script>hacked</script>\u202e It is so."
BEGUN = datetime.datetime(2024, 5, 31, 12, 0, tzinfo=datetime.UTC)
RUNNING = Run("ab12", "seeds", 20, 0, BEGUN)


def later(seconds: float) -> datetime.datetime:
    return BEGUN + datetime.timedelta(seconds=seconds)


def words_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@pytest.fixture(scope="module")
def suite() -> Suite:
    return seeds.load().sample(8, 0)


@pytest.fixture(scope="module")
def run(suite: Suite) -> Run:
    """Over the seeds: the first case with evidence right but hostile, the second cited elsewhere, the others silent."""
    first, second = [case for case in suite.cases if case.evidence][:2]
    gold, wrong = first.evidence[0][0], suite.articles[0]
    told = Told(EVIL, (Cited(gold.quote, gold.article, gold.start, gold.end),))
    astray = Told(EVIL, (Cited(wrong.text[:40], wrong.id, 0, 40, speaker=EVIL),))
    responses = [Response(first.id, (told,), score=0.8), Response(second.id, (astray,), score=0.4)]
    silent = [Response(case.id, reason="unsupported") for case in suite.cases if case not in (first, second)]
    report = Report((score(suite, [*responses, *silent]),), {"citewire": "0"})
    texts = {article.id: article for article in suite.articles}
    return replace(RUNNING, total=8, done=8, state=RunState.DONE, finished=later(64), report=report, articles=texts)


@pytest.fixture(scope="module")
def html(run: Run) -> str:
    return result_html(run, ())


# ── progress ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("run", "seconds", "words"),
    [
        (RUNNING, 3, "0 of 20 cases of seeds; reading the articles …"),
        (replace(RUNNING, done=5), 40, "About 2 minutes left."),  # 40 s / 5 cases = 8 s; 15 · 8 s = 120 s
        (replace(RUNNING, done=19), 152, "Less than a minute left."),
        (replace(RUNNING, done=20), 160, "20 of 20 cases of seeds; counting …"),
        (replace(RUNNING, done=5, state=RunState.CANCELLING), 40, "5 of 20 cases of seeds; stopping …"),
        (replace(RUNNING, done=5, state=RunState.CANCELLED, finished=later(48)), 99, "Cancelled after 5 of 20 cases"),
        (replace(RUNNING, done=20, state=RunState.DONE, finished=later(164)), 999, "It took 2 min 44 s."),
        (replace(RUNNING, state=RunState.FAILED, finished=later(1), error="no model: run x"), 1, "broke off: no model"),
    ],
)
def test_it_says_how_far_a_run_is(run: Run, seconds: float, words: str) -> None:
    assert words in words_of(progress_html(run, later(seconds)))


def test_a_screen_reader_is_told_at_the_quarters_only() -> None:
    pages = [progress_html(replace(RUNNING, done=done), later(done)) for done in range(20)]
    told = {found for page in pages for found in re.findall(r'data-tell="([^"]*)"', page)}
    assert sorted(told) == [f"Evaluation of seeds under way: {done} of 20 cases" for done in (0, 10, 15, 5)]


def test_the_bar_is_gone_once_it_is_over(run: Run) -> None:
    assert '<progress max="20" value="5"' in progress_html(replace(RUNNING, done=5), later(9))
    assert "<progress" not in progress_html(run, later(99))


# ── results ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_headline_numbers_have_intervals_and_n(run: Run, html: str) -> None:
    assert run.report is not None
    (report,) = run.report.suites
    value = report.values["citation_precision"]
    words = words_of(html)
    assert value.value == 1 / 2  # one right of two that were cited
    assert re.search(r"Citation precision .*? 50\.0 % \S+ 2 ", words)
    assert f"seeds: {sum(one.fault is None for one in report.results)} of 8 cases came out right" in words


def test_each_failure_stands_with_answer_quotes_gold_and_reason(run: Run, html: str) -> None:
    assert run.report is not None
    results = run.report.suites[0].results
    failed = [(place, one) for place, one in enumerate(results, start=1) if one.fault]
    items = re.findall(r"<li>.*?</li>", html)
    assert len(items) == len(failed)
    for item, (place, one) in zip(items, failed, strict=True):
        assert f"/evaluations/ab12/report.html#s1-c{place}" in item
        assert "/?ask=" in item
        words = words_of(item)
        assert str(one.fault) in words
        for gold in (span for group in one.case.evidence for span in group):
            assert " ".join(gold.quote.split())[:20] in words.replace("&#x27;", "'").replace("&quot;", '"')
    (astray,) = [one for one in items if "<dt>Cited</dt>" in one]
    assert "the evidence is not cited" in astray


def test_nothing_in_it_is_markup_but_ours(html: str) -> None:
    assert "hacked" in html
    assert "<script" not in html
    assert "\u202e" not in html


def test_it_warns_where_the_library_lacks_the_articles(run: Run, html: str) -> None:
    warning = "asks your own library, which lacks"
    assert warning in html
    assert warning not in result_html(run, run.articles.keys())


def test_without_a_report_it_says_why() -> None:
    assert "cancelled after 5 of 20 cases" in result_html(
        replace(RUNNING, done=5, state=RunState.CANCELLED, finished=later(1)), ()
    )
    failed = replace(RUNNING, state=RunState.FAILED, finished=later(1), error="no model: run <x>")
    assert "no model: run &lt;x&gt;" in result_html(failed, ())
    assert run_label(failed).endswith("20 cases · seed 0, failed")


def test_the_empty_state_teaches() -> None:
    words = words_of(terms_html(folded=False))
    for term in ("A suite is", "Citation precision is", "The 95 % interval tells"):
        assert term in words


# ── two runs ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("measure", "difference", "verdict"),
    [
        ("citation_precision", Difference(0.5, 0.75, 0.25, 8, 0.1, 0.4), "better"),
        ("citation_precision", Difference(0.75, 0.5, -0.25, 8, -0.4, -0.1), "worse"),
        ("citation_precision", Difference(0.5, 0.6, 0.1, 8, -0.1, 0.3), "perhaps chance"),
        ("invalid_marks", Difference(0.2, 0.1, -0.1, 8, -0.2, -0.05), "better"),
        ("output_tokens", Difference(10, 20, 10, 8, 5, 15), "worse"),
        ("speaker_accuracy", Difference(None, 0.6, None, 8), "not measured in both"),
    ],
)
def test_a_difference_is_put_in_words(measure: str, difference: Difference, verdict: str) -> None:
    html = comparison_html([Comparison("seeds", 8, (), {measure: difference}, ())], "one", "two")
    assert words_of(html).endswith(f"8 {verdict} Cases that changed None: each came out as before.")


def test_what_changed_is_listed_and_what_did_not_is_named() -> None:
    same = {"f1": Difference(0.5, 0.5, 0.0, 2, 0.0, 0.0)}
    changes = (Change("1", EVIL, None, "not answered"), Change("2", "Why?", "not answered", None))
    html = comparison_html([Comparison("seeds", 2, ("3",), same, changes)], EVIL, "two")
    words = words_of(html)
    assert "2 cases in both; 1 case of the first are not in the second" in words
    assert "The same in both: F1." in words
    assert "right → not answered" in words
    assert "Why? not answered → right" in words
    assert "<script" not in html


# ── over HTTP ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with service_in(tmp_path_factory.mktemp("evaluate")) as service:
        yield TestClient(create_app(service), base_url="http://127.0.0.1")


def test_reports_have_addresses_of_their_own(client: TestClient) -> None:
    started = client.post("/api/v1/evaluations", json={"suite": "seeds", "limit": 2})
    place, run_id = started.headers["Location"], started.json()["id"]
    deadline = time.monotonic() + 20
    while (found := client.get(place).json())["finished"] is None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    page = client.get(f"/evaluations/{run_id}/report.html")
    assert page.headers["Content-Security-Policy"] == f"{report_policy()}; frame-ancestors 'none'"
    assert report_policy() in page.text  # a page that was saved keeps it
    for case in found["report"]["suites"][0]["cases"]:
        assert case["question"][:20] in page.text.replace("&#39;", "'")
    kept = client.get(f"/evaluations/{run_id}/report.json")
    assert kept.headers["Content-Disposition"] == f'attachment; filename="report-{run_id}.json"'
    assert kept.json() == found["report"]


@pytest.mark.parametrize("name", ["report.html", "report.json"])
def test_a_report_that_is_not_there_says_how_to_get_one(client: TestClient, name: str) -> None:
    reply = client.get(f"/evaluations/0123456789ab/{name}")
    assert reply.status_code == 404
    assert "run the evaluation anew" in reply.text


def test_runs_tell_which_is_under_way(tmp_path: Path, suite: Suite) -> None:
    with service_in(tmp_path) as service, waiting_model(service) as model:
        runs: Runs = api_of(service, Metrics(service, Readiness())).runs
        assert runs.running() is None
        begun = runs.start(suite, NewEvaluation(suite="seeds", limit=2, seed=0))
        assert begun is not None
        assert model.begun.wait(10)
        under_way = runs.running()
        assert under_way is not None
        assert (under_way.id, under_way.over) == (begun.id, False)
        runs.cancel(begun.id)
        model.finish.set()
        runs.close()
        ended = runs.get(begun.id)
        assert ended is not None
        assert (runs.running(), ended.over, ended.report) == (None, True, None)


# ── case files ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_case_file_is_named_as_it_was_uploaded(suite: Suite) -> None:
    line = json.dumps({"question": "When did the dam break?"})
    assert suite_of_file(line.encode(), "../my cases.jsonl", suite.articles).name == "my-cases"
    with pytest.raises(CaseError, match=r"^my cases\.jsonl, line 2: not JSON"):
        suite_of_file(f"{line}\n{{".encode(), "my cases.jsonl", suite.articles)
