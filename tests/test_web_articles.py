"""Articles from the web by command: an address that is named, and feeds that are watched."""

import json

import pytest

from qa.ingest.fetch import FakeWeb, Page
from qa.service import Service
from tests.test_cli import Run, run  # noqa: F401 - a fixture

DAM = "https://paper.example/dam"
FEED = "https://paper.example/feed"
RSS = f"""<rss version="2.0"><channel><title>The Paper</title><item><title>Dam</title><link>{DAM}</link></item>
<item><title>Gone</title><link>https://paper.example/gone</link></item></channel></rss>"""
TEXT = b"Title: The dam\n\nThe dam of Vell was closed on Monday after cracks were found in it by the city engineer."


@pytest.fixture(autouse=True)
def web(monkeypatch: pytest.MonkeyPatch) -> FakeWeb:
    pages = {DAM: Page(DAM, TEXT, "text/plain"), FEED: Page(FEED, RSS.encode(), "application/rss+xml")}
    web = FakeWeb(pages)
    monkeypatch.setattr(Service, "_web", web)
    return web


def test_an_address_is_ingested_like_a_file(run: Run) -> None:  # noqa: F811
    report = json.loads(run("ingest", DAM, "https://paper.example/gone", "--json"))
    assert report["counts"]["added"] == 1
    assert "no such page" in report["refused"][0]
    (article,) = json.loads(run("articles", "--json"))
    assert article["source"] == DAM


def test_a_feed_is_watched_and_brings_its_articles(run: Run) -> None:  # noqa: F811
    assert "watching The Paper: 2 articles to fetch" in run("feeds", "add", FEED)
    assert run("feeds", "look").strip() == "1 articles added"
    assert json.loads(run("articles", "--json"))[0]["source"] == DAM
    (feed,) = json.loads(run("feeds", "list", "--json"))
    assert feed["url"] == FEED
    assert "The Paper" in run("feeds", "list")
    assert "no longer watching" in run("feeds", "remove", FEED)
    assert json.loads(run("feeds", "list", "--json")) == []
    assert "no feed is watched" in run("feeds", "list")
    run("feeds", "remove", FEED, status=2, stderr="not watched")
