"""What may be sent: bodies up to a limit, in the one media type that an address takes."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import Depends, Request
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.settings import Settings

_ENVELOPE = 65_536  # bytes around a file: boundaries and headers of a form, names and quotes of JSON
_BYTES_PER_MB = 1_000_000


def file_bytes(settings: Settings) -> int:
    """The most bytes that a file may have."""
    return round(settings.max_file_mb * _BYTES_PER_MB)


def too_large(settings: Settings) -> HTTPException:
    """What is said of anything larger."""
    limit = f"{settings.max_file_mb:g} MB"
    return HTTPException(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"larger than {limit}; split it, or raise the setting max_file_mb"
    )


class BodyLimit:
    """ASGI middleware that stops reading a body that grows beyond what the settings allow, and says so with 413.

    FastAPI's own answers in plain text where the length is announced.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._most = file_bytes(settings) + _ENVELOPE

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with a body that ends in an error where it is too large."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "")
        seen = int(announced) if announced.isascii() and announced.isdigit() else 0
        refused = seen > self._most
        seen = 0

        async def limited() -> Message:
            nonlocal seen
            if refused:
                raise too_large(self._settings)
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._most:
                raise too_large(self._settings)
            return message

        await self._app(scope, limited, send)


def _takes(media_type: str) -> Any:
    async def check(request: Request) -> None:
        given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if given != media_type:
            raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"send Content-Type: {media_type}")

    return Depends(check)


# A form of another host's page can send neither of these without asking this host first, but for multipart, whose
# origin is checked like that of every request.
JSON_BODY = _takes("application/json")
"""The dependency of what takes JSON and nothing else."""
FORM_BODY = _takes("multipart/form-data")
"""The dependency of what takes a file."""
