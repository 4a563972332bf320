"""Runs of sentences that may bear out a drafted sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from qa.text.names import name_stems
from qa.text.overlap import coverage
from qa.text.utterances import whole_utterance
from qa.text.words import content_stems
from qa.types import Citation, Hit, Span

LONGEST_WINDOW = 3  # sentences
_SMALL = re.compile(r"\b[a-z]\w+")


class Window(NamedTuple):
    """A run of whole sentences of the passage with number ``mark``."""

    mark: int
    span: Span
    sentences: int
    text: str


def windows(mark: int, hit: Hit) -> Iterator[Window]:
    """Every run of one to `LONGEST_WINDOW` sentences of the passage, short ones first."""
    sentences = hit.passage.sentences
    for size in range(1, LONGEST_WINDOW + 1):
        for first in range(len(sentences) - size + 1):
            span = Span(sentences[first].start, sentences[first + size - 1].end)
            yield Window(mark, span, size, " ".join(hit.passage.slice(span).split()))


def likely_windows(claim: str, hits: Sequence[Hit], marks: Iterable[int], most: int) -> list[Window]:
    """The ``most`` windows of the passages ``marks`` that share most words with ``claim``, best first.

    A longer run comes after a shorter one that it contains, unless it has more of the words.
    """
    found = [window for mark in marks for window in windows(mark, hits[mark - 1])]
    scored = sorted(enumerate(found), key=lambda pair: (-coverage(claim, pair[1].text), pair[1].sentences, pair[0]))
    return [window for _, window in scored[:most]]


def names_of(hits: Sequence[Hit]) -> set[str]:
    """The stems of the words that the passages write as names where no sentence begins, and never otherwise."""
    small = {stem for hit in hits for stem in content_stems(" ".join(_SMALL.findall(hit.passage.text)))}
    return {stem for hit in hits for stem in name_stems(hit.passage.text)} - small


def citation(window: Window, hit: Hit, support: float | None) -> Citation:
    """The words of ``window``, with what belongs to the same utterance, as a citation."""
    start, end = whole_utterance(window.span, hit.passage)
    return Citation(
        mark=window.mark,
        article_id=hit.passage.article_id,
        title=hit.title,
        start=start,
        end=end,
        quote=hit.passage.slice(Span(start, end)),
        support=support,
    )
