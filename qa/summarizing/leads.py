"""How a summary sentence begins: with who says it, fixed by us, so that the model cannot leave it out."""

from __future__ import annotations

from qa.summarizing.points import Point
from qa.text.described import described, described_inside
from qa.text.speakers import is_outlet
from qa.types import SpeechKind, Voice


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


def quoting_lead(point: Point) -> str:
    """The beginning of a sentence that quotes ``point`` word for word.

    Only direct speech is given as the speaker's own words; all else are the article's, whoever they report.
    """
    attribution = point.attribution
    if attribution is not None and attribution.kind is SpeechKind.DIRECT and attribution.speaker is not None:
        return lead(point).removesuffix(" that ").removesuffix(", ") + ": "
    return f"{_teller(point)} {'reports' if point.voice is Voice.REPORTED else 'says'}: "


def _teller(point: Point) -> str:
    """Who tells it: the outlet where it is known, so that several articles can be told apart."""
    return " ".join((point.article.outlet or "").split()) or "The article"
