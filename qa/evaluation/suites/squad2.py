"""SQuAD 2.0 (Rajpurkar et al. 2018): questions on paragraphs; the unanswerable ones were written to look answerable."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from qa.evaluation.cases import Case
from qa.evaluation.suites.files import article, find, gold_spans, read_json, read_lines
from qa.evaluation.suites.suite import Suite
from qa.types import Article

FILES = ("dev-v2.0.json", "squad2.jsonl")


class _Question(NamedTuple):
    id: str
    title: str
    context: str
    text: str
    answers: list[tuple[str, int]]


def load(data: Path) -> Suite:
    """The suite in the official JSON file, or in JSON Lines with a question each; one library of all paragraphs."""
    articles: dict[str, Article] = {}
    cases = []
    for asked in _questions(find(data, FILES)):
        where = articles.setdefault(asked.context, article(asked.context, asked.title))
        spans = tuple(dict.fromkeys(span for text, start in asked.answers for span in gold_spans([text], where, start)))
        cases.append(
            Case(
                id=asked.id,
                question=asked.text,
                kind="answerable" if asked.answers else "unanswerable",
                answerable=bool(asked.answers),
                answers=tuple(dict.fromkeys(text for text, _ in asked.answers)),
                evidence=(spans,) if spans else (),
                cluster=asked.title,
            )
        )
    return Suite("squad2", tuple(articles.values()), tuple(cases))


def _questions(path: Path) -> Iterator[_Question]:
    if ".jsonl" in path.suffixes:
        for row in read_lines(path):
            yield _question(row, row["title"], row["context"], "start", row["answerable"])
        return
    for subject in read_json(path)["data"]:
        for paragraph in subject["paragraphs"]:
            for row in paragraph["qas"]:
                answerable = not row.get("is_impossible", False)
                yield _question(row, subject["title"], paragraph["context"], "answer_start", answerable)


def _question(row: dict[str, Any], title: str, context: str, start: str, answerable: bool) -> _Question:
    answers = [(answer["text"], int(answer[start])) for answer in row["answers"]] if answerable else []
    return _Question(row["id"], title.replace("_", " "), context, row["question"].strip(), answers)
