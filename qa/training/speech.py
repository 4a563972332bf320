"""Training of the speech tagger: ``python -m qa.training.speech``.

It starts from the embedder's encoder and learns from PolNeAR which tokens name a source, are a cue, belong to content
and begin one. The word embeddings stay as they are, so that the package holds them once.
"""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import click
import torch
from torch import Tensor, nn
from tqdm import tqdm
from transformers import BertModel

from qa.evaluation.metrics.speakers import Reported, SpeakerScore, score_speakers
from qa.evaluation.suites.polnear import annotated
from qa.models.hashes import hash_file
from qa.models.presets import Task
from qa.models.speech import FOLDER
from qa.models.speech_network import (
    EMBEDDINGS,
    LABELS,
    SpeechNetwork,
    SpeechNetworkTagger,
    load_tokenizer,
    new_network,
    windows,
)
from qa.models.store import ModelStore
from qa.models.support import MANIFEST
from qa.settings import load_settings
from qa.text.reported_speech import reported_speech
from qa.training.files import save
from qa.training.steps import optimizer_of

_OUTSIDE = -1.0  # label of a token that is not learnt from


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that decides what comes out, besides the data."""

    seed: int = 0
    epochs: int = 6
    batch: int = 16
    rate: float = 2e-4
    head_rate: float = 1e-3
    warm_up: float = 0.06
    decay: float = 0.01
    dropout: float = 0.1
    loss_scale: float = 4.0
    bfloat16: bool = True


class Example(NamedTuple):
    """A window of a text: its token ids and, for each, the four labels, ``(length, 4)``."""

    ids: list[int]
    labels: Tensor


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), required=True, help="Folder of the data files.")
@click.option("--out", type=click.Path(path_type=Path), default=FOLDER, help="Folder for the result [the package's].")
@click.option("--measure-only", is_flag=True, help="Measure what is there, on the development articles.")
def main(data: Path, out: Path, measure_only: bool) -> None:
    """Train the tagger, write it with its manifest and card, and measure it on the development articles."""
    config = Config()
    if not measure_only:
        out.mkdir(parents=True, exist_ok=True)
        network = train(list(articles(data / "polnear_train.jsonl.gz")), config)
        save(network.own_state(), out / "model.safetensors")
        manifest = {"model.safetensors": hash_file(out / "model.safetensors")}
        (out / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    score = measured(SpeechNetworkTagger(out), articles(data / "polnear_dev.jsonl.gz"))
    click.echo(json.dumps({"config": asdict(config), "score": score._asdict(), "f1": score.f1}))


def articles(path: Path) -> Iterator[dict[str, Any]]:
    """The annotated articles in ``path``."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def examples(article: dict[str, Any], tokenizer: Any) -> Iterator[Example]:
    """The windows of an article with their labels."""
    encoded = tokenizer.encode(article["text"], add_special_tokens=False)
    outer = [tokenizer.token_to_id(token) for token in ("[CLS]", "[SEP]")]
    labels = torch.zeros(len(encoded.ids), len(LABELS))
    for one in article["annotations"][0]["attributions"]:
        begins = [[span[0], span[0] + 1] for span in one["content"]]
        for column, spans in enumerate((one["source"], one["cue"], one["content"], begins)):
            for start, end, *_ in spans:
                for row, (first, last) in enumerate(encoded.offsets):
                    if first < end and start < last:
                        labels[row, column] = 1
    edge = torch.full((1, len(LABELS)), _OUTSIDE)
    for start, end in windows(len(encoded.ids)):
        yield Example([outer[0], *encoded.ids[start:end], outer[1]], torch.cat([edge, labels[start:end], edge]))


def train(texts: Sequence[dict[str, Any]], config: Config) -> SpeechNetwork:
    """A network trained on ``texts``."""
    torch.manual_seed(config.seed)
    rng = random.Random(config.seed)  # noqa: S311
    tokenizer = load_tokenizer()
    learnt = [example for text in texts for example in examples(text, tokenizer)]
    network = new_network()
    base = ModelStore(load_settings().cache).resolve("minilm", Task.EMBEDDER).path
    network.encoder = BertModel.from_pretrained(
        str(base),
        add_pooling_layer=False,
        hidden_dropout_prob=config.dropout,
        attention_probs_dropout_prob=0.0,
        attn_implementation="eager",
    )
    network.encoder.embeddings.word_embeddings.requires_grad_(requires_grad=False)
    steps = len(learnt) // config.batch
    body = [parameter for name, parameter in network.named_parameters() if name != EMBEDDINGS and "head" not in name]
    optimizer, schedule = optimizer_of(body, network.head.parameters(), steps * config.epochs, config)
    network.train()
    with tqdm(total=steps * config.epochs, mininterval=10) as bar:
        for _ in range(config.epochs):
            rng.shuffle(learnt)
            for step in range(steps):
                loss = _loss(network, learnt[step * config.batch : (step + 1) * config.batch], config)
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                nn.utils.clip_grad_norm_([*body, *network.head.parameters()], 1.0)
                optimizer.step()
                schedule.step()
                bar.update()
    return network.eval()


def _loss(network: SpeechNetwork, batch: Sequence[Example], config: Config) -> Tensor:
    longest = max(len(example.ids) for example in batch)
    ids = torch.zeros(len(batch), longest, dtype=torch.long)
    mask = torch.zeros_like(ids)
    labels = torch.full((len(batch), longest, len(LABELS)), _OUTSIDE)
    for row, example in enumerate(batch):
        size = len(example.ids)
        ids[row, :size], mask[row, :size], labels[row, :size] = torch.tensor(example.ids), 1, example.labels
    with torch.autocast("cpu", torch.bfloat16, enabled=config.bfloat16):
        logits = network(ids, mask)
    known = labels >= 0
    return config.loss_scale * nn.functional.binary_cross_entropy_with_logits(logits.float()[known], labels[known])


def measured(tagger: SpeechNetworkTagger, texts: Iterator[dict[str, Any]]) -> SpeakerScore:
    """The counts over ``texts``; see `qa.evaluation.metrics.speakers`."""
    total = SpeakerScore()
    for article in texts:
        text = article["text"]
        found = [
            Reported(said.content, text[slice(*said.source)] if said.source else None)
            for said in reported_speech(text, tagger.mark(text))
        ]
        total = total.plus(score_speakers(found, annotated(article)))
    return total


if __name__ == "__main__":
    main()
