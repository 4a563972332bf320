"""CLAP NQ (Rosenthal et al. 2024): questions typed into a search engine, long answers with their gold sentences."""

from __future__ import annotations

from pathlib import Path

from qa.evaluation.cases import Case
from qa.evaluation.suites.files import article, find, gold_spans, read_lines
from qa.evaluation.suites.suite import Suite
from qa.types import Article

ANSWERABLE = ("clapnq_dev_answerable.jsonl", "clapnq_answerable.jsonl")
UNANSWERABLE = ("clapnq_dev_unanswerable.jsonl", "clapnq_unanswerable.jsonl")


def load(data: Path) -> Suite:
    """The suite of both files; one library of all passages, each selected sentence a group of evidence."""
    folder = data.parent if data.is_file() else data
    articles: dict[str, Article] = {}
    cases = []
    for names, answerable in ((ANSWERABLE, True), (UNANSWERABLE, False)):
        for row in read_lines(find(folder, names)):
            own = [articles.setdefault(p["text"], article(p["text"], p["title"])) for p in row["passages"]]
            selected = row["output"][0]["selected_sentences"] if answerable else []
            groups = (tuple(span for one in own for span in gold_spans([text], one)) for text in selected)
            cases.append(
                Case(
                    id=str(row["id"]),
                    question=row["input"].strip(),
                    kind="answerable" if answerable else "unanswerable",
                    answerable=answerable,
                    evidence=tuple(group for group in groups if group),
                    cluster=row["passages"][0]["title"],
                )
            )
    return Suite("clapnq", tuple(articles.values()), tuple(cases))
