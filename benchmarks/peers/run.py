"""All rivals one after the other on the same cases, then the table: ``python -m benchmarks.peers.run --out DIR``.

What has been answered in DIR stays; run it again to go on.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.peers import peer
from benchmarks.peers.replies import response_of
from benchmarks.peers.serve import served
from benchmarks.peers.table import Row, table
from qa.evaluation.cases import Case
from qa.evaluation.responses import response_json
from qa.evaluation.suites.suite import Suite
from qa.ingest import find_files, read_path
from qa.models.presets import Task
from qa.models.store import LocalModel, ModelStore
from qa.offline import go_offline
from qa.settings import load_settings

PEERS = ("llamaindex", "txtai", "haystack")
OURS = "citewire"

_HERE = Path(__file__).parent
_ROOT = _HERE.parents[1]
_SEED = 0
_LARGEST = 10**6  # bytes
_QUIET = {
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_TELEMETRY": "False",
    "ANONYMIZED_TELEMETRY": "False",
}


def main() -> None:
    """Answer what is not answered yet, and print the table."""
    options = _options()
    go_offline()
    settings = load_settings()
    store = ModelStore(settings.cache)
    model = store.resolve(settings.generator, Task.GENERATOR)
    embedder = store.resolve("minilm", Task.EMBEDDER)
    out: Path = options.out
    texts = prepare(out, options.articles, options.gold, options.cases, model)
    rows = []
    if options.ours:
        rows.append(Row(OURS, pick_ours(out, options.ours), options.ours_memory))
    for name in options.only or PEERS:
        if peer.unanswered(out, name) or "server_peak_memory_mb" not in measured(out, name):
            python = environment(options.venvs)
            answer(out, name, python, model.path, embedder.path, options.threads)
        meta = measured(out, name)
        rows.append(Row(name, convert(out, name, texts), meta["peak_memory_mb"] + meta["server_peak_memory_mb"]))
    print(table(rows, out / "gold.jsonl", options.articles, OURS))  # noqa: T201


def prepare(out: Path, articles: Path, gold: Path, cases: int, model: LocalModel) -> dict[str, str]:
    """The texts of the articles by id; writes to ``out`` what the adapters read, and the gold of the cases picked.

    The cases are those that ``qa eval run`` picks with the same limit and the seed 0. Articles go by citewire's ids.
    """
    out.mkdir(parents=True, exist_ok=True)
    ids: dict[str, str] = {}
    texts: list[peer.Text] = []
    for path in find_files([articles]):
        article = read_path(path, max_bytes=_LARGEST)
        ids[path.name] = article.id
        texts.append(peer.Text(article.id, path.name, article.text))
    _same_run(out / "run.json", {"model": model.sha256, "articles": sorted(ids.values())})
    records = {record["id"]: record for record in peer.read_lines(gold)}
    known = tuple(Case(id=name, question=record["question"], kind=record["kind"]) for name, record in records.items())
    picked = [records[case.id] for case in Suite("seeds", (), known).sample(cases, _SEED).cases]
    for record in picked:
        for span in (span for group in record["evidence"] for span in group):
            span["article"] = ids[span["article"]]
    _write_lines(out / "articles.jsonl", (text._asdict() for text in texts))
    _write_lines(out / "gold.jsonl", picked)
    _write_lines(out / "cases.jsonl", ({key: record[key] for key in ("id", "kind", "question")} for record in picked))
    return {text.id: text.text for text in texts}


def environment(venvs: Path) -> Path:
    """The Python of the rivals' environment, made on first use and again when its requirements change."""
    folder = venvs / "env"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    requirements, constraints = _HERE / "requirements.txt", _HERE / "constraints.txt"
    wanted = hashlib.sha256(requirements.read_bytes() + constraints.read_bytes()).hexdigest()
    stamp = folder / "installed"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        _say(f"installing the rivals in {folder} (a few minutes)")
        _call([sys.executable, "-m", "venv", "--clear", str(folder)])
        pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        _call([*pip, "-r", str(requirements), "-c", str(constraints)])
        stamp.write_text(wanted, encoding="utf-8")
    return python


