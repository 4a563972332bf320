"""A bounded queue in front of a generator: one generation at a time, a limited number waiting."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from qa.errors import QueueFullError
from qa.models.generators.base import Chunk, Generator
from qa.types import Message, ModelInfo


class QueuedGenerator:
    """A `Generator` that may be called from many threads; ``limit`` callers wait, the next is refused."""

    def __init__(self, generator: Generator, limit: int) -> None:
        self._generator = generator
        self._turn = threading.Lock()
        self._places = threading.BoundedSemaphore(limit + 1)  # one works, `limit` wait
        self._limit = limit

    @property
    def info(self) -> ModelInfo:
        """What identifies the engine and the weights."""
        return self._generator.info

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """The number of the model's own tokens in each text; never waits for a generation."""
        return self._generator.count_tokens(texts)

    def prefill(self, messages: Sequence[Message]) -> None:
        """Compute ``messages`` ahead of time, when it is this call's turn."""
        with self._place(), self._turn:
            self._generator.prefill(messages)

    def generate(self, messages: Sequence[Message], *, grammar: str, max_tokens: int) -> Iterator[Chunk]:
        """The pieces of the reply, once it is this call's turn.

        Raises:
            QueueFullError: too many callers wait already.
            GenerationError: the engine failed.
        """
        with self._place(), self._turn:
            yield from self._generator.generate(messages, grammar=grammar, max_tokens=max_tokens)

    def close(self) -> None:
        """Let go of the model once the generation under way has ended."""
        with self._turn:
            self._generator.close()

    @contextmanager
    def _place(self) -> Iterator[None]:
        if not self._places.acquire(blocking=False):
            raise QueueFullError(
                f"{self._limit} questions are waiting already: try again shortly, or raise the setting queue_limit"
            )
        try:
            yield
        finally:
            self._places.release()
