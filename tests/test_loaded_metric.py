"""Finds of loaded words against what editors removed, the arithmetic written out."""

import pytest

from qa.evaluation.metrics.loaded import LoadedScore, removed_words, score_loaded
from qa.types import Span


def removed(before: str, after: str) -> list[str]:
    return [before[start:end] for start, end in removed_words(before, after)]


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("a dramatic step", "a step", ["dramatic"]),
        ("The regime fell.", "The government fell.", ["regime"]),
        ("he sadly and famously left", "he left", ["sadly", "and", "famously"]),
        ("a step", "a second step", []),  # what is added takes nothing out
        ("The end.", "the end!", []),  # neither case nor marks are words
        ("very very bad", "very bad", ["very"]),
        ("", "new", []),
    ],
)
def test_removed_words_are_those_that_an_edit_takes_out(before: str, after: str, words: list[str]) -> None:
    assert removed(before, after) == words


def of_words(*words: str):
    def find(text: str) -> list[Span]:
        return [Span(text.index(word), text.index(word) + len(word)) for word in words if word in text]

    return find


PAIRS = [
    ("a dramatic and costly step", "a costly step"),  # finds dramatic (right), costly (wrong)
    ("the regime fell", "the government fell"),  # finds nothing
    ("a costly war", "a long costly war"),  # nothing was removed; finds costly (wrong)
    ("a dramatic, brutal act", "an act"),  # finds dramatic (right); brutal counts for the same pair
]


def test_score_counts_pairs_and_finds() -> None:
    score = score_loaded(PAIRS, of_words("dramatic", "costly"))
    # pairs with a removed word: 1st, 2nd, 4th; hit: 1st, 4th; finds: 2 + 0 + 1 + 1; right: 1 + 0 + 0 + 1
    assert score == LoadedScore(pairs=3, hit=2, found=4, right=2)
    assert score.precision == pytest.approx(2 / 4)
    assert score.recall == pytest.approx(2 / 3)
    assert score.f1 == pytest.approx(2 * (2 / 4) * (2 / 3) / (2 / 4 + 2 / 3))


def test_a_find_counts_once_however_many_of_its_words_went() -> None:
    assert score_loaded([("he is the best of men", "he is a man")], of_words("the best of men")) == (1, 1, 1, 1)


def test_a_find_must_share_characters_with_a_removed_word() -> None:
    assert score_loaded([("sad end", "end")], lambda text: [Span(3, 7)]) == (1, 0, 1, 0)  # it begins where sad ends


def test_loaded_words_are_found_unless_another_way_is_given() -> None:
    # finds dramatic (removed) and claimed (kept)
    assert score_loaded([("he claimed that a dramatic step came", "he claimed that a step came")]) == (1, 1, 2, 1)


def test_nothing_is_not_zero() -> None:
    empty = score_loaded([])
    assert (empty.precision, empty.recall, empty.f1) == (None, None, None)
    missed = LoadedScore(pairs=2, hit=0, found=3, right=0)
    assert (missed.precision, missed.recall, missed.f1) == (0, 0, 0)
    assert LoadedScore(pairs=2).f1 is None


def test_scores_add_up() -> None:
    assert LoadedScore(1, 1, 2, 1).plus(LoadedScore(2, 0, 3, 1)) == (3, 1, 5, 2)
