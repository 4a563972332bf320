"""Who “he”, “she” and “you” are in a drafted sentence: a small model turns persons into others."""

from __future__ import annotations

import re
from collections.abc import Iterable

from qa.text.speakers import GENDER
from qa.text.words import fold
from qa.types import Attribution

_SECOND_PERSON = re.compile(r"\b(?:you|your|yours|yourself|yourselves)\b", re.IGNORECASE)
_WE, _I = re.compile(r"\bwe\b", re.IGNORECASE), re.compile(r"\b(?:I|my|me)\b")
_OPENING = re.compile(r"\A(?P<pronoun>he|she|they|it)\s+(?P<verb>[\w’'-]+)", re.IGNORECASE)
_GENDERED = re.compile(r"\b(?:he|him|his|she|her|hers)\b", re.IGNORECASE)


def speaks_to_somebody(said: str) -> bool:
    """Whether ``said`` has a “you”: who that is cannot be told on in the third person, so it is quoted."""
    return _SECOND_PERSON.search(said) is not None


def genders(attributions: Iterable[Attribution], text: str) -> dict[str, str]:
    """``m`` or ``f`` for each speaker whom the article ``text`` calls he or she when they speak."""
    found: dict[str, str] = {}
    for one in attributions:
        if one.speaker is not None and one.source is not None:
            gender = GENDER.get(fold(text[slice(*one.source)].strip()))
            if gender:
                found.setdefault(one.speaker.name, gender)
    return found


def person_objection(body: str, said: str, gender: str | None = None) -> str | None:
    """What is wrong with the persons of ``body``, which tells on what somebody ``said`` word for word; else ``None``.

    ``gender`` is that of the speaker, if the article shows it.
    """
    opening = _OPENING.match(body)
    if opening:
        verb = re.escape(opening["verb"])
        if re.search(rf"\b(?:he|she|they|it)\s+{verb}\b", said, re.IGNORECASE):
            return f"its “{opening['pronoun']}” is somebody else than the speaker"
    if opening and opening["pronoun"].lower() in ("he", "she") and _WE.search(said) and not _I.search(said):
        return "it tells of one where the words tell of “we”"
    own = {GENDER[fold(match.group())] for match in _GENDERED.finditer(body)}
    quoted = {GENDER[fold(match.group())] for match in _GENDERED.finditer(said)}
    if gender and own - {gender} - quoted:
        return "it takes the speaker for a man or a woman otherwise than the article"
    return None
