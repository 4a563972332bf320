"""Where nothing drafted may be shown, a sentence of an article in its own words, if it answers."""

from __future__ import annotations

import pytest

from qa.answering.answer import Answerer
from qa.answering.quoting import quotation
from qa.library import Library
from qa.models.calibration import Logistic
from qa.models.embedder import FakeEmbedder
from qa.models.generators import FakeGenerator
from qa.settings import Settings
from qa.types import Abstention, Article
from tests.test_answer_support import Support

DAM = Article(
    "The Vell dam was opened by the king in 1999. It cost the town of Aldern 4 million crowns to build. "
    'Mayor Tam Hask called it "a gift to the whole valley" on Monday. Why not?',
    "The Vell dam",
    "dam.txt",
)
REFUSAL = "None of the articles answer this."


@pytest.fixture
def library(tmp_path):
    with Library(tmp_path / "library", lambda: FakeEmbedder(dimension=512)) as library:
        library.add(DAM)
        yield library


def likeliest(library, question):
    hits = library.search(question)
    return quotation(question, hits, [0.0] * len(hits), library.embedder)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Who opened the Vell dam?", "“The Vell dam was opened by the king in 1999.”"),
        ("What did the town of Aldern pay to build it?", "“It cost the town of Aldern 4 million crowns to build.”"),
        # It brings quotation marks of its own.
        ("What did the mayor call a gift?", 'Mayor Tam Hask called it "a gift to the whole valley" on Monday.'),
    ],
)
def test_the_likeliest_sentence_is_quoted_with_its_place(library, question, text):
    sentence = likeliest(library, question)
    assert (sentence.text, sentence.verbatim, sentence.support) == (text, True, 1.0)
    (citation,) = sentence.citations
    assert citation.quote == DAM.text[citation.start : citation.end]
    assert citation.quote in text


def test_a_sentence_of_no_more_than_a_few_words_is_not_quoted(tmp_path):
    with Library(tmp_path / "other", lambda: FakeEmbedder(dimension=512)) as library:
        library.add(Article("Why not? Because.", "Short", "short.txt"))
        assert likeliest(library, "Why?") is None


def answer(library, question, bias, reply=REFUSAL):
    class Sure(Support):
        @property
        def calibration(self):
            import dataclasses

            return dataclasses.replace(super().calibration, answer=Logistic({"verbatim": 1.0}, bias))

    answerer = Answerer(library, FakeGenerator(reply), Sure(tells_from=99.0), Settings())
    return answerer.ask(question)


def test_a_refusal_of_the_model_is_not_the_end(library):
    found = answer(library, "Who opened the Vell dam?", bias=5.0)
    assert [sentence.verbatim for sentence in found.sentences] == [True]
    assert found.reason is None


def test_a_quotation_that_does_not_answer_is_not_shown(library):
    found = answer(library, "Who opened the Vell dam?", bias=-9.0)
    assert found.abstained
    assert found.reason is Abstention.REFUSED
    assert 0 < found.score < 0.01


def test_a_quotation_without_the_quantity_asked_for_is_not_shown(library):
    assert answer(library, "How many metres high is the dam that the king opened?", bias=5.0).abstained


def test_a_draft_that_is_borne_out_comes_first(library):
    found = answer(library, "Who opened the Vell dam?", bias=5.0, reply="The Vell dam was opened by the king. [1]")
    assert [sentence.verbatim for sentence in found.sentences] == [False]
