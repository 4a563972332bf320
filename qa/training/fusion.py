"""Fitting the fused support score: ``python -m qa.training.fusion --data DIR --support FILE --out FILE``.

A logistic model in which no signal may count against its meaning: more overlap never lowers the score. Sets differ in
how much their claims borrow from the evidence, so the weights are fitted with a bias for each set, and one bias for all
afterwards. Each set's figures are measured with a model and a threshold of the other sets, so that they tell what a new
kind of text may expect.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from scipy.optimize import Bounds, brentq, minimize
from scipy.special import expit
from sklearn.metrics import brier_score_loss, roc_auc_score
from transformers import BertConfig

from qa.models.calibration import Logistic
from qa.models.pair_network import PairNetwork, load_tokenizer, run
from qa.models.presets import Task
from qa.models.store import ModelStore
from qa.models.support import examined, speaks_against
from qa.settings import load_settings
from qa.training.pairs import Pair
from qa.training.support import Config, training_pairs

MOST_OF_A_SET = 500
GATE_RECALL = 0.98  # of right sentences about news that have the support that the gate asks of reworded ones
SELF_CONTAINED = frozenset({"lingnli", "lingnli_val", "esnli", "fever"})
"""Sets that are measured and not fitted on: their claims were written to be judged, most of what the network learned is
of their kind, and so it is surer there than on text that nobody wrote for the purpose."""

FEWEST = 40  # pairs of a set, below which its figures say nothing
_REGULARISATION = 0.3
_CPU = torch.device("cpu")


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), required=True, help="Folder of the data files.")
@click.option("--support", type=click.Path(path_type=Path, exists=True), required=True, help="Support model's weights.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Where to write the calibration (JSON).")
def main(data: Path, support: Path, out: Path) -> None:
    """Fit the fused score on pairs kept out of training, and print what each signal is worth."""
    pairs = _limited(training_pairs(data, Config())[1])
    names, table = feature_table(support, pairs)
    report = fitted(pairs, names, table)
    out.write_text(json.dumps(report, indent=1))
    click.echo(json.dumps(report["scores"], indent=1))
    click.echo(json.dumps({key: report[key] for key in ("weights", "bias", "threshold", "gate_threshold")}, indent=1))


def _limited(pairs: Sequence[Pair]) -> list[Pair]:
    taken: dict[str, int] = {}
    kept = []
    for pair in random.Random(0).sample(pairs, len(pairs)):  # noqa: S311
        name = family(pair.source)
        taken[name] = taken.get(name, 0) + 1
        if taken[name] <= MOST_OF_A_SET:
            kept.append(pair)
    return kept


def family(source: str) -> str:
    """The set that a source counts for: the domains of SummEdits are one, and so are all corruptions of news."""
    return "summedits" if source.startswith("summedits") else source.split(":")[0]


def feature_table(support: Path, pairs: Sequence[Pair]) -> tuple[list[str], NDArray[np.float64]]:
    """The names of the features, and a row of them for each pair."""
    base = ModelStore(load_settings().cache).resolve("minilm", Task.EMBEDDER).path
    network = PairNetwork(BertConfig.from_pretrained(str(base)))
    network.load_state_dict({name: tensor.float() for name, tensor in load_file(support).items()})
    network.eval()
    tokenizer = load_tokenizer(base / "tokenizer.json")
    texts = [(pair.claim, pair.evidence) for pair in pairs]
    rows = [features for features, _ in examined(texts, lambda parts: run(network, tokenizer, parts, _CPU))]
    names = list(rows[0])
    return names, np.array([[row[name] for name in names] for row in rows])


def fitted(pairs: Sequence[Pair], names: Sequence[str], table: NDArray[np.float64]) -> dict[str, Any]:
    """Weights, bias and thresholds, and the scores of each signal on each set."""
    sets = np.array([family(pair.source) for pair in pairs])
    sources = np.array([pair.source.split(":")[0] for pair in pairs])
    labels = np.array([pair.supported for pair in pairs])
    known = [str(name) for name in np.unique(sets) if (sets == name).sum() >= FEWEST]
    fit = [name for name in known if name not in SELF_CONTAINED]

    def model_without(*left_out: str) -> Logistic:
        inside = np.isin(sets, [name for name in fit if name not in left_out])
        return _fit(names, table[inside], labels[inside], sources[inside])

    model = model_without()
    across = np.zeros(len(pairs))
    for name in known:
        held = sets == name
        across[held] = _probabilities(model_without(name), names, table[held])
    scores: dict[str, Any] = {}
    for name in known:
        held, others = sets == name, np.isin(sets, [other for other in fit if other != name])
        within = np.zeros(len(pairs))
        for other in fit:
            rows = sets == other
            within[rows] = _probabilities(model_without(name, other), names, table[rows])
        limit = _best_threshold(within[others], labels[others], sets[others])
        scores[name] = {
            "pairs": int(held.sum()),
            "words": _auroc(labels, table[:, names.index("coverage")], held),
            "cross_encoder": _auroc(labels, table[:, names.index("logit")], held),
            "fused": _auroc(labels, across, held),
            "balanced_accuracy": round(_balanced(across[held] >= limit, labels[held]), 3),
            "brier": round(float(brier_score_loss(labels[held], across[held])), 3),
        }
    keys = ("words", "cross_encoder", "fused", "balanced_accuracy", "brier")
    mean = {key: round(float(np.mean([scores[name][key] for name in fit])), 3) for key in keys}
    inside = np.isin(sets, fit)
    wrong = _probabilities(model, names, table[(sets == "news") & ~labels])
    right = _probabilities(model, names, table[(sets == "news") & labels])
    gate = float(np.quantile(right, 1 - GATE_RECALL))
    return {
        "weights": {name: round(weight, 5) for name, weight in model.weights.items()},
        "bias": round(model.bias, 5),
        "threshold": round(_best_threshold(across[inside], labels[inside], sets[inside]), 3),
        "gate_threshold": round(gate, 3),
        "gate_leak": round(float((wrong >= gate).mean()), 3),
        "doubtful_below": 0.5,
        "scores": {**scores, f"mean of {', '.join(fit)}": mean},
    }


def _fit(
    names: Sequence[str], table: NDArray[np.float64], labels: NDArray[np.bool_], sources: NDArray[np.str_]
) -> Logistic:
    """The logistic model with the highest likelihood whose weights have the signs that their features mean."""
    share = _shares(labels, sources)
    scale = table.std(0) + 1e-9
    member = (sources[:, None] == np.unique(sources)[None, :]).astype(float)
    least = [-np.inf if speaks_against(name) else 0.0 for name in names]
    most = [0.0 if speaks_against(name) else np.inf for name in names]
    weights = _most_likely(np.hstack([table / scale, member]), labels, share, len(names), least, most) / scale
    bias = brentq(lambda shift: share @ (expit(table @ weights + shift) - labels), -40.0, 40.0)
    return Logistic(dict(zip(names, (float(weight) for weight in weights), strict=True)), float(bias))


def _shares(labels: NDArray[np.bool_], sources: NDArray[np.str_]) -> NDArray[np.float64]:
    """How much each pair counts: sets alike, within them sources alike, and within those both labels."""
    share = np.zeros(len(labels))
    for source in np.unique(sources):
        siblings = {other for other in np.unique(sources) if family(str(other)) == family(str(source))}
        for label in (True, False):
            places = (sources == source) & (labels == label)
            share[places] = 1 / len(siblings) / max(1, places.sum())
    return np.asarray(share * len(share) / share.sum())


def _most_likely(
    table: NDArray[np.float64],
    labels: NDArray[np.bool_],
    share: NDArray[np.float64],
    penalised: int,
    least: Sequence[float],
    most: Sequence[float],
) -> NDArray[np.float64]:
    """The first ``penalised`` weights, within bounds, of a regularised logistic model over all columns of ``table``."""
    wanted = labels.astype(float)

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        logits = table @ weights
        likelihood = share @ (np.logaddexp(0, logits) - wanted * logits)
        shrunk = np.where(np.arange(len(weights)) < penalised, weights, 0.0) / _REGULARISATION
        return float(likelihood + shrunk @ weights / 2), table.T @ (share * (expit(logits) - wanted)) + shrunk

    free = table.shape[1] - penalised
    bounds = Bounds([*least, *[-np.inf] * free], [*most, *[np.inf] * free])
    found = minimize(loss, np.zeros(table.shape[1]), jac=True, bounds=bounds, method="L-BFGS-B")
    return np.asarray(found.x[:penalised])


def _probabilities(model: Logistic, names: Sequence[str], table: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.array([model(dict(zip(names, row, strict=True))) for row in table])


def _auroc(labels: NDArray[np.bool_], scores: NDArray[np.float64], rows: NDArray[np.bool_]) -> float:
    return round(float(roc_auc_score(labels[rows], scores[rows])), 3)


def _best_threshold(scores: NDArray[np.float64], labels: NDArray[np.bool_], sets: NDArray[np.str_]) -> float:
    """The threshold with the highest balanced accuracy, averaged over sets."""
    candidates = np.linspace(0.05, 0.95, 91)
    means = [
        np.mean([_balanced(scores[sets == name] >= at, labels[sets == name]) for name in np.unique(sets)])
        for at in candidates
    ]
    return float(candidates[int(np.argmax(means))])


def _balanced(said: NDArray[np.bool_], labels: NDArray[np.bool_]) -> float:
    return float((said[labels].mean() + (~said[~labels]).mean()) / 2)


if __name__ == "__main__":
    main()
