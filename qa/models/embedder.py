"""Texts as vectors: the seam, sentence-transformers behind it, and a fake that needs no model."""

from __future__ import annotations

import re
import threading
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from qa.errors import HashMismatchError, ModelError
from qa.models.formats import folder_weights
from qa.models.hashes import combined_hash, hash_file
from qa.models.presets import Task
from qa.models.quiet import quiet_transformers
from qa.models.store import LocalModel, ModelStore
from qa.settings import Settings

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BATCH = 64  # on two cores 3-6 % quicker than 32 and a third quicker than 16


@dataclass(frozen=True, slots=True)
class EmbedderInfo:
    """What makes vectors comparable: the model's name, their dimension, the SHA-256 of its weights (``None``: none)."""

    name: str
    dimension: int
    sha256: str | None


class Embedder(Protocol):
    """Whatever turns texts into vectors; usable from several threads."""

    @property
    def info(self) -> EmbedderInfo:
        """What identifies the vectors; a library holds those of one embedder only."""

    @property
    def max_tokens(self) -> int:
        """The tokens of a text that are read, special tokens excluded, as ``count_tokens`` counts; the rest is cut."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One row a text, each of length 1, so that a dot product is a cosine: ``(len(texts), dimension)``."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """The tokens of each text, uncut, special tokens excluded."""


class SentenceTransformersEmbedder:
    """A sentence-transformers model from a local folder, loaded at once.

    ``device`` is ``auto`` or a torch device; ``threads`` > 0 bounds torch's CPU threads, for the whole process.

    Raises:
        HashMismatchError: the weights in the folder are not those of ``model``.
        ModelError: the folder cannot be loaded as a sentence-transformers model without running code it brings.
    """

    def __init__(self, model: LocalModel, device: str = "auto", threads: int = 0) -> None:
        _check_weights(model)
        self._model = _load(model, device, threads)
        self._lock = threading.Lock()
        dimension = self._model.get_embedding_dimension()
        if dimension is None:
            raise ModelError(f"embedder {model.name!r} does not say its dimension; take another model")
        self._info = EmbedderInfo(model.name, dimension, model.sha256)
        longest = self._model.max_seq_length or self._model.tokenizer.model_max_length
        self._max_tokens: int = longest - self._model.tokenizer.num_special_tokens_to_add()

    @property
    def info(self) -> EmbedderInfo:
        """See :class:`Embedder`."""
        return self._info

    @property
    def max_tokens(self) -> int:
        """See :class:`Embedder`."""
        return self._max_tokens

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See :class:`Embedder`."""
        if not texts:
            return np.empty((0, self._info.dimension), dtype=np.float32)
        with self._lock:
            rows = self._model.encode(
                list(texts), batch_size=BATCH, show_progress_bar=False, normalize_embeddings=True, convert_to_numpy=True
            )
        return np.ascontiguousarray(rows, dtype=np.float32)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """See :class:`Embedder`."""
        if not texts:
            return []
        with self._lock:  # a fast tokenizer switches its truncation in place and cannot be shared while it does
            encoded = self._model.tokenizer(
                list(texts),
                add_special_tokens=False,
                truncation=False,
                padding=False,
                return_attention_mask=False,
                return_token_type_ids=False,
                verbose=False,  # no warning about texts longer than the model reads: that is what we count
            )
        return [len(tokens) for tokens in encoded["input_ids"]]


class FakeEmbedder:
    """An :class:`Embedder` without a model: a hashed bag of lower-cased words, the same in every process.

    Texts that share words lie close; a text without words gets the first unit vector. Tokens are words.
    """

    def __init__(self, dimension: int = 64, max_tokens: int = 256) -> None:
        self._info = EmbedderInfo("fake", dimension, None)
        self._max_tokens = max_tokens

    @property
    def info(self) -> EmbedderInfo:
        """See :class:`Embedder`."""
        return self._info

    @property
    def max_tokens(self) -> int:
        """See :class:`Embedder`."""
        return self._max_tokens

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See :class:`Embedder`."""
        rows = np.zeros((len(texts), self._info.dimension), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in _words(text)[: self._max_tokens] or [""]:
                row[zlib.crc32(word.encode()) % self._info.dimension] += 1
            row /= np.linalg.norm(row)
        return rows

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """See :class:`Embedder`."""
        return [len(_words(text)) for text in texts]


def load_embedder(store: ModelStore, settings: Settings) -> Embedder:
    """The embedder that ``settings`` name, loaded; ``embedder = "fake"`` gives :class:`FakeEmbedder`.

    Raises:
        NotFoundError: it is not on this machine.
        ModelError: it cannot be trusted or loaded.
    """
    if settings.embedder == "fake":
        return FakeEmbedder()
    model = store.resolve(settings.embedder, Task.EMBEDDER)
    return SentenceTransformersEmbedder(model, device=settings.device, threads=settings.threads)


def _check_weights(model: LocalModel) -> None:
    if model.is_gguf:
        raise ModelError(f"embedder {model.name!r} is a GGUF file; give a sentence-transformers folder or a preset")
    actual = combined_hash({name: hash_file(model.path / name) for name in folder_weights(model.path)})
    if actual != model.sha256:
        raise HashMismatchError(
            f"the weights of embedder {model.name!r} in {model.path} changed (SHA-256 {actual[:12]}…, "
            f"expected {model.sha256[:12]}…); fetch it again"
        )


def _load(model: LocalModel, device: str, threads: int) -> SentenceTransformer:
    import torch
    from sentence_transformers import SentenceTransformer

    if threads:
        torch.set_num_threads(threads)
    try:
        with quiet_transformers():
            return SentenceTransformer(
                str(model.path), device=None if device == "auto" else device, local_files_only=True
            )
    except (OSError, ValueError, RuntimeError, ImportError, KeyError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ModelError(f"cannot load embedder {model.name!r} from {model.path}: {reason}") from error


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())
