"""A report as one HTML file that needs nothing else: numbers, figures, every case, and the articles they quote.

Questions, answers and articles are written by others. The template escapes all of them, `visible` takes from them what
could reorder the text around, and the page's policy lets no script run but its own.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from itertools import groupby, pairwise
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from qa.evaluation.cases import Gold
from qa.evaluation.intervals import Value
from qa.evaluation.measure import Measure
from qa.evaluation.measures import BY_NAME, MEASURES
from qa.evaluation.metrics.citations import is_right, touches
from qa.evaluation.metrics.ranking import found_groups
from qa.evaluation.plots import Plot, plots_of
from qa.evaluation.report import Report, Result, SuiteReport
from qa.evaluation.responses import Cited
from qa.evaluation.wording import (
    JUDGED,
    Right,
    by_kind,
    came_out_right,
    flattened,
    headlines,
    interval_of,
    judge_words,
    provenance_of,
    right_means,
    shown,
)
from qa.types import Article, Span
from qa.wording import counted, visible

_HERE = Path(__file__).parent
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_CATALOGUE = tuple(measure.name for measure in MEASURES)
_OF_WHOLE_SUITES = {"balanced_accuracy", "auroc", "exact_quotes"}  # they need both sorts of case, or must be 100 %


class _Number(NamedTuple):
    """A measured value in words."""

    measure: Measure
    value: str
    interval: str
    n: int


class _Group(NamedTuple):
    name: str
    numbers: list[_Number]
    note: str


class _Kind(NamedTuple):
    name: str
    right: Right
    share: str
    numbers: list[_Number | None]


class _Quote(NamedTuple):
    """A quotation; ``anchor`` is where its words stand on the page, if they do, and ``notes`` what to know of it."""

    text: str
    anchor: str | None
    title: str | None
    notes: list[str]
    good: bool | None = None


class _Sentence(NamedTuple):
    text: str
    quotes: list[_Quote]


class _Entry(NamedTuple):
    """A case of the page."""

    anchor: str
    result: Result
    gold: list[list[_Quote]]
    sentences: list[_Sentence]
    silence: str
    facts: list[tuple[str, str]]


class _Section(NamedTuple):
    """A suite of the page."""

    anchor: str
    name: str
    right: Right
    right_means: str
    judge: str
    cards: list[_Number]
    groups: list[_Group]
    kind_measures: list[Measure]
    kinds: list[_Kind]
    plots: list[tuple[Plot, Markup]]
    entries: list[_Entry]
    failures: list[_Entry]
    faults: list[str]
    corpus: list[tuple[str, str]]


class _Piece(NamedTuple):
    """A run of an article's text: anchors of the quotations that begin with it, and who quotes it."""

    text: str
    start: int
    anchors: list[str]
    role: str


class _Source(NamedTuple):
    """An article of the page."""

    anchor: str
    article: Article
    about: str
    pieces: list[_Piece]
    quoted: str


def report_policy() -> str:
    """What a browser may do with the page: style it, and run its own script."""
    digest = hashlib.sha256(_asset("report.js").encode()).digest()
    script = f"script-src 'sha256-{base64.b64encode(digest).decode()}'"
    return f"default-src 'none'; style-src 'unsafe-inline'; {script}; base-uri 'none'; form-action 'none'"


def report_html(report: Report, texts: Mapping[str, Article]) -> str:
    """The page of ``report``; quotations lead to their place in ``texts``, the articles by id."""
    shelf = _Shelf(report, texts)
    sections = [_section(suite, number, shelf) for number, suite in enumerate(report.suites, start=1)]
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            names=[suite.name for suite in report.suites],
            about=_about(report),
            sections=sections,
            sources=shelf.sources(),
            provenance=provenance_of(report),
            style=Markup(_asset("report.css")),  # noqa: S704 - a file of ours
            script=Markup(_asset("report.js")),  # noqa: S704 - a file of ours
            policy=Markup(report_policy()),  # noqa: S704 - ours too
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: visible(value) if type(value) is str else value,
    )
    environment.filters["counted"] = counted
    return environment


