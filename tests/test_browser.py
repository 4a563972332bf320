"""The page in a real browser, with the fake generator: what a person does with answer, marks, passages and errors."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.browsing import MARKS, app_over_seeds
from tests.serving import DAM, served, service_in, waiting_model

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = MARKS

DONE = "#cw-answer-pane .cw-details, #cw-answer-pane [role=alert], #cw-answer-pane .cw-empty"
DEAL = "When was the S-400 deal signed?"
EVIL = "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 2'> The quail market in Ombersley opened."


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app, served by a process of its own over the seeds and a hostile article."""
    evil = f"Title: <script>window.hacked = 3</script>\n\n{EVIL}".encode()
    with app_over_seeds(tmp_path_factory.mktemp("browser"), evil=evil) as address:
        yield address


@pytest.fixture
def page(browser, address: str):
    page = browser.new_page(viewport={"width": 1280, "height": 860})
    page.goto(address)
    page.get_by_label("Question").wait_for()
    yield page
    page.close()


def ask(page, question: str) -> None:
    page.get_by_label("Question").fill(question)
    page.get_by_role("button", name="Ask", exact=True).click()
    page.locator("#cw-asked-pane h2", has_text=question).wait_for()
    page.locator(DONE).first.wait_for()
    page.locator("#cw-stop").wait_for(state="hidden")


def test_a_mark_shows_the_very_quote_in_its_article(page) -> None:
    ask(page, "When was the S-400 deal signed?")
    quote = page.locator("#cw-answer-pane blockquote").first.inner_text()
    page.locator("#cw-answer-pane a.cw-cite").first.click()
    marked = page.locator("#cw-article #quote")
    marked.wait_for()
    assert marked.inner_text() == quote
    frame, words = page.locator("#cw-article").bounding_box(), marked.bounding_box()
    assert frame["y"] <= words["y"] <= frame["y"] + frame["height"]  # scrolled to


def test_the_passages_stand_beside_the_answer(page) -> None:
    ask(page, "How full was the reservoir?")
    assert page.locator("#cw-evidence .cw-passages li").count() >= 2


def test_a_mark_far_down_the_page_brings_its_article_into_view(page) -> None:
    ask(page, "How full was the reservoir?")
    page.set_viewport_size({"width": 1280, "height": 480})
    page.locator("#cw-evidence .cw-passages a.cw-cite").last.click()
    expect(page.locator("#cw-article #quote")).to_be_in_viewport()


def test_an_abstention_says_so_calmly(page) -> None:
    ask(page, "Who is the president of Atlantis?")
    assert "do not mention “Atlantis”" in page.locator(".cw-abstained").inner_text()


def test_bad_input_is_said_in_words(page) -> None:
    ask(page, "???")
    assert "ask it in words" in page.get_by_role("alert").inner_text()


def test_markup_in_articles_is_shown_as_text(page) -> None:
    ask(page, "When did the quail market in Ombersley open?")
    page.locator("#cw-evidence li", has_text="quail market").locator("a.cw-cite").click()
    page.locator("#cw-article", has_text="<script>window.hacked = 3</script>").wait_for()
    assert "<script>window.hacked = 1</script>" in page.locator("#cw-article").inner_text()
    assert page.evaluate("window.hacked") is None


def test_the_keyboard_alone_will_do(page) -> None:
    page.get_by_label("Question").focus()
    page.keyboard.type("When was the S-400 deal signed?")
    page.keyboard.press("Enter")
    page.locator("#cw-answer-pane .cw-details").wait_for()
    page.locator("#cw-answer-pane a.cw-cite").first.focus()
    page.keyboard.press("Enter")
    page.locator("#cw-article #quote").wait_for()


def test_nothing_is_asked_of_another_host(browser, address: str) -> None:
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    page.get_by_label("Question").wait_for()
    ask(page, "When was the S-400 deal signed?")
    page.close()
    assert asked
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []


def test_a_citation_has_an_address_of_its_own(page, address: str) -> None:
    ask(page, "When was the S-400 deal signed?")
    href = page.locator("#cw-answer-pane a.cw-cite").first.get_attribute("href")
    quote = page.locator("#cw-answer-pane blockquote").first.inner_text()
    page.goto(f"{address}{href}")
    assert page.locator("#quote").inner_text() == quote


def test_screens_as_narrow_as_a_phone_need_no_sideways_scrolling(browser, address: str) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(address)
    page.get_by_label("Question").wait_for()
    ask(page, "When was the S-400 deal signed?")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.close()


# ── the conversation ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_follow_up_is_read_with_the_question_before_and_says_how(page) -> None:
    ask(page, DEAL)
    ask(page, "Why?")
    assert page.locator("#cw-asked-pane .cw-read").inner_text() == "read as: Why was the S-400 deal signed?"
    turns = page.locator("#cw-conversation .cw-turn")
    assert turns.count() == 1
    turns.first.locator("summary").first.click()
    turns.first.locator("a.cw-mark").first.wait_for()  # earlier turns keep their marks


