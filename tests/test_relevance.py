"""Signs in the words that the passages cannot answer a question."""

import pytest

from qa.answering.relevance import lacks_quantity, unmentioned_name
from qa.types import Hit, Passage, Span


def hits(text, title="Turkey buys missiles"):
    return [Hit(Passage("a", 0, len(text), text, (Span(0, len(text)),)), title, 1.0)]


TEXT = "Turkish officials met U.S. Ambassador John Bass. President Erdoğan will buy the S-400 from Russia, NATO said."


@pytest.mark.parametrize(
    "question",
    [
        "What did Erdogan buy?",  # without the accent
        "What did Turkey buy?",  # in the title
        "What did the Turkish president buy?",
        "Which S-400s did Russia sell?",
        "What does the US ambassador say?",
        "What do the United States say?",
        "Did Mr. Erdoğan’s NATO partners object?",
        "What did Ankara pay to Moscow, and what did Washington’s envoy say?",
        "what was bought?",
        "Why?",
    ],
)
def test_a_name_in_any_form_is_mentioned(question):
    assert unmentioned_name(question, hits(TEXT)) is None


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("What did Macron buy?", "Macron"),
        ("Did Erdogan meet Emmanuel Macron?", "Emmanuel"),
        ("What does UNESCO say?", "UNESCO"),
        ("What did Beijing say?", "Beijing"),
        ("What did the United States tell Somalia?", "Somalia"),  # its first letter is no sign of it
        ("Who sold the F-35 to Greece?", "F-35"),
    ],
)
def test_a_name_nowhere_in_the_passages_is_found(question, name):
    assert unmentioned_name(question, hits(TEXT)) == name


@pytest.mark.parametrize(
    ("question", "sentence", "lacks"),
    [
        ("How much did it cost?", "It was bought.", True),
        ("How much did it cost?", "It cost $2.5 billion.", False),
        ("How much did it cost?", "It was bought in 2019.", True),  # a year is no price
        ("How many died?", "Twelve people died.", False),
        ("How many of the 12 died?", "All 12 were in the bus.", True),  # gives back the question's number only
        ("How many S-400s were bought?", "The S-400 was bought.", True),
        ("Who paid for it?", "Turkey paid.", False),
        ("How many people were moved?", "About 2,000 people were moved.", False),  # no year
        ("How much of its barley did it lose?", "It lost almost a quarter of its barley.", False),
        ("How many arrests were made?", "No arrests were made.", False),
        ("What caused the cost overruns?", "Strikes caused them.", False),
        ("Number of launchers?", "It has launchers.", True),
        ("How long did the talks last?", "The talks drew 214 delegates.", True),
        ("How long did the talks last?", "They lasted until Friday morning.", False),
        ("How many years in prison was he given?", "He remains on bail of 50,000 dollars.", True),
        ("How many years in prison was he given?", "He was sent to prison for six years.", False),
        ("How long is the bridge?", "The bridge is 300 metres long.", False),
    ],
)
def test_a_question_for_a_quantity_wants_one(question, sentence, lacks):
    assert lacks_quantity(question, sentence) is lacks


def test_initials_stand_for_acronyms_only():
    text = hits("The European Market in Tolvin was closed by the mayor.")
    assert unmentioned_name("Who told Emmanuel Macron of it?", text) == "Emmanuel"
