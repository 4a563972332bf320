"""Evaluations behind the page: both sides see the same runs, and what people bring along is taken or refused."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from qa.errors import CaseError
from qa.evaluation.report import report_json
from qa.evaluation.suites import seeds
from qa.service import Service
from qa.web.api.runs import Run, Runs
from qa.web.api.schemas import NewEvaluation, RunState
from qa.web.case_files import suite_of_file
from qa.web.tabs import evaluate
from tests.serving import DAM, service_in, waiting_model


@pytest.fixture(autouse=True, scope="module")
def _swept() -> Iterator[None]:
    """What Gradio leaves behind is collected here, where its complaints are passed over, not in some other test."""
    yield
    gc.collect()


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with service_in(tmp_path) as service:
        service.ingest_bytes(DAM.encode(), source="dam.txt")
        yield service


@pytest.fixture
def runs(service: Service) -> Runs:
    return Runs(service.models, str)


def start(runs: Runs, limit: int = 1) -> str:
    run = runs.start(seeds.load(), NewEvaluation(suite="seeds", limit=limit, seed=0))
    assert run is not None
    return run.id


def ended(runs: Runs, run_id: str) -> Run:
    for _ in range(1000):
        run = runs.get(run_id)
        assert run is not None
        thread = runs._thread
        if run.over and thread is not None:
            thread.join(10)  # which is a moment more, in which no other may start
            return run
        time.sleep(0.01)
    raise AssertionError(f"{run} does not end")


def seen(runs: Runs, followed: str | None = None, *chosen: str | None) -> evaluate._View:
    return evaluate._View(*evaluate._seen(runs, followed, chosen or (None, None, None)))


def form(suite: object = "seeds", file: object = None, limit: object = 1, seed: object = 0) -> evaluate._Form:
    return evaluate._Form(suite, file, limit, seed)


# ── runs ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_page_starts_a_run_and_shows_it_when_it_is_over(service: Service, runs: Runs) -> None:
    said, _, _, run_id, _ = evaluate._started(service, runs, form())
    assert said == ""
    ended(runs, run_id)
    view = seen(runs, run_id)
    assert (view.followed, view.run.value, view.timer.active) == (None, run_id, False)
    assert "Done: 1 case of seeds" in view.progress


def test_a_run_of_somebody_else_is_seen_waited_for_and_can_be_cancelled(service: Service, runs: Runs) -> None:
    with waiting_model(service) as model:
        other = start(runs, limit=4)
        assert model.begun.wait(10)
        said, *_, timer = evaluate._started(service, runs, form())
        assert "an evaluation is under way: wait for its end, or cancel it" in said
        assert timer.active
        view = seen(runs)
        assert (view.followed, view.cancel.visible) == (other, True)
        evaluate._cancelled(runs)
        model.finish.set()
        assert ended(runs, other).state is RunState.CANCELLED
    assert "Cancelled after" in seen(runs, other).progress


def test_what_is_chosen_stays_as_long_as_it_is_kept(
    service: Service, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qa.web.api.runs._KEPT", 2)
    first, second, third = (ended(runs, start(runs)).id for _ in range(3))
    assert runs.get(first) is None
    view = seen(runs, None, second, first, third)
    given = [one.constructor_args.get("value", "stays") for one in (view.run, view.before, view.after)]
    assert given == ["stays", None, "stays"]
    gone = seen(runs, None, first, first, first)
    assert (gone.run.value, gone.before.value, gone.after.value) == (third, second, third)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (form(limit=0), "the number of cases must be a whole number from 1 to 1000000"),
        (form(limit=1.5), "the number of cases must be a whole number"),
        (form(limit=float("nan")), "the number of cases must be a whole number"),
        (form(seed=-1), "the seed must be a whole number from 0"),
        (form(suite="own"), "there is no case file: choose one above"),
        (form(suite="squad2"), "squad2 needs"),
    ],
)
def test_what_cannot_be_run_is_said_with_the_remedy(
    service: Service, runs: Runs, given: evaluate._Form, words: str
) -> None:
    assert words in evaluate._started(service, runs, given)[0]
    assert runs.all() == []


# ── what people bring along ──────────────────────────────────────────────────────────────────────────────────────────


def compared(runs: Runs, after: Run, record: object, folder: Path) -> str:
    """What is said of the report ``record`` as an upload, compared with ``after``."""
    file = folder / "report.json"
    file.write_text(json.dumps(record), encoding="utf-8")
    kept, html = evaluate._uploaded(str(file), evaluate._read_kept)
    assert not file.exists()
    return evaluate._compared(runs, kept, None, after.id) if kept else html


def test_a_report_that_was_kept_is_compared_or_refused_in_a_line(runs: Runs, tmp_path: Path) -> None:
    run = ended(runs, start(runs))
    assert run.report is not None
    record = report_json(run.report)
    assert "seeds: 1 case in both" in compared(runs, run, record, tmp_path)
    others: list[object] = [{"form": 0}, [], {**record, "suites": []}]
    for none in others:
        assert "choose a report.json of" in compared(runs, run, none, tmp_path)
    (suite,) = record["suites"]
    measured = next(iter(suite["metrics"]))
    for broken in ([10**400], ["x"], [[1], [2, 3]], "word"):
        suite["cases"][0]["rows"] = {**suite["cases"][0]["rows"], measured: broken}
        assert "report.json holds what no report has" in compared(runs, run, record, tmp_path), broken


def test_two_runs_must_be_chosen_to_be_compared(runs: Runs) -> None:
    run = ended(runs, start(runs))
    assert "no run is chosen as “after”" in evaluate._compared(runs, None, run.id, None)
    assert "no run is chosen as “before”" in evaluate._compared(runs, None, "gone", run.id)
    assert "are the same run: choose two" in evaluate._compared(runs, None, run.id, run.id)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b'{"question": "Q?"}\n{"question": ""}', "a b.json, line 2: the question is empty; write one"),
        (b"{", "a b.json, line 1: not JSON"),
        (b"\xff", "a b.json cannot be read"),
        (b"", "a b.json: there is no case in it"),
        (b"[" * 100_000, "a b.json: brackets within brackets"),
        (b'{"question": "\\ud800"}', "a b.json: half of a character"),
        (b'{"question": "Q?", "evidence": [[{"article": "no.txt", "quote": "x"}]]}', "a b.json, line 1: there is no"),
    ],
)
def test_a_bad_case_file_is_named_as_it_was_uploaded_with_line_and_remedy(data: bytes, words: str) -> None:
    with pytest.raises(CaseError) as refused:
        suite_of_file(data, "folder/a b.json", [])
    assert str(refused.value).startswith(words)


def test_the_name_of_a_case_file_is_shown_with_nothing_hidden_in_it() -> None:
    with pytest.raises(CaseError, match=r"^a ⟨U\+202E⟩b\.jsonl, line 1"):
        suite_of_file(b"{", "a\n\u202eb.jsonl", [])
