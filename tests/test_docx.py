"""Word documents: every word that stands in them, none that was struck out or hidden, and no bombs."""

from __future__ import annotations

import io
import re
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.errors import IngestError
from qa.ingest import docx, read_bytes, read_path
from qa.types import Article

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="{}"/>'
    "</Relationships>"
)
CORE = (
    '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/">'
    "<dc:title>The dam &amp; the town</dc:title><dc:creator>Jane Doe</dc:creator>"
    "<cp:lastModifiedBy>Somebody Else</cp:lastModifiedBy>"
    "<dcterms:created>2031-03-04T05:06:07Z</dcterms:created></cp:coreProperties>"
)
STORY = "<w:p><w:r><w:t>The gate failed before dawn.</w:t></w:r></w:p>"


def document(body: str, space: str = WORD) -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:document xmlns:w="{space}" '
        f'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><w:body>{body}</w:body></w:document>'
    )


def packed(parts: dict[str, str | bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def word(body: str, **more: str) -> bytes:
    return packed({"_rels/.rels": RELATIONS.format("word/document.xml"), "word/document.xml": document(body), **more})


def read(data: bytes, suffix: str = ".docx") -> Article:
    return read_bytes(data, source="story", suffix=suffix)


def run(text: str, properties: str = "") -> str:
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r>"


def test_a_file_becomes_an_article(tmp_path: Path) -> None:
    path = tmp_path / "story.docx"
    path.write_bytes(word(STORY + "<w:p/>" + STORY, **{"docProps/core.xml": CORE}))
    article = read_path(path, max_bytes=100_000)
    assert article.text == "The gate failed before dawn.\n\nThe gate failed before dawn."
    assert (article.title, article.author, article.date) == ("The dam & the town", "Jane Doe", "2031-03-04")
    assert article.source == str(path)
    assert article.warnings == ()


@pytest.mark.parametrize("suffix", [".docx", "", ".txt"])
def test_it_is_known_by_its_content(suffix: str) -> None:
    assert read(word(STORY), suffix).text == "The gate failed before dawn."


def test_the_strict_form_and_a_main_part_of_another_name() -> None:
    parts = {"_rels/.rels": RELATIONS.format("/word/document2.xml"), "word/document2.xml": document(STORY, STRICT)}
    assert read(packed(parts)).text == "The gate failed before dawn."


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (run("“We ") + "<w:ins>" + run("never ") + "</w:ins>" + run("knew.”"), "“We never knew.”"),
        (run("It was ") + "<w:del><w:r><w:delText>not </w:delText></w:r></w:del>" + run("safe."), "It was safe."),
        ("<w:moveFrom>" + run("Gone. ") + "</w:moveFrom><w:moveTo>" + run("Here.") + "</w:moveTo>", "Here."),
        ("<w:sdt><w:sdtContent>" + run("In a control.") + "</w:sdtContent></w:sdt>", "In a control."),
        ("<w:hyperlink>" + run("A link.") + "</w:hyperlink>", "A link."),
        (run("Seen.") + run(" Unseen.", "<w:vanish/>") + run(" Seen."), "Seen. Seen."),
        (run("Seen.", '<w:vanish w:val="false"/>'), "Seen."),
        ("<w:r><w:instrText>PAGE 7</w:instrText></w:r>" + run("Text."), "Text."),
        ("<w:pPr><w:tabs><w:tab/></w:tabs><w:rPr><w:vanish/></w:rPr></w:pPr>" + run("Text."), "Text."),
        ("<w:r><w:t>one</w:t><w:tab/><w:t>two</w:t><w:noBreakHyphen/><w:t>three</w:t></w:r>", "one two‑three"),
        ("<w:r><w:t>line</w:t><w:br/><w:t>line</w:t></w:r>", "line line"),
    ],
    ids=[
        "inserted",
        "deleted",
        "moved",
        "control",
        "link",
        "hidden",
        "not hidden",
        "field",
        "properties",
        "marks",
        "break",
    ],
)
def test_the_words_are_those_that_a_reader_sees(body: str, text: str) -> None:
    assert read(word(f"<w:p>{body}</w:p>")).text == text


