"""The JSON that goes in and out, typed: what comes out has the forms of `qa.jsonable`, as on the command line."""

from __future__ import annotations

import datetime
import re
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from qa.library import Outcome
from qa.summarizing.summary import DEFAULT_SENTENCES
from qa.text.normalise import normalise
from qa.types import Abstention, Difference, SpeechKind, Voice

ArticleId = Annotated[str, Field(pattern=r"^[0-9a-f]{12}$", description="Id of an article: 12 hexadecimal digits.")]
RunId = Annotated[str, Field(pattern=r"^[0-9a-f]{12}$", description="Id of an evaluation: 12 hexadecimal digits.")]
Passages = Annotated[int, Field(ge=1, le=50, description="Passages to retrieve; by default, as the settings say.")]

SummarySentences = Annotated[int, Field(ge=1, le=30, description="Sentences to write.")]
MOST_SUMMARIZED = 20
"""Articles that are summarized together."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _one_line(value: str) -> str:
    line = " ".join(normalise(value).split())
    if not line:
        raise ValueError("there is nothing in it")
    return line


def _iso(value: object) -> object:
    # pydantic would take numbers for seconds since 1970.
    if (isinstance(value, str) and not _DAY.fullmatch(value)) or isinstance(value, (int, float)):
        raise ValueError("a date is written like 2024-05-31")
    return value


Day = Annotated[datetime.date, BeforeValidator(_iso)]
Line = Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(_one_line)]


class _Out(BaseModel):
    """A reply; a field that is not named here would be a promise that the schema does not make."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class _In(BaseModel):
    """A request; a misspelt field is refused rather than ignored."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


# ── errors ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class Fault(_Out):
    """One thing that is wrong with a request."""

    pointer: str
    """Where: ``/body/question``."""
    detail: str


class Problem(_Out):
    """Problem details (RFC 9457)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    instance: str | None = None
    """The address that was asked for."""
    errors: list[Fault] | None = None
    """Everything that is not of its form."""
    retry_after: int | None = None
    """Seconds after which it is worth trying again."""


# ── articles ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class ArticleDescription(_Out):
    """An article without its text."""

    id: str
    title: str
    source: str
    """Where it came from: a path, a web address, or ``stdin``."""
    outlet: str | None
    author: str | None
    date: str | None
    """ISO 8601."""
    words: int
    warnings: list[str]
    """Remarks of the ingest for the reader."""


class Article(ArticleDescription):
    """An article with its text; every offset of a citation counts Unicode code points in it."""

    text: str


class ArticlePage(_Out):
    """Some of the articles, in the order they were added."""

    articles: list[ArticleDescription]
    total: int
    limit: int
    offset: int


class Ingested(_Out):
    """What became of an article offered to the library."""

    article: ArticleDescription
    outcome: Outcome
    passages: int
    """How many passages were read in for it."""


class NewText(_In):
    """An article as text. What is not given is looked for in the text, which may begin with a header."""

    text: str = Field(min_length=1)
    title: Line | None = None
    outlet: Line | None = None
    author: Line | None = None
    date: Day | None = None
    source: Line | None = None
    """Where it came from; another text under the same source replaces the article."""


class NewAddress(_In):
    """An article to fetch."""

    url: str = Field(pattern=r"^https?://\S+$", max_length=2048)


class Metadata(_In):
    """What to change of an article's description; ``null`` takes it away, and what is left out stays."""

    title: Line = Field(default_factory=str)
    outlet: Line | None = None
    author: Line | None = None
    date: Day | None = None


# ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class Passage(_Out):
    """A retrieved passage under its number."""

    mark: int
    article_id: str
    title: str
    start: int
    end: int
    text: str
    score: float


class Found(_Out):
    """The passages that fit a query best, best first."""

    query: str
    passages: list[Passage]


class Citation(_Out):
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


class Sentence(_Out):
    """One sentence of an answer, and what it rests on."""

    text: str
    support: float | None
    citations: list[Citation]


class Span(_Out):
    """A half-open range of characters."""

    start: int
    end: int


class Dropped(_Out):
    """A sentence that was withheld."""

    text: str
    reason: str
    support: float | None
    doubtful: list[Span]
    borne_out: bool


class Model(_Out):
    """What identifies a model."""

    engine: str
    model: str
    sha256: str | None


class Timings(_Out):
    """Milliseconds since the question arrived, and tokens."""

    retrieve_ms: int
    first_sentence_ms: int | None
    total_ms: int
    prompt_tokens: int
    cached_tokens: int
    output_tokens: int