def test_one_click_takes_a_reading_back(page) -> None:
    ask(page, DEAL)
    ask(page, "Why?")
    page.get_by_role("button", name="Read it as written").click()
    page.locator("#cw-asked-pane .cw-read").wait_for(state="detached")
    page.locator(DONE).first.wait_for()
    assert page.locator("#cw-asked-pane h2").inner_text() == "Why?"
    assert not page.get_by_role("button", name="Read it as written").is_visible()
    assert page.locator("#cw-conversation .cw-turn").count() == 1


def test_taking_a_reading_back_leaves_the_turns_before_as_they_were(page) -> None:
    for question in (DEAL, "Why?", "Where?"):
        ask(page, question)
    page.get_by_role("button", name="Read it as written").click()
    page.locator("#cw-asked-pane .cw-read").wait_for(state="detached")
    page.locator(DONE).first.wait_for()
    ask(page, "How full was the reservoir?")
    asked = page.locator("#cw-conversation .cw-turn-asked").all_inner_texts()
    assert asked == [DEAL, "Why?", "Where?"]


def test_a_question_that_stands_alone_is_not_read_otherwise(page) -> None:
    ask(page, DEAL)
    ask(page, "How full was the reservoir?")
    assert page.locator("#cw-asked-pane .cw-read").count() == 0


def test_a_new_conversation_forgets_the_old_one(page) -> None:
    ask(page, DEAL)
    page.get_by_role("button", name="New conversation").click()
    page.locator("#cw-answer-pane .cw-empty").wait_for()
    ask(page, "Why?")
    assert page.locator("#cw-asked-pane .cw-read").count() == 0
    assert page.locator("#cw-conversation .cw-turn").count() == 0


def test_pages_do_not_see_each_others_conversations(browser, page, address: str) -> None:
    ask(page, DEAL)
    other = browser.new_page()
    other.goto(address)
    other.get_by_label("Question").wait_for()
    ask(other, "Why?")
    assert other.locator("#cw-asked-pane .cw-read").count() == 0
    assert DEAL not in other.locator("#cw-conversation").inner_text()
    other.close()
    ask(page, "Why?")
    assert "Why was the S-400 deal signed?" in page.locator("#cw-asked-pane .cw-read").inner_text()


def test_a_question_comes_by_address_and_waits_to_be_asked(page, address: str) -> None:
    page.goto(f"{address}/?ask=Who%20broke%20%3Cb%3Eit%3C%2Fb%3E%3F&__theme=dark")
    page.get_by_label("Question").wait_for()
    page.wait_for_function("document.querySelector('#cw-question textarea').value !== ''")
    assert page.get_by_label("Question").input_value() == "Who broke <b>it</b>?"
    assert page.url == f"{address}/?__theme=dark"
    page.keyboard.press("End")
    page.get_by_label("Question").press("Enter")
    page.locator(DONE).first.wait_for()
    assert page.locator("#cw-asked-pane h2").inner_text() == "Who broke <b>it</b>?"


def test_asking_nothing_changes_nothing(page) -> None:
    ask(page, DEAL)
    page.get_by_label("Question").fill("  ")
    page.get_by_role("button", name="Ask", exact=True).click()
    page.wait_for_function("document.querySelector('#cw-question textarea').value === ''")
    ask(page, "Why?")
    assert page.locator("#cw-conversation .cw-turn").count() == 1
    assert "Why was the S-400" in page.locator("#cw-asked-pane .cw-read").inner_text()


# ── marks ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_mark_says_its_support_in_a_word_and_its_card_who_where_and_when(page) -> None:
    ask(page, "Who runs a bakery on Tannery Row?")
    mark = page.locator("#cw-answer-pane .cw-answer a.cw-mark").first
    assert mark.inner_text().split()[1] in ("strong", "fair", "weak")
    mark.hover()
    card = page.locator("#cw-card")
    card.wait_for()
    quote = page.locator("#cw-answer-pane blockquote").first.inner_text()
    assert card.locator(".cw-card-quote").inner_text() == f"“{' '.join(quote.split())}”"
    assert "support (" in card.locator(".cw-card-support").inner_text()
    about = page.locator("#cw-answer-pane .cw-sources .cw-origin").first.inner_text()
    assert card.locator(".cw-card-about").inner_text() in about
    page.keyboard.press("Escape")
    card.wait_for(state="hidden")


def test_the_card_comes_by_keyboard_too(page) -> None:
    ask(page, DEAL)
    mark = page.locator("#cw-answer-pane .cw-answer a.cw-mark").first
    mark.focus()
    page.locator("#cw-card").wait_for()
    assert mark.get_attribute("aria-describedby") == "cw-card"
    page.get_by_label("Question").focus()
    page.locator("#cw-card").wait_for(state="hidden")


