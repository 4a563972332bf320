"""Which passages are shown: whole, within the budget, and in place from one question to the next."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.answering.context import FOLLOW_UP_GROWTH, FOLLOW_UP_NEW, choose_passages
from qa.answering.prompts import numbered_passages
from qa.types import Hit, Passage, Span


def count_words(texts):
    return [len(text.split()) for text in texts]


def hit(place, words=10, article="a", title="Title", score=1.0):
    """A passage of ``words`` words, the ``place``-th of its article."""
    text = " ".join([f"{article}{place}", *["word"] * (words - 1)])
    start = 10_000 * place
    return Hit(Passage(article, start, start + len(text), text, (Span(start, start + len(text)),)), title, score)


def choose(hits, shown=(), budget=100, room=None):
    return choose_passages(hits, shown, count_tokens=count_words, budget=budget, room=room)


def names(hits):
    return [one.passage.text.split()[0] for one in hits]


def test_a_first_question_gets_the_best_that_fit_in_article_order():
    assert names(choose([hit(3), hit(1), hit(2, article="b"), hit(0)], budget=30)) == ["a1", "a3", "b2"]


def test_passages_are_dropped_from_the_tail_and_never_cut():
    chosen = choose([hit(0, 10), hit(1, 15), hit(2, 10), hit(3, 5)], budget=30)  # 10 + 15, and 10 more are too many
    assert names(chosen) == ["a0", "a1"]
    assert [len(one.passage.text.split()) for one in chosen] == [10, 15]


@pytest.mark.parametrize("budget", [-50, 0, 5])
def test_the_best_passage_is_always_shown(budget):
    assert names(choose([hit(1), hit(0)], budget=budget)) == ["a1"]
    assert names(choose([hit(1), hit(0)], budget=budget, room=budget)) == ["a1"]


def test_nothing_found_is_nothing_shown():
    assert choose([]) == ()
    assert choose([], [hit(0)]) == ()


def test_a_follow_up_keeps_what_was_shown_in_place_and_adds_the_new():
    shown = [hit(5, score=0.9), hit(7, score=0.8)]
    chosen = choose([hit(7, score=0.3), hit(2, score=0.2), hit(1, score=0.1)], shown)
    assert names(chosen) == ["a5", "a7", "a1", "a2"]  # the new ones in article order, behind
    assert [one.score for one in chosen] == [0.0, 0.3, 0.1, 0.2]  # scores are those of this question


def test_a_follow_up_adds_only_its_best_hits():
    chosen = choose([hit(place) for place in range(10)], [hit(20)])
    assert names(chosen) == ["a20", *(f"a{place}" for place in range(FOLLOW_UP_NEW))]


def test_a_conversation_that_outgrows_its_budget_starts_afresh():
    shown = [hit(place) for place in range(10, 10 + int(FOLLOW_UP_GROWTH) * 2)]
    most = 10 * (len(shown) + 1) / FOLLOW_UP_GROWTH
    assert len(choose([hit(0)], shown, budget=most)) == len(shown) + 1  # exactly fits
    assert names(choose([hit(0)], shown, budget=most - 1)) == ["a0"]


def test_marks_and_titles_count_against_the_room():
    hits = [hit(0, title="one two three"), hit(1, title="one two three", article="b")]
    # From “one two three”: has 4 words, [1] and ten words are 11; twice: 30.
    assert count_words([numbered_passages(hits)]) == [30]
    assert len(choose(hits, room=30)) == 2
    assert len(choose(hits, room=29)) == 1
    follow_up = [hit(2, title="one two three"), hits[1]]  # on article a, of which hit 0 is in view: 11 words more
    assert len(choose(follow_up, hits[:1], room=41)) == 3
    assert len(choose(follow_up, hits[:1], room=40)) == 2


def test_another_subject_starts_afresh():
    assert names(choose([hit(0, article="b")], [hit(1), hit(2)])) == ["b0"]


_HITS = st.lists(
    # The size and title follow from the place: a passage looks the same in both lists.
    st.builds(
        lambda place, article: hit(place, 1 + 11 * place % 40, article, "x" if article == "a" else "a long title"),
        st.integers(0, 12),
        st.sampled_from("ab"),
    ),
    max_size=12,
    unique_by=lambda one: (one.passage.article_id, one.passage.start),
)


@given(_HITS, _HITS, st.integers(-10, 200), st.integers(-10, 200))
def test_limits_hold(hits, shown, budget, room):
    chosen = choose(hits, shown, budget=budget, room=room)
    assert bool(chosen) == bool(hits)
    if len(chosen) > 1:
        assert sum(count_words(one.passage.text for one in chosen)) <= max(FOLLOW_UP_GROWTH * budget, budget)
        assert count_words([numbered_passages(chosen)])[0] <= room
    places = [(one.passage.article_id, one.passage.start) for one in chosen]
    assert len(set(places)) == len(places)
    assert {one.passage.text for one in chosen} <= {one.passage.text for one in [*hits, *shown]}
