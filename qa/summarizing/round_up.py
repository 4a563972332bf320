"""The round-up of several articles: sentences that name every source of what they tell, proven like a summary's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from qa.answering.checks import word_objection
from qa.answering.voices import named
from qa.models.support import SupportModel
from qa.summarizing.clauses import clause_at
from qa.summarizing.differences import Found, Place
from qa.summarizing.leads import Leads, leads_of
from qa.summarizing.points import Point
from qa.summarizing.proof import lost_doubt
from qa.summarizing.summary import Course, Summarizer
from qa.text.described import described_inside
from qa.text.speakers import head_word, same_speaker
from qa.text.words import fold
from qa.types import Article, Citation, Side, Span, SummarySentence, Voice
from qa.wording import DIFFERENCES

_LONGEST_QUOTE = 30  # words of a sentence that is quoted whole; of a longer one, the clause that differs
_EDGES = ' ,;“”"'
_SINGLE = str.maketrans({"“": "‘", "”": "’", '"': "'"})


def tellers(articles: Sequence[Article]) -> dict[str, str]:
    """What a sentence calls each article, by id: its outlet, and what tells it from another of the same outlet."""
    outlets = {article.id: " ".join((article.outlet or "").split()) for article in articles}
    often = Counter(outlets.values())
    days = Counter((outlets[article.id], article.date) for article in articles)
    found = {}
    for article in articles:
        outlet, title = outlets[article.id], f"“{' '.join(article.title.split())}”"
        if outlet and often[outlet] == 1:
            found[article.id] = outlet
        elif outlet and article.date and days[outlet, article.date] == 1:
            found[article.id] = f"{outlet} of {article.date[:10]}"
        else:
            found[article.id] = f"{outlet}, {title}," if outlet else f"The article {title}"
    return found


class RoundUp:
    """Writes the sentences of a round-up, each with a citation of every article that it names."""

    def __init__(self, summarizer: Summarizer, support: SupportModel, articles: Sequence[Article]) -> None:
        self._summarizer = summarizer
        self._support = support
        self._names = tellers(articles)
        self._marks = {article.id: number for number, article in enumerate(articles, start=1)}

    def shared(
        self, told: Point, points: Sequence[Point], sides: Sequence[Side], course: Course, gender: str | None
    ) -> SummarySentence:
        """What all of ``sides`` tell, as ``told`` by the first; ``points`` are theirs, in the same order."""
        leads = self._shared_leads(told, points, sides)

        def objection(body: str) -> str | None:
            return next(filter(None, (self._unlike(body, point) for point in points[1:])), None)

        sentence = self._summarizer.tell(told, course, gender, leads, objection)
        voices = [point.voice for point in points]
        voice = next((one for one in (Voice.REPORTED, Voice.ASSERTED) if one in voices), sentence.voice)
        cited = tuple(self._citation(side, sentence.support if side is sides[0] else None) for side in sides)
        return replace(sentence, voice=voice, citations=cited)

    def differing(self, found: Found, sides: Sequence[Side]) -> SummarySentence:
        """Both versions in the words of their articles."""
        one, other = found.one, found.other
        first, second = self._named(one.point), self._named(other.point)
        if found.corrects:
            name = self._names[one.point.article.id]
            text = f"{second} corrects {name}, which reports {_quoted(one)}: {_quoted(other)}."
        else:
            opening = "This is disputed" if found.disputed else DIFFERENCES[found.kind]
            text = f"{opening}: {first} reports {_quoted(one)}, and {second} reports {_quoted(other)}."
        return SummarySentence(text, Voice.REPORTED, 1.0, tuple(self._citation(side, 1.0) for side in sides))

    def lone(self, point: Point, course: Course, gender: str | None) -> SummarySentence:
        """What one article tells, given to its outlet."""
        name = self._names[point.article.id]
        own = point._replace(article=replace(point.article, outlet=name))
        sentence = self._summarizer.tell(own, course, gender, _lone_leads(own, name))
        mark = self._marks[point.article.id]
        return replace(sentence, citations=tuple(replace(one, mark=mark) for one in sentence.citations))

    def _shared_leads(self, told: Point, points: Sequence[Point], sides: Sequence[Side]) -> Leads:
        speakers = [point.attribution.speaker for point in points if point.attribution]
        known = [speaker for speaker in speakers if speaker is not None]
        first, rest = points[0], points[1:]
        others = _listed([self._names[point.article.id] for point in rest])
        how = "in the same words" if all(side.repeats for side in sides[1:]) else "in other words"
        as_well = f"reports, as {'does' if len(rest) == 1 else 'do'} {others} {how}"
        names = _listed([self._names[point.article.id] for point in points])
        one_speaker = len(known) == len(points) and all(same_speaker(known[0].name, one.name) for one in known)
        if one_speaker and told.attribution is not None:
            said = f"{self._names[first.article.id]} {as_well}, the words of {described_inside(known[0])}: "
            return Leads(f"{names} report that {described_inside(known[0])} said that ", said, said)
        quoted = f"{self._named(first, told.text)} {as_well}: "
        if one_speaker:
            both = "both" if len(points) == 2 else "all"
            return Leads(f"{names}, {both} citing {described_inside(known[0])}, report that ", quoted, quoted)
        return Leads(f"{_listed([self._named(point) for point in points])} report that ", quoted, quoted)

    def _unlike(self, body: str, point: Point) -> str | None:
        """What keeps another article's ``point`` from bearing out ``body``."""
        claim = body[:1].upper() + body[1:]
        name = self._names[point.article.id]
        if objection := lost_doubt(body, point.text) or word_objection(claim, "", point.text, 0.0):
            return f"{name}: {objection}"
        (reading,) = self._support.read([(claim, point.text)])
        least = self._support.calibration.support_threshold
        return None if reading.support >= least else f"{name} does not bear it out"

    def _named(self, point: Point, quoted: str = "") -> str:
        """The article by its outlet, with whom it cites, if the words that are ``quoted`` do not say so."""
        name = self._names[point.article.id]
        speaker = point.attribution.speaker if point.attribution else None
        if speaker is None or head_word(speaker.name) in fold(quoted):
            return name
        return f"{name.rstrip(',')}, citing {described_inside(speaker)},"

    def _citation(self, side: Side, support: float | None) -> Citation:
        return Citation(
            mark=self._marks[side.article_id],
            article_id=side.article_id,
            title=side.title,
            start=side.start,
            end=side.end,
            quote=side.quote,
            speaker=side.speaker,
            support=support,
        )


