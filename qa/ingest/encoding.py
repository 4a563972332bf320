"""Bytes as text: byte-order marks first, then UTF-8, then what is declared, then the likeliest encoding."""

from __future__ import annotations

import codecs
from typing import NamedTuple

from qa.errors import IngestError
from qa.ingest.quiet import hush

# UTF-32 first: its little-endian mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_REMEDY = "save it as UTF-8 text and add it again"
_WESTERN = "cp1252"
_SAMPLE = 65_536


class Decoded(NamedTuple):
    """Text, and the encoding that had to be guessed to read it (``None`` where it was certain)."""

    text: str
    guessed: str | None = None


def decode(data: bytes, source: str, declared: str | None = None) -> Decoded:
    """The text of ``data``; ``declared`` is an encoding that its author names.

    Raises:
        IngestError: binary data, or bytes that fit no encoding.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return Decoded(_strict(data[len(mark) :], encoding, source))
    if _is_binary(data):
        raise IngestError(f"{source}: binary data, not an article; add a text, Markdown, HTML or PDF file")
    for encoding in filter(None, ("utf-8", declared)):
        try:
            return Decoded(data.decode(encoding))
        except (UnicodeDecodeError, LookupError):
            continue
    return _guess(data, source)


def _strict(data: bytes, encoding: str, source: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        raise IngestError(f"{source}: marked as {encoding.upper()} but damaged; {_REMEDY}") from None


def _is_binary(data: bytes) -> bool:
    """Whether NUL bytes occur, or control characters that no text needs make up a tenth of the beginning."""
    sample = data[:_SAMPLE]
    odd = sum(sample.count(byte) for byte in range(32) if byte not in b"\t\n\v\f\r\x1b")
    return b"\0" in data or odd * 10 > len(sample)


def _guess(data: bytes, source: str) -> Decoded:
    from charset_normalizer import from_bytes

    hush("charset_normalizer")
    matches = list(from_bytes(data))
    if not matches:
        raise IngestError(f"{source}: its text is in an unknown encoding; {_REMEDY}")
    # The detector ranks Central European first where Western fits as well, and loses ñ and curly quotes by it.
    plausible = {name for match in matches for name in (match.encoding, *match.could_be_from_charset)}
    if _WESTERN in plausible:
        return Decoded(data.decode(_WESTERN, errors="replace"), "Windows-1252")
    return Decoded(str(matches[0]), matches[0].encoding)


def encoding_warnings(guessed: str | None) -> tuple[str, ...]:
    """What to tell the reader about a ``guessed`` encoding."""
    return (f"not UTF-8; read as {guessed}, so check accented letters and quotes",) if guessed else ()
