"""Who may come in: people with a session, programs with a key, and no page of another host in their name.

Written as plain ASGI middleware because starlette's ``BaseHTTPMiddleware`` hides from a streaming response that its
client has gone: what was asked for would be generated for nobody.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

import structlog
from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from qa.errors import SettingsError
from qa.models.generators.asking import ONESELF, Asking, asking
from qa.settings import Settings
from qa.web.accounts import Accounts
from qa.web.login import COOKIE, LOGIN, LOGOUT, client_of, login_routes, plain_page
from qa.web.sessions import Attempts, Sessions

_log = logging.getLogger(__name__)

_OPEN = ("/healthz", "/readyz")
_CHAT = ("/v1",)
_API = ("/api", *_CHAT, "/mcp")
# Gradio answers in tasks of its own, which outlive the request that they happen to begin in: no request may be theirs.
_OUTLIVES_REQUESTS = ("/gradio_api",)
_CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_ELSEWHERE = frozenset({"cross-site", "same-site"})  # other hosts; other ports and names of this one
_POLICY_VIOLATION = 1008


def check_binding(settings: Settings) -> None:
    """Nothing, if serving as ``settings`` say is safe.

    Raises:
        SettingsError: there is nobody who could log in, or strangers would come in without a login.
    """
    if settings.auth_file is not None:
        if not Accounts(settings.auth_file).all():
            raise SettingsError(f"{settings.auth_file} holds no account: add one with `qa accounts add NAME`")
    elif not settings.public and not _is_loopback(settings.host):
        raise SettingsError(
            f"anybody who reaches {settings.host} could read and change the library: set auth_file and add accounts "
            "with `qa accounts add NAME`, or set public = true to allow it"
        )


def install_access(app: FastAPI, settings: Settings) -> None:
    """Put `Access` before all of ``app``, whatever is mounted on it."""
    accounts = Accounts(settings.auth_file) if settings.auth_file is not None else None
    app.add_middleware(Access, accounts=accounts)


def requester_of(request: Any) -> str:
    """Who asks, in a request of starlette or gradio: the account's name, or the address where nobody logs in."""
    scope: Scope = getattr(request, "request", request).scope
    requester: str = scope.get("state", {}).get("requester", ONESELF)
    return requester


class _Visitor(NamedTuple):
    name: str
    by_cookie: bool  # which a browser sends by itself, whoever made it send the request


