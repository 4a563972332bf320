"""Who says what: marked words of an article become attributions, each with the words said, the cue and the source.

A tagger (`qa.models.speech`) marks words one by one; here they are put together. Quotation marks are believed more
than the tagger: a quotation that it marks in part is content as a whole. A cue belongs to the nearest content of its
sentence, and a source to the nearest cue.
"""

from __future__ import annotations

import itertools
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from qa.text.quoted import quoted_spans
from qa.text.sentences import split_sentences
from qa.types import Span

LIKELY = 0.5
_BEGINS = 0.5  # probability at which a word begins content of its own amid other content
_BEGINS_SENTENCE = 0.2  # the same for the first word of a sentence
_QUOTED = 0.4  # mean probability at which a quotation is content as a whole
_SHORT_QUOTE = 3  # words; a shorter quotation stands for itself only where the tagger marks content around it
_LONG_QUOTE = 8  # words from which on a quotation is content whatever the tagger says
_FARTHEST = 400  # characters between content and its cue
_OTHER_SENTENCE = 150  # characters that a sentence boundary between content and cue counts as
_OTHER_SOURCE_SENTENCE = 300  # the same between cue and source
_AFTER = 12  # characters that a source behind its cue counts as farther away
_WORD = re.compile(r"\w")
_EDGE = " \t\n\u00a0,;:–—-"


class Mark(NamedTuple):
    """A token with the probabilities that it names a source, is a cue, belongs to content, and begins one."""

    span: Span
    source: float
    cue: float
    content: float
    start: float


class Said(NamedTuple):
    """Content in one or several pieces with its cue and its source, as they stand in the text, in order."""

    content: tuple[Span, ...]
    cue: Span | None
    source: Span | None


def reported_speech(text: str, marks: Sequence[Mark]) -> list[Said]:
    """What ``text`` reports to be said or held, in order, each piece of content in one of them only.

    ``marks`` are the tokens of ``text`` in order. Content without a cue and without a source is kept only where it is
    quoted, and joins what the same speaker said just before.
    """
    sentences = split_sentences(text)
    quotations = quoted_spans(text)
    pieces = _pieces(text, marks, sentences, quotations)
    cues = _runs(text, marks, lambda mark: mark.cue)
    sources = _runs(text, marks, lambda mark: mark.source)
    place = _Places(sentences)
    linked: list[Said] = []
    for piece in pieces:
        if linked and _follows(text, linked[-1], piece, quotations, sentences):
            linked[-1] = linked[-1]._replace(content=(*linked[-1].content, piece))
            continue
        around = _around(pieces, piece)
        cue = _nearest_cue(piece, _around(cues, piece), around, place)
        # What stands unquoted in a paragraph of its own is the article's; a quotation that ends its paragraph is not of
        # whoever speaks in the next.
        apart = cue is not None and _new_paragraph(text, piece, cue)
        if cue is not None and apart and (piece.end <= cue.start or not _is_quoted(piece, quotations)):
            cue = None
        source = None if cue is None else _nearest_source(cue, piece, _around(sources, cue), around, place)
        if linked and _goes_on(text, linked[-1], piece, cue, quotations):
            last = linked[-1]
            linked[-1] = Said((*last.content, piece), last.cue or cue, last.source or source)
        elif cue is not None or _is_quoted(piece, quotations):
            linked.append(Said((piece,), cue, source))
    return linked


class _Places:
    """Which sentence a position lies in."""

    def __init__(self, sentences: Sequence[Span]) -> None:
        self._starts = [sentence.start for sentence in sentences]

    def __call__(self, position: int) -> int:
        return bisect_right(self._starts, position)


def _runs(text: str, marks: Sequence[Mark], of: Callable[[Mark], float]) -> list[Span]:
    """Maximal runs of tokens that are likely, as whole words without outer punctuation."""
    found = []
    for likely, group in itertools.groupby(marks, key=lambda mark: of(mark) >= LIKELY):
        if likely:
            run = list(group)
            span = _whole_words(text, Span(run[0].span.start, run[-1].span.end))
            if _WORD.search(text, *span) or text[span.start : span.end] == ":":
                found.append(span)
    return found


def _whole_words(text: str, span: Span) -> Span:
    start, end = span
    while start > 0 and _within_word(text, start):
        start -= 1
    while end < len(text) and _within_word(text, end):
        end += 1
    return Span(start, end)


def _within_word(text: str, place: int) -> bool:
    """Whether ``place`` parts a word, or one part of a hyphened word from the other."""
    before, after = text[place - 1], text[place]
    if before.isalnum() and after.isalnum():
        return True
    around = text[max(0, place - 2) : place + 2]
    return "-" in (before, after) and re.fullmatch(r"\w?\w-\w|\w-\w\w?", around) is not None


def _pieces(text: str, marks: Sequence[Mark], sentences: Sequence[Span], quotations: Sequence[Span]) -> list[Span]:
    """Runs of content in order, separate, quotations whole."""
    pieces = list(_marked_pieces(text, marks, {sentence.start for sentence in sentences}, quotations))
    starts = [mark.span.start for mark in marks]
    for quotation in quotations:
        inside = marks[bisect_left(starts, quotation.start) : bisect_left(starts, quotation.end)]
        first = bisect_right(pieces, quotation.start, key=lambda piece: piece.end)
        last = bisect_left(pieces, quotation.end, key=lambda piece: piece.start)
        words = len(text[slice(*quotation)].split())
        mean = sum(mark.content for mark in inside) / max(1, len(inside))
        if not inside or (words <= _SHORT_QUOTE and first == last) or (words < _LONG_QUOTE and mean < _QUOTED):
            continue
        whole = [quotation, *pieces[first:last]]
        pieces[first:last] = [Span(min(span.start for span in whole), max(span.end for span in whole))]
    return pieces


