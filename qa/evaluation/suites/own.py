"""Your own cases: a file of JSON Lines beside the articles that it asks about, or about the library in use."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qa.evaluation.cases import Names, names_of_files, read_cases
from qa.evaluation.suites.suite import Suite
from qa.ingest import find_files, read_path

_LARGEST = 20 * 10**6  # bytes


def load(path: Path, articles: Names) -> Suite:
    """The suite of the case file ``path`` over ``articles``, named after it."""
    distinct = {article.id: article for article in articles.values()}
    return Suite(path.stem, tuple(distinct.values()), tuple(read_cases(path, articles)), names=articles)


def articles_beside(path: Path, named: Sequence[Path] = ()) -> Names | None:
    """The articles in the files and folders ``named``, else in ``articles/`` beside ``path``; ``None`` without any."""
    beside = path.parent / "articles"
    places = list(named) or ([beside] if beside.is_dir() else [])
    if not places:
        return None
    return names_of_files({file: read_path(file, max_bytes=_LARGEST) for file in find_files(places)})
