"""Articles: added as text, file or address, listed, read, described anew, deleted."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from pathlib import PurePath
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, Response, UploadFile

from qa.errors import IngestError
from qa.jsonable import Json, article_json
from qa.library import Added, Outcome
from qa.service import IngestEvent, Refused
from qa.types import Article
from qa.web.api import schemas
from qa.web.api.body import FORM_BODY, JSON_BODY, file_bytes, too_large
from qa.web.api.context import V1, Api
from qa.web.api.problems import needing_models
from qa.web.api.search import Outlets, Since, Until

_NEW: dict[int | str, dict[str, Any]] = {
    201: {
        "model": schemas.Ingested,
        "description": "A new article.",
        "headers": {"Location": {"schema": {"type": "string"}}},
    },
    200: {"model": schemas.Ingested, "description": "The text was there already, or took the place of an older one."},
}


def router(api: Api) -> APIRouter:
    """The routes of articles."""
    routes = APIRouter(prefix=f"{V1}/articles", tags=["articles"])
    service = api.service

    @routes.get("", response_model=schemas.ArticlePage)
    def list_articles(
        outlets: Outlets = [],  # noqa: B006 - never changed
        since: Since = None,
        until: Until = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
        offset: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    ) -> Any:
        """List the articles, in the order they were added."""
        found = service.library.articles(api.where((), outlets, since, until))
        page = [article_json(article) for article in found[offset : offset + limit]]
        return {"articles": page, "total": len(found), "limit": limit, "offset": offset}

    @routes.post("", dependencies=[JSON_BODY], response_model=schemas.Ingested, status_code=201, responses=_NEW)
    async def add_text(request: Request, response: Response, new: schemas.NewText) -> Any:
        """Add an article as text: plain, Markdown or HTML."""
        given = new.model_dump(include={"title", "outlet", "author", "date", "source"}, exclude_none=True)
        fields = {name: str(value) for name, value in given.items()}
        event = await api.threads.add(_ingested, api, lambda: service.ingest_text(new.text, fields))
        return _reply(event, request, response)

    @routes.post("/files", dependencies=[FORM_BODY], response_model=schemas.Ingested, status_code=201, responses=_NEW)
    async def add_file(
        request: Request,
        response: Response,
        file: UploadFile,
        source: Annotated[schemas.Line | None, Form(description="Where it came from, in place of its name.")] = None,
    ) -> Any:
        """Add an article as a file: text, Markdown, HTML, PDF or Word. Its name is its source, unless one is given."""
        data = await file.read()
        if len(data) > file_bytes(api.settings):
            raise too_large(api.settings)
        name = PurePath((file.filename or "").replace("\\", "/")).name
        event = await api.threads.add(
            _ingested,
            api,
            lambda: service.ingest_bytes(data, source=source or name or "file", suffix=PurePath(name).suffix),
        )
        return _reply(event, request, response)

    @routes.post("/urls", dependencies=[JSON_BODY], response_model=schemas.Ingested, status_code=201, responses=_NEW)
    async def add_url(request: Request, response: Response, new: schemas.NewAddress) -> Any:
        """Fetch an article from the web and add it."""
        event = await api.threads.add(_ingested, api, lambda: service.add_url(new.url))
        return _reply(event, request, response)

    @routes.get("/{article_id}", response_model=schemas.Article)
    def read_article(article_id: schemas.ArticleId) -> Any:
        """Read an article with its text."""
        return article_json(api.article(article_id), text=True)

    @routes.patch("/{article_id}", dependencies=[JSON_BODY], response_model=schemas.ArticleDescription)
    async def describe_article(article_id: schemas.ArticleId, new: schemas.Metadata) -> Any:
        """Change the description of an article; its text stays as it is, and so do its id and all citations."""
        changes = new.model_dump(mode="json", exclude_unset=True)
        return article_json(await api.threads.add(_described, api, article_id, changes))

    @routes.delete("/{article_id}", response_model=schemas.ArticleDescription)
    def delete_article(article_id: schemas.ArticleId) -> Any:
        """Delete an article, from words, vectors and answers."""
        return article_json(service.library.delete(api.article(article_id).id))

    return routes


def _ingested(api: Api, add: Any) -> Added:
    """What became of an article.

    Raises:
        IngestError: it was refused.
    """
    with needing_models():
        event: IngestEvent = add()
    if isinstance(event, Refused):
        raise IngestError(event.reason)
    return event


def _reply(added: Added, request: Request, response: Response) -> Json:
    if added.outcome is Outcome.ADDED:
        root = request.scope.get("root_path", "")
        response.headers["Location"] = f"{root}{V1}/articles/{added.article.id}"
    else:
        response.status_code = HTTPStatus.OK
    return {"article": article_json(added.article), "outcome": added.outcome, "passages": added.passages}


def _described(api: Api, article_id: str, changes: Mapping[str, Any]) -> Article:
    return api.service.library.describe(api.article(article_id).id, **changes)
