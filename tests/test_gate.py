"""The gate: what no passage bears out is withheld, and citations are the words of a passage."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.answering.drafts import Draft
from qa.answering.gate import Gate
from qa.models.support import WordSupport
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


def judge(gate, draft, question, hits):
    return gate.judge(draft, question, hits).verdict


@pytest.fixture(scope="module")
def gate():
    return Gate(WordSupport())


def test_the_passages_are_the_three_paragraphs():
    assert [hit.passage.text for hit in HITS] == TEXT.split("\n\n")


def test_a_copied_sentence_is_cited_with_its_exact_words(gate):
    sentence = judge(gate, Draft("The Vell dam cost 4 million crowns.", (1,)), QUESTION, HITS)
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
    verdict = judge(gate, Draft(text, (mark,)), QUESTION, HITS)
    assert isinstance(verdict, Dropped)
    assert verdict.text == text
    assert verdict.reason
    assert "\n" not in verdict.reason


def test_a_sentence_without_a_valid_mark_is_withheld(gate):
    assert isinstance(judge(gate, Draft("The Vell dam cost 4 million crowns.", (), 1), QUESTION, HITS), Dropped)


@pytest.mark.parametrize("mark", [1, 3])
def test_a_wrong_mark_is_corrected_by_evidence(gate, mark):
    verdict = judge(
        gate, Draft("Inspectors found deep cracks in two pillars of the Vell dam.", (mark,)), QUESTION, HITS
    )
    assert isinstance(verdict, Sentence)
    assert [citation.mark for citation in verdict.citations] == [2]


def test_quotations_may_be_spelled_with_other_marks(gate):
    verdict = judge(
        gate, Draft('Engineer Dana Oriel said, "We could not take the risk."', (2,)), "What did Dana Oriel say?", HITS
    )
    assert isinstance(verdict, Sentence)
    assert "“We could not take the risk,”" in verdict.citations[0].quote


def test_a_true_sentence_on_another_matter_is_withheld(gate):
    draft = Draft("Union leader Piet Roos demanded higher wages.", (3,))
    assert isinstance(judge(gate, draft, "Who won yesterday’s chess tournament?", HITS), Dropped)
    assert isinstance(judge(gate, draft, "What did union leader Piet Roos demand?", HITS), Sentence)


@pytest.mark.parametrize("text", [".", "It is.", "“”", "They did not."])
def test_a_sentence_that_says_nothing_is_withheld(gate, text):
    assert isinstance(judge(gate, Draft(text, (1,)), QUESTION, HITS), Dropped)


_WORDS = st.lists(st.sampled_from([*TEXT.split(), "Macron", "7", "not", "“", "”", "[1]", "…"]), min_size=1, max_size=15)


@settings(deadline=None)
@given(_WORDS.map(" ".join) | st.text(min_size=1), st.lists(st.integers(1, 3), max_size=3, unique=True))
def test_whatever_is_shown_quotes_the_article(text, marks):
    gate = Gate(WordSupport())
    verdict = judge(gate, Draft(text, tuple(marks)), QUESTION, HITS)
    assert verdict.text == text
    if isinstance(verdict, Sentence):
        assert marks
        assert verdict.support >= WordSupport().calibration.gate_threshold
        for citation in verdict.citations:
            passage = HITS[citation.mark - 1].passage
            assert citation.quote == TEXT[citation.start : citation.end]
            assert passage.start <= citation.start < citation.end <= passage.end
