"""Neutral summaries: the whole as JSON, or its sentences as they come."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from qa.jsonable import Json, summary_json, summary_sentence_json
from qa.models.generators.asking import Pending
from qa.summarizing.summary import SummaryEvent
from qa.types import Summary, SummarySentence
from qa.web.api import schemas
from qa.web.api.body import JSON_BODY
from qa.web.api.context import V1, Api
from qa.web.api.events import event_reply, replied, sse

_EVENTS = (
    "Server-sent events, each with JSON: `waiting` with how many come `ahead`, each `sentence` once it is proven, then "
    "the whole `summary`; or an `error` with the problem."
)


def router(api: Api) -> APIRouter:
    """The routes of summaries."""
    routes = APIRouter(prefix=V1, tags=["summaries"])

    @routes.post(
        "/summaries",
        dependencies=[JSON_BODY],
        response_model=schemas.Summary,
        responses=event_reply("The summary.", "waiting", "sentence", "summary"),
        description=f"Summarize articles neutrally, every sentence under its speaker and with its words. {_EVENTS}",
    )
    async def summarize(request: Request, wanted: schemas.NewSummary) -> Any:
        steps = api.summarize(wanted.articles, wanted.sentences)
        return await replied(api.problems, request, steps, _whole, _frame, stream=wanted.stream)

    return routes


def _whole(last: SummaryEvent) -> Json:
    assert isinstance(last, Summary)  # noqa: S101 - a stream ends with one
    return summary_json(last)


def _frame(step: SummaryEvent | Pending) -> bytes:
    match step:
        case Pending():
            return sse({"ahead": step.ahead}, "waiting")
        case SummarySentence():
            return sse(summary_sentence_json(step), "sentence")
        case Summary():
            return sse(summary_json(step), "summary")
