"""GGUF models through llama.cpp, in this process (the ``xllamacpp`` wheel).

Traps met here: the wheel always opens a port on the loopback interface, open to every local process and every web
page; it gets a random key, so that only this object can use it (for counting tokens, which has no in-process call).
An exception inside the streaming callback is swallowed; it must return True to stop and False to go on.
"""

from __future__ import annotations

import http.client
import json
import math
import queue
import secrets
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from qa.errors import GenerationError, ModelError
from qa.models.generators.base import Chunk, Usage
from qa.types import Message, ModelInfo

_QUIET = -1
_COUNT_SECONDS = 30
_LIKELY = 20  # tokens whose probability is told
# Answers copy from the passages, so the last 3 tokens often foretell the next 8: n-gram drafts, verified in one batch.
# Copied text is decoded 1.6 times as fast on two cores. Batches round differently, so where two tokens score alike the
# text may differ from that of plain decoding; NGRAM_SIMPLE drafts from the prompt and the reply alone, and so gives the
# same text each time, where NGRAM_MAP_K also remembers earlier requests.
_DRAFT_MATCH, _DRAFT_LENGTH = 3, 8


class LlamaCppGenerator:
    """A GGUF model on the CPU (or whatever device the installed wheel was built for), with prefix cache."""

    def __init__(
        self,
        path: Path,
        *,
        name: str,
        sha256: str | None,
        threads: int,
        context_tokens: int,
        prompt_cache_mb: int = 0,
    ) -> None:
        self._info = ModelInfo("llamacpp", name, sha256)
        self._key = secrets.token_urlsafe(32)
        self._server: Any = self._start(path, threads, context_tokens, prompt_cache_mb)
        address = urlsplit(self._server.listening_address)
        self._host, self._port = address.hostname or "127.0.0.1", address.port

    def _start(self, path: Path, threads: int, context_tokens: int, prompt_cache_mb: int) -> Any:
        try:
            import xllamacpp
        except ImportError as error:
            raise ModelError(f"llama.cpp cannot be loaded ({error}): install `xllamacpp`, or set engine") from error
        parameters = xllamacpp.CommonParams()
        parameters.model.path = str(path)
        parameters.n_ctx = context_tokens
        parameters.n_parallel = 1
        parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = threads
        parameters.cache_ram_mib = prompt_cache_mb
        # Read, not mapped: the weights are repacked for this CPU, and mapped pages would stay beside the copy. For the
        # default model that is 2.0 GB instead of 1.4, to load 0.7 s sooner.
        parameters.load_mode = xllamacpp.llama_load_mode.LLAMA_LOAD_MODE_NONE
        parameters.verbosity = _QUIET
        parameters.warmup = False
        parameters.api_keys = [self._key]
        parameters.cors_origins = "null"
        parameters.ui = parameters.endpoint_slots = False
        kinds = xllamacpp.common_speculative_type
        parameters.speculative.types = [kinds.COMMON_SPECULATIVE_TYPE_NGRAM_SIMPLE]
        parameters.speculative.ngram_simple.size_n = _DRAFT_MATCH
        parameters.speculative.ngram_simple.size_m = _DRAFT_LENGTH
        try:
            return xllamacpp.Server(parameters)
        except (RuntimeError, ValueError) as error:
            raise ModelError(f"{path} cannot be loaded ({error}): check it with `qa models verify`") from error

    @property
    def info(self) -> ModelInfo:
        """What identifies the engine and the weights."""
        return self._info

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """The number of the model's own tokens in each text, control tokens read as plain characters."""
        self._loaded()
        connection = http.client.HTTPConnection(self._host, self._port, timeout=_COUNT_SECONDS)
        try:
            return [self._count(connection, text) for text in texts]
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise GenerationError(f"llama.cpp did not count tokens ({error}): try again, or restart") from error
        finally:
            connection.close()

    def _count(self, connection: http.client.HTTPConnection, text: str) -> int:
        body = json.dumps({"content": text, "parse_special": False})
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._key}"}
        connection.request("POST", "/tokenize", body, headers)
        reply = json.load(connection.getresponse())
        if "tokens" not in reply:
            raise GenerationError(f"llama.cpp did not count tokens: {_reason(reply)}")
        return len(reply["tokens"])

    def prefill(self, messages: Sequence[Message]) -> None:
        """Compute ``messages`` into the prefix cache."""
        self._checked(self._loaded().handle_chat_completions({**_request(messages), "max_tokens": 1}))

    def generate(self, messages: Sequence[Message], *, grammar: str, max_tokens: int) -> Iterator[Chunk]:
        """Pieces of the reply as they are decoded; see `Generator.generate`."""
        server = self._loaded()
        request = {
            **_request(messages),
            "grammar": grammar,
            "max_tokens": max_tokens,
            "stream": True,
            "logprobs": True,
            "top_logprobs": _LIKELY,
        }
        replies: queue.SimpleQueue[dict[str, Any] | BaseException | None] = queue.SimpleQueue()
        stopped = threading.Event()

        def receive(reply: Any) -> bool:
            replies.put(reply)
            return stopped.is_set()

        def work() -> None:
            try:
                result = server.handle_chat_completions(request, receive)
                if isinstance(result, dict):  # an error comes back instead of being streamed
                    replies.put(result)
            except BaseException as error:
                replies.put(error)
            finally:
                replies.put(None)

        worker = threading.Thread(target=work, name="llamacpp-generate", daemon=True)
        worker.start()
        try:
            begun = False
            while (reply := replies.get()) is not None:
                if isinstance(reply, BaseException):
                    raise GenerationError(f"llama.cpp failed ({reply}): try again, or restart") from reply
                for chunk in _chunks(self._checked(reply)):
                    yield chunk._replace(likely=None) if begun else chunk
                    begun = begun or bool(chunk.text)
        finally:
            stopped.set()
            worker.join()

    def _loaded(self) -> Any:
        if self._server is None:
            raise GenerationError("the model has been closed: load it again")
        return self._server

    @staticmethod
    def _checked(reply: Any) -> dict[str, Any]:
        if not isinstance(reply, dict):
            raise GenerationError(f"llama.cpp gave no reply ({reply!r}): try again, or restart")
        if "error" in reply:
            reason = _reason(reply)
            raise GenerationError(f"llama.cpp refused the prompt ({reason}): {_remedy(reason)}")
        return reply

    def close(self) -> None:
        """Let go of the model's memory."""
        self._server = None


