"""Sentences of news text as exact offsets.

Quotes are never paired: one that touches a full stop on its left closes, so apostrophes cannot mislead. Libraries were
tried first. ``sentencex`` never divides a quotation of several sentences, ``syntok`` leaves ``»`` to the next sentence
and splits ``Det. | Sgt. | Vickery``, ``pysbd`` cuts URLs, and none keeps ``“Why?” Tom asked.`` in one piece.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator

from qa.text.abbreviations import (
    CLOCK,
    CLOSING,
    NEVER_FINAL,
    OPENERS,
    OPENING,
    TERMINALS,
    TITLES,
    is_abbreviation,
    is_acronym,
    word_before,
)
from qa.types import Span

_STOP = re.compile(
    rf"(?P<mark>[{TERMINALS}]+)"
    rf"(?P<closers>(?:\[\d{{1,3}}\]|[{re.escape(CLOSING)}]|[ \u00a0\u202f][»›](?!\w))*)",
)
_NEXT = re.compile(rf"\s*(?P<openers>[{re.escape(OPENING)}]*\s?)(?P<rest>\S.{{0,79}})", re.DOTALL)
_WORD = re.compile(r"[\w-]+")
_PARENTHESIS = re.compile(r"(?<=[^\s(] )\([^()]{1,300}\)")  # one that stands within a sentence
_UNSPACED = frozenset("。！？｡")
_QUOTES = frozenset("\"'”’»›“‘«‹」』")
_DASHES = frozenset("-–—―")

_AFTER_CLOCK = re.compile(
    r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|(?:Jan|Febr)uary|March|April|May|June|July|August"
    r"|(?:Septem|Octo|Novem|Decem)ber|[A-Z]{2,4}\b|Eastern|Central|Mountain|Pacific|\w+ [Tt]ime\b",
)
_ATTRIBUTION = re.compile(
    r"(?:[^\W\d_a-z][\w.’'-]* ){1,4}"
    r"(?:said|says|asked|asks|added|adds|wrote|writes|told|replied|shouted|cried|exclaimed|wondered|yelled|joked)\b",
)


def split_sentences(text: str) -> list[Span]:
    """The sentences of ``text`` in order, without outer whitespace, covering every other character.

    A newline always ends a sentence, and a line without a final full stop is one of its own. Time is linear.
    """
    return [span for start, end in _lines(text) for span in _split_line(text, start, end)]


def _lines(text: str) -> Iterator[Span]:
    start = 0
    for line in text.splitlines(keepends=True):
        yield Span(start, start + len(line))
        start += len(line)


def _split_line(text: str, start: int, end: int) -> Iterator[Span]:
    line = text[start:end]
    asides = [match.span() for match in _PARENTHESIS.finditer(line)]
    first = 0
    for stop in _STOP.finditer(line):
        if _ends_sentence(line, first, stop) and not _inside(asides, stop.end()):
            yield from _stripped(line, first, stop.end(), start)
            first = stop.end()
    yield from _stripped(line, first, len(line), start)


def _inside(ranges: list[tuple[int, int]], position: int) -> bool:
    """Whether ``position`` lies strictly within one of the sorted, separate ``ranges``."""
    before = bisect_left(ranges, (position, 0)) - 1
    return before >= 0 and position < ranges[before][1]


def _stripped(line: str, first: int, last: int, offset: int) -> Iterator[Span]:
    piece = line[first:last]
    body = piece.strip()
    if body:
        start = offset + first + len(piece) - len(piece.lstrip())
        yield Span(start, start + len(body))


def _ends_sentence(line: str, first: int, stop: re.Match[str]) -> bool:
    """Whether the full stop, question mark or other ``stop`` ends the sentence that begins at ``first``."""
    mark, closers = stop["mark"], stop["closers"]
    quoted = not _QUOTES.isdisjoint(closers)
    if mark[-1] in _UNSPACED:
        return not (quoted and mark[-1] in "！？")
    follows = _NEXT.match(line, stop.end())
    if follows is None or not line[stop.end()].isspace():
        return False
    rest = follows["rest"]
    if _goes_on(line, stop.start(), rest):
        return False
    if mark == ".":
        return _full_stop_ends(line, first, stop.start(), quoted, follows)
    if mark in ("…", "...", "....", "…."):
        return _ellipsis_ends(line, stop.start(), follows)
    return not (quoted and _opener(rest) is None and _ATTRIBUTION.match(rest))


def _goes_on(line: str, at: int, rest: str) -> bool:
    """Whether ``rest`` continues the sentence stopped at ``at``: with a dash, a stop or a small letter."""
    if rest[0] in _DASHES or rest[0] in ",;:" or rest[0] in TERMINALS:
        return True
    if not rest[0].islower() or rest[1:2].isupper():  # iPhone, eBay
        return False
    return not line[max(0, at - 200) : at + 200].islower()  # some write in small letters only


def _full_stop_ends(line: str, first: int, at: int, quoted: bool, follows: re.Match[str]) -> bool:
    rest = follows["rest"]
    word = word_before(line, at)
    if _numbers_item(line, first, at, word):
        return False
    if not is_abbreviation(word, rest):
        return True
    if word in NEVER_FINAL:
        return False
    if quoted and word not in TITLES:
        return True
    if word in CLOCK or word == "etc":
        return _AFTER_CLOCK.match(rest) is None and not rest[0].isdigit()
    opener = _opener(rest)
    return opener is not None and not (opener in ("A", "I") and not is_acronym(word) and not follows["openers"].strip())


def _numbers_item(line: str, first: int, at: int, word: str) -> bool:
    """Whether ``word`` is the number of a list item: ``1.`` where a sentence begins."""
    return word.isdigit() and len(word) <= 3 and line[first:at].strip(OPENING + " ") == word


def _ellipsis_ends(line: str, at: int, follows: re.Match[str]) -> bool:
    """Whether an ellipsis ends its sentence; one that stands apart (``said … Mr. Bush``) marks words left out."""
    attached = at > 0 and not line[at - 1].isspace()
    opener = _opener(follows["rest"])
    return opener != "I" and (attached or opener is not None or bool(follows["openers"].strip()))


def _opener(rest: str) -> str | None:
    """The common sentence opener that ``rest`` begins with, or ``None``; ``No. 5`` and ``A. B.`` begin with none."""
    word = _WORD.match(rest)
    if word is None or rest[word.end() : word.end() + 1] == ".":
        return None
    return word[0] if word[0] in OPENERS else None
