"""Whom and what a question and its answer speak of, read off the words alone: persons, things, and a question's parts.

Nothing here guesses at grammar that the words do not show; what is not recognised is left out, so that a follow-up
is rather left as it was written than read wrongly.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from qa.text.abbreviations import NUMBERED, TITLES
from qa.text.cues import is_saying
from qa.text.months import is_date
from qa.text.speakers import is_rank, person_name, same_speaker
from qa.text.words import STOPWORDS, fold
from qa.types import Span
from qa.wording import UNNAMED

LONGEST_NAME = 80
"""Characters of a name that may be put into a question: names come from articles, which are anybody's."""


def _words(text: str) -> list[str]:
    return text.split()


class Told(NamedTuple):
    """A sentence of an answer: its text, and who says the words that it cites."""

    text: str
    speakers: tuple[str, ...] = ()


class Turn(NamedTuple):
    """A question of the conversation, as it was read, and what was answered; nothing where there was no answer."""

    question: str
    told: tuple[Told, ...] = ()


class Asked(NamedTuple):
    """The parts of a question: ``When`` ``was`` ``Turkey`` ``suspended from the F-35 programme``.

    ``wh`` is empty for a question that asks yes or no; ``subject`` is the place of the grammatical subject in the
    question, ``None`` where it is the wh-word itself or was not recognised.
    """

    wh: str
    verb: str
    rest: str
    subject: Span | None


class Person(NamedTuple):
    """Somebody a turn speaks of; ``gender`` is ``m`` or ``f`` where the words tell, ``sure`` that it is a person."""

    name: str
    gender: str | None = None
    sure: bool = True


class Group(NamedTuple):
    """A noun group of a question with its place; ``role`` tells that its noun is what a person is or does."""

    span: Span
    text: str
    plural: bool
    role: bool
    name: bool


_JOINING = re.compile("(?<=[^\x00-\u02ff])[\u200c\u200d](?=[^\x00-\u02ff])")


def clean(text: str) -> str:
    """``text`` on one line, without characters that cannot be seen or that turn the direction of others.

    What joins the letters of a Persian word or the parts of an emoji stays.
    """
    joins = {match.start() for match in _JOINING.finditer(text)}
    kept = (
        " " if character.isspace() else character
        for place, character in enumerate(text)
        if character.isspace() or unicodedata.category(character)[0] != "C" or place in joins
    )
    return " ".join("".join(kept).split())


# ── names ────────────────────────────────────────────────────────────────────────────────────────────────────────────

_STOPPED = "|".join(sorted(TITLES | NUMBERED, key=len, reverse=True))
_NAME_WORD = rf"(?:(?:{_STOPPED}|[A-Z])\.|(?:[A-Z]\.){{2,}}|[^\W\d_a-z][\w’'-]*|(?<=No\. )\d+)"
# With a number behind it where it has one: Article 7, Gate 3.
_NAME = re.compile(rf"(?<!\w){_NAME_WORD}(?: (?:& )?{_NAME_WORD})*(?: \d{{1,4}}(?![\w%]|[.,:]\d))?")
_POSSESSIVE = re.compile(r"['’]s?\Z")
_OPENERS = STOPWORDS | frozenset(
    ("according", "among", "asked", "whose", "meanwhile", "yet", "since", "two", "three", "four", "five", "each")
)
_NO_PERSON = frozenset(
    _words(
        "ministry authority office union company water lines systems terminals party university dam quay coast point "
        "bay hospital infirmary council court bank police army brigade exchange plant district association agency "
        "commission committee department government parliament senate house times post news herald gazette journal"
    )
)
_PLACED = re.compile(r"\b(?:in|at|of|near|from|off|on|to|the|outside|above|through)\s+\Z", re.IGNORECASE)
_AGE = re.compile(r",\s+(?:\d{1,3}|an?\s+[\w\s’'-]{3,30}|the\s+[\w\s’'-]{3,40})[,.;]")
_HE = re.compile(r"\b(?:he|him|his)\b", re.IGNORECASE)
_SHE = re.compile(r"\b(?:she|her|hers)\b", re.IGNORECASE)
_MEN = frozenset(
    ("mr", "sir", "lord", "king", "prince", "father", "brother", "husband", "son", "spokesman", "chairman")
)
_WOMEN = frozenset(
    (
        "mrs",
        "ms",
        "miss",
        "dame",
        "lady",
        "queen",
        "princess",
        "sister",
        "mother",
        "wife",
        "daughter",
        "spokeswoman",
        "chairwoman",
    )
)