def _marked_pieces(
    text: str, marks: Sequence[Mark], sentence_starts: set[int], quotations: Sequence[Span]
) -> Iterator[Span]:
    run: list[Mark] = []
    for mark in marks:
        begins = run and (
            mark.start >= _BEGINS
            or (
                mark.start >= _BEGINS_SENTENCE
                and mark.span.start in sentence_starts
                and not any(q.start < mark.span.start < q.end for q in quotations)
            )
        )
        if run and (mark.content < LIKELY or begins):
            yield from _piece(text, run)
            run = []
        if mark.content >= LIKELY:
            run.append(mark)
    if run:
        yield from _piece(text, run)


def _piece(text: str, run: Sequence[Mark]) -> Iterator[Span]:
    span = _whole_words(text, Span(run[0].span.start, run[-1].span.end))
    body = text[span.start : span.end]
    start = span.start + len(body) - len(body.lstrip(_EDGE))
    end = start + len(body.strip(_EDGE))
    if _WORD.search(text, start, end):
        yield Span(start, end)


def _around(spans: Sequence[Span], middle: Span) -> Sequence[Span]:
    """Those of ``spans``, which are in order, that may be near enough to matter to ``middle``."""
    first = bisect_left(spans, middle.start - 2 * _FARTHEST, key=lambda span: span.end)
    return spans[first : bisect_right(spans, middle.end + 2 * _FARTHEST, key=lambda span: span.start)]


def _nearest_cue(piece: Span, cues: Sequence[Span], pieces: Sequence[Span], place: _Places) -> Span | None:
    """The cue nearest to ``piece`` outside all content; one inside other content may introduce what that reports."""
    best: tuple[float, Span] | None = None
    for cue in cues:
        if piece.start <= cue.start < piece.end:
            continue
        gap = piece.start - cue.end if cue.end <= piece.start else cue.start - piece.end
        if gap > _FARTHEST:
            continue
        cost = float(gap) + _OTHER_SENTENCE * abs(place(cue.start) - place(_near(piece, cue)))
        cost += sum(_between(other, piece, cue) for other in pieces if other != piece)
        if best is None or cost < best[0]:
            best = (cost, cue)
    return best[1] if best is not None and best[0] <= _FARTHEST else None


def _new_paragraph(text: str, piece: Span, cue: Span) -> bool:
    """Whether a paragraph ends between ``piece`` and ``cue``."""
    low, high = (cue.end, piece.start) if cue.end <= piece.start else (piece.end, cue.start)
    return "\n\n" in text[low:high]


def _near(piece: Span, cue: Span) -> int:
    """The end of ``piece`` that ``cue`` is nearer to."""
    return piece.start if cue.end <= piece.start else piece.end - 1


def _between(other: Span, piece: Span, cue: Span) -> float:
    """What it costs that ``other`` content stands between ``piece`` and ``cue``."""
    low, high = (cue.end, piece.start) if cue.end <= piece.start else (piece.end, cue.start)
    return 60.0 if low <= other.start and other.end <= high else 0.0


def _nearest_source(
    cue: Span, piece: Span, sources: Sequence[Span], pieces: Sequence[Span], place: _Places
) -> Span | None:
    best: tuple[float, Span] | None = None
    for source in sources:
        gap = cue.start - source.end if source.end <= cue.start else source.start - cue.end + _AFTER
        if source.start < cue.end and cue.start < source.end:
            gap = 0
        cost = float(gap) + _OTHER_SOURCE_SENTENCE * abs(place(source.start) - place(cue.start))
        if piece.start <= source.start < piece.end:
            cost += _OTHER_SENTENCE
        elif any(other.start <= source.start < other.end for other in pieces):
            cost += 40
        if best is None or cost < best[0]:
            best = (cost, source)
    return best[1] if best is not None and best[0] <= _FARTHEST else None


def _is_quoted(piece: Span, quotations: Sequence[Span]) -> bool:
    return any(quotation.start < piece.end and piece.start < quotation.end for quotation in quotations)


def _follows(text: str, last: Said, piece: Span, quotations: Sequence[Span], sentences: Sequence[Span]) -> bool:
    """Whether ``piece`` is a whole quoted sentence right behind the sentence that says who spoke: “A,” said X. “B.”."""
    if last.cue is None or piece not in quotations or not _is_quoted(last.content[-1], quotations):
        return False
    if text[piece.end - 2] not in ".!?…" or "\n\n" in text[last.content[-1].end : piece.start]:
        return False
    place = bisect_right(sentences, piece.start, key=lambda sentence: sentence.start) - 1
    if place < 1 or sentences[place].start != piece.start:
        return False
    before = sentences[place - 1]
    return before.start <= last.cue.start < before.end or last.content[-1].end > before.start


def _goes_on(text: str, last: Said, piece: Span, cue: Span | None, quotations: Sequence[Span]) -> bool:
    """Whether ``piece`` is more of what ``last`` says: under the same cue, or a quotation that follows without one."""
    if cue is not None and cue == last.cue:
        return True
    if not _is_quoted(piece, quotations) or not _is_quoted(last.content[-1], quotations):
        return False
    return cue is None and piece.start - max(last.content[-1].end, (last.cue or piece).end) < _FARTHEST
