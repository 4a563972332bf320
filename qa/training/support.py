"""Training of the support model: ``python -m qa.training.support --data DIR --out DIR``.

Starts from the encoder that the package depends on, learns from labelled and from corrupted pairs, and writes a
checkpoint every `Config.checkpoint_every` steps, from which a broken run goes on. Same seed, same data: same weights.
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
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn
from tqdm import tqdm
from transformers import BertConfig

from qa.models.focus import focus
from qa.models.pair_network import PairBatch, PairNetwork, batch_of, load_tokenizer, run
from qa.models.presets import Task
from qa.models.store import ModelStore
from qa.settings import load_settings
from qa.training.files import save
from qa.training.pairs import (
    HUMAN_CORRUPTED,
    NEWS_SENTENCES,
    Pair,
    capped,
    corrupted_human,
    corrupted_news,
    divided,
    human_pairs,
    lessons,
    news_texts,
)
from qa.training.steps import batches, optimizer_of


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that decides what comes out, besides the data.

    Each of ``rounds`` draws anew from the large sets and corrupts other sentences. What is kept is a moving average of
    the weights, of which each step keeps the share ``averaged``.
    """

    seed: int = 0
    rounds: int = 2
    batch_tokens: int = 3_000
    rate: float = 1.5e-4
    head_rate: float = 6e-4
    warm_up: float = 0.06
    decay: float = 0.01
    dropout: float = 0.0
    token_weight: float = 0.5
    wrong_token_weight: float = 4.0
    averaged: float = 0.998
    bfloat16: bool = True
    checkpoint_every: int = 400
    measured: int = 1_500


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), required=True, help="Folder of the data files.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for checkpoints and the result.")
@click.option("--device", default="cpu", show_default=True, help="Torch device.")
@click.option("--threads", default=0, help="CPU threads [all].")
@click.option("--steps", default=0, help="Learn for so many steps [all rounds].")
def main(data: Path, out: Path, device: str, threads: int, steps: int) -> None:
    """Train the support model; run again to go on where it stopped."""
    config = Config()
    out.mkdir(parents=True, exist_ok=True)
    if threads:
        torch.set_num_threads(threads)
    learn, measure = training_pairs(data, config)
    click.echo(f"{sum(map(len, learn))} pairs to learn from, {len(measure)} to measure on")
    base = ModelStore(load_settings().cache).resolve("minilm", Task.EMBEDDER).path
    network = new_network(base, config)
    tokenizer = load_tokenizer(base / "tokenizer.json")
    curve = train(network, tokenizer, learn, measure, config, out, torch.device(device), steps)
    save(network.state_dict(), out / "model.safetensors")
    (out / "curve.json").write_text(json.dumps({"config": asdict(config), "curve": curve}, indent=1))


def training_pairs(data: Path, config: Config) -> tuple[list[list[Pair]], list[Pair]]:
    """The pairs to learn from, round by round, and those to measure on: other articles, other claims and evidence."""
    rng = random.Random(config.seed)  # noqa: S311
    labelled, held = divided(human_pairs(data / "support_train.jsonl.gz"))
    learn = lessons(labelled)
    texts, other_texts = news_texts(data)
    rounds = []
    for _ in range(config.rounds):
        pairs = capped(learn, rng)
        pairs += corrupted_news(texts, NEWS_SENTENCES, rng)
        pairs += corrupted_human(learn, HUMAN_CORRUPTED, rng)
        rng.shuffle(pairs)
        rounds.append(pairs)
    return rounds, [*held, *corrupted_news(other_texts, 600, rng), *human_pairs(data / "support_dev.jsonl.gz")]


def new_network(base: Path, config: Config) -> PairNetwork:
    """The network with the weights of the encoder in ``base`` and fresh heads; word embeddings are not trained."""
    from transformers import BertModel

    torch.manual_seed(config.seed)
    network = PairNetwork(BertConfig.from_pretrained(str(base)))
    network.encoder = BertModel.from_pretrained(
        str(base),
        add_pooling_layer=False,
        hidden_dropout_prob=config.dropout,
        attention_probs_dropout_prob=config.dropout,
        attn_implementation="eager",  # on a CPU its backward pass takes half the time of the fused one
    )
    network.encoder.embeddings.word_embeddings.requires_grad_(requires_grad=False)
    return network


