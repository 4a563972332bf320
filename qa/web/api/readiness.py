"""Whether the server can answer by now: its models are loaded while it already listens."""

from __future__ import annotations

import threading


class Readiness:
    """Set once the models are loaded; may be used from many threads."""

    def __init__(self) -> None:
        self._ready = threading.Event()

    @property
    def is_ready(self) -> bool:
        """Whether the models are loaded."""
        return self._ready.is_set()

    def set(self) -> None:
        """Note that they are."""
        self._ready.set()
