"""Who says what: marks into attributions, sources into speakers."""

import itertools
import re

import pytest

from qa.models.speech import QuoteTagger, TrainedSpeechTagger
from qa.models.speech_network import MAX_TOKENS, STRIDE, windows
from qa.models.speech_reader import SpeechReader
from qa.text.cues import is_saying, reads_as_said
from qa.text.reported_speech import Mark, reported_speech
from qa.text.speakers import Speakers, head_word, outlet_in, person_name, same_speaker
from qa.types import Span, Speaker, SpeechKind
from tests.conftest import SEEDS


def marks(text, **parts):
    """Marks of whole words: 1 for those in one of the named parts of the text."""
    spans = {
        label: [Span(text.index(one), text.index(one) + len(one)) for one in found] for label, found in parts.items()
    }
    found = []
    for match in re.finditer(r"\w+|[^\w\s]", text):
        span = Span(*match.span())
        inside = {
            label: any(one.start < span.end and span.start < one.end for one in spans.get(label, ()))
            for label in ("source", "cue", "content")
        }
        begins = any(span.start <= one.start < span.end for one in spans.get("content", ()))
        found.append(Mark(span, *(float(inside[label]) for label in ("source", "cue", "content")), float(begins)))
    return found


def shown(text, said):
    return [
        (
            [text[slice(*one)] for one in each.content],
            each.cue and text[slice(*each.cue)],
            each.source and text[slice(*each.source)],
        )
        for each in said
    ]


def test_indirect_speech_has_its_cue_and_source():
    text = "Mayor Ann Lee said on Monday that the bridge was safe. Rain fell."
    found = reported_speech(
        text, marks(text, source=["Mayor Ann Lee"], cue=["said"], content=["that the bridge was safe"])
    )
    assert shown(text, found) == [(["that the bridge was safe"], "said", "Mayor Ann Lee")]


def test_a_quotation_marked_in_part_is_content_whole_and_goes_on_after_its_speaker():
    text = "“The bridge is safe,” said Ann Lee. “I drove over it this morning.” Rain fell."
    found = reported_speech(
        text, marks(text, source=["Ann Lee"], cue=["said"], content=["bridge is safe", "drove over it this morning"])
    )
    assert shown(text, found) == [(["“The bridge is safe,”", "“I drove over it this morning.”"], "said", "Ann Lee")]


def test_two_speakers_in_one_paragraph_are_kept_apart():
    text = "“It is safe,” said Ann Lee. “It will fall down,” said Bo Carr."
    found = reported_speech(
        text,
        marks(
            text,
            source=["Ann Lee", "Bo Carr"],
            cue=["said Ann", "said Bo"],
            content=["“It is safe,”", "“It will fall down,”"],
        ),
    )
    assert [(one[0], one[2]) for one in shown(text, found)] == [
        (["“It is safe,”"], "Ann Lee"),
        (["“It will fall down,”"], "Bo Carr"),
    ]


def test_unquoted_content_without_a_cue_is_nobodys():
    text = "Rain fell on the old town all day."
    assert reported_speech(text, marks(text, content=["on the old town"])) == []


def test_no_text_no_speech():
    assert reported_speech("", []) == []
    assert SpeechReader(QuoteTagger()).read("") == ()


def resolved(text, *sources):
    speakers = Speakers(text)
    place, found = 0, []
    for source in sources:
        place = text.index(source, place)
        found.append(speakers.resolve(Span(place, place + len(source))))
        place += len(source)
    return found


def test_last_names_pronouns_and_titles_lead_to_the_person_named_before():
    text = (
        "Sen. Lindsey Graham said so. Graham said more. “No,” he said. The senator added this. "
        "A shop owner, who asked not to be named, warned. “Yes,” she said."
    )
    found = resolved(text, "Sen. Lindsey Graham", "Graham", "he", "The senator", "A shop owner", "she")
    assert [one.name for one in found[:4]] == ["Lindsey Graham"] * 4
    assert found[4] == Speaker("A shop owner", None, anonymous=True)
    assert found[5] == found[4]


def test_roles_are_kept_beside_names():
    text = "Scott Pruitt, the Republican attorney general of Oklahoma, said so. City engineer Dana Oriel said no."
    found = resolved(text, "Scott Pruitt, the Republican attorney general of Oklahoma,", "City engineer Dana Oriel")
    assert found == [
        Speaker("Scott Pruitt", "the Republican attorney general of Oklahoma"),
        Speaker("Dana Oriel", "City engineer"),
    ]


