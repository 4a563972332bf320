"""Retrieval, measured by groups of gold evidence: libraries of rank metrics want the ids of documents, we have spans.

A passage gains 1 where it touches a group that no passage before it touched; a second passage with the same words
gains nothing (novelty as in Clarke et al. 2008, with alpha = 1).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from qa.evaluation.cases import Gold
from qa.evaluation.metrics.citations import is_right
from qa.evaluation.responses import Place


def found_groups(retrieved: Sequence[Place], evidence: Sequence[Sequence[Gold]]) -> list[set[int]]:
    """Of each retrieved passage the numbers of the gold groups that it touches."""
    return [{number for number, group in enumerate(evidence) if is_right(place, [group])} for place in retrieved]


def recall_at(found: Sequence[set[int]], groups: int, k: int) -> float | None:
    """Gold groups that the first ``k`` passages touch / ``groups``."""
    return len(set().union(*found[:k])) / groups if groups else None


def reciprocal_rank(found: Sequence[set[int]], groups: int, k: int = 10) -> float | None:
    """1 / the rank of the first of ``k`` passages that touches gold evidence; 0 if none does."""
    if not groups:
        return None
    return next((1 / rank for rank, touched in enumerate(found[:k], start=1) if touched), 0.0)


def ndcg(found: Sequence[set[int]], groups: int, k: int = 10) -> float | None:
    """Discounted cumulative gain of the first ``k`` passages, of the best there can be."""
    if not groups:
        return None
    seen: set[int] = set()
    gain = 0.0
    for rank, touched in enumerate(found[:k], start=1):
        if touched - seen:
            gain += 1 / math.log2(rank + 1)
        seen |= touched
    return min(1.0, gain / sum(1 / math.log2(rank + 1) for rank in range(1, min(groups, k) + 1)))
