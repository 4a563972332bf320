"""Training of the answer network: ``python -m qa.training.answering``.

It starts from the trained support model, whose lower layers it shares, and learns from questions beside passages. One
network is trained on everything, and one for each fold of a cross-validation by article, so that the main path can be
measured with a network that never saw the article in question.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
from safetensors.torch import load_file
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn
from tqdm import tqdm
from transformers import BertConfig

from qa.models.pair_network import SHARED_LAYERS, PairNetwork, batch_of, load_tokenizer, run
from qa.models.presets import Task
from qa.models.store import ModelStore
from qa.settings import load_settings
from qa.training.files import save
from qa.training.questions import Asked, questions
from qa.training.steps import batches, optimizer_of

_HARDLY_ANY = 0.02  # of answerable pairs that may score below what is called hopeless


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that decides what comes out, besides the data."""

    seed: int = 0
    folds: int = 3
    epochs: int = 2
    batch_tokens: int = 2_500
    rate: float = 1.5e-4
    head_rate: float = 6e-4
    warm_up: float = 0.1
    decay: float = 0.01
    token_weight: float = 0.5
    answer_token_weight: float = 4.0
    bfloat16: bool = True


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), required=True, help="Folder of the data files.")
@click.option("--support", type=click.Path(path_type=Path, exists=True), required=True, help="Support model's weights.")
@click.option(
    "--written", type=click.Path(path_type=Path, exists=True), required=True, help="What qa.training.writing wrote."
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for the result.")
@click.option("--threads", default=0, help="CPU threads [all].")
def main(data: Path, support: Path, written: Path, out: Path, threads: int) -> None:
    """Train a network for each fold, then the one that ships; what is there already is kept."""
    config = Config()
    out.mkdir(parents=True, exist_ok=True)
    if threads:
        torch.set_num_threads(threads)
    asked = questions(data, written, config.seed)
    folds = folds_of(asked, config)
    record = out / "folds.json"
    if record.exists() and json.loads(record.read_text())["folds"] != folds:
        raise click.UsageError(f"{out} holds networks of other folds: name another folder with --out")
    record.write_text(json.dumps({"folds": folds, "config": asdict(config), "measured": {}}, indent=1))
    base = ModelStore(load_settings().cache).resolve("minilm", Task.EMBEDDER).path
    tokenizer = load_tokenizer(base / "tokenizer.json")
    start = PairNetwork(BertConfig.from_pretrained(str(base), attn_implementation="eager"))  # see support.new_network
    start.load_state_dict({name: tensor.float() for name, tensor in load_file(support).items()})
    found: dict[str, Any] = {}
    encoded = tokenizer.encode_batch([(one.question, one.passage) for one in asked])
    lower = _lower_states(start, encoded)
    for fold in (*range(config.folds), None):
        path = out / f"answer-{'all' if fold is None else fold}.safetensors"
        network = copy.deepcopy(start)
        if path.exists():
            network.load_state_dict({n: tensor.float() for n, tensor in load_file(path).items()}, strict=False)
        else:
            others = [place for place, one in enumerate(asked) if folds[one.group] != fold]
            train(network, encoded, lower, asked, others, config)
            save(network.own_state(), path)
        held = [one for one in asked if folds[one.group] == fold]
        if held:
            found[f"fold {fold}"] = measured(network, tokenizer, held)
            click.echo(json.dumps(found))
    record.write_text(json.dumps({"folds": folds, "config": asdict(config), "measured": found}, indent=1))


def folds_of(asked: Sequence[Asked], config: Config) -> dict[str, int]:
    """The fold of each group; the few articles with many questions are dealt out evenly."""
    sizes: dict[str, int] = {}
    for one in asked:
        sizes[one.group] = sizes.get(one.group, 0) + 1
    rng = random.Random(config.seed)  # noqa: S311
    order = sorted(sorted(sizes), key=lambda group: (-sizes[group], rng.random()))
    return {group: place % config.folds for place, group in enumerate(order)}


def train(
    network: PairNetwork,
    encoded: Sequence[Any],
    lower: Sequence[Tensor],
    asked: Sequence[Asked],
    places: Sequence[int],
    config: Config,
) -> None:
    """Train the upper layers and heads of ``network`` in place, on the pairs at ``places``.

    ``lower`` is what the shared layers make of each pair, computed once for all.
    """
    planned = [
        batch
        for epoch in range(config.epochs)
        for batch in batches(encoded, places, config.batch_tokens, f"{config.seed} {epoch}")
    ]
    body = [p for layer in network.encoder.encoder.layer[SHARED_LAYERS:] for p in layer.parameters()]
    heads = [*network.pair.parameters(), *network.token.parameters()]
    optimizer, schedule = optimizer_of(body, heads, len(planned), config)
    torch.manual_seed(config.seed)
    network.train()
    for rows in tqdm(planned, mininterval=10):
        loss = _loss(
            network, [encoded[row] for row in rows], [lower[row] for row in rows], [asked[r] for r in rows], config
        )
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_([*body, *heads], 1.0)
        optimizer.step()
        schedule.step()


@torch.inference_mode()
def _lower_states(network: PairNetwork, encoded: Sequence[Any]) -> list[Tensor]:
    """What the shared layers make of each pair, ``(length, width)`` in half precision."""
    network.eval()
    found: list[Tensor] = [torch.empty(0)] * len(encoded)
    order = sorted(range(len(encoded)), key=lambda row: len(encoded[row].ids))
    upper = network.encoder.encoder.layer
    network.encoder.encoder.layer = upper[:SHARED_LAYERS]
    for begin in tqdm(range(0, len(order), 32), desc="lower layers", mininterval=10):
        rows = order[begin : begin + 32]
        batch = batch_of([encoded[row] for row in rows])
        states = network.encoder(batch.ids, batch.mask, batch.segments).last_hidden_state.half()
        for place, row in enumerate(rows):
            found[row] = states[place, : len(encoded[row].ids)].clone()
    network.encoder.encoder.layer = upper
    return found


def _loss(
    network: PairNetwork, encoded: Sequence[Any], lower: Sequence[Tensor], asked: Sequence[Asked], config: Config
) -> Tensor:
    batch = batch_of(encoded)
    states = torch.zeros(*batch.ids.shape, lower[0].shape[-1])
    for row, state in enumerate(lower):
        states[row, : len(state)] = state.float()
    hidden = (1.0 - batch.mask[:, None, None, :].float()) * torch.finfo(torch.float32).min
    with torch.autocast("cpu", torch.bfloat16, enabled=config.bfloat16):
        for layer in network.encoder.encoder.layer[SHARED_LAYERS:]:
            made = layer(states, hidden)
            states = made[0] if isinstance(made, tuple) else made
        logits, token_logits = (found.float() for found in network.heads(states, batch.first))
    wanted = torch.tensor([float(one.answerable) for one in asked])
    loss = nn.functional.binary_cross_entropy_with_logits(logits, wanted)
    labels, known = _answer_tokens(encoded, asked, batch.ids.shape[1])
    if known.any():
        weight = torch.where(labels[known] > 0.5, config.answer_token_weight, 1.0)
        loss = loss + config.token_weight * nn.functional.binary_cross_entropy_with_logits(
            token_logits[known], labels[known], weight=weight
        )
    return loss


def _answer_tokens(encoded: Sequence[Any], asked: Sequence[Asked], length: int) -> tuple[Tensor, Tensor]:
    """For each token whether it belongs to the answer, and whether that is known: ``(n, length)`` both."""
    labels, known = torch.zeros(len(asked), length), torch.zeros(len(asked), length, dtype=torch.bool)
    for row, (one, pair) in enumerate(zip(encoded, asked, strict=True)):
        start = pair.passage.find(pair.answer) if pair.answer else -1
        if pair.answerable and start < 0:
            continue
        end = start + len(pair.answer) if pair.answer else -1
        for place, (sequence, (begin, stop)) in enumerate(zip(one.sequence_ids, one.offsets, strict=True)):
            if sequence == 1:
                known[row, place] = True
                labels[row, place] = float(begin < end and start < stop)
    return labels, known


def measured(network: PairNetwork, tokenizer: Any, held: Sequence[Asked]) -> dict[str, Any]:
    """The area under the ROC curve on pairs of articles held back."""
    network.eval()
    scores = np.array(
        [f.logit for f in run(network, tokenizer, [(o.question, o.passage) for o in held], torch.device("cpu"))]
    )
    labels = np.array([one.answerable for one in held])
    return {
        "pairs": len(held),
        "auroc": round(float(roc_auc_score(labels, scores)), 3),
        "least_answerable": round(float(np.quantile(scores[labels], _HARDLY_ANY)), 3),
    }


if __name__ == "__main__":
    main()
