"""`Measure`: what a case contributes to a metric, how cases are pooled, and what the number means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from qa.evaluation.cases import Case
from qa.evaluation.metrics.alce import AlceScores
from qa.evaluation.pooling import Table
from qa.evaluation.responses import Response

Row = tuple[float, ...]


class Scored(NamedTuple):
    """A case with its response and all that is needed to measure it; ``texts`` are the articles by id."""

    case: Case
    response: Response
    texts: Mapping[str, str]
    alce: AlceScores | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """A metric: ``row`` is what a case contributes, ``None`` where it measures nothing; ``pool`` makes rows a number.

    ``meaning`` is one sentence for someone who never read a paper; ``unit`` is ``share``, ``seconds`` or ``count``.
    """

    name: str
    title: str
    meaning: str
    row: Callable[[Scored], Row | None]
    pool: Callable[[Table], Table]
    group: str
    unit: str = "share"
    less_is_better: bool = False
