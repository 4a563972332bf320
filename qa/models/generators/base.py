"""The seam to language models: one method that generates under a grammar, and what it reports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from qa.types import Message, ModelInfo


class Usage(NamedTuple):
    """Tokens of one generation; ``cached_tokens`` of the prompt were not computed again."""

    prompt_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    prompt_ms: float = 0.0
    output_ms: float = 0.0


class Chunk(NamedTuple):
    """A piece of generated text; the last one of a generation carries its usage.

    ``likely`` stands on the first piece, where the engine tells it: the probabilities of the likeliest tokens at the
    beginning of the reply, before the grammar has its say.
    """

    text: str
    usage: Usage | None = None
    likely: Mapping[str, float] | None = None


class Generator(Protocol):
    """A local language model that can be confined to a grammar."""

    @property
    def info(self) -> ModelInfo:
        """What identifies the engine and the weights."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """The number of the model's own tokens in each text, special tokens excluded."""
        ...

    def prefill(self, messages: Sequence[Message]) -> None:
        """Compute ``messages`` ahead of time, where the engine can reuse them as the beginning of a later prompt."""
        ...

    def generate(self, messages: Sequence[Message], *, grammar: str, max_tokens: int) -> Iterator[Chunk]:
        """Pieces of the reply to ``messages``, greedily decoded, every prefix of it allowed by ``grammar`` (GBNF).

        Closing the iterator stops the generation.

        Raises:
            GenerationError: the engine failed.
        """
        ...

    def close(self) -> None:
        """Let go of the model's memory."""
        ...
