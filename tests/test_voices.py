"""Whose words a citation quotes, and the gate's part: the reported is told as reported, by whoever says it."""

import re

import pytest

from qa.answering.voices import named, told_as_reported, with_speaker, with_speakers, wrong_speaker
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


TEXT = (
    "Mayor Tam Hask said the dam was safe and would stand for years. Engineer Lia Orne said the dam had cracks in two "
    "pillars. It was built in 1999. She said the gate must be closed before the first rain."
)


def attribution(content, source, name, role=None):
    start = TEXT.index(content)
    at = TEXT.index(source)
    return Attribution(
        (Span(start, start + len(content)),),
        SpeechKind.INDIRECT,
        True,
        source=Span(at, at + len(source)),
        speaker=Speaker(name, role),
    )


SAID = (
    attribution("the dam was safe and would stand for years", "Mayor Tam Hask", "Tam Hask", "Mayor"),
    attribution("the dam had cracks in two pillars", "Engineer Lia Orne", "Lia Orne", "Engineer"),
    attribution("the gate must be closed before the first rain", "She", "Lia Orne"),
)


def sentence(text, *quotes):
    places = [(TEXT.index(quote), TEXT.index(quote) + len(quote)) for quote in quotes]
    return Sentence(text, tuple(Citation(1, "a" * 12, "title", start, end, TEXT[start:end]) for start, end in places))


HASK, ORNE, BUILT, SHE = (part.strip() + "." for part in TEXT.split(".")[:4])


def read(text):
    """What “X said …” gives to X."""
    match = re.match(r"(.+?) said (.+)", text)
    if match is None:
        return []
    return [Attribution((Span(*match.span(2)),), SpeechKind.INDIRECT, True, source=Span(*match.span(1)))]


def objection(text, *quotes):
    return wrong_speaker(sentence(text, *quotes), lambda _: SAID, read, lambda _: TEXT)


def told(text, *quotes, names=frozenset()):
    return told_as_reported(sentence(text, *quotes), lambda _: SAID, read, lambda _: TEXT, names).text


def test_words_given_to_another_speaker_of_the_article_are_refused():
    assert objection("Lia Orne said the dam was safe.", HASK) == "it gives to Lia Orne what Mayor Tam Hask says"


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("Tam Hask said the dam was safe.", HASK),
        ("Mayor Hask said the dam was safe.", HASK),
        ("The city said the dam was safe.", HASK),  # nobody else in the article: perhaps another name for him
        ("Tam Hask said the gate must be closed.", SHE),  # who “she” is cannot be told surely enough
        ("Lia Orne said it was built in 1999.", BUILT),  # nobody's words
    ],
)
def test_what_may_be_right_is_not_refused(text, quote):
    assert objection(text, quote) is None


def test_what_is_only_reported_is_told_as_reported():
    assert told("The dam had cracks in two pillars.", ORNE) == (
        "According to Engineer Lia Orne, the dam had cracks in two pillars."
    )
    assert told("“The dam had cracks in two pillars.”", ORNE) == (
        "Engineer Lia Orne: “The dam had cracks in two pillars.”"
    )


@pytest.mark.parametrize(
    ("text", "quotes"),
    [
        ("Lia Orne said the dam had cracks in two pillars.", [ORNE]),  # says so already
        ("The cracks in two pillars were found by Lia Orne.", [ORNE]),  # names her
        ("The dam was built in the year 1999.", [BUILT]),  # nobody's words
        ("The dam, built in 1999, had cracks in two pillars.", [ORNE, BUILT]),  # the article's own words too
        ("Cracks in two pillars.", [ORNE]),  # no sentence
        ("The gate must be closed before the first rain.", [SHE]),  # “she” may be another
    ],
)
def test_anything_else_stays_as_it_is(text, quotes):
    assert told(text, *quotes) == text


def test_names_keep_their_capital():
    text = "Vell dam had cracks in two pillars."
    assert told(text, ORNE).endswith(", vell dam had cracks in two pillars.")
    assert told(text, ORNE, names=frozenset(["vell"])).endswith(", Vell dam had cracks in two pillars.")
    assert told("US engineers found cracks in two pillars.", ORNE).endswith(
        ", US engineers found cracks in two pillars."
    )


def test_an_it_that_stands_for_nobody_known_is_no_speaker():
    assert with_speaker(cited(0, 100), lambda _: [said(0, 90, "It")]).speaker is None