@pytest.mark.parametrize(
    ("source", "anonymous"),
    [
        ("a senior Russian defense official", True),
        ("U.S. officials", True),
        ("Bloomberg", False),
        ("the White House", False),
    ],
)
def test_who_is_left_unnamed(source, anonymous):
    (found,) = resolved(f"It was late, {source} said.", source)
    assert found.anonymous is anonymous


def test_heads_names_and_outlets():
    assert head_word("Sen. Lindsey Graham (R-S.C.)") == "graham"
    assert head_word("Hillary Clinton’s campaign manager Robby Mook") == "mook"
    assert person_name("Russian President Vladimir Putin") == "Vladimir Putin"
    assert outlet_in("said an official, who spoke to Bloomberg under the condition of anonymity") == "Bloomberg"
    assert outlet_in("said an official, who spoke to Congress") is None
    assert same_speaker("Graham", "Lindsey Graham")
    assert not same_speaker("Ann Lee", "Bo Carr")


@pytest.mark.parametrize("cue", ["said", "according to", "warned of", "has told", ":"])
def test_saying(cue):
    assert is_saying(cue)


@pytest.mark.parametrize("cue", ["believes", "wants", "hopes", "supports"])
def test_not_saying(cue):
    assert not is_saying(cue)


@pytest.mark.parametrize(
    ("cue", "content", "told"),
    [
        ("said", "that it was safe", True),
        ("declined to say", "whether it was safe", False),
        ("denied", "that it was safe", False),
        ("asked", "why it was shut", False),
        ("praise", "the effort to repair ties", False),
    ],
)
def test_what_may_follow_said_that(cue, content, told):
    assert reads_as_said(cue, content) is told


def test_the_reader_without_a_model_finds_plain_quotations():
    text = "“The bridge is safe,” said Ann Lee. Rain fell."
    (found,) = SpeechReader(QuoteTagger()).read(text)
    assert (found.kind, found.speaker, found.stated) == (SpeechKind.DIRECT, Speaker("Ann Lee"), True)
    assert text[slice(*found.content[0])] == "“The bridge is safe,”"


def test_windows_cover_every_token_and_overlap():
    found = list(windows(1000))
    assert found[0].start == 0
    assert found[-1].end == 1000
    assert all(one.end - two.start == STRIDE for one, two in itertools.pairwise(found))
    assert all(one.end - one.start <= MAX_TOKENS - 2 for one in found)
    assert list(windows(0)) == [(0, 0)]


@pytest.mark.model
def test_the_users_article_is_read_rightly():
    text = (SEEDS / "turkey-s400-f35.txt").read_text(encoding="utf-8")
    found = SpeechReader(TrainedSpeechTagger()).read(text)
    said = {text[slice(*one.content[0])]: one for one in found}
    russia = said["‘Russia is not a charity,’"]
    assert russia.speaker == Speaker("a senior Russian defense official", None, anonymous=True)
    assert russia.outlet == "Bloomberg"
    assert [text[slice(*one)][:12] for one in russia.content] == ["‘Russia is n", "‘We invested"]
    ambassador = said["‘Ankara is approaching a withdrawal from the S-400,’"].speaker
    assert (ambassador.name, ambassador.role) == ("Tomバーク", "U.S. Ambassador to Turkey")
    bloomberg = next(one for one in found if one.speaker and one.speaker.name == "Bloomberg")
    assert (bloomberg.kind, bloomberg.speaker.anonymous) == (SpeechKind.INDIRECT, False)
    putin = text.index("Putin has maintained a stance")
    assert not any(one.stated and one.content[0].start <= putin < one.content[0].end for one in found)


def test_it_is_not_a_person():
    text = "Benedict Yarm spoke in court. It admitted breaches."
    assert resolved(text, "Benedict Yarm", "It")[1] == Speaker("It")


def test_an_introductory_phrase_does_not_hide_the_subject():
    text = "Petra Alm was there. In parliament, Corwin Hask, who leads the party, gave notice. “It ends,” he thundered."
    place = text.index("he thundered")
    assert Speakers(text).resolve(Span(place, place + len("he"))) == Speaker("Corwin Hask")
