"""Claims beside evidence, labelled by people: what the support model alone is worth."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from qa.errors import CaseError
from qa.evaluation.suites.files import find, read_lines

FILES = ("support_dev.jsonl", "pairs.jsonl")


class LabelledPair(NamedTuple):
    """A claim, its evidence, the set it comes from, and whether the evidence bears it out."""

    id: str
    source: str
    evidence: str
    claim: str
    supported: bool


def load(data: Path) -> list[LabelledPair]:
    """The pairs in a file of JSON Lines with ``source``, ``evidence``, ``claim`` and ``supported``.

    Raises:
        CaseError: the file is missing or does not have that form.
    """
    path = find(data, FILES)
    try:
        return [
            LabelledPair(str(number), row["source"], row["evidence"], row["claim"], bool(row["supported"]))
            for number, row in enumerate(read_lines(path), start=1)
        ]
    except (KeyError, TypeError) as error:
        raise CaseError(
            f"{path} does not have source, evidence, claim and supported in each line ({error!r})"
        ) from error
