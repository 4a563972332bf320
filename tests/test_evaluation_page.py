"""The report for people: hostile text stays text, every link leads somewhere, numbers are worded alike everywhere."""

import json
import re
from collections import Counter
from html.parser import HTMLParser

import pytest

from qa.evaluation.cases import Case, Gold
from qa.evaluation.markdown import report_markdown
from qa.evaluation.measure import Scored
from qa.evaluation.measures import ANSWERING, RETRIEVAL
from qa.evaluation.metrics.alce import AlceScores
from qa.evaluation.page import report_html
from qa.evaluation.plots import kinds_plot, latency_plot, reliability_plot, risk_coverage_plot
from qa.evaluation.report import Report, SuiteReport, read_report, report_json, suite_report
from qa.evaluation.responses import Cited, Place, Response, Told
from qa.evaluation.wording import flattened, headlines, interval, shown
from qa.types import Article
from qa.wording import visible

EVIL = "<script>alert(1)</script> & \"'><img src=x onerror=alert(2)> \u202egnitset {{ 7 * 7 }} $\\frac$ http://evil.example"
TEXT = f"The quail market in Ombersley opened on Monday. {EVIL} It closed on Friday, the mayor said."
ARTICLE = Article(TEXT, title=EVIL, source="evil.txt", outlet=EVIL, author=EVIL, date="2031-05-01")
PROVENANCE = {
    "date": "2031-06-01T10:00:00+00:00",
    "citewire": "0.1.0",
    "seed": 3,
    "models": {"support": {"sha256": "ab"}},
}


def gold(start: int, end: int) -> Gold:
    return Gold(ARTICLE.id, start, end, TEXT[start:end])


def cited(start: int, end: int) -> Cited:
    return Cited(TEXT[start:end], ARTICLE.id, start, end, speaker=EVIL, support=0.7)


def said(case_id: str, *citations: Cited, score: float = 0.8) -> Response:
    return Response(case_id, (Told(f"It opened. {EVIL}", citations),), score=score, seconds=2.5, retrieved=(PLACE,))


PLACE = Place(ARTICLE.id, 0, 40)
CASES = (
    (Case("1", f"When? {EVIL}", EVIL, answers=(EVIL,), evidence=((gold(0, 47),),)), said("1", cited(4, 60))),
    (Case("2", "Then?", "date", answers=("Friday",), evidence=((gold(30, 70),),)), said("2", cited(0, 10), score=0.3)),
    (Case("3", "Where?", "place", evidence=((gold(0, 47), gold(0, 20)),)), Response("3", reason="refused", seconds=1)),
    (Case("4", "Why?", "none | of\nthese", answerable=False), said("4", Cited("elsewhere", "unknown", 0, 9))),
    (Case("5", "Who?", "none", answerable=False), Response("5", reason="unsupported", seconds=0.5)),
    (Case("6", "How?", "none", answerable=False), Response("6", error=EVIL)),
    (Case("7", "Out of bounds?", "date", evidence=((gold(0, 47),),)), said("7", Cited("x", ARTICLE.id, -3, 10**9))),
)  # fmt: skip


def suite(name: str = "own") -> SuiteReport:
    scored = [Scored(case, response, {ARTICLE.id: TEXT}, AlceScores(1.0, 0.5)) for case, response in CASES]
    judge = {"model": "gate", "self_judged": True}
    return suite_report(name, scored, ANSWERING, corpus={"articles": 1, "sha256": "cd"}, judge=judge)


@pytest.fixture(scope="module")
def report() -> Report:
    return Report((suite(), suite(f"other {EVIL}")), PROVENANCE)


@pytest.fixture(scope="module")
def html(report: Report) -> str:
    return report_html(report, {ARTICLE.id: ARTICLE})


