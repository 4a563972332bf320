"""Passages, the units of retrieval: a few whole sentences each, even in size, seldom across paragraphs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from math import ceil, log
from typing import NamedTuple

from qa.text.abbreviations import CLOSING
from qa.text.sentences import split_sentences
from qa.types import Article, Passage, Span

CountTokens = Callable[[Sequence[str]], Sequence[int]]

_TARGET = 65
"""Tokens a passage has at best: two or three news sentences."""
_CROSSING = 0.6
"""Cost of a paragraph break within a passage, paid to save one of under some 30 tokens; none after a headline."""
_DANGLING = 0.5
"""Cost of ending on a headline, a question or a colon, which belong to what follows."""

_ORPHAN = 0.2
"""Cost of beginning in mid-paragraph with a quotation, whose speaker the sentence before has named."""

_QUOTES = frozenset("\"'“‘«„")
_WORD = re.compile(r"\S+")


class _Piece(NamedTuple):
    """A sentence, or a part of an over-long one, and what decides whether a passage may begin or end with it."""

    span: Span
    tokens: int
    opens: bool
    orphan: bool
    dangles: bool


def split_passages(
    article: Article,
    count_tokens: CountTokens,
    max_tokens: int = 120,
    max_sentences: int = 4,
) -> list[Passage]:
    """The passages of ``article`` in order; each sentence is in exactly one.

    ``count_tokens`` gives the embedder's tokens of each text. It is called once with all sentences, and once more with
    the words of those longer than ``max_tokens``, if any: they are cut between words. No passage exceeds
    ``max_tokens``, a single longer word aside, given that a passage has as many tokens as its sentences together.

    Raises:
        ValueError: a limit below 1.
    """
    if max_tokens < 1 or max_sentences < 1:
        raise ValueError(f"a passage needs room: max_tokens={max_tokens}, max_sentences={max_sentences}")
    pieces = _pieces(article.text, count_tokens, max_tokens)
    bounds = _cheapest_bounds(pieces, max_tokens, max_sentences)
    return [_passage(article, pieces[first:last]) for first, last in bounds]


def _passage(article: Article, pieces: Sequence[_Piece]) -> Passage:
    start, end = pieces[0].span.start, pieces[-1].span.end
    return Passage(article.id, start, end, article.text[start:end], tuple(piece.span for piece in pieces))


def _pieces(text: str, count_tokens: CountTokens, max_tokens: int) -> list[_Piece]:
    spans = split_sentences(text)
    sizes = count_tokens([text[start:end] for start, end in spans])
    too_long = [span for span, size in zip(spans, sizes, strict=True) if size > max_tokens]
    cuts = _cut(text, too_long, count_tokens, max_tokens) if too_long else {}
    pieces: list[_Piece] = []
    for span, size in zip(spans, sizes, strict=True):
        for part, tokens in cuts.get(span, [(span, size)]):
            opens = not pieces or "\n" in text[pieces[-1].span.end : part.start]
            orphan = not opens and text[part.start] in _QUOTES
            pieces.append(_Piece(part, tokens, opens, orphan, _dangles(text, part)))
    return pieces


def _dangles(text: str, span: Span) -> bool:
    """Whether ``span`` ends its line without a statement's full stop."""
    ends_line = text[span.end : span.end + 1] in ("", "\n")
    return ends_line and text[span.start : span.end].rstrip(CLOSING)[-1:] not in tuple(".!…。")


def _cut(
    text: str, spans: Sequence[Span], count_tokens: CountTokens, max_tokens: int
) -> dict[Span, list[tuple[Span, int]]]:
    """The parts of each of ``spans`` with their tokens: as few as will do, about equal, cut between words."""
    words = [[Span(*word.span()) for word in _WORD.finditer(text, *span)] for span in spans]
    sizes = iter(count_tokens([text[start:end] for run in words for start, end in run]))
    return {
        span: list(_even_parts([(word, next(sizes)) for word in run], max_tokens))
        for span, run in zip(spans, words, strict=True)
    }


def _even_parts(words: Sequence[tuple[Span, int]], max_tokens: int) -> Iterator[tuple[Span, int]]:
    total = sum(size for _, size in words)
    room = min(max_tokens, 1 + ceil(total / ceil(total / max_tokens))) if total else max_tokens
    (start, end), held = words[0]
    for word, size in words[1:]:
        if held + size > room:
            yield Span(start, end), held
            start, held = word.start, 0
        end, held = word.end, held + size
    yield Span(start, end), held


def _cheapest_bounds(pieces: Sequence[_Piece], max_tokens: int, max_sentences: int) -> list[tuple[int, int]]:
    """The division of ``pieces`` into runs at the least total cost, as index ranges (dynamic programming, linear)."""
    best: list[tuple[float, int]] = [(0.0, 0)]
    for last in range(1, len(pieces) + 1):
        starts = _possible_starts(pieces, last, max_tokens, max_sentences)
        best.append(min((best[first][0] + _cost(pieces[first:last]), first) for first in starts))
    bounds: list[tuple[int, int]] = []
    last = len(pieces)
    while last:
        bounds.append((best[last][1], last))
        last = best[last][1]
    return bounds[::-1]


def _possible_starts(pieces: Sequence[_Piece], last: int, max_tokens: int, max_sentences: int) -> Iterator[int]:
    held = 0
    for first in range(last - 1, max(-1, last - 1 - max_sentences), -1):
        held += pieces[first].tokens
        if held > max_tokens and first < last - 1:
            return
        yield first


def _cost(run: Sequence[_Piece]) -> float:
    """How far ``run`` is from a good passage: in size, as a squared log ratio, and at its breaks and ends."""
    tokens = max(1, sum(piece.tokens for piece in run))
    breaks = sum(piece.opens and not before.dangles for before, piece in pairwise(run))
    return log(tokens / _TARGET) ** 2 + _CROSSING * breaks + _ORPHAN * run[0].orphan + _DANGLING * run[-1].dangles
