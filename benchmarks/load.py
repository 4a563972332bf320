"""Many people at once: ``python -m benchmarks.load [--clients 20] [--seconds 180]`` prints what became of it as JSON.

A server of its own over the seed articles, with the settings in force; every client asks, waits for the whole answer,
and asks again. Each answer must be to the question asked, and quote its articles to the letter. Exit status 1 where
anything went wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from qa.client import Client
from qa.errors import QAError
from qa.evaluation.suites import seeds
from qa.service import Service
from qa.settings import load_settings

_ROOT = Path(__file__).parents[1]
_SAMPLED_EVERY = 2.0  # seconds
_START = 180.0  # seconds in which the models must be loaded
_DRAIN = 60.0  # seconds after the last answer in which the queue must be empty


def main() -> None:
    """Load a server for a while and say how it bore it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=180)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, _server(Path(folder)) as (address, process):
        record = load(address, process, options.clients, options.seconds)
    print(json.dumps(record, indent=1))  # noqa: T201
    sys.exit(1 if record["errors"] or record["mixed"] or record["misquoted"] or not record["drained"] else 0)


def load(address: str, process: psutil.Process, clients: int, seconds: float) -> dict[str, Any]:
    """What ``clients`` met who asked for so many ``seconds``, and what it cost the server."""
    suite = seeds.load()
    questions = [case.question for case in suite.cases]
    texts = {article.id: article.text for article in suite.articles}
    latencies: list[float] = []
    searches: list[float] = []
    outcomes: Counter[str] = Counter()
    errors: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    lock = threading.Lock()
    until = time.monotonic() + seconds

    def ask(number: int) -> None:
        with Client(address, timeout=600) as client:
            for turn in range(len(questions)):
                if time.monotonic() >= until:
                    return
                question = questions[(7 * number + 31 * turn) % len(questions)]
                started = time.monotonic()
                try:
                    answer = client.ask(question)
                except QAError as error:
                    with lock:
                        errors[str(error)] += 1
                    time.sleep(1)
                    continue
                cited = [citation for sentence in answer.sentences for citation in sentence.citations]
                with lock:
                    latencies.append(time.monotonic() - started)
                    outcomes["abstained" if answer.abstained else "answered"] += 1
                    wrong["mixed"] += answer.question != " ".join(question.split())
                    wrong["misquoted"] += any(texts[one.article_id][one.start : one.end] != one.quote for one in cited)

    def search() -> None:
        with Client(address, timeout=60) as client:
            while time.monotonic() < until:
                started = time.monotonic()
                client.search(questions[len(searches) % len(questions)])
                searches.append(time.monotonic() - started)
                time.sleep(1)

    memory = [process.memory_info().rss]
    threads = [threading.Thread(target=ask, args=(number,)) for number in range(clients)]
    threads.append(threading.Thread(target=search))
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        time.sleep(_SAMPLED_EVERY)
        memory.append(process.memory_info().rss)
    return {
        "clients": clients,
        "seconds": seconds,
        "answers": len(latencies),
        **dict(outcomes),
        "errors": dict(errors),
        "mixed": wrong["mixed"],
        "misquoted": wrong["misquoted"],
        "seconds_p50": _percentile(latencies, 50),
        "seconds_p95": _percentile(latencies, 95),
        "search_seconds_p50": _percentile(searches, 50),
        "search_seconds_p95": _percentile(searches, 95),
        "memory_gb": {
            name: round(value / 1e9, 3)
            for name, value in (
                ("before", memory[0]),
                ("first_quarter", max(memory[: max(1, len(memory) // 4)])),
                ("last_quarter", max(memory[-max(1, len(memory) // 4) :])),
            )
        },
        "drained": _drained(address),
    }


def _percentile(values: list[float], q: int) -> float | None:
    if len(values) < 2:
        return None
    return round(statistics.quantiles(values, n=100, method="inclusive")[q - 1], 3)


def _drained(address: str) -> bool:
    """Whether nothing waits for the model soon after the last client has left."""
    import httpx

    until = time.monotonic() + _DRAIN
    while time.monotonic() < until:
        lines = httpx.get(f"{address}/metrics").text.splitlines()
        busy = [line for line in lines if line.startswith(("citewire_queue_depth ", "citewire_generations_running "))]
        if len(busy) == 2 and all(float(line.split()[1]) == 0 for line in busy):
            return True
        time.sleep(0.5)
    return False


@contextmanager
def _server(folder: Path) -> Iterator[tuple[str, psutil.Process]]:
    """The address and the process of a server over the seed articles, once its models are loaded."""
    library = folder / "library"
    with Service(load_settings(library=library), create=True) as service:
        list(service.ingest([seeds.folder() / "articles"]))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, str(_ROOT / "app.py"), "--port", str(port)]
    environment = {**os.environ, "QA_LIBRARY": str(library)}
    with subprocess.Popen(  # noqa: S603 - this very program
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            address = f"http://127.0.0.1:{port}"
            _wait(address)
            yield address, psutil.Process(server.pid)
        finally:
            server.terminate()


def _wait(address: str) -> None:
    until = time.monotonic() + _START
    while time.monotonic() < until:
        with Client(address) as client:
            if client.is_ready:
                return
        time.sleep(0.5)
    raise SystemExit("the server does not become ready: start `qa serve` to see why")


if __name__ == "__main__":
    main()
