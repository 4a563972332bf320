"""The page in a real browser, with the fake generator: what a person does with answer, marks, passages and errors."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from qa.service import Service
from qa.settings import load_settings
from tests.conftest import ROOT, SEEDS

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning"),
]

ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
EVIL = "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 2'> The quail market in Ombersley opened."


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app, served by a process of its own over the seeds and a hostile article."""
    folder = tmp_path_factory.mktemp("browser")
    with Service(load_settings(engine="fake", embedder="fake", library=folder / "library"), create=True) as service:
        list(service.ingest([SEEDS]))
        service.ingest_bytes(f"Title: <script>window.hacked = 3</script>\n\n{EVIL}".encode(), source="evil.txt")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {**os.environ, "QA_EMBEDDER": "fake", "QA_ENGINE": "fake", "QA_LIBRARY": str(folder / "library")}
    command = [sys.executable, str(ROOT / "app.py"), "--port", str(port)]
    with subprocess.Popen(command, cwd=folder, env=environment) as server:
        try:
            wait_for(f"http://127.0.0.1:{port}/healthz")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def wait_for(url: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(url).close()
            return
        except urllib.error.URLError:
            assert time.monotonic() < deadline, f"{url} does not answer"
            time.sleep(0.2)


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser, address: str):
    page = browser.new_page(viewport={"width": 1280, "height": 860})
    page.goto(address)
    page.get_by_label("Question").wait_for()
    yield page
    page.close()


def ask(page, question: str) -> None:
    page.get_by_label("Question").fill(question)
    page.get_by_role("button", name="Ask").click()
    page.locator("#cw-answer-pane .cw-costs, #cw-answer-pane [role=alert]").wait_for()


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
    page.locator("#cw-answer-pane .cw-costs").wait_for()
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
