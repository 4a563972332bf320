"""Reading files of every kind, and refusing what is no article."""

from __future__ import annotations

import codecs
import os
import re
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from qa.errors import IngestError
from qa.ingest import find_files, read_bytes, read_path
from qa.ingest.dates import iso_date
from qa.types import Article

MAX = 100_000
STORY = "The gate failed before dawn. ‘We heard it,’ said Tom. Nobody slept that night."
SEEDS = Path(__file__).parent.parent / "seeds" / "articles"


def read(data: bytes | str, suffix: str = ".txt") -> Article:
    return read_bytes(data.encode() if isinstance(data, str) else data, source="upload", suffix=suffix)


# Encodings


@pytest.mark.parametrize(
    "data",
    [
        STORY.encode(),
        STORY.encode("utf-8-sig"),
        STORY.encode("utf-16"),
        codecs.BOM_UTF16_BE + STORY.encode("utf-16-be"),
        STORY.encode("utf-32"),
    ],
    ids=["utf-8", "utf-8 with mark", "utf-16", "utf-16-be", "utf-32"],
)
def test_reads_unicode_encodings(data: bytes) -> None:
    article = read(data)
    assert article.text == STORY
    assert article.warnings == ()


@pytest.mark.parametrize(
    "text", [STORY, "El señor Muñoz dijo “no” y salió. Mañana habrá más.", "It’s over. " * 40 + "Café."]
)
def test_reads_windows_quotes_and_says_so(text: str) -> None:
    article = read(text.encode("cp1252"))
    assert article.text == text.strip()
    assert "Windows-1252" in article.warnings[0]


def test_reads_other_encodings_that_fit_better() -> None:
    russian = "Министр сказал, что сделка отложена до весны следующего года."
    assert read(russian.encode("cp1251")).text == russian


