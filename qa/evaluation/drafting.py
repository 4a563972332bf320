"""A case file to fill in: sentences of articles that a question could be about, with their evidence in place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from qa.text.quantities import numbers
from qa.text.sentences import split_sentences
from qa.text.words import content_stems, name_words
from qa.types import Article

_SHORTEST, _LONGEST = 8, 45  # words of a sentence that is worth a question
_QUOTES = '“”"«»'


def case_drafts(articles: Sequence[Article], each: int) -> list[dict[str, Any]]:
    """Cases without questions about the ``each`` most telling sentences of each article, in the order of the text.

    With every article comes one case without evidence, for a question that it does not answer. A person writes the
    questions, and the short answers; `read_cases` refuses the file until every question is there.
    """
    return [draft for article in articles for draft in _drafts(article, each)]


def _drafts(article: Article, each: int) -> Iterator[dict[str, Any]]:
    spans = [span for span in split_sentences(article.text) if _fits(article.text[span[0] : span[1]])]
    telling = sorted(spans, key=lambda span: -_telling(article.text[span[0] : span[1]]))[:each]
    for number, (start, end) in enumerate(sorted(telling), start=1):
        quote = article.text[start:end]
        evidence = {"article": article.id, "start": start, "end": end, "quote": quote}
        yield _draft(f"{article.id}-{number}", _kind(quote), [[evidence]])
    yield _draft(f"{article.id}-unanswerable", "unanswerable", [])


def _draft(name: str, kind: str, evidence: list[list[dict[str, Any]]]) -> dict[str, Any]:
    return {"id": name, "kind": kind, "question": "", "answers": [], "evidence": evidence, "speaker": None}


def _fits(sentence: str) -> bool:
    return _SHORTEST <= len(sentence.split()) <= _LONGEST


def _telling(sentence: str) -> float:
    """How much there is to ask about: numbers, names, quoted words, and words that mean something."""
    quoted = any(mark in sentence for mark in _QUOTES)
    return 2 * len(numbers(sentence)) + len(set(name_words(sentence))) + 2 * quoted + len(content_stems(sentence)) / 10


def _kind(sentence: str) -> str:
    if any(mark in sentence for mark in _QUOTES):
        return "quote"
    return "number" if numbers(sentence) else "fact"
