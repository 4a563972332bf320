"""The report page in a real browser: links lead to the very words, filters count, nothing foreign runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qa.evaluation.files import write_report
from qa.evaluation.report import Report
from qa.evaluation.responses import Cited, Response, Told
from qa.evaluation.run import score
from qa.evaluation.suites import seeds
from tests.browsing import MARKS, chromium

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

pytestmark = MARKS

EVIL = "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 2'> It is so."


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report over the seeds: the first case right and hostile, the second cited elsewhere, the others failed."""
    suite = seeds.load().sample(8, 0)
    first, second = [case for case in suite.cases if case.evidence][:2]
    gold, wrong = first.evidence[0][0], suite.articles[0]
    told = Told(EVIL, (Cited(gold.quote, gold.article, gold.start, gold.end),))
    astray = Told("It is not.", (Cited(wrong.text[:40], wrong.id, 0, 40),))
    responses = [Response(first.id, (told,), score=0.8), Response(second.id, (astray,), score=0.4)]
    folder = tmp_path_factory.mktemp("report")
    texts = {article.id: article for article in suite.articles}
    write_report(Report((score(suite, responses),), {"citewire": "0"}), folder, texts)
    return folder / "report.html"


@pytest.fixture
def page(report: Path) -> Iterator[Any]:
    with chromium() as browser:
        page = browser.new_page()
        page.asked = []
        page.said = []
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("console", lambda message: page.said.append(message.text))
        page.goto(report.as_uri())
        yield page


def test_nothing_is_asked_of_anyone_and_nothing_foreign_runs(page, report):
    assert page.asked == [report.as_uri()]
    assert page.said == []
    assert page.evaluate("window.hacked") is None


def test_a_quotation_leads_to_its_words_in_the_article(page):
    page.get_by_role("button", name="Open all shown").click()
    link = page.locator("li.case blockquote a").first
    words = " ".join(link.inner_text().split())
    link.click()
    marked = page.locator("details.source[open] mark.here")
    assert " ".join(" ".join(marked.all_inner_texts()).split()) == words
    assert marked.first.is_visible()
    top = marked.first.bounding_box()["y"]
    assert 0 <= top < page.viewport_size["height"]


def test_filters_leave_what_fits_and_say_how_many(page):
    shown = page.locator(".filtered li.case:visible")
    whole = shown.count()
    assert whole == 7
    page.get_by_label("Fault").select_option("the evidence is not cited")
    assert shown.count() == 1
    assert page.get_by_role("status").inner_text().startswith("1 of 7")
    page.get_by_label("Fault").select_option("")
    page.get_by_label("Text").fill("zzzz")
    assert shown.count() == 0


@pytest.mark.parametrize("width", [375, 1280])
def test_it_never_scrolls_sideways(page, width):
    page.set_viewport_size({"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
