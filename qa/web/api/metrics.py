"""What Prometheus may know: counts, times and the queue; never what was asked or read.

Every label has few values: route patterns rather than addresses, kinds rather than words.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.answering.answer import Event
from qa.errors import QAError, WithdrawnError
from qa.models.generators import QueuedGenerator
from qa.service import Service
from qa.types import Answer
from qa.web.api.readiness import Readiness

CONTENT_TYPE = CONTENT_TYPE_LATEST

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SECONDS = (0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120, 300)


class Metrics:
    """The measures of one server, in a registry of their own."""

    def __init__(self, service: Service, readiness: Readiness) -> None:
        self._service = service
        self._readiness = readiness
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)

        def counter(name: str, about: str, *labels: str) -> Counter:
            return Counter(f"citewire_{name}", about, labels, registry=registry)

        def seconds(name: str, about: str) -> Histogram:
            return Histogram(f"citewire_{name}_seconds", about, buckets=_SECONDS, registry=registry)

        self.requests = counter("requests", "Requests answered.", "method", "route", "status")
        self.questions = counter("questions", "Questions by what became of them.", "outcome")
        self.abstentions = counter("abstentions", "Abstentions by reason.", "reason")
        self.generated = counter("generated_tokens", "Tokens written by the model.")
        self.read = counter("prompt_tokens", "Tokens read by the model, reused ones included.")
        self.seconds = seconds("question", "From a question to its whole answer.")
        self.first_sentence = seconds("first_sentence", "From a question to its first sentence.")
        depth = Gauge("citewire_queue_depth", "Generations that wait for the model.", registry=registry)
        depth.set_function(lambda: queue.depth if (queue := self._queue()) else 0)
        running = Gauge("citewire_generations_running", "Generations under way.", registry=registry)
        running.set_function(lambda: queue.running if (queue := self._queue()) else 0)
        ready = Gauge("citewire_ready", "Whether the models are loaded.", registry=registry)
        ready.set_function(lambda: float(self._readiness.is_ready))

    def _queue(self) -> QueuedGenerator | None:
        """The queue before the model; ``None`` until it is loaded, which looking at it must not bring about."""
        generator = self._service.models.generator if self._readiness.is_ready else None
        return generator if isinstance(generator, QueuedGenerator) else None

    def text(self) -> bytes:
        """All measures, in the text format of Prometheus."""
        return generate_latest(self._registry)

    def counted(self, events: Iterator[Event]) -> Iterator[Event]:
        """``events`` of a question, which is counted and timed."""
        started = time.perf_counter()
        outcome = "withdrawn"
        try:
            for event in events:
                if isinstance(event, Answer):
                    outcome = "abstained" if event.abstained else "answered"
                    self._count(event, time.perf_counter() - started)
                yield event
        except QAError as error:
            outcome = "withdrawn" if isinstance(error, WithdrawnError) else "failed"
            raise
        except Exception:
            outcome = "failed"
            raise
        finally:
            self.questions.labels(outcome).inc()

    def _count(self, answer: Answer, seconds: float) -> None:
        self._readiness.set()
        self.seconds.observe(seconds)
        if answer.timings.first_sentence_ms is not None:
            self.first_sentence.observe(answer.timings.first_sentence_ms / 1000)
        if answer.reason is not None:
            self.abstentions.labels(answer.reason.value).inc()
        self.generated.inc(answer.timings.output_tokens)
        self.read.inc(answer.timings.prompt_tokens)


class CountRequests:
    """ASGI middleware that counts requests by the pattern of their address and the status of the reply."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; count it once its reply begins."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                method = scope["method"] if scope["method"] in _METHODS else "other"
                self._metrics.requests.labels(method, _route(scope), message["status"]).inc()
            await send(message)

        await self._app(scope, receive, noting)


def _route(scope: Scope) -> str:
    """The pattern that the address fits; ``unknown`` where it fits none, as at a refusal."""
    pattern = getattr(scope.get("route"), "path", None)
    return f"{scope.get('root_path', '')}{pattern}" if pattern else "unknown"
