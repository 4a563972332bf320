"""Searches: the passages that fit a query best."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from qa.jsonable import Json, passage_json
from qa.web.api import schemas
from qa.web.api.context import V1, Api
from qa.web.api.problems import needing_models

Outlets = Annotated[list[schemas.Line], Query(max_length=1000, alias="outlet", description="Only of this outlet.")]
Since = Annotated[schemas.Day | None, Query(description="Only articles dated so or later.")]
Until = Annotated[schemas.Day | None, Query(description="Only articles dated so or earlier.")]


def router(api: Api) -> APIRouter:
    """The routes of searches."""
    routes = APIRouter(prefix=V1, tags=["search"])

    @routes.get("/search", response_model=schemas.Found)
    def search(
        q: Annotated[str, Query(min_length=1, max_length=10_000, description="What is looked for.")],
        k: schemas.Passages | None = None,
        articles: Annotated[
            list[schemas.ArticleId], Query(max_length=1000, alias="article", description="Only this article.")
        ] = [],  # noqa: B006 - never changed
        outlets: Outlets = [],  # noqa: B006 - never changed
        since: Since = None,
        until: Until = None,
    ) -> Any:
        """List the passages that fit a query best, best first."""
        where = api.where(articles, outlets, since, until)
        with needing_models():
            hits = api.service.search(q, k, where)
        found: Json = {"query": q, "passages": [passage_json(mark, hit) for mark, hit in enumerate(hits, start=1)]}
        return found

    return routes