def _asset(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _about(report: Report) -> list[str]:
    """Date and version of the run, as far as it tells them."""
    told = dict(flattened(report.provenance))
    version = f"citewire {told['citewire']}" if "citewire" in told else None
    return list(filter(None, (_day(told.get("date")), version)))


def _day(date: str | None) -> str | None:
    """The date as people write it, where it is one."""
    try:
        day = datetime.fromisoformat(date or "")
    except ValueError:
        return date
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


# ── a suite ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _section(suite: SuiteReport, number: int, shelf: _Shelf) -> _Section:
    anchor = f"s{number}"
    entries = [_entry(result, f"{anchor}-c{place}", shelf) for place, result in enumerate(suite.results, start=1)]
    failures = [entry for entry in entries if entry.result.fault is not None]
    measures = _kind_measures(suite)
    return _Section(
        anchor=anchor,
        name=suite.name,
        right=came_out_right(suite.results),
        right_means=right_means(suite),
        judge=judge_words(suite.judge),
        cards=_numbers(suite.values, headlines(suite, _CATALOGUE)),
        groups=_groups(suite),
        kind_measures=measures,
        kinds=[_kind(suite, kind, results, measures) for kind, results in by_kind(suite).items()],
        plots=[(plot, Markup(plot.svg)) for plot in plots_of(suite, anchor)],  # noqa: S704 - drawn by us
        entries=entries,
        failures=failures,
        faults=sorted({str(entry.result.fault) for entry in failures}),
        corpus=flattened(suite.corpus),
    )


def _numbers(values: Mapping[str, Value], names: Iterable[str]) -> list[_Number]:
    return [number for name in names if (number := _number(values.get(name), BY_NAME[name])) is not None]


def _number(value: Value | None, measure: Measure) -> _Number | None:
    if value is None or value.value is None:
        return None
    return _Number(measure, shown(value.value, measure.unit), interval_of(value, measure.unit), value.n)


def _groups(suite: SuiteReport) -> list[_Group]:
    """All values by the group of their measure, in the order of the catalogue."""
    groups: dict[str, list[_Number]] = {}
    for number in _numbers(suite.values, _CATALOGUE):
        groups.setdefault(number.measure.group, []).append(number)
    judge = judge_words(suite.judge)
    return [_Group(name, numbers, judge if name == JUDGED else "") for name, numbers in groups.items()]


def _kind_measures(suite: SuiteReport) -> list[Measure]:
    """What the table of kinds shows: the headlines that can be measured within one kind, and silence."""
    names = [name for name in headlines(suite, _CATALOGUE) if name not in _OF_WHOLE_SUITES]
    held = {name for values in suite.by_kind.values() for name in values}
    return [BY_NAME[name] for name in dict.fromkeys([*names, "sensitivity", "specificity"]) if name in held]


def _kind(suite: SuiteReport, kind: str, results: Sequence[Result], measures: Sequence[Measure]) -> _Kind:
    right = came_out_right(results)
    values = suite.by_kind.get(kind, {})
    numbers = [_number(values.get(measure.name), measure) for measure in measures]
    return _Kind(kind, right, shown(right.right / right.cases, "share"), numbers)


# ── a case ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _entry(result: Result, anchor: str, shelf: _Shelf) -> _Entry:
    case, response = result.case, result.response
    asked = any(name in result.rows for name in ("sensitivity", "specificity")) or response.error is not None
    return _Entry(
        anchor=anchor,
        result=result,
        gold=[[_gold(span, result, shelf) for span in group] for group in case.evidence],
        sentences=[
            _Sentence(told.text, [_cited(cited, result, shelf) for cited in told.citations])
            for told in response.sentences
        ],
        silence="Nothing." if asked else "Nothing: passages were looked for, and no answer was asked of a model.",
        facts=_facts(result),
    )


def _facts(result: Result) -> list[tuple[str, str]]:
    """What else is known of a response."""
    response = result.response
    known = (
        ("Error", response.error),
        ("Reason given", response.reason and response.reason.replace("_", " ")),
        ("Answer score", None if response.score is None else f"{response.score:.2f}"),
        ("Time", None if response.seconds is None else shown(response.seconds, "seconds")),
        ("Sentences withheld", str(response.dropped) if response.dropped else None),
        ("Evidence found", evidence_found(result)),
        ("Case", result.case.id),
    )
    return [(name, value) for name, value in known if value]


def evidence_found(result: Result) -> str | None:
    """At which rank each piece of evidence was retrieved; ``None`` where that is not known."""
    retrieved, evidence = result.response.retrieved, result.case.evidence
    if retrieved is None or not evidence:
        return None
    found = found_groups(retrieved, evidence)
    ranks = [
        next((rank for rank, held in enumerate(found, start=1) if group in held), None)
        for group in range(len(evidence))
    ]
    words = [f"at rank {rank}" if rank else f"not among {counted(len(retrieved), 'passage')}" for rank in ranks]
    return "; ".join(words)


def _gold(span: Gold, result: Result, shelf: _Shelf) -> _Quote:
    anchor, title = shelf.anchor(span.article, span.start, span.end), shelf.title(span.article)
    cited = any(touches(one, span) for one in result.response.citations)
    return _Quote(span.quote, anchor, title, ["cited" if cited else "not cited"], cited)


def _cited(cited: Cited, result: Result, shelf: _Shelf) -> _Quote:
    anchor, title = shelf.anchor(cited.article, cited.start, cited.end), shelf.title(cited.article)
    good = is_right(cited, result.case.evidence) if result.case.evidence else None
    notes = [] if good is None else ["marked evidence" if good else "not the marked evidence"]
    if anchor and not shelf.holds(cited):
        notes.append("not word for word")
    if cited.speaker:
        notes.append(f"said by {cited.speaker}")
    if cited.support is not None:
        notes.append(f"support {cited.support:.2f}")
    return _Quote(cited.quote, anchor, title, notes, good)


# ── the articles ─────────────────────────────────────────────────────────────────────────────────────────────────────


class _Shelf:
    """The articles that a case cites or should, with the places of all quotations in them."""

    def __init__(self, report: Report, texts: Mapping[str, Article]) -> None:
        self._texts = texts
        self._roles: dict[str, dict[Span, set[str]]] = {}
        for suite in report.suites:
            for result in suite.results:
                self._note(result)
        ordered = sorted(self._roles, key=lambda key: (texts[key].title.casefold(), key))
        self._anchors = {key: f"a{number}" for number, key in enumerate(ordered, start=1)}

    def _note(self, result: Result) -> None:
        for cited in result.response.citations:
            self._add("cited", cited.article, cited.start, cited.end)
        for group in result.case.evidence:
            for span in group:
                self._add("gold", span.article, span.start, span.end)

    def _add(self, role: str, article: str | None, start: int | None, end: int | None) -> None:
        span = self._span(article, start, end)
        if article is not None and span is not None:
            self._roles.setdefault(article, {}).setdefault(span, set()).add(role)

    def _span(self, article: str | None, start: int | None, end: int | None) -> Span | None:
        """The place, if an article of ours has it."""
        if article is None or start is None or end is None or article not in self._texts:
            return None
        return Span(start, end) if 0 <= start < end <= len(self._texts[article].text) else None

    def anchor(self, article: str | None, start: int | None, end: int | None) -> str | None:
        """The id of a place on the page, if it is there."""
        span = self._span(article, start, end)
        return None if article is None or span is None else self._anchor(article, span)

    def _anchor(self, article: str, span: Span) -> str:
        return f"{self._anchors[article]}-{span.start}-{span.end}"

    def title(self, article: str | None) -> str | None:
        """The title of an article, or its id where there is no more of it."""
        known = self._texts.get(article) if article is not None else None
        return known.title if known else article

    def holds(self, cited: Cited) -> bool:
        """Whether the words cited stand at the place given."""
        return cited.article is not None and self._texts[cited.article].text[cited.start : cited.end] == cited.quote

    def sources(self) -> list[_Source]:
        """The articles by title."""
        return [self._source(key, anchor) for key, anchor in self._anchors.items()]

    def _source(self, key: str, anchor: str) -> _Source:
        article, spans = self._texts[key], self._roles[key]
        roles = [("cited" in held, "gold" in held) for held in spans.values()]
        quoted = [
            f"{counted(number, 'place')} {words}"
            for number, words in ((sum(c for c, _ in roles), "cited"), (sum(g for _, g in roles), "marked as evidence"))
            if number
        ]
        about = " · ".join(filter(None, (article.outlet, article.author, article.date)))
        return _Source(anchor, article, about, list(self._pieces(key)), ", ".join(quoted))

    def _pieces(self, key: str) -> Iterable[_Piece]:
        """The text in runs, cut wherever a quotation begins or ends, so that overlapping ones need no nesting."""
        text, spans = self._texts[key].text, self._roles[key]
        cuts = sorted({0, len(text), *(end for span in spans for end in span)})
        starts = {start: list(group) for start, group in groupby(sorted(spans), key=lambda span: span.start)}
        open_spans: list[Span] = []
        for start, end in pairwise(cuts):
            beginning = starts.get(start, [])
            open_spans = [span for span in (*open_spans, *beginning) if span.end > start]
            held: set[str] = set().union(*(spans[span] for span in open_spans))
            anchors = [self._anchor(key, span) for span in beginning]
            yield _Piece(text[start:end], start, anchors, " ".join(sorted(held)))