# Refusals


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.txt", b"", "empty"),
        ("a.txt", b" \n\t ", "empty"),
        ("a.txt", "\u200b\u00a0".encode(), "no text"),
        ("a.txt", b"?! ... 12", "no sentence"),
        ("a.txt", b"text\0text", "binary"),
        ("a.txt", bytes(range(1, 32)) * 20, "binary"),
        ("a.txt", b"\xff\xfe\x00\xd8\x00", "UTF-16-LE but damaged"),
        ("a.txt", b"x" * (MAX + 1), "max_file_mb"),
        ("a.doc", b"text", "supported: .txt"),
        ("a.docx", b"text", "not a Word document"),
        ("a", b"text", "supported: .txt"),
        ("a.pdf", b"text", "not a PDF"),
        ("a.pdf", b"%PDF-1.7 nothing more", "damaged PDF"),
        ("a.html", b"<html><body></body></html>", "no article found"),
        ("a.txt", b"Title: Only a header\nDate: 2031-01-01\n", "no text"),
    ],
)
def test_refuses_in_one_line_with_name_and_remedy(tmp_path: Path, name: str, data: bytes, reason: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(IngestError, match=re.escape(reason)) as caught:
        read_path(path, max_bytes=MAX)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert "\n" not in message


def test_refuses_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(IngestError, match="no such file"):
        read_path(tmp_path / "none.txt", max_bytes=MAX)


def test_refuses_a_folder(tmp_path: Path) -> None:
    with pytest.raises(IngestError, match="a folder"):
        read_path(tmp_path, max_bytes=MAX)


def test_refuses_a_pipe_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    with pytest.raises(IngestError, match="device or pipe"):
        read_path(tmp_path / "pipe.txt", max_bytes=MAX)


def test_refuses_a_link_to_itself(tmp_path: Path) -> None:
    (tmp_path / "loop.txt").symlink_to(tmp_path / "loop.txt")
    with pytest.raises(IngestError, match="cannot be read"):
        read_path(tmp_path / "loop.txt", max_bytes=MAX)


def test_refuses_an_unreadable_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    path.write_text(STORY)

    def deny(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", deny)
    with pytest.raises(IngestError, match=r"cannot be read \(Permission denied\); check its permissions"):
        read_path(path, max_bytes=MAX)


def test_unsupported_upload_is_refused() -> None:
    with pytest.raises(IngestError, match="upload: files of this kind"):
        read(b"text", ".exe")


# Headers and titles


HEADER = (
    "Title: A headline\nOutlet: The Paper\nAuthor: Jane Doe\nDate: March 4, 2032\nSource: https://paper.example/1\n"
)


def test_header_block_becomes_metadata(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(f"{HEADER}\n{STORY}\n", encoding="utf-8")
    article = read_path(tmp_path / "a.txt", max_bytes=MAX)
    assert article.text == STORY
    assert (article.title, article.outlet, article.author) == ("A headline", "The Paper", "Jane Doe")
    assert (article.date, article.source) == ("2032-03-04", "https://paper.example/1")


@pytest.mark.parametrize(
    "text",
    [
        f"Outlet: The Paper\nTitle: A headline\n\n{STORY}",
        f"Title: A headline\nMood: grim\n\n{STORY}",
        f"Title: A headline\nand then text\n\n{STORY}",
    ],
    ids=["other key first", "unknown key", "not a pair"],
)
def test_what_is_no_header_stays_text(text: str) -> None:
    article = read(text)
    assert article.text.split() == text.split()
    assert article.outlet is None


def test_front_matter_becomes_metadata() -> None:
    article = read(f'---\ntitle: "A headline: two"\ndate: 2031-11-20\ntags: [a, b]\n---\n\n{STORY}', ".md")
    assert (article.title, article.date, article.text) == ("A headline: two", "2031-11-20", STORY)


def test_a_rule_is_no_front_matter() -> None:
    assert read(f"---\n\n{STORY}\n\n---\n", ".md").text.startswith("---\n\nThe gate")


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (f"Words first.\n\n## The *heading* here\n\n{STORY}", "The *heading* here"),
        (f"A headline without a stop\n\n{STORY}", "A headline without a stop"),
        (f"THEY KNEW!\n\n{STORY}", "THEY KNEW!"),
        (STORY, "The gate failed before dawn."),
        ("A sentence that is far too long to be a title goes on and on, until it stops at last here.",
         "A sentence that is far too long to be a title goes on and on, until it stops at…"),
    ],
)  # fmt: skip
def test_title_is_found_and_stays_in_the_text(text: str, title: str) -> None:
    article = read(text, ".md")
    assert article.title == title
    assert article.title.rstrip("…") in article.text


def test_a_title_in_the_header_is_not_put_into_the_text() -> None:
    assert "headline" not in read(f"{HEADER}\n{STORY}").text


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("2032-03-04", "2032-03-04"),
        ("2031-12-04T06:30:00+01:00", "2031-12-04"),
        ("2032/3/4", "2032-03-04"),
        ("March 4, 2032", "2032-03-04"),
        ("Thursday, 4 March 2032", "2032-03-04"),
        ("Sept. 4th, 2032", "2032-09-04"),
        ("D:20340211060000Z", "2034-02-11"),
        ("D:20340211", "2034-02-11"),
        ("03/04/2032", None),
        ("2032-13-04", None),
        ("Smarch 4, 2032", None),
        ("soon", None),
    ],
)
def test_dates(written: str, iso: str | None) -> None:
    assert iso_date(written) == iso


# HTML


PAGE = """<!DOCTYPE html><html><head><title>Gate fails | The Paper</title>
<meta name="author" content="Jane Doe"><meta property="og:site_name" content="The Paper">
<meta property="og:title" content="Gate fails"><meta property="article:published_time" content="2031-12-04T06:30:00Z">
<script>alert("stolen words");</script></head><body><nav><a href="/">Home sweet home</a></nav>
<article><h1>Gate fails</h1><p>{story} It was the worst night that anybody in the valley could remember.</p>
<div class="ad"><p>ADVERTISEMENT: Buy tarred rope, any length, from Gantry and Sons at Pier 4 today.</p></div>
<p>Police &amp; firemen came at noon. “They were late,” said the caf&eacute; owner, who waited for hours.</p></article>
<footer>Contact the newsroom</footer></body></html>"""


def test_html_gives_story_and_metadata() -> None:
    article = read(PAGE.replace("{story}", STORY), ".html")
    assert (article.title, article.author, article.outlet, article.date) == (
        "Gate fails",
        "Jane Doe",
        "The Paper",
        "2031-12-04",
    )
    first, second = [line for line in article.text.split("\n\n") if line != "Gate fails"]
    assert first.startswith(STORY)
    assert second.startswith("Police & firemen came at noon. “They were late,” said the café owner")


def test_html_leaves_page_furniture_out() -> None:
    text = read(PAGE.replace("{story}", STORY), ".html").text
    for furniture in ("stolen words", "Home sweet", "ADVERTISEMENT", "newsroom", "<p>"):
        assert furniture not in text


def test_html_is_known_by_its_content() -> None:
    assert read(PAGE.replace("{story}", STORY), ".txt").title == "Gate fails"


