"""Hugging Face models through transformers and torch, confined by xgrammar: the engine for a GPU.

Decoding is a plain greedy loop: it streams, stops when its iterator is closed, and keeps the key-value cache of the
last prompt, so that whatever a new prompt shares with it from the beginning is not computed again.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from qa.errors import GenerationError, ModelError
from qa.models.generators.base import Chunk, Usage
from qa.models.quiet import quiet_transformers
from qa.types import Message, ModelInfo


class TransformersGenerator:
    """A causal language model from a local folder with safetensors weights.

    Not thread-safe, but for ``count_tokens``: put it in a queue. Code that the folder brings is never run.

    Raises:
        ModelError: the folder cannot be loaded, or holds no instruction-tuned model.
    """

    def __init__(self, folder: Path, *, name: str, sha256: str | None, device: str) -> None:
        self._info = ModelInfo("transformers", name, sha256)
        self._device = device
        self._tokenizing = threading.Lock()  # a fast tokenizer switches its options in place
        self._cache: Any = None
        self._cached_ids: list[int] = []
        self._tokenizer: Any
        self._model: Any
        try:
            with quiet_transformers():
                self._tokenizer, self._model = _load(folder, device)
                self._compiler = _compiler(self._tokenizer, self._model)
        except ModelError:
            raise
        except Exception as error:  # safetensors, tokenizers, xgrammar and torch each raise their own
            raise ModelError(
                f"{folder} cannot be loaded as a language model ({_first_line(error)}): it must be a Hugging Face "
                "folder with safetensors weights of a kind that transformers knows"
            ) from error

    @property
    def info(self) -> ModelInfo:
        """What identifies the engine and the weights."""
        return self._info

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """The number of the model's own tokens in each text, control tokens read as plain characters."""
        return [len(ids) for ids in self._encoded(texts, split_special_tokens=True)]

    def _encoded(self, texts: Sequence[str], *, split_special_tokens: bool) -> list[list[int]]:
        if not texts:
            return []
        with self._tokenizing:
            encoded = self._tokenizer(
                list(texts), add_special_tokens=False, split_special_tokens=split_special_tokens, verbose=False
            )
        return list(encoded["input_ids"])

    def prefill(self, messages: Sequence[Message]) -> None:
        """Compute ``messages`` into the key-value cache."""
        self._logits(self._prompt_ids(messages))

    def generate(self, messages: Sequence[Message], *, grammar: str, max_tokens: int) -> Iterator[Chunk]:
        """Pieces of the reply as they are decoded; see `Generator.generate`."""
        import torch
        import xgrammar

        try:
            matcher = xgrammar.GrammarMatcher(self._compiler.compile_grammar(grammar))
        except RuntimeError as error:
            raise GenerationError(f"the grammar cannot be compiled, correct it: {_first_line(error)}") from error
        ids = self._prompt_ids(messages)
        started = time.perf_counter()
        logits, cached = self._logits(ids)
        decoding = time.perf_counter()
        allowed = xgrammar.allocate_token_bitmask(1, logits.shape[-1])
        written: list[int] = []
        shown = 0
        while len(written) < min(max_tokens, self._window() - len(ids)):
            matcher.fill_next_token_bitmask(allowed)
            xgrammar.apply_token_bitmask_inplace(logits, allowed)
            token = int(torch.argmax(logits, dim=-1))
            if not matcher.accept_token(token):
                raise GenerationError("the model gave no usable scores: try another model, or engine = 'llamacpp'")
            if matcher.is_terminated():
                break
            written.append(token)
            text = self._tokenizer.decode(written, skip_special_tokens=True, clean_up_tokenization_spaces=False)
            if len(text) > shown and not text.endswith("\ufffd"):  # else a character is still incomplete
                yield Chunk(text[shown:])
                shown = len(text)
            if len(written) < max_tokens:
                logits, _ = self._logits([*ids, *written])
        usage = Usage(
            prompt_tokens=len(ids),
            cached_tokens=cached,
            output_tokens=len(written),
            prompt_ms=1000 * (decoding - started),
            output_ms=1000 * (time.perf_counter() - decoding),
        )
        yield Chunk("", usage)

    def close(self) -> None:
        """Let go of the model's memory."""
        self._model = self._cache = None
        self._cached_ids = []

    def _prompt_ids(self, messages: Sequence[Message]) -> list[int]:
        from jinja2 import TemplateError

        chat = [message._asdict() for message in messages]
        try:
            # A model that can think aloud must not: the grammar has no room for it.
            text = self._tokenizer.apply_chat_template(
                chat, tokenize=False, add_generation_prompt=True, enable_thinking=False
            )
        except TemplateError as error:
            raise GenerationError(
                f"the chat template of {self._info.model!r} refuses the prompt ({error}): choose another model"
            ) from error
        ids = self._encoded([text], split_special_tokens=False)[0]
        if len(ids) >= self._window():
            raise GenerationError(
                f"the prompt has {len(ids)} tokens and the model reads {self._window()}: shorten the question, "
                "or lower passage_budget or context_tokens"
            )
        return ids

    def _window(self) -> int:
        """The most tokens that the model can read, prompt and reply together."""
        if self._model is None:
            raise GenerationError("the model has been closed: load it again")
        return int(getattr(self._model.config.get_text_config(), "max_position_embeddings", None) or 2**31)

    def _logits(self, ids: list[int]) -> tuple[Any, int]:
        """The next-token logits (1, vocabulary) after ``ids``, in main memory, and how many of ``ids`` were cached."""
        import torch

        shared = self._reuse(ids)
        cached_ids, self._cached_ids = ids, []  # whatever interrupts us leaves no half-true cache
        try:
            with torch.inference_mode():
                output = self._model(
                    input_ids=torch.tensor([ids[shared:]], device=self._device),
                    past_key_values=self._cache,
                    use_cache=True,
                    logits_to_keep=1,
                )
            logits = output.logits[:, -1, :].float().cpu()
        except RuntimeError as error:  # out of memory, for one
            raise GenerationError(
                f"the model failed on {len(ids)} tokens ({_first_line(error)}): lower passage_budget, or take a "
                "smaller model"
            ) from error
        self._cached_ids = list(cached_ids)
        return logits, shared

    def _reuse(self, ids: list[int]) -> int:
        """How many of ``ids`` the cache holds, once it is cropped to them."""
        from transformers import DynamicCache

        # The last token is always computed: its logits are what we want.
        shared = min(_common_prefix(ids, self._cached_ids), len(ids) - 1)
        if shared:
            # Layers that keep a window or a running state cannot be cropped at will.
            with contextlib.suppress(RuntimeError, ValueError):
                if surplus := len(self._cached_ids) - shared:
                    self._cache.crop(-surplus)
                return shared
        self._cache = DynamicCache(config=self._model.config)
        return 0


