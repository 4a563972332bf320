"""The seam between the model store and wherever model files come from."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from qa.errors import DownloadError
from qa.models.presets import Preset


class Progress(Protocol):
    """Whom a long transfer tells how far it is."""

    def start(self, total_bytes: int, what: str) -> None:
        """A stage of ``total_bytes`` begins (0: unknown); it replaces the one before."""

    def advance(self, n: int) -> None:
        """``n`` more bytes of the stage are done."""

    def note(self, message: str) -> None:
        """Something to tell the user in one line."""


class NullProgress:
    """Progress that nobody watches."""

    def start(self, total_bytes: int, what: str) -> None:
        """Nothing."""

    def advance(self, n: int) -> None:
        """Nothing."""

    def note(self, message: str) -> None:
        """Nothing."""


def free_bytes(folder: Path) -> int:
    """The bytes that may still be written under ``folder``, which exists."""
    return shutil.disk_usage(folder).free


@dataclass(frozen=True, slots=True)
class Workspace:
    """Where a source works: ``folder`` outlives interruptions, so what is whole in it need not be fetched again."""

    folder: Path
    progress: Progress
    free_bytes: Callable[[Path], int] = free_bytes

    def require(self, needed: int) -> None:
        """Make sure that ``needed`` more bytes fit.

        Raises:
            DownloadError: they do not.
        """
        free = self.free_bytes(self.folder)
        if free < needed:
            raise DownloadError(
                f"{_gigabytes(needed)} must be free under {self.folder}, but only {_gigabytes(free)} are; "
                "free some space, or set `cache` (QA_CACHE) to a folder on a larger disk"
            )


class SourceError(Exception):
    """Why a source cannot deliver, in a few words; the store then asks the next one."""


class Source(Protocol):
    """Somewhere model files can be had."""

    @property
    def name(self) -> str:
        """What error messages call it."""

    def fetch(self, preset: Preset, work: Workspace) -> Mapping[str, str]:
        """The verified SHA-256 of each file of ``preset``, which now lies whole in ``work.folder`` under its name.

        Raises:
            SourceError: this source cannot deliver, now or ever.
            HashMismatchError: it delivered other bytes than the published ones; they are removed.
            DownloadError: no source could succeed here, for instance for want of disk space.
        """


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB"
