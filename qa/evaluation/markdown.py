"""A report in Markdown, short enough for a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from qa.evaluation.measures import BY_NAME, MEASURES
from qa.evaluation.report import Report, SuiteReport
from qa.evaluation.wording import JUDGED, by_kind, came_out_right, interval_of, judge_words, provenance_of, shown
from qa.wording import counted, visible

_MOST_FAILURES = 10
_PUNCTUATION = re.compile(r"([\\`*_{}\[\]<>#|!~&$])")
_MENTION = re.compile(r"(?<!\w)@")


def report_markdown(report: Report) -> str:
    """The numbers of each suite, its kinds, its first failures, and what it takes to run it again."""
    lines: list[str] = []
    for suite in report.suites:
        lines += [f"## {_text(suite.name)}", "", *_metrics(suite), "", *_kinds(suite), "", *_failures(suite), ""]
    return "\n".join([*lines, *_provenance(report)]) + "\n"


def _metrics(suite: SuiteReport) -> Iterator[str]:
    names = [measure.name for measure in MEASURES if measure.name in suite.values]
    rows = []
    for name in names:
        measure, value = BY_NAME[name], suite.values[name]
        if value.value is not None:
            number = shown(value.value, measure.unit)
            rows.append((measure.title, number, interval_of(value, measure.unit) or "–", str(value.n)))
    yield from _table(("measure", "value", "95 % interval", "n"), rows, numbers=3)
    if suite.judge and any(BY_NAME[name].group == JUDGED for name in names):
        yield from ("", f"ALCE numbers judged by {_text(judge_words(suite.judge))}.")


def _kinds(suite: SuiteReport) -> Iterator[str]:
    rows = []
    for kind, results in by_kind(suite).items():
        precision = suite.by_kind.get(kind, {}).get("citation_precision")
        cited = (
            f"{shown(precision.value, 'share')} (n = {precision.n})"
            if precision and precision.value is not None
            else "–"
        )
        rows.append((kind, str(len(results)), str(came_out_right(results).right), cited))
    precision_title = BY_NAME["citation_precision"].title.lower()
    return _table(("kind", "cases", "came out right", precision_title), rows, numbers=3)


def _failures(suite: SuiteReport) -> Iterator[str]:
    failures = [result for result in suite.results if result.fault is not None]
    if not failures:
        yield f"None of {counted(len(suite.results), 'case')} failed."
        return
    first = "" if len(failures) <= _MOST_FAILURES else f", the first {_MOST_FAILURES} of them"
    yield f"{counted(len(failures), 'failure')} in {counted(len(suite.results), 'case')}{first}:"
    yield ""
    rows = [(result.case.question, result.fault or "") for result in failures[:_MOST_FAILURES]]
    yield from _table(("question", "fault"), rows, numbers=0)


def _provenance(report: Report) -> Iterator[str]:
    yield from ("<details><summary>Provenance</summary>", "")
    for name, value in provenance_of(report):
        yield f"- {_text(name)}: {_text(value)}"
    yield from ("", "</details>")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: int) -> Iterator[str]:
    """A table, the last ``numbers`` columns aligned right."""
    yield _row(head)
    yield _row(["---"] * (len(head) - numbers) + ["---:"] * numbers, plain=True)
    yield from map(_row, rows)


def _row(cells: Sequence[str], *, plain: bool = False) -> str:
    return f"| {' | '.join(cells if plain else map(_text, cells))} |"


def _text(text: str) -> str:
    """``text`` on one line, nothing in it Markdown or HTML, and nobody called by ``@name``."""
    escaped = _PUNCTUATION.sub(r"\\\1", visible(" ".join(text.split())))
    return _MENTION.sub("@<!-- -->", escaped)
