"""Cases: questions with what a right answer must cite, read from JSON Lines and checked against the articles."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from qa.errors import CaseError
from qa.evaluation.metrics.speakers import Reported
from qa.types import Article, Span

_CASE_KEYS = {"id", "kind", "question", "answers", "evidence", "speaker", "answerable"}


class Gold(NamedTuple):
    """Words of an article that a right answer may cite: ``text[start:end] == quote``; ``article`` is its id."""

    article: str
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class Case:
    """A question and what is known of its answer.

    ``answers`` are accepted short answers. ``evidence`` are groups of alternative spans: a full answer cites something
    that touches one span of every group. ``speaker`` is who says the quoted words, ``anonymous: …`` with the article's
    description, or ``None`` where that is not asked. Cases of one ``cluster`` share an article and stay together where
    cases are divided.

    A case about whole ``articles`` (ids) has, where people wrote that down, who says what in them (``said``) and a
    neutral summary of them (``reference``).
    """

    id: str
    question: str
    kind: str = "question"
    answerable: bool = True
    answers: tuple[str, ...] = ()
    evidence: tuple[tuple[Gold, ...], ...] = ()
    speaker: str | None = None
    cluster: str = ""
    articles: tuple[str, ...] = ()
    said: tuple[Reported, ...] | None = None
    reference: str | None = None


Names = Mapping[str, Article]
"""Articles under the names that a case or a response may give them: their ids, and the names of their files."""


def names_of(articles: Iterable[Article]) -> dict[str, Article]:
    """``articles`` under their ids and under the last part of where they came from."""
    found: dict[str, Article] = {}
    for article in articles:
        found[article.id] = found[Path(article.source).name] = article
    return found


def names_of_files(articles: Mapping[Path, Article]) -> dict[str, Article]:
    """The articles of files under their ids and the names of the files, whatever source an article names in itself."""
    return {name: article for path, article in articles.items() for name in (article.id, path.name)}


def read_cases(path: Path, articles: Names) -> list[Case]:
    """The cases in the file ``path`` about ``articles``, each span checked.

    A line is an object with ``question``, and at will ``id``, ``kind``, ``answers``, ``evidence``, ``speaker`` and
    ``answerable`` (without it, a case is answerable that has answers or evidence). ``evidence`` is a list of groups of
    spans ``{"article", "start", "end", "quote"}``; ``article`` is the id of an article or the name of its file, and
    ``start`` and ``end`` may be left out where the quotation occurs in it only once.

    Raises:
        CaseError: a line is not of that form, or a span is not in its article; the message names file and line.
    """
    cases: list[Case] = []
    seen: set[str] = set()
    for number, record in numbered_records(path):
        try:
            case = _case(record, number, articles)
        except ValueError as error:
            raise CaseError(f"{path}, line {number}: {error}") from error
        if case.id in seen:
            raise CaseError(f"{path}, line {number}: the id {case.id!r} is there twice; ids must differ")
        seen.add(case.id)
        cases.append(case)
    if not cases:
        raise CaseError(f"{path}: there is no case in it; write one JSON object a line")
    return cases


def numbered_records(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The JSON objects of a JSON Lines file with their line numbers; empty lines are passed over.

    Raises:
        CaseError: the file cannot be read, or a line is no JSON object.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise CaseError(f"{path} cannot be read: {error}; give a UTF-8 file of JSON Lines") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError as error:
            raise CaseError(f"{path}, line {number}: not JSON ({error}); write one object a line") from error
        if not isinstance(record, dict):
            raise CaseError(f"{path}, line {number}: not a JSON object; write one object a line")
        yield number, record


def case_json(case: Case) -> dict[str, Any]:
    """The form that `read_cases` reads, with what else a case about whole articles has."""
    about: dict[str, Any] = {}
    if case.articles:
        about["articles"] = list(case.articles)
        about["said"] = None if case.said is None else [reported_json(one) for one in case.said]
        about["reference"] = case.reference
    return {
        "id": case.id,
        "kind": case.kind,
        "question": case.question,
        "answerable": case.answerable,
        "answers": list(case.answers),
        "evidence": [[span._asdict() for span in group] for group in case.evidence],
        "speaker": case.speaker,
        **about,
    }


def reported_json(one: Reported) -> dict[str, Any]:
    """The form that `reported_of` reads."""
    return {"content": [list(span) for span in one.content], "source": one.source, "kind": one.kind}


def reported_of(record: Mapping[str, Any]) -> Reported:
    """The attribution that `reported_json` wrote."""
    return Reported(tuple(Span(*span) for span in record["content"]), record["source"], record["kind"])


def locate(quote: str, text: str) -> tuple[int, int] | None:
    """Where ``quote`` stands in ``text``, its white space aside; ``None`` unless it does so exactly once."""
    words = [re.escape(word) for word in quote.split()]
    found = list(re.finditer(r"\s+".join(words), text)) if words else []
    return found[0].span() if len(found) == 1 else None


def _case(record: Mapping[str, Any], number: int, articles: Names) -> Case:
    if unknown := sorted(set(record) - _CASE_KEYS):
        raise ValueError(f"unknown key {unknown[0]!r}; there are {', '.join(sorted(_CASE_KEYS))}")
    question = record.get("question")
    if not isinstance(question, str) or not question.strip():
        raise ValueError("the question is empty; write one, or delete the line")
    answers = record.get("answers", [])
    if not isinstance(answers, list) or not all(isinstance(answer, str) and answer.strip() for answer in answers):
        raise ValueError("answers must be a list of strings")
    evidence = _evidence(record.get("evidence", []), articles)
    clusters = [span.article for group in evidence for span in group]
    speaker = record.get("speaker")
    if speaker is not None and not isinstance(speaker, str):
        raise ValueError("speaker must be a name or null")
    answerable = record.get("answerable", bool(answers or evidence))
    if not isinstance(answerable, bool):
        raise ValueError("answerable must be true or false")
    for name in ("id", "kind"):
        if not isinstance(record.get(name, ""), (str, int)):
            raise ValueError(f"{name} must be a word")
    return Case(
        id=str(record.get("id") or number),
        question=" ".join(question.split()),
        kind=str(record.get("kind") or "question"),
        answerable=answerable,
        answers=tuple(answers),
        evidence=evidence,
        speaker=speaker,
        cluster=clusters[0] if clusters else str(record.get("id") or number),
    )


def _evidence(groups: object, articles: Names) -> tuple[tuple[Gold, ...], ...]:
    if not isinstance(groups, list) or not all(isinstance(group, list) and group for group in groups):
        raise ValueError("evidence must be a list of lists of spans, none of them empty")
    return tuple(tuple(_gold(span, articles) for span in group) for group in groups)


def _gold(span: object, articles: Names) -> Gold:
    if not isinstance(span, dict) or not isinstance(span.get("quote"), str) or not span["quote"].strip():
        raise ValueError("a span needs an article and a quote")
    name, quote = str(span.get("article", "")), span["quote"]
    article = articles.get(name)
    if article is None:
        raise ValueError(f"there is no article {name!r}; name an id or a file, as `qa articles` lists them")
    start, end = span.get("start"), span.get("end")
    if start is None or end is None:
        place = locate(quote, article.text)
        if place is None:
            raise ValueError(f"“{quote[:60]}” does not occur exactly once in {name}; give start and end")
        return Gold(article.id, *place, article.text[slice(*place)])
    if not (isinstance(start, int) and isinstance(end, int) and article.text[start:end] == quote):
        raise ValueError(f"{name}[{start}:{end}] is not “{quote[:60]}”; correct the span, or leave start and end out")
    return Gold(article.id, start, end, quote)
