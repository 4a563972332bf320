"""What the adapters share: articles and questions come in as JSON Lines, raw replies go out; standard library only.

An adapter runs in the environment of the rivals, which does not have citewire. It writes what was said and shown;
`benchmarks.peers.replies` makes responses of that, in the environment of citewire.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

MODEL = "local"
"""What the endpoint calls its only model."""

ANSWER_TOKENS = 512
"""The most tokens an answer may take, so that one which never ends costs a minute and not an hour."""

CONTEXT_TOKENS = 8192
KEY_VARIABLE = "PEERS_API_KEY"


class Text(NamedTuple):
    """An article: ``id`` is citewire's, ``name`` that of its file."""

    id: str
    name: str
    text: str


class Setup(NamedTuple):
    """Where the model answers, the key it asks for, and the folder of the sentence-transformers model."""

    endpoint: str
    key: str
    embedder: str


class Chunk(NamedTuple):
    """Words of an article that were shown to the model; the place is ``None`` where the framework does not tell it."""

    article: str
    text: str
    start: int | None = None
    end: int | None = None


class Reply(NamedTuple):
    """The text of an answer, and the chunks that its marks number, from 1.

    ``cited`` are the numbers of the chunks that the framework itself names as the source of the whole answer; ``None``
    where marks in the text do that. Then ``shown`` is all that the model was shown.
    """

    text: str
    shown: tuple[Chunk, ...]
    cited: tuple[int, ...] | None = None


Ask = Callable[[str], Reply]
Build = Callable[[Sequence[Text], Setup], Ask]


def run(name: str, build: Build, packages: Sequence[str]) -> None:
    """Answer every case that has no reply yet, and note what it took; called by each adapter."""
    parser = argparse.ArgumentParser(description=f"Answers the cases in a folder with {name}.")
    parser.add_argument("--work", type=Path, required=True, help="folder with articles.jsonl and cases.jsonl")
    parser.add_argument("--endpoint", required=True, help="address of an OpenAI-compatible server, with /v1")
    parser.add_argument("--embedder", required=True, help="folder of the sentence-transformers model")
    options = parser.parse_args()
    texts = [Text(**record) for record in read_lines(options.work / "articles.jsonl")]
    pending = unanswered(options.work, name)
    begun = time.perf_counter()
    ask = build(texts, Setup(options.endpoint, os.environ.get(KEY_VARIABLE, "none"), options.embedder))
    index_seconds = time.perf_counter() - begun
    with raw_file(options.work, name).open("a", encoding="utf-8") as out:
        for case in pending:
            out.write(json.dumps(_answered(ask, case), ensure_ascii=False) + "\n")
            out.flush()
    meta = {
        "versions": {package: version(package) for package in packages},
        "index_seconds": round(index_seconds, 3),
        "peak_memory_mb": peak_memory_mb(),
    }
    meta_file(options.work, name).write_text(json.dumps(meta, indent=2) + "\n", encoding="utf-8")


def raw_file(work: Path, name: str) -> Path:
    """Where the raw replies of a rival are kept."""
    return work / f"{name}.raw.jsonl"


def meta_file(work: Path, name: str) -> Path:
    """Where versions and memory of a rival are kept."""
    return work / f"{name}.meta.json"


def unanswered(work: Path, name: str) -> list[dict[str, Any]]:
    """The cases in ``work`` without a reply; a reply cut short by a kill is removed."""
    path = raw_file(work, name)
    done: set[str] = set()
    if path.exists():
        lines = path.read_bytes().splitlines(keepends=True)
        if lines and not lines[-1].endswith(b"\n"):
            path.write_bytes(b"".join(lines[:-1]))
        done = {record["id"] for record in read_lines(path)}
    return [case for case in read_lines(work / "cases.jsonl") if case["id"] not in done]


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The objects in a file of JSON Lines."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def peak_memory_mb() -> float:
    """The most memory this process has held, in megabytes (2**20 bytes)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (2**20 if sys.platform == "darwin" else 2**10), 1)


def _answered(ask: Ask, case: dict[str, Any]) -> dict[str, Any]:
    begun = time.perf_counter()
    try:
        reply = ask(case["question"])
    except Exception as error:  # whatever a framework raises is its answer to this case
        return {"id": case["id"], "error": f"{type(error).__name__}: {error}", "seconds": time.perf_counter() - begun}
    return {
        "id": case["id"],
        "seconds": time.perf_counter() - begun,
        "text": reply.text,
        "shown": [chunk._asdict() for chunk in reply.shown],
        "cited": reply.cited,
    }
