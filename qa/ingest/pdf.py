"""The text of a PDF as paragraphs, without page headers, page numbers and line-end hyphens."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING

from qa.errors import IngestError
from qa.ingest.draft import Draft
from qa.ingest.quiet import hush

if TYPE_CHECKING:
    from pypdf import PdfReader

_LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"})
_PAGE_NUMBER = re.compile(r"\W*(?:page\s+)?\d{1,4}(?:\s*(?:/|of)\s*\d{1,4})?\W*", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")
_FRAGMENT = re.compile(r"[^\W\d_]+-$")
_COMPOUND = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)+|[^\W\d_]+")
_EDGE = 2
"""Lines at the top and bottom of a page that may be its header or footer."""

Page = list[str]


def read_pdf(data: bytes, source: str) -> Draft:
    """The text of all pages with the title, author and date of the document's metadata.

    Raises:
        IngestError: a damaged or encrypted file, or one of images only.
    """
    from pypdf.errors import PyPdfError

    hush("pypdf")
    try:
        reader = _open(data, source)
        pages = [_lines(page.extract_text()) for page in reader.pages]
        information = reader.metadata
    except IngestError:
        raise
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, OSError, RecursionError) as error:
        # pypdf lets errors of every kind out of damaged files
        raise IngestError(f"{source}: a damaged PDF ({type(error).__name__}); print it to a new PDF first") from None
    lines = list(chain.from_iterable(_without_furniture(pages)))
    if not lines:
        raise IngestError(f"{source}: a PDF without text, perhaps scanned; run OCR on it first (ocrmypdf does)")
    return Draft(
        text="\n".join(_dehyphenated(lines)),
        title=information.title if information else None,
        author=information.author if information else None,
        date=information.get("/CreationDate") if information else None,
    )


def _open(data: bytes, source: str) -> PdfReader:
    from pypdf import PasswordType, PdfReader
    from pypdf.errors import DependencyError

    reader = PdfReader(io.BytesIO(data))
    try:
        locked = reader.is_encrypted and reader.decrypt("") is PasswordType.NOT_DECRYPTED
    except DependencyError:
        locked = True
    if locked:
        raise IngestError(f"{source}: an encrypted PDF; save a copy without its password and add that")
    return reader


def _lines(text: str) -> Page:
    return [stripped for line in text.translate(_LIGATURES).splitlines() if (stripped := line.strip())]


def _without_furniture(pages: Sequence[Page]) -> list[Page]:
    """The pages without page numbers and without lines that several pages share at their edges, figures aside."""
    shared = Counter(shape for page in pages for shape in {_shape(line) for line in _edges(page)})
    often = max(2, len(pages) // 2)
    return [[line for i, line in enumerate(page) if not _is_furniture(page, i, line, shared, often)] for page in pages]


def _is_furniture(page: Page, place: int, line: str, shared: Counter[str], often: int) -> bool:
    if _EDGE <= place < len(page) - _EDGE:
        return False
    return shared[_shape(line)] >= often or _PAGE_NUMBER.fullmatch(line) is not None


def _edges(page: Page) -> Page:
    return page[:_EDGE] + page[max(_EDGE, len(page) - _EDGE) :]


def _shape(line: str) -> str:
    """``line`` with its numbers masked: equal for the footers of two pages."""
    return _DIGITS.sub("0", line)


def _dehyphenated(lines: Sequence[str]) -> list[str]:
    """The lines with words joined that were divided at line ends, where the rest of the text bears it out.

    ``sys- | tem`` is joined if ``system`` occurs or ``sys`` does not, and never if ``sys-tem`` occurs.
    """
    words = {word.lower() for line in lines for word in _COMPOUND.findall(line)}
    out: list[str] = []
    for line in lines:
        head, _, rest = line.partition(" ")
        fragment = _FRAGMENT.search(out[-1]) if out else None
        if fragment and head[:1].islower() and _is_divided(fragment[0][:-1], head, words):
            out[-1] = out[-1][:-1] + head
            out += [rest] if rest else []
        else:
            out.append(line)
    return out


def _is_divided(left: str, right: str, words: set[str]) -> bool:
    tail = _COMPOUND.match(right)
    left, right = left.lower(), tail[0].lower() if tail else ""
    if f"{left}-{right}" in words:
        return False
    return left + right in words or left not in words
