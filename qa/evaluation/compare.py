"""Two runs over the same cases, case by case: what rose, what fell, and whether that is more than chance."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from qa.errors import CaseError
from qa.evaluation.intervals import Difference, paired
from qa.evaluation.measures import BY_NAME
from qa.evaluation.report import Report, Result, SuiteReport

_LEAST = 1e-9  # a difference of floats that is none


class Change(NamedTuple):
    """A case that came out otherwise; each ``fault`` is what went wrong then, ``None`` where nothing did."""

    id: str
    question: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """The differences of a suite by measure, and the cases that changed.

    ``cases`` are those that both runs have, ``missing`` the ids of those that the second lacks.
    """

    suite: str
    cases: int
    missing: tuple[str, ...]
    differences: Mapping[str, Difference]
    changes: tuple[Change, ...]

    def fallen(self, tolerance: float, measures: Collection[str] = ()) -> list[str]:
        """The shares, or those of ``measures``, that got worse by more than ``tolerance``; ``cases`` if any is missing.

        Times and counts are left to the reader: they say as much of the machine as of the answers.
        """
        fallen = [
            name
            for name, found in self.differences.items()
            if BY_NAME[name].unit == "share"
            and (not measures or name in measures)
            and found.difference is not None
            and _loss(name, found) > tolerance + _LEAST
        ]
        return [*fallen, *(["cases"] if self.missing else [])]


def compare(first: Report, second: Report) -> list[Comparison]:
    """What the second run has that the first has not, suite by suite.

    Raises:
        CaseError: the second lacks a suite of the first, has none of its cases, or asks other questions.
    """
    others = {suite.name: suite for suite in second.suites}
    if missing := [suite.name for suite in first.suites if suite.name not in others]:
        raise CaseError(f"the second report has no suite {missing[0]!r}: compare runs of the same suites")
    return [_compare(suite, others[suite.name]) for suite in first.suites]


def _compare(first: SuiteReport, second: SuiteReport) -> Comparison:
    after = {result.case.id: result for result in second.results}
    both = [(result, after[result.case.id]) for result in first.results if result.case.id in after]
    if not both:
        raise CaseError(f"the two reports of {first.name} have no case in common: compare runs of the same sample")
    for one, other in both:
        if (one.case.question, one.case.answerable) != (other.case.question, other.case.answerable):
            raise CaseError(f"case {one.case.id!r} of {first.name} is another question there: compare runs of one file")
    names = [name for name in BY_NAME if name in first.values or name in second.values]
    return Comparison(
        suite=first.name,
        cases=len(both),
        missing=tuple(result.case.id for result in first.results if result.case.id not in after),
        differences={
            name: paired(
                BY_NAME[name], [one.rows.get(name) for one, _ in both], [other.rows.get(name) for _, other in both]
            )
            for name in names
        },
        changes=tuple(_change(one, other) for one, other in both if one.fault != other.fault),
    )


def _change(before: Result, after: Result) -> Change:
    return Change(before.case.id, before.case.question, before.fault, after.fault)


def _loss(name: str, found: Difference) -> float:
    assert found.difference is not None  # noqa: S101 - the caller asked
    return found.difference if BY_NAME[name].less_is_better else -found.difference


def comparison_json(found: Comparison, tolerance: float, measures: Collection[str] = ()) -> dict[str, Any]:
    """The form of ``qa eval compare --json``."""
    return {
        "suite": found.suite,
        "cases": found.cases,
        "missing": list(found.missing),
        "differences": {name: difference._asdict() for name, difference in found.differences.items()},
        "fallen": found.fallen(tolerance, measures),
        "changes": [change._asdict() for change in found.changes],
    }
