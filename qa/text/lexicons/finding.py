"""Where the entries of the lexicons stand in a text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from qa.text.lexicons import DETERMINERS, INNOCENT, LABEL, Entry, lexicon, word_set
from qa.text.lexicons.inflections import Form
from qa.text.lexicons.prose import Prose, Style, is_number, number_follows
from qa.text.words import stem
from qa.types import Span


class Find(NamedTuple):
    """An entry that stands at the words from ``first`` to ``last`` of a text."""

    first: int
    last: int
    entry: Entry
    quoted: bool

    def span(self, prose: Prose) -> Span:
        """The characters of the words."""
        return Span(prose.words[self.first].start, prose.words[self.last].end)


# Words of one phrase may be parted by spaces or a hyphen; between them the ’s of a possessive is no word.


def finds(prose: Prose) -> list[Find]:
    """What is loaded, in order, the longest of overlapping ones, and of these the one in the most company."""
    candidates = [find for place in range(len(prose.words)) for find in _candidates(prose, place)]
    candidates.sort(
        key=lambda find: (find.first - find.last, -find.entry.company, find.entry.kind != INNOCENT, find.first)
    )
    taken = set[int]()
    kept = []
    for find in candidates:
        places = range(find.first, find.last + 1)
        if taken.isdisjoint(places):
            taken.update(places)
            kept.append(find)
    return sorted(find for find in kept if find.entry.kind != INNOCENT)


def _candidates(prose: Prose, first: int) -> Iterator[Find]:
    for entry in lexicon().get(prose.folded[first], ()):
        last = first + len(entry.words) - 1
        if not _stands(prose, entry.words, first) or not _in_company(prose, entry, first, last):
            continue
        if entry.kind != INNOCENT:
            if _is_name(prose, entry, first, last) or (entry.section != "nouns" and prose.hyphenated(first, last)):
                continue
            if entry.section == "adjectives" and _is_participle(prose, first, last):
                continue
            if entry.section == "speech" and not prose.reports(first, last):
                continue
            if entry.section in ("verbs", "speech") and len(entry.words) == 1 and not _is_verb(prose, entry, first):
                continue
        yield Find(first, last, entry, prose.in_quotation(Span(prose.words[first].start, prose.words[last].end)))


def _stands(prose: Prose, words: Sequence[str], first: int) -> bool:
    if len(words) == 1:
        return True
    return tuple(prose.folded[first : first + len(words)]) == tuple(words) and all(
        prose.joined(place) for place in range(first, first + len(words) - 1)
    )


def _in_company(prose: Prose, entry: Entry, first: int, last: int) -> bool:
    for distance, stems in enumerate(reversed(entry.before)):
        place = first - 1 - distance
        if not prose.joined(place) or not _among(prose, place, stems):
            return False
    for distance, stems in enumerate(entry.after, start=1):
        place = last + distance
        if not prose.joined(place - 1):
            return ("." in stems and not number_follows(prose, place - 1)) or (
                "#" in stems and number_follows(prose, place - 1)
            )
        if not _among(prose, place, stems):
            return False
    return True


def _among(prose: Prose, place: int, stems: frozenset[str]) -> bool:
    word = prose.folded[place]
    if word in stems or stem(word) in stems:
        return True
    return ("#" in stems and is_number(word)) or ("^" in stems and prose.capital(place))


_EMPHASIS = 6  # letters from which a word in capitals amid others is emphasis and no acronym


def _is_name(prose: Prose, entry: Entry, first: int, last: int) -> bool:
    """Whether capitals show the words to be a name or a part of one."""
    if entry.name or not any(prose.capital(place) for place in range(first, last + 1)):
        return False
    style = prose.style(first)
    if style is Style.CAPITALS:
        return False
    if style is Style.TITLE:
        return first == last and entry.section in ("adjectives", "nouns")
    inner = range(first + prose.opens(first), last + 1)
    if any(prose.capital(place) and not _shouted(prose, place) for place in inner):
        return True
    if first == last and entry.section in ("adjectives", "nouns") and entry.kind != LABEL:
        return prose.joined(last) and prose.capital(last + 1) and not _shouted(prose, first)
    return False


def _shouted(prose: Prose, place: int) -> bool:
    word = prose.text[slice(*prose.words[place])]
    return len(word) >= _EMPHASIS and word.isupper()


_BEFORE_BASE = word_set(
    "to will would could can may might must should did do does not never they we you i who let help cannot didn't "
    "don't doesn't won't wouldn't couldn't can't shouldn't"
)
_BEFORE_NOUN = DETERMINERS | word_set(
    "of in on at for with by from about against over into amid despite after before under between such other many "
    "more most several few two three four five false new old bold baseless recent similar previous earlier and or "
    "all"
)
_ADJECTIVE_ENDING = re.compile(r".{2,}(?:ive|al|ous|ed|ing|less|ful|ish|ary|ic|able|ible)")


def _is_verb(prose: Prose, entry: Entry, place: int) -> bool:
    """Whether what could be a noun is the verb that ``entry`` lists, to judge by the words around it."""
    before = prose.folded[place - 1] if prose.joined(place - 1) else ""
    if entry.form is Form.BASE:
        if before in _BEFORE_BASE:
            return True
        after = prose.joined(place) and (prose.folded[place + 1] in DETERMINERS or prose.capital(place + 1))
        return bool(after) and before.endswith("s") and before not in _BEFORE_NOUN
    if entry.form is Form.THIRD:
        return bool(before) and before not in _BEFORE_NOUN and _ADJECTIVE_ENDING.fullmatch(before) is None
    return entry.form is not Form.GERUND or before not in DETERMINERS


def _is_participle(prose: Prose, first: int, last: int) -> bool:
    """Whether what could be an adjective in -ing is a verb with its object after it."""
    if first != last or not prose.folded[first].endswith("ing") or not prose.joined(last):
        return False
    before = prose.folded[first - 1] if prose.joined(first - 1) else ""
    capital = prose.capital(last + 1) and prose.style(last) is Style.RUNNING
    return prose.folded[last + 1] in DETERMINERS or (capital and before not in DETERMINERS)