class Access:
    """ASGI middleware that lets in whom ``accounts`` know, or everyone where there are none, and says who it is.

    What is done for a request, its generations included, is given up when its client has gone.
    """

    def __init__(
        self,
        app: ASGIApp,
        accounts: Accounts | None,
        sessions: Sessions | None = None,
        attempts: Attempts | None = None,
    ) -> None:
        self._app = app
        self._accounts = accounts
        self._sessions = sessions or Sessions()
        self._routes = login_routes(accounts, self._sessions, attempts or Attempts()) if accounts else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, in the name of whoever sent it; or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        await self._choose(scope)(scope, receive, send)

    def _choose(self, scope: Scope) -> ASGIApp:
        """What answers the request."""
        connection = HTTPConnection(scope)
        foreign = _foreign(scope, connection.headers)
        try:
            visitor = self._visitor(connection, foreign)
        except SettingsError as error:
            _log.error("%s", error)  # names a file, which is nothing for strangers
            return _refusal(scope, HTTPStatus.SERVICE_UNAVAILABLE, "The accounts cannot be read. The log says why.")
        changes = scope["type"] == "websocket" or scope["method"] in _CHANGING
        if foreign and (changes or "origin" in connection.headers):
            return _refusal(scope, HTTPStatus.FORBIDDEN, "Another page sent this. Open citewire itself and try again.")
        if foreign is None and changes and visitor and visitor.by_cookie:
            said = "It is not said where this comes from. Send Origin, or use a key instead of a cookie."
            return _refusal(scope, HTTPStatus.FORBIDDEN, said)
        path = _path(scope)
        if self._routes and path in (LOGIN, LOGOUT):
            return self._routes
        if visitor is None and path not in _OPEN:
            return _stranger(scope, connection)
        requester = visitor.name if visitor else client_of(connection)
        scope["state"] = {**scope.get("state", {}), "requester": requester}
        structlog.contextvars.bind_contextvars(requester=requester)
        return self._app if _under(path, _OUTLIVES_REQUESTS) else self._answer

    def _visitor(self, connection: HTTPConnection, foreign: bool | None) -> _Visitor | None:
        """Who sent the request: an account, an address where there are no accounts; ``None`` where it is not known."""
        if self._accounts is None:
            return _Visitor(client_of(connection), by_cookie=False)
        scheme, _, key = connection.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            account = self._accounts.with_key(key.strip())
            return _Visitor(account.name, by_cookie=False) if account else None
        if foreign and connection.headers.get("sec-fetch-mode") != "navigate":
            return None  # a page on another port may read what its cookies open, but for this
        token = connection.cookies.get(COOKIE)
        account = self._sessions.account_of(token, self._accounts.all()) if token else None
        return _Visitor(account.name, by_cookie=True) if account else None

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The app's answer, as one request to the model's queue, which ends with its client."""
        request = Asking(scope["state"]["requester"])
        loop = asyncio.get_running_loop()

        async def watched() -> Message:
            message = await receive()
            if message["type"] in ("http.disconnect", "websocket.disconnect"):
                loop.run_in_executor(None, request.leave)  # elsewhere: an engine takes a moment to stop
            return message

        token = asking.set(request)
        try:
            await self._app(scope, watched, send)
        finally:
            asking.reset(token)
            loop.run_in_executor(None, request.leave)


def _foreign(scope: Scope, headers: Headers) -> bool | None:
    """Whether a page of another host sent the request; ``None`` where that is not told, as programs do not."""
    site = headers.get("sec-fetch-site")
    if site:
        return site in _ELSEWHERE
    origin = headers.get("origin")
    if origin is None:
        return None
    # The scheme is left out: behind a proxy it is not the one that the browser used.
    return urlsplit(origin).netloc.lower() != headers.get("host", "").lower()


def _stranger(scope: Scope, connection: HTTPConnection) -> ASGIApp:
    """The way to the login for people, a refusal for programs and for the parts of a page."""
    headers = connection.headers
    goes_there = headers.get("sec-fetch-mode", "navigate") == "navigate" and "text/html" in headers.get("accept", "")
    if scope["type"] == "http" and scope["method"] in ("GET", "HEAD") and goes_there and not _under(_path(scope), _API):
        query = f"?{connection.url.query}" if connection.url.query else ""
        root = scope.get("root_path", "")
        return RedirectResponse(
            f"{root}{LOGIN}?next={quote(_path(scope) + query, safe='/')}", 303, {"Cache-Control": "no-store"}
        )
    said = "Log in at /login, or send a key as “Authorization: Bearer …”."
    return _refusal(scope, HTTPStatus.UNAUTHORIZED, said, {"WWW-Authenticate": 'Bearer realm="citewire"'})


def _refusal(scope: Scope, status: HTTPStatus, said: str, headers: dict[str, str] | None = None) -> ASGIApp:
    """A refusal as its reader expects it: problem details (RFC 9457) for programs, OpenAI's form for its clients."""
    if scope["type"] == "websocket":
        return WebSocketClose(_POLICY_VIOLATION, status.phrase)
    if _under(_path(scope), _CHAT):
        told = {"message": said, "type": "invalid_request_error", "param": None, "code": _code(status)}
        return JSONResponse({"error": told}, status, headers)
    if _under(_path(scope), _API):
        problem = {
            "type": "about:blank", "title": status.phrase, "status": status, "detail": said, "instance": _path(scope),
        }  # fmt: skip
        return JSONResponse(problem, status, headers, media_type="application/problem+json")
    return plain_page(status.phrase, f'<p role="alert">{said}</p>', status, headers)


def _code(status: HTTPStatus) -> str | None:
    """What OpenAI calls it, where it has a name for it."""
    return "invalid_api_key" if status is HTTPStatus.UNAUTHORIZED else None


def _path(scope: Scope) -> str:
    """The path below where the app is mounted."""
    path: str = scope["path"]
    root = scope.get("root_path", "").rstrip("/")
    return (path.removeprefix(root) if _under(path, (root,)) else path) or "/"


def _under(path: str, roots: tuple[str, ...]) -> bool:
    return any(path == root or path.startswith(f"{root}/") for root in roots)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"
