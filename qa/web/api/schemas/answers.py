"""Searches, questions and answers."""

from __future__ import annotations

from pydantic import Field

from qa.types import Abstention
from qa.web.api.schemas.common import ArticleId, Day, In, Line, Out, Passages


class Passage(Out):
    """A retrieved passage under its number."""

    mark: int
    article_id: str
    title: str
    start: int
    end: int
    text: str
    score: float


class Found(Out):
    """The passages that fit a query best, best first."""

    query: str
    passages: list[Passage]


class Citation(Out):
    """The exact words of an article: ``text[start:end] == quote``."""

    mark: int
    """The number of the passage."""
    article_id: str
    title: str
    start: int
    end: int
    quote: str
    speaker: str | None
    support: float | None


class Sentence(Out):
    """One sentence of an answer, and what it rests on."""

    text: str
    support: float | None
    citations: list[Citation]


class Span(Out):
    """A half-open range of characters."""

    start: int
    end: int


class Dropped(Out):
    """A sentence that was withheld."""

    text: str
    reason: str
    support: float | None
    doubtful: list[Span]
    borne_out: bool


class Model(Out):
    """What identifies a model."""

    engine: str
    model: str
    sha256: str | None


class Timings(Out):
    """Milliseconds since the question arrived, and tokens."""

    retrieve_ms: int
    first_sentence_ms: int | None
    total_ms: int
    prompt_tokens: int
    cached_tokens: int
    output_tokens: int


class Answer(Out):
    """Cited sentences, or an abstention with its reason."""

    question: str
    abstained: bool
    reason: Abstention | None
    message: str | None
    """An abstention in words."""
    score: float | None
    """The probability that the best sentence answers rightly."""
    disagreement: bool
    quoted: bool
    """Whether sources say different things, and the sentences give more than one version."""
    sentences: list[Sentence]
    passages: list[Passage]
    nearest: list[Citation]
    """Words offered instead of an answer."""
    dropped: list[Dropped]
    marks: int
    invalid_marks: int
    generator: Model
    timings: Timings


class Question(In):
    """A question over the whole library, or over some of its articles."""

    question: str
    k: Passages | None = None
    articles: list[ArticleId] = Field(default=[], max_length=1000)
    """Only these articles."""
    outlets: list[Line] = Field(default=[], max_length=1000)
    """Only articles of these outlets."""
    since: Day | None = None
    until: Day | None = None
    stream: bool | None = None
    """Send events as they come; by default, as the header Accept says."""
