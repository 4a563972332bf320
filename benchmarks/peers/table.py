"""The table of all systems, as Markdown; the only place that knows how `qa eval score` is called and what it prints."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from benchmarks.peers.peer import read_lines

_SHARES = {
    "citation_precision": "citation precision",
    "citation_recall": "citation recall",
    "gold_hit": "gold-hit",
    "invalid_marks": "invalid marks",
    "uncited_sentences": "uncited sentences",
    "sensitivity": "answered where it could be",
    "specificity": "silent where it should be",
    "balanced_accuracy": "balanced accuracy",
}
_SECONDS = {"latency_p50": "p50", "latency_p95": "p95"}


class Row(NamedTuple):
    """A system: its responses, and the most memory that it and its model held, if that is known."""

    name: str
    answers: Path
    memory_mb: float | None = None


def table(rows: Iterable[Row], gold: Path, articles: Path, ours: str) -> str:
    """Each of ``rows`` measured on the cases in ``gold``; latencies are compared with those of the row ``ours``.

    Shares come with their 95 % intervals. The row ``ours`` comes first, if it is there at all.
    """
    heads = ["", *_SHARES.values(), "words per citation", *_SECONDS.values(), "p50 / ours", "memory"]
    lines = [heads, ["---"] * len(heads)]
    our_p50: float | None = None
    for row in rows:
        metrics = _metrics(row.answers, gold, articles)
        p50 = metrics.get("latency_p50", {}).get("value")
        our_p50 = p50 if row.name == ours else our_p50
        lines.append(
            [
                row.name,
                *(_share(metrics.get(name)) for name in _SHARES),
                _words(row.answers),
                *(_seconds(metrics.get(name)) for name in _SECONDS),
                f"{p50 / our_p50:.1f}" if p50 and our_p50 else "–",
                f"{row.memory_mb / 1024:.1f} GB" if row.memory_mb else "–",
            ]
        )
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _metrics(answers: Path, gold: Path, articles: Path) -> Mapping[str, Any]:
    command = [sys.executable, "-m", "qa.cli", "eval", "score", str(answers), "--gold", str(gold)]
    command += ["--articles", str(articles), "--json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603
    metrics: Mapping[str, Any] = json.loads(done.stdout)["suites"][0]["metrics"]
    return metrics


def _words(answers: Path) -> str:
    """The median number of words that a citation makes one read."""
    counts = [
        len(cited["quote"].split())
        for response in read_lines(answers)
        for told in response["sentences"]
        for cited in told["citations"]
    ]
    return f"{median(counts):.0f}" if counts else "–"


def _share(metric: Mapping[str, Any] | None) -> str:
    if metric is None or metric["value"] is None:
        return "–"
    low, high = metric.get("low"), metric.get("high")
    interval = f" ({low:.2f}–{high:.2f})" if low is not None and high is not None else ""
    return f"{metric['value']:.2f}{interval}"


def _seconds(metric: Mapping[str, Any] | None) -> str:
    return "–" if metric is None or metric["value"] is None else f"{metric['value']:.1f} s"
