"""What a claim shares with its evidence, as numbers for a fitted model.

Word coverage is the strongest single signal of support for sentences that stay near their source.
"""

from __future__ import annotations

from collections.abc import Set
from itertools import pairwise

from qa.text.denial import negates
from qa.text.names import unknown_names
from qa.text.quantities import unknown_numbers
from qa.text.words import content_stems


def coverage(claim: str, text: str) -> float:
    """The share of the content words of ``claim`` that ``text`` has; 1 where it has none to find."""
    return share(set(content_stems(claim)), set(content_stems(text)))


def share(wanted: Set[str], found: Set[str]) -> float:
    """The share of ``wanted`` that is ``found``; 1 where nothing is wanted."""
    return len(wanted & found) / len(wanted) if wanted else 1.0


def is_extract(claim: str, text: str) -> bool:
    """Whether the content words of ``claim`` all stand in ``text``, in the same order."""
    rest = iter(content_stems(text))
    return all(stem in rest for stem in content_stems(claim))


def overlap_features(claim: str, text: str) -> dict[str, float]:
    """The overlap as numbers for a fitted model: shares in [0, 1], and counts of what is missing."""
    said, found = content_stems(claim), content_stems(text)
    runs, found_runs = set(pairwise(said)), set(pairwise(found))
    return {
        "coverage": share(set(said), set(found)),
        "bigrams": len(runs & found_runs) / len(runs) if runs else 1.0,
        "unknown_numbers": float(min(2, len(unknown_numbers(claim, text)))),
        "unknown_names": float(min(2, len(unknown_names(claim, text)))),
        "negation_new": float(negates(claim) and not negates(text)),
    }
