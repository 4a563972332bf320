"""Questions of public sets, each with the articles to ask it over, for fitting and measuring the main path."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qa.ingest import find_files, read_path
from qa.ingest.draft import Draft, finish
from qa.training.files import read_jsonl
from qa.types import STDIN, Article

_LARGEST_SEED = 10**6  # bytes


@dataclass(frozen=True, slots=True)
class Case:
    """One question over the library of its set.

    ``answers`` are the accepted short answers and ``evidence`` the gold sentences as the set writes them; both are
    empty where the library does not answer. Cases of one ``group`` share an article and stay together in
    cross-validation.
    """

    suite: str
    id: str
    group: str
    question: str
    answerable: bool
    answers: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Suite:
    """Cases and the articles of the library that they are asked over."""

    name: str
    articles: tuple[Article, ...]
    cases: tuple[Case, ...]


def load_suites(data: Path, cases: int, seed: int) -> list[Suite]:
    """The development suites with ``cases`` answerable and as many unanswerable cases each; ``absent`` has no other."""
    return [squad(data, cases, seed), clapnq(data, cases, seed), absent(data, cases, seed)]


def squad(data: Path, cases: int, seed: int) -> Suite:
    """SQuAD 2.0: one library of all paragraphs; the unanswerable questions were written to look answerable."""
    rows = list(read_jsonl(data / "squad2.jsonl.gz"))
    articles = {row["context"]: _article(row["context"], row["title"].replace("_", " ")) for row in rows}
    picked = [
        row for wanted in (True, False) for row in _sample([r for r in rows if r["answerable"] is wanted], cases, seed)
    ]
    found = (
        Case(
            suite="squad2",
            id=row["id"],
            group=row["title"],
            question=row["question"],
            answerable=row["answerable"],
            answers=tuple(dict.fromkeys(answer["text"] for answer in row["answers"])) if row["answerable"] else (),
        )
        for row in sorted(picked, key=lambda row: (row["title"], row["context"], row["id"]))
    )
    return Suite("squad2", tuple(articles.values()), tuple(found))


def clapnq(data: Path, cases: int, seed: int) -> Suite:
    """CLAP NQ: one library of all passages; questions that people typed into a search engine."""
    articles: dict[str, Article] = {}
    picked: list[Case] = []
    for name, answerable in (("clapnq_answerable", True), ("clapnq_unanswerable", False)):
        rows = list(read_jsonl(data / f"{name}.jsonl.gz"))
        for row in rows:
            for passage in row["passages"]:
                articles.setdefault(passage["text"], _article(passage["text"], passage["title"]))
        picked += [_clapnq_case(row, answerable) for row in _sample(rows, cases, seed)]
    return Suite("clapnq", tuple(articles.values()), tuple(picked))


def _clapnq_case(row: dict[str, Any], answerable: bool) -> Case:
    return Case(
        suite="clapnq",
        id=row["id"],
        group=row["passages"][0]["title"],
        question=row["input"],
        answerable=answerable,
        evidence=tuple(row["output"][0]["selected_sentences"]) if answerable else (),
    )


def absent(data: Path, cases: int, seed: int) -> Suite:
    """Questions of RGB and CLAP NQ over news that never mentions what they ask about."""
    news = [row for row in read_jsonl(data / "giveme5w1h_gold.jsonl.gz") if row["text"]]
    articles = [_article(row["text"], row["title"], row.get("publisher"), row["date_publish"]) for row in news]
    asked = [(f"rgb-{row['id']}", row["query"]) for row in read_jsonl(data / "rgb_en_fact.jsonl.gz")]
    asked = _sample(asked, cases, seed)
    rows = list(read_jsonl(data / "clapnq_answerable.jsonl.gz"))
    found = [Case("absent", key, key, text, False) for key, text in asked]
    for row in _sample(rows, cases, seed + 1):
        found.append(Case("absent", f"clapnq-{row['id']}", row["passages"][0]["title"], row["input"], False))
    return Suite("absent", tuple(articles), tuple(found))


def gold(seeds: Path) -> Suite:
    """The gold questions about the seed articles, kept out of everything that is fitted."""
    articles = tuple(read_path(path, max_bytes=_LARGEST_SEED) for path in find_files([seeds / "articles"]))
    found = (
        Case(
            suite="seeds",
            id=row["id"],
            group=row["id"].split("-")[0],
            question=row["question"],
            answerable=bool(row["evidence"]),
            answers=tuple(row["answers"]),
            evidence=tuple(span["quote"] for group in row["evidence"] for span in group),
        )
        for row in read_jsonl(seeds / "gold.jsonl")
    )
    return Suite("seeds", articles, tuple(found))


def _article(text: str, title: str, outlet: str | None = None, date: str | None = None) -> Article:
    # Not the title as its source: an article replaces the one before it from the same source.
    return finish(Draft(text=text, title=title, outlet=outlet, date=date), title, STDIN)


def _sample(rows: Sequence[Any], most: int, seed: int) -> list[Any]:
    """At most ``most`` of ``rows``, picked at random, in their order."""
    places = range(len(rows))
    return [rows[place] for place in sorted(random.Random(seed).sample(places, min(most, len(rows))))]  # noqa: S311


def by_group(cases: Sequence[Case], folds: int, seed: int) -> Iterator[tuple[list[int], list[int]]]:
    """Places in ``cases`` to fit on and to measure on, for each of ``folds``; groups are never divided."""
    groups = sorted({case.group for case in cases})
    random.Random(seed).shuffle(groups)  # noqa: S311
    for fold in range(folds):
        held = set(groups[fold::folds])
        inside = [place for place, case in enumerate(cases) if case.group not in held]
        yield inside, [place for place, case in enumerate(cases) if case.group in held]
