"""The embedder on record: which model made the vectors of a library, and the refusal to mix two."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from qa.errors import EmbedderMismatchError
from qa.models.embedder import EmbedderInfo


def recorded_embedder(connection: sqlite3.Connection) -> EmbedderInfo | None:
    """What made the stored vectors; ``None`` where nothing was ever embedded."""
    values = dict(tuple(row) for row in connection.execute("SELECT key, value FROM meta WHERE key LIKE 'embedder%'"))
    if not values:
        return None
    try:
        return EmbedderInfo(values["embedder"], int(values["embedder_dimension"]), values["embedder_sha256"] or None)
    except (KeyError, ValueError):
        raise sqlite3.DatabaseError("the embedder on record is unreadable") from None


def record_embedder(connection: sqlite3.Connection, info: EmbedderInfo) -> None:
    """Put ``info`` on record in place of what is there; call it in the transaction that stores its vectors."""
    connection.execute("DELETE FROM meta WHERE key LIKE 'embedder%'")
    values = {
        "embedder": info.name,
        "embedder_dimension": str(info.dimension),
        "embedder_sha256": info.sha256 or "",
    }
    connection.executemany("INSERT INTO meta VALUES (?, ?)", values.items())


def same_vectors(one: EmbedderInfo, other: EmbedderInfo) -> bool:
    """Whether vectors of both can be compared: by SHA-256 where both are known, by name otherwise."""
    if one.dimension != other.dimension:
        return False
    if one.sha256 is not None and other.sha256 is not None:
        return one.sha256 == other.sha256
    return one.name == other.name


def refuse_other_embedder(connection: sqlite3.Connection, info: EmbedderInfo, folder: Path) -> None:
    """Nothing, where ``info`` may add to or search the vectors of the library in ``folder``.

    Raises:
        EmbedderMismatchError: another embedder made them.
    """
    recorded = recorded_embedder(connection)
    if recorded is None or same_vectors(recorded, info):
        return
    old, new = recorded.name, info.name
    if old == new:
        old, new = _in_full(recorded), _in_full(info)
    raise EmbedderMismatchError(
        f"the vectors in {folder} were made by {old}, not by {new}: set embedder to the former, "
        f"or make them anew with `qa library rebuild --embedder {info.name}`"
    )


def _in_full(info: EmbedderInfo) -> str:
    weights = f"SHA-256 {info.sha256[:12]}…" if info.sha256 else "SHA-256 unknown"
    return f"{info.name} ({info.dimension} dimensions, {weights})"
