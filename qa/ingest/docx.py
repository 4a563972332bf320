"""The text of a Word document (.docx) as paragraphs, tables cell by cell.

Read with what Python brings: python-docx opens every picture, knows no limits against packed bombs, and leaves out
words inside tracked insertions and content controls, which a quotation must not lose.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from xml.etree import ElementTree

from qa.errors import IngestError
from qa.ingest.draft import Draft

_MOST_XML = 32_000_000
"""The bytes that a part of a document may unpack to; a book of a million words has about 20 million."""

_WORD = (
    "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}",
    "{http://purl.oclc.org/ooxml/wordprocessingml/main}",
)
_OFFICE_DOCUMENT = "/relationships/officeDocument"
_RELATIONS = "_rels/.rels"
_CORE = "docProps/core.xml"
_FIELDS = {"title": "title", "creator": "author", "created": "date"}
_ENCRYPTED = b"\xd0\xcf\x11\xe0"  # an OLE container: Word's old format, or a document behind a password
_MARKS = {"tab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "\u2011"}
_SKIPPED = {"del", "moveFrom", "delText", "instrText", "delInstrText", "pPr", "rt"}
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"  # the same text, for old programs
_NOT_WORD = "a zip archive, but no Word document; unpack it and add the files in it"
_REMEDY = "open it in a word processor and save it anew as .docx"


def read_docx(data: bytes, source: str) -> Draft:
    """The paragraphs of the document as its changes stand when accepted, with the title, author and date it names.

    Headers, footers, footnotes and comments are left out.

    Raises:
        IngestError: no Word document, a damaged or encrypted one, or one that unpacks to too much.
    """
    if data.startswith(_ENCRYPTED):
        raise IngestError(f"{source}: an old Word file or one with a password; save it as .docx without a password")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            text, core = _Text(), _Core()
            _parse(_part(parts, _main(parts, source), source), text)
            if _CORE in parts.namelist():
                _parse(_part(parts, _CORE, source), core)
    except (zipfile.BadZipFile, zlib.error, ElementTree.ParseError, EOFError, RuntimeError, ValueError):
        # of a zip with a password, zipfile says RuntimeError
        raise IngestError(f"{source}: a damaged Word document; {_REMEDY}") from None
    if not text.is_word:
        raise IngestError(f"{source}: {_NOT_WORD}")
    if not text.paragraphs:
        raise IngestError(f"{source}: a Word document without text; add a file that holds an article")
    fields = core.fields
    return Draft(
        "\n\n".join(text.paragraphs), fields.get("title"), author=fields.get("author"), date=fields.get("date")
    )


def _main(parts: zipfile.ZipFile, source: str) -> str:
    """The name of the part that holds the text."""
    relations = _Relations()
    if _RELATIONS in parts.namelist():
        _parse(_part(parts, _RELATIONS, source), relations)
    if relations.main not in parts.namelist():
        raise IngestError(f"{source}: {_NOT_WORD}")
    return relations.main


def _part(parts: zipfile.ZipFile, name: str, source: str) -> bytes:
    # What Word never packs with is refused: zipfile unpacks bzip2 and LZMA without bounds.
    if parts.getinfo(name).compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise zipfile.BadZipFile
    with parts.open(name) as part:
        data = part.read(_MOST_XML + 1)
    if len(data) > _MOST_XML:
        raise IngestError(f"{source}: unpacks to more than {_MOST_XML // 1_000_000} MB of text; split the document")
    return data


def _parse(data: bytes, target: _Target) -> None:
    parser = ElementTree.XMLParser(target=target)  # noqa: S314  # no document types, so no entities
    parser.feed(data)
    parser.close()


class _Target:
    """What an XML part is told to, element by element, so that no tree of it is built."""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""

    def end(self, tag: str) -> None:
        """An element ends."""

    def data(self, text: str) -> None:
        """Text of the element begun last."""

    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        """A document type, which Word never writes: entities, and with them bombs and files, come from there."""
        raise ValueError("document type")

    def close(self) -> None:
        """The end of the part."""


class _Text(_Target):
    """The paragraphs of the main part, those inside a text box before the one that holds it."""

    def __init__(self) -> None:
        self.is_word = False
        self.paragraphs: list[str] = []
        self._open: list[list[str]] = []
        self._skipped = 0
        self._hidden = False
        self._reading = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = _local(tag)
        if self._skipped or name in _SKIPPED or tag == _FALLBACK:
            self._skipped += 1
        elif name == "document":
            self.is_word = True
        elif name == "p":
            self._open.append([])
        elif name == "r":
            self._hidden = False
        elif name == "vanish":
            self._hidden = not {"0", "false", "off"} & set(attributes.values())
        elif name == "t":
            self._reading = True
        elif name in _MARKS:
            self._add(_MARKS[name])

    def end(self, tag: str) -> None:
        name = _local(tag)
        if self._skipped:
            self._skipped -= 1
        elif name == "p":
            paragraph = "".join(self._open.pop()).strip()
            self.paragraphs += [paragraph] if paragraph else []
        elif name == "t":
            self._reading = False

    def data(self, text: str) -> None:
        if self._reading and not self._skipped:
            self._add(text)

    def _add(self, text: str) -> None:
        if self._open and not self._hidden:
            self._open[-1].append(text)


class _Core(_Target):
    """The title, author and date of the document's properties."""

    def __init__(self) -> None:
        self.fields: dict[str, str] = {}
        self._name: str | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._name = _FIELDS.get(tag.rpartition("}")[2])

    def end(self, tag: str) -> None:
        self._name = None

    def data(self, text: str) -> None:
        if self._name:
            self.fields[self._name] = self.fields.get(self._name, "") + text


class _Relations(_Target):
    """Which part is the main one."""

    main = "word/document.xml"

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if attributes.get("Type", "").endswith(_OFFICE_DOCUMENT):
            self.main = attributes.get("Target", "").lstrip("/")


def _local(tag: str) -> str:
    """The name of a tag of Word's own, else nothing."""
    space, _, name = tag.rpartition("}")
    return name if f"{space}}}" in _WORD else ""
