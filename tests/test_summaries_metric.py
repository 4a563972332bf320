"""Metrics of summaries, the arithmetic written out."""

import pytest

from qa.evaluation.metrics.speakers import Reported
from qa.evaluation.metrics.summaries import (
    attribution_preserved,
    first_words,
    loaded_of_words,
    rouge1_recall,
    told_as_fact,
    words_in,
)
from qa.evaluation.responses import Cited, Told
from qa.types import Span

SAID = [
    Reported((Span(10, 60),), "Sen. Ann Lee, a Democrat"),
    Reported((Span(100, 150),), "he"),
    Reported((Span(200, 250),), None),
]


def told(text, start, end, voice="reported"):
    return Told(text, (Cited("x" * (end - start), "a", start, end),), voice)


def test_attribution_is_kept_where_the_source_is_named():
    sentences = [
        told("Lee said that it fell.", 0, 60),  # 50 of 60 characters are hers, and she is named
        told("It fell.", 0, 60, "fact"),  # … and not
        told("Bo Carr said that it fell.", 0, 60),  # … and somebody else is
        told("It rained.", 60, 100, "fact"),  # nobody's words
        told("It rained.", 20, 140, "fact"),  # 40 + 40 of 120 are somebody's: Lee's and his
    ]
    assert attribution_preserved(sentences, SAID) == (1, 4)


def test_a_pronoun_or_nobody_is_kept_where_it_is_not_told_as_a_fact():
    sentences = [
        told("Bo Carr said so.", 100, 150),
        told("So it is.", 100, 150, "fact"),
        told("So it was said.", 200, 250),
    ]
    assert attribution_preserved(sentences, SAID) == (2, 3)


def test_half_is_enough_and_less_is_not():
    assert attribution_preserved([told("Lee said.", 0, 100)], SAID) == (1, 1)  # 50 / 100
    assert attribution_preserved([told("Lee said.", 0, 101)], SAID)[1] == 1  # 51 / 101, one of them his
    assert attribution_preserved([told("Lee said.", 60, 100)], SAID) == (0, 0)


def test_told_as_fact_of_all_sentences():
    sentences = [told("It fell.", 10, 60, "fact"), told("Lee said so.", 10, 60), told("It rained.", 60, 100, "fact")]
    assert told_as_fact(sentences, SAID) == (1, 3)
    assert told_as_fact([], SAID) == (0, 0)


def test_without_a_place_there_is_no_evidence():
    assert attribution_preserved([Told("x", (Cited("x"),), "fact")], SAID) == (0, 0)


def test_rouge_counts_each_word_as_often_as_it_is_there():
    # the, cat, sat, the, mat: "the" once of twice, "cat", "mat" = 3 of 5
    assert rouge1_recall("The cat on a mat.", "The cat sat: the mat!") == pytest.approx(3 / 5)
    assert rouge1_recall("", "a b") == 0
    assert rouge1_recall("a", "—") is None


def test_the_first_words():
    text = "One, two; three."
    assert (first_words(text, 2), words_in(text)) == ("One, two", 3)
    assert first_words(text, 9) == text
    assert first_words(text, 0) == ""


def test_loaded_words_of_words():
    assert loaded_of_words("A brutal man said “a brutal regime” won.") == (1, 5)
    assert loaded_of_words("") == (0, 0)