def test_tables_are_read_cell_by_cell_and_text_boxes_once() -> None:
    table = f"<w:tbl><w:tr><w:tc>{STORY}</w:tc><w:tc><w:p>{run('Four died.')}</w:p></w:tc></w:tr></w:tbl>"
    inner = f"<w:txbxContent><w:p>{run('A box.')}</w:p></w:txbxContent>"
    choices = (
        f"<mc:AlternateContent><mc:Choice>{inner}</mc:Choice><mc:Fallback>{inner}</mc:Fallback></mc:AlternateContent>"
    )
    box = f"<w:p>{run('Around it.')}<w:r>{choices}</w:r></w:p>"
    assert read(word(table + box)).text.split("\n\n") == [
        "The gate failed before dawn.",
        "Four died.",
        "A box.",
        "Around it.",
    ]


PLAIN = st.text(st.characters(codec="utf-8", categories=["L", "N", "P"], exclude_characters="<>&"), min_size=1)


@settings(deadline=None)
@given(st.lists(PLAIN.map(lambda text: f"word {text}"), min_size=1, max_size=5))
def test_no_word_is_lost(paragraphs: list[str]) -> None:
    draft = docx.read_docx(word("".join(f"<w:p>{run(text)}</w:p>" for text in paragraphs)), "story")
    assert draft.text.split("\n\n") == paragraphs


# Refusals

ENTITIES = (
    f'<!DOCTYPE w:document [<!ENTITY a "boom boom boom">]><w:document xmlns:w="{WORD}"><w:body><w:p><w:r>'
    "<w:t>&a;</w:t></w:r></w:p></w:body></w:document>"
)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"text", "not a Word document in spite of its name"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "with a password"),
        (b"PK\x03\x04 nothing more", "damaged Word document"),
        (word(STORY)[:-30], "damaged Word document"),
        (word(STORY.replace("</w:p>", "")), "damaged Word document"),
        (packed({"a.txt": "The gate failed."}), "no Word document"),
        (packed({"word/document.xml": "<workbook><sheet>The gate failed.</sheet></workbook>"}), "no Word document"),
        (packed({"word/document.xml": ENTITIES}), "damaged Word document"),
        (packed({"word/document.xml": ENTITIES.encode("utf-16")}), "damaged Word document"),
        (packed({"word/document.xml": document(STORY)}, zipfile.ZIP_BZIP2), "damaged Word document"),
        (packed({"word/document.xml": document(STORY)}, zipfile.ZIP_LZMA), "damaged Word document"),
        (word("<w:p/>"), "without text"),
    ],
    ids=[
        "text",
        "password",
        "no zip",
        "cut",
        "broken XML",
        "other zip",
        "other office",
        "entities",
        "UTF-16 entities",
        "bzip2",
        "lzma",
        "empty",
    ],
)
def test_refuses_in_one_line_with_name_and_remedy(data: bytes, reason: str) -> None:
    with pytest.raises(IngestError, match=re.escape(reason)) as caught:
        read(data)
    message = str(caught.value)
    assert message.startswith("story: ")
    assert ";" in message
    assert "\n" not in message


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docx, "_MOST_XML", 100_000)
    bomb = packed({"word/document.xml": document(f"<w:p><w:r><w:t>{' ' * 50_000_000}</w:t></w:r></w:p>")})
    assert len(bomb) < 100_000
    tracemalloc.start()
    with pytest.raises(IngestError, match="unpacks to more than"):
        read(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000


def test_pictures_are_left_packed() -> None:
    data = word(STORY, **{"word/media/image1.png": "0" * 40_000_000})
    tracemalloc.start()
    assert read(data).text == "The gate failed before dawn."
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000
