"""PolNeAR (Newell et al. 2018): news on politics in which people marked who says what, with character offsets."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qa.evaluation.cases import Case
from qa.evaluation.measures import SPEECH
from qa.evaluation.metrics.speakers import Reported
from qa.evaluation.suites.files import find, read_lines
from qa.evaluation.suites.suite import Suite, Task
from qa.models.speech_reader import kind_of
from qa.text.quoted import quoted_spans
from qa.types import STDIN, Article, Span

FILES = ("polnear_dev.jsonl", "polnear.jsonl")


def load(data: Path) -> Suite:
    """The suite in a file of JSON Lines with an article each: ``id``, ``text``, ``annotations``; the first one counts.

    The annotations' offsets are those of the text as it stands, so it is taken as it is.
    """
    records = list(read_lines(find(data, FILES)))
    articles = tuple(article_of(record) for record in records)
    cases = tuple(
        Case(
            id=record["id"],
            question=f"Who says what in “{article.title}”?",
            kind=publisher(record),
            articles=(article.id,),
            said=tuple(annotated(record)),
            cluster=article.id,
        )
        for record, article in zip(records, articles, strict=True)
    )
    return Suite("polnear", articles, cases, SPEECH, task=Task.SPEECH)


def article_of(record: Mapping[str, Any]) -> Article:
    """The article of ``record``, its text to the letter."""
    title = record["text"].strip().split("\n", 1)[0]
    return Article(text=record["text"], title=title, source=STDIN)


def publisher(record: Mapping[str, Any]) -> str:
    """Who published it: the first part of its id."""
    return str(record["id"]).split("_", 1)[0]


def annotated(record: Mapping[str, Any]) -> list[Reported]:
    """Who says what in ``record`` by its first annotator, with the kind that the quotation marks make of it."""
    quotations = quoted_spans(record["text"])
    found = []
    for one in record["annotations"][0]["attributions"]:
        content = tuple(sorted(Span(start, end) for start, end, *_ in one["content"]))
        if content:
            source = one["source"][0][2] if one["source"] else None
            found.append(Reported(content, source, kind_of(content, quotations)))
    return found
