"""Who asks: one request as the queue of generations sees it, its place there, and its leaving."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import Context, ContextVar, copy_context
from typing import Any, NamedTuple, Protocol, TypeVar

from qa.errors import GenerationError, WithdrawnError

T = TypeVar("T")

ONESELF = ""  # the requester where nobody else can be asking


class Turn(Protocol):
    """A generation, waiting or under way."""

    @property
    def ahead(self) -> int | None:
        """How many generations end or begin before this one; ``None`` where it does not wait."""
        ...

    def withdraw(self, reason: GenerationError) -> None:
        """Give it up, which whoever reads it is told by ``reason``."""
        ...


class Asking:
    """One request of ``requester``; all of its generations share a time limit, and end when it is left.

    The queue finds it in the variable `asking`, so that what lies between need not know of it. For one request only.
    """

    def __init__(self, requester: str = ONESELF) -> None:
        self.requester = requester
        self.since: float | None = None  # when it first wanted the model, by the queue's clock
        self.served = False  # whether it has had the model before
        self._lock = threading.Lock()
        self._turns: set[Turn] = set()
        self._left = False

    @property
    def ahead(self) -> int | None:
        """How many generations end or begin before this request goes on; ``None`` where it does not wait for any."""
        with self._lock:
            turns = list(self._turns)
        return min((ahead for turn in turns if (ahead := turn.ahead) is not None), default=None)

    def leave(self) -> None:
        """Give up what waits or runs for this request, at once and for good; may be called from any thread."""
        with self._lock:
            self._left = True
            turns = list(self._turns)
        for turn in turns:
            turn.withdraw(withdrawn())

    def enter(self, turn: Turn) -> None:
        """Note that ``turn`` is of this request.

        Raises:
            WithdrawnError: it has been left.
        """
        with self._lock:
            if self._left:
                raise withdrawn()
            self._turns.add(turn)

    def finish(self, turn: Turn) -> None:
        """Note that ``turn`` is over."""
        with self._lock:
            self._turns.discard(turn)


asking: ContextVar[Asking | None] = ContextVar("asking", default=None)


def withdrawn() -> WithdrawnError:
    """What those are told whose request has been left."""
    return WithdrawnError("the question was withdrawn: ask it again")


class Pending(NamedTuple):
    """Nothing new yet: ``ahead`` generations come first, or ``None`` once the model works for this request."""

    ahead: int | None


def observed(steps: Iterator[T], request: Asking, every: float = 0.5) -> Iterator[T | Pending]:
    """What ``steps`` yields on behalf of ``request``, and how it stands each ``every`` seconds until there is more.

    Every step runs in the same context, whoever calls for it: a server takes each step of an iterator in another one,
    where `asking` would not be set. Closing the iterator leaves the request, and returns at once even where the engine
    has to come to the end of what it does.
    """
    context = copy_context()
    context.run(asking.set, request)
    threads = ThreadPoolExecutor(2, thread_name_prefix="asking")  # one takes the steps, one can leave meanwhile
    step: Future[tuple[T] | tuple[()]] | None = None
    try:
        while True:
            step = threads.submit(context.run, _step, steps)
            while not wait([step], every).done:
                yield Pending(request.ahead)
            found = step.result()
            if not found:
                return
            yield found[0]
    finally:
        threads.submit(_leave, request, step, context, steps)
        threads.shutdown(wait=False)


def _step(steps: Iterator[T]) -> tuple[T] | tuple[()]:
    """The next of ``steps``; empty at their end, since a future cannot hold a ``StopIteration``."""
    for step in steps:
        return (step,)
    return ()


def _leave(request: Asking, step: Future[Any] | None, context: Context, steps: Iterator[object]) -> None:
    request.leave()
    wait([step] if step else [])
    close = getattr(steps, "close", None)
    if close is not None:
        context.run(close)
