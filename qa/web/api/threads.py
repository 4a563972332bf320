"""Where blocking work is done: reading in the common threads, adding and asking in threads of their own.

So a search never waits for a generation, nor for a hundred articles that are being added.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import asynccontextmanager
from typing import Generic, TypeVar, TypeVarTuple, cast

import anyio
from fastapi import Request

from qa.errors import QueueFullError
from qa.models.generators.asking import Asking, Pending, asking, observed, withdrawn
from qa.settings import Settings

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

_ADDING = 2  # articles at once: one is read while the models have another
_BESIDES = 16  # requests that retrieve and judge, beside those that wait for the model
_LOOKED_AT_EVERY = 0.2  # seconds; so soon a question is given up whose client has gone


class Threads:
    """The threads of one server; the limits belong to its event loop."""

    def __init__(self, settings: Settings) -> None:
        # Twice what may wait, so that it is the queue, which is fair, that refuses and displaces.
        self._most = 2 * settings.queue_limit + _BESIDES
        self._adding = anyio.CapacityLimiter(_ADDING)
        self._asking = anyio.CapacityLimiter(self._most)
        self._asked = 0

    async def read(self, call: Callable[[*Ts], T], *given: *Ts) -> T:
        """What ``call`` returns, called in a common thread."""
        return await anyio.to_thread.run_sync(call, *given)

    async def add(self, call: Callable[[*Ts], T], *given: *Ts) -> T:
        """What ``call`` returns, which takes long and changes the library."""
        return await anyio.to_thread.run_sync(call, *given, limiter=self._adding)

    def ask(self, steps: Iterator[T]) -> Steps[T]:
        """The steps of what the language model is asked, on behalf of the present request; close them.

        Raises:
            QueueFullError: too many requests are under way.
        """
        if self._asked >= self._most:
            raise QueueFullError(f"{self._asked} questions are under way already: try again shortly")
        self._asked += 1
        return Steps(steps, self._asking, self._done)

    def _done(self) -> None:
        self._asked -= 1


class Steps(Generic[T]):
    """What an iterator yields, step by step in a thread, with a `Pending` now and then while there is nothing new."""

    def __init__(self, steps: Iterator[T], limiter: anyio.CapacityLimiter, done: Callable[[], None]) -> None:
        self._steps = cast(
            "Generator[T | Pending, None, None]", observed(steps, asking.get() or Asking(), _LOOKED_AT_EVERY)
        )
        self._limiter = limiter
        self._taking = threading.Lock()  # a task cancelled from outside leaves a step behind that is still being taken
        self._done: Callable[[], None] | None = done

    def __aiter__(self) -> AsyncIterator[T | Pending]:
        return self

    async def __anext__(self) -> T | Pending:
        found = await anyio.to_thread.run_sync(self._next, limiter=self._limiter)
        if not found:
            raise StopAsyncIteration
        return found[0]

    def _next(self) -> tuple[T | Pending] | tuple[()]:
        with self._taking:
            for step in self._steps:
                return (step,)
            return ()

    def _close(self) -> None:
        with self._taking:
            self._steps.close()

    async def first(self, request: Request | None) -> T:
        """The first that is not a `Pending`, or the error that comes instead, with everything closed.

        Raises:
            WithdrawnError: whoever sent ``request`` has gone.
        """
        found = await self._until(request, lambda step: not isinstance(step, Pending))
        assert not isinstance(found, Pending)  # noqa: S101 - just looked for
        return found

    async def opening(self, request: Request) -> T | Pending:
        """The first, be it that it waits for others, or the error that comes instead, with everything closed.

        For a reply of events that would else say nothing while others are served. What is refused is refused before.

        Raises:
            WithdrawnError: whoever sent ``request`` has gone.
        """
        return await self._until(request, lambda step: not isinstance(step, Pending) or step.ahead is not None)

    async def _until(self, request: Request | None, wanted: Callable[[T | Pending], bool]) -> T | Pending:
        try:
            async with while_connected(request):
                async for step in self:
                    if wanted(step):
                        return step
        except BaseException:
            await self.aclose()
            raise
        raise AssertionError("a question has at least one event")

    async def last(self, request: Request | None) -> T:
        """The last, with everything closed.

        Raises:
            WithdrawnError: whoever sent ``request`` has gone.
        """
        try:
            found = await self.first(request)
            async with while_connected(request):
                async for step in self:
                    if not isinstance(step, Pending):
                        found = step
            return found
        finally:
            await self.aclose()

    async def aclose(self) -> None:
        """Give up what has not come yet; again is harmless."""
        done, self._done = self._done, None
        if done is None:
            return
        done()
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(self._close, limiter=self._limiter)


@asynccontextmanager
async def while_connected(request: Request | None) -> AsyncIterator[None]:
    """Within, work is cancelled as soon as the client of ``request`` has gone; ``None`` is of none that could.

    Raises:
        WithdrawnError: it has.
    """
    if request is None:
        yield
        return

    async def watch() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        scope.cancel()

    with anyio.CancelScope() as scope:
        watching = asyncio.create_task(watch())
        try:
            yield
        finally:
            watching.cancel()
    if scope.cancelled_caught:
        raise withdrawn()
