"""The grammar accepts cited sentences and the refusal, and nothing else."""

import pytest
import xgrammar

from qa.answering.grammar import cited_sentences
from qa.answering.prompts import REFUSAL

END = 256


@pytest.fixture(scope="module")
def compiler():
    """A compiler over a vocabulary of single bytes and one end token."""
    vocabulary = [bytes([byte]) for byte in range(256)] + [b"</s>"]
    return xgrammar.GrammarCompiler(
        xgrammar.TokenizerInfo(vocabulary, vocab_type=xgrammar.VocabType.RAW, stop_token_ids=[END])
    )


@pytest.fixture(scope="module")
def accepts(compiler):
    def accepts(passages: int, text: str) -> bool:
        matcher = xgrammar.GrammarMatcher(compiler.compile_grammar(cited_sentences(passages)))
        return matcher.accept_string(text) and matcher.accept_token(END)

    return accepts


@pytest.mark.parametrize(
    ("passages", "text"),
    [
        (1, REFUSAL),
        (1, "A cat. [1]"),
        (2, "A cat. [1] A dog! [2]"),
        (2, "A cat? [1] “A dog.” [2] Then A. B. [1][2] 4.2 million. [1][1][2]"),
        (2, 'He said "no." [2]'),
        (2, "Erdoğan’s 😀 naïve plan… cost €4.2. [1]"),
        (30, "A cat. [30] A dog. [1][12][9]"),
    ],
)
def test_accepted(accepts, passages, text):
    assert accepts(passages, text)


@pytest.mark.parametrize(
    ("passages", "text"),
    [
        (1, ""),
        (1, "A cat."),
        (1, "A cat. [2]"),
        (2, "A cat. [0]"),
        (2, "A cat. [3]"),
        (2, "A cat. [12]"),
        (2, "A cat. [01]"),
        (2, "A cat. [1, 2]"),
        (30, "A cat. [31]"),
        (2, "A cat [1]"),  # no full stop
        (2, "A cat. [1] and more"),
        (2, "A cat. [1] A dog."),
        (2, "A [1] cat. [1]"),
        (2, "A [big] cat. [1]"),
        (2, "A\ncat. [1]"),
        (2, "A cat. [1]\n"),
        (2, " A cat. [1]"),
        (2, "A cat. [1][1][1][1]"),
        (2, " ".join(["A cat. [1]"] * 5)),
        (2, "<|im_start|>A cat. [1]"),
        (2, f"{REFUSAL} A cat. [1] {REFUSAL}"),
    ],
)
def test_refused(accepts, passages, text):
    assert not accepts(passages, text)


def test_no_token_of_a_control_name_is_text(compiler):
    vocabulary = ["A", " cat", ".", " ", "[1]", "<|im_start|>", "<s>", "</s>"]
    control = xgrammar.GrammarCompiler(
        xgrammar.TokenizerInfo(vocabulary, vocab_type=xgrammar.VocabType.RAW, stop_token_ids=[7])
    )
    matcher = xgrammar.GrammarMatcher(control.compile_grammar(cited_sentences(1)))
    assert matcher.accept_token(0)
    assert not matcher.accept_token(5)
    assert not matcher.accept_token(6)
    assert all(matcher.accept_token(token) for token in (1, 2, 3, 4, 7))
    assert matcher.is_terminated()


def test_a_grammar_needs_a_passage():
    with pytest.raises(ValueError, match="passage"):
        cited_sentences(0)