def _reason(reply: dict[str, Any]) -> str:
    error = reply.get("error", reply)
    return str(error.get("message", error)) if isinstance(error, dict) else str(error)


def _remedy(reason: str) -> str:
    if "context size" in reason:
        return "shorten the question, lower passage_budget, or raise context_tokens"
    return "correct the grammar" if "grammar" in reason else "try again, or choose another model"


def _request(messages: Sequence[Message]) -> dict[str, Any]:
    return {
        "messages": [message._asdict() for message in messages],
        "temperature": 0,
        "cache_prompt": True,
        "timings_per_token": False,
        # A model that can think aloud must not: the grammar has no room for it.
        "chat_template_kwargs": {"enable_thinking": False},
    }


def _chunks(reply: dict[str, Any]) -> Iterator[Chunk]:
    for choice in reply.get("choices", ()):
        text = choice.get("delta", {}).get("content")
        if text:
            yield Chunk(text, likely=_likely(choice))
    if timings := reply.get("timings"):
        usage = Usage(
            prompt_tokens=timings["prompt_n"] + timings["cache_n"],
            cached_tokens=timings["cache_n"],
            output_tokens=timings["predicted_n"],
            prompt_ms=timings["prompt_ms"],
            output_ms=timings["predicted_ms"],
        )
        yield Chunk("", usage)


def _likely(choice: dict[str, Any]) -> dict[str, float] | None:
    """The likeliest tokens with their probabilities; ``None`` where a drafted token came without any."""
    tokens = (choice.get("logprobs") or {}).get("content") or ()
    return {one["token"]: math.exp(one["logprob"]) for one in tokens[0]["top_logprobs"]} if tokens else None
