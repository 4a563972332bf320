"""The login page, and the routes behind it: ``/login`` and ``/logout``."""

from __future__ import annotations

import math
import re
from html import escape
from urllib.parse import parse_qs

import anyio
from starlette.applications import Starlette
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from qa.web.accounts import Accounts
from qa.web.sessions import SESSION_SECONDS, Attempts, Sessions

COOKIE = "citewire_session"
LOGIN, LOGOUT = "/login", "/logout"

_MOST_BYTES = 8192  # of a login form
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    # With "no-referrer" a browser would say `Origin: null` even to the page's own host, and be refused.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0; min-height: 100vh; display: grid; place-content: center;
  color: light-dark(#1c2128, #e6e9ee); background: light-dark(#ffffff, #14181e); }
main { width: min(20rem, 90vw); }
h1 { font-size: 1.35rem; margin: 0 0 1rem; }
label { display: block; margin-top: .8rem; }
input, button { font: inherit; width: 100%; box-sizing: border-box; padding: .5rem .6rem; border-radius: .35rem;
  border: 1px solid light-dark(#767f8a, #8b95a3); background: light-dark(#ffffff, #1d232b); color: inherit; }
button { margin-top: 1.2rem; border: 0; background: light-dark(#0b5cad, #7cb8f5); color: light-dark(#ffffff, #0b1622);
  font-weight: 600; cursor: pointer; }
:is(input, button, a):focus-visible { outline: 2px solid light-dark(#0b5cad, #7cb8f5); outline-offset: 2px; }
a { color: light-dark(#0b5cad, #7cb8f5); }
[role=alert] { padding: .6rem .8rem; border-left: 4px solid light-dark(#b3261e, #f28b82);
  background: light-dark(#fdecea, #34191a); }
"""


def plain_page(title: str, body: str, status: int, headers: dict[str, str] | None = None) -> HTMLResponse:
    """A page that needs nothing but itself; ``body`` is HTML, ``title`` is text."""
    html = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)} · citewire</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head>'
        f"<body><main><h1>citewire</h1>{body}</main></body></html>"
    )
    return HTMLResponse(html, status, headers={**_HEADERS, **(headers or {})})


def login_routes(accounts: Accounts, sessions: Sessions, attempts: Attempts) -> Starlette:
    """The routes by which people come and go."""
    one_at_a_time = anyio.CapacityLimiter(1)  # a hash takes 32 MB and a fifth of a second

    async def show(request: Request) -> Response:
        return _form(request, request.query_params.get("next", "/"))

    async def enter(request: Request) -> Response:
        form = await _fields(request)
        if form is None:
            return _form(request, "/", "That was no login form. Try again.", 400)
        name, password, target = (form.get(field, "") for field in ("name", "password", "next"))
        address = client_of(request)
        pause = attempts.begin(address)
        if pause:
            minutes = math.ceil(pause / 60)
            said = f"Too many attempts. Try again in {minutes} minute{'s' if minutes > 1 else ''}."
            return _form(request, target, said, 429, {"Retry-After": str(math.ceil(pause))})
        account = await anyio.to_thread.run_sync(accounts.with_password, name, password, limiter=one_at_a_time)
        if account is None:
            return _form(request, target, "The name or the password is wrong.", 401)
        attempts.forgive(address)
        response = RedirectResponse(_root(request) + _local(target), 303, {"Cache-Control": "no-store"})
        response.set_cookie(
            COOKIE,
            sessions.begin(account),
            max_age=SESSION_SECONDS,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return response

    async def leave(request: Request) -> Response:
        sessions.end(request.cookies.get(COOKIE, ""))
        response = RedirectResponse(_root(request) + LOGIN, 303, {"Clear-Site-Data": '"cache"'})
        response.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=request.url.scheme == "https")
        return response

    return Starlette(
        routes=[
            Route(LOGIN, show, methods=["GET"]),
            Route(LOGIN, enter, methods=["POST"]),
            Route(LOGOUT, leave, methods=["POST"]),
        ]
    )


def client_of(connection: HTTPConnection) -> str:
    """The address that a request comes from."""
    return connection.client.host if connection.client else "unknown"


def _form(
    request: Request, target: str, said: str = "", status: int = 200, headers: dict[str, str] | None = None
) -> HTMLResponse:
    alert = f'<p role="alert">{escape(said)}</p>' if said else ""
    body = (
        f'{alert}<form method="post" action="{escape(_root(request) + LOGIN)}">'
        '<label for="name">Name</label>'
        '<input id="name" name="name" autocomplete="username" autocapitalize="none" required autofocus>'
        '<label for="password">Password</label>'
        '<input id="password" name="password" type="password" autocomplete="current-password" required>'
        f'<input type="hidden" name="next" value="{escape(_local(target))}"><button>Log in</button></form>'
    )
    return plain_page("Log in", body, status, headers)


async def _fields(request: Request) -> dict[str, str] | None:
    """The fields of the form that was sent; ``None`` where it is too large to be one, or none at all."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_BYTES:
            return None
    try:
        return {name: values[0] for name, values in parse_qs(body.decode(), max_num_fields=8).items()}
    except ValueError:  # not UTF-8, or too many fields
        return None


def _local(target: str) -> str:
    """``target`` if it is a path on this host, else the first page: a login must not send anybody elsewhere."""
    return target if re.fullmatch(r"/(?![/\\])[^\\\x00-\x20\x7f]*", target) else "/"


def _root(request: Request) -> str:
    return str(request.scope.get("root_path", "")).rstrip("/")
