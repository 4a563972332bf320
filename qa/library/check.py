"""What `Library.verify` looks at: every row against every other place that should agree with it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from qa.library import db
from qa.library.provenance import recorded_embedder
from qa.library.vectors import StaleIndexError, VectorIndex
from qa.types import content_id

_UNIT_TOLERANCE = 1e-3


def problems(connection: sqlite3.Connection, index_path: Path) -> list[str]:
    """Everything wrong with the library behind ``connection``, a line each; it is in no transaction."""
    found: list[str] = []
    try:
        with db.reading(connection):
            found += _database(connection)
        if found:  # a damaged file makes the finer checks meaningless
            return found
        found += _word_index(connection)
        with db.reading(connection):
            recorded = recorded_embedder(connection)
            dimension = recorded.dimension if recorded else None
            for part in (_articles(connection), _passages(connection, dimension), _stray_words(connection)):
                found += part
            found += _index(connection, index_path, dimension)
    except sqlite3.Error as error:
        if not db.means_damage(error):
            raise
        found.append(f"database: {error}")
    return found


def _database(connection: sqlite3.Connection) -> Iterator[str]:
    for (line,) in connection.execute("PRAGMA integrity_check"):
        if line != "ok":
            yield f"database: {line}"
    for row in connection.execute("PRAGMA foreign_key_check"):
        yield f"database: row {row[1]} of {row[0]} points to nothing"


def _word_index(connection: sqlite3.Connection) -> Iterator[str]:
    """What FTS5 says of itself: it can only be asked by way of an INSERT, which takes the write lock."""
    try:
        with db.exclusive(connection):
            connection.execute("INSERT INTO words (words) VALUES ('integrity-check')")
    except sqlite3.Error as error:
        if not db.means_damage(error):
            raise
        yield f"word index: {error}"


def _articles(connection: sqlite3.Connection) -> Iterator[str]:
    for article_id, text in connection.execute("SELECT id, text FROM articles"):
        if not isinstance(text, str) or content_id(text) != article_id:
            yield f"article {article_id}: its text is not what was added; `qa delete {article_id}` and ingest it again"
    empty = "SELECT id FROM articles WHERE number NOT IN (SELECT article FROM passages)"
    for (article_id,) in connection.execute(empty):
        yield f"article {article_id}: it has no passage, so no question finds it"


def _passages(connection: sqlite3.Connection, dimension: int | None) -> Iterator[str]:
    rows = connection.execute(
        'SELECT passages.number, id, articles.text, articles.title, start, "end", sentences, vector, '
        "words.text AS words, words.title AS words_title "
        "FROM passages JOIN articles ON articles.number = passages.article "
        "LEFT JOIN words ON words.rowid = passages.number"
    )
    for row in rows:
        name = f"passage {row['number']} of article {row['id']}"
        start, end = row["start"], row["end"]
        if not 0 <= start < end <= len(row["text"]):
            yield f"{name}: its offsets lie outside the text"
        elif not _fit(row["sentences"], start, end):
            yield f"{name}: its sentences do not lie inside it, in order"
        elif row["words"] is None:
            yield f"{name}: it is missing from the word index"
        elif (row["words_title"], row["words"]) != (row["title"], row["text"][start:end]):
            yield f"{name}: the word index holds other words"
        if not _is_unit_vector(row["vector"], dimension):
            yield f"{name}: its vector is damaged"


def _fit(sentences: str, start: int, end: int) -> bool:
    try:
        bounds = [bound for a, b in json.loads(sentences) for bound in (a, b)]
        return all(a <= b for a, b in zip([start, *bounds], [*bounds, end], strict=True))
    except (ValueError, TypeError):
        return False


def _is_unit_vector(blob: bytes, dimension: int | None) -> bool:
    if dimension is None or len(blob) != dimension * np.dtype(np.float32).itemsize:
        return False
    return abs(float(np.linalg.norm(np.frombuffer(blob, dtype=np.float32))) - 1) < _UNIT_TOLERANCE


def _stray_words(connection: sqlite3.Connection) -> Iterator[str]:
    stray = "SELECT rowid FROM words WHERE rowid NOT IN (SELECT number FROM passages)"
    for (number,) in connection.execute(stray):
        yield f"word index: row {number} belongs to no passage"


def _index(connection: sqlite3.Connection, path: Path, dimension: int | None) -> Iterator[str]:
    if dimension is None:
        return
    try:
        index, state = VectorIndex.load(path, dimension)
    except StaleIndexError:
        return  # rebuilt from the stored vectors when next needed: not a fault of the library
    if state != db.state(connection):
        return
    stored = dict(map(tuple, connection.execute("SELECT number, vector FROM passages")))
    ids, vectors = index.vectors()
    if sorted(ids) != sorted(stored):
        yield f"{path.name}: it holds other passages than the database"
        return
    for number, vector in zip(ids, vectors, strict=True):
        if vector.tobytes() != stored[number]:
            yield f"{path.name}: the vector of passage {number} differs from the stored one"
