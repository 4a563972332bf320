"""The prompt: one fixed beginning, passages as data, control tokens defused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.answering.drafts import DraftReader
from qa.answering.prompts import REFUSAL, answer_prompt, defused, fixed_messages, numbered_passages, one_line
from qa.types import Hit, Passage, Span


def hit(text, title="Title", article="a", start=0):
    return Hit(Passage(article, start, start + len(text), text, (Span(start, start + len(text)),)), title, 1.0)


CONTROL = [
    "<|im_start|>",
    "<|im_end|>",
    "<|endoftext|>",
    "<|eot_id|>",
    "<s>",
    "</s>",
    "<bos>",
    "<start_of_turn>",
    "<end_of_turn>",
    "<think>",
    "</think>",
    "<tool_call>",
    "[INST]",
    "[/INST]",
    "<<SYS>>",
    "<｜User｜>",
    "<｜end▁of▁sentence｜>",
]


@pytest.mark.parametrize("token", CONTROL)
def test_control_tokens_are_defused(token):
    text = f"before {token} after"
    harmless = defused(text)
    assert token not in harmless
    assert len(harmless) == len(text)
    assert harmless.startswith("before ")
    assert harmless.endswith(" after")


@pytest.mark.parametrize("text", ["1 < 2 > 0", "a [1] b", "[sic]", "5 <= 6", "AT&T | “so”", "x < y"])
def test_ordinary_text_is_left_alone(text):
    assert defused(text) == text


_PIECES = st.lists(st.sampled_from([*CONTROL, *"<>|｜[]/", "INST", "s>", " ", "a", "\n"]), max_size=12).map("".join)


@given(_PIECES | st.text())
def test_defusing_is_idempotent_and_keeps_the_length(text):
    harmless = defused(text)
    assert defused(harmless) == harmless
    assert len(harmless) == len(text)
    assert not any(token in harmless for token in CONTROL)
    assert not any(token in one_line(text) for token in CONTROL)


def test_a_passage_is_one_line():
    assert one_line("A\n cat.\t\u2028Sat  there.") == "A cat. Sat there."


def test_passages_are_numbered_through_under_their_titles():
    hits = [hit("A cat.", "Cats"), hit("A tom.", "Cats", start=50), hit("A\ndog.", "Dogs", "b")]
    assert numbered_passages(hits) == "From “Cats”:\n[1] A cat.\n[2] A tom.\nFrom “Dogs”:\n[3] A dog."


def test_the_prompt_ends_with_the_passages_and_the_question():
    prompt = answer_prompt("What sat?", [hit("A cat sat.")])
    assert prompt[:-1] == fixed_messages()
    assert prompt[-1].role == "user"
    assert prompt[-1].content.index("[1] A cat sat.") < prompt[-1].content.index("What sat?")


def test_more_passages_only_add_to_the_beginning_that_is_reused():
    first = answer_prompt("One?", [hit("A cat.")])
    second = answer_prompt("Two?", [hit("A cat."), hit("A tom.", start=50)])
    beginning = first[-1].content.split("\n\n")[0]
    assert second[-1].content.startswith(beginning)


def test_nothing_in_title_passage_or_question_reaches_the_template_as_a_control_token():
    attack = " ".join(CONTROL)
    prompt = answer_prompt(attack, [hit(attack, title=attack)])
    assert [message.role for message in prompt] == [message.role for message in fixed_messages()] + ["user"]
    assert not any(token in message.content for message in prompt for token in CONTROL)


def test_the_worked_examples_keep_to_the_form_that_they_teach():
    messages = fixed_messages()
    assert messages[0].role == "system"
    assert REFUSAL in messages[0].content
    roles = [message.role for message in messages[1:]]
    assert roles == ["user", "assistant"] * (len(roles) // 2)
    replies = [message.content for message in messages if message.role == "assistant"]
    assert REFUSAL in replies
    for reply in replies:
        reader = DraftReader(9)
        drafts = [*reader.feed(reply), *reader.finish()]
        assert reader.refused == (reply == REFUSAL)
        assert all(draft.marks and not draft.invalid_marks for draft in drafts)
