"""A generator that remembers: what was asked once is replayed, so that a long run can be repeated in minutes."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from qa.errors import ModelError
from qa.models.generators.base import Chunk, Generator, Usage
from qa.types import Message, ModelInfo


class RecordedGenerator:
    """A `Generator` whose replies are kept in the JSONL file ``path`` and replayed from there.

    A reply is found again by the model, the messages, the grammar and the limit. One that was broken off is not kept.
    """

    def __init__(self, generator: Generator, path: Path) -> None:
        self._generator = generator
        self._path = path
        self._lock = threading.Lock()
        self._replies: dict[str, dict[str, Any]] = {}
        if path.exists():
            self._read()

    @property
    def info(self) -> ModelInfo:
        """What identifies the engine and the weights."""
        return self._generator.info

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """The number of the model's own tokens in each text."""
        return self._generator.count_tokens(texts)

    def prefill(self, messages: Sequence[Message]) -> None:
        """Compute ``messages`` ahead of time."""
        self._generator.prefill(messages)

    def generate(self, messages: Sequence[Message], *, grammar: str, max_tokens: int) -> Iterator[Chunk]:
        """The pieces of the reply: from the record in one piece, or as the model writes them."""
        key = self._key(messages, grammar, max_tokens)
        if record := self._replies.get(key):
            yield Chunk(record["text"], Usage(**record["usage"]), record["likely"])
            return
        text, usage, likely = "", Usage(), None
        for chunk in self._generator.generate(messages, grammar=grammar, max_tokens=max_tokens):
            text += chunk.text
            usage, likely = chunk.usage or usage, chunk.likely or likely
            yield chunk
        self._keep({"key": key, "text": text, "usage": usage._asdict(), "likely": likely})

    def _read(self) -> None:
        """Read the record; a last line that was not written to its end is cut off.

        Raises:
            ModelError: another line is damaged.
        """
        lines = self._path.read_bytes().splitlines(keepends=True)
        if lines and not lines[-1].endswith(b"\n"):
            cut = lines.pop()
            with self._path.open("r+b") as file:
                file.truncate(self._path.stat().st_size - len(cut))
        for number, line in enumerate(lines, start=1):
            try:
                record = json.loads(line)
                self._replies[record["key"]] = record
            except (ValueError, KeyError, TypeError):
                raise ModelError(f"{self._path}, line {number}: damaged; delete the line") from None

    def close(self) -> None:
        """Let go of the model's memory."""
        self._generator.close()

    def _key(self, messages: Sequence[Message], grammar: str, max_tokens: int) -> str:
        asked = [self.info.sha256 or self.info.model, [list(message) for message in messages], grammar, max_tokens]
        return hashlib.sha256(json.dumps(asked, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()

    def _keep(self, record: dict[str, Any]) -> None:
        with self._lock, self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
            self._replies[record["key"]] = record