def names(text: str) -> Iterator[Span]:
    """The places of the runs of capitalised words in ``text``, without dates and what merely opens a sentence."""
    for match in _NAME.finditer(text):
        words = match.group().split()
        opening = next((n for n, word in enumerate(words) if fold(word) not in _OPENERS or _is_acronym(word)), None)
        if opening is None or all(is_date(word) or word.isdigit() for word in words[opening:]):
            continue
        start = match.start() + sum(len(word) + 1 for word in words[:opening])
        possessive = _POSSESSIVE.search(text[start : match.end()])
        yield Span(start, match.end() - len(possessive.group() if possessive else ""))


def _is_acronym(word: str) -> bool:
    return len(word) > 1 and word.isupper()


def persons(turn: Turn) -> list[Person]:
    """Those whom ``turn`` speaks of, each once, by the fullest form of their name without rank or title.

    Those who speak are persons for sure, and so are names with a title, an age or a role; a bare name that a sentence
    or a question has as its subject may be one.
    """
    found: list[Person] = []
    for text in (turn.question, *(told.text for told in turn.told)):
        found += _named_in(text, opens=text is not turn.question)
    for told in turn.told:
        found += filter(None, map(_speaker, told.speakers))
    merged: list[Person] = []
    for person in found:
        known = next((one for one in merged if same_speaker(one.name, person.name)), None)
        if known is None:
            merged.append(person)
        else:
            merged[merged.index(known)] = _merged(known, person)
    return [one if one.gender else one._replace(gender=_gender_told(one, merged, turn)) for one in merged]


def _merged(one: Person, other: Person) -> Person:
    longer = max(one.name, other.name, key=lambda name: len(person_name(name) or ""))
    return Person(longer, one.gender or other.gender, one.sure or other.sure)


def _speaker(speaker: str) -> Person | None:
    """Who says cited words, where that is one person."""
    name = clean(speaker.removeprefix(UNNAMED))
    if len(name) > LONGEST_NAME or not name:
        return None
    words = name.split()
    if fold(words[0]) in ("a", "an", "the"):
        head = _head(words[1:])
        one = head in _ROLES and not _is_plural(head)
        return Person(f"the {' '.join(words[1:])}", _gender_of(words)) if one else None
    named = len(words) > 1 and all(word[0].isupper() for word in words) and not _no_person(words)
    return Person(name, _gender_of(words)) if named and "&" not in words else None


def _named_in(text: str, *, opens: bool) -> Iterator[Person]:
    for place in names(text):
        written = clean(text[place.start : place.end])
        words = written.split()
        before, after = text[: place.start], text[place.end :]
        if _no_person(words) or "&" in words or len(written) > LONGEST_NAME or any(map(_is_acronym, words)):
            continue
        ranks = [word for word in words if is_rank(word)]
        bare = person_name(written)
        name = bare if bare and (" " in bare or not ranks) else written
        sure = bool(ranks) and len(words) > len(ranks)
        if not sure and _PLACED.search(before):
            continue
        if len(words) > 1 and (_AGE.match(f"{after},") or _said(before, after)):
            sure = True
        if sure or not opens or (" " in name and (not before.strip("\"'“‘ ") or before.endswith(" by "))):
            yield Person(name, _gender_of(words), sure)


def _said(before: str, after: str) -> bool:
    """Whether the word beside a name gives their words."""
    beside = [*re.findall(r"\w+", after)[:1], *re.findall(r"\w+", before)[-1:]]
    return any(is_saying(word) for word in beside)


def _no_person(words: Sequence[str]) -> bool:
    return any(fold(word) in _NO_PERSON for word in words) or any(c.isdigit() for word in words for c in word)


def _gender_of(words: Iterable[str]) -> str | None:
    folded = {fold(word).rstrip(".") for word in words}
    return "m" if folded & _MEN else "f" if folded & _WOMEN else None


def _gender_told(person: Person, all_persons: Sequence[Person], turn: Turn) -> str | None:
    """The gender that a sentence's pronouns tell where nobody else is named in it."""
    for told in turn.told:
        there = [one for one in all_persons if one.name.split()[-1] in told.text or one.name in told.speakers]
        if there == [person]:
            he, she = bool(_HE.search(told.text)), bool(_SHE.search(told.text))
            if he != she and not re.search(r"[“‘\"]", told.text):
                return "m" if he else "f"
    return None


