"""Pooling: how the rows that cases contribute become one number; many tables at once, for the bootstrap."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from qa.evaluation.metrics import abstention

Table = NDArray[np.float64]
"""Rows of cases, of shape (…, cases, columns); a pool gives one number for each of the tables, nan for 0/0."""


def mean(table: Table) -> Table:
    """The mean of one column."""
    return np.asarray(table[..., 0].mean(-1))


def ratio(table: Table) -> Table:
    """The sum of the first column / the sum of the second."""
    with np.errstate(invalid="ignore"):
        return np.asarray(table[..., 0].sum(-1) / table[..., 1].sum(-1))


def per_100(table: Table) -> Table:
    """100 times the sum of the first column / the sum of the second."""
    return 100 * ratio(table)


def percentile(q: float) -> Callable[[Table], Table]:
    """The percentile ``q`` of one column."""
    return lambda table: np.percentile(table[..., 0], q, axis=-1)


def balanced(table: Table) -> Table:
    """The balanced accuracy of two columns: answerable, answered."""
    return abstention.balanced_accuracy(table[..., 0] == 1, table[..., 1] == 1)


def one_by_one(pool: Callable[[Table], float | None]) -> Callable[[Table], Table]:
    """``pool``, which takes one table, for many of them."""

    def pooled(tables: Table) -> Table:
        flat = tables.reshape(-1, *tables.shape[-2:])
        values = [math.nan if (value := pool(one)) is None else value for one in flat]
        return np.array(values).reshape(tables.shape[:-2])

    return pooled


def auroc(table: Table) -> float | None:
    """The area under the ROC curve of two columns: positive, score; ``None`` where there is one sort alone."""
    from sklearn.metrics import roc_auc_score

    positive = table[:, 0] == 1
    return None if positive.all() or not positive.any() else float(roc_auc_score(positive, table[:, 1]))


def by_set(pool: Callable[[Table], float | None]) -> Callable[[Table], float | None]:
    """The mean of ``pool`` over the sets that the first column numbers; sets that measure nothing are left out."""

    def pooled(table: Table) -> float | None:
        values = [pool(table[table[:, 0] == number, 1:]) for number in np.unique(table[:, 0])]
        known = [value for value in values if value is not None and not math.isnan(value)]
        return float(np.mean(known)) if known else None

    return pooled


@one_by_one
def aurc(table: Table) -> float | None:
    """The area under the risk–coverage curve of two columns: score, right."""
    return abstention.aurc(table[:, 0], table[:, 1] == 1)
