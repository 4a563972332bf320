"""The keeper of the vector index: brings it, in memory and on disk, to the state of the database."""

from __future__ import annotations

import json
import sqlite3
import warnings
from itertools import islice
from pathlib import Path

from qa.library import db
from qa.library.rows import vectors_of
from qa.library.vectors import StaleIndexError, VectorIndex, saved_state

_CHUNK = 4096  # vectors read from the database at a time


class IndexKeeper:
    """The vector index of the library behind ``connection``, with its file at ``path``. Not thread-safe.

    A file saved at a state that this object has itself seen the database in is older, not wrong: passage numbers are
    never reused, so it is brought up to date by comparing them. A file of any other state is not trusted: the index is
    rebuilt from the stored vectors, with one `RuntimeWarning`.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self.path = path
        self._connection = connection
        self._index: VectorIndex | None = None
        self._index_state: str | None = None
        self._seen = {db.state(connection)}
        self._began_empty = not self._has_passages()
        self._wrote = False

    @property
    def has_news(self) -> bool:
        """Whether the index was read or the database written through this object, so that saving may be due."""
        return self._wrote or self._index is not None

    def before_write(self) -> None:
        """Remember the state that a write is about to leave; call it in the write's transaction."""
        self._wrote = True
        self._seen.add(db.state(self._connection))

    def start_anew(self, dimension: int) -> None:
        """Drop the index, whose passages are all replaced, for an empty one."""
        self._index, self._index_state = VectorIndex(dimension), None

    def synced(self, dimension: int) -> VectorIndex:
        """The index at the database's present state; call it inside a transaction."""
        state = db.state(self._connection)
        self._seen.add(state)
        if self._index is None:
            self._index, self._index_state = self._opened(dimension)
        elif self._index.dimension != dimension:
            self._index, self._index_state = VectorIndex(dimension), None
        if self._index_state != state:
            self._catch_up(self._index)
            self._index_state = state
        return self._index

    def save(self, dimension: int) -> None:
        """Write the index to its file, if the file is not already of the database's present state."""
        if self._is_saved():
            return
        with db.exclusive(self._connection):  # nobody else saves or writes meanwhile
            if not self._is_saved():
                self.synced(dimension).save(self.path, db.state(self._connection))

    def _is_saved(self) -> bool:
        return saved_state(self.path) == db.state(self._connection)

    def _has_passages(self) -> bool:
        return self._connection.execute("SELECT 1 FROM passages LIMIT 1").fetchone() is not None

    def _opened(self, dimension: int) -> tuple[VectorIndex, str | None]:
        try:
            index, state = VectorIndex.load(self.path, dimension)
            if state not in self._seen:
                raise StaleIndexError("is out of date")
        except StaleIndexError as error:
            never_made = self._began_empty and not self.path.exists()
            if self._has_passages() and not never_made:
                message = f"{self.path} {error}: rebuilt from the stored vectors"
                warnings.warn(message, RuntimeWarning, stacklevel=2)
            return VectorIndex(dimension), None
        return index, state

    def _catch_up(self, index: VectorIndex) -> None:
        stored = {number for (number,) in self._connection.execute("SELECT number FROM passages")}
        known = index.ids
        index.remove(known - stored)
        missing = iter(sorted(stored - known))
        while chunk := list(islice(missing, _CHUNK)):
            rows = self._connection.execute(
                "SELECT vector FROM passages WHERE number IN (SELECT value FROM json_each(?)) ORDER BY number",
                (json.dumps(chunk),),
            )
            index.add(chunk, vectors_of([vector for (vector,) in rows], index.dimension))
