"""The SQLite database of a library: its schema, its migrations, its transactions and its faults.

Write-ahead logging lets one process read while another writes; a write is one transaction an article, so a killed
process leaves either the old or the new state. Passage numbers are never reused (``AUTOINCREMENT``): the vector index
can be brought up to date by comparing numbers alone.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qa.errors import CorruptLibraryError, LibraryError

BUSY_TIMEOUT_S = 30.0

CREATE_WORDS = "CREATE VIRTUAL TABLE words USING fts5 (title, text, tokenize = 'porter unicode61 remove_diacritics 2')"

# The statements of each schema version, applied in order; PRAGMA user_version counts the versions applied.
MIGRATIONS = (
    (
        "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
        "INSERT INTO meta VALUES ('generation', '0'), ('state', lower(hex(randomblob(8))))",
        """
        CREATE TABLE articles (
            number   INTEGER PRIMARY KEY AUTOINCREMENT,
            id       TEXT NOT NULL UNIQUE,
            text     TEXT NOT NULL,
            title    TEXT NOT NULL,
            source   TEXT NOT NULL,
            outlet   TEXT,
            author   TEXT,
            date     TEXT,
            warnings TEXT NOT NULL DEFAULT '[]'
        )
        """,
        "CREATE INDEX articles_source ON articles (source)",
        """
        CREATE TABLE passages (
            number    INTEGER PRIMARY KEY AUTOINCREMENT,
            article   INTEGER NOT NULL REFERENCES articles (number) ON DELETE CASCADE,
            start     INTEGER NOT NULL,
            "end"     INTEGER NOT NULL,
            sentences TEXT NOT NULL,
            vector    BLOB NOT NULL
        )
        """,
        "CREATE INDEX passages_article ON passages (article)",
        CREATE_WORDS,
        """
        CREATE TRIGGER passages_gone AFTER DELETE ON passages BEGIN
            DELETE FROM words WHERE rowid = old.number;
        END
        """,
    ),
    (
        """
        CREATE TABLE speech (
            article      INTEGER PRIMARY KEY REFERENCES articles (number) ON DELETE CASCADE,
            reader       TEXT NOT NULL,
            attributions TEXT NOT NULL
        )
        """,
    ),
)

_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL)
_OUTSIDE = (sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL)
"""What the folder or the disk is to blame for, not the file."""


# ── connections ──────────────────────────────────────────────────────────────────────────────────────────────────────


def connect(path: Path) -> sqlite3.Connection:
    """A connection to the database at ``path``, created and migrated where needed.

    Raises:
        CorruptLibraryError: the file is not a readable SQLite database.
        LibraryError: the file cannot be opened, or a newer citewire made it.
    """
    connection = None
    try:
        connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        _refuse_newer(connection, path)
        _use_wal(connection)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")
        _migrate(connection)
    except BaseException as error:
        if connection is not None:
            connection.close()
        if isinstance(error, sqlite3.Error):
            raise translated(error, path) from error
        raise
    return connection


def _refuse_newer(connection: sqlite3.Connection, path: Path) -> None:
    version = _version(connection)
    if version > len(MIGRATIONS):
        raise LibraryError(
            f"{path} has schema {version}, made by a newer citewire than this, which knows {len(MIGRATIONS)}: upgrade"
        )


def _use_wal(connection: sqlite3.Connection) -> None:
    # Changing the journal mode does not wait for other connections, whatever the busy timeout.
    deadline = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if _primary_code(error) not in _BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _migrate(connection: sqlite3.Connection) -> None:
    if _version(connection) == len(MIGRATIONS):
        return
    with exclusive(connection):  # another process may have migrated meanwhile: the version is read anew
        for statements in MIGRATIONS[_version(connection) :]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


# ── transactions ─────────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def exclusive(connection: sqlite3.Connection) -> Iterator[None]:
    """A transaction in which nobody else writes: committed whole on exit, rolled back on any exception."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite itself rolls back after some faults
            connection.execute("ROLLBACK")
        raise


@contextmanager
def writing(connection: sqlite3.Connection) -> Iterator[None]:
    """An exclusive transaction that, where it changed anything, moves the library to its next generation."""
    with exclusive(connection):
        before = connection.total_changes
        yield
        if connection.total_changes != before:
            connection.execute("UPDATE meta SET value = CAST(value AS INTEGER) + 1 WHERE key = 'generation'")
            connection.execute("UPDATE meta SET value = lower(hex(randomblob(8))) WHERE key = 'state'")


@contextmanager
def reading(connection: sqlite3.Connection) -> Iterator[None]:
    """A read transaction: everything inside sees one state of the library."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def generation(connection: sqlite3.Connection) -> int:
    """The number of write transactions so far that changed something."""
    return int(_meta(connection, "generation"))


def state(connection: sqlite3.Connection) -> str:
    """What names the present contents: a random token, drawn anew by every change.

    Unlike the generation it also tells apart the contents of a library that was put back from a backup and then
    changed as often as the lost one had been.
    """
    return _meta(connection, "state")


def _meta(connection: sqlite3.Connection, key: str) -> str:
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    if row is None:
        raise sqlite3.DatabaseError(f"the {key} is not on record")
    return str(row[0])


# ── faults ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def means_damage(error: sqlite3.Error) -> bool:
    """Whether ``error`` says that the file itself is not as it should be."""
    return _primary_code(error) not in (*_BUSY, *_OUTSIDE)


def translated(error: sqlite3.Error, path: Path) -> LibraryError:
    """The citewire error for what SQLite said of the file at ``path``."""
    if means_damage(error):
        return CorruptLibraryError(
            f"{path} is damaged ({error}): restore it from a backup, or delete {path.parent} and ingest again"
        )
    code = _primary_code(error)
    if code in _BUSY:
        return LibraryError(
            f"{path} is busy: another process has been writing for over {BUSY_TIMEOUT_S:.0f} s; try again"
        )
    if code == sqlite3.SQLITE_FULL:
        return LibraryError(f"{path} cannot grow: the disk is full; free some space and try again")
    return LibraryError(f"{path} cannot be used: {error}; check that the folder exists and is writable")


def _primary_code(error: sqlite3.Error) -> int:
    # Errors without a code come from the Python module, of values that it cannot read: text that is not UTF-8.
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
