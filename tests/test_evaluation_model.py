"""Evaluation with the real default models: the same seed gives the same scores, and the headline promises hold."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from qa.evaluation.judges import GateJudge
from qa.evaluation.report import Result
from qa.evaluation.run import evaluate
from qa.evaluation.suites import seeds
from qa.models.loaded import LoadedModels
from qa.settings import load_settings

pytestmark = [pytest.mark.model, pytest.mark.filterwarnings("ignore::DeprecationWarning")]


@pytest.fixture(scope="module")
def models() -> Iterator[LoadedModels]:
    models = LoadedModels(load_settings())
    yield models
    models.close()


def said(result: Result) -> tuple[object, ...]:
    response = result.response
    return response.sentences, response.score, response.reason, response.marks, response.retrieved


def test_the_same_seed_gives_the_same_scores_and_no_promise_is_broken(models):
    suite = seeds.load().sample(4, 1)
    first, second = (evaluate(models, suite, judge=GateJudge(models.support), seed=1) for _ in range(2))
    assert [said(result) for result in first.suites[0].results] == [said(result) for result in second.suites[0].results]
    same = {name for name, value in first.suites[0].values.items() if value == second.suites[0].values[name]}
    assert {name for name in first.suites[0].values if not name.startswith(("latency", "first"))} <= same
    values = first.suites[0].values
    assert any(result.response.answered for result in first.suites[0].results)
    assert values["exact_quotes"].value == 1
    assert values["invalid_marks"].value == values["uncited_sentences"].value == 0
    assert first.suites[0].judge["self_judged"]
    assert first.provenance["peak_memory_gb"] > 0.5
