"""What the tests of the service share: a service with fakes, a server on a port of its own, a generator that waits."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import uvicorn

from qa.models import loaded
from qa.models.generators import Chunk, FakeGenerator, QueuedGenerator, Usage
from qa.service import Service
from qa.settings import load_settings
from qa.types import Message
from qa.web.server import create_app

DAM = "The dam broke on Monday, the ledger says. The mayor of Tolvin resigned on Friday."
BRIDGE = (
    "The bridge of Orlen, opened in 1987, was closed on Monday by the city council after an inspection. "
    "“We could not take the risk of keeping it open for another winter,” said Dana Oriel."
)
QUESTION = "When did the dam break?"


def service_in(folder: Path, **settings: object) -> Service:
    return Service(load_settings(engine="fake", embedder="fake", library=folder / "library", **settings), create=True)


class WaitingGenerator(FakeGenerator):
    """Writes a sentence, then goes on without an end until it is closed or told to ``finish``."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = threading.Event()
        self.finish = threading.Event()
        self.closed = threading.Event()

    def generate(self, messages: Sequence[Message], *, grammar: str, max_tokens: int) -> Iterator[Chunk]:
        try:
            yield Chunk("The dam broke on Monday, the ledger says. [1] The mayor")
            self.begun.set()
            while not self.finish.wait(0.01):
                yield Chunk(" and")
            yield Chunk("", Usage(output_tokens=1))
        finally:
            self.closed.set()


@contextmanager
def waiting_model(service: Service, limit: int = 16) -> Iterator[WaitingGenerator]:
    """The model of ``service``, which must not be loaded yet, as one that waits."""
    waiting = WaitingGenerator()
    load = loaded.load_generator
    loaded.load_generator = lambda *_: QueuedGenerator(waiting, limit)  # type: ignore[assignment]
    try:
        yield waiting
    finally:
        waiting.finish.set()
        loaded.load_generator = load


def ask_and_go(model: WaitingGenerator, address: str, message: object, headers: dict[str, str] | None = None) -> None:
    """Post ``message``, and be gone as soon as ``model`` has begun to write."""

    async def asked() -> None:
        async with httpx.AsyncClient(timeout=30) as client:
            asking = asyncio.create_task(client.post(address, json=message, headers=headers))
            assert await asyncio.to_thread(model.begun.wait, 10)
            assert not model.closed.is_set()
            asking.cancel()
            await asyncio.wait([asking])

    asyncio.run(asked())


@contextmanager
def served(service: Service) -> Iterator[str]:
    """The address at which ``service`` is served meanwhile."""
    config = uvicorn.Config(create_app(service), port=0, log_config=None, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)
