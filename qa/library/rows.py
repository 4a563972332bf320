"""Articles and passages as rows of the database: written in one form, checked when they are read."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from collections.abc import Sequence

import numpy as np

from qa.errors import CorruptLibraryError
from qa.library.db import CREATE_WORDS
from qa.library.vectors import Vectors
from qa.types import Article, Attribution, Passage, Span, Speaker, SpeechKind, content_id

SELECT_PASSAGES = (
    'SELECT id, text, title, start, "end", sentences FROM passages JOIN articles ON articles.number = passages.article'
)
"""What `passage_of` reads; add a condition."""


def article_of(row: sqlite3.Row) -> Article:
    """The article of a whole row.

    Raises:
        CorruptLibraryError: it is not what was stored.
    """
    article = unchecked_article_of(row)
    if article.id != row["id"]:
        raise _damaged_article(row)
    return article


def unchecked_article_of(row: sqlite3.Row) -> Article:
    """The article of a whole row, under another id where its text was damaged."""
    try:
        return Article(
            text=row["text"],
            title=row["title"],
            source=row["source"],
            outlet=row["outlet"],
            author=row["author"],
            date=row["date"],
            warnings=tuple(json.loads(row["warnings"])),
        )
    except (ValueError, TypeError, AttributeError):
        raise _damaged_article(row) from None


def passage_of(row: sqlite3.Row) -> Passage:
    """The passage of a row of `SELECT_PASSAGES`.

    Raises:
        CorruptLibraryError: it, or the text it is a slice of, is not what was stored.
    """
    if content_id(row["text"]) != row["id"]:
        raise _damaged_article(row)
    start, end = row["start"], row["end"]
    try:
        sentences = tuple(Span(*pair) for pair in json.loads(row["sentences"]))
        return Passage(row["id"], start, end, row["text"][start:end], sentences)
    except (ValueError, TypeError):
        raise CorruptLibraryError(
            f"passage [{start}, {end}) of article {row['id']} is damaged: make it anew with `qa library rebuild`"
        ) from None


def _damaged_article(row: sqlite3.Row) -> CorruptLibraryError:
    return CorruptLibraryError(
        f"article {row['id']} is damaged: `qa delete {row['id']}` and ingest it again, or restore a backup"
    )


def vectors_of(blobs: Sequence[bytes], dimension: int) -> Vectors:
    """The stored vectors, a row each: ``(len(blobs), dimension)``.

    Raises:
        CorruptLibraryError: one has another size.
    """
    try:
        vectors = np.frombuffer(b"".join(blobs), dtype=np.float32).reshape(len(blobs), dimension)
    except (ValueError, TypeError):
        raise CorruptLibraryError("a stored vector is damaged: make all anew with `qa library rebuild`") from None
    return vectors


def insert_article(connection: sqlite3.Connection, article: Article, number: int | None = None) -> int:
    """The number of the row that now holds ``article``, as yet without passages: ``number``, or the next one."""
    cursor = connection.execute(
        "INSERT INTO articles (title, outlet, author, date, warnings, id, text, source, number) "
        "VALUES (?,?,?,?,?,?,?,?,?)",
        (*_metadata(article), article.id, article.text, article.source, number),
    )
    return int(cursor.lastrowid or 0)


def insert_passages(
    connection: sqlite3.Connection, article_number: int, title: str, passages: Sequence[Passage], vectors: Vectors
) -> None:
    """Store ``passages``, one a row of ``vectors``, with their words."""
    run = connection.execute
    for passage, vector in zip(passages, vectors, strict=True):
        row = (article_number, passage.start, passage.end, json.dumps(passage.sentences), vector.tobytes())
        cursor = run('INSERT INTO passages (article, start, "end", sentences, vector) VALUES (?,?,?,?,?)', row)
        run("INSERT INTO words (rowid, title, text) VALUES (?,?,?)", (cursor.lastrowid, title, passage.text))


def delete_passages(connection: sqlite3.Connection) -> None:
    """Empty the passages and, damaged or not, the word index."""
    connection.execute("DROP TABLE words")
    connection.execute(CREATE_WORDS)
    connection.execute("DELETE FROM passages")


def update_metadata(connection: sqlite3.Connection, article: Article) -> None:
    """Give the stored article with the id of ``article`` its title, outlet, author, date and warnings."""
    connection.execute(
        "UPDATE articles SET title = ?, outlet = ?, author = ?, date = ?, warnings = ? WHERE id = ?",
        (*_metadata(article), article.id),
    )
    connection.execute(
        "UPDATE words SET title = ? WHERE rowid IN (SELECT passages.number FROM passages JOIN articles "
        "ON articles.number = passages.article WHERE articles.id = ?)",
        (article.title, article.id),
    )


def _metadata(article: Article) -> tuple[str | None, ...]:
    return article.title, article.outlet, article.author, article.date, json.dumps(article.warnings)


def attributions_of(stored: str) -> tuple[Attribution, ...]:
    """The attributions in a row of ``speech``.

    Raises:
        ValueError, TypeError, KeyError: it is not what was stored.
    """
    return tuple(
        Attribution(
            content=tuple(Span(*pair) for pair in one["content"]),
            kind=SpeechKind(one["kind"]),
            stated=bool(one["stated"]),
            cue=Span(*one["cue"]) if one["cue"] else None,
            source=Span(*one["source"]) if one["source"] else None,
            speaker=Speaker(**one["speaker"]) if one["speaker"] else None,
            outlet=one["outlet"],
        )
        for one in json.loads(stored)
    )


def stored_attributions(attributions: Sequence[Attribution]) -> str:
    """What `attributions_of` reads."""
    return json.dumps([dataclasses.asdict(one) for one in attributions], ensure_ascii=False)
