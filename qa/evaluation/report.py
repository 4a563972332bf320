"""`Report`: the numbers of a run with their intervals, the cases behind them, and what it takes to run it again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from qa.errors import CaseError
from qa.evaluation.cases import Case, Gold, case_json, reported_of
from qa.evaluation.intervals import Value, measured
from qa.evaluation.measure import Row, Scored
from qa.evaluation.measures import BY_NAME, fault, is_right
from qa.evaluation.metrics.abstention import Point, risk_coverage
from qa.evaluation.metrics.speakers import Reported
from qa.evaluation.responses import Cited, Place, Response, Told, response_json

FORM = 1
"""The version of the JSON form of a report."""

_BINS = 5


class Bin(NamedTuple):
    """Answers, or claims, whose score lies near ``score``: the share ``right`` of ``n`` is right."""

    score: float
    right: float
    n: int


@dataclass(frozen=True, slots=True)
class Result:
    """A case, its response, what it contributes to each measure, and what went wrong, if something did."""

    case: Case
    response: Response
    rows: Mapping[str, Row | None]
    right: bool | None
    fault: str | None


@dataclass(frozen=True, slots=True)
class SuiteReport:
    """What a suite came to: values over all cases and by kind, curves, and every case.

    ``corpus`` and ``judge`` say over which articles, and who judged entailment.
    """

    name: str
    results: tuple[Result, ...]
    values: Mapping[str, Value]
    by_kind: Mapping[str, Mapping[str, Value]]
    risk_coverage: tuple[Point, ...]
    reliability: tuple[Bin, ...]
    corpus: Mapping[str, Any]
    judge: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """One or several suites, with what identifies the run: settings, models, hashes, version, machine, seed."""

    suites: tuple[SuiteReport, ...]
    provenance: Mapping[str, Any]


def joined(reports: Sequence[Report]) -> Report:
    """The suites of several reports in one, which names the models of all; for the rest, the first tells how it ran."""
    models = {name: model for one in reports for name, model in one.provenance.get("models", {}).items()}
    peaks = [one.provenance["peak_memory_gb"] for one in reports if "peak_memory_gb" in one.provenance]
    provenance = {**reports[0].provenance, "models": models}
    if peaks:
        provenance["peak_memory_gb"] = max(peaks)
    return Report(tuple(suite for one in reports for suite in one.suites), provenance)


def suite_report(
    name: str,
    scored: Sequence[Scored],
    measures: Iterable[str],
    *,
    corpus: Mapping[str, Any],
    judge: Mapping[str, Any] | None = None,
    seed: int = 0,
) -> SuiteReport:
    """The report of the cases ``scored``, which holds of ``measures`` those that anything was measured for.

    ``seed`` draws the intervals.
    """
    names = list(measures)
    results = tuple(_result(one, names) for one in scored)
    kinds = list(dict.fromkeys(result.case.kind for result in results))
    surest = [row for result in results if (row := result.rows.get("aurc")) is not None]
    scores, right = [score for score, _ in surest], [bool(was_right) for _, was_right in surest]
    return SuiteReport(
        name=name,
        results=results,
        values=_values(results, names, seed),
        by_kind={kind: _values([one for one in results if one.case.kind == kind], names, seed) for kind in kinds},
        risk_coverage=tuple(risk_coverage(scores, right, len(results))) if scores else (),
        reliability=_bins(scores, right) if scores else _bins(*_support(results)),
        corpus=corpus,
        judge=judge,
    )


def _result(scored: Scored, measures: Sequence[str]) -> Result:
    rows = {name: BY_NAME[name].row(scored) for name in measures}
    return Result(scored.case, scored.response, rows, is_right(scored), fault(scored, measures))


def _values(results: Sequence[Result], measures: Sequence[str], seed: int) -> dict[str, Value]:
    values = {name: measured(BY_NAME[name], [result.rows.get(name) for result in results], seed) for name in measures}
    return {name: value for name, value in values.items() if value.value is not None}


def _support(results: Sequence[Result]) -> tuple[list[float], list[bool]]:
    """The support of each labelled claim, and whether its evidence bears it out."""
    rows = [row for result in results if (row := result.rows.get("auroc")) is not None]
    return [score for _, score in rows], [bool(supported) for supported, _ in rows]


def _bins(scores: Sequence[float], right: Sequence[bool]) -> tuple[Bin, ...]:
    """Bins of about as many each, the least sure first."""
    order = sorted(range(len(scores)), key=lambda place: scores[place])
    size = max(1, -(-len(order) // _BINS))
    groups = [order[first : first + size] for first in range(0, len(order), size)]
    return tuple(
        Bin(sum(scores[p] for p in group) / len(group), sum(right[p] for p in group) / len(group), len(group))
        for group in groups
    )


# ── JSON ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def report_json(report: Report) -> dict[str, Any]:
    """The form of ``report.json``, which `read_report` reads."""
    return {
        "form": FORM,
        "provenance": dict(report.provenance),
        "suites": [
            {
                "name": suite.name,
                "corpus": dict(suite.corpus),
                "judge": suite.judge,
                "metrics": {name: value._asdict() for name, value in suite.values.items()},
                "by_kind": {
                    kind: {name: value._asdict() for name, value in values.items()}
                    for kind, values in suite.by_kind.items()
                },
                "risk_coverage": [point._asdict() for point in suite.risk_coverage],
                "reliability": [one._asdict() for one in suite.reliability],
                "cases": [
                    {
                        **case_json(result.case),
                        "response": response_json(result.response),
                        "rows": result.rows,
                        "right": result.right,
                        "fault": result.fault,
                    }
                    for result in suite.results
                ],
            }
            for suite in report.suites
        ],
    }


def read_report(path: Path) -> Report:
    """The report in ``path``, a ``report.json`` or the folder of one.

    Raises:
        CaseError: it is none, or of another version.
    """
    file = path / "report.json" if path.is_dir() else path
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        if record["form"] != FORM:
            raise CaseError(f"{file} has form {record['form']}, not {FORM}; run the evaluation again")
        return Report(tuple(map(_suite, record["suites"])), record["provenance"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CaseError(f"{file} is no report of `qa eval run` ({error!r}): name report.json or its folder") from error


def _suite(record: Mapping[str, Any]) -> SuiteReport:
    return SuiteReport(
        name=record["name"],
        results=tuple(map(_stored_result, record["cases"])),
        values=_stored_values(record["metrics"]),
        by_kind={kind: _stored_values(values) for kind, values in record["by_kind"].items()},
        risk_coverage=tuple(Point(**point) for point in record["risk_coverage"]),
        reliability=tuple(Bin(**one) for one in record["reliability"]),
        corpus=record["corpus"],
        judge=record["judge"],
    )


def _stored_values(record: Mapping[str, Any]) -> dict[str, Value]:
    return {name: Value(**value) for name, value in record.items()}


def _stored_result(record: Mapping[str, Any]) -> Result:
    case = Case(
        id=record["id"],
        question=record["question"],
        kind=record["kind"],
        answerable=record["answerable"],
        answers=tuple(record["answers"]),
        evidence=tuple(tuple(Gold(**span) for span in group) for group in record["evidence"]),
        speaker=record["speaker"],
        articles=tuple(record.get("articles", ())),
        said=_stored_speech(record.get("said")),
        reference=record.get("reference"),
    )
    response = dict(record["response"])
    response["sentences"] = tuple(
        Told(told["text"], tuple(Cited(**cited) for cited in told["citations"]), told.get("voice"))
        for told in response["sentences"]
    )
    if response.get("nearest") is not None:
        response["nearest"] = tuple(Cited(**cited) for cited in response["nearest"])
    if response["retrieved"] is not None:
        response["retrieved"] = tuple(Place(*place) for place in response["retrieved"])
    response["said"] = _stored_speech(response.get("said"))
    rows = {name: None if row is None else tuple(row) for name, row in record["rows"].items()}
    return Result(case, Response(**response), rows, record["right"], record["fault"])


def _stored_speech(records: Sequence[Mapping[str, Any]] | None) -> tuple[Reported, ...] | None:
    return None if records is None else tuple(map(reported_of, records))
