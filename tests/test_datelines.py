"""Datelines are places, and nobody who does anything."""

import pytest

from qa.text.datelines import misplaced_dateline, without_dateline

PLANT = "COBBLE POINT, Sarrow Island — The desalination plant is run by Hask Water."


def test_a_dateline_is_left_out():
    assert without_dateline(PLANT) == "The desalination plant is run by Hask Water."
    assert without_dateline("BEIJING -- China said so.") == "China said so."
    assert without_dateline("WASHINGTON (AP) — He left.") == "He left."
    assert without_dateline("NATO said on Monday — too late — that it would act.").startswith("NATO said")
    assert without_dateline("The plant — a new one — is open.") == "The plant — a new one — is open."


@pytest.mark.parametrize(
    ("sentence", "place"),
    [
        ("The desalination plant is run by Cobble Point.", "COBBLE POINT"),
        ("COBBLE POINT runs the desalination plant.", "COBBLE POINT"),
        ("The desalination plant in Cobble Point is run by Hask Water.", None),
        ("The desalination plant is run by Hask Water.", None),
    ],
)
def test_it_is_taken_for_a_place_only(sentence, place):
    assert misplaced_dateline(sentence, f"A title\n{PLANT}") == place


def test_what_the_report_itself_names_may_do_something():
    told = "MERROW QUAY — The council of Merrow Quay closed the port."
    assert misplaced_dateline("Merrow Quay closed the port.", told) is None
