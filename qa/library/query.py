"""What a search asks of the database: which passages it may find, and which of them hold the words of the query."""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from itertools import islice

# Words of the question form itself: they are in every question and in most passages.
_QUESTION_WORDS = (
    "a an and are as at be been but by can could did do does for from had has have how if in into is it its of on or "
    "s so t than that the their them there these they this those to us was we were what when where which who whom "
    "whose why will with would you your"
)
_STOPWORDS = frozenset(_QUESTION_WORDS.split())

_MOST_WORDS = 256
"""Different words of a query that are looked up; FTS5 takes quadratic time over them."""


@dataclass(frozen=True, slots=True)
class SearchFilter:
    """Limits of a search; an empty one limits nothing. Dates are ISO 8601, both ends included."""

    articles: tuple[str, ...] = ()
    outlets: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None

    def sql(self) -> tuple[str, list[str]]:
        """A condition over the table ``articles`` and its parameters; ``("", [])`` where nothing is limited."""
        conditions: list[str] = []
        parameters: list[str] = []
        for column, values in (("id", self.articles), ("outlet", self.outlets)):
            if values:
                conditions.append(f"articles.{column} IN ({', '.join('?' * len(values))})")
                parameters += values
        for comparison, value in (("date >= ?", self.since), ("date <= ?", self.until)):
            if value is not None:
                conditions.append(f"articles.{comparison}")
                parameters.append(value)
        return " AND ".join(conditions), parameters


def allowed_passages(connection: sqlite3.Connection, where: SearchFilter | None) -> frozenset[int] | None:
    """The numbers of the passages that pass ``where``, or ``None`` where nothing is limited."""
    condition, parameters = (where or SearchFilter()).sql()
    if not condition:
        return None
    numbers = "SELECT passages.number FROM passages JOIN articles ON articles.number = passages.article"
    found = connection.execute(f"{numbers} WHERE {condition}", parameters)
    return frozenset(number for (number,) in found)


def word_ranking(
    connection: sqlite3.Connection, query: str, most: int, allowed: Collection[int] | None = None
) -> list[int]:
    """The numbers of the passages, of those ``allowed``, that match words of ``query``: ``most`` of them, by BM25."""
    expression = match_expression(query)
    if not expression:
        return []
    found = connection.execute(
        "SELECT rowid FROM words WHERE words MATCH ? ORDER BY bm25(words, 0.5, 1.0), rowid LIMIT ?",
        (expression, most if allowed is None else -1),
    )
    numbers = (number for (number,) in found)
    return list(islice((number for number in numbers if allowed is None or number in allowed), most))


def match_expression(query: str) -> str:
    """An FTS5 expression that matches any telling word of ``query``; empty where it has no word at all.

    Every word is quoted, so nothing in a query can be read as FTS5 syntax. Case is left to the tokenizer, which folds
    it otherwise than Python does (ß). A stopword in capitals among small letters is a name: WHO, US, IT.
    """
    words = re.findall(r"\w+", unicodedata.normalize("NFC", query))
    shouted = query.isupper()
    telling = [word for word in words if word.lower() not in _STOPWORDS or (_is_acronym(word) and not shouted)]
    different = {word.lower(): word for word in telling or words}
    return " OR ".join(f'"{word}"' for word in list(different.values())[:_MOST_WORDS])


def _is_acronym(word: str) -> bool:
    return len(word) > 1 and word.isupper()
