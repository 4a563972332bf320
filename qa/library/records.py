"""What the library reports: what became of an article, and its own size and provenance."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from qa.types import Article


class Outcome(StrEnum):
    """What adding an article came to."""

    ADDED = "added"
    UNCHANGED = "unchanged"
    REPLACED = "replaced"


class Added(NamedTuple):
    """An article offered to the library, what became of it, and how many passages were embedded for it."""

    article: Article
    outcome: Outcome
    passages: int


class Deleted(NamedTuple):
    """An article that was deleted, and its place among the others: with both it can be put back as it was."""

    article: Article
    place: int


@dataclass(frozen=True, slots=True)
class LibraryStats:
    """Sizes of a library and what made its vectors; ``bytes`` is what the folder takes on disk."""

    articles: int
    passages: int
    words: int
    outlets: int
    first_date: str | None
    last_date: str | None
    embedder: str | None
    dimension: int | None
    generation: int
    bytes: int
