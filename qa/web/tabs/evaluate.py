"""The tab *Evaluate*: run a suite or a case file, watch it, read what it came to, and compare two runs.

The runs are the server's: one that was begun over the REST service is seen here as well.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr

from qa.errors import CaseError, QAError
from qa.evaluation.compare import compare
from qa.evaluation.report import Report, read_report
from qa.evaluation.suites.registry import SOURCES, load_suite
from qa.evaluation.suites.suite import Suite
from qa.service import Service
from qa.web.api.runs import Run, Runs
from qa.web.api.schemas import NewEvaluation, RunState
from qa.web.articles import said_html
from qa.web.case_files import suite_of_file
from qa.web.evaluation import comparison_html, progress_html, result_html, run_label, terms_html
from qa.web.render import error_html
from qa.web.tabs.common import Fill
from qa.wording import counted

_OWN = "own"
_SUITES = [(f"{one.name}: {one.about.partition(';')[0]}", one.name) for one in SOURCES.values() if not one.files]
_CHOICES = [*_SUITES, ("a case file of your own, about articles of your library", _OWN)]

_FORM = (
    '<p class="cw cw-soft">A case file has a JSON object a line, such as <code>{"question": "When did the dam break?", '
    '"answers": ["Monday"], "evidence": [[{"article": "dam.txt", "quote": "on Monday"}]]}</code>. Without answers and '
    "evidence, the right answer is none. <code>qa eval new ARTICLE…</code> drafts one.</p>"
)
_TIME = (
    "Empty for all cases. On two processor cores an answer takes about 8 seconds, so 20 take some 3 minutes; a summary "
    "takes longer."
)
_NO_COMPARISON = (
    '<p class="cw cw-empty">Two runs of the same cases, before and after a change: how far each number rose or fell, '
    "whether that is more than chance, and which cases came out otherwise.</p>"
)
_BUSY = "an evaluation is under way: wait for its end, or cancel it"
_LARGEST = 2**31 - 1
_LARGEST_LIMIT = 1_000_000
_PLAIN: dict[str, Any] = {
    "queue": False,
    "show_progress": "hidden",
    "concurrency_limit": None,
    "api_visibility": "private",
}


class _File(NamedTuple):
    """An uploaded case file."""

    name: str
    data: bytes


class _Kept(NamedTuple):
    """An uploaded report."""

    name: str
    report: Report


class _Form(NamedTuple):
    """What is to be run."""

    suite: Any
    file: Any
    limit: Any
    seed: Any


class _View(NamedTuple):
    """What follows the runs of the server; ``followed`` is the id of the one that this page waits for."""

    timer: Any
    followed: Any
    progress: Any
    cancel: Any
    run: Any
    before: Any
    after: Any


def build(service: Service, runs: Runs) -> tuple[Fill, ...]:
    """The tab, inside an open `gr.Blocks`."""
    followed, timer = gr.State(None), gr.Timer(1.0)
    with gr.Row():
        with gr.Column(scale=4, min_width=320):
            form, start, said = _form(service)
            cancel = gr.Button("Cancel", visible=False, elem_id="cw-eval-cancel")
            progress = gr.HTML("", elem_id="cw-eval-progress")
        with gr.Column(scale=7, min_width=320):
            run = gr.Dropdown([], value=None, label="Run", info="Kept until the server stops.", elem_id="cw-eval-run")
            with gr.Accordion("Compare two runs", open=False, elem_id="cw-eval-compare"):
                before, after = _comparing(runs)
            result = gr.HTML(terms_html(folded=False), elem_id="cw-eval-result")
    view = _View(timer, followed, progress, cancel, run, before, after)

    begun = [said, progress, cancel, followed, timer]
    start.click(lambda *given: _started(service, runs, _Form(*given)), list(form), begun, **_PLAIN)
    cancel.click(lambda: _cancelled(runs), None, [progress, cancel], **_PLAIN)
    timer.tick(lambda one, *chosen: _seen(runs, one, chosen), [followed, run, before, after], list(view), **_PLAIN)
    run.change(lambda chosen: _result(service, runs, chosen), run, result, **_PLAIN)
    # What is under way, or over since, is looked up a moment after the page or the tab is opened.
    return (Fill(timer, lambda: gr.Timer(active=True)),)


# ── running ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _form(service: Service) -> tuple[_Form, Any, Any]:
    """What is to be run, the button that starts it, and where is said what is wrong."""
    suite = gr.Radio(_CHOICES, value=_SUITES[0][1], label="What to ask", elem_id="cw-eval-suite")
    with gr.Column(visible=False) as own:
        upload = gr.File(label="Case file", file_types=[".jsonl", ".json"], height=140, elem_id="cw-eval-file")
        gr.HTML(_FORM)
    with gr.Row():
        limit = gr.Number(20, precision=0, label="At most so many cases", info=_TIME, min_width=200, scale=3)
        seed = gr.Number(0, precision=0, label="Seed", info="Names the sample.", min_width=110, scale=1)
    start = gr.Button("Start", variant="primary", elem_id="cw-eval-start")
    said = gr.HTML("", elem_id="cw-eval-said")
    file = gr.State(None)
    suite.change(lambda chosen: gr.Column(visible=chosen == _OWN), suite, own, **_PLAIN)
    upload.upload(lambda path: _uploaded(path, lambda one: _read(service, one)), upload, [file, said], **_PLAIN)
    upload.clear(lambda: (None, ""), None, [file, said], **_PLAIN)
    return _Form(suite, file, limit, seed), start, said


def _uploaded(path: str | None, read: Callable[[Path], tuple[Any, str]]) -> tuple[Any, str]:
    """What ``read`` makes of an uploaded file, which is not kept besides, and what is said of it."""
    if not path:
        return None, ""
    file = Path(path)
    try:
        kept, words = read(file)
        return kept, said_html(words)
    except QAError as error:
        return None, error_html(str(error))
    finally:
        file.unlink(missing_ok=True)


def _read(service: Service, path: Path) -> tuple[_File, str]:
    file = _File(path.name, path.read_bytes())
    suite = _own(service, file)
    return file, f"{file.name} holds {counted(len(suite.cases), 'case')}."


def _own(service: Service, file: _File) -> Suite:
    return suite_of_file(file.data, file.name, service.library.articles())


def _started(service: Service, runs: Runs, form: _Form) -> list[Any]:
    """What is said, how far it is, whether it can be cancelled, which run it is, and the timer that looks after it."""
    nothing = [gr.skip()] * 4
    try:
        limit = None if form.limit is None else _whole(form.limit, 1, _LARGEST_LIMIT, "the number of cases")
        seed = _whole(0 if form.seed is None else form.seed, 0, _LARGEST, "the seed")
        if form.suite != _OWN:
            suite = load_suite(str(form.suite), None)
        elif form.file is None:
            raise CaseError("there is no case file: choose one above")
        else:
            suite = _own(service, form.file)
        run = runs.start(suite, NewEvaluation(suite=suite.name, limit=limit, seed=seed))
    except QAError as error:
        return [error_html(str(error)), *nothing]
    if run is None:  # of another page, or of the REST service: it is shown, so that it can be cancelled here
        return [error_html(_BUSY), *nothing[:-1], gr.Timer(active=True)]
    return ["", progress_html(run, _now()), gr.Button(visible=True), run.id, gr.Timer(active=True)]


def _whole(value: float, least: int, most: int, name: str) -> int:
    """``value`` as a whole number.

    Raises:
        CaseError: it is none from ``least`` to ``most``.
    """
    if not math.isfinite(value) or value != int(value) or not least <= value <= most:
        raise CaseError(f"{name} must be a whole number from {least} to {most}: write another")
    return int(value)


def _cancelled(runs: Runs) -> list[Any]:
    run = runs.running()
    if run is not None:
        run = runs.cancel(run.id)
    return [gr.skip() if run is None else progress_html(run, _now()), gr.Button(visible=False)]


def _seen(runs: Runs, followed: str | None, chosen: Sequence[str | None]) -> list[Any]:
    """The view as the runs are now: that of the one under way, or else of what has come of the one ``followed``.

    ``chosen`` are the runs to read and to compare.
    """
    run, reading = runs.running(), chosen[0] and runs.get(chosen[0])
    if run is not None:
        stopping = gr.Button(visible=run.state is RunState.RUNNING)
        lists = [gr.skip()] * 3 if followed == run.id else _lists(runs, chosen, None if reading else _newest(runs))
        return list(_View(gr.skip(), run.id, progress_html(run, _now()), stopping, *lists))
    ended = runs.get(followed) if followed else None
    progress = progress_html(ended, _now()) if ended else gr.skip()
    read = ended.id if ended and ended.report else None if reading else _newest(runs)
    return list(_View(gr.Timer(active=False), None, progress, gr.Button(visible=False), *_lists(runs, chosen, read)))


def _newest(runs: Runs) -> str | None:
    return next((run.id for run in runs.all() if run.report), None)


def _lists(runs: Runs, chosen: Sequence[str | None], read: str | None) -> list[Any]:
    """The runs to choose from, to read and to compare: ``read`` and the one before it, else what is chosen stays."""
    names = [(run_label(run), run.id) for run in runs.all() if run.over]
    reported = [run for run in runs.all() if run.report]
    pairs = [(run_label(run), run.id) for run in reported]
    if read is None:
        return [_choices(*one) for one in zip((names, pairs, pairs), chosen, strict=True)]
    ids = [run.id for run in reported]
    earlier = next(iter(ids[ids.index(read) + 1 :]), None)
    return [gr.Dropdown(names, value=read), gr.Dropdown(pairs, value=earlier), gr.Dropdown(pairs, value=read)]


def _choices(runs: Sequence[tuple[str, str]], chosen: str | None) -> Any:
    """``runs`` to choose from; a run that is kept no longer cannot stay chosen, or gradio refuses whatever is sent."""
    return gr.Dropdown(runs) if chosen in [None, *(one for _, one in runs)] else gr.Dropdown(runs, value=None)


def _result(service: Service, runs: Runs, chosen: str | None) -> str:
    run = runs.get(chosen) if chosen else None
    if run is None:
        return terms_html(folded=False)
    return result_html(run, {article.id for article in service.library.articles()})


# ── comparing ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _comparing(runs: Runs) -> tuple[Any, Any]:
    """The two runs to choose, with the file that may stand for the first."""
    kept = gr.State(None)
    with gr.Row():
        before = gr.Dropdown([], value=None, label="Before", min_width=200)
        after = gr.Dropdown([], value=None, label="After", min_width=200)
    upload = gr.File(
        label="Or a report.json as “before”", file_types=[".json"], height=140, elem_id="cw-eval-report-file"
    )
    button = gr.Button("Compare", elem_id="cw-eval-compare-start")
    differences = gr.HTML(_NO_COMPARISON, elem_id="cw-eval-differences")
    upload.upload(lambda path: _uploaded(path, _read_kept), upload, [kept, differences], **_PLAIN)
    upload.clear(lambda: (None, _NO_COMPARISON), None, [kept, differences], **_PLAIN)
    button.click(lambda *given: _compared(runs, *given), [kept, before, after], differences, **_PLAIN)
    return before, after


def _read_kept(path: Path) -> tuple[_Kept, str]:
    """The report in an uploaded file.

    Raises:
        CaseError: it is none.
    """
    try:
        report = read_report(path)
    except (CaseError, RecursionError) as error:
        raise CaseError(f"{path.name} is no report: choose a report.json of `qa eval run` or of this page") from error
    suites = ", ".join(suite.name for suite in report.suites)
    if not suites:
        raise CaseError(f"{path.name} has no suite: choose a report.json of `qa eval run` or of this page")
    return _Kept(path.name, report), f"{path.name} stands for “before”: {suites}."


def _compared(runs: Runs, kept: _Kept | None, before: str | None, after: str | None) -> str:
    """The differences between two runs; an uploaded report may hold anything, which is found out by measuring it."""
    try:
        second = _reported(runs, after, "after")
        if kept is None:
            first = _reported(runs, before, "before")
            if first.id == second.id:
                raise CaseError("“before” and “after” are the same run: choose two")
            return comparison_html(compare(_report(first), _report(second)), run_label(first), run_label(second))
        try:
            return comparison_html(compare(kept.report, _report(second)), kept.name, run_label(second))
        except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError) as error:
            raise CaseError(f"{kept.name} holds what no report has ({error!r}): choose another") from error
    except QAError as error:
        return error_html(str(error))


def _reported(runs: Runs, run_id: str | None, name: str) -> Run:
    run = runs.get(run_id) if run_id else None
    if run is None or run.report is None:
        raise CaseError(f"no run is chosen as “{name}”: choose one, or start an evaluation")
    return run


def _report(run: Run) -> Report:
    assert run.report is not None  # noqa: S101 - `_reported` has seen to it
    return run.report


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
