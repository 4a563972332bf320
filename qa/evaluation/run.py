"""`evaluate`: the cases of a suite asked, each response kept as it comes, and all of them measured."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from qa.errors import CaseError
from qa.evaluation import asking
from qa.evaluation.judges import Judge, judge_json, judged
from qa.evaluation.measure import Scored
from qa.evaluation.measures import RETRIEVAL
from qa.evaluation.provenance import identity, peak_memory_gb, provenance
from qa.evaluation.report import Report, SuiteReport, suite_report
from qa.evaluation.responses import Response, read_responses, response_json
from qa.evaluation.suites.pairs import LabelledPair
from qa.evaluation.suites.suite import Suite, Task

RESPONSES = "responses.jsonl"
_IDENTITY = "run.json"
_LIBRARY = "library"

Progress = Callable[[Iterable[Response], int, int], Iterable[Response]]
"""Passes responses through and shows how far it is: of so many cases in all, so many were done before."""


def _unseen(responses: Iterable[Response], _total: int, _done: int) -> Iterable[Response]:
    return responses


def evaluate(
    models: asking.Models,
    suite: Suite,
    *,
    folder: Path | None = None,
    judge: Judge | None = None,
    jobs: int = 1,
    seed: int = 0,
    resume: bool = False,
    progress: Progress = _unseen,
) -> Report:
    """The report of ``suite``, each case through the whole main path that its task is.

    In ``folder`` each response is kept as soon as it is there, and with ``resume`` a run that broke off goes on.
    ``judge`` decides what ALCE's scores ask; without one they are left out. ``seed`` names the sample that ``suite``
    is, and draws the intervals.

    Raises:
        CaseError: ``folder`` holds a run already and ``resume`` is false, or it holds another run; or there are more
            ``jobs`` than may wait for the generator.
    """
    if jobs > (most := models.settings.queue_limit):
        raise CaseError(f"{jobs} jobs, but only {most} may wait: ask fewer, or raise queue_limit")
    if suite.task is Task.SPEECH:
        record = provenance(models.settings, seed=seed, speech=models.speech)
    else:
        record = provenance(
            models.settings,
            seed=seed,
            generator=models.generator,
            support=models.support,
            embedder=models.embedder,
            speech=models.speech,
        )
    with _place(folder) as place:
        kept = _Kept(place, {**identity(record), **_asked(suite)}, resume)
        remaining = replace(suite, cases=tuple(case for case in suite.cases if case.id not in kept.done))
        with _responses(remaining, suite, models, place / _LIBRARY, jobs) as responses:
            kept.all(progress(responses, len(suite.cases), len(kept.done)))
    record["peak_memory_gb"] = peak_memory_gb()
    return Report((score(suite, list(kept.done.values()), judge, seed=seed),), record)


@contextmanager
def _responses(
    remaining: Suite, suite: Suite, models: asking.Models, folder: Path, jobs: int
) -> Iterator[Iterator[Response]]:
    """What the cases that remain are answered with, over a library of all articles where one is needed."""
    if suite.task is Task.SPEECH:
        yield asking.readings(remaining, models.speech)
        return
    with asking.library_of(suite, models, folder) as library:
        asked = asking.summaries if suite.task is Task.SUMMARIES else asking.answers
        yield asked(remaining, models, library, jobs)


def evaluate_retrieval(
    models: asking.Models, suite: Suite, *, folder: Path | None = None, seed: int = 0, progress: Progress = _unseen
) -> Report:
    """The report of ``suite`` on retrieval alone, for the cases that have evidence: no model writes anything."""
    suite = replace(suite, cases=tuple(case for case in suite.cases if case.evidence), measures=RETRIEVAL)
    record = provenance(models.settings, seed=seed, embedder=models.embedder)
    with _place(folder) as place, asking.library_of(suite, models, place / _LIBRARY) as library:
        found = list(progress(asking.retrievals(suite, library), len(suite.cases), 0))
    record["peak_memory_gb"] = peak_memory_gb()
    return Report((score(suite, found, seed=seed),), record)


def evaluate_support(
    models: asking.Models,
    pairs: Sequence[LabelledPair],
    *,
    limit: int | None = None,
    seed: int = 0,
    progress: Progress = _unseen,
) -> Report:
    """The report of the support model alone on labelled ``pairs``: AUROC, and decisions at its own threshold."""
    record = provenance(models.settings, seed=seed, support=models.support)
    suite = asking.pair_suite("pairs", pairs).sample(limit, seed)
    wanted = {case.id for case in suite.cases}
    sampled = [pair for pair in pairs if pair.id in wanted]
    found = list(progress(asking.judgements(sampled, models.support), len(sampled), 0))
    record["peak_memory_gb"] = peak_memory_gb()
    return Report((score(suite, found, seed=seed),), record)


def score(
    suite: Suite, responses: Sequence[Response], judge: Judge | None = None, *, partial: bool = False, seed: int = 0
) -> SuiteReport:
    """What ``responses``, of whatever system, are worth on ``suite``; a case without one has failed.

    With ``partial``, cases without a response are left out instead.

    Raises:
        CaseError: a response is to no case of the suite, or there are two to one.
    """
    by_id = _by_id(suite, responses)
    texts = {article.id: article.text for article in suite.articles}
    cases = [case for case in suite.cases if case.id in by_id or not partial]
    scored = []
    for case in cases:
        response = by_id.get(case.id) or Response(case.id, error="there is no response to this case")
        scores = judged(case, response, suite.articles, judge) if judge else None
        scored.append(Scored(case, response, texts, scores))
    return suite_report(
        suite.name, scored, suite.measures, corpus=_corpus(suite), judge=judge_json(judge) if judge else None, seed=seed
    )


def _by_id(suite: Suite, responses: Sequence[Response]) -> dict[str, Response]:
    known = {case.id for case in suite.cases}
    found: dict[str, Response] = {}
    for response in responses:
        if response.id not in known:
            raise CaseError(f"there is no case {response.id!r} in {suite.name}: name the gold file that was asked")
        if response.id in found:
            raise CaseError(f"there are two responses to the case {response.id!r}: keep one")
        found[response.id] = response
    return found


def _corpus(suite: Suite) -> dict[str, Any]:
    return {
        "articles": len(suite.articles),
        "words": sum(article.words for article in suite.articles),
        "sha256": suite.corpus_sha256,
        "cases_sha256": suite.cases_sha256,
    }


def _asked(suite: Suite) -> dict[str, Any]:
    """What is asked, in a form that two runs can be compared by."""
    return {"suite": suite.name, "corpus": suite.corpus_sha256, "cases": suite.cases_sha256}


@contextmanager
def _place(folder: Path | None) -> Iterator[Path]:
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
        return
    with tempfile.TemporaryDirectory() as temporary:
        yield Path(temporary)


class _Kept:
    """The responses of a run in its folder, one a line, written as they come."""

    def __init__(self, folder: Path, run: Mapping[str, Any], resume: bool) -> None:
        self._file = folder / RESPONSES
        self.done: dict[str, Response] = {}
        known = folder / _IDENTITY
        if self._file.exists():
            if not resume:
                raise CaseError(f"{folder} holds a run already: go on with it by --resume, or name another --out")
            if _read_json(known) != json.loads(json.dumps(run)):
                raise CaseError(
                    f"{folder} holds another run (settings, models, cases or seed differ): name another --out"
                )
            self._drop_torn_line()
            kept = [response for response in read_responses(self._file, {}) if response.error is None]
            self.done = {response.id: response for response in kept}  # a case that failed is asked again
            partial = self._file.with_suffix(".tmp")
            partial.write_text("".join(map(_line, kept)), encoding="utf-8")
            partial.replace(self._file)
        else:
            known.write_text(json.dumps(run, indent=1), encoding="utf-8")

    def all(self, responses: Iterable[Response]) -> None:
        """Keep each of ``responses``."""
        with self._file.open("a", encoding="utf-8") as file:
            for response in responses:
                file.write(_line(response))
                file.flush()
                self.done[response.id] = response

    def _drop_torn_line(self) -> None:
        """Cut off a last line that a killed run left unfinished."""
        data = self._file.read_bytes()
        whole = data[: data.rfind(b"\n") + 1]
        if whole != data:
            self._file.write_bytes(whole)


def _line(response: Response) -> str:
    return json.dumps(response_json(response)) + "\n"


def _read_json(path: Path) -> Any:
    """The value in ``path``; ``None`` where there is none to read."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