# ── noun groups ──────────────────────────────────────────────────────────────────────────────────────────────────────

_TOKEN = re.compile(r"(?:[A-Z]\.){2,}|(?:Mr|Mrs|Ms|Dr|Gen|Capt|Det|Sgt|St|No|[A-Z])\.(?= )|[\w’'&-]+|[^\w\s]")
_BE = frozenset(("is", "are", "was", "were"))
_HAVE = frozenset(("has", "have", "had"))
_DO = frozenset(_words("did does do will would can could should may might must"))
VERBS = _BE | _HAVE | _DO
_WH = r"(?:when|where|why|how|what|which|who|whom|whose)"
_ASKED = re.compile(
    rf"(?P<wh>(?:(?:by|at|in|on|from|for|to|since|until|with|under)\s+)?{_WH}\b[^?]*?\s+|)"
    rf"(?P<verb>{'|'.join(sorted(VERBS))})\s+(?P<rest>[^?]+?)\s*\?*\Z",
    re.IGNORECASE,
)
_STOPS = frozenset(
    _words(
        "in on at for from to by with about after before during since until under over into against between as than "
        "that if because when where who which there or and but not ever also still already yet really again within "
        "through off like near without so out up down it he she they him her them his its their"
    )
)
_DETERMINERS = frozenset(("the", "a", "an"))
# Verbs that may follow a subject of several words; nouns that are verbs too are left out.
_PLAIN_VERBS = frozenset(
    _words(
        "say tell happen begin fail lose sell buy make take give get become produce own write know think believe ask "
        "want go come see hear find leave carry keep hold bring build break send spend pay charge bear rise fall grow "
        "shrink announce approve reject agree deny admit describe explain warn promise threaten expect receive serve "
        "supply publish accept suspend close open collapse capsize sink burn explode stop remain stay live die kill "
        "injure drown recover lead win meet decide choose need last cost freeze mean"
    )
)
_PARTICIPLES = frozenset(
    _words(
        "built written sold bought made told broken held found lost paid sent left kept brought put cut set shut hurt "
        "won met read said seen taken given known become begun grown risen fallen gone sunk hit struck thrown chosen "
        "hidden led meant spent stolen"
    )
)
_ROLES = frozenset(
    _words(
        "minister president mayor captain judge commissioner treasurer director secretary governor senator ambassador "
        "chairman chairwoman spokesman spokeswoman spokesperson official source diplomat analyst expert adviser "
        "member lawmaker witness resident officer soldier worker engineer person man woman voter leader insider "
        "investigator researcher scientist economist activist employee teacher doctor lawyer prosecutor politician "
        "deputy colleague neighbour friend fisherman farmer owner driver inspector manager commander student pilot "
        "technician nurse clerk buyer agent trader banker guard docker sailor interpreter delegate mediator author "
        "reporter editor general mate pathologist chemist master founder chief head father mother husband wife son "
        "daughter brother aide ratepayer teller baker lasher plaintiff defendant victim suspect player coach king "
        "queen prince princess pope"
    )
)
_ADVERBS = frozenset(_words("aloud first last twice once today yesterday tomorrow together alone early late best most"))
_KIN = re.compile(r"(?:\b(?:his|her|their|my)|\b[^\W\d_][\w’'-]*['’]s?) (?P<who>[^\W\d_]+)\b", re.IGNORECASE)
_PLURALS = frozenset(("people", "police", "men", "women", "children"))


def asked(question: str) -> Asked | None:
    """The parts of ``question``, or ``None`` where it is no question with its verb before its subject."""
    match = _ASKED.match(question)
    if match is None:
        return None
    wh = match["wh"].strip()
    start = match.start("rest")
    end = _subject_end(question[start : match.end("rest")], match["verb"].lower(), bool(wh))
    return Asked(wh, match["verb"], match["rest"], Span(start, start + end) if end else None)


