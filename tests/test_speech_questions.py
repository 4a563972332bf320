"""Which questions ask who said something or what somebody said, and of what."""

import pytest

from qa.answering.speech_questions import speech_question
from qa.text.words import content_stems


def stems(words):
    return frozenset(content_stems(words))


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("Who said that the gate had cracks?", "gate cracks"),
        ("And who warned of a flood?", "flood"),
        ("Which engineer on the dam spoke of cracks?", "engineer dam cracks"),
        ("Who is quoted as saying that rain was near?", "rain near"),
        ("Whose words are “rain was near”?", "rain near"),
        ("According to whom did the gate have cracks?", "gate cracks"),
        ("Which doctor gave the number of dead?", "doctor number dead"),
    ],
)
def test_who_said_it(question, topic):
    asked = speech_question(question)
    assert asked.speaker == ""
    assert asked.topic == stems(topic)


@pytest.mark.parametrize(
    ("question", "speaker", "topic"),
    [
        ("What did Mayor Tam Hask say about the gate?", "Mayor Tam Hask", "gate"),
        ("How does the senior engineer describe the cracks?", "the senior engineer", "cracks"),
        ("Why does the statement call the flood a shame?", "the statement", "flood shame"),
        ("What was the engineer’s comment on the flood?", "the engineer", "flood"),
        ("What does Ms. Orne think of the drill?", "Ms. Orne", "drill"),
        ("What did the mayor say?", "the mayor", ""),
    ],
)
def test_what_somebody_said(question, speaker, topic):
    asked = speech_question(question)
    assert asked.speaker == speaker
    assert asked.topic == stems(topic)
    assert speaker not in asked.about


@pytest.mark.parametrize(
    "question",
    [
        "When was the dam built?",
        "When does the mayor say the dam was built?",
        "How many cracks does the engineer speak of?",
        "Who was accused of counting votes?",
        "Who did the mayor say would pay?",
        "What are the two ships called?",
        "What did the mayor warn of?",
        "What stopped the repairs, according to the memo?",
        "On which day of the talks did she stay out?",
        "Which crises push Ankara closer to the West?",
        "dam cost crowns",
        "???",
    ],
)
def test_other_questions(question):
    assert speech_question(question) is None


def test_what_the_speaker_is_asked_to_be():
    assert speech_question("Which senior minister for water said that the dam would hold?").kind == "minist"
    assert speech_question("Who said that the dam would hold?").kind == ""


def test_words_quoted_in_a_question_are_kept():
    assert speech_question("“A strategic asset”: whose words are those?").phrases == ("A strategic asset",)
    assert speech_question("Who called it ‘grave’?").phrases == ()
