"""How well loaded words are found, against what editors removed when they made sentences neutral."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from qa.text.loaded_words import loaded_words
from qa.types import Span

_WORD = re.compile(r"\w+")


class LoadedScore(NamedTuple):
    """Counts: pairs with a removed word, those of them with one found; all finds, those that hold a removed word."""

    pairs: int = 0
    hit: int = 0
    found: int = 0
    right: int = 0

    @property
    def precision(self) -> float | None:
        """Finds that hold a removed word / all finds; too low by what editors could have removed but did not."""
        return self.right / self.found if self.found else None

    @property
    def recall(self) -> float | None:
        """Pairs of which a removed word is found / pairs with a removed word."""
        return self.hit / self.pairs if self.pairs else None

    @property
    def f1(self) -> float | None:
        """The harmonic mean of precision and recall; ``None`` where either is."""
        if self.precision is None or self.recall is None:
            return None
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    def plus(self, other: LoadedScore) -> LoadedScore:
        """The counts of both."""
        return LoadedScore(*(one + more for one, more in zip(self, other, strict=True)))


def removed_words(before: str, after: str) -> list[Span]:
    """The words of ``before``, in order, that an edit to ``after`` took out or put others in the place of."""
    words = list(_WORD.finditer(before))
    one = [word.group().casefold() for word in words]
    other = [word.group().casefold() for word in _WORD.finditer(after)]
    edits = SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
    return [
        Span(*word.span())
        for operation, first, last, _, _ in edits
        if operation in ("delete", "replace")
        for word in words[first:last]
    ]


def score_loaded(pairs: Iterable[tuple[str, str]], find: Callable[[str], Sequence[Span]] | None = None) -> LoadedScore:
    """The counts over pairs of a sentence and its neutral edit; ``find`` stands in for `loaded_words` if given.

    What is found counts in every pair, also in those that lost no word.
    """
    total = LoadedScore()
    for before, after in pairs:
        found = find(before) if find is not None else [word.span for word in loaded_words(before)]
        removed = removed_words(before, after)
        right = sum(any(_touch(span, word) for word in removed) for span in found)
        total = total.plus(LoadedScore(bool(removed), right > 0, len(found), right))
    return total


def _touch(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end
