"""Quotations that go on after their attribution."""

import pytest

from qa.text.utterances import statements, whole_utterance
from qa.types import Passage, Span


def passage(*sentences: str) -> Passage:
    spans, start = [], 100
    for sentence in sentences:
        spans.append(Span(start, start + len(sentence)))
        start += len(sentence) + 1
    return Passage("id", 100, start - 1, " ".join(sentences), tuple(spans))


SPLIT = ("The deal is old.", "‘It’s an asset,’ said a member.", "‘Returning it hurts.’", "Talks go on.")


@pytest.mark.parametrize(
    ("sentences", "cited", "whole"),
    [
        (SPLIT, 1, (1, 2)),  # the attributed words get what follows
        (SPLIT, 2, (1, 2)),  # the words that follow get their speaker
        (SPLIT, 0, (0, 0)),
        (SPLIT, 3, (3, 3)),
        (("“A,” said X.", "“B.”", "“C.”"), 2, (0, 2)),
        (("“A,” said X.", "“B,” said Y."), 0, (0, 0)),  # another speaker
        (("“A,” said X.", "“B,” said Y."), 1, (1, 1)),
        (("“A.”", "He left."), 0, (0, 0)),  # nobody to go back to
        (("He left.", "“A.”"), 0, (0, 0)),  # no quotation that could go on
        (('X said: "A."', '"B."'), 0, (0, 1)),
        (("He left.", '"It is a suspect.', 'It is no culprit," she said.', "He stayed."), 1, (1, 2)),
        (("He left.", '"It is a suspect.', 'It is no culprit," she said.', "He stayed."), 2, (1, 2)),
        (("He left.", '"It is a suspect.', 'It is no culprit," she said.', "He stayed."), 3, (3, 3)),
        (("“A.", "B.", "C,” said X.", "“D.”"), 1, (0, 3)),
        (("“A,” he said.", "The board's plan failed.", '"B," said Y.'), 1, (1, 1)),
    ],
)
def test_an_utterance_is_quoted_whole(sentences, cited, whole) -> None:
    source = passage(*sentences)
    first, last = whole
    expected = Span(source.sentences[first].start, source.sentences[last].end)
    assert whole_utterance(source.sentences[cited], source) == expected


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("One. Two.", ["One.", "Two."]),
        ('She warned. "It is a suspect. It is no culprit," she said. He left.',
         ["She warned.", '"It is a suspect. It is no culprit," she said.', "He left."]),
        ("X said, “A b. C d.” He left.", ["X said, “A b. C d.”", "He left."]),
        ('The 6" pipe broke. It leaked.', ['The 6" pipe broke.', "It leaked."]),
    ],
)  # fmt: skip
def test_a_quotation_is_one_statement(text: str, parts: list[str]) -> None:
    assert [text[start:end] for start, end in statements(text)] == parts
