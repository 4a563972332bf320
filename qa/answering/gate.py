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
        matches = self._best_spans(draft.text, hits)
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

    def _best_spans(self, sentence: str, hits: Sequence[Hit]) -> dict[int, _Match]:
        """The best matching span of each passage, by its number."""
        windows = [(mark, span) for mark, hit in enumerate(hits, start=1) for span in _windows(hit)]
        texts = [hits[mark - 1].passage.slice(span) for mark, span in windows]
        vectors = self._encode([sentence, *texts])
        similarities = vectors[1:] @ vectors[0]
        best: dict[int, _Match] = {}
        for (mark, span), text, similarity in zip(windows, texts, similarities, strict=True):
            match = _Match((coverage(sentence, text) + float(similarity)) / 2, mark, span)
            if mark not in best or match.score > best[mark].score + _handicap(match, best[mark]):
                best[mark] = match
        return best


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
