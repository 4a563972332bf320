"""Where points of different articles contradict each other: other figures of the same thing, and denials.

Figures are compared where the words around them tell of the same matter, and neither article has the other's figure of
it. Then the exchange decides: with the other's figure in it, the clause must be borne out by the other article, and
better than with its own. A denial must deny, in the words of another article, what that states.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from datetime import date
from decimal import Decimal
from itertools import combinations, pairwise
from typing import NamedTuple

from qa.models.support import SupportModel
from qa.summarizing.clauses import clauses
from qa.summarizing.figures import Figure, agree, figures, same_matter, stems_of
from qa.summarizing.likeness import Compared
from qa.summarizing.points import Point
from qa.text.denial import negates
from qa.text.names import name_stems
from qa.text.sentences import split_sentences
from qa.types import Article, Difference, Span, Voice

_NEAR = 0.45  # cosine below which two points are not about the same thing
_SAME_MATTER = 0.5
_FAR = 10  # times that one number is the other, from which on they hardly count the same
_LEAST_COMMON = 2  # words around both that are no names: what happened, and not only to whom
_EXCHANGED = 0.5  # support that a clause needs with the other's figure in it
_GAIN = 0.15  # and how much more than with its own
_SURE, _SURE_GAIN = (
    0.9,
    0.05,
)  # the same where it is as good as certain: of days the model hardly tells one from another
_DENIED = 0.6  # support that what is denied needs from the other article
_LEAST_DENIED = 3  # words of what is denied that the other must have
_MOST = 40  # exchanges that the model reads, two pairs each
_SAME_WEEK = 3  # days between two articles whose “Monday” is the same
_NOT = re.compile(
    r"\b(?:(?:did|does|do|was|were|is|are|has|have|had) not|(?:did|does|do|was|were|is|are|has|have|had)n['’]t|never)\b"
    r"(?! ?(?:yet|immediately|only|just|merely|always|necessarily|possible|known|clear|say|comment|respond|named|"
    r"identified|sure|need|want|have to|think|believe|seem|appear|expect|plan|intend)\b)",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[“”\"]")  # words quoted in passing are no denial of their own
_BOUND = re.compile(r"[^.!?]*\b(?:since|until|unless)\b")  # “had not won it since 1908”: then it has now
_OWN = re.compile(r"\b(?:I|we|my|our|you|your)\b")
_AUXILIARY = re.compile(r"\b(was|were|is|are|has|have|had)(?: not|n['’]t)", re.IGNORECASE)
_DENIES = re.compile(
    r"\b(?:den(?:y|ies|ied|ying)|reject(?:s|ed|ing)?|dismiss(?:es|ed|ing)?|refut(?:es|ed|ing)|disput(?:es|ed|ing))\b"
    r"(?: (?:a|an|any|all|the|these|those|such|his|her|its|their|earlier|media))*"
    r"(?: (?:claims?|reports?|allegations?|accusations?|suggestions?|charges?|assertions?|rumou?rs))?"
    r"(?: (?:that|of|by|about|having|being))? ",
    re.IGNORECASE,
)
_SUPPOSED = re.compile(r"\b(?:[Ii]f|[Ww]hether|would|could|might|may|should|[Uu]nless)\b")
_CORRECT = re.compile(
    r"\b(?:the )?(?:correct|right|actual) (?:figure|number|amount|sum|date|time|share|total)\b"
    r"|\bit should have (?:been|read)\b",
    re.IGNORECASE,
)


class Place(NamedTuple):
    """One side of a difference: a ``span`` of ``point``'s article, and the words in it that differ."""

    point: Point
    span: Span
    marked: Span


class Found(NamedTuple):
    """A difference between two articles; the second side denies or corrects the first where it says so."""

    kind: Difference
    one: Place
    other: Place
    disputed: bool = False
    corrects: bool = False


class _Denial(NamedTuple):
    """Words of a text that deny, what they deny, and its stems; ``spoken`` where somebody is said to deny it."""

    marked: Span
    denied: str
    about: frozenset[str]
    spoken: bool


