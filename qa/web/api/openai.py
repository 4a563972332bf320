"""``/v1``: the library in the form of a chat model, for programs that speak OpenAI's protocol.

The last message of the user is the question, read with those before it, which the reply then begins with; the answer
comes from the library alone, with marks like ``[1]`` in it and an annotation to each of them. Parameters that would
change nothing are ignored.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import pairwise
from typing import Literal

from fastapi import FastAPI, Request
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from qa.answering.answer import Event
from qa.answering.follow_up import read_follow_up, turn_in_text
from qa.answering.mentions import Turn
from qa.errors import QuestionError
from qa.jsonable import Json
from qa.models.generators.asking import Pending
from qa.types import Answer, Sentence, Span, Timings
from qa.web.api.body import JSON_BODY, BodyLimit
from qa.web.api.context import Api
from qa.web.api.events import COMMENT, EventStream, broken_silence, sse
from qa.web.api.problems import install_problems, retry_header
from qa.web.api.schemas import Problem
from qa.web.api.threads import Steps
from qa.web.render import article_url
from qa.wording import DISAGREEMENT

MODEL = "citewire"

_INVALID = "invalid_request_error"
_DONE = b"data: [DONE]\n\n"


class _Part(BaseModel):
    type: str
    text: str = ""


class _Message(BaseModel):
    role: str
    content: str | list[_Part] | None = None

    @property
    def text(self) -> str:
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.type == "text")
        return self.content or ""


class _StreamOptions(BaseModel):
    include_usage: bool = False


class _Chat(BaseModel):
    """A request; what is not named here is ignored."""

    messages: list[_Message] = Field(min_length=1)
    n: int | None = None
    stream: bool | None = None
    stream_options: _StreamOptions | None = None

    @property
    def question(self) -> str:
        """The last message of the user.

        Raises:
            QuestionError: there is none.
        """
        for message in reversed(self.messages):
            if message.role == "user":
                return message.text
        raise QuestionError("there is no message of the user: ask something")

    @property
    def turns(self) -> list[Turn]:
        """The questions before the last, each with its answer."""
        said = [message for message in self.messages if message.role in ("user", "assistant")]
        last = max((place for place, message in enumerate(said) if message.role == "user"), default=0)
        return [
            turn_in_text(asked.text, replied.text)
            for asked, replied in pairwise(said[:last])
            if (asked.role, replied.role) == ("user", "assistant")
        ]


def openai_app(api: Api) -> FastAPI:
    """The app to mount at ``/v1``."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.add_middleware(BodyLimit, settings=api.settings)
    install_problems(app, api.problems, _error_response)
    since = int(time.time())
    model = {"id": MODEL, "object": "model", "created": since, "owned_by": MODEL}

    @app.get("/models")
    async def models() -> Json:
        return {"object": "list", "data": [model]}

    @app.get("/models/{name:path}")
    async def read_model(name: str) -> Json:
        if name != MODEL:
            raise HTTPException(HTTPStatus.NOT_FOUND, f"there is no model {name!r} here, only {MODEL!r}")
        return model

    @app.post("/chat/completions", dependencies=[JSON_BODY])
    async def complete(request: Request, chat: _Chat) -> Response:
        if chat.n is not None and chat.n != 1:
            raise HTTPException(HTTPStatus.BAD_REQUEST, "n must be 1: there is one answer to a question")
        asked = " ".join(chat.question.split())
        reading = read_follow_up(asked, chat.turns)
        steps = api.ask(reading.question)
        text = _Text(str(request.base_url).removesuffix("/").removesuffix("/v1"))
        if reading.question != asked:
            text.content = f"Read as: {reading.question}\n\n"
        if chat.stream:
            first = await steps.first(request)
            usage = bool(chat.stream_options and chat.stream_options.include_usage)
            return EventStream(_frames(api, first, steps, text, usage, request.url.path), steps)
        answer = await steps.last(request)
        assert isinstance(answer, Answer)  # noqa: S101 - a stream ends with one
        for sentence in answer.sentences:
            text.add(sentence)
        text.end(answer)
        message = {"role": "assistant", "content": text.content, "refusal": None, "annotations": text.annotations}
        return JSONResponse(
            {
                **_head("chat.completion"),
                "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
                "usage": _usage(answer.timings),
            }
        )

    return app


