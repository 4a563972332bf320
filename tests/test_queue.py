"""The queue before the model: bounded, fair, left at once, never held for ever."""

import gc
import random
import threading
import time
from collections import Counter
from contextlib import contextmanager, suppress
from contextvars import copy_context

import pytest

from qa.errors import GenerationError, QueueFullError, TimeLimitError, WithdrawnError
from qa.models.generators import FakeGenerator, QueuedGenerator
from qa.models.generators.asking import Asking, Pending, asking, observed
from qa.types import Message, ModelInfo

ASK = [Message("user", "[1] The dam cost 4 million crowns.\n\nQuestion: What did the dam cost?")]


def pieces_of(queued, question="?", request=None, max_tokens=48):
    """The pieces of a generation on behalf of ``request``."""
    context = copy_context()
    context.run(asking.set, request)
    return context.run(queued.generate, [Message("user", question)], grammar="", max_tokens=max_tokens)


def text_of(pieces):
    return "".join(piece.text for piece in pieces)


class Gated(FakeGenerator):
    """Answers each question with itself, once the gate is open; notes the order, and how many ran at once."""

    def __init__(self, fails=False):
        super().__init__(lambda messages: f"{messages[-1].content} [1]")
        self.gate, self.started = threading.Event(), threading.Semaphore(0)
        self.order, self.closings, self.prefilled = [], 0, 0
        self.fails, self.running, self.most, self.closed = fails, 0, 0, False

    def generate(self, messages, *, grammar, max_tokens):
        self.running += 1
        self.most = max(self.most, self.running)
        self.order.append(messages[-1].content)
        self.started.release()
        try:
            assert self.gate.wait(30)
            if self.fails:
                raise GenerationError("out of luck: try again")
            yield from super().generate(messages, grammar=grammar, max_tokens=max_tokens)
        except GeneratorExit:
            self.closings += 1
            raise
        finally:
            self.running -= 1

    def prefill(self, messages):
        self.prefilled += 1

    def close(self):
        assert not self.running
        self.closed = True


