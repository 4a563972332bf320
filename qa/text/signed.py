"""Signed quotations: “The water came at night.” ― Ruth Okendry, baker."""

from __future__ import annotations

import re
from typing import NamedTuple

from qa.text.quoted import quoted_spans
from qa.types import Span, Speaker

_SIGNATURE = re.compile(
    r"[ \t]*\n?[ \t]*(?:―|—|–|--|-) ?(?P<name>[^\W\d_a-z][\w.’'-]*(?: [^\W\d_a-z][\w.’'-]*){1,4})"
    r"(?:,[ ](?P<role>[^\n“”\"]{2,60}?))?\.?[ \t]*(?=\n|\Z)"
)
_LEAST_WORDS = 4


class Signed(NamedTuple):
    """A quotation with the name written under it."""

    quotation: Span
    source: Span
    speaker: Speaker


def signed_quotations(text: str) -> list[Signed]:
    """The quotations of ``text`` that end with a dash and a name, in order."""
    found = []
    for quotation in quoted_spans(text):
        match = _SIGNATURE.match(text, quotation.end)
        if match and len(text[slice(*quotation)].split()) >= _LEAST_WORDS:
            name = match["name"].rstrip(".")
            source = Span(match.start("name"), match.start("name") + len(name))
            found.append(Signed(quotation, source, Speaker(name, match["role"])))
    return found
