"""RGB (Chen et al. 2024): questions over web snippets, of which some answer, some do not, and some tell it wrongly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from qa.evaluation.cases import Case, Gold
from qa.evaluation.metrics.answers import normalised
from qa.evaluation.suites.files import article, find, gold_spans, read_lines
from qa.evaluation.suites.suite import Suite
from qa.ingest.titles import title_of
from qa.types import Article

FILES = ("en_fact.json", "rgb_en_fact.jsonl", "en.json")


def answerable(data: Path) -> Suite:
    """Questions over the snippets that answer them, among those that do not."""
    return _suite("rgb", data, ("positive", "negative"))


def silent(data: Path) -> Suite:
    """The same questions over the snippets that do not answer them: every answer is wrong.

    Questions whose answer occurs in the snippets of another one are left out.
    """
    suite = _suite("rgb-silent", data, ("negative",))
    answers = {str(row["id"]): _answers(row["answer"]) for row in read_lines(find(data, FILES))}
    whole = " ".join(normalised(one.text) for one in suite.articles)
    known = {name for name, some in answers.items() if any(normalised(answer) in whole for answer in some)}
    return replace(suite, cases=tuple(case for case in suite.cases if case.id not in known))


def conflicting(data: Path) -> Suite:
    """The same questions over snippets of which half were falsified: a full answer cites both versions."""
    return _suite("rgb-conflict", data, ("positive", "positive_wrong"))


def _suite(name: str, data: Path, parts: tuple[str, ...]) -> Suite:
    articles: dict[str, Article] = {}
    cases = []
    for row in read_lines(find(data, FILES)):
        own: list[Article] = []
        for part in parts:
            for text in _texts(row.get(part, ())):
                own.append(articles.setdefault(text, article(text, title_of(text))))
        cases.append(_case(row, own, parts))
    return Suite(name, tuple(articles.values()), tuple(cases))


def _case(row: Mapping[str, Any], own: Iterable[Article], parts: tuple[str, ...]) -> Case:
    kind = {"positive_wrong": "conflicting", "negative": "answerable"}[parts[-1]] if len(parts) > 1 else "unanswerable"
    versions = [_answers(row["answer"])] if kind != "unanswerable" else []
    if kind == "conflicting":
        versions.append(_answers(row["fakeanswer"]))
    groups = [_group(version, own) for version in versions]
    return Case(
        id=str(row["id"]),
        question=row["query"].strip(),
        kind=kind,
        answerable=kind != "unanswerable",
        answers=tuple(versions[0]) if versions else (),
        evidence=tuple(group for group in groups if group),
        cluster=str(row["id"]),
    )


def _group(answers: Iterable[str], own: Iterable[Article]) -> tuple[Gold, ...]:
    return tuple(dict.fromkeys(span for one in own for span in gold_spans(answers, one, None)))


def _texts(value: Iterable[Any]) -> list[str]:
    """The snippets of a field; some are lists of lists."""
    return [text for one in value for text in (one if isinstance(one, list) else [one]) if text.strip()]


def _answers(value: Any) -> list[str]:
    """The accepted answers of a field: a string, or a list of strings or of lists of alternatives."""
    if isinstance(value, str):
        return [value]
    return [text for one in value for text in _answers(one)]
