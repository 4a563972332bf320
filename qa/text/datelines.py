"""Datelines: the place in capitals that a report begins with, “MERROW QUAY, Sarrow Island — …”."""

from __future__ import annotations

import re

from qa.text.words import fold

_DATELINE = re.compile(
    r"^[ \t]*(?P<place>[A-Z][A-Z .’'-]{2,30})(?:, [\w .]{2,20})?(?: \([\w .]{2,20}\))? ?(?:--|[-–—]) ", re.MULTILINE
)
_PLACED = r"(?:in|at|from|near|of|to|into|around|outside|inside|on|off|across|for|through|over|toward|towards)"


def without_dateline(text: str) -> str:
    """``text`` without the dateline that it begins with, if it does."""
    match = _DATELINE.match(text)
    return text[match.end() :] if match else text


def misplaced_dateline(sentence: str, evidence: str) -> str | None:
    """The place of a dateline that ``sentence`` takes for something else than a place; ``None`` where it does not.

    A dateline says from where a report was sent: “The plant is run by COBBLE POINT” is not borne out by it.
    """
    said, rest = fold(sentence), fold(_DATELINE.sub("", evidence))
    for match in _DATELINE.finditer(evidence):
        place = " ".join(match["place"].split())
        name = re.escape(fold(place))
        if re.search(rf"\b{name}\b", rest):
            continue
        if re.search(rf"\b{name}\b", said) and not re.search(rf"\b{_PLACED} (?:the )?{name}\b", said):
            return place
    return None
