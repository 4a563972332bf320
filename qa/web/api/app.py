"""`api_app`, the REST service as one app to mount at ``/api``, and the document that describes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi

from qa import __version__
from qa.service import Service
from qa.web.api import articles, ask, comparisons, evaluations, schemas, search, summaries
from qa.web.api.body import BodyLimit
from qa.web.api.context import V1, Api
from qa.web.api.metrics import Metrics
from qa.web.api.problems import PROBLEM_JSON, Problems, install_problems
from qa.web.api.readiness import Readiness
from qa.web.api.runs import Runs
from qa.web.api.threads import Threads

ROUTERS: tuple[Callable[[Api], APIRouter], ...] = (
    articles.router,
    search.router,
    ask.router,
    summaries.router,
    comparisons.router,
    evaluations.router,
)
"""The nouns of the service."""

_PROBLEMS: dict[int | str, dict[str, Any]] = {
    422: {"model": schemas.Problem, "description": "The request is not of its form, or holds nothing usable."},
    "default": {"model": schemas.Problem, "description": "Any other problem."},
}


def api_of(service: Service, metrics: Metrics) -> Api:
    """What the routers work with, over ``service``."""
    problems = Problems(service.settings)
    runs = Runs(service.models, lambda error: problems.of(error, "").detail)
    return Api(service, Threads(service.settings), metrics, problems, runs)


def api_app(api: Api) -> FastAPI:
    """The app to mount at ``/api``; everything in it stands under ``/v1``."""
    app = FastAPI(
        title="citewire",
        version=__version__,
        openapi_url=f"{V1}/openapi.json",
        docs_url=None,  # its page would load its parts from another host
        redoc_url=None,
        redirect_slashes=False,
        responses=_PROBLEMS,
        generate_unique_id_function=lambda route: route.name,
    )
    app.add_middleware(BodyLimit, settings=api.settings)
    install_problems(app, api.problems)
    for router in ROUTERS:
        app.include_router(router(api))
    app.openapi = lambda: _described(app, needs_key=api.settings.auth_file is not None)  # type: ignore[method-assign]
    return app


def _described(app: FastAPI, *, needs_key: bool) -> dict[str, Any]:
    """The OpenAPI document, in which every error is a problem of its own media type."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            description="Questions over your own news articles, every sentence with the exact words of a source.",
            routes=app.routes,
            servers=[{"url": "/api"}],
        )
        for operation in (each for path in document["paths"].values() for each in path.values()):
            for status, response in operation["responses"].items():
                if not status.startswith("2") and "application/json" in response.get("content", {}):
                    response["content"] = {PROBLEM_JSON: response["content"].pop("application/json")}
        if needs_key:
            document["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
            document["security"] = [{"key": []}]
        app.openapi_schema = document
    return app.openapi_schema


__all__ = ["ROUTERS", "Api", "Metrics", "Readiness", "api_app", "api_of"]
