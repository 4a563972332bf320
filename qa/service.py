"""The one object that command line, web pages and API share: load once, use from many threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

from qa.answering.answer import Answerer, Event
from qa.answering.prompts import fixed_messages
from qa.errors import IngestError, InputError, NotFoundError
from qa.ingest import find_files, read_bytes, read_path
from qa.ingest.description import description
from qa.library import Added, Deleted, Library, SearchFilter
from qa.models.loaded import LoadedModels
from qa.settings import Settings
from qa.summarizing.compare import DEFAULT_SENTENCES as COMPARED_SENTENCES
from qa.summarizing.compare import Comparer, ComparisonEvent
from qa.summarizing.summary import DEFAULT_SENTENCES, Summarizer, SummaryEvent
from qa.types import STDIN, Answer, Article, Attribution, Hit

if TYPE_CHECKING:
    from qa.ingest.feed import Feed, FeedWatcher
    from qa.ingest.fetch import Web

FEEDS = "feeds.json"

_BYTES_PER_MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Refused:
    """Something offered to the library that holds no usable article; ``reason`` names it and the remedy in one line."""

    reason: str


IngestEvent = Added | Refused


class Stage(StrEnum):
    """What is being done with an article that is offered to the library."""

    READING = "reading"
    INDEXING = "indexing"
    LISTENING = "listening"
    """Who says what in it is being found."""


class Service:
    """A library with the models that search it and answer from it; each is loaded when first needed."""

    def __init__(self, settings: Settings, *, create: bool = False) -> None:
        """Open the library that ``settings`` name; ``create`` it where there is none.

        Raises:
            NotFoundError: there is none and ``create`` is false.
        """
        self.settings = settings
        self.models = LoadedModels(settings)
        self._loading = threading.Lock()
        opening: Callable[..., Library] = Library if create else Library.open
        self.library = opening(settings.library, lambda: self.models.embedder)

    def close(self) -> None:
        """End the watching of feeds, save what is derived and let go of library and models."""
        if "feeds" in self.__dict__:
            self.feeds.close()
        self.library.close()
        self.models.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @cached_property
    def _answerer(self) -> Answerer:
        self.models.load()
        models = self.models
        return Answerer(
            self.library,
            models.generator,
            models.support,
            self.settings,
            attributions=self._attributions_of,
            reading=lambda text: models.speech.read(text),
        )

    def _attributions_of(self, article_id: str) -> tuple[Attribution, ...]:
        try:
            return self.attributions(self.library.get(article_id))
        except NotFoundError:  # deleted meanwhile
            return ()

    @property
    def answerer(self) -> Answerer:
        """The answering path, with its models loaded."""
        with self._loading:
            return self._answerer

    def warm_up(self) -> None:
        """Load everything and compute what every question's prompt begins with, so that the first answer comes soon."""
        _ = self.answerer
        self.models.generator.prefill(fixed_messages())

    # ── articles ─────────────────────────────────────────────────────────────────────────────────────────────────

    def ingest(self, paths: Iterable[Path]) -> Iterator[IngestEvent]:
        """What became of each file that ``paths`` name, folders walked: added to the library, or refused.

        One refused file does not keep the others out.
        """
        limit = round(self.settings.max_file_mb * _BYTES_PER_MB)
        refused: list[Refused] = []

        def articles() -> Iterator[Article]:
            for path in paths:
                with _noting(refused):  # a folder that cannot be listed
                    for file in find_files([path]):
                        with _noting(refused):
                            yield read_path(file, max_bytes=limit)

        for added in self.library.add_many(articles()):
            self.attributions(added.article)
            yield added
        self.library.save_index()
        yield from refused

    def ingest_bytes(self, data: bytes, *, source: str, suffix: str = "") -> IngestEvent:
        """What became of the article in ``data``, as piped in, pasted or uploaded."""
        return _outcome(self.adding(lambda: self.read(data, source=source, suffix=suffix)))

    def ingest_text(self, text: str, fields: Mapping[str, str]) -> IngestEvent:
        """What became of the article ``text``: plain, Markdown or HTML; ``fields`` are its title, outlet, and so on."""
        return _outcome(self.adding(lambda: self.read_text(text, fields)))

    def add_url(self, url: str) -> IngestEvent:
        """What became of the article at the web address ``url``, which is fetched from public machines only."""
        return _outcome(self.adding(lambda: self.fetch(url)))

    def adding(self, obtain: Callable[[], Article]) -> Iterator[Stage | IngestEvent]:
        """Each stage that the article which ``obtain`` gets comes to, then what became of it."""
        yield Stage.READING
        try:
            article = obtain()
            yield Stage.INDEXING
            added = self.library.add(article)
        except IngestError as error:
            yield Refused(str(error))
            return
        yield Stage.LISTENING
        self.attributions(added.article)
        self.library.save_index()
        yield added

    def read(self, data: bytes, *, source: str, suffix: str = "") -> Article:
        """The article in ``data``, which is not added.

        Raises:
            IngestError: there is none, or ``data`` are larger than the settings allow.
        """
        limit = self.settings.max_file_mb
        if len(data) > limit * _BYTES_PER_MB:
            raise IngestError(f"{source}: larger than {limit:g} MB; raise the setting max_file_mb or split the file")
        return read_bytes(data, source=source, suffix=suffix)

    def read_text(self, text: str, written: Mapping[str, str]) -> Article:
        """The article in ``text``, described as it is ``written`` beside it and else as it says itself; not added.

        Raises:
            IngestError: there is none, or what is written beside it will not do.
        """
        given = {name: value for name, value in description(written).items() if value}
        article = self.read(text.encode("utf-8", "replace"), source=STDIN)
        return replace(article, **given)  # type: ignore[arg-type]

    def fetch(self, url: str) -> Article:
        """The article at the web address ``url``, which is not added.

        Raises:
            FetchError: it may not or cannot be fetched.
            IngestError: there is none.
        """
        from qa.ingest.fetch import fetch_article

        return fetch_article(url, self._web)

    def read_feed(self, url: str) -> Feed:
        """What the feed at ``url`` lists now.

        Raises:
            FetchError: it may not or cannot be fetched, or is no feed.
        """
        from qa.ingest.feed import read_feed

        return read_feed(url, self._web)

    def describe(self, article_id: str, written: Mapping[str, str]) -> Article:
        """The article, described as ``written`` (title, outlet, author, date); what is written empty is taken away.

        Raises:
            NotFoundError: it is not in the library.
            IngestError: it is left without a title, or what is written will not do.
        """
        changes = description(written)
        if "title" in changes and changes["title"] is None:
            raise IngestError("an article needs a title: write one")
        return self.library.describe(article_id, **changes)

    def put_back(self, deleted: Deleted) -> Added:
        """What became of an article that was deleted; see `Library.put_back`."""
        added = self.library.put_back(deleted)
        self.attributions(added.article)
        self.library.save_index()
        return added

    @cached_property
    def feeds(self) -> FeedWatcher:
        """The feeds whose new articles come into this library, once it is started; their list lies beside it."""
        from qa.ingest.feed import FeedWatcher

        path = self.settings.library / FEEDS
        return FeedWatcher(path, self._web, self._add_entry, minutes=self.settings.feed_minutes)

    def _add_entry(self, url: str) -> None:
        """Add the article at ``url``.

        Raises:
            IngestError: it was refused, which the feed's list then says.
        """
        event = self.add_url(url)
        if isinstance(event, Refused):
            raise IngestError(event.reason)

    @cached_property
    def _web(self) -> Web:
        from qa.ingest.fetch import Fetcher

        return Fetcher(self.settings)

    def attributions(self, article: Article) -> tuple[Attribution, ...]:
        """What ``article`` reports to be said, and by whom."""
        return self.library.attributions(article, self.models.speech)

    # ── summaries ────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def summarizer(self) -> Summarizer:
        """The summarizing path, with its models loaded."""
        with self._loading:
            self.models.load()
            models = self.models
            return Summarizer(models.generator, models.support, self.library.embedder, self.attributions)

    def summarize(self, article_ids: Sequence[str], sentences: int = DEFAULT_SENTENCES) -> Iterator[SummaryEvent]:
        """Each sentence of a neutral summary once it is proven, then the whole; see `Summarizer.stream`.

        Raises:
            NotFoundError: an article is not in the library, or its id is short of digits.
        """
        return self.summarizer.stream(self._each(article_ids), sentences)

    @property
    def comparer(self) -> Comparer:
        """The comparing path, with its models loaded."""
        with self._loading:
            self.models.load()
            models = self.models
            return Comparer(models.generator, models.support, self.library.embedder, self.attributions)

    def compare(self, article_ids: Sequence[str], sentences: int = COMPARED_SENTENCES) -> Iterator[ComparisonEvent]:
        """What articles on one event share, where they contradict each other, then a round-up; see `Comparer.stream`.

        Raises:
            NotFoundError: an article is not in the library, or its id is short of digits.
            InputError: they are fewer than two.
        """
        articles = self._each(article_ids)
        if len(articles) < 2:
            named = f"article {articles[0].id}" if articles else "nothing"
            raise InputError(f"{named} cannot be compared alone: name another article on the same event")
        return self.comparer.stream(articles, sentences)

    def _each(self, article_ids: Sequence[str]) -> list[Article]:
        """The articles of these ids, each once."""
        return list({article.id: article for article in map(self.library.get, article_ids)}.values())

    # ── questions ────────────────────────────────────────────────────────────────────────────────────────────────

    def search(self, query: str, k: int | None = None, where: SearchFilter | None = None) -> list[Hit]:
        """The best passages for ``query``, best first; see `Library.search`."""
        return self.library.search(query, k or self.settings.k, where)

    def ask(
        self, question: str, *, k: int | None = None, where: SearchFilter | None = None, shown: Sequence[Hit] = ()
    ) -> Answer:
        """The whole answer to ``question``; see `Answerer.stream`."""
        return self.answerer.ask(question, k=k, where=where, shown=shown)

    def stream(
        self, question: str, *, k: int | None = None, where: SearchFilter | None = None, shown: Sequence[Hit] = ()
    ) -> Iterator[Event]:
        """The evidence, the sentences as they pass the gate, the answer; see `Answerer.stream`."""
        return self.answerer.stream(question, k=k, where=where, shown=shown)


def _outcome(events: Iterator[Stage | IngestEvent]) -> IngestEvent:
    """What became of the article in the end."""
    *_, last = events
    if isinstance(last, Stage):
        raise TypeError("`Service.adding` ends with what became of the article")
    return last


@contextmanager
def _noting(refused: list[Refused]) -> Iterator[None]:
    try:
        yield
    except IngestError as error:
        refused.append(Refused(str(error)))
