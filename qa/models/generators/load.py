"""Which engine runs a model, and its start."""

from __future__ import annotations

import psutil

from qa.errors import ModelError
from qa.models.generators.base import Generator
from qa.models.generators.fake import FakeGenerator
from qa.models.generators.queued import QueuedGenerator
from qa.models.presets import Task
from qa.models.store import LocalModel, ModelStore
from qa.settings import Settings


def load_generator(store: ModelStore, settings: Settings) -> QueuedGenerator:
    """The generator that ``settings`` name, loaded, behind a queue.

    ``engine = "auto"``: GGUF files run on llama.cpp, Hugging Face folders on transformers.

    Raises:
        NotFoundError: the model is not on this machine.
        ModelError: the engine cannot run it.
    """
    return QueuedGenerator(_engine(store, settings), settings.queue_limit, seconds=settings.request_seconds)


def _engine(store: ModelStore, settings: Settings) -> Generator:
    if settings.engine == "fake":
        return FakeGenerator()
    model = store.resolve(settings.generator, Task.GENERATOR)
    if settings.engine == "llamacpp" or (settings.engine == "auto" and model.is_gguf):
        return _llamacpp(model, settings)
    return _transformers(model, settings)


def _llamacpp(model: LocalModel, settings: Settings) -> Generator:
    from qa.models.generators.llamacpp import LlamaCppGenerator

    if not model.is_gguf:
        raise ModelError(f"llama.cpp reads GGUF files, not the folder {model.path}: set engine to 'transformers'")
    threads = settings.threads or psutil.cpu_count(logical=False) or 1
    return LlamaCppGenerator(
        model.path,
        name=model.name,
        sha256=model.sha256,
        threads=threads,
        context_tokens=settings.context_tokens,
        prompt_cache_mb=settings.prompt_cache_mb,
    )


def _transformers(model: LocalModel, settings: Settings) -> Generator:
    from qa.models.generators.transformers import TransformersGenerator

    if model.is_gguf:
        raise ModelError(f"transformers needs a Hugging Face folder, not {model.path}: set engine to 'llamacpp'")
    return TransformersGenerator(
        model.path, name=model.name, sha256=model.sha256, device=_torch_device(settings.device)
    )


def _torch_device(device: str) -> str:
    """``device``, or the best there is where it is ``auto``."""
    import torch

    if device != "auto":
        return device
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"
