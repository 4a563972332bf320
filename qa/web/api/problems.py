"""Every error as problem details (RFC 9457): the status of each class of `qa.errors`, and what strangers may read."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, NamedTuple

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from qa.errors import (
    CaseError,
    FetchError,
    GenerationError,
    IngestError,
    InputError,
    ModelError,
    NotFoundError,
    QAError,
    QuestionError,
    QueueFullError,
    TimeLimitError,
    WithdrawnError,
)
from qa.settings import Settings
from qa.web.api.schemas import Fault, Problem

PROBLEM_JSON = "application/problem+json"
RETRY_SECONDS = 5
"""When to try again what was refused because others were served."""

_log = logging.getLogger(__name__)
_FAULT = "something went wrong here; the log of the server says what"


class _Kind(NamedTuple):
    status: HTTPStatus
    title: str


# The class of an error has the kind of its nearest ancestor here.
_KINDS: dict[type[QAError], _Kind] = {
    InputError: _Kind(HTTPStatus.UNPROCESSABLE_ENTITY, "Input that cannot be used"),
    IngestError: _Kind(HTTPStatus.UNPROCESSABLE_ENTITY, "No usable article"),
    FetchError: _Kind(HTTPStatus.UNPROCESSABLE_ENTITY, "Address that cannot be fetched"),
    QuestionError: _Kind(HTTPStatus.UNPROCESSABLE_ENTITY, "Question that cannot be asked"),
    CaseError: _Kind(HTTPStatus.UNPROCESSABLE_ENTITY, "Cases that cannot be used"),
    NotFoundError: _Kind(HTTPStatus.NOT_FOUND, "Not found"),
    ModelError: _Kind(HTTPStatus.SERVICE_UNAVAILABLE, "Models that cannot be loaded"),
    QueueFullError: _Kind(HTTPStatus.SERVICE_UNAVAILABLE, "Too many questions"),
    TimeLimitError: _Kind(HTTPStatus.SERVICE_UNAVAILABLE, "Time limit reached"),
    WithdrawnError: _Kind(HTTPStatus.SERVICE_UNAVAILABLE, "Question withdrawn"),
    GenerationError: _Kind(HTTPStatus.INTERNAL_SERVER_ERROR, "Generation failed"),
    QAError: _Kind(HTTPStatus.INTERNAL_SERVER_ERROR, "Internal fault"),
}
_PASSING = (QueueFullError, TimeLimitError)  # over after a while, by itself


class Problems:
    """Errors as problems, for the readers of a server with ``settings``, who need not know where it keeps its files."""

    def __init__(self, settings: Settings) -> None:
        self._places = {str(settings.library): "the library", str(settings.cache): "the model cache"}

    def of(self, error: Exception, instance: str) -> Problem:
        """The problem that ``error`` is at the address ``instance``; faults are logged, and said without internals."""
        match error:
            case RequestValidationError():
                return _invalid(error, instance)
            case HTTPException():
                status = HTTPStatus(error.status_code)
                detail = error.detail if error.detail != status.phrase else _DETAILS.get(status, error.detail)
                return Problem(title=status.phrase, status=status, detail=detail, instance=instance)
            case QAError():
                return self._of_ours(error, instance)
        return _fault(error, instance)

    def _of_ours(self, error: QAError, instance: str) -> Problem:
        known = next(each for each in type(error).__mro__ if each in _KINDS)
        status, title = _KINDS[known]
        if status is HTTPStatus.INTERNAL_SERVER_ERROR:
            return _fault(error, instance)
        return Problem(
            type=f"urn:citewire:problem:{_name(known)}",
            title=title,
            status=status,
            detail=self._without_places(str(error)),
            instance=instance,
            retry_after=RETRY_SECONDS if isinstance(error, _PASSING) else None,
        )

    def _without_places(self, text: str) -> str:
        for place, name in self._places.items():
            text = text.replace(place, name)
        return text


_DETAILS = {
    HTTPStatus.NOT_FOUND: "there is nothing at this address; /api/v1/openapi.json lists what there is",
    HTTPStatus.METHOD_NOT_ALLOWED: "this address does not take this method",
}


def _invalid(error: RequestValidationError, instance: str) -> Problem:
    """What is wrong where; what was given is not repeated."""
    faults = [
        Fault(pointer="/".join(["", *(str(part) for part in one["loc"])]), detail=one["msg"]) for one in error.errors()
    ]
    first = faults[0]
    return Problem(
        title="Request that is not of its form",
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        detail=f"{first.pointer.removeprefix('/').replace('/', '.')}: {first.detail}",
        instance=instance,
        errors=faults,
    )


def _fault(error: Exception, instance: str) -> Problem:
    _log.error("fault", exc_info=error)
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return Problem(title=status.phrase, status=status, detail=_FAULT, instance=instance)


def _name(error: type[QAError]) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", error.__name__.removesuffix("Error")).lower()


def problem_json(problem: Problem) -> dict[str, Any]:
    """The JSON form of ``problem``."""
    return problem.model_dump(mode="json", exclude_none=True)


def problem_response(problem: Problem, headers: dict[str, str] | None = None) -> Response:
    """The reply that tells ``problem``."""
    return JSONResponse(
        problem_json(problem), problem.status, {**retry_header(problem), **(headers or {})}, media_type=PROBLEM_JSON
    )


def retry_header(problem: Problem) -> dict[str, str]:
    """The header that says when to try again, where that is known."""
    return {"Retry-After": str(problem.retry_after)} if problem.retry_after else {}


Reply = Callable[[Problem, dict[str, str] | None], Response]


def install_problems(app: FastAPI, problems: Problems, reply: Reply = problem_response) -> None:
    """Let ``app`` answer every error with the problem that it is, in the form that ``reply`` gives it."""

    async def say(request: Request, error: Exception) -> Response:
        headers = getattr(error, "headers", None)
        return reply(problems.of(error, request.url.path), dict(headers) if headers else None)

    handler: Callable[[Request, Any], Awaitable[Response]] = say
    for kind in (RequestValidationError, HTTPException, QAError, Exception):
        app.add_exception_handler(kind, handler)


@contextmanager
def needing_models() -> Iterator[None]:
    """Within, that a model is not found is the server's trouble, not that of an address."""
    try:
        yield
    except NotFoundError as error:
        raise ModelError(str(error)) from error