def train(
    network: PairNetwork,
    tokenizer: Any,
    rounds: Sequence[Sequence[Pair]],
    measure: Sequence[Pair],
    config: Config,
    out: Path,
    device: torch.device,
    most_steps: int = 0,
) -> list[dict[str, Any]]:
    """The scores on ``measure`` along the way; ``network`` is trained in place and checkpointed into ``out``."""
    learn = [pair for pairs in rounds for pair in pairs]
    encoded = tokenizer.encode_batch([(pair.claim, pair.evidence) for pair in learn])
    planned: list[list[int]] = []
    begun = 0
    for pairs in rounds:
        places = range(begun, begun + len(pairs))
        planned += batches(encoded, places, config.batch_tokens, f"{config.seed} {begun}")
        begun += len(pairs)
    planned = planned[: most_steps or len(planned)]
    heads = [*network.pair.parameters(), *network.token.parameters()]
    body = [parameter for parameter in network.encoder.parameters() if parameter.requires_grad]
    optimizer, schedule = optimizer_of(body, heads, len(planned), config)
    network.to(device)
    average = copy.deepcopy(network)
    done, curve = _resume(out, network, average, optimizer, schedule, device)
    bar = tqdm(total=len(planned), initial=done, unit="step", smoothing=0.05, mininterval=10)
    loss_mean = 0.7
    network.train()
    for step in range(done, len(planned)):
        rows = planned[step]
        torch.manual_seed(config.seed + step)
        loss = _loss(network, [encoded[row] for row in rows], [learn[row] for row in rows], config, device)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        _average(average, network, min(config.averaged, (step + 1) / (step + 10)))
        loss_mean += 0.02 * (loss.item() - loss_mean)
        bar.update()
        if (step + 1) % 10 == 0:
            bar.set_postfix(loss=f"{loss_mean:.3f}")
        if (step + 1) % config.checkpoint_every == 0 or step + 1 == len(planned):
            scores = aurocs(average, tokenizer, _some(measure, config.measured), device)
            curve.append({"step": step + 1, "of": len(planned), "loss": round(loss_mean, 4), **scores})
            tqdm.write(json.dumps(curve[-1]))
            _checkpoint(out, step + 1, network, average, optimizer, schedule, curve)
    network.load_state_dict(average.state_dict())
    return curve


@torch.no_grad()
def _average(average: nn.Module, network: nn.Module, share: float) -> None:
    """Move ``average`` towards ``network``, keeping ``share`` of it."""
    for kept, new in zip(average.parameters(), network.parameters(), strict=True):
        if new.requires_grad:
            kept.lerp_(new, 1 - share)


def _loss(
    network: PairNetwork, encoded: Sequence[Any], pairs: Sequence[Pair], config: Config, device: torch.device
) -> Tensor:
    batch = PairBatch(*(tensor.to(device) for tensor in batch_of(encoded)))
    with torch.autocast(device.type, torch.bfloat16, enabled=config.bfloat16):
        logits, token_logits = (found.float() for found in network(batch))
    wanted = torch.tensor([float(pair.supported) for pair in pairs], device=device)
    loss = nn.functional.binary_cross_entropy_with_logits(logits, wanted)
    labels, known = token_labels(encoded, pairs, batch.ids.shape[1])
    labels, known = labels.to(device), known.to(device)
    if known.any():
        weight = torch.where(labels[known] > 0.5, 1.0, config.wrong_token_weight)
        loss = loss + config.token_weight * nn.functional.binary_cross_entropy_with_logits(
            token_logits[known], labels[known], weight=weight
        )
    return loss


def token_labels(encoded: Sequence[Any], pairs: Sequence[Pair], length: int) -> tuple[Tensor, Tensor]:
    """For each token whether it is borne out (1) or wrong (0), and whether that is known: ``(n, length)`` both."""
    labels = torch.ones(len(pairs), length)
    known = torch.zeros(len(pairs), length, dtype=torch.bool)
    for row, (one, pair) in enumerate(zip(encoded, pairs, strict=True)):
        if pair.spans is None:
            continue
        for place, (sequence, (start, end)) in enumerate(zip(one.sequence_ids, one.offsets, strict=True)):
            if sequence == 0:
                known[row, place] = True
                if any(start < span.end and span.start < end for span in pair.spans):
                    labels[row, place] = 0
    return labels, known


def aurocs(network: PairNetwork, tokenizer: Any, pairs: Sequence[Pair], device: torch.device) -> dict[str, float]:
    """The area under the ROC curve of the pair score for each set in ``pairs``, and their mean."""
    network.eval()
    found_pairs = run(network, tokenizer, [(pair.claim, focus(pair.evidence, pair.claim)) for pair in pairs], device)
    scores = np.array([found.logit for found in found_pairs])
    sets: dict[str, list[int]] = {}
    for place, pair in enumerate(pairs):
        sets.setdefault(pair.source.split(":")[0], []).append(place)
    found = {}
    for name, places in sets.items():
        labels = [pairs[place].supported for place in places]
        if len(set(labels)) == 2:
            found[name] = round(float(roc_auc_score(labels, scores[places])), 3)
    return {**found, "mean": round(float(np.mean(list(found.values()))), 3)}


def _some(pairs: Sequence[Pair], most: int) -> list[Pair]:
    """At most ``most`` of ``pairs``, the same each time."""
    rng = random.Random(1)  # noqa: S311
    return rng.sample(list(pairs), min(most, len(pairs)))


def _checkpoint(
    out: Path, step: int, network: nn.Module, average: nn.Module, optimizer: Any, schedule: Any, curve: list[Any]
) -> None:
    state = {
        "step": step,
        "network": network.state_dict(),
        "average": average.state_dict(),
        "optimizer": optimizer.state_dict(),
        "schedule": schedule.state_dict(),
        "curve": curve,
    }
    partial = out / "checkpoint.tmp"
    torch.save(state, partial)
    partial.replace(out / "checkpoint.pt")


def _resume(
    out: Path, network: nn.Module, average: nn.Module, optimizer: Any, schedule: Any, device: torch.device
) -> tuple[int, list[dict[str, Any]]]:
    path = out / "checkpoint.pt"
    if not path.exists():
        return 0, []
    state = torch.load(path, map_location=device, weights_only=True)
    network.load_state_dict(state["network"])
    average.load_state_dict(state["average"])
    optimizer.load_state_dict(state["optimizer"])
    schedule.load_state_dict(state["schedule"])
    return state["step"], state["curve"]


if __name__ == "__main__":
    main()
