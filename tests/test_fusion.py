"""Reciprocal rank fusion, with the arithmetic written out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.library.fusion import RRF_K, reciprocal_rank_fusion


def test_scores_are_sums_of_reciprocal_ranks() -> None:
    fused = reciprocal_rank_fusion([[7, 8, 9], [8, 5]], k=60)
    assert fused == [
        (8, pytest.approx(1 / 62 + 1 / 61)),  # second of the one, first of the other
        (7, pytest.approx(1 / 61)),
        (5, pytest.approx(1 / 62)),
        (9, pytest.approx(1 / 63)),
    ]


def test_the_house_constant_is_used_where_none_is_given() -> None:
    assert reciprocal_rank_fusion([[1]]) == [(1, 1 / (RRF_K + 1))]


def test_agreement_beats_one_first_place() -> None:
    # item 2: 1/12 + 1/12 = 0.167; item 1: 1/11 = 0.091
    assert reciprocal_rank_fusion([[1, 2], [3, 2]], k=10)[0] == (2, pytest.approx(2 / 12))


def test_ties_go_to_the_smaller_item() -> None:
    assert [item for item, _ in reciprocal_rank_fusion([[4], [3], [5]])] == [3, 4, 5]


@pytest.mark.parametrize("rankings", [[], [[]], [[], []]])
def test_nothing_ranked_gives_nothing(rankings: list[list[int]]) -> None:
    assert reciprocal_rank_fusion(rankings) == []


@given(st.lists(st.lists(st.integers(0, 20), unique=True, max_size=10), max_size=4))
def test_every_item_is_there_once_best_first(rankings: list[list[int]]) -> None:
    fused = reciprocal_rank_fusion(rankings)
    assert sorted(item for item, _ in fused) == sorted({item for ranking in rankings for item in ranking})
    assert [score for _, score in fused] == sorted((score for _, score in fused), reverse=True)
