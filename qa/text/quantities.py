"""Numbers of a text with their units, in forms that can be compared across wordings."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

from qa.text.words import DESIGNATED
from qa.types import Span

_UNITS = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
]  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_VALUES = {word: value for value, word in enumerate(_UNITS)} | {word: 10 * ten for ten, word in enumerate(_TENS, 2)}
_SCALES = {
    "dozen": 12,
    "hundred": 10**2,
    "thousand": 10**3,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
    "mn": 10**6,
    "bn": 10**9,
    "tn": 10**12,
    "mln": 10**6,
}
_AFTER_CURRENCY = {"k": 10**3, "m": 10**6, "b": 10**9}
_CURRENCIES = frozenset("$€£¥₺₽₹")
_LOOK_BACK = 16
_LONGEST_NUMBER = 24
"""Digits beyond which a number is compared as written; `Decimal` would round it."""

# Longest first, so that "sixty" is not read as "six".
_SMALL = rf"(?:(?:{'|'.join(_TENS)})(?:[- ](?:{'|'.join(_UNITS[1:10])})\b)?|(?:{'|'.join(reversed(_UNITS))}))\b"
_A = r"(?<!half )an?\b"
_NUMBER = re.compile(
    rf"\b{DESIGNATED}"  # taken first, so that its digits are not read
    r"|(?<![\w.])(?:(?P<hours>\d{1,2}):(?P<minutes>\d\d)|(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?))(?!\d)"
    rf"|\b(?:(?P<hundreds>{_A}|{_SMALL})[- ]hundred\b(?:(?: and)?[- ](?P<more>{_SMALL}))?"
    rf"|(?P<small>{_SMALL})|{_A}(?= (?P<one>dozen|thousand|million|billion|trillion)\b))",
    re.IGNORECASE,
)
_SCALE = re.compile(rf"[\s-]*({'|'.join(_SCALES)})\b", re.IGNORECASE)
# "4 to 6 million" names the scale of both once.
_RANGE = re.compile(
    rf"(?: ?[-–] ?| (?:to|and|or) )[{''.join(sorted(_CURRENCIES))}]?\d[\d.,]*[\s-]*({'|'.join(_SCALES)})\b",
    re.IGNORECASE,
)
_NUMBER_WORDS = {
    "1": re.compile(r"\b(?:an?|single|sole|lone)\b", re.IGNORECASE),
    "2": re.compile(r"\b(?:both|pair|couple|twins?|second)\b", re.IGNORECASE),
}
_PRONOUN_BEFORE = re.compile(r"\b(?:no|any|every|some|each|the|this|that|which)[- ]$", re.IGNORECASE)
_PRONOUN_AFTER = re.compile(r" (?:of|another)\b|['’]s\b", re.IGNORECASE)

_MEASURES = """
%: percent, per cent, pct
percentage point: percentage point, percentage points
$: dollar, dollars, us dollars, u.s. dollars, usd
€: euro, euros, eur
£: pound, pounds, gbp
₺: lira, liras
₽: rouble, roubles, ruble, rubles
₹: rupee, rupees
¥: yen
yuan: yuan, renminbi
year: year, years
month: month, months
week: week, weeks
day: day, days
hour: hour, hours
minute: minute, minutes
second: second, seconds
km: kilometre, kilometres, kilometer, kilometers, km
mile: mile, miles
metre: metre, metres, meter, meters
foot: foot, feet
tonne: tonne, tonnes, metric ton, metric tons
ton: ton, tons
kg: kilogram, kilograms, kilo, kilos, kg
litre: litre, litres, liter, liters
barrel: barrel, barrels
"""
_UNIT_OF = {
    name: unit
    for unit, names in (line.split(": ") for line in _MEASURES.strip().splitlines())
    for name in names.split(", ")
}
_UNIT = re.compile(
    rf"[\s-]*(?:%|({'|'.join(map(re.escape, sorted(_UNIT_OF, key=len, reverse=True)))})\b)", re.IGNORECASE
)
_BEFORE = re.compile(rf"[{''.join(sorted(_CURRENCIES))}]\Z|\b(?:USD|EUR|GBP) ?\Z")
_UNNAMED = ("%", *_CURRENCIES)
"""Units without which a number means something else: 40 is not 40 percent, though three may be three days."""


class Quantity(NamedTuple):
    """A number in one form, and its unit in one form; the unit is empty where the text names none that is known."""

    number: str
    unit: str


def quantities(text: str) -> set[Quantity]:
    """The numbers that ``text`` names, each with the currency before it or the unit after it; see `numbers`."""
    return {quantity for _, quantity in placed_quantities(text)}


def placed_quantities(text: str) -> list[tuple[Span, Quantity]]:
    """The quantities of ``text`` in order, each with the place of its number, without unit and scale."""
    found = ((_number(match, text), match) for match in _NUMBER.finditer(text))
    return [
        (Span(*match.span()), Quantity(number, _unit(match, text))) for number, match in found if number is not None
    ]


def _unit(match: re.Match[str], text: str) -> str:
    if before := _BEFORE.search(text, max(0, match.start() - _LOOK_BACK), match.start()):
        return _UNIT_OF.get(before.group().strip().lower(), before.group())
    scale = _SCALE.match(text, match.end())
    named = _UNIT.match(text, scale.end() if scale else match.end())
    if named is None:
        return ""
    return _UNIT_OF[named[1].lower()] if named[1] else "%"


def other_unit(claim: str, text: str) -> list[Quantity]:
    """The quantities of ``claim`` whose number ``text`` names, but with another unit, sorted.

    A list such as “10 to 12 percent” names its unit once: a number without one may have any that the text uses.
    """
    said, there = quantities(claim), quantities(text)
    said_units, used = {unit for _, unit in said}, {unit for _, unit in there}
    wrong = []
    for number, unit in said:
        units = {known for other, known in there if other == number}
        if not units or unit in units:
            continue
        if unit:
            differs = "" not in units or (unit in _UNNAMED and unit not in used)
        else:
            differs = units <= set(_UNNAMED) and not units & said_units
        if differs:
            wrong.append(Quantity(number, unit))
    return sorted(wrong)


def unknown_numbers(claim: str, text: str) -> list[str]:
    """The numbers of ``claim`` that ``text`` does not name in any form, or names with another unit, sorted."""
    wrong = {f"{number} {unit}".strip() for number, unit in other_unit(claim, text)}
    told = {number for number, words in _NUMBER_WORDS.items() if words.search(text)}
    return sorted((numbers(claim) - numbers(text) - told) | wrong)


def numbers(text: str) -> set[str]:
    """The numbers that ``text`` names, in digits or words, in one form: ``4.2 million`` and ``4,200,000`` are one.

    Words are read to 999, with a scale; ``a`` counts before one. Times of day keep their form (``4:52``). Designations
    such as ``S-400`` are no numbers, nor are ordinals in words, nor ``one`` as a pronoun.
    """
    return {number for number, _ in quantities(text)}


def _number(match: re.Match[str], text: str) -> str | None:
    if match["hours"]:
        return f"{int(match['hours'])}:{match['minutes']}"
    if match["digits"]:
        digits = match["digits"].replace(",", "")
        if len(digits) > _LONGEST_NUMBER:
            return digits
        value = Decimal(digits)
    elif match["hundreds"]:
        value = Decimal(100 * _value(match["hundreds"]) + _value(match["more"] or "zero"))
    elif match["small"]:
        value = Decimal(_value(match["small"]))
    elif match["one"]:
        value = Decimal(1)
    else:
        return None
    scale = _scale(match, text)
    if scale == 1 and (match["small"] or "").lower() == "one" and _is_pronoun(match, text):
        return None
    return f"{(value * scale).normalize():f}"


def _value(words: str) -> int:
    """What number words below a hundred amount to; ``a`` is one."""
    return sum(_VALUES.get(word, 1) for word in re.split(r"[- ]", words.lower()))


def _scale(match: re.Match[str], text: str) -> int:
    if scale := _SCALE.match(text, match.end()) or (match["digits"] and _RANGE.match(text, match.end())):
        return _SCALES[scale.group(1).lower()]
    letter, after = text[match.end() : match.end() + 1], text[match.end() + 1 : match.end() + 2]
    if match.start() and text[match.start() - 1] in _CURRENCIES and not after.isalnum():
        return _AFTER_CURRENCY.get(letter.lower(), 1)
    return 1


def _is_pronoun(match: re.Match[str], text: str) -> bool:
    before = text[max(0, match.start() - _LOOK_BACK) : match.start()]
    return bool(_PRONOUN_BEFORE.search(before) or _PRONOUN_AFTER.match(text, match.end()))
