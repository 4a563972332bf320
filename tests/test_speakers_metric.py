"""Speakers and content against annotations, the arithmetic written out."""

from qa.evaluation.metrics.speakers import (
    Reported,
    SpeakerScore,
    matched,
    overlap,
    same_head,
    score_kinds,
    score_speakers,
)
from qa.types import Span


def at(start, end, source=None):
    return Reported((Span(start, end),), source)


def test_overlap_is_a_share_of_the_longer():
    assert overlap([Span(0, 10)], [Span(5, 10)]) == 5 / 10
    assert overlap([Span(0, 4), Span(8, 12)], [Span(2, 10)]) == (2 + 2) / 8
    assert overlap([Span(0, 4)], [Span(4, 8)]) == 0
    assert overlap([], []) == 0


def test_each_is_matched_once_and_the_best_first():
    found, gold = [at(0, 10), at(0, 8)], [at(0, 9)]
    assert matched(found, gold) == [(0, 0)]  # 9/10 beats 8/9? 0.900 > 0.889


def test_counts():
    found = [at(0, 10, "he"), at(20, 30, "Sen. Ann Lee"), at(50, 60, None)]
    gold = [at(0, 10, "Bo Carr"), at(20, 28, "Lee"), at(80, 90, "x")]
    score = score_speakers(found, gold)
    assert score == SpeakerScore(gold=3, found=3, right=2, sourced=2, right_source=1)
    assert score.precision == 2 / 3
    assert score.recall == 2 / 3
    assert score.f1 == 2 * 2 / (3 + 3)
    assert score.speaker_accuracy == 1 / 2
    assert score.plus(score).right == 4


def test_nothing_is_not_zero():
    empty = score_speakers([], [])
    assert (empty.precision, empty.recall, empty.f1, empty.speaker_accuracy) == (None, None, None, None)


def test_heads():
    assert same_head("Ann Lee, a Democrat", "Lee")
    assert not same_head("Ann Lee", None)


def test_kinds_apart():
    def of(start, end, kind, source="x"):
        return Reported((Span(start, end),), source, kind)

    found = [of(0, 10, "mixed"), of(20, 30, "indirect"), of(50, 60, "direct")]
    gold = [of(0, 10, "direct"), of(20, 30, "indirect", "y")]
    scores = score_kinds(found, gold)
    # the first counts for the kind of the gold that it matches, the third for its own
    assert scores["direct"] == SpeakerScore(gold=1, found=2, right=1, sourced=1, right_source=1)
    assert scores["indirect"] == SpeakerScore(gold=1, found=1, right=1, sourced=1, right_source=0)
    assert scores["mixed"] == SpeakerScore()
    assert scores[""] == score_speakers(found, gold)
