"""What it takes to run an evaluation again: version, settings, models with their hashes, machine, seed."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import os
import platform
import resource
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

from qa import __version__
from qa.models.embedder import Embedder
from qa.models.generators import Generator
from qa.models.speech_reader import SpeechReader
from qa.models.support import SupportModel
from qa.settings import Settings

# Where things lie, and who may come in, says nothing about the answers.
_NOT_TELLING = {"library", "cache", "host", "port", "auth_file", "public", "log_questions"}


def provenance(
    settings: Settings,
    *,
    seed: int,
    generator: Generator | None = None,
    support: SupportModel | None = None,
    embedder: Embedder | None = None,
    speech: SpeechReader | None = None,
) -> dict[str, Any]:
    """All that identifies a run; a model that had no part in it is left out."""
    models: dict[str, Any] = {}
    if generator is not None:
        models["generator"] = dataclasses.asdict(generator.info)
    if support is not None:
        models["support"] = dataclasses.asdict(support.info)
    if embedder is not None:
        models["embedder"] = dataclasses.asdict(embedder.info)
    if speech is not None:
        models["speech"] = {"model": speech.name}
    return {
        "citewire": __version__,
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "seed": seed,
        "settings": {name: value for name, value in _plain(settings).items() if name not in _NOT_TELLING},
        "models": models,
        "machine": machine(),
    }


def scored_files(responses: Path, gold: Path | None) -> dict[str, Any]:
    """What identifies a scoring of responses that another system wrote."""
    found = {
        "citewire": __version__,
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "responses": {"file": responses.name, "sha256": hashlib.sha256(responses.read_bytes()).hexdigest()},
        "machine": machine(),
    }
    if gold is not None:
        known = gold.is_file()
        found["gold"] = {
            "name": gold.name,
            "sha256": hashlib.sha256(gold.read_bytes()).hexdigest() if known else None,
        }
    return found


def machine() -> dict[str, Any]:
    """The machine that this runs on, without its name."""
    return {
        "python": platform.python_version(),
        "system": platform.platform(terse=True),
        "processor": _processor(),
        "cores": psutil.cpu_count(logical=False) or os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
    }


def peak_memory_gb() -> float:
    """The most memory that this process has held so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak * (1 if sys.platform == "darwin" else 1024) / 1e9, 2)


def identity(record: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a provenance that must be the same for two runs to be one: all but time and machine."""
    return {name: record[name] for name in ("citewire", "seed", "settings", "models")}


def _plain(settings: Settings) -> dict[str, Any]:
    return settings.model_dump(mode="json")


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:  # noqa: PTH123 - Linux only, and no file of ours
            return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
