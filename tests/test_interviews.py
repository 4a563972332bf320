"""Interviews: the answers are found, and belong to the one interviewed."""

from qa.ingest import read_path
from qa.models.speech import QuoteTagger
from qa.models.speech_reader import SpeechReader
from qa.text.interviews import answers
from qa.types import SpeechKind
from tests.conftest import SEEDS

NAMED = (
    "Lia Orne built the Vell dam. She spoke to The Ledger.\n\n"
    "Ledger: Is it safe?\n\nOrne: It is. I measured it.\n\nLedger: And in winter?\n\nOrne: Ask me in winter.\n"
)


def said(text):
    return [(turn.speaker.name, [text[slice(*one)] for one in turn.sentences]) for turn in answers(text)]


def test_labels_that_are_names():
    assert said(NAMED) == [("Lia Orne", ["It is.", "I measured it."]), ("Lia Orne", ["Ask me in winter."])]


def test_initials():
    text = NAMED.replace("Ledger:", "TL:").replace("Orne:", "LO:")
    assert [name for name, _ in said(text)] == ["Lia Orne", "Lia Orne"]


def test_questions_and_answers_in_bold():
    article = read_path(SEEDS / "interpreter-interview.md", max_bytes=10**6)
    found = said(article.text)
    assert {name for name, _ in found} == {"Bettine Avaro"}
    assert len(found) == 9
    assert found[0][1][0] == "Four on paper."
    assert found[-1][1][-1] == "Slowly, please, and with a window open."


def test_notes_are_no_interview():
    assert answers("Update: The dam is closed.\n\nNote: Lia Orne built it?\n\nUpdate: It is open.") == []
    assert answers("Lia Orne spoke.\n\nQ: Is it safe?\n\nA: It is.") == []
    assert answers("") == []


def test_every_answer_is_the_words_of_the_one_interviewed():
    article = read_path(SEEDS / "interpreter-interview.md", max_bytes=10**6)
    found = SpeechReader(QuoteTagger()).read(article.text)
    place = article.text.index("Article 7 of the agreement")
    (one,) = [each for each in found if any(start <= place < end for start, end in each.content)]
    assert (one.speaker.name, one.kind, one.stated) == ("Bettine Avaro", SpeechKind.DIRECT, True)
    assert one.source is None  # its label stands before the sentences before it
    assert found == tuple(sorted(found, key=lambda each: each.content[0]))
