"""The points of an article that a summary may make, each in one voice, and the choice among them."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from qa.models.embedder import Embedder
from qa.summarizing.persons import speaks_to_somebody
from qa.text.cues import reads_as_said
from qa.text.datelines import without_dateline
from qa.text.opinion import is_checkable
from qa.text.quoted import quoted_spans
from qa.text.sentences import split_sentences
from qa.text.speakers import is_pronoun
from qa.text.spoken_words import said_pieces
from qa.text.words import STOPWORDS, fold
from qa.types import Article, Attribution, Span, SpeechKind, Voice

_LEANS = re.compile(
    r"(?:(?:And|But|Yet|So|Then|However|Still|Also|Now),? )*(?:he|she|it|they|his|her|its|their|this|that|these|those|"
    r"by then|there|we|you|I|each|one|the (?:real|other|same))\b",
    re.IGNORECASE,
)
_HEADING = re.compile(r"#|\*(?!\*[AQ]:)|\||[Ss]ource:")
_POINTS_BACK = re.compile(  # at the beginning of words quoted alone: whom or what they mean was said before
    r"\W*(?:they|that|those|these|he|she|(?:before|after|since) (?:it|that|this|then))\b", re.IGNORECASE
)
_CUT_OFF = re.compile(r"\b(\w+)\Z")
_SHORTEST_NAME = 2  # the Q and A of an interview name nobody
_LEAST_WORDS, _LEAST_OWN_WORDS = 5, 8
_MOSTLY = 0.5  # share of a sentence that is somebody's words, from which on it is reported as a whole
_EARLY = 0.15  # what standing first adds to a cosine
_TITLE = 0.3  # weight of the cosine to the title
_REPEATS = 0.6  # what likeness to a point already chosen costs
_SAME_SPEAKER = 0.25  # what it costs that the same speaker, or the outlet itself, was chosen already


class Point(NamedTuple):
    """Something that an article says in one voice: ``span`` are the words that prove it, speaker included."""

    article: Article
    span: Span
    voice: Voice
    attribution: Attribution | None

    @property
    def text(self) -> str:
        """The words of ``span`` on one line."""
        return without_dateline(" ".join(self.article.text[self.span.start : self.span.end].split()))

    @property
    def said(self) -> str:
        """What is said, without who says it."""
        if self.attribution is None:
            return self.text
        return " ".join(said_pieces(self.article.text, self.attribution))

    @property
    def tellable(self) -> bool:
        """Whether a plain sentence can be made of it; otherwise its words are quoted."""
        if self.attribution is None:
            return True
        if speaks_to_somebody(self.said):
            return False
        if self.attribution.kind is SpeechKind.DIRECT:
            return self.attribution.speaker is not None  # whose “I” it is cannot be told on
        cue = self.article.text[slice(*self.attribution.cue)] if self.attribution.cue else ""
        return reads_as_said(cue, self.said)

    @property
    def beside(self) -> str:
        """The words of ``span`` that are not said by the speaker: what the article tells itself, the speaker's name."""
        if self.attribution is None:
            return ""
        kept, last = [], self.span.start
        for start, end in self.attribution.content:
            kept.append(self.article.text[last : max(last, min(start, self.span.end))])
            last = max(last, min(end, self.span.end))
        return " ".join(" ".join([*kept, self.article.text[last : self.span.end]]).split())

    @property
    def speaker(self) -> str | None:
        """Who says it, by name or description."""
        return self.attribution.speaker.name if self.attribution and self.attribution.speaker else None


def points_of(article: Article, attributions: Sequence[Attribution]) -> list[Point]:
    """The points of ``article`` in its order: what it reports, attribution by attribution, and its own sentences.

    Time is linear in the length of the article, but for sorting.
    """
    stated = sorted((one for one in attributions if one.stated), key=lambda one: one.span.start)
    sentences = _sentences(article.text, stated)
    said = _by_sentence(sentences, stated)
    quotations, reported = quoted_spans(article.text), [one.span for one in stated]
    quoted, told = _Covering(quotations), _Covering(reported)
    points: list[Point] = []
    for sentence, inside in zip(sentences, said, strict=True):
        words = sum(min(end, sentence.end) - start for one in inside for start, end in one.content)
        if inside and words >= _MOSTLY * (sentence.end - sentence.start):
            for one in inside:
                span = Span(min(sentence.start, one.span.start), max(sentence.end, one.span.end))
                points.append(Point(article, span if len(inside) == 1 else one.span, Voice.REPORTED, one))
        elif inside:
            points += [Point(article, sentence, Voice.REPORTED, one) for one in inside]
        elif not quoted.covers(sentence) and not told.covers(sentence):
            text = article.text[slice(*sentence)]
            points.append(Point(article, sentence, Voice.FACT if is_checkable(text) else Voice.ASSERTED, None))
    return sorted(dict.fromkeys(points), key=lambda point: point.span)


