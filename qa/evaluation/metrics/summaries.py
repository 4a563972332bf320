"""Neutral summaries: is it said who says what, is it plain, how much of what matters is there."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from qa.evaluation.metrics.speakers import Reported
from qa.evaluation.responses import Told
from qa.text.loaded_words import unquoted
from qa.text.speakers import head_word, is_pronoun
from qa.text.words import word_set
from qa.types import Voice

MOSTLY = 0.5
"""Share of the words that a sentence cites which, being somebody's, make its evidence reported speech."""

_TOKEN = re.compile(r"[a-z0-9]+")


def attribution_preserved(told: Sequence[Told], said: Sequence[Reported]) -> tuple[float, float]:
    """Sentences that name the source of what they rest on, of those that rest on reported speech.

    ``said`` is who says what in the article. A source that is written as a pronoun, or not at all, is preserved where
    the sentence is not told as a fact.
    """
    reported = [(one, sources) for one in told if (sources := _sources(one, said))]
    return float(sum(_names(one, sources) for one, sources in reported)), float(len(reported))


def told_as_fact(told: Sequence[Told], said: Sequence[Reported]) -> tuple[float, float]:
    """Sentences told as a fact that rest on reported speech, of all sentences."""
    wrong = sum(one.voice == Voice.FACT and bool(_sources(one, said)) for one in told)
    return float(wrong), float(len(told))


def _sources(one: Told, said: Sequence[Reported]) -> list[str | None]:
    """The sources of the reported speech that ``one`` rests on; empty where it rests on none."""
    inside = 0
    sources: list[str | None] = []
    spans = [(it.start, it.end) for it in one.citations if it.start is not None and it.end is not None]
    length = sum(end - start for start, end in spans)
    for reported in said:
        shared = sum(
            max(0, min(end, last) - max(start, first)) for start, end in reported.content for first, last in spans
        )
        if shared:
            inside += shared
            sources.append(reported.source)
    return sources if length and inside >= MOSTLY * length else []


def _names(one: Told, sources: Sequence[str | None]) -> bool:
    words = word_set(one.text)
    return any(
        one.voice != Voice.FACT if source is None or is_pronoun(source) else head_word(source) in words
        for source in sources
    )


def loaded_of_words(text: str) -> tuple[float, float]:
    """Loaded words outside quotation marks, of all words outside them."""
    found = unquoted(text)
    return float(found.loaded), float(found.words)


def rouge1_recall(text: str, reference: str) -> float | None:
    """The share of the words of ``reference`` that ``text`` has, each as often (Lin 2004); ``None`` without words.

    Words are runs of letters and digits in small letters, unstemmed.
    """
    wanted, there = (Counter(_TOKEN.findall(one.lower())) for one in (reference, text))
    total = wanted.total()
    return (wanted & there).total() / total if total else None


def words_in(text: str) -> int:
    """The words of ``text``, as `rouge1_recall` counts them."""
    return len(_TOKEN.findall(text.lower()))


def first_words(text: str, count: int) -> str:
    """``text`` up to its ``count``-th word."""
    ends = [match.end() for match in _TOKEN.finditer(text.lower())]
    return text[: ends[count - 1]] if 0 < count <= len(ends) else text if count else ""
