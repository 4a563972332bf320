"""Dates as articles write them, in ISO 8601."""

from __future__ import annotations

import re
from datetime import date

_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: number for number, name in enumerate(_NAMES, 1)}
_MONTH = r"(?P<name>[a-z]{3})[a-z]*\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_FORMS = tuple(
    re.compile(form)
    for form in (
        r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?!\d)",
        r"(?:d:)?(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)(?:\d{2,6})?(?:[^\d].*)?$",
        rf"(?:[a-z]+,? )?{_MONTH} {_DAY},? (?P<year>\d{{4}})(?!\d)",
        rf"(?:[a-z]+,? )?{_DAY} {_MONTH},? (?P<year>\d{{4}})(?!\d)",
    )
)


def iso_date(written: str) -> str | None:
    """The day that ``written`` begins with, as ``2024-05-31``; ``None`` if unclear, as ``03/04/2024`` is."""
    folded = " ".join(written.lower().split())
    for form in _FORMS:
        match = form.match(folded)
        if match:
            return _iso(match.groupdict())
    return None


def _iso(parts: dict[str, str]) -> str | None:
    month = int(parts["month"]) if "month" in parts else _MONTHS.get(parts["name"], 0)
    try:
        return date(int(parts["year"]), month, int(parts["day"])).isoformat()
    except ValueError:
        return None
