"""Persons in drafted sentences: “you” is quoted, “he” must be the speaker, and of the speaker's gender."""

import pytest

from qa.summarizing.persons import genders, person_objection, speaks_to_somebody
from qa.types import Attribution, Span, Speaker, SpeechKind


def test_you_cannot_be_told_on():
    assert speaks_to_somebody("“You went on television to blame workers.”")
    assert not speaks_to_somebody("“We went on television for young workers.”")


@pytest.mark.parametrize(
    ("body", "said", "gender", "wrong"),
    [
        ("he acknowledged an openness.", "What I say is that he acknowledged an openness.", None, True),
        ("he acknowledged an openness.", "I acknowledged an openness.", None, False),
        ("the president acknowledged it.", "He acknowledged it.", None, False),
        ("he stopped and told the room.", "I stopped and told the room.", "f", True),
        ("she stopped and told the room.", "I stopped and told the room.", "f", False),
        ("he stopped and told the room.", "I stopped and told the room.", None, False),
        ("she never wanted him hanged.", "We never wanted him hanged.", None, True),
        ("they never wanted him hanged.", "We never wanted him hanged.", None, False),
        ("his side would wait.", "Her side would wait, and his too.", "f", False),  # another person's
    ],
)
def test_he_must_be_the_speaker(body, said, gender, wrong):
    assert (person_objection(body, said, gender) is not None) == wrong


def test_the_article_shows_who_is_he_and_who_is_she():
    text = "Ann Lee spoke. She said so. Bo Carr agreed."

    def said(source, name):
        at = text.index(source)
        return Attribution((Span(0, 3),), SpeechKind.INDIRECT, True, None, Span(at, at + len(source)), Speaker(name))

    assert genders([said("Ann Lee", "Ann Lee"), said("She", "Ann Lee"), said("Bo Carr", "Bo Carr")], text) == {
        "Ann Lee": "f"
    }
