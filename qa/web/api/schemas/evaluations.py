"""Evaluations."""

from __future__ import annotations

import datetime
from enum import StrEnum
from typing import Any, Literal

from pydantic import Field

from qa.web.api.schemas.common import In, Line, Out


class Only(StrEnum):
    """What to measure."""

    ANSWERS = "answers"
    RETRIEVAL = "retrieval"


class NewEvaluation(In):
    """A suite to run, by a name that ``qa eval suites`` lists; those that need files cannot be run from here."""

    suite: Line
    limit: int | None = Field(None, ge=1, le=1_000_000)
    """At most so many cases, a sample by kind."""
    seed: int = Field(0, ge=0, le=2**31 - 1)
    """Names the sample; draws the intervals."""
    only: Only = Only.ANSWERS
    judge: Literal["gate"] | None = None
    """Who judges entailment for the scores of ALCE."""


class RunState(StrEnum):
    """How far an evaluation is."""

    RUNNING = "running"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    DONE = "done"
    FAILED = "failed"


class Evaluation(Out):
    """An evaluation, under way or over."""

    id: str
    suite: str
    state: RunState
    done: int
    """Cases asked so far."""
    total: int
    """Cases in all."""
    started: datetime.datetime
    finished: datetime.datetime | None
    error: str | None
    """Why it failed."""


class EvaluationReport(Evaluation):
    """An evaluation with its report, once it is done: the form of ``report.json``, which ``qa eval compare`` reads."""

    report: dict[str, Any] | None


class Evaluations(Out):
    """The latest evaluations, newest first; they are kept until the server stops."""

    evaluations: list[Evaluation]
