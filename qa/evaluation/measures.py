"""The catalogue of metrics."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence

from qa.evaluation import article_measures
from qa.evaluation.measure import Measure, Row, Scored
from qa.evaluation.metrics import answers, citations, ranking
from qa.evaluation.pooling import aurc, auroc, balanced, by_set, mean, one_by_one, percentile, ratio


def is_right(scored: Scored) -> bool | None:
    """Whether a response that answers is right: it cites gold evidence, or else holds a gold answer.

    Any answer to what cannot be answered is wrong; ``None`` where nothing is answered or nothing is known.
    """
    case, response = scored.case, scored.response
    if not response.answered:
        return None
    if not case.answerable:
        return False
    if case.evidence:
        return any(citations.is_right(cited, case.evidence) for cited in response.citations)
    return answers.holds_answer(response.text, case.answers) if case.answers else None


def fault(scored: Scored, measures: Sequence[str]) -> str | None:
    """What went wrong with a case, in a few words, as far as ``measures`` look; ``None`` where nothing did."""
    case, response = scored.case, scored.response
    if response.error is not None:
        return "failed"
    if set(measures) <= set(RETRIEVAL):
        touched = any(ranking.found_groups(response.retrieved or (), case.evidence))
        return "the evidence is not found" if case.evidence and not touched else None
    if set(measures) <= {*SPEECH, *SUMMARIES}:
        return article_measures.fault(scored)
    supporting = set(measures) <= set(SUPPORT)
    if response.answered is not case.answerable:
        if supporting:
            return "held for supported" if response.answered else "not held for supported"
        return "answered what the articles do not say" if response.answered else "not answered"
    if supporting or is_right(scored) is not False:
        return None
    return "the evidence is not cited" if case.evidence else "it holds no accepted answer"


def _answered(scored: Scored) -> bool:
    return scored.case.answerable and scored.response.answered


def _cited(of: Callable[..., float | None]) -> Callable[[Scored], Row | None]:
    def row(scored: Scored) -> Row | None:
        if not _answered(scored) or not scored.case.evidence:
            return None
        return _row(of(scored.response.citations, scored.case.evidence))

    return row


def _said(of: Callable[..., float | None]) -> Callable[[Scored], Row | None]:
    def row(scored: Scored) -> Row | None:
        return _row(of(scored.response.text, scored.case.answers)) if _answered(scored) else None

    return row


def _retrieved(of: Callable[..., float | None], *more: int) -> Callable[[Scored], Row | None]:
    def row(scored: Scored) -> Row | None:
        retrieved, evidence = scored.response.retrieved, scored.case.evidence
        if retrieved is None or not evidence:
            return None
        return _row(of(ranking.found_groups(retrieved, evidence), len(evidence), *more))

    return row


def _part(part: citations.Part | None) -> Row | None:
    """A part of a whole, if there is a whole."""
    return part if part is not None and part[1] else None


def _field(name: str) -> Callable[[Scored], Row | None]:
    return lambda scored: _row(getattr(scored.response, name))


def _row(value: float | None) -> Row | None:
    return None if value is None else (float(value),)


def _gold_hit(scored: Scored) -> Row | None:
    return _row(citations.gold_hit(scored.response.citations, scored.case.answers)) if _answered(scored) else None


def _offered(scored: Scored) -> Row | None:
    case, nearest = scored.case, scored.response.nearest
    if not case.evidence or scored.response.answered or nearest is None:
        return None
    return (float(any(citations.is_right(cited, case.evidence) for cited in nearest)),)


def _marks(scored: Scored) -> Row | None:
    response = scored.response
    if response.marks is None or response.invalid_marks is None:
        return None
    return _part((response.invalid_marks, response.marks))


def _kept(scored: Scored) -> bool:
    """Whether the decision to answer or not was right; a case that failed is never right."""
    return scored.response.error is None and scored.response.answered is scored.case.answerable


def _asked(scored: Scored) -> Row:
    return float(scored.case.answerable), float(_kept(scored) is scored.case.answerable)


def _separated(scored: Scored) -> Row | None:
    score = scored.response.score
    return None if score is None else (float(scored.case.answerable), score)


def _set_of(scored: Scored) -> float:
    """A number for the set that a pair is from, the same in every run."""
    return float(zlib.crc32(scored.case.kind.encode()))


def _surety(scored: Scored) -> Row | None:
    right, score = is_right(scored), scored.response.score
    return None if right is None or score is None else (score, float(right))


def _alce(name: str) -> Callable[[Scored], Row | None]:
    return lambda scored: _row(getattr(scored.alce, name)) if scored.alce and _answered(scored) else None


MEASURES: tuple[Measure, ...] = (
    Measure(
        "citation_precision",
        "Citation precision",
        "of the passages cited, the share that touches words a person marked as evidence for the answer",
        _cited(citations.citation_precision),
        mean,
        "Citations",
    ),
    Measure(
        "citation_recall",
        "Citation recall",
        "of the pieces of evidence that a full answer needs, the share that the answer cites",
        _cited(citations.citation_recall),
        mean,
        "Citations",
    ),
    Measure(
        "gold_hit",
        "Gold-hit",
        "the share of answers with a quotation in which the right short answer stands word for word",
        _gold_hit,
        mean,
        "Citations",
    ),
    Measure(
        "exact_quotes",
        "Exact quotes",
        "the share of quotations that are, letter for letter, what stands at that place of the article; must be 100 %",
        lambda scored: _part(citations.exact_quotes(scored.response.citations, scored.texts)),
        ratio,
        "Citations",
    ),
    Measure(
        "invalid_marks",
        "Invalid marks",
        "of the citation marks that the model wrote, the share that names no passage it was shown",
        _marks,
        ratio,
        "Citations",
        less_is_better=True,
    ),
    Measure(
        "uncited_sentences",
        "Uncited sentences",
        "the share of sentences shown without any citation",
        lambda scored: _part(citations.uncited_sentences(scored.response.sentences)),
        ratio,
        "Citations",
        less_is_better=True,
    ),
    Measure(
        "speaker_accuracy",
        "Speaker accuracy",
        "of the right quotations that name a speaker, the share that names the right one",
        lambda scored: _part(
            citations.right_speakers(scored.response.citations, scored.case.evidence, scored.case.speaker)
        ),
        ratio,
        "Citations",
    ),
    Measure(
        "alce_recall",
        "ALCE citation recall",
        "the share of sentences that their citations bear out together, as a model judges it",
        _alce("recall"),
        mean,
        "Judged by a model",
    ),
    Measure(
        "alce_precision",
        "ALCE citation precision",
        "the share of citations that are needed or suffice to bear their sentence out, as a model judges it",
        _alce("precision"),
        mean,
        "Judged by a model",
    ),
    Measure(
        "short_answer_recall",
        "Short-answer recall",
        "the share of answers that hold an accepted short answer",
        _said(answers.short_answer_recall),
        mean,
        "Answers",
    ),
    Measure(
        "exact_match",
        "Exact match",
        "the share of answers that are an accepted short answer and nothing else, as SQuAD counts it",
        _said(answers.exact_match),
        mean,
        "Answers",
    ),
    Measure(
        "f1",
        "F1",
        "how far the words of the answer are those of an accepted short answer; whole sentences score low by nature",
        _said(answers.token_f1),
        mean,
        "Answers",
    ),
    Measure(
        "sensitivity",
        "Answered where it could be",
        "of the questions that the articles answer, the share that was answered (sensitivity)",
        lambda scored: (float(_kept(scored)),) if scored.case.answerable else None,
        mean,
        "Abstention",
    ),
    Measure(
        "specificity",
        "Silent where it should be",
        "of the questions that the articles do not answer, the share that was not answered (specificity)",
        lambda scored: None if scored.case.answerable else (float(_kept(scored)),),
        mean,
        "Abstention",
    ),
    Measure(
        "balanced_accuracy",
        "Balanced accuracy",
        "the mean of the shares answered and withheld rightly: a half is no better than a coin",
        _asked,
        balanced,
        "Abstention",
    ),
    Measure(
        "auroc",
        "AUROC, all pairs together",
        "how often a supported claim scores higher than one that is not; half means no better than a coin",
        _separated,
        one_by_one(auroc),
        "Support",
    ),
    Measure(
        "auroc_mean",
        "AUROC, mean of the sets",
        "the same for each set of pairs alone, averaged: no set gains by being easier than another",
        lambda scored: None if (row := _separated(scored)) is None else (_set_of(scored), *row),
        one_by_one(by_set(auroc)),
        "Support",
    ),
    Measure(
        "balanced_accuracy_mean",
        "Balanced accuracy, mean of the sets",
        "the mean of the shares held and not held for supported rightly, for each set of pairs alone, averaged",
        lambda scored: (_set_of(scored), *_asked(scored)),
        one_by_one(by_set(lambda table: float(balanced(table)))),
        "Support",
    ),
    Measure(
        "offered_right",
        "Evidence offered instead",
        "of the questions not answered though they could be, the share where the words offered instead are evidence",
        _offered,
        mean,
        "Abstention",
    ),
    Measure(
        "aurc",
        "AURC",
        "how much is wrong among the answers the system is surest of, averaged over how many one takes",
        _surety,
        aurc,
        "Abstention",
        less_is_better=True,
    ),
    Measure(
        "answered_right",
        "Answers that are right",
        "of all answers given, also to what cannot be answered, the share that cites gold evidence",
        lambda scored: _row(is_right(scored)),
        mean,
        "Abstention",
    ),
    *(
        Measure(
            f"recall_at_{k}",
            f"Retrieval recall@{k}",
            "of the pieces of evidence, the share found in the first " + (f"{k} passages" if k > 1 else "passage"),
            _retrieved(ranking.recall_at, k),
            mean,
            "Retrieval",
        )
        for k in (1, 3, 8)
    ),
    Measure(
        "mrr",
        "MRR@10",
        "1 / the rank of the first passage with evidence, averaged",
        _retrieved(ranking.reciprocal_rank),
        mean,
        "Retrieval",
    ),
    Measure(
        "ndcg",
        "nDCG@10",
        "how near the ranking of the first ten passages is to the best one, early ranks counting most",
        _retrieved(ranking.ndcg),
        mean,
        "Retrieval",
    ),
    *article_measures.SPEECH,
    *article_measures.SUMMARIES,
    Measure(
        "dropped",
        "Sentences withheld",
        "drafted sentences per question that no passage bore out, or that did not answer",
        _field("dropped"),
        mean,
        "Cost",
        unit="count",
        less_is_better=True,
    ),
    Measure(
        "first_sentence_p50",
        "Time to the first sentence, median",
        "half of the first sentences were on screen within this time",
        _field("first_sentence_seconds"),
        percentile(50),
        "Cost",
        unit="seconds",
        less_is_better=True,
    ),
    Measure(
        "latency_p50",
        "Time, median",
        "half of the questions were done within this time",
        _field("seconds"),
        percentile(50),
        "Cost",
        unit="seconds",
        less_is_better=True,
    ),
    Measure(
        "latency_p95",
        "Time, 95th percentile",
        "19 of 20 questions were done within this time",
        _field("seconds"),
        percentile(95),
        "Cost",
        unit="seconds",
        less_is_better=True,
    ),
    Measure(
        "output_tokens",
        "Tokens written",
        "tokens that the model wrote for a question, drafts withheld among them",
        _field("output_tokens"),
        mean,
        "Cost",
        unit="count",
        less_is_better=True,
    ),
)

SUPPORT = (
    "auroc",
    "auroc_mean",
    "balanced_accuracy_mean",
    "sensitivity",
    "specificity",
    "balanced_accuracy",
    "latency_p50",
    "latency_p95",
)
"""What is measured of the support model alone; the "questions" are claims, and "answered" means accepted."""

RETRIEVAL = ("recall_at_1", "recall_at_3", "recall_at_8", "mrr", "ndcg", "latency_p50", "latency_p95")
"""What is measured of retrieval alone."""

ANSWERING = tuple(measure.name for measure in MEASURES if measure.group not in ("Support", *article_measures.GROUPS))
"""What is measured of whole answers."""

SPEECH = (*(measure.name for measure in article_measures.SPEECH), "latency_p50", "latency_p95")
"""What is measured of the reading of reported speech."""

SUMMARIES = (
    "exact_quotes",
    "uncited_sentences",
    "alce_recall",
    "alce_precision",
    *(measure.name for measure in article_measures.SUMMARIES),
    "dropped",
    "first_sentence_p50",
    "latency_p50",
    "latency_p95",
    "output_tokens",
)
"""What is measured of neutral summaries."""

BY_NAME = {measure.name: measure for measure in MEASURES}
