"""The FAISS index over passage vectors: derived from the database, never the truth.

A flat inner-product index: exact, and at a newsroom's size (a million passages search in tens of milliseconds) an
approximate one would buy nothing. Removal marks a tombstone, because ``IndexIDMap2`` with removal leaves stale ids in
faiss-cpu 1.15 (faiss#4535, #5578). FAISS knows only row numbers, and pads short results with row -1: rows become
passage ids in `VectorIndex.search` and nowhere else.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

_COMPACT_WHEN_DEAD = 0.3

# An index file: the magic line, a line of JSON (`_Head`), the passage ids in row order, the serialised FAISS index.
_MAGIC = b"citewire vectors 1\n"
_ID = np.dtype("<i8")
_LONGEST_HEAD = 4096


class StaleIndexError(Exception):
    """An index file that is missing, damaged or does not fit the database; the message says which."""


class VectorIndex:
    """Passage ids with their vectors, searchable by inner product. Not thread-safe: the library holds the lock."""

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension
        self._index: Any = _faiss().IndexFlatIP(dimension)
        self._ids: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self._dead: NDArray[np.bool_] = np.empty(0, dtype=np.bool_)

    @property
    def ids(self) -> frozenset[int]:
        """The passage ids that can be found."""
        return frozenset(self._ids[~self._dead].tolist())

    def __len__(self) -> int:
        return int(len(self._ids) - self._dead.sum())

    def add(self, ids: Collection[int], vectors: Vectors) -> None:
        """Make ``vectors`` (n, dimension), rows of unit length, findable under ``ids``.

        Raises:
            ValueError: ids and vectors do not fit, or an id is there already.
        """
        if vectors.shape != (len(ids), self.dimension):
            raise ValueError(f"{len(ids)} ids do not fit vectors of shape {vectors.shape}")
        new = np.fromiter(ids, dtype=np.int64, count=len(ids))
        if len(np.unique(new)) < len(new) or np.isin(self._ids[~self._dead], new).any():
            raise ValueError("a passage is in the index only once")
        if not len(new):
            return
        self._index.add(np.ascontiguousarray(vectors, dtype=np.float32))
        self._ids = np.concatenate([self._ids, new])
        self._dead = np.concatenate([self._dead, np.zeros(len(new), dtype=np.bool_)])

    def remove(self, ids: Iterable[int]) -> None:
        """Make ``ids`` unfindable; unknown ones are ignored."""
        self._dead |= np.isin(self._ids, np.fromiter(ids, dtype=np.int64))
        if self._dead.sum() > _COMPACT_WHEN_DEAD * len(self._ids):
            self._compact()

    def search(self, query: Vectors, k: int, allowed: Collection[int] | None = None) -> list[tuple[int, float]]:
        """The ``k`` nearest passage ids to ``query`` (dimension,), with inner products, best first."""
        alive = ~self._dead
        if allowed is not None:
            alive &= np.isin(self._ids, np.fromiter(allowed, dtype=np.int64))
        count = min(k, int(alive.sum()))
        if count <= 0:
            return []
        bitmap = np.packbits(alive, bitorder="little")
        selector = _faiss().IDSelectorBitmap(bitmap)
        parameters = _faiss().SearchParameters(sel=selector)
        scores, rows = self._index.search(query.reshape(1, -1).astype(np.float32), count, params=parameters)
        found = rows[0] >= 0
        return list(zip(self._ids[rows[0][found]].tolist(), scores[0][found].tolist(), strict=True))

    def vectors(self) -> tuple[list[int], Vectors]:
        """The findable ids and their vectors (n, dimension), in row order."""
        rows = np.flatnonzero(~self._dead)
        stored = self._index.reconstruct_n(0, len(self._ids)) if len(self._ids) else np.empty((0, self.dimension))
        return self._ids[rows].tolist(), np.asarray(stored, dtype=np.float32)[rows]

    def _compact(self) -> None:
        ids, vectors = self.vectors()
        self._index = _faiss().IndexFlatIP(self.dimension)
        self._ids = np.empty(0, dtype=np.int64)
        self._dead = np.empty(0, dtype=np.bool_)
        self.add(ids, vectors)

    def save(self, path: Path, state: str) -> None:
        """Write the index to ``path`` in one step, stamped with the database's ``state``.

        One saves at a time; a file left half-written by a killed process is overwritten.
        """
        if self._dead.any():
            self._compact()
        ids = self._ids.astype(_ID).tobytes()
        payload = _faiss().serialize_index(self._index).data
        head = _sealed(_Head(state, self.dimension, len(self._ids)), ids, payload)
        partial = path.with_name(path.name + ".partial")
        try:
            with partial.open("wb") as file:
                file.write(_MAGIC + json.dumps(head._asdict()).encode() + b"\n")
                file.write(ids)
                file.write(payload)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)

    @classmethod
    def load(cls, path: Path, dimension: int) -> tuple[VectorIndex, str]:
        """The index saved at ``path``, and the state of the database that it was stamped with.

        Raises:
            StaleIndexError: the file is missing, damaged, or of another ``dimension``.
        """
        try:
            with path.open("rb") as file:
                head = _read_head(file)
                body = memoryview(file.read())
        except FileNotFoundError:
            raise StaleIndexError("is missing") from None
        except OSError as error:
            raise StaleIndexError(f"is unreadable ({error.strerror})") from None
        if head is None:
            raise StaleIndexError("is damaged")
        if head.dimension != dimension:
            raise StaleIndexError(f"has {head.dimension} dimensions, not {dimension}")
        if head != _sealed(head, body):
            raise StaleIndexError("is damaged")
        ids, payload = body[: head.size * _ID.itemsize], body[head.size * _ID.itemsize :]
        index = cls(dimension)
        index._ids = np.frombuffer(ids, dtype=_ID).astype(np.int64)
        index._dead = np.zeros(head.size, dtype=np.bool_)
        try:
            index._index = _faiss().deserialize_index(np.frombuffer(payload, dtype=np.uint8))
        except RuntimeError:  # written by a FAISS that this one cannot read
            raise StaleIndexError("is of another FAISS") from None
        return index, head.state


def saved_state(path: Path) -> str | None:
    """The state of the database that the index file at ``path`` is stamped with, without reading on; or ``None``."""
    try:
        with path.open("rb") as file:
            head = _read_head(file)
    except OSError:
        return None
    return head.state if head else None


def _faiss() -> Any:
    import faiss

    return faiss


class _Head(NamedTuple):
    state: str
    dimension: int
    size: int
    sha256: str = ""


def _read_head(file: IO[bytes]) -> _Head | None:
    if file.read(len(_MAGIC)) != _MAGIC:
        return None
    try:
        return _Head(**json.loads(file.readline(_LONGEST_HEAD)))
    except (ValueError, TypeError):
        return None


def _sealed(head: _Head, *body: bytes | memoryview) -> _Head:
    """``head`` with the SHA-256 of itself and of what follows it."""
    digest = hashlib.sha256(repr(head[:-1]).encode())
    for part in body:
        digest.update(part)
    return head._replace(sha256=digest.hexdigest())
