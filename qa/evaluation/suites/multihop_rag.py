"""MultiHop-RAG (Tang & Yang 2024): questions over several news articles each, with the facts that answer them."""

from __future__ import annotations

from pathlib import Path

from qa.evaluation.cases import Case
from qa.evaluation.suites.files import article, find, gold_spans, read_json
from qa.evaluation.suites.suite import Suite

CORPUS = ("corpus.json",)
QUESTIONS = ("MultiHopRAG.json",)
_NONE = "null_query"


def load(data: Path) -> Suite:
    """The suite of both files in the folder ``data``; each fact is a group of evidence."""
    folder = data.parent if data.is_file() else data
    texts = {
        row["url"]: article(row["body"], row["title"], row.get("source"), row.get("published_at"))
        for row in read_json(find(folder, CORPUS))
    }
    cases = []
    for number, row in enumerate(read_json(find(folder, QUESTIONS)), start=1):
        answerable = row["question_type"] != _NONE
        facts = row["evidence_list"] if answerable else []
        groups = (gold_spans([fact["fact"]], texts[fact["url"]]) for fact in facts if fact["url"] in texts)
        cases.append(
            Case(
                id=str(number),
                question=row["query"].strip(),
                kind=row["question_type"],
                answerable=answerable,
                answers=(row["answer"],) if answerable else (),
                evidence=tuple(group for group in groups if group),
                cluster=facts[0]["url"] if facts else str(number),
            )
        )
    return Suite("multihop-rag", tuple(texts.values()), tuple(cases))