class Clock:
    """A clock that goes when told to."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


class Threads:
    """Work in threads of its own; the outcome of each is what it returned or the error it raised."""

    def __init__(self):
        self._threads, self._outcomes = [], []

    def start(self, work, *arguments):
        place = len(self._outcomes)
        self._outcomes.append(None)

        def run():
            try:
                self._outcomes[place] = work(*arguments)
            except (GenerationError, StopIteration) as error:
                self._outcomes[place] = error

        self._threads.append(threading.Thread(target=run, daemon=True))
        self._threads[-1].start()

    def outcomes(self):
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive()
        return self._outcomes


def until(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def is_idle(queued):
    return queued.depth == 0 and queued.running == 0 and not queued._waiting and not queued._running


@contextmanager
def busy(queued, engine):
    """The queue while another generation holds the model; yields what lets it end, and what waits."""
    threads = Threads()
    threads.start(lambda: text_of(pieces_of(queued, "first", Asking("somebody"))))
    assert engine.started.acquire(timeout=30)
    yield threads
    engine.gate.set()
    threads.outcomes()
    assert is_idle(queued)


def enqueue(queued, threads, *asked):
    """Let each of the (requester, question) pairs wait, one after the other."""
    requests = []
    for requester, question in asked:
        before = queued.depth
        requests.append(Asking(requester))
        threads.start(lambda request=requests[-1], question=question: text_of(pieces_of(queued, question, request)))
        until(lambda before=before: queued.depth == before + 1)
    return requests


# ── bounded ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_queue_is_bounded_and_runs_one_at_a_time():
    engine = Gated()
    queued = QueuedGenerator(engine, limit=3)
    with busy(queued, engine) as threads:
        enqueue(queued, threads, *[("", f"question {place}") for place in range(3)])
        started = time.monotonic()
        with pytest.raises(QueueFullError, match="queue_limit"):
            next(pieces_of(queued))
        with pytest.raises(QueueFullError):
            queued.prefill(ASK)
        assert time.monotonic() - started < 5  # at once: nobody has been served meanwhile
        assert queued.count_tokens(["a b"]) == [2]  # waits for nobody
        assert (queued.depth, queued.running) == (3, 1)
    assert threads.outcomes()[1:] == ["question 0 [1]", "question 1 [1]", "question 2 [1]"]
    assert engine.most == 1
    assert engine.prefilled == 0


def test_a_free_model_begins_at_once_whatever_the_limit():
    queued = QueuedGenerator(FakeGenerator("A cat. [1]"), limit=1)
    queued.prefill(ASK)
    assert text_of(pieces_of(queued)) == "A cat. [1]"
    assert queued.info == ModelInfo("fake", "fake")


def test_an_engine_with_two_slots_runs_two():
    engine = Gated()
    queued = QueuedGenerator(engine, limit=5, slots=2)
    with busy(queued, engine) as threads:
        for place in range(3):
            threads.start(lambda place=place: text_of(pieces_of(queued, f"{place}")))
        until(lambda: queued.depth == 2)
        assert queued.running == 2
    assert engine.most == 2


def test_a_place_is_given_back_after_a_failure():
    engine = Gated(fails=True)
    engine.gate.set()
    queued = QueuedGenerator(engine, limit=1)
    for _ in range(5):
        pieces = pieces_of(queued)
        with pytest.raises(GenerationError, match="out of luck"):
            next(pieces)
        assert next(pieces, None) is None
    assert is_idle(queued)


def test_a_place_is_given_back_when_the_iterator_is_closed_early():
    engine = Gated()
    engine.gate.set()
    queued = QueuedGenerator(engine, limit=1)
    for _ in range(5):
        pieces = pieces_of(queued, "one two three")
        assert next(pieces).text == "one "
        assert queued.running == 1
        pieces.close()
        assert queued.running == 0
        assert next(pieces, None) is None
    assert engine.closings == 5
    assert text_of(pieces_of(queued, "one")) == "one [1]"


def test_a_dropped_iterator_gives_its_place_to_whoever_waits():
    engine = Gated()
    engine.gate.set()
    queued = QueuedGenerator(engine, limit=1)
    pieces = pieces_of(queued, "one two three")
    next(pieces)
    threads = Threads()
    threads.start(lambda: text_of(pieces_of(queued, "next")))
    until(lambda: queued._depth() == 1)
    del pieces
    gc.collect()
    assert threads.outcomes() == ["next [1]"]
    assert engine.closings == 1
    assert is_idle(queued)


def test_a_generation_that_was_never_begun_holds_no_place():
    queued = QueuedGenerator(FakeGenerator("A cat. [1]"), limit=1)
    idle = [pieces_of(queued) for _ in range(5)]
    assert is_idle(queued)
    assert text_of(pieces_of(queued)) == "A cat. [1]"
    for pieces in idle:
        pieces.close()
        assert next(pieces, None) is None


def test_each_step_of_an_iteration_may_run_in_another_thread():
    queued = QueuedGenerator(FakeGenerator("A cat. [1]"), limit=1)

    def elsewhere(work):
        threads = Threads()
        threads.start(work)
        return threads.outcomes()[0]

    pieces = pieces_of(queued)
    assert [elsewhere(lambda: next(pieces).text) for _ in range(4)] == ["A ", "cat. ", "[1]", ""]
    assert elsewhere(lambda: next(pieces, None)) is None
    assert is_idle(queued)

    pieces = pieces_of(queued)
    elsewhere(lambda: next(pieces))
    elsewhere(pieces.close)
    assert is_idle(queued)
    assert text_of(pieces_of(queued)) == "A cat. [1]"


def test_closing_waits_for_the_engine_and_refuses_whatever_comes_later():
    engine = Gated()
    queued = QueuedGenerator(engine, limit=3)
    with busy(queued, engine) as threads:
        enqueue(queued, threads, ("", "waiting"))
        threads.start(queued.close)
        until(lambda: queued._closed)
        time.sleep(0.02)
        assert not engine.closed
    assert engine.closed
    assert [str(outcome) for outcome in threads.outcomes()[:2]] == ["the model has been closed: load it again"] * 2
    with pytest.raises(GenerationError, match="closed"):
        next(pieces_of(queued))


def test_closing_does_not_wait_for_a_reader_who_stands_still():
    engine = Gated()
    engine.gate.set()
    queued = QueuedGenerator(engine, limit=1)
    pieces = pieces_of(queued, "one two three")
    next(pieces)
    queued.close()
    assert engine.closed
    with pytest.raises(GenerationError, match="closed"):
        next(pieces)


# ── fair ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_requesters_are_served_in_rotation_each_in_the_order_of_asking():
    engine = Gated()
    queued = QueuedGenerator(engine, limit=16)
    with busy(queued, engine) as threads:
        asked = [("ana", f"ana {place}") for place in range(5)]
        requests = enqueue(queued, threads, *asked, ("ben", "ben 0"), ("ben", "ben 1"), ("cy", "cy 0"))
        served = ["ana 0", "ben 0", "cy 0", "ana 1", "ben 1", "ana 2", "ana 3", "ana 4"]
        ahead = [request.ahead for request in requests]
    assert engine.order == ["first", *served]
    # Each was told its true place: the one under way, then those served before it.
    assert ahead == [1 + served.index(question) for question in [q for _, q in asked] + ["ben 0", "ben 1", "cy 0"]]
    assert all(request.ahead is None for request in requests)


def in_rotation(requesters):
    """Brute force: the places of ``requesters`` in the order that taking turns gives."""
    waiting, order = list(enumerate(requesters)), []
    rotation = list(dict.fromkeys(requesters))
    while waiting:
        for requester in rotation:
            own = [place for place, other in waiting if other == requester]
            if own:
                order.append(own[0])
                waiting.remove((own[0], requester))
    return order


@pytest.mark.parametrize("seed", range(8))
def test_any_crowd_is_served_as_brute_force_says(seed):
    chosen = random.Random(seed)
    requesters = [chosen.choice(("ana", "ana", "ana", "ben", "ben", "cy")) for _ in range(14)]
    engine = Gated()
    queued = QueuedGenerator(engine, limit=16)
    with busy(queued, engine) as threads:
        requests = enqueue(queued, threads, *[(requester, f"{place}") for place, requester in enumerate(requesters)])
        ahead = [request.ahead for request in requests]
    order = in_rotation(requesters)
    assert engine.order[1:] == [f"{place}" for place in order]
    assert ahead == [1 + order.index(place) for place in range(14)]


def test_whoever_was_just_served_goes_to_the_end_of_the_rotation():
    engine = Gated()
    queued = QueuedGenerator(engine, limit=16)
    with busy(queued, engine) as threads:
        enqueue(queued, threads, ("ben", "ben 0"), ("somebody", "somebody 1"), ("ben", "ben 1"))
    assert engine.order == ["first", "ben 0", "somebody 1", "ben 1"]


def test_a_full_queue_makes_room_for_somebody_who_has_less_in_it():
    engine = Gated()
    queued = QueuedGenerator(engine, limit=4)
    with busy(queued, engine) as threads:
        enqueue(queued, threads, *[("ana", f"ana {place}") for place in range(4)])
        for place in range(2):
            threads.start(lambda place=place: text_of(pieces_of(queued, f"ben {place}", Asking("ben"))))
            until(lambda place=place: len(queued._waiting.get("ben", ())) == place + 1)
        assert queued.depth == 4
        with pytest.raises(QueueFullError, match="queue_limit"):  # two each: nobody gives way any more
            next(pieces_of(queued, "ben 2", Asking("ben")))
        with pytest.raises(QueueFullError, match="queue_limit"):
            next(pieces_of(queued, "ana 4", Asking("ana")))
    assert engine.order == ["first", "ana 0", "ben 0", "ana 1", "ben 1"]
    displaced = threads.outcomes()[3:5]
    assert all(isinstance(outcome, QueueFullError) for outcome in displaced)
    assert "ask again shortly" in str(displaced[0])


def test_nobody_gives_way_to_somebody_who_would_then_have_as_much():
    engine = Gated()
    queued = QueuedGenerator(engine, limit=3)
    with busy(queued, engine) as threads:
        enqueue(queued, threads, ("ana", "ana 0"), ("ana", "ana 1"), ("ben", "ben 0"))
        with pytest.raises(QueueFullError, match="queue_limit"):
            next(pieces_of(queued, "ben 1", Asking("ben")))
    assert engine.order == ["first", "ana 0", "ben 0", "ana 1"]


def test_half_an_answer_is_neither_refused_nor_displaced():
    engine = Gated()
    queued = QueuedGenerator(engine, limit=2)
    engine.gate.set()
    begun = Asking("ana")
    text_of(pieces_of(queued, "ana begins", begun))
    engine.gate.clear()
    engine.started.acquire()
    with busy(queued, engine) as threads:
        enqueue(queued, threads, ("ana", "ana 0"), ("ana", "ana 1"))
        threads.start(lambda: text_of(pieces_of(queued, "ana goes on", begun)))
        until(lambda: queued.depth == 3)
        threads.start(lambda: text_of(pieces_of(queued, "ben", Asking("ben"))))
        until(lambda: "ben" in queued._waiting)  # "ana 1", newest of those that may be displaced, gave way
    assert engine.order == ["ana begins", "first", "ana 0", "ben", "ana goes on"]
    assert [type(outcome) for outcome in threads.outcomes()] == [str, str, QueueFullError, str, str]


# ── left ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_leaving_frees_the_place_at_once():
    engine = Gated()
    queued = QueuedGenerator(engine, limit=4)
    with busy(queued, engine) as threads:
        (request,) = enqueue(queued, threads, ("ana", "ana"))
        request.leave()
        assert queued.depth == 0  # while the model is still busy
        with pytest.raises(WithdrawnError):
            next(pieces_of(queued, "ana again", request))  # for good
        assert queued.depth == 0
    assert engine.order == ["first"]
    assert isinstance(threads.outcomes()[1], WithdrawnError)


def test_a_waiting_iterator_can_be_closed_from_another_thread():
    engine = Gated()
    queued = QueuedGenerator(engine, limit=4)
    with busy(queued, engine) as threads:
        pieces = pieces_of(queued, "waiting")
        threads.start(next, pieces)
        until(lambda: queued.depth == 1)
        pieces.close()
        assert queued.depth == 0
    assert isinstance(threads.outcomes()[1], WithdrawnError)


def test_leaving_stops_a_generation_that_nobody_reads_on():
    engine = Gated()
    engine.gate.set()
    queued, request = QueuedGenerator(engine, limit=1), Asking("ana")
    pieces = pieces_of(queued, "one two three", request)
    next(pieces)
    request.leave()
    assert engine.closings == 1
    assert is_idle(queued)
    with pytest.raises(WithdrawnError):
        next(pieces)


def test_leaving_while_the_engine_works_frees_the_place_when_it_pauses():
    engine = Gated()
    queued, request, threads = QueuedGenerator(engine, limit=1), Asking("ana"), Threads()
    pieces = pieces_of(queued, "one two three", request)
    threads.start(next, pieces)
    assert engine.started.acquire(timeout=30)
    request.leave()
    assert queued.running == 1
    engine.gate.set()
    assert threads.outcomes()[0].text == "one "
    assert is_idle(queued)
    assert engine.closings == 1
    with pytest.raises(WithdrawnError):
        next(pieces)


# ── the time limit ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_waiting_has_an_end():
    engine = Gated()
    queued = QueuedGenerator(engine, limit=4, seconds=0.05)
    with busy(queued, engine) as threads:
        with pytest.raises(TimeLimitError, match=r"waited longer than 0\.05 seconds: .*request_seconds"):
            next(pieces_of(queued, "late", Asking("ana")))
        assert queued.depth == 0
    assert engine.order == ["first"]
    assert isinstance(threads.outcomes()[0], str | TimeLimitError)


def test_generating_has_an_end():
    engine, clock = Gated(), Clock()
    engine.gate.set()
    queued = QueuedGenerator(engine, limit=4, seconds=10, clock=clock)
    pieces = pieces_of(queued, "one two three")
    next(pieces)
    clock.now += 9.9
    next(pieces)
    clock.now += 0.2
    with pytest.raises(TimeLimitError, match="took longer than 10 seconds"):
        next(pieces)
    assert engine.closings == 1
    assert is_idle(queued)


def test_the_generations_of_a_request_share_its_time():
    engine, clock = Gated(), Clock()
    engine.gate.set()
    queued, request = QueuedGenerator(engine, limit=4, seconds=10, clock=clock), Asking("ana")
    text_of(pieces_of(queued, "first draft", request))
    clock.now += 11
    with pytest.raises(TimeLimitError):
        next(pieces_of(queued, "second draft", request))
    assert text_of(pieces_of(queued, "another request", Asking("ana")))
    assert is_idle(queued)


def test_a_reader_who_stands_still_does_not_hold_the_model_for_ever():
    engine = Gated()
    engine.gate.set()
    queued = QueuedGenerator(engine, limit=4, seconds=0.05)
    stalled = pieces_of(queued, "one two three", Asking("ana"))
    next(stalled)
    patient = Asking("ben")
    patient.since = queued._clock() + 60  # its own time has hardly begun
    assert text_of(pieces_of(queued, "mine", patient)) == "mine [1]"
    assert engine.closings == 1
    with pytest.raises(TimeLimitError):
        next(stalled)
    assert is_idle(queued)


# ── observed ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def steps_of(queued, question):
    """As an answer does: something first, then a generation on behalf of whoever the context names."""
    yield "evidence"
    yield text_of(queued.generate([Message("user", question)], grammar="", max_tokens=48))


def test_a_page_sees_its_place_in_the_queue():
    engine = Gated()
    queued = QueuedGenerator(engine, limit=4)
    with busy(queued, engine) as threads:
        enqueue(queued, threads, ("ben", "ben"))
        seen = observed(steps_of(queued, "ana"), Asking("ana"), every=0.005)
        assert next(seen) == "evidence"
        until(lambda: next(seen) == Pending(2))  # the one under way, and Ben's
        engine.gate.set()
        rest = [event for event in seen if event not in (Pending(2), Pending(1), Pending(0), Pending(None))]
    assert rest == ["ana [1]"]
    assert engine.order == ["first", "ben", "ana"]


def test_closing_what_is_observed_leaves_the_queue_and_closes_the_steps():
    engine = Gated()
    queued, closed = QueuedGenerator(engine, limit=4), threading.Event()

    def steps():
        try:
            yield from steps_of(queued, "ana")
        finally:
            closed.set()

    with busy(queued, engine):
        seen = observed(steps(), Asking("ana"), every=0.005)
        assert next(seen) == "evidence"
        until(lambda: next(seen) == Pending(1))
        seen.close()
        until(lambda: queued.depth == 0)  # while the model is still busy
        assert closed.wait(30)
    assert engine.order == ["first"]


def test_a_failure_reaches_whoever_observes():
    engine = Gated(fails=True)
    engine.gate.set()
    queued = QueuedGenerator(engine, limit=4)
    seen = observed(steps_of(queued, "ana"), Asking("ana"))
    with pytest.raises(GenerationError, match="out of luck"):
        list(seen)
    assert is_idle(queued)


# ── all at once ──────────────────────────────────────────────────────────────────────────────────────────────────────


class Exclusive(FakeGenerator):
    """Answers each question with itself; says when two generations are in it at once."""

    def __init__(self):
        super().__init__(lambda messages: f"{messages[-1].content} [1]")
        self.inside, self.collisions, self.served = threading.Lock(), 0, Counter()

    def generate(self, messages, *, grammar, max_tokens):
        if not self.inside.acquire(blocking=False):
            self.collisions += 1
            raise GenerationError("two at once: this must not be")
        try:
            self.served[messages[-1].content] += 1
            for chunk in super().generate(messages, grammar=grammar, max_tokens=max_tokens):
                time.sleep(0)  # let others in
                yield chunk
        finally:
            self.inside.release()


@pytest.mark.parametrize("seed", range(3))
def test_under_many_threads_nothing_is_lost_or_mixed(seed):
    engine = Exclusive()
    queued = QueuedGenerator(engine, limit=10_000)
    chosen = random.Random(seed)
    plans = [[chosen.choice(("read", "close", "leave", "drop")) for _ in range(12)] for _ in range(40)]
    mixed = []

    def ask(asker, plan):
        finished = 0
        for place, course in enumerate(plan):
            question, request = f"question {asker} {place} of many", Asking(f"requester {asker % 7}")
            pieces = pieces_of(queued, question, request)
            if course == "read":
                text = text_of(pieces)
                finished += 1
                if text != f"{question} [1]":
                    mixed.append(text)
            elif course == "close":
                next(pieces)
                pieces.close()
            elif course == "leave":
                leaving = threading.Thread(target=request.leave)
                leaving.start()
                with suppress(WithdrawnError):
                    text_of(pieces)
                leaving.join()
            else:
                next(pieces)
                del pieces
        return finished

    threads = Threads()
    for asker, plan in enumerate(plans):
        threads.start(ask, asker, plan)
    assert threads.outcomes() == [plan.count("read") for plan in plans]  # none lost
    assert mixed == []
    assert engine.collisions == 0
    assert all(count == 1 for count in engine.served.values())
    assert is_idle(queued)
    assert not engine.inside.locked()
    assert text_of(pieces_of(queued, "afterwards")) == "afterwards [1]"
