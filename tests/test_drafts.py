"""Drafts come out of generated text the same however it arrives."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.answering.drafts import Draft, DraftReader
from qa.answering.prompts import REFUSAL


def read(pieces, passages=2):
    reader = DraftReader(passages)
    drafts = [draft for piece in pieces for draft in reader.feed(piece)]
    return [*drafts, *reader.finish()], reader.refused


@pytest.mark.parametrize(
    ("text", "drafts"),
    [
        ("", []),
        ("  \n ", []),
        ("A cat. [1]", [Draft("A cat.", (1,))]),
        ("A cat. [1] A dog. [2]", [Draft("A cat.", (1,)), Draft("A dog.", (2,))]),
        ("A cat [1]. A dog [2].", [Draft("A cat.", (1,)), Draft("A dog.", (2,))]),
        ("A cat. [1]. A dog", [Draft("A cat.", (1,)), Draft("A dog", ())]),
        ("A cat [1] A dog [2]", [Draft("A cat.", (1,)), Draft("A dog.", (2,))]),
        ("A cat. [1][1] [2]", [Draft("A cat.", (1, 2))]),
        ("A cat. [1, 2]", [Draft("A cat.", (1, 2))]),
        ("A cat [1]. [2] A dog.", [Draft("A cat.", (1, 2)), Draft("A dog.", ())]),
        ("“A cat.” [1] “A dog,” he said. [2]", [Draft("“A cat.”", (1,)), Draft("“A dog,” he said.", (2,))]),
        ("The cat [1] sat [2].", [Draft("The cat sat.", (1, 2))]),
        ("The cat [1], a tom, sat. [2]", [Draft("The cat, a tom, sat.", (1, 2))]),
        ("No marks at all.", [Draft("No marks at all.", ())]),
        ("A cat. [1] cut off in mid", [Draft("A cat.", (1,)), Draft("cut off in mid", ())]),
        ("A cat [1] cut off in mid", [Draft("A cat cut off in mid", ())]),  # the mark covers only its beginning
        ("A cat. [1] A dog. [2", [Draft("A cat.", (1,)), Draft("A dog. [2", ())]),
        ("A [big] cat. [1]", [Draft("A [big] cat.", (1,))]),
        ("[1] A cat.", [Draft("A cat.", ())]),  # a mark stands after its sentence
    ],
)
def test_sentences_and_their_marks(text, drafts):
    assert read([text]) == (drafts, False)


@pytest.mark.parametrize(
    ("text", "marks", "invalid"),
    [
        ("A cat. [0]", (), 1),
        ("A cat. [99]", (), 1),
        ("A cat. [2021]", (), 1),
        ("A cat. [3, 1, 4]", (1,), 2),
        ("A cat. [3][3]", (), 2),
        ("The cat [7] sat. [1]", (1,), 1),
        ("The cat [7] was cut", (), 1),
    ],
)
def test_marks_of_no_passage_are_counted(text, marks, invalid):
    (draft,), _ = read([text])
    assert (draft.marks, draft.invalid_marks) == (marks, invalid)


def test_a_mark_without_a_sentence_is_counted_too():
    assert read(["[9] [8]"]) == ([Draft("", (), 2)], False)


@pytest.mark.parametrize(
    ("text", "drafts"),
    [
        (REFUSAL, []),
        (f" {REFUSAL}\n", []),
        (f"{REFUSAL} [1]", []),
        (f"{REFUSAL} A cat. [1]", [Draft("A cat.", (1,))]),
        (f"A cat. [1] {REFUSAL}", [Draft("A cat.", (1,))]),
    ],
)
def test_the_refusal_is_never_a_sentence(text, drafts):
    assert read([text]) == (drafts, True)


def test_sentences_come_as_soon_as_the_next_begins():
    reader = DraftReader(2)
    assert list(reader.feed("A cat. [1]")) == []  # a further mark may follow
    assert list(reader.feed(" A")) == [Draft("A cat.", (1,))]


_TEXT = st.lists(
    st.sampled_from([*"[]12 .,\n”aA", "[1]", " [2]", "[3]", "[1, 2]", "A cat. ", "a dog", ". ", REFUSAL, "[ 1", "]"]),
    max_size=30,
).map("".join)


@given(_TEXT, st.data())
def test_any_chunking_gives_the_same_drafts(text, data):
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=12)))
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert read(pieces) == read([text]) == read(text)


@given(_TEXT | st.text())
def test_marks_are_those_of_passages_shown_and_none_vanishes(text):
    drafts, _ = read([text])
    for draft in drafts:
        assert set(draft.marks) <= {1, 2}
        assert len(set(draft.marks)) == len(draft.marks)
        assert draft.text or draft.invalid_marks
    assert sum(draft.invalid_marks for draft in drafts) >= text.count("[3]")


@given(st.lists(st.tuples(st.sampled_from(["A cat.", "“So.”", "Is it?"]), st.lists(st.integers(1, 5), min_size=1))))
def test_what_the_grammar_allows_is_read_back(sentences):
    text = " ".join(f"{sentence} {''.join(f'[{mark}]' for mark in marks)}" for sentence, marks in sentences)
    drafts, _ = read(text, passages=3)
    assert [draft.text for draft in drafts] == [sentence for sentence, _ in sentences]
    for draft, (_, marks) in zip(drafts, sentences, strict=True):
        assert list(draft.marks) == [mark for mark in dict.fromkeys(marks) if mark <= 3]
        assert draft.invalid_marks == sum(mark > 3 for mark in marks)


@pytest.mark.parametrize("unit", ["word ", "[", "[1", "[1,", " ", "[1] ", "[1]. ", "[1] a ", ".", "A. [1] ", "[ "])
def test_time_is_linear_in_small_pieces(unit):
    started = time.process_time()
    read(unit * (100_000 // len(unit)))  # in pieces of one character
    assert time.process_time() - started < 5
