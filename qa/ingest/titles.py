"""A title for text that came without one."""

from __future__ import annotations

import re

from qa.text.abbreviations import CLOSING
from qa.text.sentences import split_sentences

_HEADING = re.compile(r"^#{1,6} +(.*\w.*)$", re.MULTILINE)
_LONGEST_HEADLINE = 120
_LONGEST_CUT = 80


def title_of(text: str) -> str:
    """The first Markdown heading of normalised ``text``, its headline, or its first sentence cut to 80 characters."""
    first = next((line for line in text.splitlines() if any(map(str.isalnum, line))), text)
    heading = _HEADING.search(text)
    if heading:
        return _plain(heading[1])
    if _is_headline(first) and first != text:
        return _plain(first)
    start, end = split_sentences(first)[0]
    return _cut(_plain(first[start:end]))


def _is_headline(line: str) -> bool:
    return len(line) <= _LONGEST_HEADLINE and not line.rstrip(CLOSING).endswith((".", ":", ",", ";", "…"))


def _plain(line: str) -> str:
    """``line`` without the marks of Markdown."""
    return line.replace("**", "").strip("#*_| ") or line


def _cut(sentence: str) -> str:
    if len(sentence) <= _LONGEST_CUT:
        return sentence
    head, _, _ = sentence[:_LONGEST_CUT].rpartition(" ")
    return (head or sentence[: _LONGEST_CUT - 1]).rstrip(",;:–— ") + "…"
