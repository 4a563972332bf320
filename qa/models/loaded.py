"""The models that the settings name, each loaded when it is first needed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar, cast

from qa.models.embedder import Embedder, load_embedder
from qa.models.generators import Generator, load_generator
from qa.models.speech import load_speech
from qa.models.speech_reader import SpeechReader
from qa.models.store import ModelStore
from qa.models.support import SupportModel, load_support
from qa.settings import Settings

T = TypeVar("T")


class LoadedModels:
    """Embedder, support model and generator of ``settings``; may be used from many threads."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.store = ModelStore(settings.cache)
        self._locks = {name: threading.Lock() for name in ("embedder", "support", "generator", "speech")}
        self._loaded: dict[str, Any] = {}

    def load(self) -> None:
        """Load all three."""
        # Importing torch for the embedder and reading the generator's weights take seconds each: side by side.
        with ThreadPoolExecutor(1) as pool:
            loading = pool.submit(lambda: self.generator)
            _ = self.embedder, self.support
            loading.result()

    def close(self) -> None:
        """Let go of the generator, if it was loaded."""
        if "generator" in self._loaded:
            self.generator.close()

    @property
    def embedder(self) -> Embedder:
        """What makes vectors of passages and questions."""
        return self._once("embedder", lambda: load_embedder(self.store, self.settings))

    @property
    def support(self) -> SupportModel:
        """What judges evidence."""
        settings = self.settings
        return self._once("support", lambda: load_support(settings.engine, settings.device, settings.threads))

    @property
    def speech(self) -> SpeechReader:
        """What finds reported speech."""
        settings = self.settings
        return self._once(
            "speech", lambda: SpeechReader(load_speech(settings.engine, settings.device, settings.threads))
        )

    @property
    def generator(self) -> Generator:
        """What writes drafts."""
        return self._once("generator", lambda: load_generator(self.store, self.settings))

    def _once(self, name: str, load: Callable[[], T]) -> T:
        with self._locks[name]:
            if name not in self._loaded:
                self._loaded[name] = load()
            return cast("T", self._loaded[name])
