"""A GGUF model behind an OpenAI-compatible address on the loopback interface, loaded as citewire loads it.

``python -m benchmarks.peers.serve MODEL`` prints ``{"endpoint": …, "key": …}`` once it answers, serves until its
standard input closes, and prints ``{"peak_memory_mb": …}``.
"""

from __future__ import annotations

import argparse
import json
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import xllamacpp

from benchmarks.peers.peer import CONTEXT_TOKENS, MODEL, peak_memory_mb

_QUIET = -1
_PROMPT_CACHE_MB = 512  # citewire's default
_DRAFT_MATCH, _DRAFT_LENGTH = 3, 8  # those of qa.models.generators.llamacpp: copied text comes 1.6 times as fast


@contextmanager
def served(model: Path, threads: int) -> Iterator[dict[str, Any]]:
    """The endpoint and key of ``model`` in a process of its own; after the block, with its peak memory as well."""
    command = [sys.executable, "-m", "benchmarks.peers.serve", str(model), "--threads", str(threads)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            raise RuntimeError(f"the model {model} could not be served: see above")
        facts = json.loads(line)
        try:
            yield facts
        finally:
            rest, _ = process.communicate()  # closes its standard input
            facts.update(json.loads(rest or "{}"))


def main() -> None:
    """Serve until standard input closes."""
    parser = argparse.ArgumentParser(description="Serves a GGUF model through llama.cpp.")
    parser.add_argument("model", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    key = secrets.token_urlsafe(32)
    server = xllamacpp.Server(_parameters(options.model, options.threads, key))
    print(json.dumps({"endpoint": f"{server.listening_address}/v1", "key": key}), flush=True)  # noqa: T201
    sys.stdin.read()
    print(json.dumps({"peak_memory_mb": peak_memory_mb()}), flush=True)  # noqa: T201


def _parameters(model: Path, threads: int, key: str) -> Any:
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(model)
    parameters.model_alias = {MODEL}
    parameters.n_ctx = CONTEXT_TOKENS
    parameters.n_parallel = 1
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = threads
    parameters.cache_ram_mib = _PROMPT_CACHE_MB
    parameters.load_mode = xllamacpp.llama_load_mode.LLAMA_LOAD_MODE_NONE
    parameters.verbosity = _QUIET
    parameters.warmup = False
    parameters.api_keys = [key]
    parameters.cors_origins = "null"
    parameters.ui = parameters.endpoint_slots = False
    parameters.speculative.types = [xllamacpp.common_speculative_type.COMMON_SPECULATIVE_TYPE_NGRAM_SIMPLE]
    parameters.speculative.ngram_simple.size_n = _DRAFT_MATCH
    parameters.speculative.ngram_simple.size_m = _DRAFT_LENGTH
    return parameters


if __name__ == "__main__":
    main()
