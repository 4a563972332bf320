"""Names in a claim that its evidence does not have, in any of the forms that news gives them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence, Set
from functools import lru_cache

from qa.text.months import DAYS, is_date, long_months
from qa.text.words import STOPWORDS, acronyms, content_stems, fold, is_acronym, name_words

_SPACED_INITIALS = re.compile(r"\b([A-Z]\.) (?=[A-Z]\.)")
_OPENER = re.compile(r"[^\w]*([^\W\d_][\w’'-]*)")
_PREFIX = 4  # letters that tell Turkey from Turkish as the same name
_NAMELIKE = re.compile(r"\b[A-Z]\w*(?:[ ](?:of[ ]|the[ ])?[A-Z]\w*)+")
_NAME_RUN = re.compile(r"\b[A-Z][\w’'-]*(?:(?<=\b\w)\.)?(?: [A-Z][\w’'-]*(?:(?<=\b\w)\.)?)+")
# The peoples of countries: Turkish beside Turkey, American beside America.
_PEOPLE = re.compile(r"(?:[ai]an|can|ish|ese|[ae]li|[aiq]i)\Z")
# Capitals and seats that news names for the government in them; by the first letters of the country, or its initials.
_SEATS = {
    "ankara": "turk", "athens": "gree", "baghdad": "iraq", "beijing": "chin", "berlin": "germ", "cairo": "egyp",
    "canberra": "aust", "damascus": "syri", "delhi": "indi", "downing": "brit", "islamabad": "paki", "kabul": "afgh",
    "kremlin": "russ", "kyiv": "ukra", "kiev": "ukra", "london": "brit", "madrid": "spai", "minsk": "bela",
    "moscow": "russ", "ottawa": "cana", "paris": "fran", "pentagon": "us", "pyongyang": "kore", "riyadh": "saud",
    "rome": "ital", "seoul": "kore", "taipei": "taiw", "tehran": "iran", "tokyo": "japa", "warsaw": "pola",
    "washington": "us",
}  # fmt: skip
_SHORT_TITLES = {
    "General": "Gen", "Captain": "Capt", "Detective": "Det", "Sergeant": "Sgt", "Colonel": "Col", "Saint": "St",
}  # fmt: skip


def unknown_names(claim: str, text: str) -> list[str]:
    """The name words of ``claim`` whose stems ``text`` does not have, in order.

    A lone initial is not asked for, and ``United States`` and ``U.S.`` are the same.
    """
    claim, text = (long_months(_SPACED_INITIALS.sub(r"\1", one)) for one in (claim, text))
    stems = {stem.rstrip(".") for stem in content_stems(text)}
    spelled_out, long = spelled_as(claim, acronyms(text)), initials(text)

    names = set(name_words(f"- {text}"))  # with what merely begins a sentence no longer at the beginning
    shortened = set(re.findall(r"\w+", text))

    def known(name: str) -> bool:
        found = {stem.rstrip(".") for stem in content_stems(name)}
        if found <= stems or name in spelled_out or (is_acronym(name) and found <= long):
            return True
        return same_country(name, names) or _SHORT_TITLES.get(name) in shortened

    return [name for name in name_words(claim) if len(name) > 1 and not known(name)]


def unknown_opener(claim: str, text: str, names: Set[str]) -> str | None:
    """The first word of ``claim`` if it is a name, or a day of the week, that ``text`` does not have.

    Being capitalised says nothing there; a word counts as a name where its stem is among ``names``.
    """
    match = _OPENER.match(claim)
    if match is None or not match[1][0].isupper():
        return None
    stems = set(content_stems(match[1]))
    there = {stem[:_PREFIX] for stem in content_stems(text)}
    missing = {stem for stem in stems if stem[:_PREFIX] not in there}
    return match[1] if missing & (names | DAYS) else None


def divided_name(claim: str, texts: Sequence[str]) -> str | None:
    """A name of several words in ``claim`` that no single one of ``texts`` has whole: put together from several."""
    known = [set(content_stems(text)) for text in texts]
    for match in _NAME_RUN.finditer(claim):
        run = [word for word in _without_openers(match.group().split()) if not is_date(word)]
        stems = set(content_stems(" ".join(run)))
        if len(run) > 1 and not any(stems <= found for found in known):
            return " ".join(run)
    return None


@lru_cache(maxsize=512)
def name_stems(text: str) -> frozenset[str]:
    """The stems of the words that ``text`` writes as names."""
    return frozenset(stem for name in name_words(text) for stem in content_stems(name))


def same_country(name: str, others: Iterable[str]) -> bool:
    """Whether ``name`` and one of ``others`` are a country and its people, or the other way round."""
    return any(
        name[:_PREFIX] == other[:_PREFIX] and bool(_PEOPLE.search(name)) != bool(_PEOPLE.search(other))
        for other in others
    )


def seat_of(name: str, stems: Set[str], short: Set[str]) -> bool:
    """Whether ``name`` is the seat of a government whose country is among ``stems``, or ``short`` for acronyms."""
    country = _SEATS.get(fold(name))
    if country is None:
        return False
    return country in short or any(stem.startswith(country) for stem in stems if len(country) == _PREFIX)


def spelled_as(text: str, short: Set[str]) -> set[str]:
    """The words of the names in ``text`` whose initials are one of the acronyms ``short``."""
    return {word for run in _runs(text) if _letters_of(run) in short for word in run.split()}


def initials(text: str) -> set[str]:
    """The initials of every run of two or more capitalised words, folded: ``us`` for ``United States``."""
    return {_letters_of(run) for run in _runs(text)}


def _runs(text: str) -> list[str]:
    """Runs of two or more capitalised words, without what merely begins a sentence before them."""
    found = (match.group().split() for match in _NAMELIKE.finditer(text))
    return [" ".join(run) for run in map(_without_openers, found) if len(run) > 1]


def _without_openers(run: list[str]) -> list[str]:
    """``run`` from its first word that is no stopword: ``For the United States`` begins with ``United``."""
    first = next((place for place, word in enumerate(run) if fold(word) not in STOPWORDS), len(run))
    return run[first:]


def _letters_of(run: str) -> str:
    return fold("".join(word[0] for word in run.split() if word[0].isupper()))
