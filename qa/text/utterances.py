"""Quotations over several sentences: “A,” said X. “B.” is one utterance of X, and so is “A. B,” said X."""

from __future__ import annotations

import re

from qa.text.sentences import split_sentences
from qa.types import Passage, Span

# A sentence that is nothing but quoted words carries no attribution of its own: its speaker stands before it.
_ONLY_QUOTED = re.compile(r"(?:“[^“”]+”|\"[^\"]+\"|‘(?:[^‘’]|’(?=\w))+’|«[^«»]+»)", re.DOTALL)
_QUOTES = re.compile(r"[“”\"‘’«»]")
# ’ is not among the closing marks: it is an apostrophe far more often than the end of an earlier sentence's quotation.
_MARK = re.compile(r"(?P<open>[“«]|(?<![\w.,!?;])\"(?=\S))|(?P<close>[”»\"])")


def whole_utterance(span: Span, passage: Passage) -> Span:
    """``span`` (whole sentences of ``passage``) with what belongs to the same quotation before and after it.

    Words quoted without an attribution get the sentence that names their speaker; an attributed quotation gets the
    quoted sentences that go on from it; a sentence from inside a quotation gets the rest of it.
    """
    texts = [passage.slice(sentence) for sentence in passage.sentences]
    first = next(place for place, sentence in enumerate(passage.sentences) if sentence.end > span.start)
    last = max(place for place, sentence in enumerate(passage.sentences) if sentence.start < span.end)
    while first > 0 and (_only_quoted(texts[first]) or _leaves_open(" ".join(texts[:first]))):
        first -= 1
    while last + 1 < len(texts) and _goes_on(" ".join(texts[first : last + 1]), texts[last + 1]):
        last += 1
    return Span(passage.sentences[first].start, passage.sentences[last].end)


def statements(text: str) -> list[Span]:
    """The sentences of ``text``, those inside one quotation kept together."""
    joined: list[Span] = []
    for span in split_sentences(text):
        if joined and _leaves_open(text[joined[-1].start : joined[-1].end]):
            joined[-1] = Span(joined[-1].start, span.end)
        else:
            joined.append(span)
    return joined


def _goes_on(said: str, following: str) -> bool:
    """Whether ``following`` belongs to the quotation in ``said``."""
    return _leaves_open(said) or (_QUOTES.search(said) is not None and _only_quoted(following))


def _only_quoted(sentence: str) -> bool:
    return _ONLY_QUOTED.fullmatch(sentence) is not None


def _leaves_open(text: str) -> bool:
    """Whether a quotation is still open at the end of ``text``."""
    inside = False
    for mark in _MARK.finditer(text):
        inside = mark.group("open") is not None
    return inside
