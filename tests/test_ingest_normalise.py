"""Normalised text, and warnings of garbled letters."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.text.mojibake import mojibake_warnings
from qa.text.normalise import normalise

LONG = "Word " + "word " * 29 + "end."

CASES = {
    "line ends": ("A b.\r\n\r\nC d.\rE f.", "A b.\n\nC d. E f."),
    "spaces": (" a\u00a0\u2003 b\t c ", "a b c"),
    "zero width": ("\ufeffa\u200bb\u2060 c\u00ad", "ab c"),
    "direction": ("a\u202eb\u2066c\u2069\u200f", "abc"),
    "control": ("a\x00b\x07c\x9b", "abc"),
    "unseen tags": ("a\U000e0041\U000e0042 b", "a b"),
    "lone surrogate": ("a\ud800b", "a\ufffdb"),
    "letters stay": ("ﬁ e\u0301 é ‘x’ – ½", "ﬁ e\u0301 é ‘x’ – ½"),
    "joiner in Latin": ("pass\u200dword", "password"),
    "joiner in Persian": ("می\u200cخواهم", "می\u200cخواهم"),
    "soft wraps": ("It was\nsigned on\nMonday.\n\nHe left.", "It was signed on Monday.\n\nHe left."),
    "wrapped name": ("He was the\nMinister of War.\n\nHe left.", "He was the Minister of War.\n\nHe left."),
    "seed": (f"{LONG} said U.S.\nAmbassador to Turkey.\n{LONG}", f"{LONG} said U.S. Ambassador to Turkey.\n\n{LONG}"),
    "small letter": (f"{LONG} it\nwent on.\n{LONG}", f"{LONG} it went on.\n\n{LONG}"),
    "comma": (f"{LONG} Tom,\nPresident.\n{LONG}", f"{LONG} Tom, President.\n\n{LONG}"),
    "title": (f"{LONG} by Gen.\nTom.\n{LONG}", f"{LONG} by Gen. Tom.\n\n{LONG}"),
    "paragraph ends in U.S.": (f"{LONG} in the U.S.\nAnkara agreed.", f"{LONG} in the U.S.\n\nAnkara agreed."),
    "paragraph ends in Inc.": (f"{LONG} Acme Inc.\nShares fell.", f"{LONG} Acme Inc.\n\nShares fell."),
    "headline": (f"Turkey seeks return\n{LONG}", f"Turkey seeks return\n\n{LONG}"),
    "headline, then blanks": (f"Turkey seeks return\n{LONG}\n\n{LONG}", f"Turkey seeks return\n\n{LONG}\n\n{LONG}"),
    "list": ("Two:\n\n- one\n- two\n  goes on", "Two:\n\n- one\n- two goes on"),
    "number in mid-text": ("It fell on March\n12. He left.\n\nEnd.", "It fell on March 12. He left.\n\nEnd."),
    "table": ("| a | b |\n|---|---|\n| 1 | 2 |\n\nEnd.", "| a | b |\n|---|---|\n| 1 | 2 |\n\nEnd."),
    "headings": ("# One\nText is here.\n\nEnd.", "# One\n\nText is here.\n\nEnd."),
    "interview": ("Q: Why?\nA: Because\nof it.\n\nEnd.", "Q: Why?\nA: Because of it.\n\nEnd."),
    "compound": ("a state-\nowned pre-\nand post-war firm\n\nEnd.", "a state-owned pre- and post-war firm\n\nEnd."),
    "byline": ("A man bites a dog\nBy Jane Doe\n\nEnd.", "A man bites a dog\n\nBy Jane Doe\n\nEnd."),
}  # fmt: skip


@pytest.mark.parametrize(("raw", "expected"), CASES.values(), ids=CASES.keys())
def test_normalises(raw: str, expected: str) -> None:
    assert normalise(raw) == expected


def test_evenly_filled_lines_are_unwrapped_without_blank_lines() -> None:
    wrapped = (
        "The minister said on Monday that the gate had failed before\n"
        "dawn and that the town of Tolvin was flooded within minutes.\n"
        "Nobody was to blame. He left at once and refused to say any\n"
        "more.\n"
        "The mayor of Tolvin was angry and wrote to the capital about\n"
        "the siren, which had been silent for most of the night long.\n"
    )
    first, second = normalise(wrapped).split("\n\n")
    assert first.endswith("refused to say any more.")
    assert second.startswith("The mayor")
    assert "\n" not in first + second


def test_short_lines_stay_paragraphs() -> None:
    assert normalise("One fell.\nTwo people rose to their feet.\nThree.\nFour sang a song.\nFive.").count("\n\n") == 4


ODD = st.text(
    st.sampled_from("ab A.-#|*1:Q\n\n\r\t,’”U.S.\u00a0\u200b\u200d\u200c\u202e\u00adب\u2029\u0085\x1c(–=By "),
    max_size=150,
)
LINES = st.lists(
    st.sampled_from(["", "- a", "* b", "1. c", "12. d", "| x |", "# h", "---", "Q: a", "A: b", "U.S.", "By Tom", LONG])
    | st.text("aB .,-", max_size=90),
    max_size=12,
).map("\n".join)


@settings(max_examples=400, deadline=None)
@given(ODD | LINES | st.text())
def test_is_idempotent_and_tidy(raw: str) -> None:
    once = normalise(raw)
    assert normalise(once) == once
    assert once == once.strip()
    assert "  " not in once
    assert "\n\n\n" not in once


@settings(max_examples=150, deadline=None)
@given(st.text("abcé .,’\n", max_size=200))
def test_every_letter_survives(raw: str) -> None:
    assert "".join(normalise(raw).split()) == "".join(raw.split())


@pytest.mark.parametrize(
    ("text", "word", "why"),
    [
        ("said Tomバーク today", "Tomバーク", "Latin and Katakana"),
        ("met Иvan there", "Иvan", "Cyrillic and Latin"),
        ("a cafÃ© there", "cafÃ©", "UTF-8 read"),
        ("Itâ€™s over", "Itâ€™s", "UTF-8 read"),
        ("caf\ufffd there", "caf\ufffd", "replacement character"),
    ],
)
def test_reports_garbled_words(text: str, word: str, why: str) -> None:
    (warning,) = mojibake_warnings(text)
    assert warning.startswith(f'"{word}"')
    assert why in warning
    assert "\n" not in warning


@pytest.mark.parametrize(
    "text",
    [
        "Café, naïve, Łódź, Ñandú, Ærøskøbing, Strauß’ “Über”",
        "Αθήνα and Москва and 東京",
        "5 µm of β-carotene; TNFα rose",
        "NÃO, disse. SÃO PAULO, “AMANHÔ",
        "A “CAFÉ” opened",
        "Tシャツを買いました。" * 10,
    ],
)
def test_ordinary_text_is_not_reported(text: str) -> None:
    assert mojibake_warnings(text) == []


def test_warnings_are_few() -> None:
    assert len(mojibake_warnings(" ".join(f"x{'é' * i}Ã©" for i in range(50)), limit=7)) == 7
