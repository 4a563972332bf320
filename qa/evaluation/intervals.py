"""Bootstrap intervals: how far a number could have come out otherwise with other cases of the same kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qa.evaluation.measure import Measure, Row
from qa.evaluation.pooling import Table

RESAMPLES = 1_000
_CONFIDENCE = 0.95


class Value(NamedTuple):
    """A measured number, the cases it was measured on, and its 95 % interval; ``None`` where nothing was measured."""

    value: float | None
    n: int
    low: float | None = None
    high: float | None = None


class Difference(NamedTuple):
    """What the second of two runs has more than the first; ``n`` are the cases that either measured something on."""

    first: float | None
    second: float | None
    difference: float | None
    n: int
    low: float | None = None
    high: float | None = None


def measured(measure: Measure, rows: Sequence[Row | None], seed: int = 0) -> Value:
    """The number that ``rows`` make, with a percentile bootstrap over cases (Efron 1979)."""
    table = _table(rows)
    if not len(table) or (value := _number(measure.pool(table))) is None:
        return Value(None, 0)
    return Value(value, len(table), *_interval(measure.pool(table[_resampled(len(table), seed)])))


def paired(measure: Measure, first: Sequence[Row | None], second: Sequence[Row | None], seed: int = 0) -> Difference:
    """The difference between two runs over the same cases.

    Each run has its own value, also on cases that the other did not answer: a bad answer more is not passed over. The
    interval comes from drawing the same cases for both.
    """
    known = [pair for pair in zip(first, second, strict=True) if pair != (None, None)]

    def value(rows: Sequence[Row | None]) -> float | None:
        table = _table(rows)
        return _number(measure.pool(table)) if len(table) else None

    def values(places: Sequence[int]) -> tuple[float | None, float | None]:
        return value([known[place][0] for place in places]), value([known[place][1] for place in places])

    before, after = values(range(len(known)))
    if before is None or after is None:
        return Difference(before, after, None, len(known))
    drawn = (values(places) for places in _resampled(len(known), seed))
    differences = [two - one for one, two in drawn if one is not None and two is not None]
    return Difference(before, after, after - before, len(known), *_interval(np.array(differences)))


def _table(rows: Sequence[Row | None]) -> Table:
    present = [row for row in rows if row is not None]
    return np.array(present, dtype=np.float64).reshape(len(present), len(present[0]) if present else 1)


def _number(value: Table) -> float | None:
    return None if np.isnan(value) else float(value)


def _resampled(cases: int, seed: int) -> NDArray[np.int_]:
    """Places of cases drawn with replacement, a row a resample."""
    return np.random.default_rng(seed).integers(0, cases, (RESAMPLES, cases))


def _interval(values: Table) -> tuple[float | None, float | None]:
    """The interval that the values of the resamples make; one that measures nothing (0/0) is left out."""
    values = values[~np.isnan(values)]
    if not len(values):
        return None, None
    tail = 100 * (1 - _CONFIDENCE) / 2
    low, high = np.percentile(values, [tail, 100 - tail])
    return float(low), float(high)
