"""Where no answer is given: the words of the articles that come nearest to one, for the reader to judge."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qa.answering.evidence import citation, windows
from qa.models.embedder import Embedder
from qa.text.overlap import share
from qa.text.words import content_stems
from qa.types import Citation, Hit

MOST_OFFERED = 2
# Weights of the shared words, of the likeness of vectors, and of the passage's log-odds, beside the retrieval score in
# hundredths: chosen on 200 answerable development questions, where the first sentence was a gold one for three of four,
# and one of the first two for six of seven.
_WORDS = 4.0
_LIKENESS = 4.0
_PASSAGE = 0.5
_FEWEST_WORDS = 4


def nearest_words(
    question: str, hits: Sequence[Hit], answers: Sequence[float], embedder: Embedder
) -> tuple[Citation, ...]:
    """The sentences of ``hits`` that come nearest to answering ``question``, best first, at most `MOST_OFFERED`.

    ``answers`` are the log-odds that a passage answers it, for as many of ``hits`` as are known.
    """
    found = [
        window
        for mark, hit in enumerate(hits, start=1)
        for window in windows(mark, hit)
        if window.sentences == 1 and len(content_stems(window.text)) >= _FEWEST_WORDS
    ]
    if not found:
        return ()
    vectors = np.asarray(embedder.encode([question, *(window.text for window in found)]))
    asked = set(content_stems(question))
    known = [*answers, *[0.0] * (len(hits) - len(answers))]

    def nearness(place: int) -> float:
        window = found[place]
        words = share(asked, set(content_stems(window.text)))
        likeness = float(vectors[place + 1] @ vectors[0])
        passage = _PASSAGE * known[window.mark - 1] + 100 * hits[window.mark - 1].score
        return _WORDS * words + _LIKENESS * likeness + passage

    best = sorted(range(len(found)), key=nearness, reverse=True)[:MOST_OFFERED]
    return tuple(dict.fromkeys(citation(found[place], hits[found[place].mark - 1], None) for place in best))
