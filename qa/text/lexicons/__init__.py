"""Loaded words as data, one file a kind, read once when first asked for.

A line is ``(company) words (company) = what to say instead``. Words in brackets must stand next to the others and are
no part of the find; two pairs are two words. In brackets ``#`` is a number, ``.`` punctuation or the end, ``det`` an
article or a possessive, and ``clause`` what a clause can begin with. The heading tells which forms of the words count:

``[verbs]``       the first word in all forms of the verb, and what to say instead in the same form
``[speech]``      verbs that count next to a quotation or before “that” only
``[nouns]``       singular and plural
``[adjectives]``  as written; without an alternative they can be left out before a noun
``[adverbs]``     as written; without an alternative they can be left out
``[hedges]``      as written; leaving them out would say more than the sentence does
``[phrases]``     as written

``innocent.ini`` holds what only looks loaded. Words with a capital are names by nature and count as written.
"""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterator
from functools import lru_cache
from importlib import resources
from typing import NamedTuple

from qa.text.lexicons.inflections import Form, forms
from qa.text.words import fold, stem

WORD = re.compile(r"[^\W_]+(?:['’](?!s\b)[^\W_]+)*+")
INTENSIFIER, LABEL, INNOCENT = "intensifier", "label", "innocent"
KINDS = ("evaluative", INTENSIFIER, "emotive", LABEL, "insinuating", "speculation", INNOCENT)

_LINE = re.compile(r"(?P<before>(?:\([^()]+\) ?)*)(?P<words>[^()]+?)(?P<after>(?: \([^()]+\))*)")
_COMPANY = re.compile(r"\(([^()]+)\)")


def word_set(words: str) -> frozenset[str]:
    """The words of ``words``, which spaces part."""
    return frozenset(words.split())


DETERMINERS = word_set("a an the this that these those his her its their our my your some any each every no")
_CLAUSE = word_set(
    "that he she it they we i you the a an this these those there his her its their our my your no nothing nobody "
    "such all both many most some neither everyone anyone what"
)
_MACROS = {"det": DETERMINERS, "clause": _CLAUSE | {"^"}}


class Entry(NamedTuple):
    """Words in one form, with the company they must keep: one set of stems for each word before and after."""

    words: tuple[str, ...]
    before: tuple[frozenset[str], ...]
    after: tuple[frozenset[str], ...]
    kind: str
    section: str
    form: Form
    alternative: str | None
    name: bool

    @property
    def company(self) -> int:
        """How many words must stand around it."""
        return len(self.before) + len(self.after)


@lru_cache(maxsize=1)
def lexicon() -> dict[str, tuple[Entry, ...]]:
    """All entries in all their forms, by their first word."""
    found: dict[str, list[Entry]] = {}
    for kind in KINDS:
        for entry in _read(kind):
            found.setdefault(entry.words[0], []).append(entry)
    return {word: tuple(entries) for word, entries in found.items()}


def lemmas(kind: str) -> list[tuple[str, str]]:
    """The lines of a kind's file as (section, line without alternative), in order."""
    return [(section, line) for section, line, _ in _lines(kind)]


def _read(kind: str) -> Iterator[Entry]:
    for section, line, alternative in _lines(kind):
        match = _LINE.fullmatch(line)
        if match is None:
            raise ValueError(f"{kind}.ini has a line that cannot be read: {line!r}")
        before, after = (tuple(map(_stems, _COMPANY.findall(match[side]))) for side in ("before", "after"))
        name = match["words"] != match["words"].lower()
        for form, written in forms(section, match["words"]):
            yield Entry(split_words(written), before, after, kind, section, form, alternative, name)


def _lines(kind: str) -> Iterator[tuple[str, str, str | None]]:
    parser = configparser.ConfigParser(allow_no_value=True, delimiters=("=",), comment_prefixes=("#",), strict=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(resources.files(__name__).joinpath(f"{kind}.ini").read_text("utf-8"), f"{kind}.ini")
    for section in parser.sections():
        for line, alternative in parser.items(section):
            yield section, line, alternative or None


def split_words(text: str) -> tuple[str, ...]:
    """The words of ``text``, folded, without the ’s of a possessive."""
    return tuple(fold(match.group()) for match in WORD.finditer(text) if not _possessive(text, match))


def _possessive(text: str, match: re.Match[str]) -> bool:
    return match.group() in ("s", "S") and text[max(0, match.start() - 1) : match.start()] in ("'", "’")


def _stems(company: str) -> frozenset[str]:
    words: set[str] = set()
    for word in company.replace(",", ".").split():
        words |= _MACROS.get(word) or {word}
    return frozenset(word if word in "#.^" else stem(fold(word)) for word in words)
