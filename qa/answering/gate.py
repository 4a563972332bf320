"""The gate: a drafted sentence is shown only with words of an article that bear it out.

What the model marked is a hint. The evidence is looked for in the passages that it named, then in all that it read,
then in the others that were found; the smallest run of sentences that a trained model holds for support, and to which
the checks do not object, becomes the citation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from qa.answering.checks import subject_objection, word_objection
from qa.answering.drafts import Draft
from qa.answering.evidence import Window, citation, likely_windows, names_of
from qa.models.support import Reading, SupportModel
from qa.text.names import divided_name
from qa.text.overlap import is_extract
from qa.types import Citation, Dropped, Hit, Sentence

MOST_READ = 6  # windows of each group of passages that the support model reads
WIDER_COSTS = 0.04  # support that each further sentence of a window must add


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of a draft, and the numbers of the passages that come nearest to bearing it out, best first."""

    verdict: Sentence | Dropped
    nearest: tuple[int, ...] = ()


class Gate:
    """Decides whether a drafted sentence may be shown, and with which citations; usable from several threads."""

    def __init__(self, model: SupportModel) -> None:
        self._model = model
        self._calibration = model.calibration

    def judge(
        self, draft: Draft, question: str, hits: Sequence[Hit], shown: int | None = None, alone: int | None = None
    ) -> Judged:
        """The sentence, cited by evidence into ``hits``, or why it is withheld.

        The model that wrote ``draft`` read the first ``shown`` of ``hits``; ``alone`` is the number of the only passage
        that the sentence may rest on, if it may not rest on any.
        """
        if not draft.marks:
            return Judged(Dropped(draft.text, "it cites no passage"))
        best: tuple[Window, Reading] | None = None
        objections: list[str] = []
        for marks in [[alone]] if alone else _stages(draft, len(hits), shown):
            read = self._read(draft.text, hits, marks)
            for window, reading in read:
                if best is None or reading.support > best[1].support:
                    best = (window, reading)
                if reading.support < self._least(draft.text, window):
                    continue
                objection = self._objection(draft.text, question, [window], hits)
                if objection is None:
                    return Judged(_sentence(draft.text, [(window, reading)], hits), (window.mark,))
                objections.append(objection)
            together = self._together(draft.text, question, hits, read)
            if together is not None:
                return Judged(together, tuple(c.mark for c in together.citations))
        if best is None:
            return Judged(Dropped(draft.text, "there is no passage that it could rest on"))
        window, reading = best
        objection = objections[0] if objections else self._objection(draft.text, question, [window], hits)
        reason = objection or "its words are in the passage, but the passage does not bear it out"
        return Judged(Dropped(draft.text, reason, reading.support, reading.doubtful), (window.mark,))

    def vouched(self, text: str, words: str, citations: Sequence[Citation]) -> Sentence | None:
        """``text`` with the ``citations`` it was made of, if the model finds the ``words`` in it borne out by them."""
        (reading,) = self._model.read([(words, " ".join(" ".join(one.quote.split()) for one in citations))])
        if reading.support < self._calibration.support_threshold:
            return None
        cited = tuple(replace(one, support=reading.support) for one in citations)
        return Sentence(text, cited, reading.support)

    def _least(self, claim: str, window: Window) -> float:
        """The support that ``claim`` needs: less where it only leaves words of ``window`` out."""
        limits = self._calibration
        return limits.support_threshold if is_extract(claim, window.text) else limits.gate_threshold

    def _read(self, claim: str, hits: Sequence[Hit], marks: Iterable[int]) -> list[tuple[Window, Reading]]:
        """The likeliest windows of the passages ``marks`` as the model reads them, best first, short ones preferred."""
        likely = likely_windows(claim, hits, marks, MOST_READ)
        readings = self._model.read([(claim, window.text) for window in likely])
        pairs = list(zip(likely, readings, strict=True))
        return sorted(pairs, key=lambda pair: WIDER_COSTS * (pair[0].sentences - 1) - pair[1].support)

    def _together(
        self, claim: str, question: str, hits: Sequence[Hit], read: Sequence[tuple[Window, Reading]]
    ) -> Sentence | None:
        """The sentence borne out by the best windows of two passages together, where neither does alone."""
        firsts: dict[int, Window] = {}
        for window, _ in read:
            firsts.setdefault(window.mark, window)
        if len(firsts) < 2:
            return None
        pair = sorted(list(firsts.values())[:2], key=lambda window: window.mark)
        if divided_name(claim, [question, *(f"{hits[one.mark - 1].title}\n{one.text}" for one in pair)]) is not None:
            return None
        if self._objection(claim, question, pair, hits) is not None:
            return None
        (reading,) = self._model.read([(claim, " ".join(window.text for window in pair))])
        if reading.support < self._calibration.gate_threshold:
            return None
        return _sentence(claim, [(window, reading) for window in pair], hits)

    def _objection(self, claim: str, question: str, cited: Sequence[Window], hits: Sequence[Hit]) -> str | None:
        """Why the words ``cited`` do not bear out ``claim`` as an answer, in one line; ``None`` where they do."""
        quoted = [citation(window, hits[window.mark - 1], None) for window in cited]
        text = "\n".join(f"{one.title}\n{one.quote}" for one in quoted)
        articles = {one.article_id for one in quoted}
        around = [hit for hit in hits if hit.passage.article_id in articles]
        about = "\n".join(f"{hit.title}\n{hit.passage.text}" for hit in around)
        limits = self._calibration
        return word_objection(claim, question, text, limits.least_coverage, names_of(hits)) or subject_objection(
            claim, question, about, limits.least_subject
        )


def _stages(draft: Draft, hits: int, shown: int | None) -> Iterator[list[int]]:
    """The numbers of the passages to look in: those that the draft names, then those it was written from, then all."""
    named = [mark for mark in draft.marks if mark <= hits]
    read = [mark for mark in range(1, (hits if shown is None else shown) + 1) if mark not in named]
    rest = [mark for mark in range(1, hits + 1) if mark not in named and mark not in read]
    yield from (marks for marks in (named, read, rest) if marks)


def _sentence(text: str, evidence: Sequence[tuple[Window, Reading]], hits: Sequence[Hit]) -> Sentence:
    citations = tuple(citation(window, hits[window.mark - 1], reading.support) for window, reading in evidence)
    return Sentence(text, citations, min(reading.support for _, reading in evidence))
