"""Plain text and Markdown, with an optional header of ``Key: value`` lines or Markdown front matter."""

from __future__ import annotations

import re

from qa.ingest.draft import Draft
from qa.ingest.encoding import decode, encoding_warnings

_KEYS = {
    "title": "title",
    "outlet": "outlet",
    "publication": "outlet",
    "publisher": "outlet",
    "site": "outlet",
    "author": "author",
    "authors": "author",
    "byline": "author",
    "date": "date",
    "published": "date",
    "source": "source",
    "url": "source",
    "link": "source",
}
_MOST_LINES = 40
_PAIR = re.compile(r"(?P<key>\w[\w -]{0,30}):(?:\s+(?P<value>.*))?")


def read_text(data: bytes, source: str) -> Draft:
    """The text and header of a plain text or Markdown file.

    Raises:
        IngestError: the bytes are not text.
    """
    text, guessed = decode(data, source)
    fields, body = split_header(text)
    return Draft(text=body, warnings=encoding_warnings(guessed), **fields)


def split_header(text: str) -> tuple[dict[str, str], str]:
    """The fields of the header that ``text`` begins with, by field name of an article, and the text after it.

    A header is front matter between ``---`` lines, or a block that begins with ``Title:``, holds known keys only and
    ends at a blank line. Anything else is text.
    """
    lines = text.lstrip("\ufeff \t\r\n").splitlines(keepends=True)
    return _front_matter(lines) or _title_block(lines) or ({}, text)


def _front_matter(lines: list[str]) -> tuple[dict[str, str], str] | None:
    if not lines or lines[0].rstrip() != "---":
        return None
    last = next((i for i, line in enumerate(lines[1:_MOST_LINES], 1) if line.rstrip() in ("---", "...")), 0)
    pairs = [_PAIR.match(line.rstrip()) for line in lines[1:last]]
    if not any(pairs):
        return None
    return _fields([pair for pair in pairs if pair]), "".join(lines[last + 1 :])


def _title_block(lines: list[str]) -> tuple[dict[str, str], str] | None:
    last = next((i for i, line in enumerate(lines[:_MOST_LINES]) if not line.strip()), len(lines))
    pairs = [pair for line in lines[:last] if (pair := _PAIR.fullmatch(line.strip()))]
    known = len(pairs) == last <= _MOST_LINES and all(pair["key"].lower() in _KEYS for pair in pairs)
    if not pairs or not known or pairs[0]["key"].lower() != "title":
        return None
    return _fields(pairs), "".join(lines[last:])


def _fields(pairs: list[re.Match[str]]) -> dict[str, str]:
    """The values of known keys, unquoted; of two for one field the first counts."""
    fields: dict[str, str] = {}
    for pair in pairs:
        name, value = _KEYS.get(pair["key"].lower()), (pair["value"] or "").strip()
        if name and value:
            fields.setdefault(name, _unquoted(value))
    return fields


def _unquoted(value: str) -> str:
    """``value`` without the pair of straight quotes that YAML may put around it."""
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value
