"""The gate: what no passage bears out is withheld, and citations are the words of a passage."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.answering.drafts import Draft
from qa.answering.gate import LexicalGate
from qa.models.embedder import FakeEmbedder
from qa.text.passages import split_passages
from qa.types import Article, Dropped, Hit, Sentence

TEXT = (
    "The Vell dam cost 4 million crowns, Mayor Tam Hask said on Monday. It was opened by the king in 1999.\n\n"
    "Inspectors found deep cracks in two pillars of the Vell dam. “We could not take the risk,” engineer Dana Oriel "
    "said.\n\n"
    "The port of Aldern was closed by a strike of dock workers. Union leader Piet Roos demanded higher wages."
)
ARTICLE = Article(TEXT, "The dam", "test")
PASSAGES = split_passages(ARTICLE, lambda texts: [len(text.split()) for text in texts], max_tokens=30, max_sentences=2)
HITS = [Hit(passage, ARTICLE.title, 1.0) for passage in PASSAGES]
QUESTION = "What did the Vell dam cost and what was found in the dam?"


@pytest.fixture(scope="module")
def gate():
    return LexicalGate(FakeEmbedder(dimension=512).encode)


def test_the_passages_are_the_three_paragraphs():
    assert [hit.passage.text for hit in HITS] == TEXT.split("\n\n")


def test_a_copied_sentence_is_cited_with_its_exact_words(gate):
    sentence = gate.judge(Draft("The Vell dam cost 4 million crowns.", (1,)), QUESTION, HITS)
    assert isinstance(sentence, Sentence)
    (citation,) = sentence.citations
    assert citation.mark == 1
    assert citation.quote == "The Vell dam cost 4 million crowns, Mayor Tam Hask said on Monday."
    assert citation.quote == TEXT[citation.start : citation.end]


@pytest.mark.parametrize(
    "text",
    [
        "The Vell dam cost 5 million crowns.",  # number
        "The Vell dam cost 4 billion crowns.",  # scale
        "The Vell dam cost 4 million crowns, said Mayor Dana Hask.",  # name of another passage
        "The Vell dam cost 4 million crowns, said Emmanuel Macron.",  # name from nowhere
        "In two pillars of the dam, “deep fissures” were found.",  # words that nobody wrote
        "Penguins waddle along the frozen southern coast.",
    ],
)
@pytest.mark.parametrize("mark", [1, 2, 3])
def test_a_sentence_with_one_thing_wrong_is_withheld(gate, text, mark):
    verdict = gate.judge(Draft(text, (mark,)), QUESTION, HITS)
    assert isinstance(verdict, Dropped)
    assert verdict.text == text
    assert verdict.reason
    assert "\n" not in verdict.reason


def test_a_sentence_without_a_valid_mark_is_withheld(gate):
    assert isinstance(gate.judge(Draft("The Vell dam cost 4 million crowns.", (), 1), QUESTION, HITS), Dropped)


@pytest.mark.parametrize("mark", [1, 3])
def test_a_wrong_mark_is_corrected_by_evidence(gate, mark):
    verdict = gate.judge(Draft("Inspectors found deep cracks in two pillars of the Vell dam.", (mark,)), QUESTION, HITS)
    assert isinstance(verdict, Sentence)
    assert [citation.mark for citation in verdict.citations] == [2]


def test_quotations_may_be_spelled_with_other_marks(gate):
    verdict = gate.judge(
        Draft('Engineer Dana Oriel said, "We could not take the risk."', (2,)), "What did Dana Oriel say?", HITS
    )
    assert isinstance(verdict, Sentence)
    assert "“We could not take the risk,”" in verdict.citations[0].quote


def test_a_true_sentence_on_another_matter_is_withheld(gate):
    draft = Draft("Union leader Piet Roos demanded higher wages.", (3,))
    assert isinstance(gate.judge(draft, "Who won yesterday’s chess tournament?", HITS), Dropped)
    assert isinstance(gate.judge(draft, "What did union leader Piet Roos demand?", HITS), Sentence)


@pytest.mark.parametrize("text", [".", "It is.", "“”", "They did not."])
def test_a_sentence_that_says_nothing_is_withheld(gate, text):
    assert isinstance(gate.judge(Draft(text, (1,)), QUESTION, HITS), Dropped)


_WORDS = st.lists(st.sampled_from([*TEXT.split(), "Macron", "7", "not", "“", "”", "[1]", "…"]), min_size=1, max_size=15)


@given(_WORDS.map(" ".join) | st.text(min_size=1), st.lists(st.integers(1, 3), max_size=3, unique=True))
def test_whatever_is_shown_quotes_the_article(text, marks):
    gate = LexicalGate(FakeEmbedder(dimension=512).encode)
    verdict = gate.judge(Draft(text, tuple(marks)), QUESTION, HITS)
    assert verdict.text == text
    if isinstance(verdict, Sentence):
        assert marks
        for citation in verdict.citations:
            passage = HITS[citation.mark - 1].passage
            assert citation.quote == TEXT[citation.start : citation.end]
            assert passage.start <= citation.start < citation.end <= passage.end
