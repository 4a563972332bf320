"""The story of a news page, without menus, advertisements and scripts."""

from __future__ import annotations

import re
from typing import Any

from qa.errors import IngestError
from qa.ingest.draft import Draft
from qa.ingest.encoding import decode, encoding_warnings
from qa.ingest.quiet import hush

_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset=[\"']?([\w-]{1,40})", re.IGNORECASE)
_ADVERTISEMENTS = [
    "//*[contains(concat(' ', normalize-space(@class), ' '), ' ad ')]",
    "//*[contains(concat(' ', normalize-space(@class), ' '), ' ads ')]",
    "//*[contains(concat(' ', normalize-space(@class), ' '), ' advertisement ')]",
    "//*[@aria-label='Advertisement' or @aria-label='advertisement']",
]
_DATES = {"original_date": True, "extensive_search": False, "max_date": "2200-01-01"}


def read_html(data: bytes, source: str) -> Draft:
    """The main text of an HTML page with its title, author, outlet and date.

    Raises:
        IngestError: the page holds no article, or none that can be told from its surroundings.
    """
    declared = _CHARSET.search(data[:4096])
    text, guessed = decode(data, source, declared[1].decode("ascii") if declared else None)
    page = _extract(text)
    if page is None or not page.text:
        raise IngestError(f"{source}: no article found in the page; save its text as a .txt file and add that")
    return Draft(
        text="\n\n".join(page.text.splitlines()),
        title=page.title,
        outlet=page.sitename,
        author=page.author,
        date=page.date,
        warnings=encoding_warnings(guessed),
    )


def _extract(page: str) -> Any:
    from trafilatura import bare_extraction

    for library in ("trafilatura", "htmldate", "courlan"):
        hush(library)
    return bare_extraction(
        page,
        include_comments=False,
        include_images=False,
        with_metadata=True,
        prune_xpath=_ADVERTISEMENTS,
        date_extraction_params=_DATES,
    )
