"""How a report says its numbers and texts, alike on the page and in Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from qa.evaluation.intervals import Value
from qa.evaluation.report import Report, Result, SuiteReport

SELF_JUDGED = "self-judged: the judge is the gate's own model"

JUDGED = "Judged by a model"
"""The group of measures in the catalogue that a judge of entailment decides."""

_HEADLINES = (
    "citation_precision",
    "citation_recall",
    "gold_hit",
    "speech_f1",
    "speech_f1_direct",
    "speech_sources",
    "attribution_preserved",
    "told_as_fact",
    "loaded_summary",
    "coverage",
    "balanced_accuracy",
    "exact_quotes",
    "latency_p50",
)
_MOST_HEADLINES = 6
_TENTH = 0.1


class Right(NamedTuple):
    """How many of ``cases`` came out right."""

    right: int
    cases: int


def shown(value: float, unit: str) -> str:
    """A value with its unit: ``87.2 %``, ``3.4 s`` (below a tenth of a second ``34 ms``), or a plain ``1.5``."""
    scale, digits, name = _scale(value, unit)
    return f"{_number(value, unit, scale, digits)}{name and ' '}{name}"


def interval(low: float | None, high: float | None, unit: str, value: float | None = None) -> str:
    """The interval around ``value`` in the scale that `shown` gives it, ``82.1–91.9``; empty where there is none."""
    if low is None or high is None:
        return ""
    scale, digits, _ = _scale(high if value is None else value, unit)
    ends = [_number(end, unit, scale, digits) for end in (low, high)]
    return (" to " if low < 0 else "–").join(ends)


def interval_of(value: Value, unit: str) -> str:
    """The interval of a measured value."""
    return interval(value.low, value.high, unit, value.value)


def _scale(value: float, unit: str) -> tuple[float, int, str]:
    if unit == "share":
        return 100, 1, "%"
    if unit == "seconds":
        return (1000, 0, "ms") if abs(value) < _TENTH else (1, 1, "s")
    return 1, 1, ""


def _number(value: float, unit: str, scale: float, digits: int) -> str:
    """``value`` in digits; a share that is not quite all or nothing is never rounded to it."""
    scaled = value * scale
    if unit == "share" and 0 < value < 1:
        scaled = min(max(scaled, 0.1), 99.9)
    return f"{scaled:.{digits}f}".replace("-", "−")


def came_out_right(results: Sequence[Result]) -> Right:
    """How many of ``results`` are without fault: the evidence cited, or nothing said where nothing can be."""
    return Right(sum(result.fault is None for result in results), len(results))


def right_means(suite: SuiteReport) -> str:
    """What it is for a case of ``suite`` to come out right."""
    if "auroc" in suite.values and "citation_precision" not in suite.values:
        return "a claim is accepted where its evidence bears it out, and not where it does not"
    if "sensitivity" in suite.values or "specificity" in suite.values:
        return "the answer cites the evidence that a person marked, or nothing is said where the articles say nothing"
    if "speech_f1" in suite.values:
        return "the article was read"
    if "loaded_summary" in suite.values:
        return "no sentence tells as a fact what people marked as somebody's words, and each says whose"
    return "a passage with the evidence that a person marked is found"


def by_kind(suite: SuiteReport) -> dict[str, list[Result]]:
    """The results of a suite by the kind of their cases, in the order of the cases."""
    groups: dict[str, list[Result]] = {}
    for result in suite.results:
        groups.setdefault(result.case.kind, []).append(result)
    return groups


def headlines(suite: SuiteReport, catalogue: Sequence[str]) -> list[str]:
    """The measures to show first: those of whole answers, or else the first that the suite has in the catalogue."""
    known = [name for name in _HEADLINES if name in suite.values]
    telling = set(known) - {"balanced_accuracy", "latency_p50"}  # suites of one part alone have these too
    return known if telling else [name for name in catalogue if name in suite.values][:_MOST_HEADLINES]


def judge_words(judge: Mapping[str, Any] | None) -> str:
    """Who judged entailment, and whether that is the system itself; empty where nobody did."""
    if judge is None:
        return ""
    name = str(judge.get("name") or judge.get("model") or "a model that is not named")
    return f"{name}; {SELF_JUDGED}" if judge.get("self_judged") else name


def flattened(record: Mapping[str, Any], above: str = "") -> list[tuple[str, str]]:
    """The leaves of a nested record under dotted names, in order."""
    leaves: list[tuple[str, str]] = []
    for key, value in record.items():
        name = f"{above}{key}"
        if isinstance(value, Mapping) and value:
            leaves += flattened(value, f"{name}.")
        elif isinstance(value, (list, tuple)) and any(isinstance(one, (Mapping, list, tuple)) for one in value):
            leaves += flattened({str(place): one for place, one in enumerate(value, start=1)}, f"{name}.")
        else:
            leaves.append((name, _plain(value)))
    return leaves


def _plain(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_plain, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None or value == {} else str(value)


def provenance_of(report: Report) -> list[tuple[str, str]]:
    """What it takes to run the evaluation again, with the corpus and the judge of each suite."""
    leaves = flattened(report.provenance)
    for suite in report.suites:
        leaves += flattened(
            {"corpus": suite.corpus, **({"judge": suite.judge} if suite.judge else {})}, f"{suite.name}."
        )
    return leaves
