"""Keeps the libraries that citewire stands on from calling out; imported by whatever starts a process of ours."""

from __future__ import annotations

import os

_VARIABLES = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "DO_NOT_TRACK": "1",
    "TOKENIZERS_PARALLELISM": "true",
}


def go_offline() -> None:
    """Forbid downloads and telemetry in this process. Call it before those libraries are imported: they look once."""
    os.environ.update(_VARIABLES)