class Differences:
    """Finds what the points of several articles say otherwise."""

    def __init__(self, compared: Compared, model: SupportModel) -> None:
        self._compared = compared
        self._model = model
        self._texts = [_flat(point.article, point.span) for point in compared.points]
        self._figures = [figures(text) for text in self._texts]
        self._denials = [list(_denials(text)) for text in self._texts]
        self._told: dict[str, list[Figure]] = {}
        self._denied: dict[str, list[_Denial]] = {}
        for point in compared.points:
            if point.article.id not in self._told:
                text = _flat(point.article, Span(0, len(point.article.text)))
                self._told[point.article.id] = figures(text)
                self._denied[point.article.id] = list(_denials(text))

    def find(self) -> list[Found]:
        """The differences, corrections first, each thing once for two articles."""
        found = [*self._corrections(), *self._figures_exchanged(), *self._denials_found()]
        seen: set[tuple[Difference, frozenset[tuple[str, str]]]] = set()
        once = []
        for one in found:
            sides = frozenset(
                (side.point.article.id, " ".join(side.point.article.text[slice(*side.marked)].split()))
                for side in (one.one, one.other)
            )
            if (one.kind, sides) not in seen:
                seen.add((one.kind, sides))
                once.append(one)
        return once

    # ── figures ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _figures_exchanged(self) -> list[Found]:
        candidates = sorted(self._candidates(), key=lambda one: -self._compared.likeness[one[0], one[2]])[:_MOST]
        pairs = [
            pair
            for one, mine, other, theirs in candidates
            for pair in (*self._exchange(one, mine, other, theirs), *self._exchange(other, theirs, one, mine))
        ]
        supports = [reading.support for reading in self._model.read(pairs)]
        found = []
        for number, (one, mine, other, theirs) in enumerate(candidates):
            own, exchanged, own_back, exchanged_back = supports[4 * number : 4 * number + 4]
            if _won(own, exchanged) or _won(own_back, exchanged_back):
                found.append(Found(mine.kind, self._place(one, mine.span), self._place(other, theirs.span)))
        return found

    def _candidates(self) -> Iterator[tuple[int, Figure, int, Figure]]:
        """Pairs of points with a figure each that may be of the same thing and cannot both be right."""
        points = self._compared.points
        for one, other in combinations(range(len(points)), 2):
            if points[one].article.id == points[other].article.id or self._compared.likeness[one, other] < _NEAR:
                continue
            for mine in self._figures[one]:
                for theirs in self._figures[other]:
                    if self._clash(points[one].article, mine, points[other].article, theirs):
                        yield one, mine, other, theirs

    def _clash(self, one: Article, mine: Figure, other: Article, theirs: Figure) -> bool:
        if not _comparable(mine, theirs) or mine.further != theirs.further or agree(mine, theirs):
            return False
        if mine.unit == "day" and not _same_week(one, other):
            return False
        common = (mine.about & theirs.about) - _names(one, other)
        if not same_matter(mine.about, theirs.about, _SAME_MATTER) or len(common) < _LEAST_COMMON:
            return False
        if mine.kind is Difference.NUMBER and _far_apart(mine, theirs):
            return False
        return not self._tells(one, theirs) and not self._tells(other, mine)

    def _tells(self, article: Article, figure: Figure) -> bool:
        """Whether ``article`` has ``figure`` too, of what may be the same thing."""
        return any(_comparable(figure, known) and agree(figure, known) for known in self._told[article.id])

    def _exchange(self, one: int, mine: Figure, other: int, theirs: Figure) -> list[tuple[str, str]]:
        """The clause of ``mine`` as it is, and with the other's figure, each beside what the other says."""
        text, there = self._texts[one], self._texts[other]
        around = self._said_around(one, mine)
        clause = text[slice(*around)]
        start = mine.span.start - around.start
        end = start + mine.span.end - mine.span.start
        exchanged = clause[:start] + there[slice(*theirs.span)] + clause[end:]
        return [(clause, there), (exchanged, there)]

    def _said_around(self, place: int, figure: Figure) -> Span:
        """The clause of ``figure``, without who says it."""
        point = self._compared.points[place]
        for start, end in point.attribution.content if point.attribution else ():
            said = Span(start - point.span.start, end - point.span.start)
            if said.start <= figure.span.start and figure.span.end <= said.end:
                return Span(max(said.start, figure.clause.start), min(said.end, figure.clause.end))
        return figure.clause

    # ── denials ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _denials_found(self) -> list[Found]:
        points = self._compared.points
        asked: list[tuple[int, _Denial, int]] = []
        for one, denials in enumerate(self._denials):
            for denial in denials:
                for other, point in enumerate(points):
                    if point.article.id != points[one].article.id and self._may_deny(one, denial, other):
                        asked.append((one, denial, other))
        asked = sorted(asked, key=lambda pair: -self._compared.likeness[pair[0], pair[2]])[:_MOST]
        readings = self._model.read([(denial.denied, self._texts[other]) for _, denial, other in asked])
        found = []
        for (one, denial, other), reading in zip(asked, readings, strict=True):
            if reading.support >= _DENIED:
                disputed = denial.spoken or points[one].voice is Voice.REPORTED or points[other].voice is Voice.REPORTED
                stated = self._place(other, _stated(self._texts[other], denial.about))
                found.append(Found(Difference.DENIAL, stated, self._place(one, denial.marked), disputed=disputed))
        return found

    def _may_deny(self, one: int, denial: _Denial, other: int) -> bool:
        """Whether point ``other`` states what ``denial`` of point ``one`` denies, and its article denies it nowhere."""
        text = self._texts[other]
        if self._compared.likeness[one, other] < _NEAR or negates(text) or _SUPPOSED.search(text):
            return False
        stated = stems_of(text[slice(*_stated(text, denial.about))])
        common = len(denial.about & stated)
        if common < _LEAST_DENIED or common < _SAME_MATTER * len(denial.about):
            return False
        known = self._denied[self._compared.points[other].article.id]
        return not any(same_matter(denial.about, mine.about, _SAME_MATTER) for mine in known)

    # ── corrections ──────────────────────────────────────────────────────────────────────────────────────────────

    def _corrections(self) -> Iterator[Found]:
        """Figures that an article corrects, beside where another article has them."""
        points = self._compared.points
        for article in {point.article.id: point.article for point in points}.values():
            for old, new, span in corrected(article):
                for place, point in enumerate(points):
                    if point.article.id == article.id:
                        continue
                    for figure in self._figures[place]:
                        if (
                            _comparable(old, figure)
                            and agree(old, figure)
                            and same_matter(old.about, figure.about, 0.3)
                        ):
                            side = Place(Point(article, span, Voice.ASSERTED, None), span, new)
                            yield Found(figure.kind, self._place(place, figure.span), side, corrects=True)

    def _place(self, place: int, span: Span) -> Place:
        point = self._compared.points[place]
        return Place(point, point.span, Span(point.span.start + span.start, point.span.start + span.end))


