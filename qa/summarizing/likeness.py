"""Which points of different articles tell the same, and which no other article tells.

Vectors find the few points that come near; the support model and the checks of words decide. A point is told by another
article where its words are borne out there and mean nearly the same: either alone lets too much pass. The sum of both
was set on pairs of events told by several outlets.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from qa.answering.checks import word_objection
from qa.models.embedder import Embedder
from qa.models.support import SupportModel
from qa.summarizing.clauses import clauses
from qa.summarizing.points import Point, worth_telling
from qa.summarizing.proof import lost_doubt
from qa.text.overlap import coverage, share
from qa.text.quantities import numbers
from qa.text.speakers import same_speaker
from qa.text.words import content_stems, fold
from qa.types import Article, Span, SpeechKind, Voice

NEAREST = 3  # points of each other article that are looked at
READINGS = 60  # pairs an article that the support model reads
_LEAST_COVERAGE = 0.35
_TELLS = 1.5  # sum of support, cosine and what shared figures add
_FIGURE, _STRONG = 0.2, 0.4
_COMMON = 2  # points of an article that have a number, beyond which it tells nothing apart
_SAME_QUOTATION = 0.8  # share of somebody's quoted words that another article must quote
_LONE = 0.6  # cosine from which on another article may tell it too
_LONE_COVERAGE = 0.75  # the same for the share of its words that another article has anywhere
_LEAST_CLAIM, _LEAST_CLAUSE, _LONGEST_CLAUSE = 7, 5, 0.75
_QUOTES = "‘’“”\"' ,;"
_ANYWHERE = re.compile(r"\d|1[0-2]|(?:19|20)\d\d")
_TELLING = re.compile(r"\d+:\d\d|(?!(?:19|20)\d\d\Z)\d{3,}|\d+\.\d+")
_WHEN = re.compile(r"\b(?:(?:this|last|next) (?:week|month|year)|yesterday|today|tomorrow)\b", re.IGNORECASE)
_ADDED = re.compile(r"\b(?:another|an additional|an extra) ([$€£]?[\d,.]*\d)")
_DENYING = re.compile(
    r"\b(?:not|never|no(?!\. ?\d)|none|nobody|neither|nor|cannot|den(?:y|ies|ied|ying)|reject\w*|refus\w*|dismiss\w*)\b"
    r"|n['’]t\b",
    re.IGNORECASE,
)
_OPENER = re.compile(r"(?:before|after|when|and|but|because|while|since|until|that|as)\s+", re.IGNORECASE)
_OPEN_END = re.compile(
    r"\b(?:just|shortly|soon|even|only|in|of|for|to|with|at|on|by|from|as|than|and|or|the|an?|more|that)\Z"
)
_SPACE_OF_TIME = re.compile(r"\b(?:years?|months?|weeks?|days?|hours?|minutes?)\Z")  # “three days | after the fire”
_FROM_THEN = re.compile(r"\W*(?:after|before|since|later|ago|until|when|earlier)\b")


class Claim(NamedTuple):
    """Words of a point that can be asked of another article: all that is said, or what a clause of it says."""

    point: int
    span: Span
    text: str


class Telling(NamedTuple):
    """That point number ``other`` tells ``claim``, with the score by which it was decided."""

    claim: Claim
    other: int
    score: float


class Compared:
    """The points of several articles side by side, those worth telling, with their vectors."""

    def __init__(self, points: Sequence[Point], embedder: Embedder) -> None:
        self.points = [point for point in points if worth_telling(point)]
        self.texts = [_plain(point) for point in self.points]
        self.claims = [claim for place, point in enumerate(self.points) for claim in claims_of(place, point)]
        rows = embedder.encode([*self.texts, *(claim.text for claim in self.claims)])
        self.rows = rows[: len(self.points)]
        self.likeness: np.ndarray = self.rows @ self.rows.T
        self._alike: np.ndarray = rows[len(self.points) :] @ self.rows.T
        self._places: dict[str, list[int]] = {}
        for place, point in enumerate(self.points):
            self._places.setdefault(point.article.id, []).append(place)
        self._numbers = [numbers(text) for text in self.texts]
        self._common = self._common_numbers()
        self._said = {claim.text: numbers(claim.text) for claim in self.claims}
        self._words = {
            article_id: set(content_stems(self.points[own[0]].article.text)) for article_id, own in self._places.items()
        }

    def places(self, article: Article) -> list[int]:
        """The places of the points of ``article``."""
        return self._places.get(article.id, [])

    def tellings(self, model: SupportModel) -> list[Telling]:
        """Who tells whose claims, best first; the model reads a bounded number of pairs."""
        promising = sorted(self._promising(), key=lambda one: -one[2])[: READINGS * len(self._places)]
        alike = {(claim, other): 1.0 for claim, other, _ in promising if self._repeats(claim, other)}
        asked = [(claim, other) for claim, other, _ in promising if (claim, other) not in alike]
        readings = model.read([(claim.text, self.points[other].text) for claim, other in asked])
        supports = alike | {pair: reading.support for pair, reading in zip(asked, readings, strict=True)}
        least = model.calibration.support_threshold
        found = [
            Telling(claim, other, supports[claim, other] + promise)
            for claim, other, promise in promising
            if supports[claim, other] >= least and supports[claim, other] + promise >= _TELLS
        ]
        return sorted(found, key=lambda telling: -telling.score)

    def _repeats(self, claim: Claim, other: int) -> bool:
        """Whether the point says ``claim`` word for word: that needs no model."""
        return fold(claim.text).rstrip(".") in fold(self.points[other].text)

    def _promising(self) -> Iterator[tuple[Claim, int, float]]:
        """Claims with the few points of each other article that come nearest, with how alike they are by themselves."""
        for number, claim in enumerate(self.claims):
            for article_id, others in self._places.items():
                if article_id == self.points[claim.point].article.id:
                    continue
                alike = {other: float(self._alike[number, other]) + self._figures(claim, other) for other in others}
                for other in sorted(others, key=lambda other: -alike[other])[:NEAREST]:
                    if alike[other] + 1 >= _TELLS and self._may_tell(claim, other):
                        yield claim, other, alike[other]

    def _may_tell(self, claim: Claim, other: int) -> bool:
        """Whether nothing in the words speaks against it."""
        mine, theirs = self.points[claim.point], self.points[other]
        if not _same_voice(mine, theirs) or _denies(claim.text) != _denies(theirs.text):
            return False
        if _times_differ(claim.text, theirs.text):
            return False
        if lost_doubt(claim.text, theirs.text) or lost_doubt(theirs.text, claim.text):
            return False
        if coverage(claim.text, theirs.text) < _LEAST_COVERAGE and self._figures(claim, other) < _STRONG:
            return False
        return word_objection(claim.text, "", theirs.text, 0.0) is None

    def _figures(self, claim: Claim, other: int) -> float:
        """What the figures add that both have: more where they hardly stand in both by chance."""
        shared = (self._said[claim.text] & self._numbers[other]) - self._common
        return min(_STRONG, sum(_FIGURE * (1 + bool(_TELLING.fullmatch(one))) for one in shared if is_rare(one)))

    def _common_numbers(self) -> set[str]:
        """The numbers that an article has in several points: that two points have them says little."""
        found: set[str] = set()
        for places in self._places.values():
            counts = Counter(number for place in places for number in self._numbers[place])
            found |= {number for number, count in counts.items() if count > _COMMON}
        return found

    def told_elsewhere(self, place: int) -> bool:
        """Whether another article may tell the point too: it comes near it, or has its words anywhere."""
        point = self.points[place]
        words = set(content_stems(self.texts[place]))
        for article_id, others in self._places.items():
            if article_id == point.article.id:
                continue
            if max(float(self.likeness[place, other]) for other in others) >= _LONE:
                return True
            if share(words, self._words[article_id]) >= _LONE_COVERAGE:
                return True
        return False


def claims_of(place: int, point: Point) -> list[Claim]:
    """What can be asked of other articles: all that ``point`` says, its first clause, and any with a telling figure."""
    raw = point.article.text[slice(*point.span)]
    parts = clauses(raw)
    heads = [Span(0, part.end) for part in parts if point.attribution is None and _can_stand(raw, part.end)][:1]
    figured = [part for part in parts if any(map(_TELLING.fullmatch, numbers(raw[slice(*part)])))]
    found = {_plain(point): Claim(place, _said_at(point), _plain(point))}
    for start, end in (*heads, *figured):
        if opener := _OPENER.match(raw, start, end):
            start = opener.end()
        text = _line(raw[start:end]).strip(_QUOTES)
        text = text if text.endswith(".") else f"{text}."
        if _is_whole(raw, start, end) and len(text.split()) >= _LEAST_CLAUSE and _inside(point, start, end):
            found.setdefault(text, Claim(place, Span(point.span.start + start, point.span.start + end), text))
    return list(found.values())


def _said_at(point: Point) -> Span:
    """Where what ``point`` says stands, from its first word to its last."""
    if point.attribution is None:
        return point.span
    content = point.attribution.content
    return Span(max(point.span.start, content[0].start), min(point.span.end, content[-1].end))


def is_rare(number: str) -> bool:
    """Whether ``number`` is neither small nor a year."""
    return _ANYWHERE.fullmatch(number) is None


def _can_stand(raw: str, end: int) -> bool:
    """Whether the sentence ``raw`` says something up to ``end``, and less than all of it."""
    return len(raw[:end].split()) >= _LEAST_CLAIM and end <= _LONGEST_CLAUSE * len(raw) and _is_whole(raw, 0, end)


def _is_whole(raw: str, start: int, end: int) -> bool:
    """Whether a piece of ``raw`` does not break off within a phrase."""
    if _SPACE_OF_TIME.search(raw, start, end):
        return _FROM_THEN.match(raw, end) is None
    return _OPEN_END.search(raw, start, end) is None


def _inside(point: Point, start: int, end: int) -> bool:
    """Whether a piece of ``point`` is its own telling throughout, or somebody's throughout."""
    if point.attribution is None:
        return True
    start, end = point.span.start + start, point.span.start + end
    return any(piece.start <= start and end <= piece.end for piece in point.attribution.content)


