"""The values that flow through citewire: ``Article → Passage → Hit → Sentence(Citation) → Answer``.

All are frozen. Offsets are indices into ``Article.text`` in Unicode code points, half-open as in Python slices, so
``article.text[start:end]`` is always the text meant. Bounds are checked once, here, where a value is made.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

STDIN = "stdin"
"""The ``source`` of an article that was piped or pasted in: it names no place, so it never replaces another."""


class Span(NamedTuple):
    """A half-open range ``[start, end)`` of characters in an article's text."""

    start: int
    end: int


def content_id(text: str) -> str:
    """The article id of ``text``: the first 12 hex digits of its SHA-256.

    Changed text is another article with another id, so an old citation can never resolve to words it did not quote.
    """
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Article:
    """One news article, its text normalised once at ingest and never after.

    ``source`` is where it came from (path, URL or ``stdin``); ``date`` is ISO 8601 (``2024-05-31``); ``warnings`` are
    one-line remarks of the ingest for the reader, for instance on mojibake.
    """

    text: str
    title: str
    source: str
    outlet: str | None = None
    author: str | None = None
    date: str | None = None
    warnings: tuple[str, ...] = ()
    id: str = field(init=False)

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise ValueError("an article needs text")
        object.__setattr__(self, "id", content_id(self.text))

    @property
    def words(self) -> int:
        """The number of whitespace-separated words."""
        return len(self.text.split())


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of whole sentences of one article, the unit of retrieval.

    ``text`` is exactly ``article.text[start:end]``; ``sentences`` are article offsets, in order, inside the passage.
    """

    article_id: str
    start: int
    end: int
    text: str
    sentences: tuple[Span, ...]

    def __post_init__(self) -> None:
        if len(self.text) != self.end - self.start or self.start < 0:
            raise ValueError(f"passage [{self.start}, {self.end}) does not fit its text of {len(self.text)} characters")
        last = self.start
        for sentence in self.sentences:
            if not last <= sentence.start < sentence.end <= self.end:
                raise ValueError(f"sentence {sentence} lies outside passage [{self.start}, {self.end}) or out of order")
            last = sentence.end

    def slice(self, span: Span) -> str:
        """The words of ``span`` (article offsets), which must lie inside the passage."""
        if not self.start <= span.start <= span.end <= self.end:
            raise ValueError(f"{span} lies outside passage [{self.start}, {self.end})")
        return self.text[span.start - self.start : span.end - self.start]


@dataclass(frozen=True, slots=True)
class Hit:
    """A retrieved passage with its article's title and its fused retrieval score (higher is better)."""

    passage: Passage
    title: str
    score: float


