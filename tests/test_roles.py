"""Who does something to whom: names exchanged are found, and other ways of saying the same are not taken for it."""

from __future__ import annotations

import pytest

from qa.text.roles import exchanged_roles

TEXT = "The judge said that Hale suspended Ortiz in May. Moscow was accused of lying by Kyiv on Monday."


@pytest.mark.parametrize(
    ("claim", "names"),
    [
        ("Ortiz suspended Hale in May.", ("Ortiz", "Hale")),
        ("Hale was suspended by Ortiz.", ("Ortiz", "Hale")),
        ("Moscow accused Kyiv.", ("Moscow", "Kyiv")),
        ("In May, Ortiz had to suspend Hale.", ("Ortiz", "Hale")),
    ],
)
def test_an_exchange_is_found_in_the_active_and_in_the_passive(claim: str, names: tuple[str, str]) -> None:
    assert exchanged_roles(claim, TEXT) == names


@pytest.mark.parametrize(
    "claim",
    [
        "Hale suspended Ortiz.",
        "Ortiz was suspended by Hale.",
        "Kyiv accused Moscow of lying.",
        "Ortiz met Hale in May.",  # another word between them
        "Ortiz and Hale suspended the talks.",  # both do it
        "Ortiz, Hale said, was suspended.",
        "Ortiz was suspended after Hale had spoken.",  # who did it is left open
    ],
)
def test_what_the_text_says_in_another_way_is_no_exchange(claim: str) -> None:
    assert exchanged_roles(claim, TEXT) is None


def test_what_the_text_says_both_ways_is_no_exchange() -> None:
    both = "Hale sued Ortiz in May. In June Ortiz sued Hale."
    assert exchanged_roles("Ortiz sued Hale.", both) is None
    assert exchanged_roles("Hale sued Ortiz.", both) is None


def test_names_of_several_words_are_the_same_as_their_last() -> None:
    assert exchanged_roles("Maria Ortiz suspended John Hale.", TEXT) == ("Maria Ortiz", "John Hale")
