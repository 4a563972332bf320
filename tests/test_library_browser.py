"""The tab Library in a real browser: adding, finding, describing, deleting and undoing, as a person does them."""

from __future__ import annotations

import pytest

from qa.service import Service
from qa.settings import load_settings
from tests.browsing import MARKS, app_over, chromium

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

pytestmark = MARKS

EVIL = "<img src=x onerror='window.hacked = 1'><script>window.hacked = 2</script> The quail market in Ombersley opened."
QUAIL = "Title: <script>window.hacked = 3</script>\nOutlet: <b>Ledger</b>\n\n" + EVIL
PARADE = "The heron parade of Fennwick was held on Sunday. Its organiser, Mira Voss, counted forty boats."


@pytest.fixture(scope="module")
def browser():
    """One for all pages, so that what they have in common is fetched once."""
    with chromium() as browser:
        yield browser.new_context()


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("library")
    with Service(load_settings(engine="fake", embedder="fake", library=folder / "library"), create=True) as service:
        service.ingest_bytes(QUAIL.encode(), source="evil\u202etxt.exe")
        for number in range(3):
            text = f"Title: Story {number}\nDate: 2024-05-0{number + 1}\n\nThe bridge number {number} was closed."
            service.ingest_bytes(text.encode(), source=f"{number}.txt")
    with app_over(folder / "library", fetching="false") as address:
        yield address


@pytest.fixture
def page(browser, address):
    page = opened(browser, address)
    yield page
    page.close()


def opened(browser, address, width=1280):
    page = browser.new_page()
    page.set_viewport_size({"width": width, "height": 860})
    page.set_default_timeout(10_000)
    page.goto(address)
    page.get_by_label("Question", exact=True).wait_for()
    page.get_by_role("tab", name="Library").click()
    page.locator("#cw-articles section").wait_for()
    return page


def add(page, text, title=""):
    page.get_by_label("Text of the article").fill(text)
    if title:
        if not page.locator("#cw-ways").get_by_label("Title").is_visible():
            page.get_by_role("button", name="Title, outlet, author, date").click()
        page.locator("#cw-ways").get_by_label("Title").fill(title)
    page.get_by_role("button", name="Add the text").click()
    page.locator("#cw-paste-report .cw-upshot", has_text="1 ").wait_for()


def row(page, title):
    return page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=title))


def said(page, words):
    page.locator("#cw-said", has_text=words).wait_for()


def test_what_is_pasted_can_be_asked_about_at_once(page):
    add(page, PARADE, "Herons on the water")
    row(page, "Herons on the water").wait_for()
    assert page.get_by_label("Text of the article").input_value() == ""
    page.get_by_role("tab", name="Ask").click()
    page.get_by_label("Question", exact=True).fill("Who counted forty boats?")
    page.get_by_role("button", name="Ask", exact=True).click()
    page.locator("#cw-evidence", has_text="heron parade of Fennwick").wait_for()
    page.get_by_role("button", name="Search in").click()
    page.locator("#cw-scope").get_by_label("Articles", exact=True).first.click()
    page.get_by_role("option", name="Herons on the water").wait_for()  # offered without opening the page anew


def test_what_is_pasted_needs_no_title(page):
    add(page, "The lantern walk of Ombersley was called off on Tuesday. Nobody said why.")
    row(page, "The lantern walk of Ombersley").wait_for()


def test_nothing_is_added_where_nothing_was_pasted(page):
    page.get_by_role("button", name="Add the text").click()
    assert "paste an article above" in page.locator("#cw-paste-report").get_by_role("alert").inner_text()


def test_of_two_files_the_bad_one_is_refused_with_the_reason(page):
    page.get_by_role("tab", name="Files").click()
    files = [("good.txt", "The ferry of Brill sank on Monday."), ("bad.pdf", "no pdf"), ("odd.xyz", "x")]
    page.locator("#cw-files input[type=file]").set_input_files(
        [{"name": name, "mimeType": "text/plain", "buffer": text.encode()} for name, text in files]
    )
    report = page.locator("#cw-files-report")
    report.get_by_text("1 added · 2 refused").wait_for()
    refused = report.locator(".cw-refused").all_inner_texts()
    assert ["Refused: bad.pdf" in refused[0], "not a PDF in spite of its name" in refused[0]] == [True, True]
    assert "files of this kind are not read" in refused[1]
    row(page, "The ferry of Brill").wait_for()
    page.locator("#cw-files input[type=file]").wait_for(state="attached")  # ready for more


def test_searching_and_sorting(page):
    page.get_by_label("Find articles").fill("bridge closed story")
    page.locator(".cw-count", has_text="3 of ").wait_for()
    page.get_by_role("button", name="Date", exact=True).click()
    page.locator("th[aria-sort=descending]", has_text="Date").wait_for()
    assert [text[:7] for text in page.get_by_role("rowheader").all_inner_texts()] == ["Story 2", "Story 1", "Story 0"]
    page.get_by_role("button", name="Date", exact=True).click()
    page.locator("th[aria-sort=ascending]", has_text="Date").wait_for()
    page.get_by_label("Find articles").fill("zebra")
    page.locator("#cw-articles", has_text="No article holds “zebra”").wait_for()


