"""The gate: a drafted sentence is shown only with words of an article that bear it out.

`LexicalGate` judges by words and by the similarity of embeddings, and corrects the model's marks by evidence. A trained
support model can take the same seat.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from qa.answering.checks import coverage, subject_objection, word_objection
from qa.answering.drafts import Draft
from qa.text.utterances import whole_utterance
from qa.types import Citation, Dropped, Hit, Sentence, Span

Encode = Callable[[Sequence[str]], NDArray[np.float32]]

RECITE_MARGIN = 0.15  # how much better another passage must match before it replaces the one the model named
MOST_EMBEDDED = 8  # windows compared by embedding, those of the named passages aside
SECOND_SENTENCE_GAIN = 0.1  # how much better two sentences must match before both are quoted


class Gate(Protocol):
    """Decides whether a drafted sentence may be shown, and with which citations."""

    def judge(self, draft: Draft, question: str, hits: Sequence[Hit]) -> Sentence | Dropped:
        """The sentence with its citations into ``hits``, or why it is withheld."""
        ...


class _Match(NamedTuple):
    """How well a span of the passage with number ``mark`` matches a sentence."""

    score: float
    mark: int
    span: Span


class LexicalGate:
    """A gate by word overlap and embedding similarity; ``encode`` returns unit vectors (n, dimension)."""

    def __init__(self, encode: Encode) -> None:
        self._encode = encode

    def judge(self, draft: Draft, question: str, hits: Sequence[Hit]) -> Sentence | Dropped:
        """The sentence, cited by evidence rather than as the model marked it, or why it is withheld."""
        if not draft.marks:
            return Dropped(draft.text, "it cites no passage")
        matches = self._best_spans(draft, hits)
        cited = [matches[mark] for mark in draft.marks]
        best = max(matches.values())
        if best.score > max(match.score for match in cited) + RECITE_MARGIN:
            cited = [best]
        reason = _objection(draft.text, question, cited, hits)
        if reason is not None and best not in cited:
            cited = [best]
            reason = _objection(draft.text, question, cited, hits)
        if reason is not None:
            return Dropped(draft.text, reason)
        return Sentence(draft.text, tuple(_citation(match, hits[match.mark - 1]) for match in cited))

    def _best_spans(self, draft: Draft, hits: Sequence[Hit]) -> dict[int, _Match]:
        """The best matching span of each passage that the draft names, and of others that come near it, by number."""
        windows = [
            _Match(coverage(draft.text, hit.passage.slice(span)), mark, span)
            for mark, hit in enumerate(hits, 1)
            for span in _windows(hit)
        ]
        chosen = _worth_embedding(windows, draft.marks)
        texts = [hits[match.mark - 1].passage.slice(match.span) for match in chosen]
        vectors = self._encode([draft.text, *texts])
        best: dict[int, _Match] = {}
        for match, similarity in zip(chosen, vectors[1:] @ vectors[0], strict=True):
            match = match._replace(score=(match.score + float(similarity)) / 2)
            if match.mark not in best or match.score > best[match.mark].score + _handicap(match, best[match.mark]):
                best[match.mark] = match
        return best


def _worth_embedding(windows: Sequence[_Match], marks: Sequence[int]) -> list[_Match]:
    """The windows that share most words with the draft, and two of each passage in ``marks``, in the order given.

    Embedding every window of a long conversation would take longer than writing the sentence.
    """
    ranked = sorted(windows, key=lambda match: -match.score)
    chosen = set(ranked[:MOST_EMBEDDED])
    for mark in marks:
        chosen.update([match for match in ranked if match.mark == mark][:2])
    return [match for match in windows if match in chosen]


def _windows(hit: Hit) -> Iterator[Span]:
    """Every sentence of the passage, then every two neighbouring ones as one span."""
    sentences = hit.passage.sentences
    yield from sentences
    for first, second in pairwise(sentences):
        yield Span(first.start, second.end)


def _handicap(match: _Match, best: _Match) -> float:
    """What ``match`` must have over ``best``: a second sentence has to earn its place beside the first."""
    widens = match.span.start <= best.span.start and best.span.end <= match.span.end
    return SECOND_SENTENCE_GAIN if widens else 0.0


def _citation(match: _Match, hit: Hit) -> Citation:
    start, end = whole_utterance(match.span, hit.passage)
    return Citation(
        mark=match.mark,
        article_id=hit.passage.article_id,
        title=hit.title,
        start=start,
        end=end,
        quote=hit.passage.slice(Span(start, end)),
    )


def _objection(sentence: str, question: str, cited: Sequence[_Match], hits: Sequence[Hit]) -> str | None:
    """Why the passages ``cited`` do not bear out ``sentence`` as an answer, in one line; ``None`` where they do."""
    evidence = [hits[match.mark - 1] for match in cited]
    articles = {hit.passage.article_id for hit in evidence}
    around = [hit for hit in hits if hit.passage.article_id in articles]
    return word_objection(sentence, question, _text(evidence)) or subject_objection(sentence, question, _text(around))


def _text(hits: Sequence[Hit]) -> str:
    return "\n".join(f"{hit.title}\n{hit.passage.text}" for hit in hits)
