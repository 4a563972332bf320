"""`Suite`: cases with the articles of the library that they are asked over."""

from __future__ import annotations

import hashlib
import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from qa.errors import CaseError
from qa.evaluation.cases import Case, Names, case_json
from qa.evaluation.measures import ANSWERING

if TYPE_CHECKING:
    from qa.types import Article


class Task(StrEnum):
    """What is asked of a system: answers to questions, summaries of articles, or who says what in them."""

    ANSWERS = "answers"
    SUMMARIES = "summaries"
    SPEECH = "speech"


@dataclass(frozen=True, slots=True)
class Suite:
    """Cases, and the articles that they are asked over.

    ``measures`` are the names of what to measure of them; ``names`` are articles under the names that responses of
    other systems may give them; ``task`` is what is asked.
    """

    name: str
    articles: tuple[Article, ...]
    cases: tuple[Case, ...]
    measures: tuple[str, ...] = ANSWERING
    names: Names = field(default_factory=dict)
    task: Task = Task.ANSWERS

    @property
    def corpus_sha256(self) -> str:
        """A hash of the articles, whatever their order."""
        ids = "".join(sorted(article.id for article in self.articles))
        return hashlib.sha256(ids.encode()).hexdigest()

    @property
    def cases_sha256(self) -> str:
        """A hash of the cases: what is asked, and what counts as right."""
        return hashlib.sha256(json.dumps([case_json(case) for case in self.cases]).encode()).hexdigest()

    def __post_init__(self) -> None:
        seen = Counter(case.id for case in self.cases)
        if twice := [name for name, count in seen.items() if count > 1]:
            raise CaseError(f"{self.name}: the id {twice[0]!r} is there twice; ids must differ")

    def sample(self, limit: int | None, seed: int) -> Suite:
        """The suite with at most ``limit`` cases, each kind with its share of them, picked at random by ``seed``."""
        if limit is None or limit >= len(self.cases):
            return self
        kept = _stratified([case.kind for case in self.cases], limit, seed)
        return self.of_cases([self.cases[place] for place in kept])

    def of_cases(self, cases: Sequence[Case]) -> Suite:
        """The suite with ``cases`` alone; of articles that are themselves the cases, no others stay."""
        about = {article for case in cases for article in case.articles}
        articles = tuple(article for article in self.articles if article.id in about) if about else self.articles
        return replace(self, cases=tuple(cases), articles=articles)


def _stratified(kinds: Sequence[str], limit: int, seed: int) -> list[int]:
    """``limit`` places in ``kinds``, in order, so that each kind keeps its share (largest remainders first)."""
    counts = Counter(kinds)
    exact = {kind: count * limit / len(kinds) for kind, count in counts.items()}
    quota = {kind: int(share) for kind, share in exact.items()}
    by_remainder = sorted(counts, key=lambda kind: (quota[kind] - exact[kind], kind))
    for kind in by_remainder[: limit - sum(quota.values())]:
        quota[kind] += 1
    shuffled = list(range(len(kinds)))
    random.Random(seed).shuffle(shuffled)  # noqa: S311 - a sample, not a secret
    kept: list[int] = []
    for place in shuffled:
        if quota[kinds[place]]:
            quota[kinds[place]] -= 1
            kept.append(place)
    return sorted(kept)