def test_the_card_of_a_hostile_article_is_text(page) -> None:
    ask(page, "When did the quail market in Ombersley open?")
    page.locator("#cw-answer-pane a.cw-mark[data-quote]").first.hover()
    page.locator("#cw-card").wait_for()
    assert page.locator("#cw-card script, #cw-card img").count() == 0
    assert page.evaluate("window.hacked") is None


def test_a_screen_reader_is_told_each_sentence_once(page) -> None:
    ask(page, DEAL)
    told = page.locator("[aria-live=polite].cw-unseen p")
    sentences = page.locator("#cw-answer-pane .cw-told").all_inner_texts()
    told.nth(len(sentences) - 1).wait_for(state="attached")
    assert [" ".join(text.split()) for text in told.all_text_contents()] == [" ".join(s.split()) for s in sentences]


# ── what is taken along ──────────────────────────────────────────────────────────────────────────────────────────────


def test_an_answer_is_copied_with_footnotes_as_text_and_as_html(browser, address: str) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(address)
    page.get_by_label("Question").wait_for()
    ask(page, DEAL)
    page.get_by_role("button", name="Copy with footnotes").click()
    page.get_by_role("button", name="Copied").wait_for()
    read = "navigator.clipboard.read().then(([item]) => item.getType('text/{}')).then((blob) => blob.text())"
    text, html = page.evaluate(read.format("plain")), page.evaluate(read.format("html"))
    assert "[1]" in text
    assert "\n[1] “" in text
    assert "<sup>[1]</sup>" in html
    context.close()


@pytest.mark.parametrize("name", ["Markdown", "HTML", "JSON"])
def test_a_conversation_is_saved(page, name: str) -> None:
    ask(page, DEAL)
    ask(page, "Why?")
    with page.expect_download() as saved:
        page.get_by_role("button", name=name, exact=True).click()
    text = saved.value.path().read_text(encoding="utf-8")
    assert "Why was the S-400 deal signed?" in text.replace("\\", "")
    if name == "JSON":
        assert [one["written"] for one in json.loads(text)["answers"]] == [DEAL, "Why?"]


# ── scope ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def choose(page, label: str, name: str) -> None:
    page.get_by_label(label).first.click()
    page.get_by_role("option", name=name).click()
    page.get_by_label(label).first.press("Escape")


def test_the_scope_narrows_what_is_read_and_says_so(page) -> None:
    page.get_by_role("button", name="Search in").click()
    choose(page, "Outlets", "The Quayside Record")
    page.get_by_role("button", name="Search in: The Quayside Record").wait_for()
    ask(page, "Who runs a bakery on Tannery Row?")
    titles = set(page.locator("#cw-evidence .cw-origin").all_inner_texts())
    assert len(titles) == 1
    assert "Only 1 of 13 articles were searched" in page.locator("#cw-answer-pane .cw-hint").inner_text()
    page.get_by_label("Since").fill("2040-01-01")
    page.get_by_role("button", name="Search in: The Quayside Record · since 2040-01-01").wait_for()
    ask(page, "Who runs a bakery on Tannery Row?")
    assert "no article is within what is searched" in page.get_by_role("alert").inner_text()


def test_a_date_that_is_none_is_said_in_words_and_the_question_stays(page) -> None:
    page.get_by_role("button", name="Search in").click()
    page.get_by_label("Until").fill("tomorrow")
    ask(page, DEAL)
    assert "write it like 2024-05-31" in page.get_by_role("alert").inner_text()
    page.wait_for_function("document.querySelector('#cw-question textarea').value !== ''")
    assert page.get_by_label("Question").input_value() == DEAL


# ── stopping ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_stopping_keeps_what_was_proven_and_frees_the_model(browser, tmp_path) -> None:
    with service_in(tmp_path) as service:
        service.ingest_bytes(DAM.encode(), source="dam.txt")
        with waiting_model(service) as model, served(service) as address:
            page = browser.new_page()
            page.goto(address)
            page.get_by_label("Question").fill("When did the dam break?")
            page.get_by_role("button", name="Ask", exact=True).click()
            page.locator("#cw-answer-pane .cw-told").wait_for()
            page.get_by_role("button", name="Stop").click()
            page.locator("#cw-answer-pane .cw-stopped").wait_for()
            page.locator("#cw-stop").wait_for(state="hidden")
            assert page.evaluate("document.activeElement.closest('#cw-question') !== null")
            assert page.locator("#cw-answer-pane .cw-told").all_inner_texts() == [
                "The dam broke on Monday, the ledger says."
            ]
            assert model.closed.wait(5)
            page.close()
