"""Loaded words: where a text evaluates instead of reporting, and what it would say plainly.

The words stand in `qa.text.lexicons`. A word counts in the forms and in the company that its line asks for, never as
part of a name, and the longest of overlapping finds wins. Libraries were tried first: sentiment lexicons (VADER, AFINN)
mark what is said to be good or bad, “war” and “agreement” too, whoever says it and however plainly.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from qa.text.lexicons.finding import finds
from qa.text.lexicons.plainness import cut, edited, said_instead
from qa.text.lexicons.prose import Prose
from qa.types import Span


class LoadedKind(StrEnum):
    """In which way a word is loaded."""

    EVALUATIVE = "evaluative"
    INTENSIFIER = "intensifier"
    EMOTIVE = "emotive"
    LABEL = "label"
    INSINUATING = "insinuating"
    SPECULATION = "speculation"


@dataclass(frozen=True, slots=True)
class LoadedWord:
    """A loaded word or phrase, ``text[span.start:span.end]``, and what to say instead in the same form.

    ``quoted`` tells that it stands inside quotation marks: then it is somebody's word, not the outlet's. Without an
    ``alternative`` it can only be left out, or the sentence written anew.
    """

    span: Span
    text: str
    kind: LoadedKind
    quoted: bool
    alternative: str | None


def loaded_words(text: str) -> list[LoadedWord]:
    """The loaded words and phrases of ``text`` in order, none overlapping another. Time is linear."""
    prose = Prose(text)
    return [
        LoadedWord(find.span(prose), text[slice(*find.span(prose))], LoadedKind(find.entry.kind), find.quoted, instead)
        for find in finds(prose)
        for instead in [said_instead(prose, find)]
    ]


class Unquoted(NamedTuple):
    """What stands outside quotation marks: ``loaded`` words and phrases among so many ``words``."""

    loaded: int
    words: int


def unquoted(text: str) -> Unquoted:
    """The loaded words and all words of ``text`` outside quotation marks, counted."""
    prose = Prose(text)
    return Unquoted(sum(not find.quoted for find in finds(prose)), sum(not quoted for quoted in prose.quoted))


def unquoted_per_100(text: str) -> float | None:
    """Loaded words and phrases outside quotation marks per 100 words outside them; ``None`` where there are none."""
    loaded, words = unquoted(text)
    return 100 * loaded / words if words else None


def plain(text: str) -> str:
    """``text`` with each loaded word outside quotation marks said plainly, or left out where the sentence stays whole.

    What has no alternative and cannot be left out stays, and so do quotations to the letter.
    """
    prose = Prose(text)
    edits: list[tuple[Span, str]] = []
    left_out = set[int]()
    for find in finds(prose):
        if find.quoted:
            continue
        instead = said_instead(prose, find)
        if instead is not None:
            edits.append((find.span(prose), instead))
        elif (gone := cut(prose, find, left_out)) is not None:
            left_out.update(range(find.first, find.last + 1))
            edits.append((gone, ""))
    return edited(prose, edits)