def answer(out: Path, name: str, python: Path, model: Path, embedder: Path, threads: int) -> None:
    """Let the rival ``name`` answer in its environment, with a model of its own; memory is kept at its highest."""
    before = measured(out, name)
    _say(f"{name}: {len(peer.unanswered(out, name))} cases")
    with served(model, threads) as facts:
        variables = {**os.environ, **_QUIET, "OMP_NUM_THREADS": str(threads), peer.KEY_VARIABLE: facts["key"]}
        command = [str(python), "-m", f"benchmarks.peers.{name}_peer", "--work", str(out.resolve())]
        _call([*command, "--endpoint", facts["endpoint"], "--embedder", str(embedder)], variables)
    meta = measured(out, name)
    meta["server_peak_memory_mb"] = facts["peak_memory_mb"]
    for key in ("peak_memory_mb", "server_peak_memory_mb"):
        meta[key] = max(meta[key], before.get(key, 0))
    text = json.dumps({**meta, "threads": threads}, indent=2)
    peer.meta_file(out, name).write_text(text + "\n", encoding="utf-8")


def measured(out: Path, name: str) -> dict[str, Any]:
    """Versions and memory of the rival ``name``; nothing before its first run."""
    file = peer.meta_file(out, name)
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def convert(out: Path, name: str, texts: Mapping[str, str]) -> Path:
    """The file of responses made of the raw replies of ``name`` to the cases picked."""
    raw = {record["id"]: record for record in peer.read_lines(peer.raw_file(out, name))}
    responses = out / f"{name}.jsonl"
    picked = (case["id"] for case in peer.read_lines(out / "cases.jsonl"))
    _write_lines(responses, (response_json(response_of(raw[case], texts)) for case in picked))
    return responses


def pick_ours(out: Path, file: Path) -> Path:
    """The file of citewire's responses in ``file`` to the cases picked.

    Raises:
        SystemExit: it lacks some of them.
    """
    found = {record["id"]: record for record in peer.read_lines(file)}
    picked = [case["id"] for case in peer.read_lines(out / "cases.jsonl")]
    if missing := [case for case in picked if case not in found]:
        raise SystemExit(f"{file} lacks {len(missing)} of {len(picked)} cases, {missing[0]!r} first: run all of them")
    responses = out / f"{OURS}.jsonl"
    _write_lines(responses, (found[case] for case in picked))
    return responses


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measures three rivals under citewire's ruler.")
    parser.add_argument("--out", type=Path, required=True, help="folder for answers and measurements")
    parser.add_argument("--cases", type=int, default=60, help="how many cases, each kind with its share (default: 60)")
    parser.add_argument("--only", action="append", choices=PEERS, help="this rival alone; may be repeated")
    parser.add_argument("--ours", type=Path, help="citewire's responses.jsonl, as `qa eval run` writes it")
    parser.add_argument("--ours-memory", type=float, metavar="MB", help="the most memory citewire held meanwhile")
    parser.add_argument("--threads", type=int, default=2, help="CPU threads of model and embedder (default: 2)")
    parser.add_argument("--articles", type=Path, default=_ROOT / "seeds" / "articles")
    parser.add_argument("--gold", type=Path, default=_ROOT / "seeds" / "gold.jsonl")
    parser.add_argument(
        "--venvs",
        type=Path,
        default=Path(tempfile.gettempdir()) / "peers",
        help="folder for the rivals' environment (default: %(default)s)",
    )
    return parser.parse_args()


def _same_run(file: Path, facts: Mapping[str, Any]) -> None:
    """Refuse a folder that holds answers by another model or over other articles."""
    if file.exists() and json.loads(file.read_text(encoding="utf-8")) != facts:
        raise SystemExit(f"{file.parent} holds answers by another model or over other articles: name another folder")
    file.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


def _write_lines(file: Path, records: Iterable[Mapping[str, Any]]) -> None:
    lines = [json.dumps(record, ensure_ascii=False) + "\n" for record in records]
    file.write_text("".join(lines), encoding="utf-8")


def _call(command: list[str], variables: Mapping[str, str] | None = None) -> None:
    subprocess.run(command, check=True, cwd=_ROOT, env=variables)  # noqa: S603


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