def corrected(article: Article) -> list[tuple[Figure, Span, Span]]:
    """Each figure that ``article`` takes back, where the right one stands, and the sentences that say so."""
    text = _flat(article, Span(0, len(article.text)))
    sentences = split_sentences(text)
    found = []
    for before, sentence in pairwise(sentences):
        if not _CORRECT.search(text, *sentence):
            continue
        told = figures(text[slice(*before)])
        for new in figures(text[slice(*sentence)]):
            for old in told:
                if _comparable(old, new) and not agree(old, new):
                    right = Span(sentence.start + new.span.start, sentence.start + new.span.end)
                    found.append((old, right, Span(before.start, sentence.end)))
    return found


def _won(own: float, exchanged: float) -> bool:
    """Whether a clause is borne out with the other's figure, and less with its own."""
    gain = exchanged - own
    return (exchanged >= _EXCHANGED and gain >= _GAIN) or (exchanged >= _SURE and gain >= _SURE_GAIN)


def _far_apart(one: Figure, other: Figure) -> bool:
    less, more = sorted((Decimal(one.value), Decimal(other.value)))
    return more > _FAR * less


def _comparable(one: Figure, other: Figure) -> bool:
    """Whether two figures are of one kind and unit, and count the same where they have none."""
    if one.kind is not other.kind or one.unit != other.unit:
        return False
    return one.kind is not Difference.NUMBER or bool(one.unit) or bool(one.things & other.things)


def _names(one: Article, other: Article) -> Set[str]:
    return name_stems(one.text) | name_stems(other.text)


def _same_week(one: Article, other: Article) -> bool:
    try:
        days = abs((date.fromisoformat((one.date or "")[:10]) - date.fromisoformat((other.date or "")[:10])).days)
    except ValueError:
        return False
    return days <= _SAME_WEEK


def _denials(text: str) -> Iterator[_Denial]:
    """What clauses of ``text`` deny, in the words they deny it in."""
    for start, end in clauses(text):
        clause = text[start:end]
        if _SUPPOSED.search(clause) or _OWN.search(clause):
            continue
        if match := _DENIES.search(clause):
            denied = clause[match.end() :]
            marked = Span(start + match.start(), start + match.end() - 1)
            yield _Denial(marked, denied, stems_of(denied), spoken=True)
        elif (match := _NOT.search(clause)) and not _QUOTED.search(clause) and not _BOUND.match(text, start):
            denied = " ".join(_NOT.sub("", _AUXILIARY.sub(r"\1", clause)).split())
            marked = Span(start + match.start(), start + len(clause[: match.end()].rstrip()))
            yield _Denial(marked, denied, stems_of(denied), spoken=False)


def _stated(text: str, about: frozenset[str]) -> Span:
    """The clause of ``text`` that has most of what is denied."""
    return max(clauses(text), key=lambda clause: len(stems_of(text[slice(*clause)]) & about))


def _flat(article: Article, span: Span) -> str:
    """The words of ``span`` with every line break as a blank, so that offsets hold."""
    return re.sub(r"\s", " ", article.text[slice(*span)])
