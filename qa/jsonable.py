"""The JSON forms that command line and API share; each function returns plain dicts, lists and scalars."""

from __future__ import annotations

import dataclasses
from typing import Any

from qa.types import Answer, Article, Comparison, Dropped, Hit, Sentence, SharedPoint, Side, Summary, SummarySentence

Json = dict[str, Any]


def answer_json(answer: Answer) -> Json:
    """The whole of an answer; the ``mark`` of a citation numbers ``passages``."""
    return {
        "question": answer.question,
        "abstained": answer.abstained,
        "reason": answer.reason,
        "message": answer.message,
        "score": answer.score,
        "disagreement": answer.disagreement,
        "quoted": answer.quoted,
        "sentences": [sentence_json(sentence) for sentence in answer.sentences],
        "passages": [passage_json(mark, hit) for mark, hit in enumerate(answer.hits, start=1)],
        "nearest": [dataclasses.asdict(citation) for citation in answer.nearest],
        "dropped": [dropped_json(dropped) for dropped in answer.dropped],
        "marks": answer.marks,
        "invalid_marks": answer.invalid_marks,
        "generator": dataclasses.asdict(answer.generator),
        "timings": dataclasses.asdict(answer.timings),
    }


def sentence_json(sentence: Sentence) -> Json:
    """A sentence with its citations."""
    return {
        "text": sentence.text,
        "support": sentence.support,
        "citations": [dataclasses.asdict(citation) for citation in sentence.citations],
    }


def dropped_json(dropped: Dropped) -> Json:
    """A withheld sentence, with the words that nothing bears out."""
    return {
        "text": dropped.text,
        "reason": dropped.reason,
        "support": dropped.support,
        "doubtful": [span._asdict() for span in dropped.doubtful],
        "borne_out": dropped.borne_out,
    }


def passage_json(mark: int, hit: Hit) -> Json:
    """A retrieved passage under its number."""
    passage = hit.passage
    return {
        "mark": mark,
        "article_id": passage.article_id,
        "title": hit.title,
        "start": passage.start,
        "end": passage.end,
        "text": passage.text,
        "score": hit.score,
    }


def article_json(article: Article, *, text: bool = False) -> Json:
    """An article's description, with its ``text`` where asked for."""
    described = {
        "id": article.id,
        "title": article.title,
        "source": article.source,
        "outlet": article.outlet,
        "author": article.author,
        "date": article.date,
        "words": article.words,
        "warnings": list(article.warnings),
    }
    return {**described, "text": article.text} if text else described


def summary_json(summary: Summary) -> Json:
    """The whole of a summary."""
    return {
        "article_ids": list(summary.article_ids),
        "sentences": [summary_sentence_json(sentence) for sentence in summary.sentences],
        "speakers": [
            {
                **dataclasses.asdict(one.speaker),
                "statements": [dataclasses.asdict(statement) for statement in one.statements],
            }
            for one in summary.speakers
        ],
        "own_claims": [dataclasses.asdict(claim) for claim in summary.own_claims],
        "loaded_words": {
            "source_per_100": summary.source_per_100,
            "summary_per_100": summary.summary_per_100,
            "items": [dataclasses.asdict(word) for word in summary.loaded_words],
        },
        "missing_voices": list(summary.missing_voices),
        "warnings": list(summary.warnings),
        "dropped": [dropped_json(dropped) for dropped in summary.dropped],
        "generator": dataclasses.asdict(summary.generator),
        "timings": dataclasses.asdict(summary.timings),
    }


def summary_sentence_json(sentence: SummarySentence) -> Json:
    """A sentence of a summary with its voice and its citations."""
    return {
        "text": sentence.text,
        "voice": sentence.voice,
        "support": sentence.support,
        "citations": [dataclasses.asdict(citation) for citation in sentence.citations],
    }


def comparison_json(comparison: Comparison) -> Json:
    """The whole of a comparison; the ``mark`` of a citation numbers ``article_ids``."""
    return {
        "article_ids": list(comparison.article_ids),
        "shared": [shared_point_json(point) for point in comparison.shared],
        "contradictions": [
            {
                "kind": one.kind,
                "disputed": one.disputed,
                "corrects": one.corrects,
                "sides": [side_json(side) for side in one.sides],
            }
            for one in comparison.contradictions
        ],
        "lone": [side_json(point.side) for point in comparison.lone],
        "reprints": [dataclasses.asdict(reprint) for reprint in comparison.reprints],
        "sentences": [summary_sentence_json(sentence) for sentence in comparison.sentences],
        "warnings": list(comparison.warnings),
        "dropped": [dropped_json(dropped) for dropped in comparison.dropped],
        "generator": dataclasses.asdict(comparison.generator),
        "timings": dataclasses.asdict(comparison.timings),
    }


def shared_point_json(point: SharedPoint) -> Json:
    """A shared point with all its sides."""
    return {"independent": point.independent, "sides": [side_json(side) for side in point.sides]}


def side_json(side: Side) -> Json:
    """What one article says to a point; ``marked`` are article offsets."""
    return {**dataclasses.asdict(side), "marked": [span._asdict() for span in side.marked]}
