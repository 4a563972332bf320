"""When to say nothing: answers given and withheld, and how wrong the surest ones are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Point(NamedTuple):
    """Of all cases the share ``coverage`` is answered, the surest first; of those the share ``risk`` is wrong."""

    coverage: float
    risk: float


def balanced_accuracy(answerable: NDArray[np.bool_], answered: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The mean of sensitivity (answerable and answered) and specificity (unanswerable and not answered), by last axis.

    It is nan where cases of either sort are missing.
    """
    with np.errstate(invalid="ignore"):
        sensitivity = (answerable & answered).sum(-1) / answerable.sum(-1)
        specificity = (~answerable & ~answered).sum(-1) / (~answerable).sum(-1)
    return np.asarray((sensitivity + specificity) / 2)


def risk_coverage(scores: Sequence[float], right: Sequence[bool], cases: int) -> list[Point]:
    """The risk–coverage curve (El-Yaniv & Wiener 2010) of the answers given to some of ``cases``.

    ``scores`` and ``right`` are those of the answers. Answers with the same score come together; the curve ends at the
    share of cases that was answered: of what was withheld nobody knows whether it was right.
    """
    points: list[Point] = []
    wrong = 0
    order = sorted(range(len(scores)), key=lambda place: -scores[place])
    for count, place in enumerate(order, start=1):
        wrong += not right[place]
        if count == len(order) or scores[order[count]] != scores[place]:
            points.append(Point(count / cases, wrong / count))
    return points


def aurc(scores: Sequence[float] | NDArray[np.float64], right: Sequence[bool] | NDArray[np.bool_]) -> float | None:
    """The area under the risk–coverage curve over the answers given: their mean risk, the surest counted most.

    The mean over n of the share that is wrong among the n surest answers; the less the better. Answers with the same
    score are taken in the order that is worst for them. ``None`` without answers.
    """
    right = np.asarray(right, dtype=bool)
    if not len(right):
        return None
    order = np.lexsort((right, -np.asarray(scores)))
    wrong = np.cumsum(~right[order])
    return float(np.mean(wrong / np.arange(1, len(order) + 1)))
