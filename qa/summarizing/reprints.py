"""Reprints: articles, and sentences, that repeat another's words; they are no second witness."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from qa.text.words import fold
from qa.types import Article, Reprint

_RUN = 6  # words in a row
_SAME_TEXT = 0.4  # share of the shorter article's runs that the longer has, from which on one is a reprint
_LEAST_RUNS = 40  # of a text: a shorter one may repeat a sentence or two, and is no reprint for it
_SAME_SENTENCE = 0.6
_SHORT_RUN = 4


def reprints(articles: Sequence[Article]) -> list[Reprint]:
    """The groups of ``articles`` that largely have the same text, each with the least share within it."""
    runs = {article.id: _runs(article.text, _RUN) for article in articles}
    groups: list[tuple[set[str], float]] = []
    for one, other in combinations(runs, 2):
        share = shared_runs(runs[one], runs[other])
        if share < _SAME_TEXT or min(len(runs[one]), len(runs[other])) < _LEAST_RUNS:
            continue
        joined = {one, other}
        for group in [group for group in groups if group[0] & joined]:
            groups.remove(group)
            joined |= group[0]
            share = min(share, group[1])
        groups.append((joined, share))
    return [Reprint(tuple(one for one in runs if one in ids), share) for ids, share in groups]


def same_words(one: str, other: str) -> bool:
    """Whether one of two sentences largely repeats the other."""
    return shared_runs(_runs(one, _SHORT_RUN), _runs(other, _SHORT_RUN)) >= _SAME_SENTENCE


def shared_runs(one: set[tuple[str, ...]], other: set[tuple[str, ...]]) -> float:
    """The share of the runs of words of the shorter text that the longer has."""
    least = min(len(one), len(other))
    return len(one & other) / least if least else 0.0


def _runs(text: str, length: int) -> set[tuple[str, ...]]:
    words = [fold(word).strip(".,;:!?\"'()[]") for word in text.split()]
    words = [word for word in words if word]
    return {tuple(words[place : place + length]) for place in range(len(words) - length + 1)}
