"""Words, numbers and names of a text, in forms that can be compared across wordings."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Any

from qa.text.abbreviations import TITLES, is_initial


def _split(text: str) -> list[str]:
    return text.split()


STOPWORDS = frozenset(
    _split(
        "a about after all also am an and any are as at be because been before being both but by can could did do does "
        "doing d during each for from further had has have having he her here hers him his how i if in into is it its "
        "itself just ll m many may me might more most much my no nor not now of off on once only or other our out over "
        "own same shall she should so re s some such t than that the their them then there these they this those "
        "through to too under until up us ve very was we were what when where which while who whom whose why will with "
        "would you your "
        "ain aren couldn didn doesn don hadn hasn haven isn shouldn wasn weren wouldn"  # what is left of didn’t, isn’t
    )
)

# S-400, MiG-29s, COVID-19: the digits are part of the name. Not so in mid-2024.
_DESIGNATED = r"(?!(?i:mid|pre|post|early|late|sub|under|over|non|top|aged|about|nearly)[-–‑])[^\W\d_]++[-–‑]\d\w*"
# All other hyphens part words: "Russian-made" shares two with "made in Russian factories".
_TOKEN = re.compile(rf"(?:[^\W\d_]\.){{2,}}|\d[\d.,]*\d|{_DESIGNATED}|\w+")
_ACRONYM = re.compile(r"(?:[A-Z]\.){2,}|[A-Z]{2,6}")
_DESIGNATION = re.compile(r"([^\W\d_]+)-?(\d+[a-rt-z]?)s?")
_OPENS = re.compile(r"[.!?:…]['\"’”)]*\s+['\"‘“(]*$|[‘“\"\n]\s*$|(?<!\w)'$")
_LOOK_BACK = 16

_UNITS = _split(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = _split("twenty thirty forty fifty sixty seventy eighty ninety")
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
}
_AFTER_CURRENCY = {"k": 10**3, "m": 10**6, "b": 10**9}
_CURRENCIES = frozenset("$€£¥₺₽₹")
_LONGEST_NUMBER = 24
"""Digits beyond which a number is compared as written; `Decimal` would round it."""

# Longest first, so that "sixty" is not read as "six".
_SMALL = rf"(?:(?:{'|'.join(_TENS)})(?:[- ](?:{'|'.join(_UNITS[1:10])})\b)?|(?:{'|'.join(reversed(_UNITS))}))\b"
_A = r"(?<!half )an?\b"
_NUMBER = re.compile(
    rf"\b{_DESIGNATED}"  # taken first, so that its digits are not read
    r"|(?<![\w.])(?:(?P<hours>\d{1,2}):(?P<minutes>\d\d)|(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?))(?!\d)"
    rf"|\b(?:(?P<hundreds>{_A}|{_SMALL})[- ]hundred\b(?:(?: and)?[- ](?P<more>{_SMALL}))?"
    rf"|(?P<small>{_SMALL})|{_A}(?= (?P<one>dozen|thousand|million|billion|trillion)\b))",
    re.IGNORECASE,
)
_SCALE = re.compile(rf"[\s-]*({'|'.join(_SCALES)})\b", re.IGNORECASE)
_PRONOUN_BEFORE = re.compile(r"\b(?:no|any|every|some|each|the|this|that|which)[- ]$", re.IGNORECASE)
_PRONOUN_AFTER = re.compile(r" (?:of|another)\b|['’]s\b", re.IGNORECASE)


def fold(text: str) -> str:
    """``text`` in lower case, without accents, with straight quotation marks and hyphens."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_PLAIN))
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()


# The letters are those whose strokes and dots Unicode does not take apart.
_PLAIN = str.maketrans(
    {"‘": "'", "’": "'", "“": '"', "”": '"', "«": '"', "»": '"', "–": "-", "—": "-", "‑": "-"}
    | {"ı": "i", "ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE"}
)


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """The Snowball stem of a folded English word."""
    return str(_stemmer().stemWord(word))


@lru_cache(maxsize=1)
def _stemmer() -> Any:
    import snowballstemmer

    return snowballstemmer.stemmer("english")


def content_stems(text: str) -> list[str]:
    """The stems of the words of ``text`` that carry meaning, in order.

    ``U.S.`` and ``US`` are the same word, and so are ``S-400``, ``S-400s`` and ``S400``.
    """
    forms = (_comparable(match.group()) for match in _TOKEN.finditer(text))
    return [form for form in forms if form]


def _comparable(token: str) -> str:
    """The form of ``token`` that its variants share; empty for a stopword."""
    folded = fold(token)
    if _ACRONYM.fullmatch(token):
        folded = folded.replace(".", "")
        return f"{folded}." if folded in STOPWORDS else folded  # the country, not the pronoun
    if designation := _DESIGNATION.fullmatch(folded):
        return "".join(designation.groups())
    return "" if folded in STOPWORDS else stem(folded)


def numbers(text: str) -> set[str]:
    """The numbers that ``text`` names, in digits or words, in one form: ``4.2 million`` and ``4,200,000`` are one.

    Words are read to 999, with a scale; ``a`` counts before one. Times of day keep their form (``4:52``). Designations
    such as ``S-400`` are no numbers, nor are ordinals in words, nor ``one`` as a pronoun.
    """
    found = (_number(match, text) for match in _NUMBER.finditer(text))
    return {number for number in found if number is not None}


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
    if scale := _SCALE.match(text, match.end()):
        return _SCALES[scale.group(1).lower()]
    letter, after = text[match.end() : match.end() + 1], text[match.end() + 1 : match.end() + 2]
    if match.start() and text[match.start() - 1] in _CURRENCIES and not after.isalnum():
        return _AFTER_CURRENCY.get(letter.lower(), 1)
    return 1


def _is_pronoun(match: re.Match[str], text: str) -> bool:
    before = text[max(0, match.start() - _LOOK_BACK) : match.start()]
    return bool(_PRONOUN_BEFORE.search(before) or _PRONOUN_AFTER.match(text, match.end()))


def name_words(text: str) -> Iterator[str]:
    """The words of ``text`` that are written as names: capitalised where no sentence begins, or acronyms.

    A capitalised first word is not told from an ordinary one and is left out, unless another name word follows it.
    """
    tokens = list(_TOKEN.finditer(text))
    for place, match in enumerate(tokens):
        word = match.group()
        acronym = _ACRONYM.fullmatch(word) is not None
        if not word[0].isupper() or word in TITLES or (fold(word) in STOPWORDS and not acronym):
            continue
        if acronym or not _opens_sentence(tokens, place, text) or _followed_by_name(tokens, place, text):
            yield word


def _opens_sentence(tokens: list[re.Match[str]], place: int, text: str) -> bool:
    if place == 0:
        return True
    before, start = tokens[place - 1], tokens[place].start()
    between = text[max(before.end(), start - _LOOK_BACK) : start]
    if between.startswith(". ") and (before.group() in TITLES or is_initial(before.group())):
        return False
    return _OPENS.search(between) is not None


def _followed_by_name(tokens: list[re.Match[str]], place: int, text: str) -> bool:
    if place + 1 == len(tokens):
        return False
    following = tokens[place + 1]
    between = text[tokens[place].end() : following.start()]
    return between in (" ", "-") and following.group()[0].isupper() and fold(following.group()) not in STOPWORDS
