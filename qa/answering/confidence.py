"""Does a sentence answer the question? Support is not relevance: a true sentence may answer something else.

Evidence for it comes from the answer network (does the passage answer the question), from the support model (are the
words of the question themselves borne out: a question with a false premise has words that no passage has), from what
the generator thought of refusing, and from retrieval. A fitted logistic model joins them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qa.models.support import SupportModel
from qa.text.overlap import share
from qa.text.words import content_stems
from qa.types import Hit, Sentence

_LEAST = 1e-3
# Nearness of quoted words plus the probability that they answer, beyond the threshold of the latter. Chosen on 63
# questions about who said what in 14 news articles: none of the 25 unanswerable ones came above 1.12 where the question
# asks who spoke, and above 0.5 where it names them. The second was placed with the seed questions in view as well.
_FITS = 1.17
_FITS_SPEAKER = 0.77
_NEARLY = 1.0  # log-odds: as good as the passage that the answer came from, on a subject that the network knows less


@dataclass(frozen=True, slots=True)
class Prospect:
    """What can be said of a question once its passages are known, before anything is drafted.

    ``answers[mark - 1]`` are the log-odds that the passage with that number answers the question.
    """

    question: str
    answers: tuple[float, ...]

    @property
    def best(self) -> float:
        """The highest log-odds of all."""
        return max(self.answers, default=-8.0)


class Confidence:
    """How probable it is that a sentence answers a question rightly; ``mode`` says how sure is sure enough."""

    def __init__(self, model: SupportModel, mode: str) -> None:
        self._model = model
        self._calibration = model.calibration
        self.threshold = self._calibration.answer_thresholds[mode]
        self.tells = self._calibration.tells_from

    def prospect(self, question: str, hits: Sequence[Hit]) -> Prospect:
        """What the answer network makes of ``hits``."""
        return Prospect(question, tuple(self._model.answering([(question, _text(hit)) for hit in hits])))

    def hopeless(self, prospect: Prospect) -> bool:
        """Whether no passage comes near to answering, so that nothing need be drafted."""
        return prospect.best < self._calibration.hopeless_below

    def tells_besides(self, sentence: Sentence, prospect: Prospect) -> float:
        """The log-odds from which another passage may have a version of its own of what ``sentence`` says.

        `tells`, or less where the passages that the sentence cites have hardly more themselves.
        """
        known = [prospect.answers[one.mark - 1] for one in sentence.citations if one.mark <= len(prospect.answers)]
        return min(self.tells, max(known) - _NEARLY) if known else self.tells

    def score(self, sentence: Sentence, prospect: Prospect, hits: Sequence[Hit], refusal: float | None) -> float:
        """The probability that ``sentence``, which cites ``hits``, answers the question rightly."""
        return self._calibration.answer(self.features(sentence, prospect, hits, refusal))

    def fits(self, nearness: float, score: float, *, speaker_known: bool) -> bool:
        """Whether words that somebody said are those asked for; less is needed where the question names the speaker.

        ``nearness`` tells how near they come to the question, ``score`` how probable it is that they answer it.
        """
        return nearness + score >= self.threshold + (_FITS_SPEAKER if speaker_known else _FITS)

    def features(
        self, sentence: Sentence, prospect: Prospect, hits: Sequence[Hit], refusal: float | None
    ) -> Mapping[str, float]:
        """What the probability is computed from; ``refusal`` is the generator's probability of refusing, if known."""
        question = prospect.question
        cited = [hits[mark - 1] for mark in dict.fromkeys(one.mark for one in sentence.citations)]
        passage = "\n".join(_text(hit) for hit in cited)
        quote = " ".join(" ".join(one.quote.split()) for one in sentence.citations)
        known = [prospect.answers[one.mark - 1] for one in sentence.citations if one.mark <= len(prospect.answers)]
        from_quote, from_passage = self._model.answering([(question, quote), (question, passage)])
        asked, both = self._model.read([(question, passage), (f"{question} {sentence.text}", passage)])
        stems = set(content_stems(question))
        said = set(content_stems(sentence.text))
        return {
            "support": _log_odds(sentence.support if sentence.support is not None else 0.5),
            "passage_answers": max([from_passage, *known]),
            "quote_answers": from_quote,
            "best_answers": max(prospect.best, from_passage),
            "question_support": _log_odds(asked.support),
            "question_doubts": float(min(4, len(asked.doubtful))),
            "joint_support": _log_odds(both.support),
            "joint_doubts": float(min(4, len(both.doubtful))),
            "refusal": math.log(max(_LEAST, refusal)) if refusal is not None else math.log(0.05),
            "retrieval": 100 * max(hit.score for hit in cited),
            "retrieval_behind": 100 * (max(hit.score for hit in hits) - max(hit.score for hit in cited)),
            "question_covered": share(stems, set(content_stems(f"{passage} {sentence.text}"))),
            "question_in_quote": share(stems, set(content_stems(quote))),
            "adds": min(1.0, len(said - stems) / 4),
        }


def _text(hit: Hit) -> str:
    return " ".join(hit.passage.text.split())


def _log_odds(probability: float) -> float:
    inside = min(1 - _LEAST, max(_LEAST, probability))
    return math.log(inside / (1 - inside))