def _load(folder: Path, device: str) -> tuple[Any, Any]:
    """The tokenizer and the model of ``folder``, on ``device``."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    if tokenizer.chat_template is None:
        raise ModelError(f"{folder} has no chat template: choose an instruction-tuned model")
    model: Any = AutoModelForCausalLM.from_pretrained(
        folder, local_files_only=True, trust_remote_code=False, use_safetensors=True, dtype=torch.bfloat16
    )
    return tokenizer, model.to(device).eval()


def _compiler(tokenizer: Any, model: Any) -> Any:
    """What compiles grammars for the tokens of ``model``; any of its end tokens may end a reply."""
    import xgrammar

    ends = {tokenizer.eos_token_id}
    for config in (model.generation_config, model.config):
        named = getattr(config, "eos_token_id", None)
        ends.update(named if isinstance(named, list) else [named])
    vocabulary = model.config.get_text_config().vocab_size
    tokens = xgrammar.TokenizerInfo.from_huggingface(
        tokenizer, vocab_size=vocabulary, stop_token_ids=sorted(end for end in ends if end is not None)
    )
    return xgrammar.GrammarCompiler(tokens)


def _common_prefix(first: Sequence[int], second: Sequence[int]) -> int:
    for place, (a, b) in enumerate(zip(first, second, strict=False)):
        if a != b:
            return place
    return min(len(first), len(second))


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
