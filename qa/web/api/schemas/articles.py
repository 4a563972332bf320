"""Articles, sent and described."""

from __future__ import annotations

from pydantic import Field

from qa.library import Outcome
from qa.web.api.schemas.common import Day, In, Line, Out


class ArticleDescription(Out):
    """An article without its text."""

    id: str
    title: str
    source: str
    """Where it came from: a path, a web address, or ``stdin``."""
    outlet: str | None
    author: str | None
    date: str | None
    """ISO 8601."""
    words: int
    warnings: list[str]
    """Remarks of the ingest for the reader."""


class Article(ArticleDescription):
    """An article with its text; every offset of a citation counts Unicode code points in it."""

    text: str


class ArticlePage(Out):
    """Some of the articles, in the order they were added."""

    articles: list[ArticleDescription]
    total: int
    limit: int
    offset: int


class Ingested(Out):
    """What became of an article offered to the library."""

    article: ArticleDescription
    outcome: Outcome
    passages: int
    """How many passages were read in for it."""


class NewText(In):
    """An article as text. What is not given is looked for in the text, which may begin with a header."""

    text: str = Field(min_length=1)
    title: Line | None = None
    outlet: Line | None = None
    author: Line | None = None
    date: Day | None = None
    source: Line | None = None
    """Where it came from; another text under the same source replaces the article."""


class NewAddress(In):
    """An article to fetch."""

    url: str = Field(pattern=r"^https?://\S+$", max_length=2048)


class Metadata(In):
    """What to change of an article's description; ``null`` takes it away, and what is left out stays."""

    title: Line = Field(default_factory=str)
    outlet: Line | None = None
    author: Line | None = None
    date: Day | None = None
