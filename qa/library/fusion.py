"""Rank fusion: several rankings of the same things become one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

# Cormack et al. took 60, for rankings of thousands. Ours are 50 long: 10 kept the answer among the best 8 passages for
# 92.0 % of 400 SQuAD 2.0 questions over 725 passages, 60 for 90.3 %.
RRF_K = 10


def reciprocal_rank_fusion(rankings: Iterable[Sequence[int]], k: int = RRF_K) -> list[tuple[int, float]]:
    """The items of ``rankings`` with their fused scores, best first; ties go to the smaller item.

    score(d) = Σ 1 / (k + rank(d)), rank from 1 (Cormack, Clarke and Büttcher, SIGIR 2009).
    """
    scores: defaultdict[int, float] = defaultdict(float)
    for ranking in rankings:
        for rank, item in enumerate(ranking, start=1):
            scores[item] += 1 / (k + rank)
    return sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))
