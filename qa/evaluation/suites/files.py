"""Reading the files of public sets as their makers publish them, zipped or not, and finding gold words in articles."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from qa.errors import CaseError
from qa.evaluation.cases import Gold
from qa.ingest.draft import Draft, finish
from qa.types import STDIN, Article


def find(data: Path, names: Sequence[str]) -> Path:
    """The first of the files ``names`` that is in the folder ``data``, zipped or not; or ``data``, if it is a file.

    Raises:
        CaseError: none is.
    """
    if data.is_file():
        return data
    for name in names:
        for candidate in (data / name, data / f"{name}.gz"):
            if candidate.is_file():
                return candidate
    raise CaseError(f"{data} has none of {', '.join(names)}; `qa eval suites` says where to get it")


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a file of JSON Lines."""
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if line.strip():
            try:
                yield json.loads(line)
            except ValueError as error:
                raise CaseError(f"{path}, line {number}: not JSON; get the file again") from error


def read_json(path: Path) -> Any:
    """The value of a JSON file."""
    try:
        return json.loads(read_text(path))
    except ValueError as error:
        raise CaseError(f"{path} is not JSON; get the file again") from error


def read_text(path: Path) -> str:
    """The text of a file, zipped or not."""
    try:
        data = path.read_bytes()
        return (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise CaseError(f"{path} cannot be read: {error}; get the file again") from error


def article(text: str, title: str, outlet: str | None = None, date: str | None = None) -> Article:
    """The article that ``text`` is, as ingest makes it."""
    # Not the title as its source: an article replaces the one before it from the same source.
    return finish(Draft(text=text, title=title, outlet=outlet, date=date), title, STDIN)


def gold_spans(quotes: Iterable[str], where: Article, near: int | None = 0) -> tuple[Gold, ...]:
    """Where each of ``quotes`` stands in the article, white space aside: the place nearest to ``near``, or every place.

    Ingest may have moved the words of a set by a few characters. What is not there is left out, and what is quoted
    twice comes once.
    """
    found: dict[Gold, None] = {}
    for quote in quotes:
        words = r"\s+".join(re.escape(word) for word in quote.split())
        matches = list(re.finditer(words, where.text)) if words else []
        if matches and near is not None:
            matches = [min(matches, key=lambda one: abs(one.start() - near))]
        for match in matches:
            found[Gold(where.id, match.start(), match.end(), match.group())] = None
    return tuple(found)
