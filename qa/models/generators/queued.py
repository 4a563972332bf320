"""A fair, bounded queue in front of a generator: those who ask take turns, and nobody can hold the model for ever."""

from __future__ import annotations

import queue
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from enum import Enum, auto

from qa.errors import GenerationError, QueueFullError, TimeLimitError
from qa.models.generators.asking import ONESELF, Asking, asking, withdrawn
from qa.models.generators.base import Chunk, Generator
from qa.types import Message, ModelInfo

_SWEPT_EVERY = 0.2  # seconds, while somebody waits


class QueuedGenerator:
    """A `Generator` that may be called from many threads: ``slots`` generations run, ``limit`` wait, in turns.

    Requesters (see `Asking`) are served in rotation, each of them in the order of asking. When all places are taken,
    the newest request of whoever has most gives way to somebody who has at least two fewer; otherwise the newcomer is
    refused. A request that has had the model before is neither refused nor displaced: half an answer helps nobody.
    ``seconds`` bounds what a request may wait and generate together, by ``clock``.
    """

    def __init__(
        self,
        generator: Generator,
        limit: int,
        *,
        seconds: float = float("inf"),
        slots: int = 1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._generator = generator
        self._limit = limit
        self._seconds = seconds
        self._slots = slots
        self._clock = clock
        # Everything below, and the state of every turn, changes under this lock only.
        self._lock = threading.Lock()
        self._freed = threading.Condition(self._lock)
        self._waiting: OrderedDict[str, deque[_Turn]] = OrderedDict()  # whose turn comes first stands first
        self._running: set[_Turn] = set()
        self._closed = False
        self._forgotten: queue.SimpleQueue[_Turn] = queue.SimpleQueue()  # whose readers are gone, not yet closed

    @property
    def info(self) -> ModelInfo:
        """What identifies the engine and the weights."""
        return self._generator.info

    @property
    def depth(self) -> int:
        """How many generations wait."""
        self._sweep()
        with self._lock:
            return self._depth()

    @property
    def running(self) -> int:
        """How many generations are under way."""
        self._sweep()
        with self._lock:
            return len(self._running)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """The number of the model's own tokens in each text; never waits for a generation."""
        return self._generator.count_tokens(texts)

    def prefill(self, messages: Sequence[Message]) -> None:
        """Compute ``messages`` ahead of time, when it is this call's turn."""

        def work() -> Iterator[Chunk]:
            self._generator.prefill(messages)
            yield from ()

        for _ in _Pieces(_Turn(self, asking.get(), work)):
            pass

    def generate(self, messages: Sequence[Message], *, grammar: str, max_tokens: int) -> Iterator[Chunk]:
        """The pieces of the reply, once it is this call's turn; closing them frees the place from any thread.

        Raises:
            QueueFullError: too many callers wait already.
            TimeLimitError: the request has waited and generated for too long.
            WithdrawnError: whoever asked has left.
            GenerationError: the engine failed.
        """

        def work() -> Iterator[Chunk]:
            return self._generator.generate(messages, grammar=grammar, max_tokens=max_tokens)

        return _Pieces(_Turn(self, asking.get(), work))

    def close(self) -> None:
        """Let go of the model; what waits or is under way ends with an error, and is waited for."""
        with self._lock:
            self._closed = True
            turns = [*self._running, *(turn for turns in self._waiting.values() for turn in turns)]
        for turn in turns:
            turn.withdraw(_closed())
        with self._freed:
            self._freed.wait_for(lambda: not self._running)
        self._generator.close()

    def _sweep(self) -> None:
        """Close the turns that were dropped instead of being closed."""
        while not self._forgotten.empty():
            with suppress(queue.Empty):  # another thread sweeps too
                self._forgotten.get_nowait().close()

    # ── the queue, under its lock ────────────────────────────────────────────────────────────────────────────────

    def _depth(self) -> int:
        return sum(map(len, self._waiting.values()))

    def _admit(self, turn: _Turn) -> None:
        if self._closed:
            raise _closed()
        if len(self._running) >= self._slots and self._depth() >= self._limit and not turn.served:
            self._make_room(turn.requester)
        self._waiting.setdefault(turn.requester, deque()).append(turn)
        turn.state = _State.WAITING
        self._grant()

    def _make_room(self, requester: str) -> None:
        """Displace the newest turn of whoever has most, where ``requester`` has at least two fewer.

        Raises:
            QueueFullError: nobody does.
        """
        most = max(self._waiting.values(), key=len)
        newest = next((turn for turn in reversed(most) if not turn.served), None)
        if newest is None or len(most) < len(self._waiting.get(requester, ())) + 2:
            raise QueueFullError(
                f"{self._limit} questions are waiting already: try again shortly, or raise the setting queue_limit"
            )
        self._drop(newest, QueueFullError(f"others wait too, {len(most) - 1} of yours come first: ask again shortly"))

    def _grant(self) -> None:
        """Start as many turns as there are free slots, each of the next requester in the rotation."""
        while self._waiting and len(self._running) < self._slots:
            requester, turns = self._waiting.popitem(last=False)
            turn = turns.popleft()
            if turns:
                self._waiting[requester] = turns
            turn.state = _State.RUNNING
            self._running.add(turn)
            turn.woken.set()

    def _drop(self, turn: _Turn, reason: GenerationError) -> None:
        """Take a waiting turn out of the queue."""
        turns = self._waiting[turn.requester]
        turns.remove(turn)
        if not turns:
            del self._waiting[turn.requester]
        turn.state, turn.reason = _State.OVER, reason
        turn.woken.set()

    def _release(self, turn: _Turn) -> None:
        """Take a running turn off its slot."""
        turn.state = _State.OVER
        self._running.discard(turn)
        self._grant()
        self._freed.notify_all()

    def _ahead(self, turn: _Turn) -> int | None:
        if turn.state is not _State.WAITING:
            return None
        before = self._waiting[turn.requester].index(turn)
        count, passed = len(self._running) + before, False
        for requester, turns in self._waiting.items():
            if requester == turn.requester:
                passed = True
            else:
                count += min(len(turns), before if passed else before + 1)
        return count


class _State(Enum):
    NEW = auto()
    WAITING = auto()
    RUNNING = auto()
    OVER = auto()


class _Turn:
    """One generation's course through the queue: it waits at the first step, and frees its place at its end."""

    def __init__(self, queued: QueuedGenerator, request: Asking | None, start: Callable[[], Iterator[Chunk]]) -> None:
        self.requester = request.requester if request else ONESELF
        self.state = _State.NEW
        self.reason: GenerationError | None = None  # why it ended, where whoever reads it has not been told
        self.deadline = float("inf")
        self.woken = threading.Event()
        self.queued = queued
        self._request = request
        self._start = start
        self._pieces: Iterator[Chunk] | None = None
        self._stepping = threading.Lock()  # held while the engine works; never asked for under the queue's lock

    @property
    def served(self) -> bool:
        """Whether its request has had the model before."""
        return self._request is not None and self._request.served

    @property
    def ahead(self) -> int | None:
        """How many generations end or begin before this one; ``None`` where it does not wait."""
        with self.queued._lock:
            return self.queued._ahead(self)

    def step(self) -> Chunk:
        """The next piece.

        Raises:
            StopIteration: there is none.
            GenerationError: see `QueuedGenerator.generate`.
        """
        if self.state is _State.NEW:
            self._wait()
        with self._stepping:
            if self._expired():
                self.reason = self.reason or self._too_long()
            if self.state is not _State.RUNNING or self.reason:
                self._end()
                reason, self.reason = self.reason, None
                raise reason or StopIteration
            try:
                self._pieces = self._start() if self._pieces is None else self._pieces
                piece = next(self._pieces)
            except BaseException:
                self._end()
                raise
        if self.reason:  # withdrawn while the engine worked
            self._try_to_end()
        return piece

    def close(self) -> None:
        """Give the generation up; from any thread, also while another one waits for it or takes a step."""
        if self._give_up(withdrawn()):
            self.reason = None  # nobody is in the middle of reading, who would have to be told

    def withdraw(self, reason: GenerationError) -> None:
        """Give the generation up, which whoever reads it is told by ``reason``.

        Where the engine is at work, its thread frees the place as soon as the engine pauses.
        """
        with suppress(GenerationError):  # from an engine that fails to stop; the reader has the reason
            self._give_up(reason)

    def _give_up(self, reason: GenerationError) -> bool:
        """Whether it was between two steps, and so ended here."""
        with self.queued._lock:
            if self.state is _State.WAITING:
                self.queued._drop(self, reason)
                return False
            if self.state is _State.OVER:
                return False
            self.reason = self.reason or reason
        return self._try_to_end()

    def _wait(self) -> None:
        """Return once it is this turn, or its waiting has an end for some `reason`."""
        since = self.queued._clock()
        try:
            if self._request is not None:
                self._request.enter(self)
                since = self._request.since = since if self._request.since is None else self._request.since
            self.deadline = since + self.queued._seconds
            self.queued._sweep()
            with self.queued._lock:
                self.queued._admit(self)
            while self.state is _State.WAITING:
                self.woken.wait(self._until_next_deadline())
                self.queued._sweep()
                self._evict_expired()
        except BaseException:
            self._leave()
            raise
        if self.state is _State.RUNNING and self._request is not None:
            self._request.served = True

    def _until_next_deadline(self) -> float:
        """Seconds until this turn, or one under way, has taken too long; or the next sweep is due."""
        with self.queued._lock:
            deadline = min(turn.deadline for turn in (self, *self.queued._running) if turn is self or not turn.reason)
        return min(_SWEPT_EVERY, max(0.0, deadline - self.queued._clock()))

    def _evict_expired(self) -> None:
        """Withdraw this turn if it has waited too long, and those under way, which may have nobody who reads on."""
        with self.queued._lock:
            expired = [turn for turn in (self, *self.queued._running) if turn._expired() and not turn.reason]
        for turn in expired:
            turn.withdraw(turn._too_long())

    def _expired(self) -> bool:
        return self.state in (_State.WAITING, _State.RUNNING) and self.queued._clock() >= self.deadline

    def _too_long(self) -> TimeLimitError:
        waited = "waited" if self.state is _State.WAITING else "took"
        return TimeLimitError(
            f"the question {waited} longer than {self.queued._seconds:g} seconds: "
            "ask again when fewer are asking, or raise the setting request_seconds"
        )

    def _try_to_end(self) -> bool:
        """Whether it could end here: not while the engine is at work, whose thread will come here as well."""
        if not self._stepping.acquire(blocking=False):
            return False
        try:
            self._end()
        finally:
            self._stepping.release()
        return True

    def _end(self) -> None:
        """Stop the engine and free the place."""
        pieces, self._pieces = self._pieces, None
        try:
            close = getattr(pieces, "close", None)
            if close is not None:
                close()
        finally:
            self._leave()

    def _leave(self) -> None:
        with self.queued._lock:
            if self.state is _State.WAITING:
                self.queued._drop(self, withdrawn())
            elif self.state is _State.RUNNING:
                self.queued._release(self)
            self.state = _State.OVER
        if self._request is not None:
            self._request.finish(self)


class _Pieces:
    """What a turn yields; a class because a generator that waits in one thread cannot be closed from another.

    One that is dropped is closed by the next who comes or waits: a finalizer may run under the queue's own lock.
    """

    def __init__(self, turn: _Turn) -> None:
        self._turn = turn

    def __iter__(self) -> Iterator[Chunk]:
        return self

    def __next__(self) -> Chunk:
        return self._turn.step()

    def close(self) -> None:
        """Give the generation up; may be called from any thread."""
        self._turn.close()

    def __del__(self) -> None:
        if self._turn.state is _State.RUNNING:
            self._turn.queued._forgotten.put(self._turn)


def _closed() -> GenerationError:
    return GenerationError("the model has been closed: load it again")
