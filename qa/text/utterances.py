"""Quotations that go on after their attribution: “A,” said X. “B.” is one utterance of X, in two sentences."""

from __future__ import annotations

import re

from qa.types import Passage, Span

# A sentence that is nothing but quoted words carries no attribution of its own: its speaker stands before it.
_ONLY_QUOTED = re.compile(r"(?:“[^“”]+”|\"[^\"]+\"|‘(?:[^‘’]|’(?=\w))+’|«[^«»]+»)", re.DOTALL)
_QUOTES = re.compile(r"[“”\"‘’«»]")


def whole_utterance(span: Span, passage: Passage) -> Span:
    """``span`` (whole sentences of ``passage``) with what belongs to the same quotation before and after it.

    Words quoted without an attribution get the sentence that names their speaker; an attributed quotation gets the
    quoted sentences that go on from it.
    """
    sentences = passage.sentences
    first = next(place for place, sentence in enumerate(sentences) if sentence.end > span.start)
    last = max(place for place, sentence in enumerate(sentences) if sentence.start < span.end)
    while first > 0 and _goes_on(passage.slice(sentences[first])):
        first -= 1
    quotes = any(_QUOTES.search(passage.slice(sentence)) for sentence in sentences[first : last + 1])
    while quotes and last + 1 < len(sentences) and _goes_on(passage.slice(sentences[last + 1])):
        last += 1
    return Span(sentences[first].start, sentences[last].end)


def _goes_on(sentence: str) -> bool:
    return _ONLY_QUOTED.fullmatch(sentence) is not None
