"""The forms of English verbs and nouns that a lexicon lists, by rule and a table of what is irregular."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache
from importlib import resources


class Form(StrEnum):
    """Which form of its lemma a word is; ``PAST`` may be a participle where both are spelt alike."""

    WRITTEN = "written"
    BASE = "base"
    THIRD = "third"
    PAST = "past"
    PARTICIPLE = "participle"
    GERUND = "gerund"
    PLURAL = "plural"


_THIRD = {"be": "is", "have": "has", "do": "does", "go": "goes"}
_GERUND = {"be": "being", "die": "dying", "lie": "lying"}
_DOUBLED = frozenset({"admit", "begin", "commit", "flip-flop", "forget", "omit", "permit", "regret", "sidestep"})
_CVC = re.compile(r"(?:[^aeiou]|qu)+[aeiou][^aeiouwxyh]")
_PREPOSITION = re.compile(r" (?:of|in|on|to|at|for|without|around|with) ")
_PLURALS = {"man": "men", "woman": "women", "child": "children", "person": "people"}
_O_TAKES_ES = ("hero", "echo", "veto", "go", "do")


@lru_cache(maxsize=1)
def irregular() -> dict[str, tuple[str, str]]:
    """The past and the participle of each irregular verb."""
    lines = resources.files(__package__).joinpath("irregular.txt").read_text("utf-8").splitlines()
    verbs = (line.split() for line in lines if not line.startswith("#"))
    return {verb: (past, participle) for verb, past, participle in verbs}


def forms(section: str, lemma: str) -> Iterator[tuple[Form, str]]:
    """The forms of ``lemma`` that count under a lexicon's heading ``section``, without repetition."""
    if section in ("verbs", "speech"):
        seen = set[str]()
        for form in (Form.BASE, Form.THIRD, Form.PAST, Form.PARTICIPLE, Form.GERUND):
            written = conjugated(lemma, form)
            if written not in seen:
                yield form, written
            seen.add(written)
    else:
        yield Form.WRITTEN, lemma
        if section == "nouns":
            yield Form.PLURAL, plural(lemma)


def conjugated(phrase: str, form: Form) -> str:
    """``phrase`` with its first word, a verb, in ``form``."""
    verb, space, rest = phrase.partition(" ")
    return f"{_verb(verb, form)}{space}{rest}"


def _verb(verb: str, form: Form) -> str:
    if form is Form.THIRD:
        return _THIRD.get(verb) or with_s(verb)
    if form is Form.GERUND:
        return _GERUND.get(verb) or f"{_stem(verb, gerund=True)}ing"
    if form in (Form.PAST, Form.PARTICIPLE):
        if verb in irregular():
            return irregular()[verb][form is Form.PARTICIPLE]
        return re.sub(r"(?<=[^aeiou])yed$", "ied", f"{_stem(verb, gerund=False)}ed")
    return verb


def _stem(verb: str, *, gerund: bool) -> str:
    """``verb`` as it stands before -ing or -ed."""
    if verb.endswith("e") and not (gerund and verb.endswith(("ee", "oe", "ye"))):
        return verb[:-1]
    return verb + verb[-1] if _CVC.fullmatch(verb) or verb in _DOUBLED else verb


def plural(phrase: str) -> str:
    """``phrase`` with its noun in the plural: the last word, or the one before a preposition."""
    match = _PREPOSITION.search(phrase)
    noun, rest = (phrase, "") if match is None else (phrase[: match.start()], phrase[match.start() :])
    before, last = re.fullmatch(r"(.*[ -])?(.+)", noun, re.DOTALL).groups("")  # type: ignore[union-attr]
    for singular, several in _PLURALS.items():
        if last.endswith(singular) and last != "human":
            return f"{before}{last.removesuffix(singular)}{several}{rest}"
    return f"{before}{with_s(last)}{rest}"


def with_s(word: str) -> str:
    """``word`` with the -s of a plural or of the third person."""
    if re.search(r"[^aeiou]y$", word):
        return f"{word[:-1]}ies"
    return f"{word}es" if word.endswith(("s", "x", "z", "ch", "sh", *_O_TAKES_ES)) else f"{word}s"


def inflected(alternative: str, section: str, form: Form) -> str:
    """What to say instead, in the form of what it stands for."""
    if section in ("verbs", "speech"):
        return conjugated(alternative, form)
    return plural(alternative) if form is Form.PLURAL else alternative
