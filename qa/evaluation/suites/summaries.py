"""Articles to be summarized: our own, others' news, news with people's attributions, and events with a neutral text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from qa.errors import CaseError
from qa.evaluation.cases import Case
from qa.evaluation.measures import SUMMARIES
from qa.evaluation.suites import polnear, seeds
from qa.evaluation.suites.files import article, find, read_lines, read_text
from qa.evaluation.suites.suite import Suite, Task
from qa.types import Article

NEWS = ("giveme5w1h_news.jsonl", "news.jsonl")
ALLSIDES = ("allsides_val.source", "val.source"), ("allsides_val.target", "val.target")

_LEAST_WORDS, _MOST_WORDS = 150, 3000  # fewer are a caption, more are several articles
_PART = re.compile(r"TITLE=>\s*(?P<title>.*?)\s*ARTICLE=>\s*(?P<text>.*)", re.DOTALL)


def of_seeds(_: Path) -> Suite:
    """The seed articles."""
    articles = seeds.load().articles
    return _suite("summaries", [_case(one) for one in articles], articles)


def of_news(data: Path) -> Suite:
    """The articles in a file of JSON Lines with ``title``, ``text``, ``source_domain`` and ``date_publish``."""
    articles: dict[str, Article] = {}
    for record in read_lines(find(data, NEWS)):
        if record["text"] and _LEAST_WORDS <= len(record["text"].split()) <= _MOST_WORDS:
            date = (record.get("date_publish") or "")[:10] or None
            found = article(record["text"], record["title"], record.get("source_domain"), date)
            articles.setdefault(found.id, found)
    return _suite("summaries-news", [_case(one) for one in articles.values()], tuple(articles.values()))


def of_polnear(data: Path) -> Suite:
    """The articles of PolNeAR, in which people marked who says what."""
    records = list(read_lines(find(data, polnear.FILES)))
    articles = [polnear.article_of(record) for record in records]
    cases = [
        Case(
            id=record["id"],
            question=_asked(one.title),
            kind=polnear.publisher(record),
            articles=(one.id,),
            said=tuple(polnear.annotated(record)),
            cluster=one.id,
        )
        for record, one in zip(records, articles, strict=True)
    ]
    return _suite("summaries-polnear", cases, tuple(articles))


def of_allsides(data: Path) -> Suite:
    """Events told by three outlets, with the neutral text of AllSides' editors, as in NeuS (Lee et al. 2022)."""
    sources, targets = (
        [line for line in read_text(find(data, names)).split("\n") if line.strip()] for names in ALLSIDES
    )
    if len(sources) != len(targets):
        raise CaseError(f"{data}: {len(sources)} lines of sources, but {len(targets)} of targets; get the files again")
    held: dict[str, Article] = {}
    cases = []
    for number, (source, target) in enumerate(zip(sources, targets, strict=True), start=1):
        told = [held.setdefault(one.id, one) for one in (article(text, title) for title, text in _parts(source))]
        (title, reference), *_ = _parts(target)
        about = tuple(dict.fromkeys(one.id for one in told))
        cases.append(
            Case(str(number), _asked(title), "event", articles=about, reference=reference, cluster=str(number))
        )
    return _suite("allsides", cases, tuple(held.values()))


def _parts(line: str) -> list[tuple[str, str]]:
    """The titles and texts in a line, in order."""
    found = [match for part in line.split("[SEP]") if (match := _PART.search(part))]
    parts = [(match["title"].rstrip("."), match["text"].strip()) for match in found]
    return [(title, text) for title, text in parts if title and text]


def _case(one: Article) -> Case:
    return Case(one.id[:12], _asked(one.title), one.outlet or "no outlet", articles=(one.id,), cluster=one.id)


def _asked(title: str) -> str:
    return f"Summarize “{title}”"


def _suite(name: str, cases: Sequence[Case], articles: tuple[Article, ...]) -> Suite:
    return Suite(name, articles, tuple(cases), SUMMARIES, task=Task.SUMMARIES)
