"""ALCE's citation recall and precision (Gao et al. 2023), which ask a judge of entailment.

Two things differ from the published code, which scores an answer with one good and three invented numbers 100 %:
an invalid mark stays in the denominator of precision, and ``[0]`` is invalid.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

MOST_CITED = 3
"""Citations of a sentence that count; those after them are passed over."""

Judge = Callable[[str, str], bool]
"""Whether a premise entails a hypothesis."""


class Claim(NamedTuple):
    """A sentence without marks and the passages it cites, in order; ``None`` is a mark that names no passage."""

    text: str
    passages: tuple[str | None, ...] = ()


class AlceScores(NamedTuple):
    """Recall and precision of an answer; ``None`` where it has no sentence."""

    recall: float | None
    precision: float | None


def alce(claims: Sequence[Claim], entails: Judge, invalid: int = 0) -> AlceScores:
    """The scores of an answer: recall is the mean over its sentences, precision right citations / citations.

    A sentence without citations recalls nothing; an answer without any citation has precision 0. ``invalid`` counts
    marks that name no passage and of which nobody knows the sentence; they count as citations that are not right.
    """
    if not claims:
        return AlceScores(None, None)
    judged = [_judged(claim, entails) for claim in claims]
    citations = invalid + sum(len(claim.passages[:MOST_CITED]) for claim in claims)
    right = sum(precise for _, precise in judged)
    return AlceScores(sum(recalled for recalled, _ in judged) / len(claims), right / citations if citations else 0.0)


def _judged(claim: Claim, entails: Judge) -> tuple[bool, int]:
    """Whether the citations of a sentence bear it out together, and how many of them are needed or suffice."""
    if not claim.passages or None in claim.passages:
        return False, 0
    passages = [passage for passage in claim.passages[:MOST_CITED] if passage is not None]
    if not entails("\n".join(passages), claim.text):
        return False, 0
    if len(passages) == 1:
        return True, 1
    return True, sum(_is_needed(place, passages, claim.text, entails) for place in range(len(passages)))


def _is_needed(place: int, passages: list[str], text: str, entails: Judge) -> bool:
    """False for a passage that does not bear the sentence out alone while the others do without it."""
    if entails(passages[place], text):
        return True
    return not entails("\n".join(passages[:place] + passages[place + 1 :]), text)
