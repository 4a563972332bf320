"""The project's own cases: questions over its seed articles, written by hand and held out of all training."""

from __future__ import annotations

from pathlib import Path

from qa.errors import CaseError
from qa.evaluation.cases import names_of_files, read_cases
from qa.evaluation.suites.suite import Suite
from qa.ingest import find_files, read_path

_LARGEST = 10**6  # bytes
_PACKAGE = Path(__file__).parents[2]


def folder() -> Path:
    """Where the seed articles and the gold questions lie: beside the package, or inside it once it is installed.

    Raises:
        CaseError: they are not there.
    """
    for candidate in (_PACKAGE.parent / "seeds", _PACKAGE / "seeds"):
        if (candidate / "gold.jsonl").is_file():
            return candidate
    raise CaseError("the seed articles are missing: install citewire anew, or name a case file")


def load(data: Path | None = None) -> Suite:
    """The suite in the folder ``data``, else in that of the package."""
    here = data or folder()
    files = {path: read_path(path, max_bytes=_LARGEST) for path in find_files([here / "articles"])}
    names = names_of_files(files)
    return Suite("seeds", tuple(files.values()), tuple(read_cases(here / "gold.jsonl", names)), names=names)
