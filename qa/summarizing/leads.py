"""How a summary sentence begins: with who says it, fixed by us, so that the model cannot leave it out."""

from __future__ import annotations

import re

from qa.summarizing.points import Point
from qa.text.speakers import is_outlet
from qa.types import Speaker, SpeechKind, Voice

_LONGEST_ROLE = 60  # characters of a role that a sentence may carry
_OPENER = re.compile(r"\A(?:The|A|An|Some|Many|Several|Two|Three|Other|Others|One|Another|Most|Few)\b")


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
        return f"According to {_inside(speaker)}, "
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


def described(speaker: Speaker) -> str:
    """The speaker as a sentence begins with them, their role beside their name."""
    name = speaker.name[:1].upper() + speaker.name[1:]
    role = " ".join((speaker.role or "").split())
    if not role or len(role) > _LONGEST_ROLE or speaker.anonymous:
        return name
    return f"{role} {name}" if _title_like(role) else f"{name}, {role},"


def _inside(speaker: Speaker) -> str:
    found = described(speaker).rstrip(",")
    opener = _OPENER.match(found)
    return found[0].lower() + found[1:] if opener else found


def _title_like(role: str) -> bool:
    """Whether ``role`` goes before the name: “Mayor”, “U.S. Ambassador to Turkey”, not “a member of parliament”."""
    return role[:1].isupper() and "," not in role and not _OPENER.match(role)
