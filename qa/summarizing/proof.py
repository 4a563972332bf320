"""The gate of a summary: what a sentence says must be borne out by the words of its point, and be said plainly."""

from __future__ import annotations

import re
from typing import NamedTuple

from qa.answering.checks import word_objection
from qa.models.support import SupportModel
from qa.summarizing.persons import person_objection
from qa.summarizing.points import Point
from qa.summarizing.prompts import LONGEST
from qa.text.loaded_words import loaded_words
from qa.text.overlap import is_extract
from qa.text.words import content_stems
from qa.types import SpeechKind

_FOREIGN = 2  # words; one may be the speaker's name
_FIRST_PERSON = re.compile(r"\b(?:I|we|us|our|ours|my|me|you|your)\b", re.IGNORECASE)
_DOUBT = re.compile(
    r"\b(?:appear(?:s|ed)?|seem(?:s|ed)?|may|might|could|reportedly|allegedly|likely|unlikely|possibl[ey]|"
    r"perhaps|probabl[ey]|potential(?:ly)?|expected|unclear|if|whether|suspect\w*)\b",
    re.IGNORECASE,
)
_CUT_OFF = re.compile(
    r"\b(?:a|an|the|of|to|in|on|at|by|for|with|from|and|or|but|that|which|who|whose|as|than|his|her|its|their)\.\Z"
)
_SECOND_SENTENCE = re.compile(r"[.!?][”’\"']? +[A-Z][a-z]")


class Proof(NamedTuple):
    """How strongly the words bear out a sentence, in [0, 1], or the ``objection`` for which it is withheld."""

    support: float
    objection: str | None


def prove(body: str, point: Point, model: SupportModel, gender: str | None = None) -> Proof:
    """The proof of ``body``, what a drafted sentence says after its lead, from the words of ``point``.

    ``gender`` is the speaker's, where the article shows it.
    """
    evidence = point.text
    verbatim = point.attribution is not None and point.attribution.kind is not SpeechKind.INDIRECT
    claim = body[:1].upper() + body[1:]
    (reading,) = model.read([(claim, evidence)])
    limits = model.calibration
    least = limits.support_threshold if is_extract(claim, evidence) else limits.gate_threshold
    objection = (
        plainness(body)
        or person_objection(body, point.said if verbatim else "", gender)
        or not_said(body, point)
        or lost_doubt(body, evidence)
        or word_objection(claim, "", evidence, limits.least_coverage)
    )
    if objection is None and reading.support < least:
        objection = "the article does not bear it out"
    return Proof(reading.support, objection)


def not_said(body: str, point: Point) -> str | None:
    """What ``body``, told as the speaker's, takes from what the article tells beside it."""
    if point.attribution is None:
        return None
    foreign = (set(content_stems(body)) - set(content_stems(point.said))) & set(content_stems(point.beside))
    return "it gives as somebody's words what the article tells itself" if len(foreign) >= _FOREIGN else None


def lost_doubt(body: str, evidence: str) -> str | None:
    """What ``body`` states for certain where ``evidence`` only supposes it."""
    if _DOUBT.search(evidence) and not _DOUBT.search(body):
        return "it states for certain what the article only supposes"
    return None


_OPEN_ONE = re.compile(
    r"(?<!\bno )(?<!\bany )(?<!\bevery )(?<!\beach )(?<!\bthis )(?<!\bthat )"
    r"\bone(?= (?:in|on|at|for|with|by|last)\b|[.,;])",
    re.IGNORECASE,
)


def plainness(body: str) -> str | None:
    """What keeps ``body`` from being one plain sentence of somebody else's telling."""
    if len(body) >= LONGEST or _CUT_OFF.search(body):
        return "it is cut off"
    if _OPEN_ONE.search(body):
        return "it leaves open what “one” is"
    if _FIRST_PERSON.search(body):
        return "it speaks in the first or second person"
    if _SECOND_SENTENCE.search(body.replace("U.S. ", "US ")):
        return "it is more than one sentence"
    loaded = [word.text for word in loaded_words(body) if not word.quoted]
    return f"it uses the loaded word “{loaded[0]}”" if loaded else None
