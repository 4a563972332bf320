"""Months and days of the week, spelled out or short, and the words for spans of time."""

from __future__ import annotations

import re

from qa.text.words import fold

MONTHS = "January|February|March|April|June|July|August|September|October|November|December"
_MONTH = re.compile(
    rf"\b(?P<plain>{MONTHS})\b"
    # "May" is a month beside a number or after a word that a date follows; elsewhere it may be the verb or a person.
    r"|\b(?:in|last|next|this|since|until|till|by|of|early|late|mid|from|to|before|after|\d{1,2}(?:st|nd|rd|th)?)[ -]"
    r"(?P<may>May)\b(?!['’])|\b(?P<dated>May)(?= \d)"
)
_ANY_MONTH = re.compile(rf"\b(?:{MONTHS}|May)\b")
_SHORT_MONTHS = "Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec"
_SHORT_MONTH = re.compile(rf"\b(?:({_SHORT_MONTHS})\b\.?(?= \d)|(?<=\d )({_SHORT_MONTHS})\b\.?)")
_LONG_MONTH = {month[:3]: month for month in MONTHS.split("|")}
SPANS_OF_TIME = "seconds?|minutes?|hours?|days?|weeks?|fortnights?|months?|years?|decades?|centur(?:y|ies)"
DAYS = frozenset({"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"})


def unknown_months(claim: str, text: str) -> list[str]:
    """The months that ``claim`` names and ``text`` does not, sorted."""
    said = {match["plain"] or "May" for match in _MONTH.finditer(long_months(claim))}
    return sorted(said - set(_ANY_MONTH.findall(long_months(text))))


def long_months(text: str) -> str:
    """``text`` with the months of dates such as ``Sept. 4`` spelled out."""
    return _SHORT_MONTH.sub(lambda match: _LONG_MONTH[(match[1] or match[2])[:3]], text)


def is_date(word: str) -> bool:
    """Whether ``word`` is a month or a day of the week."""
    return fold(word) in DAYS or word == "May" or word in _LONG_MONTH.values()
