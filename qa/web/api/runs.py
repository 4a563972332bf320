"""Evaluations in the background: one at a time, each watched while it runs and kept until the server stops."""

from __future__ import annotations

import datetime
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from qa.web.api.schemas import NewEvaluation, Only, RunState

if TYPE_CHECKING:
    from qa.evaluation.asking import Models
    from qa.evaluation.report import Report
    from qa.evaluation.responses import Response
    from qa.evaluation.suites.suite import Suite
    from qa.types import Article

_KEPT = 20
_LEAVING_SECONDS = 5.0  # at the server's end, for the case under way


@dataclass(frozen=True, slots=True)
class Run:
    """An evaluation as it stood at one moment; ``articles`` are those that its report speaks of, by their ids."""

    id: str
    suite: str
    total: int
    seed: int
    started: datetime.datetime
    state: RunState = RunState.RUNNING
    done: int = 0
    finished: datetime.datetime | None = None
    error: str | None = None
    report: Report | None = None
    articles: Mapping[str, Article] = field(default_factory=dict)

    @property
    def over(self) -> bool:
        """Whether nothing more will become of it."""
        return self.finished is not None


class _CancelledError(Exception):
    """Somebody wants no more cases asked."""


class Runs:
    """The evaluations of one server with ``models``; may be used from many threads. ``say`` puts a fault in words."""

    def __init__(self, models: Models, say: Callable[[Exception], str]) -> None:
        self._models = models
        self._say = say
        self._lock = threading.Lock()
        self._runs: OrderedDict[str, Run] = OrderedDict()
        self._thread: threading.Thread | None = None
        self._unwanted = threading.Event()

    def start(self, suite: Suite, how: NewEvaluation) -> Run | None:
        """A run of ``suite`` that has begun; ``None`` where another one is under way."""
        sampled = suite.sample(how.limit, how.seed)
        with self._lock:
            if self._thread is not None and self._thread.is_alive():
                return None
            run = Run(secrets.token_hex(6), suite.name, len(sampled.cases), how.seed, _now())
            self._runs[run.id] = run
            while len(self._runs) > _KEPT:
                self._runs.popitem(last=False)
            self._unwanted.clear()
            self._thread = threading.Thread(
                target=self._work, args=(run.id, sampled, how), name="evaluation", daemon=True
            )
            self._thread.start()
            return run

    def all(self) -> list[Run]:
        """The latest runs, newest first."""
        with self._lock:
            return list(reversed(self._runs.values()))

    def get(self, run_id: str) -> Run | None:
        """The run, as it stands."""
        with self._lock:
            return self._runs.get(run_id)

    def running(self) -> Run | None:
        """The run under way, if there is one."""
        return next((run for run in self.all() if not run.over), None)

    def cancel(self, run_id: str) -> Run | None:
        """The run, which asks no further case; one that is over stays as it is."""
        with self._lock:
            run = self._runs.get(run_id)
            if run is not None and run.state is RunState.RUNNING:
                self._unwanted.set()
                run = self._runs[run_id] = replace(run, state=RunState.CANCELLING)
            return run

    def close(self) -> None:
        """Cancel what is under way, and wait a little for its end."""
        with self._lock:
            self._unwanted.set()
            thread = self._thread
        if thread is not None:
            thread.join(_LEAVING_SECONDS)

    def _work(self, run_id: str, suite: Suite, how: NewEvaluation) -> None:
        end: dict[str, Any]
        try:
            report = self._evaluated(run_id, suite, how)
            end = {"state": RunState.DONE, "report": report, "articles": _spoken_of(report, suite.articles)}
        except _CancelledError:
            end = {"state": RunState.CANCELLED}
        except Exception as error:
            end = {"state": RunState.FAILED, "error": self._say(error)}
        self._change(run_id, finished=_now(), **end)

    def _evaluated(self, run_id: str, suite: Suite, how: NewEvaluation) -> Report:
        from qa.evaluation import run
        from qa.evaluation.judges import GateJudge

        def progress(responses: Iterable[Response], _total: int, done: int) -> Iterator[Response]:
            self._refuse_unwanted()
            for now_done, response in enumerate(responses, start=done + 1):
                self._change(run_id, done=now_done)
                yield response
                self._refuse_unwanted()

        if how.only is Only.RETRIEVAL:
            return run.evaluate_retrieval(self._models, suite, seed=how.seed, progress=progress)
        judge = GateJudge(self._models.support) if how.judge else None
        return run.evaluate(self._models, suite, judge=judge, seed=how.seed, progress=progress)

    def _refuse_unwanted(self) -> None:
        if self._unwanted.is_set():
            raise _CancelledError

    def _change(self, run_id: str, **changes: Any) -> None:
        with self._lock:
            if run_id in self._runs:
                self._runs[run_id] = replace(self._runs[run_id], **changes)


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


def _spoken_of(report: Report, articles: Iterable[Article]) -> dict[str, Article]:
    """Those of ``articles`` that a case is about, or cites, or should cite."""
    results = [result for suite in report.suites for result in suite.results]
    ids = {cited.article for result in results for cited in result.response.citations}
    ids |= {span.article for result in results for group in result.case.evidence for span in group}
    ids |= {article for result in results for article in result.case.articles}
    return {article.id: article for article in articles if article.id in ids}
