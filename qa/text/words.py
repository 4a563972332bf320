"""Words and names of a text, in forms that can be compared across wordings."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterator
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
DESIGNATED = r"(?!(?i:mid|pre|post|early|late|sub|under|over|non|top|aged|about|nearly)[-–‑])[^\W\d_]++[-–‑]\d\w*"
# All other hyphens part words: "Russian-made" shares two with "made in Russian factories".
_TOKEN = re.compile(rf"(?:[^\W\d_]\.){{2,}}|\d[\d.,]*\d|{DESIGNATED}|\w+")
_ACRONYM = re.compile(r"(?:[A-Z]\.){2,}|[A-Z]{2,6}")
_DESIGNATION = re.compile(r"([^\W\d_]+)-?(\d+[a-rt-z]?)s?")
_OPENS = re.compile(r"[.!?:…]['\"’”)]*\s+['\"‘“(]*$|[‘“\"\n]\s*$|(?<!\w)'$")
_LOOK_BACK = 16
_STEMMING = threading.Lock()


def fold(text: str) -> str:
    """``text`` in lower case, without accents, with straight quotation marks and hyphens."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_PLAIN))
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()


_PLAIN_WORD = re.compile(r"\w+(?:[’'-]\w+)*")
_POSSESSIVE = re.compile(r"['’]s?(?!\w)")


def word_set(text: str) -> set[str]:
    """The words of ``text``, folded, names among them, without what makes them possessive."""
    return {fold(word) for word in _PLAIN_WORD.findall(_POSSESSIVE.sub("", text))}


# The letters are those whose strokes and dots Unicode does not take apart.
_PLAIN = str.maketrans(
    {"‘": "'", "’": "'", "“": '"', "”": '"', "«": '"', "»": '"', "–": "-", "—": "-", "‑": "-"}
    | {"ı": "i", "ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE"}
)


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """The Snowball stem of a folded English word."""
    with _STEMMING:  # the stemmer keeps the word in itself while it works
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


def acronyms(text: str) -> set[str]:
    """The acronyms of ``text``, folded and without full stops: ``us`` for ``U.S.``."""
    return {fold(m.group()).replace(".", "") for m in _TOKEN.finditer(text) if is_acronym(m.group())}


def is_acronym(word: str) -> bool:
    """Whether ``word`` is written as an acronym."""
    return _ACRONYM.fullmatch(word) is not None


def name_words(text: str) -> Iterator[str]:
    """The words of ``text`` that are written as names: capitalised where no sentence begins, or acronyms.

    A capitalised first word is not told from an ordinary one and is left out, unless another name word follows it.
    """
    tokens = list(_TOKEN.finditer(text))
    for place, match in enumerate(tokens):
        word = match.group()
        acronym = is_acronym(word)
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
