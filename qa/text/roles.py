"""Roles: who does something to whom. A claim may have every word of its evidence and still exchange the two."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from qa.text.words import STOPWORDS, content_stems, fold

_NAME = re.compile(r"\b[A-Z][\w’'-]*(?: (?:of |the )?[A-Z][\w’'-]*)*")
_SENTENCE_END = re.compile(r"(?<=[\w\)”’\"']{2}[.!?])[”’\"')]*\s+|\n")
_PASSIVE = re.compile(r"\bby(?: the| an?)?\W*\Z", re.IGNORECASE)
_BY = re.compile(r"\bby\b", re.IGNORECASE)
_OWNER = re.compile(r"['’]s?\Z")
# Between two names these leave open who does it: A met with B, A was under attack from B.
_OPEN = frozenset(
    {"and", "or", "with", "from", "under", "between", "against", "than", "like", "as", "after", "before", "while"}
    | {"who", "which", "that"}
)
_LONGEST = 8  # words between two names that still tell what one does to the other


class Act(NamedTuple):
    """One name does something to another; all in the forms that `content_stems` gives."""

    agent: frozenset[str]
    stem: str
    patient: frozenset[str]


def exchanged_roles(claim: str, text: str) -> tuple[str, str] | None:
    """The two names whose roles ``claim`` exchanges: ``text`` has the one do to the other what ``claim`` has it suffer.

    Only names that stand on both sides of the same word in one sentence are compared; the passive with “by” is
    understood. What ``text`` says both ways is no exchange.
    """
    told = _acts(text)
    for agent, patient, between in _pairs(claim):
        for stem in between:
            act = Act(frozenset(content_stems(agent)), stem, frozenset(content_stems(patient)))
            if any(_turned(act, other) for other in told) and not any(_alike(act, other) for other in told):
                return agent, patient
    return None


@lru_cache(maxsize=512)
def _acts(text: str) -> tuple[Act, ...]:
    return tuple(
        Act(frozenset(content_stems(agent)), stem, frozenset(content_stems(patient)))
        for agent, patient, between in _pairs(text)
        for stem in between
    )


def _pairs(text: str) -> Iterator[tuple[str, str, list[str]]]:
    """Names that follow each other in a sentence, who acts first, with the stems of the words between them."""
    for sentence in _SENTENCE_END.split(text):
        names = [match for match in _NAME.finditer(sentence) if fold(match.group()) not in STOPWORDS]
        for one, other in itertools.pairwise(names):
            between = sentence[one.end() : other.start()]
            words = between.split()
            if len(words) > _LONGEST or _OPEN & set(map(fold, words)) or re.search(r"[,;:()“”\"]", between):
                continue
            if _OWNER.search(one.group()):
                continue
            if _PASSIVE.search(between):
                yield other.group(), one.group(), content_stems(between)
            elif not _BY.search(between):
                yield one.group(), other.group(), content_stems(between)


def _turned(act: Act, other: Act) -> bool:
    return act.stem == other.stem and bool(act.agent & other.patient) and bool(act.patient & other.agent)


def _alike(act: Act, other: Act) -> bool:
    return act.stem == other.stem and bool(act.agent & other.agent) and bool(act.patient & other.patient)
