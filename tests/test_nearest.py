"""Where no answer is given: the words that come nearest are offered, with their place."""

from __future__ import annotations

import pytest

from qa.answering.answer import Answerer
from qa.answering.nearest import MOST_OFFERED, nearest_words
from qa.library import Library
from qa.models.embedder import FakeEmbedder
from qa.models.generators import FakeGenerator
from qa.models.support import WordSupport
from qa.settings import Settings
from qa.types import Article

DAM = Article(
    "The Vell dam was opened by the king in 1999. It cost the town of Aldern 4 million crowns to build. "
    "Mayor Tam Hask called it a gift to the whole valley on Monday. Why not?",
    "The Vell dam",
    "dam.txt",
)


@pytest.fixture
def library(tmp_path):
    with Library(tmp_path / "library", lambda: FakeEmbedder(dimension=512)) as library:
        library.add(DAM)
        yield library


def asked(library, question, reply="None of the articles answer this."):
    return Answerer(library, FakeGenerator(reply), WordSupport(), Settings()).ask(question)


@pytest.mark.parametrize(
    ("question", "quote"),
    [
        ("Who opened the Vell dam?", "The Vell dam was opened by the king in 1999."),
        ("What did the town of Aldern pay to build it?", "It cost the town of Aldern 4 million crowns to build."),
        ("What did the mayor call a gift?", "Mayor Tam Hask called it a gift to the whole valley on Monday."),
    ],
)
def test_an_abstention_offers_the_nearest_words_with_their_place(library, question, quote):
    answer = asked(library, question)
    assert answer.abstained
    first = answer.nearest[0]
    assert first.quote == quote == DAM.text[first.start : first.end]
    assert len(answer.nearest) == MOST_OFFERED
    assert answer.hits[first.mark - 1].passage.article_id == DAM.id


def test_an_answer_offers_nothing_instead(library):
    answer = asked(library, "Who opened the Vell dam?", "The Vell dam was opened by the king. [1]")
    assert answer.sentences
    assert answer.nearest == ()


def test_a_sentence_of_no_more_than_a_few_words_is_not_offered(tmp_path):
    with Library(tmp_path / "other", lambda: FakeEmbedder(dimension=512)) as other:
        other.add(Article("Why not? Because.", "Short", "short.txt"))
        assert nearest_words("Why?", other.search("Why?"), [], other.embedder) == ()


def test_a_passage_that_surely_answers_comes_first(tmp_path):
    with Library(tmp_path / "other", lambda: FakeEmbedder(dimension=512)) as other:
        other.add(Article("The dam of Vell cost four million crowns.", "One", "one.txt"))
        other.add(Article("The dam of Vell cost nine million crowns.", "Two", "two.txt"))
        hits = other.search("What did the dam of Vell cost?")
        for sure in range(2):
            odds = [9.0 if place == sure else -9.0 for place in range(2)]
            best = nearest_words("What did the dam of Vell cost?", hits, odds, other.embedder)[0]
            assert best.mark == sure + 1
