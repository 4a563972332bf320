"""The server: articles under their own addresses, the pages, and nothing that any other host could read or send."""

from __future__ import annotations

import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import Annotated

import gradio as gr
import uvicorn
from fastapi import FastAPI, Query, Request
from fastapi.responses import HTMLResponse
from starlette.datastructures import MutableHeaders
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.errors import NotFoundError, QAError, SettingsError
from qa.service import Service
from qa.settings import Settings
from qa.types import Span
from qa.web import mcp, reports
from qa.web.access import check_binding, install_access
from qa.web.api.app import Metrics, Readiness, api_app, api_of
from qa.web.api.body import file_bytes
from qa.web.api.health import router as health_router
from qa.web.api.metrics import CountRequests
from qa.web.api.openai import openai_app
from qa.web.logs import install_logging
from qa.web.pages import build_pages, theme
from qa.web.render import article_html, article_page, error_html

_ANY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104 - compared with, not bound to

# Gradio's page needs inline scripts and eval; what the policy does say is that everything comes from this host.
_APP_POLICY = (
    "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; connect-src 'self'; base-uri 'self'; "
    "form-action 'self'; frame-ancestors 'none'"
)
_ARTICLE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"

_LEAVING_SECONDS = 5  # for replies under way, when the server is stopped

_Bound = Annotated[int | None, Query(ge=0)]


def create_app(service: Service, readiness: Readiness | None = None) -> FastAPI:
    """The whole app over ``service``; ``readiness`` is set by whoever loads its models, else by the first answer."""
    readiness = readiness or Readiness()
    metrics = Metrics(service, readiness)
    api = api_of(service, metrics)

    tools = mcp.ToolsOverHttp(api)

    @asynccontextmanager
    async def running(_: FastAPI) -> AsyncIterator[None]:
        async with tools.running():
            yield
        await api.threads.read(api.runs.close)

    app = FastAPI(title="citewire", docs_url=None, redoc_url=None, openapi_url=None, lifespan=running)
    assets = files("qa.web")
    style = (assets / "style.css").read_text(encoding="utf-8")
    script = (assets / "page.js").read_text(encoding="utf-8")

    app.include_router(health_router(metrics, readiness))
    app.include_router(reports.router(api.runs))

    @app.get("/articles/{article_id}", response_class=HTMLResponse)
    def article(article_id: str, start: _Bound = None, end: _Bound = None) -> HTMLResponse:
        found = service.library.get(article_id)
        return _article_response(article_page(found, _span(start, end), style))

    @app.get("/articles/{article_id}/fragment", response_class=HTMLResponse)
    def fragment(article_id: str, start: _Bound = None, end: _Bound = None) -> HTMLResponse:
        return _article_response(article_html(service.library.get(article_id), _span(start, end)))

    @app.exception_handler(QAError)
    def say(request: Request, error: QAError) -> HTMLResponse:
        status = 404 if isinstance(error, NotFoundError) else 500
        return _article_response(error_html(str(error)), status)

    app.mount("/api", api_app(api))
    app.mount("/v1", openai_app(api))
    app.router.routes.append(Route(mcp.PATH, tools))

    # Each is put around those before it. From the outside: the log, which puts itself around everything and gives the
    # request its id; the headers, which refusals carry too; the counts, in which they stand too; the host's name,
    # before anything is believed of a request; who comes in. The limit on bodies is inside, on what takes bodies.
    install_access(app, service.settings)
    # A page on another host that had its name resolve to this machine would still send that name.
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=_host_names(service.settings.host))
    app.add_middleware(CountRequests, metrics=metrics)
    app.add_middleware(_SafeHeaders)
    install_logging(app, service.settings)
    gr.mount_gradio_app(
        app,
        build_pages(service, api.runs, metrics.counted),
        path="/",
        theme=theme(),
        css=style,
        head=f"<script>{script}</script>",
        footer_links=[],
        ssr_mode=False,
        # What is too large is refused by ingest, which says so; this only keeps out what would fill the disk.
        max_file_size=10 * file_bytes(service.settings),
        show_error=False,
    )
    return app


class _SafeHeaders:
    """ASGI middleware that sets the headers every response carries.

    Written plainly because starlette's ``BaseHTTPMiddleware`` hides from a streaming response that its client has gone:
    pages that were closed would be served for ever.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; complete the headers of what comes back."""

        async def complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Content-Security-Policy", _APP_POLICY)
                headers.setdefault("X-Content-Type-Options", "nosniff")
                headers.setdefault("Referrer-Policy", "same-origin")  # without it a form on this page has no origin
            await send(message)

        await self._app(scope, receive, complete)


def _article_response(html: str, status: int = 200) -> HTMLResponse:
    return HTMLResponse(html, status, headers={"Content-Security-Policy": _ARTICLE_POLICY})


def _span(start: int | None, end: int | None) -> Span | None:
    return None if start is None or end is None else Span(start, end)


def _host_names(host: str) -> list[str]:
    return ["*"] if host in _ANY_ADDRESS else ["localhost", "127.0.0.1", "[::1]", host]


def serve(settings: Settings) -> None:
    """Serve the app until interrupted; models are loaded in the background once the address is printed.

    Raises:
        SettingsError: the address cannot be listened on, or strangers would come in by it.
    """
    check_binding(settings)
    listener = _listen(settings.host, settings.port)
    readiness = Readiness()
    with listener, Service(settings, create=True) as service:
        if settings.fetching:
            service.feeds.start()
        config = uvicorn.Config(
            create_app(service, readiness),
            log_config=None,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=_LEAVING_SECONDS,
        )
        server = uvicorn.Server(config)
        threading.Thread(target=_warm_up, args=(service, readiness), name="warm-up", daemon=True).start()
        print(f"citewire is ready: http://{settings.host}:{settings.port}  (stop with Ctrl-C)", flush=True)  # noqa: T201
        server.run(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except OSError as error:
        reason = error.strerror or str(error)
        raise SettingsError(
            f"cannot listen on {host}:{port} ({reason}): choose another with --host and --port"
        ) from None


def _warm_up(service: Service, readiness: Readiness) -> None:
    try:
        service.warm_up()
        readiness.set()
    except QAError as error:  # said again, on the page, by the first question
        print(f"qa: {error}", flush=True)  # noqa: T201
