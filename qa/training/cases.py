"""The development suites of the main path, with as many answerable as unanswerable questions each."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from qa.evaluation.cases import Case
from qa.evaluation.suites import clapnq, seeds, squad2
from qa.evaluation.suites.files import article, read_lines
from qa.evaluation.suites.suite import Suite


def load_suites(data: Path, cases: int, seed: int) -> list[Suite]:
    """The development suites with ``cases`` answerable and as many unanswerable cases each; ``absent`` has no other."""
    return [_even(squad2.load(data), cases, seed), _even(clapnq.load(data), cases, seed), absent(data, cases, seed)]


def gold(folder: Path) -> Suite:
    """The gold questions about the seed articles, kept out of everything that is fitted."""
    return seeds.load(folder)


def absent(data: Path, cases: int, seed: int) -> Suite:
    """Questions of RGB and CLAP NQ over news that never mentions what they ask about."""
    news = [row for row in read_lines(data / "giveme5w1h_gold.jsonl.gz") if row["text"]]
    articles = [article(row["text"], row["title"], row.get("publisher"), row["date_publish"]) for row in news]
    asked = [(f"rgb-{row['id']}", row["query"]) for row in read_lines(data / "rgb_en_fact.jsonl.gz")]
    found = [_unanswerable(key, key, text) for key, text in _sample(asked, cases, seed)]
    for row in _sample(list(read_lines(data / "clapnq_answerable.jsonl.gz")), cases, seed + 1):
        found.append(_unanswerable(f"clapnq-{row['id']}", row["passages"][0]["title"], row["input"]))
    return Suite("absent", tuple(articles), tuple(found))


def _unanswerable(key: str, cluster: str, question: str) -> Case:
    return Case(key, question, kind="absent", answerable=False, cluster=cluster)


def _even(suite: Suite, cases: int, seed: int) -> Suite:
    """``suite`` with ``cases`` answerable and as many unanswerable cases, an article's together."""
    picked = [
        case
        for wanted in (True, False)
        for case in _sample([case for case in suite.cases if case.answerable is wanted], cases, seed)
    ]
    return replace(suite, cases=tuple(sorted(picked, key=lambda case: (case.cluster, case.id))))


def _sample(rows: Sequence[Any], most: int, seed: int) -> list[Any]:
    """At most ``most`` of ``rows``, picked at random, in their order."""
    places = range(len(rows))
    return [rows[place] for place in sorted(random.Random(seed).sample(places, min(most, len(rows))))]  # noqa: S311


def by_cluster(clusters: Sequence[str], folds: int, seed: int) -> Iterator[tuple[list[int], list[int]]]:
    """Places in ``clusters`` to fit on and to measure on, for each of ``folds``; a cluster is never divided."""
    names = sorted(set(clusters))
    random.Random(seed).shuffle(names)  # noqa: S311
    for fold in range(folds):
        held = set(names[fold::folds])
        inside = [place for place, cluster in enumerate(clusters) if cluster not in held]
        yield inside, [place for place, cluster in enumerate(clusters) if cluster in held]
