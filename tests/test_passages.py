"""Passages partition the sentences of an article within the limits."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.text.passages import split_passages
from qa.text.sentences import split_sentences
from qa.types import Article, Passage


def count_words(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]


def passages_of(text: str, **limits: int) -> list[Passage]:
    return split_passages(Article(text, "t", "s"), count_words, **limits)


def sentence(words: int, stop: str = ".") -> str:
    return " ".join(["Word"] + ["word"] * (words - 1)) + stop


def sizes(passages: Sequence[Passage]) -> list[int]:
    return [len(passage.sentences) for passage in passages]


def test_five_sentences_divide_evenly() -> None:
    assert sorted(sizes(passages_of(" ".join([sentence(20)] * 5)))) == [2, 3]


def test_four_long_sentences_make_two_and_two() -> None:
    assert sizes(passages_of(" ".join([sentence(28)] * 4))) == [2, 2]


def test_paragraphs_of_fair_size_stay_apart() -> None:
    assert sizes(passages_of("\n\n".join([sentence(50)] * 3))) == [1, 1, 1]


def test_short_paragraphs_are_joined() -> None:
    assert sizes(passages_of("\n\n".join([sentence(20)] * 6))) == [3, 3]


def test_headline_and_question_stay_with_what_follows() -> None:
    passages = passages_of(f"{sentence(60)}\n\nThe headline\n\n{sentence(60)}\n\nQ: Why?\nA: {sentence(60)}")
    assert [passage.text[:6] for passage in passages] == ["Word w", "The he", "Q: Why"]


def test_a_quotation_is_not_parted_from_its_speaker() -> None:
    text = f"{sentence(40)} {sentence(25)} “I {sentence(20)}”"
    assert [passage.text[0] for passage in passages_of(text, max_tokens=80)] == ["W", "W"]


def test_overlong_sentence_is_cut_between_words() -> None:
    text = "Begin. " + sentence(300)
    passages = passages_of(text, max_tokens=120)
    lengths = count_words([passage.text for passage in passages])
    assert max(lengths) <= 120
    assert min(lengths) > 60
    assert " ".join(passage.text for passage in passages) == text


def test_tokens_are_counted_in_one_call() -> None:
    calls: list[int] = []

    def count(texts: Sequence[str]) -> list[int]:
        calls.append(len(texts))
        return count_words(texts)

    split_passages(Article("One. Two. Three.", "t", "s"), count)
    assert calls == [3]


def test_limits_below_one_are_refused() -> None:
    with pytest.raises(ValueError, match="max_sentences=0"):
        passages_of("One.", max_sentences=0)


TEXTS = st.lists(
    st.sampled_from(["Yes.", "No?", "“Go on,", "he said.”", "A headline", "\n\n", "\n", "1.5", "x" * 40, sentence(30)]),
    min_size=1,
    max_size=60,
).map(" ".join) | st.text(min_size=1)


@settings(max_examples=200, deadline=None)
@given(TEXTS.filter(str.strip), st.integers(1, 40), st.integers(1, 5))
def test_passages_partition_the_text_within_limits(text: str, max_tokens: int, max_sentences: int) -> None:
    article = Article(text, "t", "s")
    passages = split_passages(article, count_words, max_tokens, max_sentences)
    end = 0
    for passage in passages:
        assert passage.text == text[passage.start : passage.end]
        assert text[end : passage.start].strip() == ""
        assert 1 <= len(passage.sentences) <= max_sentences
        assert len(passage.text.split()) <= max_tokens
        assert (passage.sentences[0].start, passage.sentences[-1].end) == (passage.start, passage.end)
        end = passage.end
    assert text[end:].strip() == ""
    short = [s for s in split_sentences(text) if len(text[s.start : s.end].split()) <= max_tokens]
    assert set(short) <= {span for passage in passages for span in passage.sentences}
