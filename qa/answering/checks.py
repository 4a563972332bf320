"""Checks of a sentence against its evidence without a model: quotations, numbers, names, negation, roles, subject."""

from __future__ import annotations

from collections.abc import Set

from qa.text.datelines import misplaced_dateline
from qa.text.denial import denial_objection
from qa.text.months import unknown_months
from qa.text.names import unknown_names, unknown_opener
from qa.text.overlap import share
from qa.text.quantities import unknown_numbers
from qa.text.quotations import altered_quotation
from qa.text.roles import exchanged_roles
from qa.text.words import content_stems

_FEW_WORDS = 2  # words of a question that an article may well say in others


def word_objection(
    sentence: str, question: str, text: str, least_coverage: float, names: Set[str] = frozenset()
) -> str | None:
    """What ``text`` does not have of ``sentence``: quoted words, a number, a name, a denial, its roles, or its words.

    What stands in the question already is not asked of the text, but for the share of words. ``names`` are stems of
    words known to be names, by which one is recognised that opens the sentence.
    """
    if quotation := altered_quotation(sentence, text):
        return f"it quotes words that the passage does not have: “{quotation}”"
    known = f"{text}\n{question}"
    if unknown := unknown_numbers(sentence, known):
        return f"the passage does not have the number {unknown[0]}"
    if months := unknown_months(sentence, known):
        return f"the passage does not have the date {months[0]}"
    if unnamed := unknown_names(sentence, known):
        return f"the passage does not name {unnamed[0]}"
    if opener := unknown_opener(sentence, known, names):
        return f"the passage does not name {opener}"
    if denial := denial_objection(sentence, text):
        return denial
    if place := misplaced_dateline(sentence, text):
        return f"{place} is where the report was sent from, and nothing else"
    if roles := exchanged_roles(sentence, text):
        return f"the passage tells of {roles[0]} and {roles[1]} the other way round"
    said, asked, found = (set(content_stems(part)) for part in (sentence, question, text))
    if not said:
        return "it says nothing that could be checked"
    if min(share(said, found), share(said - asked, found)) < least_coverage:
        return "the passage does not say it in these or similar words"
    return None


def subject_objection(sentence: str, question: str, text: str, least_subject: float) -> str | None:
    """What keeps ``sentence`` from being about ``question``, where ``text`` is what was shown of the article it cites.

    The article must speak of something that the question asks about, and of more than the share ``least_subject`` of
    what the sentence took over from it.
    """
    said, asked, found = (set(content_stems(part)) for part in (sentence, question, text))
    if (len(asked) > _FEW_WORDS and not asked & found) or share(said & asked, found) <= least_subject:
        return "the article speaks of something else than the question"
    return None
