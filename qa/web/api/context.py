"""`Api`: what every router works with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from qa.answering.answer import Event
from qa.errors import NotFoundError
from qa.library import SearchFilter
from qa.service import Service
from qa.settings import Settings
from qa.summarizing.compare import ComparisonEvent
from qa.summarizing.summary import SummaryEvent
from qa.types import Article
from qa.web.api.metrics import Metrics
from qa.web.api.problems import Problems, needing_models
from qa.web.api.runs import Runs
from qa.web.api.threads import Steps, Threads

T = TypeVar("T")

V1 = "/v1"
"""What the addresses of every router begin with, below ``/api``."""


@dataclass(frozen=True, slots=True)
class Api:
    """The service behind one server, and what is the server's own."""

    service: Service
    threads: Threads
    metrics: Metrics
    problems: Problems
    runs: Runs
    listing: str = "GET /api/v1/articles"
    """What lists the articles, for those who name one that is not there."""

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self.service.settings

    def article(self, article_id: str) -> Article:
        """The article with exactly this id: a beginning might be that of another one tomorrow.

        Raises:
            NotFoundError: there is none.
        """
        found = None
        with suppress(NotFoundError):
            found = self.service.library.get(article_id)
        if found is None or found.id != article_id:
            raise NotFoundError(f"no article {article_id!r}: {self.listing} lists them")
        return found

    def where(
        self, articles: Sequence[str], outlets: Sequence[str], since: date | None, until: date | None
    ) -> SearchFilter:
        """The limits of a search.

        Raises:
            NotFoundError: an article that is named is not there.
        """
        return SearchFilter(
            articles=tuple(self.article(one).id for one in dict.fromkeys(articles)),
            outlets=tuple(dict.fromkeys(outlets)),
            since=since.isoformat() if since else None,
            until=until.isoformat() if until else None,
        )

    def ask(self, question: str, *, k: int | None = None, where: SearchFilter | None = None) -> Steps[Event]:
        """The events of the answer to ``question``, counted, each to be taken in a thread; close them.

        Raises:
            QueueFullError: too many questions are under way.
        """
        return self.threads.ask(self.metrics.counted(self._events(question, k, where)))

    def summarize(self, article_ids: Sequence[str], sentences: int) -> Steps[SummaryEvent]:
        """The events of a summary of the articles, each to be taken in a thread; close them.

        Raises:
            QueueFullError: too many requests are under way.
        """
        return self.threads.ask(self._of_articles(self.service.summarize, article_ids, sentences))

    def compare(self, article_ids: Sequence[str], sentences: int) -> Steps[ComparisonEvent]:
        """The events of a comparison of the articles, each to be taken in a thread; close them.

        Raises:
            QueueFullError: too many requests are under way.
        """
        return self.threads.ask(self._of_articles(self.service.compare, article_ids, sentences))

    def _of_articles(
        self, begin: Callable[[Sequence[str], int], Iterator[T]], article_ids: Sequence[str], sentences: int
    ) -> Iterator[T]:
        ids = [self.article(one).id for one in article_ids]
        with needing_models():
            events = begin(ids, sentences)
        yield from events

    def _events(self, question: str, k: int | None, where: SearchFilter | None) -> Iterator[Event]:
        with needing_models():
            events = self.service.stream(question, k=k, where=where)
        yield from events