@dataclass(frozen=True, slots=True)
class Citation:
    """The exact words of an article that stand behind a sentence.

    ``mark`` is the 1-based number of the passage among those shown. ``speaker`` is who says the quoted words and
    ``support`` how strongly they support the sentence, in [0, 1]; either is ``None`` where nobody has judged it.
    """

    mark: int
    article_id: str
    title: str
    start: int
    end: int
    quote: str
    speaker: str | None = None
    support: float | None = None

    def __post_init__(self) -> None:
        if self.mark < 1 or not 0 <= self.start < self.end or len(self.quote) != self.end - self.start:
            raise ValueError(f"citation [{self.mark}] of {self.article_id} does not fit its span")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of an answer, without marks, and what it cites (at least one citation)."""

    text: str
    citations: tuple[Citation, ...]
    support: float | None = None

    def __post_init__(self) -> None:
        if not self.citations:
            raise ValueError(f"a sentence without a citation is never shown: {self.text!r}")


@dataclass(frozen=True, slots=True)
class Dropped:
    """A drafted sentence that was withheld, and why in one line.

    ``support`` is how far the nearest words of an article bear it out, in [0, 1], and ``doubtful`` the words of
    ``text`` that they do not bear out (offsets into ``text``); both are empty where that was not judged.
    ``borne_out`` tells that it was withheld although an article bears it out, since it does not answer the question.
    """

    text: str
    reason: str
    support: float | None = None
    doubtful: tuple[Span, ...] = ()
    borne_out: bool = False


class Abstention(StrEnum):
    """Why no answer is given."""

    NOTHING_RETRIEVED = "nothing_retrieved"
    NOT_MENTIONED = "not_mentioned"
    NOT_ANSWERED = "not_answered"
    REFUSED = "refused"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What identifies a model in a report: who runs it, its name, and the SHA-256 of its weights if known."""

    engine: str
    model: str
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Timings:
    """Wall-clock milliseconds since the question arrived, and token counts of all that was generated for it."""

    retrieve_ms: int = 0
    first_sentence_ms: int | None = None
    total_ms: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the library says to a question: cited sentences, or an abstention with its reason.

    ``hits[mark - 1]`` is the passage that ``mark`` names. ``message`` says an abstention in words. ``marks`` counts the
    marks in the raw drafts, and ``invalid_marks`` those of them that named no passage shown. ``score`` is the
    probability that the best sentence answers rightly, shown or not; ``None`` where nothing was drafted that could be
    scored. ``disagreement`` is true where sources say different things and the sentences give more than one version.
    ``quoted`` is true where the sentences are what somebody said, in the words of the articles: nothing was drafted.
    ``nearest`` are the words that an abstention offers instead: they come nearest to an answer, and may be none.
    """

    question: str
    sentences: tuple[Sentence, ...]
    hits: tuple[Hit, ...]
    generator: ModelInfo
    timings: Timings
    reason: Abstention | None = None
    message: str | None = None
    dropped: tuple[Dropped, ...] = ()
    marks: int = 0
    invalid_marks: int = 0
    score: float | None = None
    disagreement: bool = False
    quoted: bool = False
    nearest: tuple[Citation, ...] = ()

    def __post_init__(self) -> None:
        if bool(self.sentences) == bool(self.reason):
            raise ValueError("an answer has either sentences or a reason to abstain")
        for citations in (*(sentence.citations for sentence in self.sentences), self.nearest):
            for citation in citations:
                if citation.mark > len(self.hits):
                    raise ValueError(f"mark [{citation.mark}] names none of the {len(self.hits)} passages shown")

    @property
    def abstained(self) -> bool:
        """Whether no answer is given."""
        return self.reason is not None


class Message(NamedTuple):
    """One turn of a chat prompt; ``role`` is ``system``, ``user`` or ``assistant``."""

    role: str
    content: str


class SpeechKind(StrEnum):
    """How an article gives somebody's words: quoted, in its own words, or partly the one and partly the other."""

    DIRECT = "direct"
    INDIRECT = "indirect"
    MIXED = "mixed"


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who says something: by name where the article gives one, else as it describes them.

    ``role`` is what else the article says of them there; ``anonymous`` that it leaves a person, or persons, unnamed.
    """

    name: str
    role: str | None = None
    anonymous: bool = False


@dataclass(frozen=True, slots=True)
class Attribution:
    """Words that an article gives to somebody.

    Article offsets of the ``content`` (in pieces where something stands in between), of the ``cue`` that gives it
    (“said”) and of the ``source`` as written, if any.
    ``speaker`` is the source resolved within the article, ``None`` where nobody is named. ``outlet`` is the medium that
    they are said to have been told to. ``stated`` tells words said from beliefs, wishes and attitudes.
    """

    content: tuple[Span, ...]
    kind: SpeechKind
    stated: bool
    cue: Span | None = None
    source: Span | None = None
    speaker: Speaker | None = None
    outlet: str | None = None

    def __post_init__(self) -> None:
        if not self.content or any(not 0 <= span.start < span.end for span in self.content):
            raise ValueError("an attribution needs content")

    @property
    def span(self) -> Span:
        """From its first character to its last, cue and source included."""
        parts = [*self.content, *filter(None, (self.cue, self.source))]
        return Span(min(part.start for part in parts), max(part.end for part in parts))


class Voice(StrEnum):
    """Whose words a summary tells: somebody's, the article's own judgement, or what the article states as a fact."""

    REPORTED = "reported"
    ASSERTED = "asserted"
    FACT = "fact"


@dataclass(frozen=True, slots=True)
class SummarySentence:
    """One sentence of a summary with the exact words that it rests on (at least one citation).

    The first citation is what is told; one behind it is where the article names the speaker.
    """

    text: str
    voice: Voice
    support: float
    citations: tuple[Citation, ...]

    def __post_init__(self) -> None:
        if not self.citations:
            raise ValueError(f"a sentence without a citation is never shown: {self.text!r}")


@dataclass(frozen=True, slots=True)
class Statement:
    """What somebody says in an article: its words ``quote`` at ``[start, end)``."""

    text: str
    kind: SpeechKind
    article_id: str
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class Speaking:
    """A speaker with all that they say."""

    speaker: Speaker
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class OwnClaim:
    """A sentence that an article says in its own voice; ``opinion`` where it judges, predicts or guesses."""

    article_id: str
    start: int
    end: int
    quote: str
    opinion: bool


@dataclass(frozen=True, slots=True)
class LoadedPlace:
    """A loaded word of an article, with its place and a plain word for it where there is one."""

    article_id: str
    start: int
    end: int
    text: str
    kind: str
    quoted: bool
    alternative: str | None


@dataclass(frozen=True, slots=True)
class Summary:
    """A neutral summary of articles, and what a reader should know beside it.

    ``source_per_100`` and ``summary_per_100`` are loaded words per 100 words outside quotation marks, ``None`` without
    such words. ``missing_voices`` are names that the articles speak of and never let speak.
    """

    article_ids: tuple[str, ...]
    sentences: tuple[SummarySentence, ...]
    speakers: tuple[Speaking, ...]
    own_claims: tuple[OwnClaim, ...]
    loaded_words: tuple[LoadedPlace, ...]
    source_per_100: float | None
    summary_per_100: float | None
    missing_voices: tuple[str, ...]
    warnings: tuple[str, ...]
    dropped: tuple[Dropped, ...]
    generator: ModelInfo
    timings: Timings


@dataclass(frozen=True, slots=True)
class Side:
    """What one article says to a point: its exact words at ``[start, end)``, and whose they are.

    ``marked`` are the words at issue, as article offsets inside the quotation: those that the other side has otherwise.
    ``repeats`` is the id of another article of the point that says it in the same words: then it confirms nothing.
    """

    article_id: str
    title: str
    outlet: str | None
    date: str | None
    start: int
    end: int
    quote: str
    voice: Voice
    speaker: str | None = None
    marked: tuple[Span, ...] = ()
    repeats: str | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end or len(self.quote) != self.end - self.start:
            raise ValueError(f"a side of {self.article_id} does not fit its span")
        if any(not self.start <= start < end <= self.end for start, end in self.marked):
            raise ValueError(f"a side of {self.article_id} marks words outside its quotation")


@dataclass(frozen=True, slots=True)
class SharedPoint:
    """What at least two articles tell; the words of the first side are borne out by those of every other.

    ``independent`` counts the sides that do not repeat another's words.
    """

    sides: tuple[Side, ...]
    independent: int

    def __post_init__(self) -> None:
        if len({side.article_id for side in self.sides}) < 2:
            raise ValueError("a shared point is told by at least two articles")


class Difference(StrEnum):
    """In what two articles contradict each other."""

    NUMBER = "number"
    TIME = "time"
    DATE = "date"
    DENIAL = "denial"


@dataclass(frozen=True, slots=True)
class Contradiction:
    """What two articles say otherwise of the same thing; ``marked`` in each side are the very words that differ.

    ``disputed`` tells that one side reports somebody's denial of what the other tells: a dispute, and no fact.
    ``corrects`` tells that the second side corrects the figure of the first.
    """

    kind: Difference
    sides: tuple[Side, Side]
    disputed: bool = False
    corrects: bool = False


@dataclass(frozen=True, slots=True)
class LonePoint:
    """A point that matters to its article and that no other of the compared ones tells."""

    side: Side


@dataclass(frozen=True, slots=True)
class Reprint:
    """Articles with largely the same text are one source; ``share`` is how much of the shorter is in the longer."""

    article_ids: tuple[str, ...]
    share: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """What several articles on one event share, where they contradict each other, and what one of them alone tells.

    ``sentences`` are one round-up of all; the ``mark`` of their citations numbers ``article_ids``.
    """

    article_ids: tuple[str, ...]
    shared: tuple[SharedPoint, ...]
    contradictions: tuple[Contradiction, ...]
    lone: tuple[LonePoint, ...]
    reprints: tuple[Reprint, ...]
    sentences: tuple[SummarySentence, ...]
    warnings: tuple[str, ...]
    dropped: tuple[Dropped, ...]
    generator: ModelInfo
    timings: Timings
