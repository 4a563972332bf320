"""Fitting and measuring abstention: ``python -m qa.training.abstention --data DIR --models DIR --out DIR``.

The whole main path, with the real generator, answers the development suites, all but the answer score in force; the
features of every sentence that passes the gate are kept, and what the generator wrote is recorded, so that a run
can be repeated in minutes. Each question is scored by the answer network that never saw its article, and by a logistic
model fitted on other articles.
"""

from __future__ import annotations

import itertools
import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from qa.models.calibration import Logistic
from qa.models.generators import load_generator
from qa.models.generators.recorded import RecordedGenerator
from qa.models.store import ModelStore
from qa.models.support import TrainedSupport
from qa.offline import go_offline
from qa.settings import load_settings
from qa.training.asking import FoldedSupport, Row, asked, read_rows, write_rows
from qa.training.cases import by_cluster, gold, load_suites

MODES = ("strict", "balanced", "lenient")
HELD_OUT = "seeds"
"""The suite that nothing is fitted on."""

_FOLDS = 5
_REGULARISATION = 0.1
_NEWS_MARGIN = 1.0  # log-odds: the answer network is less sure of news than of the encyclopedia that it is measured on
_AS_GOOD = 0.02  # of balanced accuracy, less than the questions can tell apart
_STRICT_PRECISION = 0.8


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), required=True, help="Folder of the data files.")
@click.option(
    "--models", type=click.Path(path_type=Path, exists=True), required=True, help="Folder of fold-0 … models."
)
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="Folder for libraries, records and results."
)
@click.option("--cases", default=100, show_default=True, help="Answerable, and unanswerable, questions of a suite.")
@click.option("--seed", default=0, show_default=True)
@click.option(
    "--seeds", type=click.Path(path_type=Path, exists=True), help="Folder of the gold questions, to measure on as well."
)
def main(data: Path, models: Path, out: Path, cases: int, seed: int, seeds: Path | None) -> None:
    """Answer the suites, fit the answer score, and write what it is worth; suites answered before are not again."""
    go_offline()
    out.mkdir(parents=True, exist_ok=True)
    folds = json.loads((models / "folds.json").read_text())["folds"]
    names = [*map(str, sorted(set(folds.values()))), "all"]
    support = FoldedSupport([TrainedSupport(models / f"fold-{name}") for name in names], folds)
    settings = load_settings()
    generator = RecordedGenerator(load_generator(ModelStore(settings.cache), settings), out / "replies.jsonl")
    suites = [*load_suites(data, cases, seed), *([gold(seeds)] if seeds else [])]
    rows: list[Row] = []
    for suite in suites:
        kept = out / f"rows-{suite.name}-{cases}-{seed}-{support.info.sha256}.jsonl"
        if not kept.exists():
            write_rows(kept, list(asked(suite, support, generator, settings, out)))
        rows += read_rows(kept)
    report = {**fitted([row for row in rows if row.suite != HELD_OUT]), "generator": asdict(generator.info)}
    if seeds:
        report["held_out"] = held_out([row for row in rows if row.suite == HELD_OUT], report)
    (out / "abstention.json").write_text(json.dumps(report, indent=1))
    click.echo(json.dumps(report, indent=1))


def fitted(rows: Sequence[Row]) -> dict[str, Any]:
    """The answer score, its thresholds, and by cross-validation over articles what both are worth.

    The score of a question, and the thresholds that it is measured with, come from other articles.
    """
    names, table, labels, _ = _table(rows)
    scores = _across(rows)
    shown: dict[str, list[list[bool]]] = {mode: [[] for _ in rows] for mode in MODES}
    for inside, held in by_cluster([row.cluster for row in rows], _FOLDS, 0):
        others = [rows[place] for place in inside]
        limits = _thresholds(others, _across(others))
        for mode, place in itertools.product(MODES, held):
            shown[mode][place] = [score >= limits[mode] for score in scores[place]]
    model = _fit(table, labels)
    across = [score for row in scores for score in row]
    right_best = [row.best_answers for row in rows if any(row.right)]
    return {
        "weights": dict(zip(names, (round(float(w), 5) for w in model.coef_[0]), strict=True)),
        "bias": round(float(model.intercept_[0]), 5),
        "thresholds": {mode: round(at, 4) for mode, at in _thresholds(rows, scores).items()},
        "hopeless_below": round(float(np.quantile(right_best, 0.01)) - _NEWS_MARGIN, 3),
        "tells_from": round(float(np.quantile(right_best, 0.3)), 3),
        "auroc_of_right": round(float(roc_auc_score(labels, across)), 3),
        "single": {name: round(float(roc_auc_score(labels, table[:, place])), 3) for place, name in enumerate(names)},
        "measured": {mode: _by_suite(rows, shown[mode]) for mode in MODES},
        "risk_coverage": _risk_coverage(rows, scores),
        "seconds_p50": round(statistics.median(row.seconds for row in rows), 2),
    }


def held_out(rows: Sequence[Row], found: Mapping[str, Any]) -> dict[str, Any]:
    """What the fitted score and thresholds in ``found`` are worth on ``rows``, by mode."""
    model = Logistic(found["weights"], found["bias"])
    scores = [[model(features) for features in row.features] for row in rows]
    return {
        mode: outcome(rows, [[score >= limit for score in row] for row in scores])
        for mode, limit in found["thresholds"].items()
    }


