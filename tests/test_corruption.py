"""Corruption: one thing is wrong, the words that are wrong are known, and the rest is as it was."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.text.names import unknown_names
from qa.text.quantities import numbers
from qa.training.corruption import KINDS, Offer, corrupt, names_in
from qa.training.rewording import reword
from tests.conftest import SEEDS

TEXT = (SEEDS / "turkey-s400-f35.txt").read_text(encoding="utf-8")
OFFER = Offer(TEXT)
SENTENCES = [sentence for sentence in OFFER.sentences if len(sentence.split()) > 6]


@settings(deadline=None)
@given(st.sampled_from(SENTENCES), st.sampled_from(KINDS), st.integers(0, 10_000))
def test_only_the_marked_words_are_new(sentence, kind, seed):
    made = corrupt(sentence, OFFER, random.Random(seed), kinds=[kind])
    if made is None:
        return
    assert made.kind == kind
    assert made.text != sentence
    assert made.spans
    assert all(0 <= start < end <= len(made.text) for start, end in made.spans)
    if kind != "cause":
        rest = made.text[: made.spans[0].start]
        assert sentence.startswith(rest)
        assert sentence.endswith(made.text[made.spans[-1].end :])


@pytest.mark.parametrize("kind", ["number", "name", "negation", "opposite", "detail", "word", "exchange"])
def test_the_seed_article_can_be_corrupted_in_every_common_way(kind):
    made = [corrupt(sentence, OFFER, random.Random(0), kinds=[kind]) for sentence in SENTENCES]
    assert sum(one is not None for one in made) >= 2


def test_the_same_state_gives_the_same_corruption():
    first, again = (corrupt(SENTENCES[3], OFFER, random.Random(7)) for _ in range(2))
    assert first == again


def test_a_number_is_exchanged_for_another():
    made = corrupt("It was signed in 2017.", Offer("It was signed in 2017."), random.Random(1), kinds=["number"])
    assert made is not None
    (span,) = made.spans
    assert made.text[span.start : span.end] != "2017"
    assert made.text.startswith("It was signed in ")


def test_two_names_change_places():
    made = corrupt("Then Tam Hask accused Dana Oriel.", Offer(TEXT), random.Random(0), kinds=["exchange"])
    assert made is not None
    assert made.text == "Then Dana Oriel accused Tam Hask."


def test_a_sentence_opening_word_is_not_a_name():
    assert [name for _, name in names_in("Officials met Tam Hask in Aldern and left.")] == ["Tam Hask", "Aldern"]


@settings(deadline=None)
@given(st.sampled_from(SENTENCES), st.integers(0, 1000))
def test_rewording_invents_no_number_and_no_name(sentence, seed):
    made = reword(sentence, random.Random(seed))
    assert numbers(made) <= numbers(sentence)
    assert not unknown_names(made, sentence)
