"""Summaries, and comparisons of several articles."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from qa.summarizing.summary import DEFAULT_SENTENCES
from qa.types import Difference, SpeechKind, Voice
from qa.web.api.schemas.answers import Citation, Dropped, Model, Span, Timings
from qa.web.api.schemas.common import ArticleId, In, Out

SummarySentences = Annotated[int, Field(ge=1, le=30, description="Sentences to write.")]
MOST_SUMMARIZED = 20
"""Articles that are summarized together."""


class SummarySentence(Out):
    """One sentence of a summary; its first citation is what it tells, one behind it is where the speaker is named."""

    text: str
    voice: Voice
    support: float
    citations: list[Citation]


class Statement(Out):
    """What somebody says: ``text[start:end] == quote``."""

    text: str
    kind: SpeechKind
    article_id: str
    start: int
    end: int
    quote: str


class Speaker(Out):
    """Somebody who speaks in the articles, with all that they say."""

    name: str
    role: str | None
    anonymous: bool
    statements: list[Statement]


class OwnClaim(Out):
    """What an article says in its own voice."""

    article_id: str
    start: int
    end: int
    quote: str
    opinion: bool
    """Whether it judges, predicts or guesses."""


class LoadedPlace(Out):
    """A loaded word of an article."""

    article_id: str
    start: int
    end: int
    text: str
    kind: str
    quoted: bool
    alternative: str | None
    """A plain word for it."""


class LoadedWords(Out):
    """Loaded words with their rates per 100 words outside quotation marks."""

    source_per_100: float | None
    summary_per_100: float | None
    items: list[LoadedPlace]


class Summary(Out):
    """A neutral summary, and what a reader should know beside it."""

    article_ids: list[str]
    sentences: list[SummarySentence]
    speakers: list[Speaker]
    own_claims: list[OwnClaim]
    loaded_words: LoadedWords
    missing_voices: list[str]
    """Whom the articles speak of, and never let speak."""
    warnings: list[str]
    dropped: list[Dropped]
    generator: Model
    timings: Timings


class NewSummary(In):
    """Articles to summarize together."""

    articles: list[ArticleId] = Field(min_length=1, max_length=MOST_SUMMARIZED)
    sentences: SummarySentences = DEFAULT_SENTENCES
    stream: bool | None = None
    """Send events as they come; by default, as the header Accept says."""


class Side(Out):
    """What one article says to a point: its exact words, and whose they are."""

    article_id: str
    title: str
    outlet: str | None
    date: str | None
    start: int
    end: int
    quote: str
    voice: Voice
    speaker: str | None
    marked: list[Span]
    """The words at issue, as places in the article."""
    repeats: str | None
    """The article in whose words it says so."""


class SharedPoint(Out):
    """What several articles tell; so many of them in words of their own."""

    independent: int
    sides: list[Side]


class Contradiction(Out):
    """What two articles say otherwise of the same thing."""

    kind: Difference
    disputed: bool
    """Whether one side is somebody's denial of what the other tells."""
    corrects: bool
    """Whether the second side corrects the first."""
    sides: list[Side]


class Reprint(Out):
    """Articles with largely the same text: one source."""

    article_ids: list[str]
    share: float


class Comparison(Out):
    """What articles on one event share, contradict and tell alone, and a round-up of all."""

    article_ids: list[str]
    shared: list[SharedPoint]
    contradictions: list[Contradiction]
    lone: list[Side]
    reprints: list[Reprint]
    sentences: list[SummarySentence]
    warnings: list[str]
    dropped: list[Dropped]
    generator: Model
    timings: Timings


class NewComparison(In):
    """Articles to compare with each other."""

    articles: list[ArticleId] = Field(min_length=2, max_length=MOST_SUMMARIZED)
    sentences: int = Field(8, ge=0, le=30)
    """Sentences of the round-up; none with 0."""
    stream: bool | None = None
    """Send events as they come; by default, as the header Accept says."""
