"""Asking the cases of a suite: each through a whole main path, or through one part of it alone."""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

from qa.answering.answer import Answerer
from qa.errors import QAError
from qa.evaluation.cases import Case
from qa.evaluation.measures import SUPPORT
from qa.evaluation.responses import Cited, Response, Told, places, response_of, speech_response, summary_response
from qa.evaluation.suites.pairs import LabelledPair
from qa.evaluation.suites.suite import Suite
from qa.library import Library
from qa.models.embedder import Embedder
from qa.models.generators import Generator
from qa.models.speech_reader import SpeechReader
from qa.models.support import SupportModel
from qa.settings import Settings
from qa.summarizing.summary import DEFAULT_SENTENCES, Summarizer
from qa.types import Summary

RETRIEVED = 10
"""Passages that are retrieved to measure retrieval, more than the model is shown."""

_TOGETHER = 32  # pairs that the support model reads in one call


class Models(Protocol):
    """What the main path is made of; `qa.models.loaded.LoadedModels` is one, and so is the ``models`` of a service."""

    @property
    def settings(self) -> Settings: ...  # noqa: D102
    @property
    def embedder(self) -> Embedder: ...  # noqa: D102
    @property
    def generator(self) -> Generator: ...  # noqa: D102
    @property
    def support(self) -> SupportModel: ...  # noqa: D102
    @property
    def speech(self) -> SpeechReader: ...  # noqa: D102


@contextlib.contextmanager
def library_of(suite: Suite, models: Models, folder: Path) -> Iterator[Library]:
    """A library in ``folder`` with the articles of ``suite``, and no others."""
    with Library(folder, lambda: models.embedder) as library:
        wanted = {article.id for article in suite.articles}
        for held in library.articles():
            if held.id not in wanted:
                library.delete(held.id)
        list(library.add_many(suite.articles))
        library.save_index()
        yield library


def answers(suite: Suite, models: Models, library: Library, jobs: int = 1) -> Iterator[Response]:
    """The response of the main path to each case, in order; a case that fails yields one with its error.

    With several ``jobs``, questions wait for the generator side by side, as those of several people do.
    """
    answerer = Answerer(
        library,
        models.generator,
        models.support,
        models.settings,
        attributions=lambda article: library.attributions(library.get(article), models.speech),
        reading=models.speech.read,
    )

    def ask(case: Case) -> Response:
        return response_of(case.id, answerer.ask(case.question), library.search(case.question, RETRIEVED))

    yield from _asked(ask, suite.cases, jobs)


def summaries(suite: Suite, models: Models, library: Library, jobs: int = 1) -> Iterator[Response]:
    """The summary of each case's articles, in order; a case that fails yields its error."""
    summarizer = Summarizer(
        models.generator,
        models.support,
        library.embedder,
        lambda article: library.attributions(article, models.speech),
    )

    def ask(case: Case) -> Response:
        articles = [library.get(article) for article in case.articles]
        *_, summary = summarizer.stream(articles, DEFAULT_SENTENCES)
        assert isinstance(summary, Summary)  # noqa: S101 - a stream ends with one
        return summary_response(case.id, summary)

    yield from _asked(ask, suite.cases, jobs)


def readings(suite: Suite, reader: SpeechReader) -> Iterator[Response]:
    """Who is found to say what in each case's article, in order."""
    texts = {article.id: article.text for article in suite.articles}
    for case in suite.cases:
        text = texts[case.articles[0]]
        started = time.perf_counter()
        found = reader.read(text)
        yield speech_response(case.id, text, found, time.perf_counter() - started)


def _asked(ask: Callable[[Case], Response], cases: Sequence[Case], jobs: int) -> Iterator[Response]:
    """What ``ask`` makes of each case, in order; where it fails, a response with the error."""

    def tried(case: Case) -> Response:
        try:
            return ask(case)
        except QAError as error:
            return Response(case.id, error=str(error))

    if jobs == 1:
        yield from map(tried, cases)
        return
    with ThreadPoolExecutor(jobs) as pool:
        remaining = iter(cases)
        running: list[Future[Response]] = [pool.submit(tried, case) for case in itertools.islice(remaining, jobs)]
        while running:
            yield running.pop(0).result()
            running += [pool.submit(tried, case) for case in itertools.islice(remaining, 1)]


def retrievals(suite: Suite, library: Library) -> Iterator[Response]:
    """What retrieval alone finds for each case, in order."""
    for case in suite.cases:
        started = time.perf_counter()
        hits = library.search(case.question, RETRIEVED)
        yield Response(case.id, retrieved=places(hits), seconds=time.perf_counter() - started)


def pair_suite(name: str, pairs: Sequence[LabelledPair]) -> Suite:
    """The pairs as cases: the claim for a question, answerable where it is supported, the set it is from for a kind."""
    cases = tuple(Case(pair.id, pair.claim, pair.source, pair.supported, cluster=pair.id) for pair in pairs)
    return Suite(name, (), cases, SUPPORT)


def judgements(pairs: Sequence[LabelledPair], model: SupportModel) -> Iterator[Response]:
    """What the support model makes of each pair, in order: a response where it holds the claim for supported."""
    least = model.calibration.support_threshold
    for group in _batched(pairs):
        started = time.perf_counter()
        readings = model.read([(pair.claim, pair.evidence) for pair in group])
        seconds = (time.perf_counter() - started) / len(group)
        for pair, reading in zip(group, readings, strict=True):
            accepted = (Told(pair.claim, (Cited(pair.evidence, support=reading.support),)),)
            yield Response(
                pair.id, accepted if reading.support >= least else (), score=reading.support, seconds=seconds
            )


def _batched(pairs: Sequence[LabelledPair]) -> Iterator[Sequence[LabelledPair]]:
    for first in range(0, len(pairs), _TOGETHER):
        yield pairs[first : first + _TOGETHER]
