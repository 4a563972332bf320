"""From a path or bytes to an article: finds files, refuses what is none, and picks the reader by content and suffix."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from qa.errors import IngestError
from qa.ingest.docx import read_docx
from qa.ingest.draft import Draft, finish
from qa.ingest.html import read_html
from qa.ingest.pdf import read_pdf
from qa.ingest.text import read_text
from qa.types import Article

_READERS: dict[str, Callable[[bytes, str], Draft]] = {
    ".txt": read_text,
    ".text": read_text,
    ".md": read_text,
    ".markdown": read_text,
    ".html": read_html,
    ".htm": read_html,
    ".xhtml": read_html,
    ".pdf": read_pdf,
    ".docx": read_docx,
}
SUFFIXES = tuple(_READERS)
"""The file name endings that are read, in small letters."""

_HTML = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--.{0,2000}?-->\s*)?<(?:!doctype\s+html|html)\b",
    re.IGNORECASE | re.DOTALL,
)
_DOCX = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # a zip archive; what Word wraps a document with a password in
_BY_CONTENT = {".pdf": "PDF", ".docx": "Word document"}  # what cannot be such a file without beginning like one
_MEGABYTE = 1_000_000


def find_files(paths: Iterable[Path]) -> Iterator[Path]:
    """The files that ``paths`` name: each file as it is, each folder walked in order of names.

    In folders, hidden files, links to folders and files of other formats are passed over. A path that is named is
    always returned, for :func:`read_path` to refuse it if it must.

    Raises:
        IngestError: a folder that cannot be listed.
    """
    for path in paths:
        if path.is_dir():
            yield from _walk(path)
        else:
            yield path


def _walk(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder, onerror=_refuse_folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = Path(place, name)
            if not name.startswith(".") and path.suffix.lower() in _READERS and path.is_file():
                yield path


def _refuse_folder(error: OSError) -> None:
    raise IngestError(f"{error.filename}: this folder cannot be listed ({error.strerror}); check its permissions")


def read_path(path: Path, *, max_bytes: int) -> Article:
    """The article in the file at ``path``; its source is the absolute path, unless the file's header names another.

    Raises:
        IngestError: no such file, an unreadable one, one above ``max_bytes``, or one that holds no article.
    """
    name = str(path)
    if path.suffix.lower() not in _READERS and not path.is_dir() and path.exists():
        raise IngestError(f"{name}: files of this kind are not read; supported: {' '.join(SUFFIXES)}")
    data = _load(path, max_bytes)
    return _article(data, name, str(path.absolute()), path.suffix)


def _load(path: Path, max_bytes: int) -> bytes:
    """The bytes of a regular file, of which one more than ``max_bytes`` are read at most."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise IngestError(f"{path}: a folder, not a file; name the files in it")
        if not stat.S_ISREG(mode):
            raise IngestError(f"{path}: a device or pipe, not a file; save its content to a file first")
        with path.open("rb") as file:
            data = file.read(max_bytes + 1)
    except FileNotFoundError:
        raise IngestError(f"{path}: no such file; check the spelling") from None
    except OSError as error:
        raise IngestError(f"{path}: cannot be read ({error.strerror}); check its permissions") from None
    except ValueError as error:  # a NUL in the name
        raise IngestError(f"{str(path)!r}: not a file name ({error}); check the spelling") from None
    if len(data) > max_bytes:
        limit = f"{max_bytes / _MEGABYTE:g} MB"
        raise IngestError(f"{path}: larger than {limit}; raise the setting max_file_mb or split the file")
    return data


def read_bytes(data: bytes, *, source: str, suffix: str = "") -> Article:
    """The article in ``data``, as uploaded or piped in; ``suffix`` is the ending of its file name, if it had one.

    Raises:
        IngestError: an unsupported ``suffix``, or ``data`` that hold no article.
    """
    if suffix and suffix.lower() not in _READERS:
        raise IngestError(f"{source}: files of this kind are not read; supported: {' '.join(SUFFIXES)}")
    return _article(data, source, source, suffix)


def _article(data: bytes, name: str, source: str, suffix: str) -> Article:
    if not data.strip():
        raise IngestError(f"{name}: empty; add a file that holds an article")
    draft = _reader(data, name, suffix.lower())(data, name)
    return finish(draft, name, source)


def _reader(data: bytes, name: str, suffix: str) -> Callable[[bytes, str], Draft]:
    """The reader that the content calls for, then the suffix: a page saved as ``.txt`` is still a page."""
    if data.lstrip()[:5] == b"%PDF-":
        return read_pdf
    if data.startswith(_DOCX):
        return read_docx
    if suffix in _BY_CONTENT:
        kind = _BY_CONTENT[suffix]
        raise IngestError(f"{name}: not a {kind} in spite of its name; give it the ending of its real format")
    if _HTML.match(data):
        return read_html
    return _READERS.get(suffix, read_text)