def test_a_title_is_edited_and_the_keyboard_goes_on_where_it_was(page):
    row(page, "Story 1").get_by_role("button", name="Edit").click()
    title = page.locator("#cw-editor").get_by_label("Title")
    title.wait_for()
    page.wait_for_function("document.activeElement.closest('#cw-editor') !== null")
    assert title.input_value() == "Story 1"
    title.fill("<b>Bridge</b> one")
    page.locator("#cw-editor").get_by_label("Date").fill("soon")
    page.get_by_role("button", name="Save").click()
    said(page, "write it like 2024-05-31")
    page.locator("#cw-editor").get_by_label("Date").fill("2 May 2024")
    page.get_by_role("button", name="Save").click()
    said(page, "Saved: “<b>Bridge</b> one”")
    edited = row(page, "<b>Bridge</b> one")
    edited.get_by_text("2024-05-02").wait_for()
    page.wait_for_function("document.activeElement.dataset.act === 'edit'")


def test_a_deleted_article_answers_no_more_until_that_is_undone(browser, page, address):
    row(page, "Story 2").get_by_role("button", name="Delete").click()
    said(page, "Deleted: “Story 2”")
    row(page, "Story 2").wait_for(state="detached")
    page.wait_for_function("document.activeElement.id === 'cw-library-undo'")
    other = opened(browser, address)
    assert row(other, "Story 2").count() == 0
    assert not other.get_by_role("button", name="Undo").is_visible()  # each page has its own
    other.close()
    found = page.request.get(f"{address}/api/v1/search", params={"q": "bridge number 2"}).json()["passages"]
    assert all("number 2" not in passage["text"] for passage in found)
    page.keyboard.press("Enter")
    said(page, "Put back: “Story 2”")
    row(page, "Story 2").get_by_text("2024-05-03").wait_for()


def test_an_article_chosen_elsewhere_and_deleted_is_chosen_no_more(page):
    add(page, "The otter count of Wenn rose to nine on Friday.", "Otters")
    page.get_by_role("tab", name="Summarize").click()
    page.get_by_label("Articles").locator("visible=true").first.click()
    page.get_by_role("option", name="Otters").click()
    page.get_by_role("tab", name="Library").click()
    row(page, "Otters").get_by_role("button", name="Delete").click()
    said(page, "Deleted: “Otters”")
    page.get_by_role("tab", name="Summarize").click()
    page.get_by_role("button", name="Remove").first.wait_for(state="detached")
    page.get_by_role("button", name="Summarize", exact=True).click()
    page.locator("#cw-summary-pane", has_text="choose one above").wait_for()


def test_hostile_articles_are_shown_as_text(page):
    evil = row(page, "<script>window.hacked = 3</script>")
    assert "<b>Ledger</b>" in evil.inner_text()
    assert "⟨U+202E⟩" in evil.inner_text()
    with page.context.expect_page() as new:
        evil.get_by_role("link").click()
    new.value.get_by_text("<script>window.hacked = 2</script>").wait_for()
    assert new.value.evaluate("window.hacked") is None
    new.value.close()
    evil.get_by_role("button", name="Edit").click()
    page.locator("#cw-editor h3", has_text="<script>").wait_for()
    page.get_by_role("button", name="Cancel").click()
    page.locator("#cw-editor").wait_for(state="hidden")
    assert page.locator("#cw-library script, #cw-library img").count() == 0
    assert page.evaluate("window.hacked") is None


def test_fetching_that_is_switched_off_says_so(page):
    for name in ("Web address", "Feed"):
        page.get_by_role("tab", name=name).click()
        page.get_by_text("Fetching is switched off here").locator("visible=true").wait_for()


def test_that_all_is_well_is_seen_at_a_glance(page):
    page.locator("#cw-health", has_text="All is well").wait_for()
    page.get_by_role("button", name="Check everything").click()
    page.locator("#cw-health", has_text="every article, passage and vector agrees").wait_for()


def test_everything_is_reached_by_keyboard_alone(page):
    page.get_by_role("tab", name="Library").focus()
    reached = []
    for _ in range(60):
        page.keyboard.press("Tab")
        words = "document.activeElement.innerText || document.activeElement.closest('label')?.innerText || ''"
        reached.append(" ".join(page.evaluate(words).split()))
    for name in ("Check everything", "Paste", "Text of the article", "Add the text", "Find articles", "Title"):
        assert any(one.startswith(name) for one in reached), name
    assert any(one.startswith("Edit ") for one in reached)
    row(page, "Story 0").get_by_role("button", name="Edit").focus()
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.closest('#cw-editor') !== null")
    page.keyboard.press("End")
    page.keyboard.type(" again")
    page.keyboard.press("Enter")
    said(page, "Saved: “Story 0 again”")


def test_a_screen_reader_is_told_what_was_done(page):
    add(page, "The kiln of Drum was lit on Tuesday.", "Kiln")
    page.locator("[aria-live=polite].cw-unseen", has_text="1 added").wait_for(state="attached")
    row(page, "Kiln").get_by_role("button", name="Delete").click()
    page.locator("[aria-live=polite].cw-unseen", has_text="Deleted: “Kiln”").wait_for(state="attached")


def test_a_phone_shows_cards_and_never_scrolls_sideways(browser, address):
    page = opened(browser, address, width=390)
    row(page, "Story 0").get_by_role("button", name="Edit").click()
    page.locator("#cw-editor").get_by_label("Title").wait_for()
    for name in ("Paste", "Files", "Web address", "Feed"):
        page.get_by_role("tab", name=name).click()
        page.wait_for_timeout(100)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, name
    assert row(page, "Story 0").bounding_box()["width"] <= 390
    page.close()
