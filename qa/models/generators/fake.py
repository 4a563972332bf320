"""A generator without a model: deterministic, instant, for tests of everything around it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from qa.models.generators.base import Chunk, Usage
from qa.types import Message, ModelInfo

_NUMBERED = re.compile(r"^\[(\d+)\] (.+)$", re.MULTILINE)
_PIECE = re.compile(r"\S+\s*|\s+")


def echo_first_passage(messages: Sequence[Message]) -> str:
    """The first sentence of the first passage in the last message, cited; a refusal where there is none."""
    passage = _NUMBERED.search(messages[-1].content)
    if passage is None:
        return "None of the articles answer this."
    number, text = passage.groups()
    return f"{re.split(r'(?<=[.!?]) ', text)[0]} [{number}]"


class FakeGenerator:
    """A generator that says what ``reply`` returns, word by word, whatever the grammar.

    Ignoring the grammar is the point: what stands behind it must hold against any text.
    """

    def __init__(self, reply: str | Callable[[Sequence[Message]], str] = echo_first_passage) -> None:
        self._reply = reply
        self.prompts: list[Sequence[Message]] = []

    @property
    def info(self) -> ModelInfo:
        """What identifies the fake."""
        return ModelInfo("fake", "fake")

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """The number of words in each text."""
        return [len(text.split()) for text in texts]

    def prefill(self, messages: Sequence[Message]) -> None:
        """Nothing to compute."""

    def generate(self, messages: Sequence[Message], *, grammar: str, max_tokens: int) -> Iterator[Chunk]:
        """The reply in pieces of one word, cut after ``max_tokens`` of them."""
        self.prompts.append(messages)
        text = self._reply if isinstance(self._reply, str) else self._reply(messages)
        pieces = _PIECE.findall(text)[:max_tokens]
        for piece in pieces:
            yield Chunk(piece)
        prompt_tokens = sum(self.count_tokens([message.content for message in messages]))
        yield Chunk("", Usage(prompt_tokens=prompt_tokens, output_tokens=len(pieces)))

    def close(self) -> None:
        """Nothing to let go of."""
