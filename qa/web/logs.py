"""The log: a line for each request, who sent it and how long it took; never what was asked or read, nor a secret.

By structlog, which binds the id of a request to every line that anything writes meanwhile, also through the standard
library's ``logging``. Lines go to standard error: as JSON, or for the eye where that is a terminal.
"""

from __future__ import annotations

import logging
import re
import secrets
import sys
import time
import traceback
from collections.abc import Callable, MutableMapping
from typing import Any, TextIO

import structlog
from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.errors import QAError
from qa.settings import Settings

REQUEST_ID = "X-Request-ID"

_HANDLER = "citewire"
_SANE_ID = re.compile(r"[\w.-]{1,64}", re.ASCII)
_QUIET = frozenset({"/healthz", "/readyz"})  # asked every few seconds, by machines
_SECRETS = frozenset({"authorization", "cookie", "key", "password", "secret", "session", "token"})
_WORDS = frozenset(
    {"answer", "article", "body", "claim", "passage", "prompt", "query", "question", "quote", "sentence"}
    | {"summary", "text", "title"}
)
_MOST_FRAMES = 12  # of a fault, the last ones

EventDict = MutableMapping[str, Any]


def install_logging(app: FastAPI, settings: Settings) -> None:
    """Configure the log, and write a line for each request to ``app``.

    Start uvicorn with ``log_config=None, access_log=False``, or it sets up a log of its own beside this one.
    """
    configure_logging(settings)
    build = app.build_middleware_stack

    def logged() -> ASGIApp:
        return RequestLog(build())

    # Around all other middleware, the one that answers faults included: its replies carry an id too.
    app.build_middleware_stack = logged  # type: ignore[method-assign]


def configure_logging(settings: Settings) -> None:
    """Send what this process logs to standard error, in one form; a second call replaces the first."""
    terminal = sys.stderr.isatty()
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="%H:%M:%S" if terminal else "iso", utc=not terminal),
        _Discreet(settings.log_questions),
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    renderer = structlog.dev.ConsoleRenderer() if terminal else structlog.processors.JSONRenderer(ensure_ascii=False)
    handler = _StandardError()
    handler.set_name(_HANDLER)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    for old in [old for old in root.handlers if old.get_name() == _HANDLER]:
        root.removeHandler(old)
    root.addHandler(handler)
    logging.getLogger("qa").setLevel(logging.INFO)
    logging.getLogger("uvicorn.access").disabled = True  # it would write addresses with questions in them


class _StandardError(logging.StreamHandler[TextIO]):
    """A handler that writes to what standard error is at the moment, not to what it was once."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


class _Discreet:
    """A structlog processor that leaves out secrets always, and words that people wrote unless ``tells`` is set.

    Of a fault, it says the kind and the place. Its message may quote anything that was read, so it is left out as well,
    unless it comes from this package or the operating system.
    """

    def __init__(self, tells: bool) -> None:
        self._tells = tells

    def __call__(self, _logger: Any, _method: str, event: EventDict) -> EventDict:
        for name, value in event.items():
            if name in _SECRETS:
                event[name] = "(secret)"
            elif name in _WORDS and not self._tells:
                event[name] = f"({len(str(value))} characters)"
        fault = _fault(event.pop("exc_info", None))
        if fault is not None:
            event["fault"] = f"{type(fault).__module__}.{type(fault).__qualname__}"
            if self._tells or isinstance(fault, QAError | OSError):
                event["message"] = str(fault)
            frames = traceback.extract_tb(fault.__traceback__)[-_MOST_FRAMES:]
            event["where"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        return event


def _fault(found: Any) -> BaseException | None:
    """The exception in what a logging call was given as ``exc_info``."""
    if isinstance(found, BaseException):
        return found
    return (found if isinstance(found, tuple) else sys.exc_info())[1] if found else None


class RequestLog:
    """ASGI middleware that gives each request an id, and writes a line about it once it has been answered."""

    def __init__(self, app: ASGIApp, clock: Callable[[], float] = time.perf_counter) -> None:
        self._app = app
        self._clock = clock
        self._log = structlog.get_logger("qa.web.requests")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; its id goes back with the reply."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(REQUEST_ID, "")
        request_id = given if _SANE_ID.fullmatch(given) else secrets.token_hex(8)
        scope["state"] = {**scope.get("state", {}), "request_id": request_id}
        # Bound until the server's task for this request ends, so that what the server says of a fault has the id too.
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = self._clock()
        status: int | None = None

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID] = request_id
            elif message["type"] in ("websocket.accept", "websocket.close") and status is None:
                status = 101 if message["type"] == "websocket.accept" else 403
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            self._write(scope, status, round(1000 * (self._clock() - started), 1))

    def _write(self, scope: Scope, status: int | None, ms: float) -> None:
        """The line; it names the route and not the address, in which there may be a question."""
        method = scope.get("method", "WEBSOCKET")
        if scope["path"] in _QUIET:
            write = self._log.debug
        elif status is not None and status < 500:
            write = self._log.info
        else:  # a fault, or nothing was answered because the client had gone
            write = self._log.warning if status is None else self._log.error
        write("request", method=method, route=_route(scope), status=status, ms=ms)


def _route(scope: Scope) -> str | None:
    """The pattern that the address fits; ``None`` where it fits none, as at a refusal."""
    pattern = getattr(scope.get("route"), "path", None)
    return f"{scope.get('root_path', '')}{pattern}" if pattern else None
