"""How a summary sentence begins: with who says it, fixed by us, so that the model cannot leave it out."""

from __future__ import annotations

from typing import NamedTuple

from qa.summarizing.points import Point
from qa.text.described import described, described_inside
from qa.text.speakers import head_word, is_outlet
from qa.text.words import word_set
from qa.types import Voice


class Leads(NamedTuple):
    """How a sentence that makes a point begins: before what is drafted, a speaker's own words, and the article's."""

    told: str
    spoken: str
    quoted: str


def leads_of(point: Point) -> Leads:
    """The beginnings for ``point`` where one article tells it."""
    return Leads(lead(point), quoting_lead(point, verbatim=True), quoting_lead(point, verbatim=False))


def lead(point: Point) -> str:
    """The beginning of a sentence that makes ``point``, up to where what is said begins; empty for a fact."""
    if point.voice is Voice.FACT:
        return ""
    if point.voice is Voice.ASSERTED:
        return f"{_teller(point)} says that "
    attribution = point.attribution
    speaker = attribution.speaker if attribution else None
    if attribution is None or speaker is None:
        return f"{_teller(point)} reports, without naming a source, that "
    if is_outlet(speaker.name):
        return f"According to {described_inside(speaker)}, "
    listener = f" told {attribution.outlet}" if attribution.outlet else " said"
    return f"{described(speaker)}{listener} that "


def quoting_lead(point: Point, *, verbatim: bool) -> str:
    """The beginning of a sentence that quotes ``point`` word for word.

    Only what is ``verbatim`` is given as the speaker's own words; all else are the article's, whoever they report, whom
    it names where the words quoted do not.
    """
    speaker = point.attribution.speaker if point.attribution else None
    if speaker is not None and verbatim:
        return lead(point).removesuffix(" that ").removesuffix(", ") + ": "
    if point.voice is not Voice.REPORTED:
        return f"{_teller(point)} says: "
    if speaker is None or head_word(speaker.name) in word_set(point.text):
        return f"{_teller(point)} reports: "
    return f"{_teller(point)} reports of {described_inside(speaker)}: "


def _teller(point: Point) -> str:
    """Who tells it: the outlet where it is known, so that several articles can be told apart."""
    return " ".join((point.article.outlet or "").split()) or "The article"