class Page(HTMLParser):
    """The elements of a page, and the text inside those of class ``text``."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.article = ""
        self._depth = 0
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag == "div" and (self._depth or dict(attrs).get("class") == "text"):
            self._depth += 1

    def handle_endtag(self, tag):
        self._depth -= tag == "div" and self._depth > 0

    def handle_data(self, data):
        if self._depth:
            self.article += data

    def values(self, name: str) -> list[str]:
        return [attrs[name] or "" for _, attrs in self.seen if name in attrs]


def test_nothing_from_outside_becomes_markup(html: str) -> None:
    tags = Counter(tag for tag, _ in Page(html).seen)
    assert tags["script"] == 1
    assert tags["img"] == 0
    assert not any(name.startswith("on") for _, attrs in Page(html).seen for name in attrs)
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp;" in html
    assert "{{ 7 * 7 }}" in html
    assert "\u202e" not in html
    assert "⟨U+202E⟩gnitset" in html


def test_only_the_script_of_the_page_may_run(html: str) -> None:
    (policy,) = [attrs["content"] for tag, attrs in Page(html).seen if "Content-Security-Policy" in attrs.values()]
    assert policy.startswith("default-src 'none'")
    assert re.search(r"script-src 'sha256-[\w+/]{43}='", policy)


def test_every_link_has_its_target_and_ids_are_unique(html: str) -> None:
    page = Page(html)
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    links = [link for name in ("href", "xlink:href") for link in page.values(name)]
    assert links
    assert {link.removeprefix("#") for link in links} <= set(ids)
    assert all(link.startswith("#") for link in links)
    assert set(re.findall(r"url\(#([^)]*)\)", html)) <= set(ids)
    assert {name for names in page.values("aria-labelledby") for name in names.split()} <= set(ids)


def test_nothing_is_fetched_from_elsewhere(html: str) -> None:
    page = Page(html)
    assert not page.values("src")
    assert not any(tag in {"link", "iframe", "object", "base"} for tag, _ in page.seen)
    without_names = re.sub(r'xmlns(:\w+)?="[^"]*"', "", html)
    assert all(found.startswith("http://evil.example") for found in re.findall(r"https?://\S*", without_names))
    assert "@import" not in html


def test_quotations_lead_to_their_words(html: str) -> None:
    page = Page(html)
    assert {"a1-0-47", "a1-4-60", "a1-30-70", "a1-0-20", "a1-0-10"} <= set(page.values("id"))
    assert page.article == visible(TEXT)  # overlapping spans cut the text, and lose or double nothing
    assert page.values("href").count("#a1-4-60") == 2  # once in each suite
    assert not [anchor for anchor in page.values("id") if anchor.startswith("a1--")]  # a place that is none


def test_a_quotation_without_its_article_is_plain_text(report: Report) -> None:
    html = report_html(report, {})
    assert not [link for link in Page(html).values("href") if re.match(r"#a\d", link)]
    assert "elsewhere" in html


def test_only_articles_that_are_quoted_are_shown(report: Report) -> None:
    other = Article("Nobody asks about this one.", title="Unasked", source="other.txt")
    assert "Unasked" not in report_html(report, {ARTICLE.id: ARTICLE, other.id: other})


def test_failures_and_judge_are_told(html: str) -> None:
    assert html.count("self-judged: the judge is the gate&#39;s own model") == 2
    assert html.count("4 failures in 7 cases") == 2
    assert "the evidence is not cited" in html
    assert "not word for word" not in html


def test_a_quotation_that_is_not_exact_is_told() -> None:
    wrong = Cited("invented", ARTICLE.id, 0, 8)
    scored = [Scored(Case("1", "?", evidence=((gold(0, 8),),)), said("1", wrong), {ARTICLE.id: TEXT})]
    one = Report((suite_report("s", scored, ANSWERING, corpus={}),), {})
    assert "not word for word" in report_html(one, {ARTICLE.id: ARTICLE})


def test_a_stored_report_renders_the_same(report: Report, html: str, tmp_path) -> None:
    (tmp_path / "report.json").write_text(json.dumps(report_json(report)), encoding="utf-8")
    assert report_html(read_report(tmp_path), {ARTICLE.id: ARTICLE}) == html


def test_lone_surrogates_do_not_stop_the_page() -> None:
    scored = [Scored(Case("1", "\ud800?", "k\x00"), Response("1", reason="none"), {})]
    html = report_html(Report((suite_report("s", scored, ANSWERING, corpus={}),), {}), {})
    assert "⟨U+D800⟩" in html.encode().decode()


def test_figures_with_nothing_to_show_are_left_out() -> None:
    empty = suite_report("none", [], ANSWERING, corpus={})
    assert [draw(empty, "p") for draw in (kinds_plot, latency_plot, reliability_plot, risk_coverage_plot)] == [None] * 4
    page = report_html(Report((empty,), {}), {})
    assert "<svg" not in page


def test_figures_are_the_same_each_time_and_take_their_colours_from_the_page() -> None:
    first, second = risk_coverage_plot(suite(), "p"), risk_coverage_plot(suite(), "p")
    assert first is not None
    assert first == second
    assert "var(--accent)" in first.svg
    assert not re.search(r"#[0-9a-f]{6}\b", first.svg)
    assert "<text" in first.svg
    assert 'role="img"' in first.svg


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (0.872, "share", "87.2 %"),
        (1.0, "share", "100.0 %"),
        (0.9999, "share", "99.9 %"),
        (0.0001, "share", "0.1 %"),
        (0.0, "share", "0.0 %"),
        (3.42, "seconds", "3.4 s"),
        (0.034, "seconds", "34 ms"),
        (1.26, "count", "1.3"),
        (-0.021, "share", "−2.1 %"),
    ],
)
def test_values_in_words(value: float, unit: str, words: str) -> None:
    assert shown(value, unit) == words


def test_intervals_in_words() -> None:
    assert interval(0.821, 0.919, "share") == "82.1–91.9"
    assert interval(-0.02, 0.03, "share") == "−2.0 to 3.0"
    assert interval(0.08, 0.12, "seconds", value=0.09) == "80–120"  # in the milliseconds of its value
    assert interval(None, None, "share") == ""


def test_headlines_of_parts_alone_are_the_first_of_the_catalogue() -> None:
    scored = [Scored(case, response, {}) for case, response in CASES]
    retrieval = suite_report("retrieval", scored, RETRIEVAL, corpus={})
    assert headlines(retrieval, RETRIEVAL) == [
        "recall_at_1",
        "recall_at_3",
        "recall_at_8",
        "mrr",
        "ndcg",
        "latency_p50",
    ]
    assert headlines(suite(), ANSWERING)[0] == "citation_precision"


def test_nested_provenance_is_flattened() -> None:
    record = {"a": {"b": 1, "c": {"d": None}}, "e": [1, 2], "f": [{"g": True}], "h": {}}
    assert flattened(record) == [("a.b", "1"), ("a.c.d", "none"), ("e", "1, 2"), ("f.1.g", "yes"), ("h", "none")]


def test_markdown_tables_hold_whatever_is_in_them(report: Report) -> None:
    lines = report_markdown(report).splitlines()
    tables = [line for line in lines if line.startswith("|")]
    columns = [len(re.findall(r"(?<!\\)\|", line)) - 1 for line in tables]
    assert set(columns) == {2, 4}
    assert any(r"none \| of these" in line for line in tables)
    assert not any("<script" in line.replace("\\<", "") for line in lines)
    assert any("self-judged" in line for line in lines)
    assert "- models.support.sha256: ab" in lines