@dataclass(slots=True)
class _Text:
    """What has been said so far, with its annotations; offsets count Unicode code points of ``content``."""

    base: str
    content: str = ""
    annotations: list[Json] = field(default_factory=list)

    def add(self, sentence: Sentence) -> tuple[str, list[Json]]:
        """What ``sentence`` adds: its text with marks, and an annotation for each mark."""
        before, known = len(self.content), len(self.annotations)
        self.content += f"{' ' if self.annotations else ''}{sentence.text} "
        for citation in sentence.citations:
            start = len(self.content)
            self.content += f"[{citation.mark}]"
            url = self.base + article_url(citation.article_id, Span(citation.start, citation.end))
            self.annotations.append(
                {
                    "type": "url_citation",
                    "url_citation": {
                        "start_index": start,
                        "end_index": len(self.content),
                        "url": url,
                        "title": citation.title,
                    },
                }
            )
        return self.content[before:], self.annotations[known:]

    def end(self, answer: Answer) -> str:
        """What the whole ``answer`` adds: why there is none, or that sources disagree."""
        last = answer.message or "" if answer.abstained else f"\n\n{DISAGREEMENT}" if answer.disagreement else ""
        self.content += last
        return last


async def _frames(
    api: Api, first: Event, steps: Steps[Event], text: _Text, usage: bool, path: str
) -> AsyncIterator[bytes]:
    head = _head("chat.completion.chunk")

    def chunk(delta: Json, finish: Literal["stop"] | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return sse({**head, "choices": [choice], **({"usage": None} if usage else {})})

    try:
        yield chunk({"role": "assistant", "content": text.content})
        async for step in broken_silence(steps):
            match step:
                case bytes() | Pending():
                    yield COMMENT
                case Sentence():
                    added, annotations = text.add(step)
                    yield chunk({"content": added, "annotations": annotations})
                case Answer():
                    if added := text.end(step):
                        yield chunk({"content": added})
                    yield chunk({}, "stop")
                    if usage:
                        yield sse({**head, "choices": [], "usage": _usage(step.timings)})
        yield _DONE
    except Exception as error:
        yield sse(_error_json(api.problems.of(error, path)))


def _head(kind: str) -> Json:
    return {"id": f"chatcmpl-{secrets.token_hex(12)}", "object": kind, "created": int(time.time()), "model": MODEL}


def _usage(timings: Timings) -> Json:
    return {
        "prompt_tokens": timings.prompt_tokens,
        "completion_tokens": timings.output_tokens,
        "total_tokens": timings.prompt_tokens + timings.output_tokens,
        "prompt_tokens_details": {"cached_tokens": timings.cached_tokens},
    }


def _error_json(problem: Problem) -> Json:
    server = problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    parameter = problem.errors[0].pointer.split("/")[2:3] if problem.errors else []
    return {
        "error": {
            "message": problem.detail,
            "type": "server_error" if server else _INVALID,
            "param": parameter[0] if parameter else None,
            "code": _code(problem),
        }
    }


def _code(problem: Problem) -> str | None:
    return problem.type.rpartition(":")[2].replace("-", "_") if problem.type.startswith("urn:") else None


def _error_response(problem: Problem, headers: dict[str, str] | None) -> Response:
    status = HTTPStatus.BAD_REQUEST if problem.status == HTTPStatus.UNPROCESSABLE_ENTITY else problem.status
    return JSONResponse(_error_json(problem), status, {**retry_header(problem), **(headers or {})})
