"""The main path of a comparison: articles → points side by side → shared, contradicted, told by one → one round-up."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import NamedTuple

from qa.models.embedder import Embedder
from qa.models.generators.base import Generator
from qa.models.support import SupportModel
from qa.summarizing.differences import Differences, Found, corrected
from qa.summarizing.likeness import Claim, Compared, Telling
from qa.summarizing.persons import genders
from qa.summarizing.points import Point, choose, points_of, salience
from qa.summarizing.reprints import reprints, same_words
from qa.summarizing.round_up import RoundUp, side_of
from qa.summarizing.summary import Attributions, Course, Summarizer
from qa.text.sentences import split_sentences
from qa.types import (
    Article,
    Comparison,
    Contradiction,
    LonePoint,
    Reprint,
    SharedPoint,
    Side,
    Span,
    SpeechKind,
    SummarySentence,
)

ComparisonEvent = Reprint | SharedPoint | Contradiction | LonePoint | SummarySentence | Comparison

DEFAULT_SENTENCES = 8

_MOST_LONE = 3  # points an article that are told by it alone
_ENDED = re.compile(r"[.!?…][’”\"')]*\Z")
_PART = 0.6  # share of a quotation below which the shared words in it are marked
# What a sentence may begin with that is no part of one without its subject, “received a bill of …”.
_SUBJECT = re.compile(
    r"\W*(?:[^\W\d_a-z]|\d|(?:the|an?|some|about|more|at least|nearly|almost|over|all|no|one|two|three|four|five|six|"
    r"seven|eight|nine|ten|his|her|its|their|he|she|it|they|there|this|these|those|many|several|most|dozens)\b)"
)
_ABOUT_ITSELF = re.compile(r"\b(?:the|an|this|our|that) (?:article|headline|story|report|version)\b", re.IGNORECASE)


class _Group(NamedTuple):
    """A claim with the points of other articles that tell it, and as what it is shown."""

    claim: Claim
    others: tuple[int, ...]
    point: SharedPoint


@dataclass(slots=True)
class _Findings:
    """What was found before anything is written."""

    reprints: list[Reprint]
    groups: list[_Group] = field(default_factory=list)
    differences: list[tuple[Found, Contradiction]] = field(default_factory=list)
    lone: list[tuple[int, LonePoint]] = field(default_factory=list)


class Comparer:
    """Compares articles on one event; may be used from many threads."""

    def __init__(
        self, generator: Generator, support: SupportModel, embedder: Embedder, attributions: Attributions
    ) -> None:
        self._generator = generator
        self._support = support
        self._embedder = embedder
        self._attributions = attributions
        self._summarizer = Summarizer(generator, support, embedder, attributions)

    def stream(self, articles: Sequence[Article], sentences: int = DEFAULT_SENTENCES) -> Iterator[ComparisonEvent]:
        """What was found, kind by kind, then each sentence of the round-up once it is proven, then all of it.

        With no ``sentences`` there is no round-up, and the generator is not asked. Closing the iterator stops it.

        Raises:
            ValueError: fewer than two articles, or the same one twice.
            GenerationError: the model failed, or too many requests are waiting.
        """
        if len({article.id for article in articles}) < max(2, len(articles)):
            raise ValueError("a comparison is of at least two different articles")
        course = Course()
        said = {article.id: tuple(self._attributions(article)) for article in articles}
        compared = Compared(
            [point for article in articles for point in points_of(article, said[article.id])], self._embedder
        )
        findings = self._find(articles, compared)
        yield from findings.reprints
        yield from (group.point for group in findings.groups)
        yield from (contradiction for _, contradiction in findings.differences)
        yield from (lone for _, lone in findings.lone)
        shown = {name: one for article in articles for name, one in genders(said[article.id], article.text).items()}
        for sentence in self._round_up(articles, compared, findings, sentences, course, shown):
            yield course.add(sentence)
        yield self._comparison(articles, findings, course)

    # ── finding ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _find(self, articles: Sequence[Article], compared: Compared) -> _Findings:
        findings = _Findings(reprints(articles))
        if not compared.points:
            return findings
        same_source = {one: found for found in findings.reprints for one in found.article_ids}
        for found in Differences(compared, self._support).find():
            findings.differences.append((found, _contradiction(found)))
        barred = _barred(compared, articles, [found for found, _ in findings.differences])
        weights, _ = salience(compared.points, self._embedder)
        groups = [
            _Group(claim, others, _shared_point(compared, claim, others, same_source))
            for claim, others in _groups(compared.tellings(self._support), compared, barred)
        ]
        findings.groups = sorted(
            groups, key=lambda group: (-group.point.independent, -len(group.others), -weights[group.claim.point])
        )
        told = {place for group in groups for place in (group.claim.point, *group.others)}
        differing = {(side.article_id, side.start) for _, one in findings.differences for side in one.sides}
        for article in articles:
            alone = [
                place
                for place in compared.places(article)
                if place not in told
                and (article.id, compared.points[place].span.start) not in differing
                and _ENDED.search(compared.points[place].text)
                and not compared.told_elsewhere(place)
            ]
            chosen = choose([compared.points[place] for place in alone], self._embedder, _MOST_LONE)
            findings.lone += [(alone[one], LonePoint(side_of(compared.points[alone[one]]))) for one in chosen]
        return findings

    # ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _round_up(
        self,
        articles: Sequence[Article],
        compared: Compared,
        findings: _Findings,
        count: int,
        course: Course,
        shown: Mapping[str, str],
    ) -> Iterator[SummarySentence]:
        """At most ``count`` sentences: what is shared, what is contradicted, what one article tells, each in turn."""
        writer = RoundUp(self._summarizer, self._support, articles)
        differing = min(len(findings.differences), max(1, count // 3)) if count else 0
        lone = _in_turn(findings.lone)
        groups = [group for group in findings.groups if _SUBJECT.match(group.claim.text)]
        shared = min(len(groups), max((count + 1) // 2, count - differing - len(lone)), count - differing)
        for group in groups[:shared]:
            points = [compared.points[place] for place in (group.claim.point, *group.others)]
            gender = shown.get(points[0].speaker or "")
            yield writer.shared(_told(points[0], group.claim), points, group.point.sides, course, gender)
        for found, contradiction in findings.differences[:differing]:
            yield writer.differing(found, contradiction.sides)
        for place in lone[: count - shared - differing]:
            point = compared.points[place]
            yield writer.lone(point, course, shown.get(point.speaker or ""))

    def _comparison(self, articles: Sequence[Article], findings: _Findings, course: Course) -> Comparison:
        return Comparison(
            article_ids=tuple(article.id for article in articles),
            shared=tuple(group.point for group in findings.groups),
            contradictions=tuple(one for _, one in findings.differences),
            lone=tuple(one for _, one in findings.lone),
            reprints=tuple(findings.reprints),
            sentences=tuple(course.sentences),
            warnings=(
                *(f"{article.title}: {line}" for article in articles for line in article.warnings),
                *_same_outlets(articles),
            ),
            dropped=tuple(course.dropped),
            generator=self._generator.info,
            timings=course.timings(),
        )


def _groups(
    tellings: Sequence[Telling], compared: Compared, barred: set[tuple[int, int]]
) -> Iterator[tuple[Claim, tuple[int, ...]]]:
    """Each claim with the point of every other article that tells it best; those told most widely first.

    A point that stands in a group already is not told again by the same articles.
    """
    by_claim: dict[Claim, dict[str, Telling]] = {}
    for telling in tellings:
        if (telling.claim.point, telling.other) not in barred:
            article = compared.points[telling.other].article.id
            by_claim.setdefault(telling.claim, {}).setdefault(article, telling)
    known: list[tuple[set[int], set[str]]] = []
    ranked = sorted(by_claim.items(), key=lambda item: (-len(item[1]), -sum(one.score for one in item[1].values())))
    for claim, told in ranked:
        others = tuple(sorted(one.other for one in told.values()))
        places = {claim.point, *others}
        articles = {compared.points[place].article.id for place in places}
        if not any(group & places and articles <= tellers for group, tellers in known):
            known.append((places, articles))
            yield claim, others


def _shared_point(
    compared: Compared, claim: Claim, others: Sequence[int], same_source: Mapping[str, Reprint]
) -> SharedPoint:
    first = compared.points[claim.point]
    part = claim.span.end - claim.span.start < _PART * (first.span.end - first.span.start)
    sides = [side_of(first, marked=(claim.span,) if part else ())]
    for place in others:
        point = compared.points[place]
        sides.append(side_of(point, repeats=_repeated(point, sides, same_source)))
    sources = {
        (side.outlet or side.article_id).casefold() for side in sides if side.repeats is None
    }  # two articles of one outlet are one source
    return SharedPoint(tuple(sides), len(sources))


def _repeated(point: Point, sides: Sequence[Side], same_source: Mapping[str, Reprint]) -> str | None:
    """The article of ``sides`` whose words ``point`` repeats; what somebody said is quoted alike by all who heard."""
    direct = point.attribution is not None and point.attribution.kind is SpeechKind.DIRECT
    for side in sides:
        reprint = same_source.get(side.article_id)
        if reprint is not None and point.article.id in reprint.article_ids:
            return side.article_id
        if not direct and same_words(side.quote, point.text):
            return side.article_id
    return None


def _contradiction(found: Found) -> Contradiction:
    one, other = (side_of(place.point, place.span, (place.marked,)) for place in (found.one, found.other))
    return Contradiction(found.kind, (one, other), disputed=found.disputed, corrects=found.corrects)


def _barred(compared: Compared, articles: Sequence[Article], differences: Sequence[Found]) -> set[tuple[int, int]]:
    """Pairs of points that are not shared whatever they say: they differ, or one speaks of an article to correct it."""
    places = {(point.article.id, point.span): place for place, point in enumerate(compared.points)}
    pairs = set()
    for found in differences:
        one, other = (places.get((side.point.article.id, side.span)) for side in (found.one, found.other))
        if one is not None and other is not None:
            pairs |= {(one, other), (other, one)}
    for article in articles:
        if corrected(article) or article.title.casefold().startswith(("correction", "corrections", "clarification")):
            about_itself = [p for p in compared.places(article) if _ABOUT_ITSELF.search(compared.points[p].text)]
            pairs |= {(one, other) for one in about_itself for other in range(len(compared.points))}
            pairs |= {(other, one) for one in about_itself for other in range(len(compared.points))}
    return pairs


def _told(point: Point, claim: Claim) -> Point:
    """``point``, or what of it is shared: the sentences of the claim, or of the article's own words the claim alone."""
    if point.attribution is None:
        return Point(point.article, claim.span, point.voice, None)
    if point.attribution.kind is SpeechKind.DIRECT:
        return point
    raw = point.article.text[slice(*point.span)]
    start, end = (place - point.span.start for place in claim.span)
    sentences = [one for one in split_sentences(raw) if one.start < end and start < one.end]
    span = Span(point.span.start + sentences[0].start, point.span.start + sentences[-1].end)
    return Point(point.article, span, point.voice, None)


def _in_turn(lone: Sequence[tuple[int, LonePoint]]) -> list[int]:
    """The places of lone points, one of each article after the other."""
    by_article: dict[str, list[int]] = {}
    for place, point in lone:
        by_article.setdefault(point.side.article_id, []).append(place)
    return [place for turn in zip_longest(*by_article.values()) for place in turn if place is not None]


def _same_outlets(articles: Sequence[Article]) -> list[str]:
    """What a reader should know of outlets that are compared with themselves."""
    outlets = [" ".join(article.outlet.split()) for article in articles if article.outlet]
    return [
        f"{outlets.count(outlet)} of these articles are of {outlet}: together they count as one source"
        for outlet in dict.fromkeys(outlets)
        if outlets.count(outlet) > 1
    ]
