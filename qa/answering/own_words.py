"""Answers in a speaker's own words, where the question is who said something, or what somebody said of it.

Who says what was found when the article was read, so nothing need be drafted: a small model mixes speakers up and
rewords what they said. Such an answer comes at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from qa.answering.speech_questions import SpeechQuestion
from qa.answering.voices import Attributions, named
from qa.models.embedder import Embedder
from qa.text.datelines import without_dateline
from qa.text.described import described, described_inside
from qa.text.months import DAYS, MONTHS, SPANS_OF_TIME
from qa.text.naming import naming_span
from qa.text.overlap import coverage, share
from qa.text.sentences import split_sentences
from qa.text.speakers import head_word, is_pronoun
from qa.text.spoken_words import inner_marks, is_quoted, unquoted, utterances
from qa.text.words import content_stems, fold, stem
from qa.types import Article, Attribution, Citation, Hit, Span, Speaker, SpeechKind

ArticleOf = Callable[[str], Article | None]
"""The article with an id, ``None`` where it was deleted meanwhile."""

_FEWEST_WORDS = 3  # of what is said
_LONGEST = 60  # words of a quotation; of a longer one, the sentences that tell most of what is asked
_NAMED_COUNTS = 0.3  # what it weighs in the choice how fully the question names the speaker
_OTHER_KIND_COSTS = 0.25  # what it costs that nothing tells a speaker to be the “minister” that is asked for
_LEAST_NAMED = 1 / 3  # of the words by which a question calls a speaker, the share that must be theirs
# A question about the timing is told of by “within four months”, which does not have the word.
_STATED = (
    (
        frozenset(map(stem, ("time", "timing", "timetable", "schedule", "deadline", "date"))),
        re.compile(
            rf"\b(?:{SPANS_OF_TIME}|{MONTHS}|{'|'.join(sorted(day.title() for day in DAYS))}|today|tomorrow|yesterday|"
            r"(?:19|20)\d\d)\b"
        ),
    ),
    (
        frozenset(map(stem, ("price", "cost", "money", "fee"))),
        re.compile(r"[$€£¥] ?\d|\b(?:dollars?|euros?|pounds?|yen|crowns?|cents?)\b", re.IGNORECASE),
    ),
)


class Quotation(NamedTuple):
    """Somebody's words as a sentence of an answer, and what it cites.

    ``words`` are those of ``text`` that the article has, without a lead of ours. ``nearness`` tells how near they come
    to what is asked: the share of the question's own words that stand there, plus the likeness of the vectors.
    """

    text: str
    words: str
    citations: tuple[Citation, ...]
    nearness: float


class _Said(NamedTuple):
    """An attribution in the passage ``mark``: ``span`` are its sentences that hold it, ``pieces`` what is said."""

    mark: int
    hit: Hit
    one: Attribution
    speaker: Speaker
    span: Span
    pieces: tuple[str, ...]
    rest: frozenset[str]
    told: float
    named: float
    of_kind: bool


def quotations(
    asked: SpeechQuestion,
    hits: Sequence[Hit],
    attributions: Attributions,
    article: ArticleOf,
    embedder: Embedder,
    most: int,
) -> list[Quotation]:
    """The ``most`` statements in ``hits`` that come nearest to what is ``asked`` for, best first."""
    read = {
        article_id: attributions(article_id) for article_id in dict.fromkeys(hit.passage.article_id for hit in hits)
    }
    found = [
        said
        for mark, hit in enumerate(hits, start=1)
        for said in _in_passage(mark, hit, asked, read[hit.passage.article_id])
    ]
    if not found:
        return []
    vectors = np.asarray(embedder.encode([asked.about, *(" ".join(said.pieces) for said in found)]))
    near = [
        said.told + float(vector @ vectors[0]) - (0.0 if said.of_kind else _OTHER_KIND_COSTS)
        for said, vector in zip(found, vectors[1:], strict=True)
    ]
    ranked = sorted(range(len(found)), key=lambda place: near[place] + _NAMED_COUNTS * found[place].named, reverse=True)
    distinct: dict[str, Quotation] = {}
    for place in ranked:
        made = _quotation(found[place], near[place], hits, article)
        if made is not None:
            distinct.setdefault(made.text, made)
        if len(distinct) == most:
            break
    return list(distinct.values())


def _in_passage(mark: int, hit: Hit, asked: SpeechQuestion, attributions: Sequence[Attribution]) -> Iterator[_Said]:
    """What is said in the passage by whom the question may mean, of all that its article has people say."""
    passage = hit.passage
    for one in attributions:
        speaker = one.speaker
        if not one.stated or speaker is None or is_pronoun(speaker.name):
            continue
        if not passage.start <= one.content[0].start < passage.end:
            continue
        inside = [piece for piece in one.content if piece.end <= passage.end]
        held = [s for s in passage.sentences if s.start < one.span.end and one.span.start < s.end]
        pieces = tuple(" ".join(passage.slice(piece).split()) for piece in inside)
        if not held or len(" ".join(pieces).split()) < _FEWEST_WORDS:
            continue
        who = set(content_stems(f"{speaker.name} {speaker.role or ''}"))
        named = _named(asked.speaker, who)
        if asked.speaker and named < _LEAST_NAMED:
            continue
        span = Span(held[0].start, held[-1].end)
        rest = asked.topic - who
        told = _told(asked, rest, pieces, passage.slice(span))
        if told > 0:
            yield _Said(mark, hit, one, speaker, span, pieces, rest, told, named, not asked.kind or asked.kind in who)


def _told(asked: SpeechQuestion, rest: frozenset[str], pieces: Sequence[str], around: str) -> float:
    """The share of what the question tells of the words that stands there; 0 where it is too little to go by.

    Words that the question quotes must all be there, and then settle it.
    """
    if asked.phrases:
        said = " ".join(pieces).casefold()
        return float(all(phrase.casefold() in said for phrase in asked.phrases))
    shared = rest & set(content_stems(around))
    for kinds, stated in _STATED:
        if rest & kinds and stated.search(" ".join(pieces)):
            shared |= rest & kinds
    if not asked.speaker and len(shared) == 1 < len(rest):
        return 0.0  # “flood” alone does not tell who is meant
    return share(rest, shared)


def _named(called: str, who: set[str]) -> float:
    """How far the words ``called`` are those of ``who``; 0 where the word that counts is another."""
    if not called or stem(head_word(called)) not in who | {one.rstrip(".") for one in who}:
        return 0.0
    return share(set(content_stems(called)), who)


def _quotation(said: _Said, nearness: float, hits: Sequence[Hit], article: ArticleOf) -> Quotation | None:
    """What is said as a sentence with its citations; ``None`` where no passage tells who the “he” of it is."""
    source = said.one.source
    written = said.hit.passage.slice(source) if source is not None and _inside(source, said.hit) else ""
    hidden = not written or is_pronoun(written)
    citations = [_citation(said.mark, said.hit, said.span, named(said.speaker))]
    if hidden or head_word(said.speaker.name) not in fold(written):
        naming, citation = _naming(said, hits, article)
        if citation is not None:
            citations.append(citation)
        elif hidden and naming:
            return None
    told = without_dateline(" ".join(said.hit.passage.slice(said.span).split()))
    words = _spoken(said)
    if words is not None:
        listener = f"told {said.one.outlet}" if said.one.outlet else "said"
        text = f"{described(said.speaker)} {listener}: {words}"
    elif hidden:
        words = f"“{inner_marks(told)}”"
        text = f"The article reports of {described_inside(said.speaker)}: {words}"
    else:
        text = words = told
    return Quotation(text, words, tuple(citations), nearness)


def _naming(said: _Said, hits: Sequence[Hit], article: ArticleOf) -> tuple[bool, Citation | None]:
    """Whether another sentence of the article names the speaker, and that sentence, if one of ``hits`` has it."""
    whole = article(said.hit.passage.article_id)
    span = naming_span(whole, said.speaker, said.span) if whole is not None else None
    if span is None:
        return whole is None, None
    for mark, hit in enumerate(hits, start=1):
        if hit.passage.article_id == said.hit.passage.article_id and _inside(span, hit):
            return True, _citation(mark, hit, span, None)
    return True, None


def _spoken(said: _Said) -> str | None:
    """The speaker's own words; ``None`` where the article does not quote them."""
    spoken = utterances(said.pieces)
    quoted = spoken if said.one.kind is SpeechKind.DIRECT else [one for one in spoken if is_quoted(one)]
    if not quoted or len(quoted) < len(spoken):
        return None
    words = [unquoted(one) for one in quoted]
    if len(" ".join(words).split()) > _LONGEST:
        sentences = [one[slice(*span)] for one in words for span in split_sentences(one)]
        words = [max(sentences, key=lambda one: coverage(" ".join(said.rest), one))]
    return " ".join(f"“{inner_marks(one)}”" for one in words if one)


def _inside(span: Span, hit: Hit) -> bool:
    return hit.passage.start <= span.start and span.end <= hit.passage.end


def _citation(mark: int, hit: Hit, span: Span, speaker: str | None) -> Citation:
    quote = hit.passage.slice(span)
    return Citation(mark, hit.passage.article_id, hit.title, span.start, span.end, quote, speaker=speaker)
