"""Whether the server lives and can answer, and its measures: for whoever watches over it."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from qa.web.api.metrics import CONTENT_TYPE, Metrics
from qa.web.api.readiness import Readiness


def router(metrics: Metrics, readiness: Readiness) -> APIRouter:
    """``/healthz``, ``/readyz`` and ``/metrics``."""
    routes = APIRouter()

    @routes.get("/healthz")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @routes.get("/readyz")
    async def ready() -> Response:
        if readiness.is_ready:
            return JSONResponse({"status": "ready"})
        return JSONResponse({"status": "loading"}, HTTPStatus.SERVICE_UNAVAILABLE, {"Retry-After": "5"})

    @routes.get("/metrics")
    def measures() -> Response:
        return Response(metrics.text(), media_type=CONTENT_TYPE)

    return routes