def _across(rows: Sequence[Row]) -> list[list[float]]:
    """The score of each sentence of each row, by models fitted on the rows of other articles."""
    _, table, labels, owner = _table(rows)
    across = np.zeros(len(labels))
    for inside, held in by_cluster([row.cluster for row in rows], _FOLDS, 0):
        fit, measure = np.isin(owner, inside), np.isin(owner, held)
        if measure.any():
            across[measure] = _fit(table[fit], labels[fit]).predict_proba(table[measure])[:, 1]
    return [[float(value) for value in across[owner == place]] for place in range(len(rows))]


def _by_suite(rows: Sequence[Row], shown: Sequence[Sequence[bool]]) -> dict[str, Any]:
    return {
        suite: outcome(*zip(*[pair for pair in zip(rows, shown, strict=True) if pair[0].suite == suite], strict=True))
        for suite in sorted({row.suite for row in rows})
    }


def _table(
    rows: Sequence[Row],
) -> tuple[list[str], NDArray[np.float64], NDArray[np.bool_], NDArray[np.int_]]:
    names = list(next(row.features[0] for row in rows if row.features))
    flat = [
        (place, features, right)
        for place, row in enumerate(rows)
        for features, right in zip(row.features, row.right, strict=True)
    ]
    table = np.array([[features[name] for name in names] for _, features, _ in flat])
    return names, table, np.array([right for *_, right in flat]), np.array([place for place, *_ in flat])


def _fit(table: NDArray[np.float64], labels: NDArray[np.bool_]) -> LogisticRegression:
    scale = table.std(0) + 1e-9
    model = LogisticRegression(C=_REGULARISATION, max_iter=2_000, class_weight="balanced")
    model.fit(table / scale, labels)
    model.coef_ = model.coef_ / scale
    return model


def _thresholds(rows: Sequence[Row], scores: Sequence[Sequence[float]]) -> dict[str, float]:
    """The least score to be shown, by mode.

    Balanced: the lowest score with which balanced accuracy, averaged over the suites that have both answerable and
    unanswerable questions, is as good as it gets; strict: four of five are right; lenient: whatever the gate lets pass.
    """
    best = np.array([max(row, default=0.0) for row in scores])
    answerable = np.array([row.answerable for row in rows])
    right = np.array([any(row.right) for row in rows])
    suites = np.array([row.suite for row in rows])
    mixed = [suites == name for name in np.unique(suites) if len(set(answerable[suites == name])) == 2]
    candidates = np.unique(np.concatenate([best, [0.0, 1.0]]))

    def balanced_accuracy(at: float) -> float:
        return float(
            np.mean([(best >= at)[one & answerable].mean() + (best < at)[one & ~answerable].mean() for one in mixed])
            / 2
        )

    found = [balanced_accuracy(at) for at in candidates]
    balanced = min(float(at) for at, value in zip(candidates, found, strict=True) if value >= max(found) - _AS_GOOD)
    precise = [at for at in candidates if (best >= at).any() and right[best >= at].mean() >= _STRICT_PRECISION]
    return {
        "strict": max(balanced, float(min(precise, default=1.0))),
        "balanced": balanced,
        "lenient": 0.0,
    }


def outcome(rows: Sequence[Row], shown: Sequence[Sequence[bool]]) -> dict[str, Any]:
    """Sensitivity, specificity and what the answers given are worth; ``None`` where there is nothing to measure.

    ``shown`` tells of each sentence of each row whether it is shown; a row without any abstains.
    """
    answered = [any(said) for said in shown]
    answerable = [given for row, given in zip(rows, answered, strict=True) if row.answerable]
    unanswerable = [not given for row, given in zip(rows, answered, strict=True) if not row.answerable]
    given = [(row, said) for row, said in zip(rows, shown, strict=True) if row.answerable and any(said)]
    hits = [any(itertools.compress(row.right, said)) for row, said in given]
    return {
        "cases": len(rows),
        "sensitivity": _share(sum(answerable), len(answerable)),
        "specificity": _share(sum(unanswerable), len(unanswerable)),
        "balanced_accuracy": _share(
            sum(answerable) * len(unanswerable) + sum(unanswerable) * len(answerable),
            2 * len(answerable) * len(unanswerable),
        ),
        "answered": len(hits),
        "gold_hit": _share(sum(hits), len(hits)),
        "citation_precision": _share(
            sum(sum(itertools.compress(row.cited_right, said)) for row, said in given),
            sum(sum(itertools.compress(row.cited, said)) for row, said in given),
        ),
    }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 3) if whole else None


def _risk_coverage(rows: Sequence[Row], scores: Sequence[Sequence[float]]) -> list[dict[str, float]]:
    """The share of answers that are wrong when the surest tenth, two tenths … of all questions are answered."""
    right = np.array([any(row.right) for row in rows])
    order = np.argsort([-max(row, default=0.0) for row in scores], kind="stable")
    points = []
    for tenth in range(1, 11):
        taken = order[: max(1, len(order) * tenth // 10)]
        points.append({"coverage": tenth / 10, "risk": round(float(1 - right[taken].mean()), 3)})
    return points


if __name__ == "__main__":
    main()