def _subject_end(rest: str, verb: str, wh: bool) -> int:
    """Where the subject at the beginning of ``rest`` ends, 0 where there is none to recognise."""
    name = next(names(rest), None)
    if name is not None and name.start == 0:
        return name.end
    tokens = list(_TOKEN.finditer(rest))
    words = [fold(token.group()) for token in tokens]
    if not words or words[0] in _STOPS or not words[0][0].isalnum():
        return 0
    first = 1 if words[0] in _DETERMINERS else 0
    stop = first
    while stop < len(words) and not _ends_group(words, stop, first):
        stop += 1
    inside = range(first + 1, stop)
    if verb in _DO:
        at = next((place for place in inside if words[place] in _PLAIN_VERBS), None)
        if at is None:
            ended = stop == len(words)
            at = stop - 1 if stop - first == 2 or (not ended and stop - first > 2) else None
    else:
        at = next((place for place in inside if _is_participle(words[place])), None)
        if at is None and verb in _BE:
            whole = wh or stop - first == 1
            at = stop if whole else stop - 1 if stop - first == 2 and stop == len(words) else None
    if at is None or at <= first or (first == 0 and not _is_plural(words[at - 1])):
        return 0
    return tokens[at - 1].end()


def _ends_group(words: Sequence[str], place: int, first: int) -> bool:
    word = words[place]
    if word == "of" and place > first:
        return False
    if word in _DETERMINERS:
        return words[place - 1] != "of"
    return word in _STOPS or not word[0].isalnum()


def _is_participle(word: str) -> bool:
    return word in _PARTICIPLES or (len(word) > 4 and word.endswith(("ed", "ing")))


def groups(question: str, parts: Asked | None) -> list[Group]:
    """The noun groups of ``question`` in order: its names, its subject, and what follows “the”.

    What begins where the subject should be is left out where the subject's end was not recognised.
    """
    found: list[Group] = []
    subject_at = question.find(parts.rest) if parts is not None and parts.subject is None else -1
    if parts is not None and parts.subject is not None:
        found.append(_group(question, parts.subject))
    if counted := re.match(r"(?:how many|which) ((?:\w+ )*?\w+s)\s", question, re.IGNORECASE):
        found.append(_group(question, Span(*counted.span(1)))._replace(text=f"the {clean(counted[1])}"))
    for match in re.finditer(r"\b(?:the|an?) ", question, re.IGNORECASE):
        tokens = list(_TOKEN.finditer(question, match.end()))
        words = [fold(token.group()) for token in tokens]
        stop = 0
        while stop < len(words) and not _ends_group(words, stop, 0) and words[stop] not in VERBS:
            stop += 1
        while stop > 1 and (words[stop - 1] in _ADVERBS or words[stop - 1].endswith("ly")):
            stop -= 1
        if stop and match.start() != subject_at:
            found.append(_group(question, Span(match.start(), tokens[stop - 1].end())))
    found += [_group(question, name) for name in names(question)]
    kept: list[Group] = []
    for group in found:
        if not any(group.span.start < one.span.end and one.span.start < group.span.end for one in kept):
            kept.append(group)
    return sorted(kept, key=lambda group: group.span)


def _group(question: str, span: Span) -> Group:
    text = clean(question[span.start : span.end])
    words = text.split()
    head = _head(words)
    definite = fold(words[0]) in _DETERMINERS
    name = not definite and words[0][0].isupper()
    plural = _is_plural(head) and not (name or words[-1][0].isupper())
    role = head in _ROLES or (name and any(map(is_rank, words[:-1])))
    return Group(span, text, plural, role or (plural and head.removesuffix("s") in _ROLES), name)


def _head(words: Sequence[str]) -> str:
    """The noun of a group, folded: what stands before “of” or another preposition, or last."""
    folded = [fold(word).strip("\"'“”‘’.,") for word in words]
    end = next((place for place, word in enumerate(folded) if place and (word == "of" or word in _STOPS)), len(words))
    return folded[end - 1] if folded else ""


def owned_persons(question: str) -> list[Person]:
    """Those whom ``question`` knows by somebody else: “Ferrant’s mother”, “her husband”."""
    found = (match for match in _KIN.finditer(question) if fold(match["who"]) in _ROLES)
    return [Person(clean(match.group()), _gender_of([match["who"]])) for match in found]


def has_role(text: str) -> bool:
    """Whether ``text`` has a noun for what a person is or does: “the captain”, “dockers”."""
    words = (fold(token.group()) for token in _TOKEN.finditer(text))
    return any(word in _ROLES or word.removesuffix("s") in _ROLES for word in words)


def head(group: Group) -> str:
    """The noun of ``group``, folded."""
    return _head(group.text.split())


def _is_plural(word: str) -> bool:
    return word in _PLURALS or (len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")))
