"""What a person does, in a real browser with the real default models: one long visit, step by step."""

from __future__ import annotations

import os
import re

import pytest

from qa.service import Service
from qa.settings import load_settings
from tests.browsing import MARKS, app_over
from tests.conftest import SEEDS

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = [*MARKS, pytest.mark.model]

PATIENCE = 120_000  # milliseconds for an answer, on a slow machine
PARADE = (
    "The heron parade of Fennwick was held on Sunday, June 3. Its organiser, Mira Voss, said that forty boats took "
    "part, ten more than last year. The parade began at the old mill at noon."
)


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("real")
    with Service(load_settings(library=folder / "library"), create=True) as service:
        list(service.ingest([SEEDS]))
    with app_over(folder / "library", engine="auto", embedder="minilm") as address:
        yield address


@pytest.fixture(scope="module")
def page(browser, address):
    page = opened(browser, address)
    yield page
    page.close()


def opened(browser, address):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    page.get_by_label("Question", exact=True).wait_for()
    return page


def ask(page, question):
    page.get_by_role("tab", name="Ask").click()
    page.get_by_label("Question", exact=True).fill(question)
    page.get_by_role("button", name="Ask", exact=True).click()
    page.locator("#cw-asked-pane h2", has_text=question).wait_for()
    page.locator("#cw-answer-pane .cw-details, #cw-answer-pane .cw-abstained").first.wait_for()
    page.locator("#cw-stop").wait_for(state="hidden")
    return page.locator("#cw-answer-pane")


def choose(page, title):
    """Choose an article by its title in the tab Summarize."""
    box = page.get_by_role("listbox", name="Articles").or_(page.get_by_label("Articles", exact=True)).last
    box.click()
    box.press_sequentially(title)
    page.get_by_role("option", name=re.compile(re.escape(title))).wait_for()
    box.press("ArrowDown")  # to the one that is left; a click would chase a list that is still unfolding
    box.press("Enter")
    page.locator(".token", has_text=title).wait_for()
    box.press("Escape")


def shot(page, name):
    """A picture for whoever sets CITEWIRE_PICTURES to a folder."""
    folder = os.environ.get("CITEWIRE_PICTURES")
    if folder:
        page.mouse.move(0, 0)  # so that no card hides what it was opened over
        page.evaluate("document.activeElement?.blur()")
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def test_an_answer_and_the_very_quote_in_its_article(page):
    answer = ask(page, "When was the S-400 deal signed?")
    assert "2017" in answer.inner_text()
    quote = answer.locator("blockquote").first.inner_text()
    answer.locator("a.cw-cite").first.click()
    marked = page.locator("#cw-article #quote")
    marked.wait_for()
    assert marked.inner_text() == quote
    shot(page, "ask")


def test_a_follow_up_is_read_with_the_question_before(page):
    ask(page, "Why?")
    assert "Why was the S-400 deal signed?" in page.locator("#cw-asked-pane").inner_text()
    shot(page, "follow-up")


def test_no_answer_where_there_is_none(page):
    answer = ask(page, "Who is the president of France?")
    assert answer.locator(".cw-abstained").count() == 1
    shot(page, "abstained")


def test_a_pasted_article_answers_and_a_bad_file_is_refused(page):
    page.get_by_role("tab", name="Library").click()
    page.locator("#cw-articles section").wait_for()
    page.get_by_label("Text of the article").fill(PARADE)
    page.get_by_role("button", name="Add the text").click()
    page.locator("#cw-paste-report .cw-upshot", has_text="1 ").wait_for()
    page.get_by_role("rowheader", name=re.compile("heron parade")).wait_for()
    page.get_by_role("tab", name="Files").click()
    page.locator("#cw-files input[type=file]").set_input_files(
        [{"name": "bad.pdf", "mimeType": "application/pdf", "buffer": b"no pdf"}]
    )
    page.locator("#cw-files-report .cw-refused", has_text="bad.pdf").wait_for()
    shot(page, "library")
    ask(page, "How many boats took part in the heron parade?")
    page.locator("#cw-evidence", has_text="heron parade of Fennwick").wait_for()  # read, whether or not it is answered


def test_the_seed_article_is_summarized(page):
    page.get_by_role("tab", name="Summarize").click()
    choose(page, "Turkey is reportedly")
    page.get_by_role("button", name="Summarize", exact=True).click()
    page.locator("#cw-summary-pane .cw-beside").first.wait_for()
    assert page.locator("#cw-summary-pane .cw-summary > li").count() == 5
    told = page.locator("#cw-summary-pane .cw-summary").inner_text()
    assert not re.search(r"^Putin has maintained a stance", told, re.MULTILINE)
    shot(page, "summary")


def test_three_outlets_are_compared(browser, address):
    page = opened(browser, address)
    page.get_by_role("tab", name="Summarize").click()
    for title in ("Early sirens", "Siren log", "THEY KNEW"):
        choose(page, title)
    page.get_by_role("button", name="Compare", exact=True).last.click()
    page.locator("#cw-summary-pane .cw-comparison > .cw-costs").last.wait_for()
    found = page.locator("#cw-summary-pane .cw-comparison")
    assert found.locator("section[aria-label='Told by several'] li").count() >= 1
    assert found.locator("section[aria-label='Round-up'] li").count() >= 3
    found.locator("section[aria-label='Round-up'] a.cw-cite").last.click()  # far down the page
    expect(page.locator("#cw-source #quote")).to_be_in_viewport()
    found.locator("section[aria-label='Contradicted'] a.cw-cite").last.click()
    expect(page.locator("#cw-source #quote")).to_be_in_viewport()
    shot(page, "compare")
    page.close()


def test_what_is_deleted_answers_no_more(browser, page, address):
    page.get_by_role("tab", name="Library").click()
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=re.compile("heron parade")))
    row.get_by_role("button", name="Delete").click()
    page.locator("#cw-said", has_text="Deleted").wait_for()
    other = opened(browser, address)
    answer = ask(other, "How many boats took part in the heron parade?")
    assert answer.locator(".cw-abstained").count() == 1
    assert "heron parade of Fennwick" not in other.locator("#cw-evidence").inner_text()
    other.close()


def test_two_people_at_once_get_each_their_own(browser, address):
    pages = [opened(browser, address) for _ in range(2)]
    questions = ("When was the S-400 deal signed?", "How long did the talks at Fallow Pass last?")
    for page, question in zip(pages, questions, strict=True):
        page.get_by_label("Question", exact=True).fill(question)
        page.get_by_role("button", name="Ask", exact=True).click()
    for page, question in zip(pages, questions, strict=True):
        page.locator("#cw-asked-pane h2", has_text=question).wait_for()
        page.locator("#cw-answer-pane .cw-details, #cw-answer-pane .cw-abstained").first.wait_for()
    first, second = (page.locator("#cw-answer-pane").inner_text() for page in pages)
    assert "2017" in first
    assert "2017" not in second
    for page in pages:
        page.close()
