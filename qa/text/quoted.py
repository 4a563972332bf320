"""Where an article quotes: the spans of its quotations, whatever marks it uses.

Marks are paired within a paragraph; one left open runs to its end. A quotation of several paragraphs opens each anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import zip_longest

from qa.types import Span

# ’ and ' close only where no letter follows, and open only where none goes before: don’t, Turkey’s. What else looks
# like a mark and is none: ’90s, ’em, and the plural’s ’ (the allies’), which closes nothing that was not opened.
_MARK = re.compile(
    r"(?P<open>[“«„]|(?<![\w.,!?;:…)\]”’\"'])(?:''|\"|‘|'(?!\d\ds?\b|(?i:em|n|til|tis|twas)\b))(?=[\w\[(“‘\"'$€£…—–.]))"
    r"|(?P<close>[”»]|''|\"|[’'](?!\w))"
)
_CLOSES = {"“": "”", "„": "”“", "«": "»", '"': '"', "''": "''", "‘": "’", "'": "'"}
_PARAGRAPH = re.compile(r"[^\n]+")
_LOOK_AHEAD = 300  # characters in which a quotation must close for a mark before that to be an apostrophe


def quoted_spans(text: str) -> list[Span]:
    """The quotations of ``text`` in order, their marks included; of nested ones the outer. Time is linear."""
    paragraphs = [match.span() for match in _PARAGRAPH.finditer(text) if not match.group().isspace()]
    return [
        span
        for (start, end), following in zip_longest(paragraphs, paragraphs[1:])
        for span in _in_paragraph(text, start, end, text[slice(*following)].lstrip()[:1] if following else "")
    ]


def _in_paragraph(text: str, start: int, end: int, reopened: str) -> Iterator[Span]:
    """The quotations of the paragraph; ``reopened`` is what the next one begins with, empty after the last."""
    opened: tuple[int, str] | None = None
    for match in _MARK.finditer(text, start, end):
        if opened is None:
            if match["open"]:
                opened = (match.start(), match.group())
        elif (
            (match["close"] or opened[1] == "„")  # “ closes „ and opens otherwise
            and match.group() in _CLOSES[opened[1]]
            and not _belongs_to_word(text, match, opened[1], end)
        ):
            yield Span(opened[0], match.end())
            opened = None
    # A single mark left open may have been an apostrophe.
    if opened is not None and (opened[1] not in ("'", "‘") or opened[1] == reopened):
        yield Span(opened[0], start + len(text[start:end].rstrip()))


def _belongs_to_word(text: str, match: re.Match[str], opening: str, end: int) -> bool:
    """Whether a ’ that could close is the apostrophe of a plural possessive: a later one closes the quotation."""
    if opening not in ("‘", "'") or text[match.start() - 1] != "s":
        return False
    following = text[match.end() : min(end, match.end() + _LOOK_AHEAD)]
    if not re.match(r" [a-z]", following):
        return False
    later = re.search(r"[’'](?!\w)|‘", following)
    return later is not None and later.group() != "‘"