def test_html_in_its_declared_encoding() -> None:
    page = PAGE.replace("{story}", STORY).replace("<head>", '<head><meta charset="windows-1252">')
    article = read(page.encode("cp1252"), ".html")
    assert "‘We heard it,’" in article.text
    assert article.warnings == ()


# PDF


def make_pdf(fill: Callable[..., None], **options: str) -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # fpdf2 announces its own deprecations
        from fpdf import FPDF

        pdf = FPDF()
        pdf.set_font("Helvetica", size=12)
        if options:
            pdf.set_encryption(**options)
        fill(pdf)
        return bytes(pdf.output())


def two_pages(pdf: object) -> None:
    pdf.set_title("The boats that fish on paper")
    pdf.set_author("Ignatia Bell")
    for number, lines in enumerate(
        [
            ["The boats have their home berth at a stone boathouse by the sys-", "tem of canals, and nobody",
             "has seen them go to sea since the harbour was closed to traffic.", "He left.",
             "The clerk said that the state-", "owned system of the registry is slow, and that every vessel had"],
            ["been inspected by software. Nobody went to look at any of them at", "all. The fee is 85 dollars."],
        ],
        1,
    ):  # fmt: skip
        pdf.add_page()
        for line in [f"The Brass Sextant - {number}", *lines, f"Page {number} of 2"]:
            pdf.cell(0, 8, line, new_x="LMARGIN", new_y="NEXT")


def test_pdf_gives_paragraphs_and_metadata(capfd: pytest.CaptureFixture[str]) -> None:
    article = read(make_pdf(two_pages), ".pdf")
    assert (article.title, article.author) == ("The boats that fish on paper", "Ignatia Bell")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", article.date or "")
    assert "by the system of canals, and nobody" in article.text
    assert "state-owned" in article.text
    assert "every vessel had been inspected by software." in article.text
    assert "Sextant" not in article.text
    assert "Page" not in article.text
    assert "He left.\n\nThe clerk" in article.text
    assert capfd.readouterr() == ("", "")


def test_pdf_is_known_by_its_content() -> None:
    assert "system of canals" in read(make_pdf(two_pages), ".txt").text


def test_pdf_without_text_needs_ocr() -> None:
    with pytest.raises(IngestError, match="run OCR"):
        read(make_pdf(lambda pdf: pdf.add_page()), ".pdf")


def test_encrypted_pdf_is_refused() -> None:
    data = make_pdf(two_pages, owner_password="owner", user_password="user")
    with pytest.raises(IngestError, match="encrypted PDF"):
        read(data, ".pdf")


def test_damaged_pdf_is_refused_quietly(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(IngestError, match="damaged PDF"):
        read(make_pdf(two_pages)[:600], ".pdf")
    assert capfd.readouterr() == ("", "")


# Folders


def test_finds_files_in_order(tmp_path: Path) -> None:
    for name in ["b.txt", "a.md", ".hidden.txt", "c.exe", "sub/d.html", ".git/e.txt"]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    (tmp_path / "sub" / "loop").symlink_to(tmp_path)
    (tmp_path / "broken.txt").symlink_to(tmp_path / "nowhere")
    found = find_files([tmp_path, tmp_path / "c.exe"])
    assert [path.relative_to(tmp_path).as_posix() for path in found] == ["a.md", "b.txt", "sub/d.html", "c.exe"]


def test_a_folder_that_cannot_be_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(_: object) -> None:
        raise PermissionError(13, "Permission denied", str(tmp_path))

    monkeypatch.setattr(os, "scandir", deny)
    with pytest.raises(IngestError, match="cannot be listed"):
        list(find_files([tmp_path]))


# The shipped articles


@pytest.mark.parametrize("path", sorted(find_files([SEEDS])), ids=lambda path: path.name)
def test_seed_articles_are_read_cleanly(path: Path) -> None:
    article = read_path(path, max_bytes=MAX)
    assert article.words > 200
    assert len(article.warnings) == ("Tomバーク" in article.text)
    assert (article.date is None) == path.name.startswith("turkey")
    for furniture in ("114 partners", "Subscribe", "Skip to the story", "Tarred rope", "Page 1 of 2", "Outlet:"):
        assert furniture not in article.text


def test_heavy_libraries_wait_until_needed() -> None:
    heavy = {"trafilatura", "pypdf", "charset_normalizer", "torch"}
    code = f"import sys, qa.ingest, qa.text.passages; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
