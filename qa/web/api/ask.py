"""Questions: the whole answer as JSON, or its events as they come."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from qa.answering.answer import Event, Evidence
from qa.jsonable import Json, answer_json, passage_json, sentence_json
from qa.models.generators.asking import Pending
from qa.types import Answer, Sentence
from qa.web.api import schemas
from qa.web.api.body import JSON_BODY
from qa.web.api.context import V1, Api
from qa.web.api.events import event_reply, replied, sse

_EVENTS = (
    "Server-sent events, each with JSON: `waiting` with how many come `ahead`, `evidence` with the `passages` that are "
    "read, each `sentence` once it is proven, then the whole `answer`; or an `error` with the problem."
)


def router(api: Api) -> APIRouter:
    """The routes of questions."""
    routes = APIRouter(prefix=V1, tags=["questions"])

    @routes.post(
        "/ask",
        dependencies=[JSON_BODY],
        response_model=schemas.Answer,
        responses=event_reply("The answer.", "waiting", "evidence", "sentence", "answer"),
        description=f"Answer a question, every sentence with the words it rests on. {_EVENTS}",
    )
    async def ask(request: Request, asked: schemas.Question) -> Any:
        where = await api.threads.read(api.where, asked.articles, asked.outlets, asked.since, asked.until)
        steps = api.ask(asked.question, k=asked.k, where=where)
        return await replied(api.problems, request, steps, _whole, _frame, stream=asked.stream)

    return routes


def _whole(last: Event) -> Json:
    assert isinstance(last, Answer)  # noqa: S101 - a stream ends with one
    return answer_json(last)


def _frame(step: Event | Pending) -> bytes:
    match step:
        case Pending():
            return sse({"ahead": step.ahead}, "waiting")
        case Evidence():
            return sse(
                {"passages": [passage_json(mark, hit) for mark, hit in enumerate(step.hits, start=1)]}, "evidence"
            )
        case Sentence():
            return sse(sentence_json(step), "sentence")
        case Answer():
            return sse(answer_json(step), "answer")
