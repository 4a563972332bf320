"""Interviews: who speaks in a text of labelled turns, “**Q:** … **A:** …” or “Ledger: … Orne: …”."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from qa.text.sentences import split_sentences
from qa.text.speakers import full_names
from qa.text.words import fold
from qa.types import Span, Speaker

_LABEL = re.compile(
    r"^[ \t]*(?P<bold>\*\*|__)?(?P<label>[A-Z][\w.’'-]{0,20}(?: [A-Z][\w.’'-]{0,20}){0,3})"
    r"(?:(?P=bold))?[ \t]*:(?:\*\*|__)?(?=[ \t]*\S)",
    re.MULTILINE,
)
_LEAST_TURNS = 4  # of two labels, so that “Update: …” and “Note: …” do not make an interview
_ASKING = 0.6  # share of a label's turns that end in a question, from which on it is who asks
_EDGES = " \t\n*_"


class Turn(NamedTuple):
    """What somebody says in an interview, sentence by sentence; ``label`` is what stands before it."""

    label: Span
    speaker: Speaker
    sentences: tuple[Span, ...]

    @property
    def span(self) -> Span:
        """From the label to the end of the last sentence."""
        return Span(self.label.start, self.sentences[-1].end)


def answers(text: str) -> list[Turn]:
    """The turns of those who are interviewed in ``text``, in order; empty where it is no interview."""
    turns = list(_turns(text))
    labels = Counter(text[slice(*label)] for label, _ in turns)
    if len(turns) < _LEAST_TURNS or len(labels) < 2 or max(labels.values()) < _LEAST_TURNS / 2:
        return []
    asked = Counter(text[slice(*label)] for label, said in turns if text[slice(*said)].rstrip(_EDGES).endswith("?"))
    asking = {label for label, count in labels.items() if asked[label] >= _ASKING * count}
    if not asking:
        return []
    names = list(full_names(text))
    before = [name for at, name in names if at < turns[0][0].start]
    found = []
    for label, said in turns:
        written = text[slice(*label)]
        name = _named(written, [name for _, name in names], before)
        sentences = tuple(
            Span(said.start + one.start, said.start + one.end) for one in split_sentences(text[slice(*said)])
        )
        if written not in asking and name is not None and sentences:
            found.append(Turn(label, Speaker(name), sentences))
    return found


def _turns(text: str) -> Iterator[tuple[Span, Span]]:
    """Each label with what follows it, up to the next."""
    found = list(_LABEL.finditer(text))
    for match, following in pairwise([*found, None]):
        assert match is not None  # noqa: S101 - only the last is
        end = following.start() if following is not None else len(text)
        said = text[match.end() : end]
        start = match.end() + len(said) - len(said.lstrip(_EDGES))
        if stop := len(said.strip(_EDGES)):
            yield Span(*match.span("label")), Span(start, start + stop)


def _named(label: str, names: list[str], before: list[str]) -> str | None:
    """Whom ``label`` stands for: the name it is part of, the one it has the initials of, or who is named first."""
    for name in names:
        if fold(label) in (fold(name), fold(name.split()[-1])):
            return name
    letters = label.replace(".", "")
    if letters in ("A", "Answer"):
        return before[0] if before else None
    if letters.isupper() and len(letters) <= 3:
        return next((name for name in names if "".join(word[0] for word in name.split()) == letters), None)
    return label if " " in label else None
