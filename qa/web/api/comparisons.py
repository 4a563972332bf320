"""Comparisons of articles on one event: the whole as JSON, or what is found as it comes."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from qa.jsonable import Json, comparison_json, shared_point_json, side_json, summary_sentence_json
from qa.models.generators.asking import Pending
from qa.summarizing.compare import ComparisonEvent
from qa.types import Comparison, Contradiction, LonePoint, Reprint, SharedPoint, SummarySentence
from qa.web.api import schemas
from qa.web.api.body import JSON_BODY
from qa.web.api.context import V1, Api
from qa.web.api.events import event_reply, replied, sse

_NAMES = ("waiting", "reprint", "shared", "contradiction", "lone", "sentence", "comparison")
_EVENTS = (
    "Server-sent events, each with JSON: `waiting` with how many come `ahead`; each `reprint`, `shared` point, "
    "`contradiction` and `lone` point; each `sentence` of the round-up once it is proven; then the whole `comparison`; "
    "or an `error` with the problem."
)


def router(api: Api) -> APIRouter:
    """The routes of comparisons."""
    routes = APIRouter(prefix=V1, tags=["comparisons"])

    @routes.post(
        "/comparisons",
        dependencies=[JSON_BODY],
        response_model=schemas.Comparison,
        responses=event_reply("The comparison.", *_NAMES),
        description=f"Compare articles on one event: what they share, contradict and tell alone. {_EVENTS}",
    )
    async def compare(request: Request, wanted: schemas.NewComparison) -> Any:
        steps = api.compare(wanted.articles, wanted.sentences)
        return await replied(api.problems, request, steps, _whole, _frame, stream=wanted.stream)

    return routes


def _whole(last: ComparisonEvent) -> Json:
    assert isinstance(last, Comparison)  # noqa: S101 - a stream ends with one
    return comparison_json(last)


def _frame(step: ComparisonEvent | Pending) -> bytes:
    match step:
        case Pending():
            return sse({"ahead": step.ahead}, "waiting")
        case Reprint():
            return sse({"article_ids": list(step.article_ids), "share": step.share}, "reprint")
        case SharedPoint():
            return sse(shared_point_json(step), "shared")
        case Contradiction():
            sides = [side_json(side) for side in step.sides]
            found = {"kind": step.kind, "disputed": step.disputed, "corrects": step.corrects, "sides": sides}
            return sse(found, "contradiction")
        case LonePoint():
            return sse(side_json(step.side), "lone")
        case SummarySentence():
            return sse(summary_sentence_json(step), "sentence")
        case Comparison():
            return sse(comparison_json(step), "comparison")
