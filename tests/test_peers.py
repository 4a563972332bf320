"""How the raw replies of other frameworks become responses: marks, sentences, abstentions."""

from __future__ import annotations

import pytest

from benchmarks.peers.replies import response_of

TEXTS = {"a": "The dam cost 4 million crowns. It is old.", "b": "The king opened it in 1999."}
SHOWN = [{"article": "a", "text": TEXTS["a"]}, {"article": "b", "text": TEXTS["b"], "start": 0, "end": 27}]


def response(text, cited=None):
    return response_of({"id": "1", "text": text, "shown": SHOWN, "cited": cited, "seconds": 1.0}, TEXTS)


def marks_of(found):
    """Of each sentence the articles that it cites."""
    return [(told.text, [cited.article for cited in told.citations]) for told in found.sentences]


@pytest.mark.parametrize(
    ("text", "sentences", "invalid"),
    [
        ("It cost 4 million [1].", [("It cost 4 million.", ["a"])], 0),
        ("It cost 4 million. [1] It is open [2][9].", [("It cost 4 million.", ["a"]), ("It is open.", ["b"])], 1),
        ("Both say so [1, 2].", [("Both say so.", ["a", "b"])], 0),
        ("Both say so [1-2].", [("Both say so.", ["a", "b"])], 0),
        ("Source 2: The king did.", [("The king did.", ["b"])], 0),
        ("According to Source 1, it is old.", [("According to Source 1, it is old.", ["a"])], 0),
        ("It is old.", [("It is old.", [])], 0),
        ("[1]", [("[1]", ["a"])], 0),  # no answer in words, but no refusal either
    ],
)
def test_marks_belong_to_the_sentence_they_stand_in_or_follow(text, sentences, invalid):
    found = response(text)
    assert marks_of(found) == sentences
    assert found.invalid_marks == invalid
    assert found.answered


@pytest.mark.parametrize(
    "text",
    ["", "I don't know.", "The provided sources do not mention the height.", "It cannot be determined from the text."],
)
def test_a_refusal_is_an_abstention(text):
    assert not response(text).answered


def test_a_refusal_with_an_answer_beside_it_is_an_answer():
    assert response("The sources do not say who. It cost 4 million [1].").answered


def test_chunks_have_their_place_where_it_can_be_told():
    first, second = response("Both [1][2].").citations
    assert (first.start, first.end) == (0, len(TEXTS["a"]))
    assert (second.start, second.end) == (0, 27)


def test_one_reference_counts_for_every_sentence_and_no_mark_is_counted():
    found = response("It cost 4 million. It is old.", cited=[1])
    assert [articles for _, articles in marks_of(found)] == [["a"], ["a"]]
    assert found.marks is found.invalid_marks is found.retrieved is None


def test_an_error_is_a_failure():
    found = response_of({"id": "1", "error": "timed out", "seconds": 9.0}, TEXTS)
    assert (found.error, found.answered) == ("timed out", False)
