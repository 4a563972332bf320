"""Where an article quotes, and which marks only look like it."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.text.quoted import quoted_spans


def quoted(text: str) -> list[str]:
    return [text[start:end] for start, end in quoted_spans(text)]


@pytest.mark.parametrize(
    ("text", "quotations"),
    [
        ("She said “yes” and “no”.", ["“yes”", "“no”"]),
        ('She said "yes" and "no".', ['"yes"', '"no"']),
        ("«Oui», he said.", ["«Oui»"]),
        ("„Ja“, sagte er. „Nein”, schrieb sie.", ["„Ja“", "„Nein”"]),
        ("''So'' it was.", ["''So''"]),
        ("‘It’s about trust—don’t doubt it,’ he said.", ["‘It’s about trust—don’t doubt it,’"]),
        ("He said: 'It's fine' and left.", ["'It's fine'"]),
        ("He called it a “so-called ‘peace’ plan” twice.", ["“so-called ‘peace’ plan”"]),
        ("‘He said “no” to me,’ she said.", ["‘He said “no” to me,’"]),
    ],
)
def test_quotations_include_their_marks(text: str, quotations: list[str]) -> None:
    assert quoted(text) == quotations


def test_straight_marks_within_their_like_close_at_the_first_that_can() -> None:
    assert quoted('"He said "no" to me," she said.') == ['"He said "no"']


@pytest.mark.parametrize(
    "text",
    [
        "Turkey’s ’90s weren’t the '80s.",
        "The allies’ plan and the boys' club.",
        "The workers' right, he said, and the bosses' too.",
        "'Tis rock 'n' roll, get 'em.",
        'The 6" pipe, 5\'10" long.',
        "",
        "’ ' ” »",
    ],
)
def test_an_apostrophe_is_no_quotation(text: str) -> None:
    assert quoted(text) == []


def test_a_plural_possessive_closes_nothing() -> None:
    text = "The allies’ plan: ‘the allies’ plan’ failed. ‘Our allies’ aims are known,’ he said. ‘Good.’"
    assert quoted(text) == ["‘the allies’ plan’", "‘Our allies’ aims are known,’", "‘Good.’"]


@pytest.mark.parametrize(("left", "right"), ["“”", "‘’", '""', "''", "«»"])
@pytest.mark.parametrize("gap", ["\n", "\n\n", "\n  \n"])
def test_a_quotation_may_reopen_in_each_paragraph(left: str, right: str, gap: str) -> None:
    text = f"{left}One.{gap}{left}Two.{gap}{left}Three,{right} he said. Four."
    assert quoted(text) == [f"{left}One.", f"{left}Two.", f"{left}Three,{right}"]


@pytest.mark.parametrize("mark", ["“", '"', "«"])
def test_an_open_quotation_ends_with_its_paragraph(mark: str) -> None:
    assert quoted(f"He said: {mark}One. \nTwo is not quoted.") == [f"{mark}One."]


@pytest.mark.parametrize("mark", ["‘", "'"])
def test_a_single_mark_left_open_is_an_apostrophe(mark: str) -> None:
    assert quoted(f"He said: {mark}One.\nTwo is not quoted.") == []


@given(st.text(alphabet="as .,\n“”‘’'\"«»„"))
def test_quotations_are_in_order_apart_and_within_a_paragraph(text: str) -> None:
    last = 0
    for start, end in quoted_spans(text):
        assert last <= start < end <= len(text)
        assert "\n" not in text[start:end]
        last = end


@pytest.mark.parametrize("unit", ["‘", "’", "“", '"', "s’ a", "‘s’ a", "'a ", "“a\n", "‘a\n", " ", " \n"])
def test_time_is_linear(unit: str) -> None:
    started = time.monotonic()
    quoted_spans(unit * 60_000)
    assert time.monotonic() - started < 3
