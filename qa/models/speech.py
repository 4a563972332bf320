"""The seam to the speech tagger: which words of an article name a source, are a cue, or are what is said."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from qa.models.support import check_manifest
from qa.text.quoted import quoted_spans
from qa.text.reported_speech import Mark
from qa.types import Span

if TYPE_CHECKING:
    from qa.models.speech_network import SpeechNetworkTagger

FOLDER = Path(__file__).parent / "weights" / "speech"

_TOKEN = re.compile(r"\w+|[^\w\s]")
_NAMED = r"(?:(?:[Aa]n? |[Tt]he )(?:[\w.]+ ){0,4}?[a-z]\w+|[A-Z]\w*(?: [A-Z]\w*)*)"
_SAID_BY = re.compile(rf"\b(?P<cue>said|says|told|added|warned|wrote|according to) (?P<source>{_NAMED})")
_SAYS = re.compile(rf"(?P<source>{_NAMED}) (?P<cue>said|says|added|warned|wrote)\b")


class SpeechTagger(Protocol):
    """Whatever marks the words of reported speech; usable from several threads."""

    @property
    def name(self) -> str:
        """What identifies its marks: results of another tagger are read anew."""
        ...

    def mark(self, text: str) -> list[Mark]:
        """The tokens of ``text`` in order, each with its probabilities."""
        ...


class QuoteTagger:
    """A `SpeechTagger` without a model: quotations are content, plain words of saying beside them name the source."""

    name = "quotes"

    def mark(self, text: str) -> list[Mark]:
        """See `SpeechTagger`."""
        content = [span for span in quoted_spans(text) if len(text[slice(*span)].split()) > 1]
        said = [match for pattern in (_SAID_BY, _SAYS) for match in pattern.finditer(text)]
        cues = [Span(*match.span("cue")) for match in said]
        sources = [Span(*match.span("source")) for match in said]
        return [
            Mark(
                span,
                float(_within(span, sources)),
                float(_within(span, cues)),
                float(_within(span, content)),
                float(any(span.start == one.start for one in content)),
            )
            for span in (Span(*match.span()) for match in _TOKEN.finditer(text))
        ]


def _within(span: Span, spans: Sequence[Span]) -> bool:
    return any(one.start <= span.start < one.end for one in spans)


class TrainedSpeechTagger:
    """The tagger that ships, loaded when it is first needed.

    Raises, when used:
        ModelError: its files are missing or cannot be loaded.
        HashMismatchError: a file is not the one that was shipped.
    """

    def __init__(self, folder: Path = FOLDER, device: str = "cpu", threads: int = 0) -> None:
        self._folder, self._device, self._threads = folder, device, threads
        self._lock = threading.Lock()
        self._tagger: SpeechNetworkTagger | None = None
        self._name: str | None = None

    @property
    def name(self) -> str:
        """See `SpeechTagger`."""
        with self._lock:
            if self._name is None:
                self._name = check_manifest(self._folder)[:12]
            return self._name

    def mark(self, text: str) -> list[Mark]:
        """See `SpeechTagger`."""
        _ = self.name
        with self._lock:
            if self._tagger is None:
                from qa.models.speech_network import SpeechNetworkTagger

                self._tagger = SpeechNetworkTagger(self._folder, self._device, self._threads)
            return self._tagger.mark(text)


def load_speech(engine: str, device: str = "auto", threads: int = 0) -> SpeechTagger:
    """The trained tagger, or with ``engine`` ``fake`` the one by quotation marks alone."""
    if engine == "fake":
        return QuoteTagger()
    return TrainedSpeechTagger(device="cpu" if device == "auto" else device, threads=threads)
