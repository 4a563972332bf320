"""Where no draft is borne out: the sentence of an article that comes nearest to answering, in its own words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qa.answering.evidence import Window, citation, windows
from qa.models.embedder import Embedder
from qa.text.overlap import share
from qa.text.words import content_stems
from qa.types import Hit, Sentence

# Weights of the shared words, of the likeness of vectors, and of the passage's log-odds, beside the retrieval score in
# hundredths: chosen on development questions, where the first sentence was a gold one for 79 and 71 of 100.
_WORDS = 4.0
_LIKENESS = 4.0
_PASSAGE = 0.5
_FEWEST_WORDS = 4
_DOUBLE_QUOTES = frozenset('“”"«»„')


def quotation(question: str, hits: Sequence[Hit], answers: Sequence[float], embedder: Embedder) -> Sentence | None:
    """The likeliest sentence of ``hits`` as a quotation of itself; ``None`` where they have no whole sentence.

    ``answers`` are the log-odds that each passage answers the question.
    """
    found = [
        window
        for mark, hit in enumerate(hits, start=1)
        for window in windows(mark, hit)
        if window.sentences == 1 and len(content_stems(window.text)) >= _FEWEST_WORDS
    ]
    if not found:
        return None
    vectors = np.asarray(embedder.encode([question, *(window.text for window in found)]))
    asked = set(content_stems(question))

    def likelihood(place: int) -> float:
        window = found[place]
        hit = hits[window.mark - 1]
        words = share(asked, set(content_stems(window.text)))
        likeness = float(vectors[place + 1] @ vectors[0])
        return _WORDS * words + _LIKENESS * likeness + _PASSAGE * answers[window.mark - 1] + 100 * hit.score

    best = found[max(range(len(found)), key=likelihood)]
    return _quoted(best, hits[best.mark - 1])


def _quoted(window: Window, hit: Hit) -> Sentence:
    """The words of ``window`` in quotation marks, unless they bring some; what is quoted is borne out by itself."""
    text = window.text if _DOUBLE_QUOTES & set(window.text) else f"“{window.text}”"
    return Sentence(text, (citation(window, hit, 1.0),), 1.0, verbatim=True)