def _lone_leads(point: Point, name: str) -> Leads:
    """The beginnings of a summary for ``point``, which name its outlet where those do not."""
    own = leads_of(point)
    speaker = point.attribution.speaker if point.attribution else None
    if point.voice is not Voice.REPORTED:
        return own._replace(told=own.told or f"{name} reports that ")
    if speaker is None:
        return own
    begin = f"According to {name[:1].lower() + name[1:] if name.startswith('The article ') else name.rstrip(',')}, "
    return own._replace(told=begin + _within(own.told), spoken=begin + _within(own.spoken))


def _within(lead: str) -> str:
    """``lead`` as it goes on behind other words."""
    return lead[:1].lower() + lead[1:] if lead.startswith(("The ", "A ", "An ", "According ")) else lead


def _quoted(place: Place) -> str:
    """The words of ``place``, or of a long sentence the clause that differs, in quotation marks."""
    raw = place.point.article.text[slice(*place.span)]
    words = " ".join(raw.split())
    cited = place.point.attribution is not None and place.point.attribution.speaker is not None
    if cited or len(words.split()) > _LONGEST_QUOTE:
        clause = clause_at(raw.replace("\n", " "), place.marked.start - place.span.start)
        words = " ".join(raw[slice(*clause)].split())
    words = words.strip(_EDGES)
    return f"“{(words if words.endswith('.m.') else words.rstrip('.')).translate(_SINGLE)}”"


def _listed(names: Sequence[str]) -> str:
    """``names`` as a list in a sentence."""
    if len(names) == 1:
        return names[0]
    return (
        f"{', '.join(name.rstrip(',') for name in names[:-1])}{',' if names[-2].endswith(',') else ''} and {names[-1]}"
    )


def side_of(point: Point, span: Span | None = None, marked: Sequence[Span] = (), repeats: str | None = None) -> Side:
    """What ``point``, or ``span`` of its article, says as a side of a comparison."""
    article = point.article
    start, end = span or point.span
    speaker = point.attribution.speaker if point.attribution else None
    return Side(
        article_id=article.id,
        title=article.title,
        outlet=article.outlet,
        date=article.date,
        start=start,
        end=end,
        quote=article.text[start:end],
        voice=point.voice,
        speaker=named(speaker) if speaker else None,
        marked=tuple(marked),
        repeats=repeats,
    )
