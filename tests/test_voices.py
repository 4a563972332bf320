"""Whose words a citation quotes."""

from qa.answering.voices import named, with_speaker, with_speakers
from qa.types import Attribution, Citation, Sentence, Span, Speaker, SpeechKind
from qa.wording import said_by


def said(start, end, name, *, stated=True, anonymous=False):
    return Attribution((Span(start, end),), SpeechKind.INDIRECT, stated, speaker=Speaker(name, None, anonymous))


def cited(start, end):
    return Citation(1, "a" * 12, "title", start, end, "x" * (end - start))


def test_the_speaker_is_who_says_most_of_it():
    found = with_speaker(cited(0, 100), lambda _: [said(0, 45, "Ann Lee"), said(50, 60, "Bo Carr")])
    assert found.speaker == "Ann Lee"


def test_words_in_the_articles_own_voice_are_nobodys():
    assert with_speaker(cited(0, 100), lambda _: [said(0, 39, "Ann Lee")]).speaker is None
    assert with_speaker(cited(0, 100), lambda _: [said(0, 90, "Ann Lee", stated=False)]).speaker is None
    assert with_speaker(cited(0, 100), lambda _: []).speaker is None


def test_several_statements_of_one_speaker_count_together():
    assert with_speaker(cited(0, 100), lambda _: [said(0, 25, "Ann Lee"), said(30, 50, "Ann Lee")]).speaker == "Ann Lee"


def test_unnamed_speakers_are_said_to_be():
    assert named(Speaker("a diplomat", None, anonymous=True)) == "anonymous: a diplomat"
    sentence = with_speakers(Sentence("x", (cited(0, 10),)), lambda _: [said(0, 10, "a diplomat", anonymous=True)])
    assert sentence.citations[0].speaker == "anonymous: a diplomat"


def test_what_only_tells_who_speaks_does_not_count():
    long = Attribution((Span(90, 100),), SpeechKind.INDIRECT, True, Span(80, 85), Span(0, 80), Speaker("Ann Lee"))
    assert with_speaker(cited(0, 100), lambda _: [long]).speaker == "Ann Lee"


def test_who_says_it_in_words():
    assert said_by("Ann Lee") == "said by Ann Lee"
    assert said_by("anonymous: a diplomat") == "said by a diplomat (not named)"
