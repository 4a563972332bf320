"""Server-sent events: a reply that goes on while an answer is written, and ends it when its reader has gone."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar

import anyio
from fastapi import Request
from fastapi.sse import format_sse_event
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from qa.models.generators.asking import Pending
from qa.web.api.problems import Problems, problem_json
from qa.web.api.threads import Steps

T = TypeVar("T")

MEDIA_TYPE = "text/event-stream"
COMMENT = format_sse_event(comment="waiting")
"""What keeps a connection open that has nothing to say; readers pass it over."""

_SILENCE_SECONDS = 10.0


def sse(data: object, event: str | None = None) -> bytes:
    """One event with ``data`` as JSON.

    In ASCII: some readers take a U+2028 in an article for the end of a line.
    """
    return format_sse_event(data_str=json.dumps(data), event=event)


class EventStream(StreamingResponse):
    """A reply of server-sent ``frames`` made from ``steps``, which are closed with it, however it ends."""

    media_type = MEDIA_TYPE

    def __init__(self, frames: AsyncIterator[bytes], steps: Steps[Any]) -> None:
        super().__init__(frames, headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        self._steps = steps

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the frames as they come."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._steps.aclose()


async def broken_silence(steps: Steps[T], ahead: int | None = None) -> AsyncIterator[T | Pending | bytes]:
    """``steps``; of the times when there is nothing new, those at which the place in the queue is not ``ahead`` still.

    After some seconds of silence comes a `COMMENT`.
    """
    said = anyio.current_time()
    async for step in steps:
        if not isinstance(step, Pending) or (step.ahead is not None and step.ahead != ahead):
            said = anyio.current_time()
            ahead = step.ahead if isinstance(step, Pending) else ahead
            yield step
        elif anyio.current_time() - said >= _SILENCE_SECONDS:
            said = anyio.current_time()
            yield COMMENT


async def frames(
    problems: Problems, first: T | Pending, steps: Steps[T], path: str, frame: Callable[[T | Pending], bytes]
) -> AsyncIterator[bytes]:
    """The frames of ``first`` and of all ``steps`` behind it; of a fault among them, an event ``error``."""
    try:
        yield frame(first)
        async for step in broken_silence(steps, first.ahead if isinstance(first, Pending) else None):
            yield step if isinstance(step, bytes) else frame(step)
    except Exception as error:
        yield sse(problem_json(problems.of(error, path)), "error")


async def replied(
    problems: Problems,
    request: Request,
    steps: Steps[T],
    whole: Callable[[T], Any],
    frame: Callable[[T | Pending], bytes],
    *,
    stream: bool | None,
) -> Any:
    """The reply to ``request``: what ``whole`` makes of the last of ``steps``, or all of them as events.

    Events are wanted as ``stream`` says, else as the header ``Accept`` does. A refusal is no event, but a problem.
    """
    wanted = stream if stream is not None else MEDIA_TYPE in request.headers.get("accept", "").lower()
    if not wanted:
        return whole(await steps.last(request))
    first = await steps.opening(request)
    return EventStream(frames(problems, first, steps, request.url.path, frame), steps)


def event_reply(description: str, *names: str) -> dict[int | str, dict[str, Any]]:
    """A reply as the OpenAPI document has it: JSON, or events called ``names``, the last of them the whole."""
    return {200: {"description": description, "content": {MEDIA_TYPE: {"itemSchema": _event_schema(*names)}}}}


def _event_schema(*names: str) -> dict[str, Any]:
    """The JSON schema of events called ``names``, or ``error``."""
    return {
        "type": "object",
        "required": ["event", "data"],
        "properties": {
            "event": {"enum": [*names, "error"]},
            "data": {"type": "string", "contentMediaType": "application/json"},
        },
    }
