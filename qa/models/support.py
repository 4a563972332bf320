"""Does a text bear out a claim, and does it answer a question: the seam, the trained model, and one by words alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from qa.errors import HashMismatchError, ModelError
from qa.models.calibration import Calibration, Logistic, read_calibration
from qa.models.focus import focus
from qa.models.hashes import combined_hash, hash_file
from qa.text.overlap import coverage, overlap_features
from qa.text.sentences import split_sentences
from qa.text.words import STOPWORDS, fold
from qa.types import ModelInfo, Span

if TYPE_CHECKING:
    from qa.models.pair_network import PairScorer

FOLDER = Path(__file__).parent / "weights" / "support"
MANIFEST = "manifest.json"
_WORD_DOUBT = 0.5
_SUREST = 8.0  # log-odds beyond which more says nothing


class Reading(NamedTuple):
    """How far a text bears out a claim: a probability, and the words of the claim that it does not bear out."""

    support: float
    doubtful: tuple[Span, ...] = ()


class SupportModel(Protocol):
    """Whatever judges a text as evidence; usable from several threads."""

    @property
    def info(self) -> ModelInfo:
        """What identifies the model."""
        ...

    @property
    def calibration(self) -> Calibration:
        """What was fitted for this model: probabilities and thresholds."""
        ...

    def read(self, pairs: Sequence[tuple[str, str]]) -> list[Reading]:
        """For each (claim, evidence) how far the evidence bears out the claim; long evidence is searched for it."""
        ...

    def answering(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """For each (question, passage) the log-odds that the passage answers the question."""
        ...


class TrainedSupport:
    """The support model that ships with the package, loaded at once.

    A reading is a calibrated fusion of a small cross-encoder, its judgement of each word, and the overlap of words,
    numbers, names and negation.

    Raises:
        HashMismatchError: a file of the model is not the one that was shipped.
        ModelError: it cannot be loaded.
    """

    def __init__(self, folder: Path = FOLDER, device: str = "cpu", threads: int = 0) -> None:
        sha256 = check_manifest(folder)
        from qa.models.pair_network import PairScorer

        self._scorer: PairScorer = PairScorer(folder, device, threads)
        self._calibration = read_calibration(folder / "calibration.json")
        self._info = ModelInfo("torch", "support", sha256)

    @property
    def info(self) -> ModelInfo:
        """See `SupportModel`."""
        return self._info

    @property
    def calibration(self) -> Calibration:
        """See `SupportModel`."""
        return self._calibration

    def read(self, pairs: Sequence[tuple[str, str]]) -> list[Reading]:
        """See `SupportModel`."""
        readings = []
        for (claim, _), (features, tokens) in zip(pairs, examined(pairs, self._scorer.support), strict=True):
            doubtful = doubtful_words(claim, tokens, self._calibration.doubtful_below)
            readings.append(Reading(self._calibration.support(features), doubtful))
        return readings

    def answering(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """See `SupportModel`."""
        return self._scorer.answering(pairs)


class WordSupport:
    """A `SupportModel` without a model: coverage of words alone, for tests and as a last resort."""

    @property
    def info(self) -> ModelInfo:
        """What identifies it."""
        return ModelInfo("words", "words")

    @property
    def calibration(self) -> Calibration:
        """The shipped thresholds would mean nothing here: what is mostly covered passes, and answers."""
        return Calibration(
            support=Logistic({}, 0.0),
            support_threshold=_WORD_DOUBT,
            gate_threshold=_WORD_DOUBT,
            doubtful_below=_WORD_DOUBT,
            least_coverage=0.6,
            least_subject=0.5,
            answer=Logistic({}, 5.0),
            answer_thresholds={"strict": 0.0, "balanced": 0.0, "lenient": 0.0},
            hopeless_below=-9.0,
            tells_from=0.0,
            provenance={},
        )

    def read(self, pairs: Sequence[tuple[str, str]]) -> list[Reading]:
        """The share of the claim's words that the evidence has."""
        return [Reading(coverage(claim, evidence)) for claim, evidence in pairs]

    def answering(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """The share of the question's words that the passage has, from -1 to 1."""
        return [2 * coverage(question, passage) - 1 for question, passage in pairs]


class TokenScore(NamedTuple):
    """A token of a claim: where it stands, and the probability that the evidence bears it out."""

    span: Span
    probability: float


class Found(NamedTuple):
    """The raw scores of a (claim, evidence) pair: the log-odds of support, and the score of each token of the claim."""

    logit: float
    tokens: tuple[TokenScore, ...]


Score = Callable[[Sequence[tuple[str, str]]], Sequence[Found]]
"""A network that gives the raw scores of each (claim, evidence)."""


def examined(
    pairs: Sequence[tuple[str, str]], score: Score
) -> Iterator[tuple[dict[str, float], tuple[TokenScore, ...]]]:
    """For each (claim, evidence) what the fused score is computed from, and the scores of the claim's tokens.

    Each sentence of a claim is read beside the part of the evidence that bears on it; a claim is as well borne out as
    the worst of its sentences.
    """
    spans = [list(split_sentences(claim)) or [Span(0, len(claim))] for claim, _ in pairs]
    parts = [
        (claim[span.start : span.end], focus(evidence, claim[span.start : span.end]))
        for (claim, evidence), found in zip(pairs, spans, strict=True)
        for span in found
    ]
    scored = iter(zip(parts, score(parts), strict=True))
    for found in spans:
        features: list[dict[str, float]] = []
        tokens: list[TokenScore] = []
        for span in found:
            (claim, evidence), one = next(scored)
            features.append(support_features(claim, evidence, one.logit, one.tokens))
            tokens += [
                TokenScore(Span(t.span.start + span.start, t.span.end + span.start), t.probability) for t in one.tokens
            ]
        worst = {name: _worst(name, [row[name] for row in features]) for name in features[0]}
        yield worst, tuple(tokens)


def speaks_against(feature: str) -> bool:
    """Whether more of ``feature`` means less support: it counts what is missing."""
    return feature.startswith(("unknown", "negation"))


def _worst(feature: str, values: Sequence[float]) -> float:
    return max(values) if speaks_against(feature) else min(values)


def support_features(claim: str, evidence: str, logit: float, tokens: Sequence[TokenScore]) -> dict[str, float]:
    """What the fused score is computed from."""
    telling = sorted(token.probability for token in tokens if _is_telling(claim[token.span.start : token.span.end]))
    lowest = (telling or [1.0])[: max(1, len(telling) // 4)]
    bounded = max(-_SUREST, min(_SUREST, logit))
    return {"logit": bounded, "low_tokens": sum(lowest) / len(lowest), **overlap_features(claim, evidence)}


def _is_telling(token: str) -> bool:
    return any(character.isalnum() for character in token) and fold(token) not in STOPWORDS


def doubtful_words(claim: str, tokens: Sequence[TokenScore], below: float) -> tuple[Span, ...]:
    """The words of ``claim`` of which a token is less probable than ``below``; neighbours are joined."""
    spans: list[Span] = []
    for token in tokens:
        if token.probability >= below or not any(c.isalnum() for c in claim[token.span.start : token.span.end]):
            continue
        start, end = token.span
        while start > 0 and claim[start - 1].isalnum():
            start -= 1
        while end < len(claim) and claim[end].isalnum():
            end += 1
        if spans and not claim[spans[-1].end : start].strip():
            spans[-1] = Span(spans[-1].start, max(end, spans[-1].end))
        else:
            spans.append(Span(start, end))
    return tuple(spans)


def check_manifest(folder: Path) -> str:
    """One SHA-256 for the model in ``folder``, every file of which is as the manifest says.

    Raises:
        HashMismatchError: one is not.
        ModelError: the manifest, or a file that it names, is not there.
    """
    try:
        manifest: dict[str, str] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        actual = {name: hash_file(folder / name) for name in manifest}
    except (OSError, ValueError) as error:
        raise ModelError(f"the model in {folder} is incomplete ({error}): install citewire again") from None
    for name, sha256 in manifest.items():
        if actual[name] != sha256:
            raise HashMismatchError(f"{folder / name} is not the file that was shipped: install citewire again")
    return combined_hash(actual)


def load_support(engine: str, device: str = "auto", threads: int = 0) -> SupportModel:
    """The support model: the trained one, or with ``engine`` ``fake`` the one by words alone."""
    if engine == "fake":
        return WordSupport()
    return TrainedSupport(device="cpu" if device == "auto" else device, threads=threads)
