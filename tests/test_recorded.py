"""What a generator wrote once is replayed."""

import pytest

from qa.errors import ModelError
from qa.models.generators import FakeGenerator
from qa.models.generators.recorded import RecordedGenerator
from qa.types import Message

ASKED = [Message("user", "Who?")]


def written(generator, messages=ASKED, grammar="g", most=20):
    return "".join(chunk.text for chunk in generator.generate(messages, grammar=grammar, max_tokens=most))


def test_a_reply_is_asked_for_once(tmp_path):
    model = FakeGenerator("It was the mayor.")
    recorded = RecordedGenerator(model, tmp_path / "replies.jsonl")
    assert written(recorded) == written(recorded) == "It was the mayor."
    assert len(model.prompts) == 1


def test_a_record_outlives_the_process(tmp_path):
    path = tmp_path / "replies.jsonl"
    assert written(RecordedGenerator(FakeGenerator("It was the mayor."), path)) == "It was the mayor."
    other = FakeGenerator("It was someone else.")
    assert written(RecordedGenerator(other, path)) == "It was the mayor."
    assert not other.prompts


@pytest.mark.parametrize("change", [{"messages": [Message("user", "When?")]}, {"grammar": "h"}, {"most": 2}])
def test_another_request_is_another_reply(tmp_path, change):
    model = FakeGenerator("It was the mayor.")
    recorded = RecordedGenerator(model, tmp_path / "replies.jsonl")
    written(recorded)
    written(recorded, **change)
    assert len(model.prompts) == 2


def test_a_broken_off_reply_is_not_kept(tmp_path):
    path = tmp_path / "replies.jsonl"
    recorded = RecordedGenerator(FakeGenerator("It was the mayor."), path)
    chunks = recorded.generate(ASKED, grammar="g", max_tokens=20)
    next(chunks)
    chunks.close()
    assert not path.exists()
    assert written(recorded) == "It was the mayor."


def test_the_last_piece_carries_the_usage_again(tmp_path):
    recorded = RecordedGenerator(FakeGenerator("It was the mayor."), tmp_path / "replies.jsonl")
    first, again = (list(recorded.generate(ASKED, grammar="g", max_tokens=20))[-1].usage for _ in range(2))
    assert first == again


def test_a_last_line_that_was_cut_off_is_asked_for_again(tmp_path):
    path = tmp_path / "replies.jsonl"
    written(RecordedGenerator(FakeGenerator("It was the mayor."), path))
    written(RecordedGenerator(FakeGenerator("In May."), path), [Message("user", "When?")])
    path.write_bytes(path.read_bytes()[:-20])
    again = RecordedGenerator(FakeGenerator("In June."), path)
    assert written(again) == "It was the mayor."
    assert written(again, [Message("user", "When?")]) == "In June."
    assert written(RecordedGenerator(FakeGenerator("Never."), path), [Message("user", "When?")]) == "In June."


def test_a_damaged_line_is_named(tmp_path):
    path = tmp_path / "replies.jsonl"
    path.write_text("{}\n")
    with pytest.raises(ModelError, match=r"line 1: damaged; delete the line"):
        RecordedGenerator(FakeGenerator("In May."), path)


def test_any_separator_in_a_reply_is_kept(tmp_path):
    path = tmp_path / "replies.jsonl"
    reply = "One\u2028two\x85three."
    assert written(RecordedGenerator(FakeGenerator(reply), path)) == reply
    assert written(RecordedGenerator(FakeGenerator("Another."), path)) == reply
