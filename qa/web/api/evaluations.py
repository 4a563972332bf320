"""Evaluations: started, watched, cancelled."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Form, Request, Response, UploadFile
from starlette.exceptions import HTTPException

from qa.errors import NotFoundError
from qa.web.api import schemas
from qa.web.api.body import FORM_BODY, JSON_BODY
from qa.web.api.context import V1, Api
from qa.web.api.runs import Run
from qa.web.case_files import suite_of_file

if TYPE_CHECKING:
    from qa.evaluation.suites.suite import Suite

_BUSY: dict[int | str, dict[str, Any]] = {409: {"model": schemas.Problem, "description": "One is under way already."}}


def router(api: Api) -> APIRouter:
    """The routes of evaluations."""
    routes = APIRouter(prefix=f"{V1}/evaluations", tags=["evaluations"])

    @routes.post("", dependencies=[JSON_BODY], response_model=schemas.Evaluation, status_code=202, responses=_BUSY)
    async def start_evaluation(request: Request, response: Response, new: schemas.NewEvaluation) -> Any:
        """Start an evaluation on a suite that comes with citewire, one at a time."""
        return _started(api, await api.threads.read(_suite, new.suite), new, request, response)

    @routes.post(
        "/files", dependencies=[FORM_BODY], response_model=schemas.Evaluation, status_code=202, responses=_BUSY
    )
    async def start_evaluation_of_file(
        request: Request,
        response: Response,
        file: UploadFile,
        limit: Annotated[int | None, Form(ge=1, le=1_000_000)] = None,
        seed: Annotated[int, Form(ge=0, le=2**31 - 1)] = 0,
        only: Annotated[schemas.Only, Form()] = schemas.Only.ANSWERS,
        judge: Annotated[Literal["gate"] | None, Form()] = None,
    ) -> Any:
        """Start an evaluation on a file of your own cases about articles of the library, as `qa eval new` drafts it."""
        data = await file.read()
        suite = await api.threads.read(_own, api, data, file.filename or "")
        new = schemas.NewEvaluation(suite=suite.name, limit=limit, seed=seed, only=only, judge=judge)
        return _started(api, suite, new, request, response)

    @routes.get("", response_model=schemas.Evaluations)
    def list_evaluations() -> Any:
        """List the latest evaluations, newest first."""
        return {"evaluations": [_run_json(run) for run in api.runs.all()]}

    @routes.get("/{run_id}", response_model=schemas.EvaluationReport)
    def read_evaluation(run_id: schemas.RunId) -> Any:
        """Read how far an evaluation is, and its report once it is done."""
        from qa.evaluation.report import report_json

        run = _known(api.runs.get(run_id), run_id)
        return {**_run_json(run), "report": report_json(run.report) if run.report else None}

    @routes.delete("/{run_id}", response_model=schemas.Evaluation)
    def cancel_evaluation(run_id: schemas.RunId) -> Any:
        """Cancel an evaluation after the case under way; one that is over stays as it is."""
        return _run_json(_known(api.runs.cancel(run_id), run_id))

    return routes


def _started(api: Api, suite: Suite, new: schemas.NewEvaluation, request: Request, response: Response) -> Any:
    run = api.runs.start(suite, new)
    if run is None:
        raise HTTPException(HTTPStatus.CONFLICT, "an evaluation is under way: wait for its end, or cancel it")
    response.headers["Location"] = f"{request.scope.get('root_path', '')}{V1}/evaluations/{run.id}"
    return _run_json(run)


def _run_json(run: Run) -> dict[str, Any]:
    """The description of a run; its report is left out, which may be large."""
    return {name: getattr(run, name) for name in schemas.Evaluation.model_fields}


def _known(run: Run | None, run_id: str) -> Run:
    if run is None:
        raise NotFoundError(f"no evaluation {run_id!r}: GET /api/v1/evaluations lists them")
    return run


def _suite(name: str) -> Suite:
    from qa.evaluation.suites.registry import load_suite

    return load_suite(name, None)


def _own(api: Api, data: bytes, filename: str) -> Suite:
    return suite_of_file(data, filename, api.service.library.articles())
