"""How well reported speech is found, and given to the right speaker, against annotated attributions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from qa.text.speakers import head_word
from qa.types import Span

OVERLAP = 0.5  # of the longer content, as `METRICS` has it: found when at least this much is shared


class Reported(NamedTuple):
    """An attribution to compare: the pieces of its content, the source as written, if any is, and the kind."""

    content: tuple[Span, ...]
    source: str | None
    kind: str = ""


class SpeakerScore(NamedTuple):
    """Counts of attributions: in the gold, found, rightly found; of these, with a gold source, and with the right."""

    gold: int = 0
    found: int = 0
    right: int = 0
    sourced: int = 0
    right_source: int = 0

    @property
    def precision(self) -> float | None:
        """Rightly found / found."""
        return self.right / self.found if self.found else None

    @property
    def recall(self) -> float | None:
        """Rightly found / gold."""
        return self.right / self.gold if self.gold else None

    @property
    def f1(self) -> float | None:
        """2 · right / (gold + found)."""
        return 2 * self.right / (self.gold + self.found) if self.gold + self.found else None

    @property
    def speaker_accuracy(self) -> float | None:
        """Of the rightly found with a gold source, those whose source has the same head word."""
        return self.right_source / self.sourced if self.sourced else None

    def plus(self, other: SpeakerScore) -> SpeakerScore:
        """The counts of both."""
        return SpeakerScore(*(one + more for one, more in zip(self, other, strict=True)))


def score_speakers(found: Sequence[Reported], gold: Sequence[Reported]) -> SpeakerScore:
    """The counts for one article; every attribution is matched with one other at most, the best overlaps first."""
    pairs = matched(found, gold)
    sourced = [(one, other) for one, other in pairs if gold[other].source]
    right = sum(same_head(found[one].source, gold[other].source) for one, other in sourced)
    return SpeakerScore(len(gold), len(found), len(pairs), len(sourced), right)


def score_kinds(found: Sequence[Reported], gold: Sequence[Reported]) -> dict[str, SpeakerScore]:
    """The counts for one article of every kind apart, and under ``""`` of all.

    What is found counts for the kind of the gold that it matches, and for its own where it matches none.
    """
    pairs = dict(matched(found, gold))
    scores = {"": score_speakers(found, gold)}
    for kind in dict.fromkeys(one.kind for one in (*gold, *found)):
        mine = [one for one, it in enumerate(found) if (gold[pairs[one]] if one in pairs else it).kind == kind]
        theirs = [other for other, it in enumerate(gold) if it.kind == kind]
        scores[kind] = score_speakers([found[one] for one in mine], [gold[other] for other in theirs])
    return scores


def matched(found: Sequence[Reported], gold: Sequence[Reported]) -> list[tuple[int, int]]:
    """The places in ``found`` and ``gold`` of what is the same content, in order of ``found``."""
    candidates = sorted(
        (-share, one, other)
        for one, mine in enumerate(found)
        for other, theirs in enumerate(gold)
        if (share := overlap(mine.content, theirs.content)) >= OVERLAP
    )
    ones, others = set[int](), set[int]()
    pairs = []
    for _, one, other in candidates:
        if one not in ones and other not in others:
            ones.add(one)
            others.add(other)
            pairs.append((one, other))
    return sorted(pairs)


def overlap(one: Iterable[Span], other: Iterable[Span]) -> float:
    """Characters in both / characters of the longer; 0 where both are empty."""
    mine, theirs = list(one), list(other)
    if mine and theirs and (mine[-1].end <= theirs[0].start or theirs[-1].end <= mine[0].start):
        return 0.0
    shared = sum(max(0, min(a.end, b.end) - max(a.start, b.start)) for a in mine for b in theirs)
    longest = max(sum(a.end - a.start for a in mine), sum(b.end - b.start for b in theirs))
    return shared / longest if longest else 0.0


def same_head(one: str | None, other: str | None) -> bool:
    """Whether two sources as written have the same head word: “Sen. Ann Lee, a Democrat” and “Lee”."""
    return one is not None and other is not None and head_word(one) == head_word(other)
