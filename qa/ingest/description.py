"""What a person writes about an article, made fit for it."""

from __future__ import annotations

from collections.abc import Mapping

from qa.errors import IngestError
from qa.ingest.dates import iso_date
from qa.text.normalise import normalise

MOST_CHARACTERS = 1000
"""The longest a field may be."""


def description(written: Mapping[str, str]) -> dict[str, str | None]:
    """The fields in ``written`` (title, outlet, author, date), each as one clean line, ``None`` if there is nothing.

    Raises:
        IngestError: a date that is none, or more than a line holds.
    """
    fields = {name: " ".join(normalise(value or "").split()) or None for name, value in written.items()}
    for name, value in fields.items():
        if value and len(value) > MOST_CHARACTERS:
            raise IngestError(f"{name}: longer than {MOST_CHARACTERS} characters; shorten it")
    day = fields.get("date")
    if day:
        fields["date"] = iso_date(day)
        if fields["date"] is None:
            raise IngestError(f"{day!r} is no date: write it like 2024-05-31")
    return fields
