"""What a format's reader found in a file, before it is an article."""

from __future__ import annotations

from dataclasses import dataclass

from qa.errors import IngestError
from qa.ingest.dates import iso_date
from qa.ingest.titles import title_of
from qa.text.mojibake import mojibake_warnings
from qa.text.normalise import normalise
from qa.types import Article


@dataclass(frozen=True, slots=True)
class Draft:
    """Raw text and the metadata that came with it, each as written; ``None`` where the file is silent."""

    text: str
    title: str | None = None
    outlet: str | None = None
    author: str | None = None
    date: str | None = None
    source: str | None = None
    warnings: tuple[str, ...] = ()


def finish(draft: Draft, name: str, source: str) -> Article:
    """The article of ``draft``: text normalised, date in ISO 8601, title found if none was given.

    ``name`` is what errors call the file; ``source`` is where it came from, if ``draft`` does not say.

    Raises:
        IngestError: the text holds no sentence.
    """
    text = normalise(draft.text)
    if not text:
        raise IngestError(f"{name}: no text in it; add a file that holds an article")
    if not any(character.isalpha() for character in text):
        raise IngestError(f"{name}: no sentence in it, only figures or punctuation; add a file that holds an article")
    return Article(
        text=text,
        title=_line(draft.title) or title_of(text),
        source=_line(draft.source) or source,
        outlet=_line(draft.outlet),
        author=_line(draft.author),
        date=iso_date(draft.date) if draft.date else None,
        warnings=(*draft.warnings, *mojibake_warnings(text)),
    )


def _line(value: str | None) -> str | None:
    """``value`` as one clean line, or ``None`` if nothing is left of it."""
    return " ".join(normalise(value or "").split()) or None
