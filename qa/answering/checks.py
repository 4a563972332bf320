"""Checks of a sentence against its evidence that need no model: quotations, numbers, names, words.

Word coverage is the strongest single signal of support for sentences that stay near their source.
"""

from __future__ import annotations

import re

from qa.text.words import content_stems, fold, name_words, numbers

MIN_COVERAGE = 0.6  # of the sentence's words, and of those that it adds to the question
MIN_SUBJECT = 0.5  # of the words that the sentence shares with the question, more than this must be the article's too

_NEGATION = re.compile(
    r"\b(?:not?|never|none|nobody|nothing|neither|nor|without|cannot|den(?:y|ies|ied|ying)|refus\w+|reject\w*|fail\w*|lack\w*)\b"
    r"|n['’]t\b",
    re.IGNORECASE,
)


def word_objection(sentence: str, question: str, text: str) -> str | None:
    """What ``text`` does not have of ``sentence``: quoted words, a number, a name, or most of its words."""
    if quotation := _altered_quotation(sentence, text):
        return f"it quotes words that the passage does not have: “{quotation}”"
    if unknown := sorted(numbers(sentence) - numbers(text) - numbers(question)):
        return f"the passage does not have the number {unknown[0]}"
    known = set(content_stems(text)) | set(content_stems(question))
    for name in name_words(sentence):
        if not set(content_stems(name)) <= known:
            return f"the passage does not name {name}"
    if _NEGATION.search(sentence) and not _NEGATION.search(text):
        return "the passage does not deny it"
    said, asked, found = (set(content_stems(part)) for part in (sentence, question, text))
    if not said:
        return "it says nothing that could be checked"
    if min(_share(said, found), _share(said - asked, found)) < MIN_COVERAGE:
        return "the passage does not say it in these or similar words"
    return None


def subject_objection(sentence: str, question: str, text: str) -> str | None:
    """What keeps ``sentence`` from being about ``question``, where ``text`` is what was shown of the article it cites.

    The article must speak of something that the question asks about, and of most that the sentence took over from it.
    """
    said, asked, found = (set(content_stems(part)) for part in (sentence, question, text))
    if (asked and not asked & found) or _share(said & asked, found) <= MIN_SUBJECT:
        return "the article speaks of something else than the question"
    return None


def coverage(sentence: str, text: str) -> float:
    """The share of the content words of ``sentence`` that ``text`` has; 1 where it has none to find."""
    return _share(set(content_stems(sentence)), set(content_stems(text)))


def _share(stems: set[str], found: set[str]) -> float:
    """The share of ``stems`` that are ``found``; 1 where there is nothing to find."""
    return len(stems & found) / len(stems) if stems else 1.0


_QUOTATION = re.compile(r"“([^”]+)”|\"([^\"]+)\"|‘((?:[^’]|’(?=\w))+)’(?!\w)")


def _altered_quotation(sentence: str, text: str) -> str | None:
    """The first quotation of ``sentence`` that ``text`` does not contain word for word."""
    stored = _letters(text)
    for match in _QUOTATION.finditer(sentence):
        quotation = next(group for group in match.groups() if group)
        if _letters(quotation) not in stored:
            return quotation
    return None


def _letters(text: str) -> str:
    """The words of ``text`` alone, so that punctuation moved by a quotation does not count as a change."""
    words = re.findall(r"\w+", fold(text))
    return f" {' '.join(words)} "
