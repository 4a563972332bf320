"""The reports of evaluations under their own addresses: a page to read, and a file to keep."""

from __future__ import annotations

import json

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from qa.errors import NotFoundError
from qa.evaluation.page import report_html, report_policy
from qa.evaluation.report import Report, report_json
from qa.web.api.runs import Run, Runs

REPORTS = "/evaluations"
"""Where the reports stand."""


def router(runs: Runs) -> APIRouter:
    """The addresses of the reports of ``runs``."""
    routes = APIRouter(prefix=REPORTS)

    @routes.get("/{run_id}/report.html", response_class=HTMLResponse)
    def page(run_id: str) -> HTMLResponse:
        run, report = _finished(runs, run_id)
        html = report_html(report, run.articles).encode("utf-8", "replace")
        policy = f"{report_policy()}; frame-ancestors 'none'"
        return HTMLResponse(html, headers={"Content-Security-Policy": policy})

    @routes.get("/{run_id}/report.json")
    def file(run_id: str) -> Response:
        run, report = _finished(runs, run_id)
        named = f'attachment; filename="report-{run.id}.json"'
        content = json.dumps(report_json(report), indent=1) + "\n"
        return Response(content, media_type="application/json", headers={"Content-Disposition": named})

    return routes


def report_url(run: Run, name: str = "report.html", anchor: str = "") -> str:
    """The address of a report of ``run``, at the part ``anchor`` of the page."""
    return f"{REPORTS}/{run.id}/{name}{anchor and '#'}{anchor}"


def _finished(runs: Runs, run_id: str) -> tuple[Run, Report]:
    run = runs.get(run_id)
    if run is None or run.report is None:
        raise NotFoundError("there is no such report: reports are kept until the server stops; run the evaluation anew")
    return run, run.report
