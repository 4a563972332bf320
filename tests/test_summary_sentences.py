"""108 summary sentences that a person read against their source: the speakers found right must be found again."""

import json
from functools import lru_cache

import pytest

from qa.answering.voices import named
from qa.ingest import read_path
from qa.models.speech import TrainedSpeechTagger
from qa.models.speech_reader import SpeechReader
from tests.conftest import ROOT, SEEDS

READ = [json.loads(line) for line in (ROOT / "tests/golden/summary-sentences.jsonl").read_text("utf-8").splitlines()]


@lru_cache
def article(name):
    return read_path(SEEDS / name, max_bytes=10_000_000)


@lru_cache
def reader():
    return SpeechReader(TrainedSpeechTagger())


@lru_cache
def attributions(name):
    return reader().read(article(name).text)


def test_each_rests_on_words_of_its_article():
    for one in READ:
        assert 0 <= one["start"] < one["end"] <= len(article(one["article"]).text)
        assert one["voice"] in ("reported", "asserted", "fact")
        assert (one["speaker_right"] is None) == (one["voice"] != "reported")


def test_hardly_any_told_as_a_fact_what_is_reported_or_asserted():
    assert len(READ) == 108
    wrong = [one["text"] for one in READ if not one["voice_right"]]
    assert len(wrong) <= 0.03 * len(READ), wrong


def test_nearly_all_that_is_reported_names_its_speaker():
    reported = [one for one in READ if one["speaker_right"] is not None]
    assert sum(one["speaker_right"] for one in reported) >= 0.95 * len(reported)


@pytest.mark.model
def test_speakers_that_were_right_are_found_again():
    right = [one for one in READ if one["speaker_right"] and one["speaker"]]
    again = sum(
        any(
            each.speaker is not None
            and named(each.speaker) == one["speaker"]
            and each.span.start < one["end"]
            and one["start"] < each.span.end
            for each in attributions(one["article"])
        )
        for one in right
    )
    assert len(right) > 25
    assert again >= 0.95 * len(right), f"{again} of {len(right)}"
