"""SHA-256 of large files, and stamps that spare computing it again while a file is unchanged."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

CHUNK = 1 << 20


def hash_file(path: Path, advance: Callable[[int], None] | None = None) -> str:
    """The SHA-256 of a file as 64 hex digits; ``advance`` is told the bytes read as it goes."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            if advance:
                advance(len(chunk))
    return digest.hexdigest()


def combined_hash(hashes: Mapping[str, str]) -> str:
    """One SHA-256 for named files: that of the only file, or of the lines ``hash  name`` sorted by name."""
    if len(hashes) == 1:
        return next(iter(hashes.values()))
    lines = "".join(f"{sha256}  {name}\n" for name, sha256 in sorted(hashes.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def sync(path: Path) -> None:
    """Have ``path`` (a file, or a folder on POSIX) written through to the disk."""
    if path.is_dir() and os.name == "nt":  # Windows cannot open folders
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@dataclass(frozen=True, slots=True)
class _Entry:
    size: int
    mtime_ns: int
    sha256: str


class Stamp:
    """A small JSON file that remembers the hashes of files as long as their size and modification time stay.

    It saves time and proves nothing: whoever can write the weights can write the stamp. ``verify`` never trusts it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def fresh(self, folder: Path, name: str) -> str | None:
        """The hash of ``folder/name`` if it was recorded and the file looks unchanged since, else ``None``."""
        entry = self._read().get(name)
        if entry is None:
            return None
        found = (folder / name).stat()
        return entry.sha256 if (found.st_size, found.st_mtime_ns) == (entry.size, entry.mtime_ns) else None

    def recorded(self, name: str) -> str | None:
        """The hash that was last recorded for ``name``, whatever the file is now."""
        entry = self._read().get(name)
        return entry.sha256 if entry else None

    def record(self, folder: Path, hashes: Mapping[str, str]) -> None:
        """Remember ``hashes`` of files in ``folder``, beside what is known of other files."""
        entries = self._read()
        for name, sha256 in hashes.items():
            found = (folder / name).stat()
            entries[name] = _Entry(found.st_size, found.st_mtime_ns, sha256)
        self._write(entries)

    def outdate(self, names: Iterable[str]) -> None:
        """Make :meth:`fresh` answer ``None`` for ``names`` while :meth:`recorded` keeps their hashes."""
        entries = self._read()
        for name in set(names) & set(entries):
            entries[name] = _Entry(-1, -1, entries[name].sha256)
        self._write(entries)

    def _read(self) -> dict[str, _Entry]:
        try:
            stored = json.loads(self._path.read_text(encoding="utf-8"))
            return {name: _Entry(**entry) for name, entry in stored.items()}
        except (OSError, ValueError, TypeError, AttributeError):  # absent or damaged: hashes are computed again
            return {}

    def _write(self, entries: Mapping[str, _Entry]) -> None:
        text = json.dumps({name: asdict(entry) for name, entry in entries.items()}, indent=1)
        partial = self._path.with_name(f"{self._path.name}.{os.getpid()}.tmp")
        with contextlib.suppress(OSError):  # in a read-only cache the hash is computed at each start
            self._path.parent.mkdir(parents=True, exist_ok=True)
            partial.write_text(text, encoding="utf-8")
            partial.replace(self._path)