class Answer(_Out):
    """Cited sentences, or an abstention with its reason."""

    question: str
    abstained: bool
    reason: Abstention | None
    message: str | None
    """An abstention in words."""
    score: float | None
    """The probability that the best sentence answers rightly."""
    disagreement: bool
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


class Question(_In):
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


# ── summaries ────────────────────────────────────────────────────────────────────────────────────────────────────────


class SummarySentence(_Out):
    """One sentence of a summary; its first citation is what it tells, one behind it is where the speaker is named."""

    text: str
    voice: Voice
    support: float
    citations: list[Citation]


class Statement(_Out):
    """What somebody says: ``text[start:end] == quote``."""

    text: str
    kind: SpeechKind
    article_id: str
    start: int
    end: int
    quote: str


class Speaker(_Out):
    """Somebody who speaks in the articles, with all that they say."""

    name: str
    role: str | None
    anonymous: bool
    statements: list[Statement]


class OwnClaim(_Out):
    """What an article says in its own voice."""

    article_id: str
    start: int
    end: int
    quote: str
    opinion: bool
    """Whether it judges, predicts or guesses."""


class LoadedPlace(_Out):
    """A loaded word of an article."""

    article_id: str
    start: int
    end: int
    text: str
    kind: str
    quoted: bool
    alternative: str | None
    """A plain word for it."""


class LoadedWords(_Out):
    """Loaded words with their rates per 100 words outside quotation marks."""

    source_per_100: float | None
    summary_per_100: float | None
    items: list[LoadedPlace]


class Summary(_Out):
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


class NewSummary(_In):
    """Articles to summarize together."""

    articles: list[ArticleId] = Field(min_length=1, max_length=MOST_SUMMARIZED)
    sentences: SummarySentences = DEFAULT_SENTENCES
    stream: bool | None = None
    """Send events as they come; by default, as the header Accept says."""


# ── comparisons ──────────────────────────────────────────────────────────────────────────────────────────────────────


class Side(_Out):
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


class SharedPoint(_Out):
    """What several articles tell; so many of them in words of their own."""

    independent: int
    sides: list[Side]


class Contradiction(_Out):
    """What two articles say otherwise of the same thing."""

    kind: Difference
    disputed: bool
    """Whether one side is somebody's denial of what the other tells."""
    corrects: bool
    """Whether the second side corrects the first."""
    sides: list[Side]


class Reprint(_Out):
    """Articles with largely the same text: one source."""

    article_ids: list[str]
    share: float


class Comparison(_Out):
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


class NewComparison(_In):
    """Articles to compare with each other."""

    articles: list[ArticleId] = Field(min_length=2, max_length=MOST_SUMMARIZED)
    sentences: int = Field(8, ge=0, le=30)
    """Sentences of the round-up; none with 0."""
    stream: bool | None = None
    """Send events as they come; by default, as the header Accept says."""


# ── evaluations ──────────────────────────────────────────────────────────────────────────────────────────────────────


class Only(StrEnum):
    """What to measure."""

    ANSWERS = "answers"
    RETRIEVAL = "retrieval"


class NewEvaluation(_In):
    """A suite to run, by a name that ``qa eval suites`` lists; those that need files cannot be run from here."""

    suite: Line
    limit: int | None = Field(None, ge=1, le=1_000_000)
    """At most so many cases, a sample by kind."""
    seed: int = Field(0, ge=0, le=2**31 - 1)
    """Names the sample; draws the intervals."""
    only: Only = Only.ANSWERS
    judge: Literal["gate"] | None = None
    """Who judges entailment for the scores of ALCE."""


class RunState(StrEnum):
    """How far an evaluation is."""

    RUNNING = "running"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    DONE = "done"
    FAILED = "failed"


class Evaluation(_Out):
    """An evaluation, under way or over."""

    id: str
    suite: str
    state: RunState
    done: int
    """Cases asked so far."""
    total: int
    """Cases in all."""
    started: datetime.datetime
    finished: datetime.datetime | None
    error: str | None
    """Why it failed."""


class EvaluationReport(Evaluation):
    """An evaluation with its report, once it is done: the form of ``report.json``, which ``qa eval compare`` reads."""

    report: dict[str, Any] | None


class Evaluations(_Out):
    """The latest evaluations, newest first; they are kept until the server stops."""

    evaluations: list[Evaluation]
