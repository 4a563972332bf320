"""The figures of a text that can be compared with those of another: numbers of things, times, dates, days."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from decimal import Decimal
from typing import NamedTuple

from qa.summarizing.clauses import clause_at
from qa.text.months import DAYS, MONTHS, long_months
from qa.text.quantities import placed_quantities
from qa.text.words import content_stems, fold
from qa.types import Difference, Span

_CLOCK = re.compile(
    r"(?<![\w:.$€£])(?P<hour>\d{1,2})(?:[:.](?P<minute>[0-5]\d))? ?(?P<half>[ap])\.?m\b\.?"
    r"|(?<![\w:.$€£])(?P<hour24>[01]?\d|2[0-3]):(?P<minute24>[0-5]\d)(?![\d:])"
)
_MONTH = rf"(?:{MONTHS}|May|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)"
_DATE = re.compile(
    rf"\b(?:(?P<month>{_MONTH})\.? (?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?!\d|[:.]\d|,\d)"
    rf"|(?P<day2>\d{{1,2}})(?:st|nd|rd|th)? (?P<month2>{_MONTH})\b)"
)
_DAY = re.compile(rf"\b(?:{'|'.join(day.capitalize() for day in sorted(DAYS))})\b")
_ON = re.compile(r"\b(?:on|dated|until|till|by|since)\s(?:\w+day,?\s)?(?:the\s)?\Z", re.IGNORECASE)
_FURTHER_BEFORE = re.compile(
    r"\b(?:another|an? (?:further|additional|extra)|the (?:other|remaining)) \Z", re.IGNORECASE
)
_FURTHER_BEHIND = re.compile(r" (?:[a-z]+ )?(?:others?|more|further|additional|remaining)\b")
_FOLLOWING = re.compile(r"[\s-]*((?:[^\W\d_][\w’'-]*[ -]?){1,4})")
_AGE_OR_RANGE = re.compile(r"[-\s]years?[-\s]old\b|[-–]\d")
_ALONE = re.compile(r",|\)|[”’\"]")  # “Dov Amberlin, 34, died”
_HEDGE = re.compile(
    r"\b(?:(?P<least>at least|more than|over|upwards of|no fewer than|a minimum of|above|exceeding)"
    r"|(?P<most>at most|less than|fewer than|under|up to|below|as many as|as much as|no more than)"
    r"|(?P<about>about|around|some|roughly|nearly|almost|approximately|an estimated|close to|just over|just under))"
    r" (?:the |an? )?[$€£¥₺₽₹]?\Z",
    re.IGNORECASE,
)
_SCALE = re.compile(
    r"[\s-]*(?:%|(?:dozen|hundred|thousand|million|billion|trillion|mn|bn|tn|mln|percent|per cent|pct)\b)"
    r"|(?:[kmb]|bn|tn|mn)\b",
    re.IGNORECASE,
)
_CURRENCIES = "$€£¥₺₽₹"
_OR_MORE = re.compile(r"\+| or more\b|-plus\b", re.IGNORECASE)
_LOOK_BACK = 24
_ABOUT = Decimal("0.15")  # share by which a figure that is called approximate may be off
_ROUNDING = Decimal("0.05")  # share by which a round figure may be off
_YEAR = re.compile(r"(?:1[5-9]|20)\d\d")
# What people are called, and what befalls them, in words that news exchanges.
_SAME_THING = {
    member: group.split()[0]
    for group in (
        "people person persons resident residents civilian civilians victim victims men women passenger passengers",
        "killed dead died deaths fatalities lives killing kills fatally",
        "injured wounded hurt injuries injuring wounding casualties",
        "troops soldiers servicemen",
        "arrested detained arrests",
        "girls schoolgirls students pupils",
    )
    for word in group.split()
    for member in content_stems(word)
}


# Scales, units and the like: they say how much, and not of what.
_MEASURES = frozenset(
    content_stems(
        "hundred thousand million billion trillion dozen percent per cent dollars euros pounds year month week day "
        "hour minute second km kilometres miles metres feet tonnes tons kg litres barrels a.m. p.m. am pm said says "
        "told about least nearly almost around roughly one two three four five six seven eight nine ten"
    )
)


class Figure(NamedTuple):
    """A number, time, date or day at ``span`` of a text, and what it is about.

    ``value`` has one form for all spellings; ``unit`` is empty where none is named. ``things`` are the stems of what
    follows it, ``clause`` the place of the clause around it, ``about`` the stems of that, the figure apart. ``low`` and
    ``high`` are what a number may be by its hedge (“at least”), equal where it has none. ``further`` tells that it
    counts others than those told of before.
    """

    kind: Difference
    value: str
    unit: str
    span: Span
    clause: Span
    things: frozenset[str]
    about: frozenset[str]
    low: Decimal | None = None
    high: Decimal | None = None
    further: bool = False


def figures(text: str) -> list[Figure]:
    """The figures of ``text`` in order. Ages, ordinals and designations are none."""
    taken = [Span(*match.span()) for pattern in (_CLOCK, _DATE) for match in pattern.finditer(text)]
    found = [*_clock_times(text), *_dates(text), *_numbers(text, taken)]
    return sorted(found, key=lambda figure: figure.span)


def agree(one: Figure, other: Figure) -> bool:
    """Whether two figures of a kind can both be right of the same thing: rounding and hedges leave room."""
    if one.kind is not Difference.NUMBER or one.low is None or other.low is None:
        return one.value == other.value
    if one.high is not None and one.high < other.low:
        return False
    return not (other.high is not None and other.high < one.low)


def _clock_times(text: str) -> Iterator[Figure]:
    for match in _CLOCK.finditer(text):
        hour = int(match["hour"] or match["hour24"]) % 12
        half = (match["half"] or "").lower()
        if hour == 0 and not half:
            continue
        value = f"{hour}:{match['minute'] or match['minute24'] or '00'}"
        yield _figure(Difference.TIME, value, half, Span(*match.span()), text)


def _dates(text: str) -> Iterator[Figure]:
    for match in _DATE.finditer(text):
        month = long_months(f"{match['month'] or match['month2']} 1").split()[0]
        value = f"{month} {int(match['day'] or match['day2'])}"
        if not _ON.search(text, max(0, match.start() - _LOOK_BACK), match.start()):
            continue  # “the June 4 report”: it dates a thing and not what the clause tells
        yield _figure(Difference.DATE, value, "", Span(*match.span()), text)
    for match in _DAY.finditer(text):
        yield _figure(Difference.DATE, fold(match.group()), "day", Span(*match.span()), text)


def _numbers(text: str, taken: list[Span]) -> Iterator[Figure]:
    for span, (value, unit) in placed_quantities(text):
        if ":" in value or any(span.start < other.end and other.start < span.end for other in taken):
            continue
        ranged = text[max(0, span.start - 1) : span.start] in ("-", "–")
        if ranged or _AGE_OR_RANGE.match(text, span.end):
            continue
        if not unit and (_ALONE.match(text, span.end) or span.end == len(text)):
            continue
        figure = _figure(Difference.NUMBER, value, unit, _whole(text, span), text)
        if not unit and _YEAR.fullmatch(value) and text[span.start : span.end] == value:
            yield figure._replace(kind=Difference.DATE, unit="year")
            continue
        if not unit and not figure.things:
            continue
        low, high = _room(text, span, Decimal(value))
        further = _FURTHER_BEFORE.search(text, max(0, span.start - _LOOK_BACK), span.start)
        further = further or _FURTHER_BEHIND.match(text, figure.span.end)
        yield figure._replace(low=low, high=high, further=further is not None)


def _whole(text: str, span: Span) -> Span:
    """The place of a number with the currency before it and the scale or the percent sign behind it."""
    scale = _SCALE.match(text, span.end)
    start = span.start - 1 if span.start and text[span.start - 1] in _CURRENCIES else span.start
    return Span(start, scale.end() if scale else span.end)


def _room(text: str, span: Span, value: Decimal) -> tuple[Decimal, Decimal | None]:
    """The least and the most that a number may be by its hedge and its last digit; no most where it is open."""
    hedge = _HEDGE.search(text, max(0, span.start - _LOOK_BACK), span.start)
    if (hedge and hedge["least"]) or _OR_MORE.match(text, span.end):
        return value, None
    if hedge and hedge["most"]:
        return Decimal(0), value
    room = min(_last_digit(value) / 2, _ROUNDING * value)
    if hedge:
        room = max(room, _ABOUT * value)
    return value - room, value + room


def _last_digit(value: Decimal) -> Decimal:
    """What the last digit of ``value`` counts: 1,200 may be rounded to the hundred, 25 and 1 are to the unit."""
    step = Decimal(1).scaleb(int(value.normalize().as_tuple().exponent))
    return Decimal(0) if step == 1 else step


def _figure(kind: Difference, value: str, unit: str, span: Span, text: str) -> Figure:
    clause = clause_at(text, span.start)
    following = _FOLLOWING.match(text, span.end, max(span.end, clause.end))
    things = stems_of(following[1]) if following else frozenset()
    around = f"{text[clause.start : span.start]} {text[span.end : clause.end]}"
    return Figure(kind, value, unit, span, clause, things, stems_of(around))


def stems_of(text: str) -> frozenset[str]:
    """The stems of ``text``, numbers apart, with what news calls by several names under one."""
    return frozenset(
        _SAME_THING.get(stem, stem) for stem in content_stems(text) if not stem[0].isdigit() and stem not in _MEASURES
    )


def same_matter(one: Set[str], other: Set[str], least: float) -> bool:
    """Whether two sets of stems share at least two words and the share ``least`` of the smaller set."""
    common = len(one & other)
    return common >= 2 and common >= least * min(len(one), len(other))
