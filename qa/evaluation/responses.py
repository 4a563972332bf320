"""Responses: what a system said to a case, in a form that any system can write, for one ruler to measure all."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from qa.errors import CaseError
from qa.evaluation.cases import Names, locate, numbered_records, reported_json, reported_of
from qa.evaluation.metrics.speakers import Reported
from qa.types import Answer, Article, Attribution, Citation, Hit, Summary


class Cited(NamedTuple):
    """Words that a sentence cites: ``article`` is its id; place and article are ``None`` where they are not known."""

    quote: str
    article: str | None = None
    start: int | None = None
    end: int | None = None
    speaker: str | None = None
    support: float | None = None


class Told(NamedTuple):
    """A sentence of a response, without marks; ``voice`` is whose word it tells, in a summary: a `qa.types.Voice`."""

    text: str
    citations: tuple[Cited, ...] = ()
    voice: str | None = None


class Place(NamedTuple):
    """A passage that was retrieved."""

    article: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Response:
    """What was said to the case ``id``; without sentences, it abstains.

    ``score`` is how sure the system is, the higher the surer. ``marks`` counts the citation marks in the raw output of
    the model, ``invalid_marks`` those of them that name nothing it was shown; ``dropped`` the sentences withheld.
    ``nearest`` are words offered instead of an answer, ``retrieved`` the passages found, both best first, ``said`` who
    is found to say what in an article. What is ``None`` was not measured. ``error`` is why there is no response at all.
    """

    id: str
    sentences: tuple[Told, ...] = ()
    score: float | None = None
    reason: str | None = None
    marks: int | None = None
    invalid_marks: int | None = None
    dropped: int | None = None
    nearest: tuple[Cited, ...] | None = None
    retrieved: tuple[Place, ...] | None = None
    said: tuple[Reported, ...] | None = None
    seconds: float | None = None
    first_sentence_seconds: float | None = None
    prompt_tokens: int | None = None
    output_tokens: int | None = None
    error: str | None = None

    @property
    def answered(self) -> bool:
        """Whether anything is said."""
        return bool(self.sentences)

    @property
    def text(self) -> str:
        """All that is said."""
        return " ".join(sentence.text for sentence in self.sentences)

    @property
    def citations(self) -> tuple[Cited, ...]:
        """Everything cited, in order; the same words for two sentences count twice."""
        return tuple(cited for sentence in self.sentences for cited in sentence.citations)


def response_of(case_id: str, answer: Answer, retrieved: Sequence[Hit]) -> Response:
    """The response that ``answer`` is; ``retrieved`` are the passages found for it, best first."""
    timings = answer.timings
    first = timings.first_sentence_ms
    return Response(
        id=case_id,
        sentences=tuple(Told(sentence.text, _all_cited(sentence.citations)) for sentence in answer.sentences),
        score=answer.score,
        reason=answer.reason,
        marks=answer.marks,
        invalid_marks=answer.invalid_marks,
        dropped=len(answer.dropped),
        nearest=_all_cited(answer.nearest) if answer.abstained else None,
        retrieved=places(retrieved),
        seconds=timings.total_ms / 1000,
        first_sentence_seconds=first / 1000 if first is not None else None,
        prompt_tokens=timings.prompt_tokens,
        output_tokens=timings.output_tokens,
    )


def summary_response(case_id: str, summary: Summary) -> Response:
    """The response that ``summary`` is."""
    timings = summary.timings
    first = timings.first_sentence_ms
    return Response(
        id=case_id,
        sentences=tuple(Told(one.text, _all_cited(one.citations), one.voice) for one in summary.sentences),
        dropped=len(summary.dropped),
        seconds=timings.total_ms / 1000,
        first_sentence_seconds=first / 1000 if first is not None else None,
        prompt_tokens=timings.prompt_tokens,
        output_tokens=timings.output_tokens,
    )


def speech_response(case_id: str, text: str, attributions: Sequence[Attribution], seconds: float) -> Response:
    """The response that the ``attributions`` found in ``text`` are."""
    said = tuple(
        Reported(one.content, text[slice(*one.source)] if one.source else None, one.kind) for one in attributions
    )
    return Response(id=case_id, said=said, seconds=seconds)


def _all_cited(citations: Sequence[Citation]) -> tuple[Cited, ...]:
    return tuple(Cited(c.quote, c.article_id, c.start, c.end, c.speaker, c.support) for c in citations)


def places(hits: Sequence[Hit]) -> tuple[Place, ...]:
    """Where the passages ``hits`` lie."""
    return tuple(Place(hit.passage.article_id, hit.passage.start, hit.passage.end) for hit in hits)


def response_json(response: Response) -> dict[str, Any]:
    """The form that `read_responses` reads."""
    fields = {field.name: getattr(response, field.name) for field in dataclasses.fields(response)}
    fields["sentences"] = [
        {
            "text": told.text,
            "citations": [cited._asdict() for cited in told.citations],
            **({"voice": told.voice} if told.voice else {}),
        }
        for told in response.sentences
    ]
    if response.said is None:
        del fields["said"]
    else:
        fields["said"] = [reported_json(one) for one in response.said]
    if response.nearest is not None:
        fields["nearest"] = [cited._asdict() for cited in response.nearest]
    if response.retrieved is not None:
        fields["retrieved"] = [list(place) for place in response.retrieved]
    return fields


def read_responses(path: Path, articles: Names) -> list[Response]:
    """The responses in a file of JSON Lines, as any system may write it.

    A line is ``{"id", "sentences": [{"text", "citations": [{"quote", "article", "start", "end"}, …]}, …]}`` and at will
    the other fields of `Response`. ``article`` is an id or the name of a file; where place or article are left out, the
    quotation is looked for in ``articles``, white space aside, and what occurs nowhere or twice stays without a place.

    Raises:
        CaseError: a line is not of that form; the message names file and line.
    """
    found = []
    for number, record in numbered_records(path):
        try:
            found.append(_response(record, articles))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise CaseError(f"{path}, line {number}: not a response ({error}); see `qa eval score --help`") from error
    return found


def _response(record: Mapping[str, Any], articles: Names) -> Response:
    known = {field.name for field in dataclasses.fields(Response)}
    if unknown := sorted(set(record) - known):
        raise ValueError(f"unknown key {unknown[0]!r}")
    if "id" not in record:
        raise ValueError("it has no id")
    told = tuple(
        Told(
            str(sentence["text"]),
            tuple(_cited(cited, articles) for cited in sentence.get("citations", ())),
            sentence.get("voice"),
        )
        for sentence in record.get("sentences", ())
    )
    retrieved, nearest, said = (record.get(name) for name in ("retrieved", "nearest", "said"))
    _check(record)
    nested = {"id", "sentences", "nearest", "retrieved", "said"}
    plain = {name: record[name] for name in known - nested if name in record}
    return Response(
        id=str(record["id"]),
        sentences=told,
        nearest=None if nearest is None else tuple(_cited(cited, articles) for cited in nearest),
        retrieved=None if retrieved is None else tuple(_place(place, articles) for place in retrieved),
        said=None if said is None else tuple(map(reported_of, said)),
        **plain,
    )


_COUNTS = ("marks", "invalid_marks", "dropped", "prompt_tokens", "output_tokens")
_NUMBERS = ("score", "seconds", "first_sentence_seconds")


def _check(record: Mapping[str, Any]) -> None:
    """Refuse values that no measure could use; ``None`` is not measured, and always allowed."""
    for name in _COUNTS:
        if (value := record.get(name)) is not None and (type(value) is not int or value < 0):
            raise ValueError(f"{name} must be a whole number")
    for name in _NUMBERS:
        value = record.get(name)
        if value is not None and (type(value) not in (int, float) or not math.isfinite(value)):
            raise ValueError(f"{name} must be a number")
    for name in ("reason", "error"):
        if not isinstance(record.get(name), (str, type(None))):
            raise ValueError(f"{name} must be a text")
    if (record.get("invalid_marks") or 0) > (record.get("marks") or record.get("invalid_marks") or 0):
        raise ValueError("there are more invalid_marks than marks")


def _place(place: Sequence[Any], articles: Names) -> Place:
    name, start, end = place
    article = articles.get(name)
    if not _is_span(start, end, article):
        raise ValueError(f"retrieved: {name}[{start}:{end}] is no place in an article")
    return Place(article.id if article is not None else str(name), start, end)


def _is_span(start: object, end: object, article: Article | None) -> bool:
    if type(start) is not int or type(end) is not int or not 0 <= start < end:
        return False
    return article is None or end <= len(article.text)


def _cited(cited: Mapping[str, Any], articles: Names) -> Cited:
    quote, name = cited["quote"], cited.get("article")
    if not isinstance(quote, str):
        raise ValueError("a quote must be a text")
    start, end = cited.get("start"), cited.get("end")
    article = articles.get(name) if name is not None else None
    if start is None or end is None:
        candidates = [article] if article is not None else _distinct(articles) if name is None else []
        spans = [(one, place) for one in candidates if (place := locate(quote, one.text)) is not None]
        if len(spans) == 1:
            ((article, (start, end)),) = spans
    elif not _is_span(start, end, article):
        start = end = None  # no place in the article: it would touch whatever it likes
    identity = article.id if article is not None else name
    return Cited(quote, identity, start, end, cited.get("speaker"), cited.get("support"))


def _distinct(articles: Names) -> list[Article]:
    return list({article.id: article for article in articles.values()}.values())