class _Covering:
    """Whether one of ``spans``, which are in the order of their starts, covers another from end to end."""

    def __init__(self, spans: Sequence[Span]) -> None:
        self._starts = [span.start for span in spans]
        self._furthest = list(accumulate((span.end for span in spans), max))

    def covers(self, span: Span) -> bool:
        place = bisect_right(self._starts, span.start)
        return place > 0 and self._furthest[place - 1] >= span.end


def _by_sentence(sentences: Sequence[Span], stated: Sequence[Attribution]) -> list[list[Attribution]]:
    """For each sentence, the attributions whose content begins in it."""
    starts = [sentence.start for sentence in sentences]
    found: list[list[Attribution]] = [[] for _ in sentences]
    for one in stated:
        place = bisect_right(starts, one.content[0].start) - 1
        if place >= 0 and one.content[0].start < sentences[place].end:
            found[place].append(one)
    return found


def worth_telling(point: Point) -> bool:
    """Whether ``point`` can stand alone: long enough, more than the title, and not about an unnamed “they”."""
    said = point.said
    if len(said.split()) < _LEAST_WORDS or said.rstrip(".") == point.article.title.rstrip("."):
        return False
    if point.span.end <= len(point.article.title) and point.article.text.startswith(point.article.title):
        return False  # the text begins with its title
    if (
        _HEADING.match(said)
        or _HEADING.match(point.text)
        or (point.speaker is not None and len(point.speaker) < _SHORTEST_NAME)
    ):
        return False
    last = _CUT_OFF.search(point.text)
    if (point.speaker is not None and is_pronoun(point.speaker)) or (last and fold(last[1]) in STOPWORDS):
        return False
    if point.attribution and point.attribution.kind is SpeechKind.DIRECT and _POINTS_BACK.match(said):
        return False
    own = point.voice is not Voice.REPORTED
    if own and point.text.startswith("*"):
        return False  # the question of an interview
    return not own or not (len(said.split()) < _LEAST_OWN_WORDS or _LEANS.match(said) or said.endswith("?"))


def _sentences(text: str, stated: Sequence[Attribution]) -> list[Span]:
    """The sentences of ``text``; those that one quotation or one attribution runs through are kept together."""
    sentences = split_sentences(text)
    starts = [sentence.start for sentence in sentences]
    joined = set[int]()  # places of sentences that go with the one before
    for span in (span for one in stated for span in (*one.content, _core(one))):
        for place in range(max(1, bisect_right(starts, span.start)), bisect_left(starts, span.end)):
            if span.start < sentences[place - 1].end:
                joined.add(place)
    found: list[Span] = []
    for place, sentence in enumerate(sentences):
        if place in joined:
            found[-1] = Span(found[-1].start, sentence.end)
        else:
            found.append(sentence)
    return found


def _core(one: Attribution) -> Span:
    """Cue and source of an attribution, which a broken line may have parted."""
    parts = [span for span in (one.cue, one.source) if span is not None]
    if not parts:
        return one.content[0]
    return Span(min(span.start for span in parts), max(span.end for span in parts))


def salience(points: Sequence[Point], embedder: Embedder) -> tuple[np.ndarray, np.ndarray]:
    """How much each point is what its article is about, ``(n,)``, and the points' vectors, ``(n, dimension)``."""
    texts = [point.said for point in points]
    titles = [point.article.title for point in points]
    vectors = embedder.encode([*texts, *dict.fromkeys(titles)])
    rows = vectors[: len(points)]
    title_rows = dict(zip(dict.fromkeys(titles), vectors[len(points) :], strict=True))
    centre = rows.mean(axis=0)
    centre = centre / max(float(np.linalg.norm(centre)), 1e-9)
    places = np.array([1 - point.span.start / max(1, len(point.article.text)) for point in points])
    titled = np.array([float(row @ title_rows[title]) for row, title in zip(rows, titles, strict=True)])
    return rows @ centre + _TITLE * titled + _EARLY * places, rows


def choose(points: Sequence[Point], embedder: Embedder, count: int) -> list[int]:
    """The places of the ``count`` points to make, best first.

    What was chosen before makes its like, and its speaker, less wanted: every party gets its place.
    """
    able = np.array([worth_telling(point) for point in points], dtype=bool)
    if not able.any():
        return []
    scores, rows = salience(points, embedder)
    chosen: list[int] = []
    voices = [point.speaker or f"\0{point.voice}" for point in points]
    likeness = np.zeros(len(points))
    while len(chosen) < min(int(able.sum()), count):
        repeated = np.array([_SAME_SPEAKER * sum(voices[one] == voice for one in chosen) for voice in voices])
        wanted = scores - _REPEATS * likeness - repeated
        wanted[chosen] = wanted[~able] = -np.inf
        best = int(np.argmax(wanted))
        chosen.append(best)
        likeness = np.maximum(likeness, rows @ rows[best])
    return chosen
