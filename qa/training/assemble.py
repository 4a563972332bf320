"""The folder of a support model, put together from what training wrote: ``python -m qa.training.assemble``."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from safetensors.torch import load_file

from qa.models.hashes import hash_file
from qa.models.presets import Task
from qa.models.store import ModelStore
from qa.models.support import FOLDER, MANIFEST
from qa.settings import load_settings
from qa.training.card import model_card
from qa.training.files import save

LEAST_COVERAGE, LEAST_SUBJECT = 0.5, 0.5
"""Shares of a sentence's words, and of its subject's, below which no probability makes up for what is missing."""

PERMISSIVE: dict[str, Any] = {
    "weights": {},
    "bias": 5.0,
    "thresholds": {"strict": 0.0, "balanced": 0.0, "lenient": 0.0},
    "hopeless_below": -99.0,
    "tells_from": 99.0,
}
"""An answer calibration that lets everything pass, so that what would pass can be measured; only questions of which the
answer network has no hope at all are not drafted for."""

_ANSWER_KEYS = ("weights", "bias", "thresholds", "hopeless_below", "tells_from")
_SUPPORT_KEYS = ("weights", "bias", "threshold", "gate_threshold", "doubtful_below")


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), required=True, help="Folder of the data files.")
@click.option(
    "--support", type=click.Path(path_type=Path, exists=True), required=True, help="What support training wrote."
)
@click.option(
    "--answer", type=click.Path(path_type=Path, exists=True), required=True, help="What answer training wrote."
)
@click.option("--fusion", type=click.Path(path_type=Path, exists=True), required=True, help="The fitted fusion (JSON).")
@click.option("--abstention", type=click.Path(path_type=Path, exists=True), help="The fitted abstention (JSON).")
@click.option("--out", type=click.Path(path_type=Path), help="Without --abstention: where each fold's model goes.")
def main(data: Path, support: Path, answer: Path, fusion: Path, abstention: Path | None, out: Path | None) -> None:
    """Write the model that ships; without --abstention, the models of the cross-validation that it is fitted with."""
    base = ModelStore(load_settings().cache).resolve("minilm", Task.EMBEDDER).path
    fused = json.loads(fusion.read_text())
    weights = support / "model.safetensors"
    if abstention is None:
        if out is None:
            raise click.UsageError("without --abstention, --out says where the models go")
        folds = json.loads((answer / "folds.json").read_text())
        hopeless = max(row["least_answerable"] for row in folds["measured"].values())
        permissive = {**PERMISSIVE, "hopeless_below": hopeless}
        for path in sorted(answer.glob("answer-*.safetensors")):
            folder = out / path.stem.replace("answer", "fold")
            assemble(weights, path, base, calibration(fused, permissive, {}), folder)
        shutil.copyfile(answer / "folds.json", out / "folds.json")
        return
    fitted = json.loads(abstention.read_text())
    training = json.loads((support / "curve.json").read_text())
    folds = json.loads((answer / "folds.json").read_text())
    hashes = {path.name: hash_file(path) for path in sorted(data.glob("*.gz"))}
    provenance = {"data": hashes, "seed": training["config"]["seed"], "generator": fitted["generator"]}
    card = model_card(training, folds["config"], folds["measured"], fused, fitted, hashes)
    assemble(weights, answer / "answer-all.safetensors", base, calibration(fused, fitted, provenance), FOLDER, card)
    click.echo(f"wrote {FOLDER}")


def calibration(fused: Mapping[str, Any], fitted: Mapping[str, Any], provenance: Mapping[str, Any]) -> dict[str, Any]:
    """The calibration file's content."""
    limits = {"least_coverage": LEAST_COVERAGE, "least_subject": LEAST_SUBJECT}
    return {
        "support": {**{key: fused[key] for key in _SUPPORT_KEYS}, **limits},
        "answer": {key: fitted[key] for key in _ANSWER_KEYS},
        "provenance": dict(provenance),
    }


def assemble(
    support: Path, answer: Path, base: Path, calibration: Mapping[str, Any], out: Path, card: str = ""
) -> None:
    """Write weights, configuration, tokenizer, calibration, card and manifest of a support model into ``out``.

    ``support`` and ``answer`` are the safetensors of the two trainings; ``base`` is the encoder they started from.
    """
    out.mkdir(parents=True, exist_ok=True)
    tensors = {f"support.{name}": tensor for name, tensor in load_file(support).items()}
    tensors |= {f"answer.{name}": tensor for name, tensor in load_file(answer).items()}
    save(tensors, out / "model.safetensors")
    for name in ("config.json", "tokenizer.json"):
        shutil.copyfile(base / name, out / name)
    (out / "calibration.json").write_text(json.dumps(calibration, indent=1) + "\n", encoding="utf-8")
    if card:
        (out / "MODEL_CARD.md").write_text(card, encoding="utf-8")
    names = ("model.safetensors", "config.json", "tokenizer.json", "calibration.json")
    manifest = {name: hash_file(out / name) for name in names}
    (out / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