def _plain(point: Point) -> str:
    """What ``point`` says on one line, without the quotation marks around it."""
    said = point.said.strip(_QUOTES)
    return said if said else point.text


def _line(text: str) -> str:
    return " ".join(text.split())


def _denies(text: str) -> bool:
    """Whether ``text`` says no; that something failed or was lost says so of nothing that another tells."""
    return _DENYING.search(text) is not None


def _times_differ(claim: str, evidence: str) -> bool:
    """Whether one says “this week” and the other “last week”, or ``evidence`` only adds a number of ``claim``."""
    said, there = ({fold(match.group()) for match in _WHEN.finditer(text)} for text in (claim, evidence))
    added = {match[1] for match in _ADDED.finditer(evidence)} - {match[1] for match in _ADDED.finditer(claim)}
    return bool(said and there and not said & there) or any(number in claim for number in added)


def _same_voice(one: Point, other: Point) -> bool:
    """Whether both may be the same telling: quoted words of one speaker are never those of another."""
    if one.voice is not Voice.REPORTED or other.voice is not Voice.REPORTED:
        return True
    if one.speaker is None or other.speaker is None or same_speaker(one.speaker, other.speaker):
        return True
    direct = [point.attribution is not None and point.attribution.kind is SpeechKind.DIRECT for point in (one, other)]
    return not any(direct) or (all(direct) and coverage(one.said, other.said) >= _SAME_QUOTATION)
