"""Feeds: what they list, made safe, and the watcher that hands over what is new."""

from __future__ import annotations

import builtins
import json
import threading
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

from qa.errors import FetchError, IngestError, LibraryError, NotFoundError
from qa.ingest import feed as feeds
from qa.ingest.feed import Feed, FeedEntry, FeedWatcher, new_entries, parse_feed, read_feed
from qa.ingest.fetch import FakeWeb, Page, Stamp

URL = "https://paper.example/news/feed.xml"
OTHER = "https://other.example/rss"


def page(body: str | bytes, url: str = URL, stamp: Stamp = Stamp(), charset: str | None = None) -> Page:  # noqa: B008
    return Page(url, body.encode() if isinstance(body, str) else body, "application/xml", charset, stamp)


def rss(*links: str, title: str = "The Paper") -> str:
    items = "".join(f"<item><title>Story</title><link>{link}</link></item>" for link in links)
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>{title}</title>{items}</channel></rss>'


def entries(body: str | bytes) -> tuple[FeedEntry, ...]:
    return parse_feed(page(body)).entries


# Feeds

RSS = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0"><channel><title>The Paper &amp; more</title><link>https://paper.example/</link>
<item><title>The &lt;b&gt;dam&lt;/b&gt; &amp;amp; the town</title><link>https://paper.example/dam</link>
  <pubDate>Tue, 04 Mar 2031 23:30:00 GMT</pubDate></item>
<item><title>By its permanent link</title><guid isPermaLink="true">https://paper.example/2</guid></item>
<item><title>a &lt; b</title><link>../sport/3?x=1#top</link></item>
</channel></rss>"""

ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://paper.example/world/"><title type="text">World</title>
<entry><title type="html">The &lt;i&gt;gate&lt;/i&gt;</title><link rel="enclosure" href="/a.mp3"/>
  <link rel="alternate" href="gate"/><updated>2031-03-05T01:00:00Z</updated>
  <published>2031-03-04T01:00:00Z</published></entry>
<entry><title>Updated only</title><link href="two"/><updated>2031-03-05T01:00:00Z</updated></entry>
</feed>"""


def test_rss_is_read() -> None:
    feed = read_feed(URL, FakeWeb({URL: page(RSS, stamp=Stamp("a", "b"))}))
    assert feed == Feed(
        "The Paper & more",
        (
            FeedEntry("https://paper.example/dam", "The dam & the town", "2031-03-04"),
            FeedEntry("https://paper.example/2", "By its permanent link"),
            FeedEntry("https://paper.example/sport/3?x=1", "a < b"),
        ),
        Stamp("a", "b"),
    )


def test_atom_is_read() -> None:
    feed = parse_feed(page(ATOM))
    assert feed.title == "World"
    assert feed.entries == (
        FeedEntry("https://paper.example/world/gate", "The gate", "2031-03-04"),
        FeedEntry("https://paper.example/world/two", "Updated only", "2031-03-05"),
    )


def test_rdf_and_other_charsets_are_read() -> None:
    rdf = (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">'
        "<channel><title>Zeitung für alle</title></channel><item><title>Größe</title>"
        "<link>https://paper.example/1</link></item></rdf:RDF>"
    )
    named = '<?xml version="1.0" encoding="windows-1252"?>' + rdf
    encoded = ((rdf, "cp1252", "cp1252"), (named, "cp1252", None), (rdf, "utf-8", None), (rdf, "utf-16", None))
    for data, charset in ((text.encode(codec), charset) for text, codec, charset in encoded):
        feed = parse_feed(page(data, charset=charset))
        assert (feed.title, feed.entries[0].title) == ("Zeitung für alle", "Größe")


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        " JavaScript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "mailto:a@paper.example",
        "ftp://paper.example/",
        "https://user:pw@paper.example/",
        "http://[",
        "",
    ],
)
def test_entries_that_lead_nowhere_are_left_out(link: str) -> None:
    assert [entry.url for entry in entries(rss(link, "https://paper.example/1"))] == ["https://paper.example/1"]
    atom = ATOM.replace('href="gate"', f'href="{link}"')
    assert [entry.url for entry in entries(atom)][-1] == "https://paper.example/world/two"
    assert not any(entry.url.startswith(("java", "data", "file", "mail", "ftp")) for entry in entries(atom))


def test_titles_are_one_line_of_text() -> None:
    title = "A &lt;a href='#'&gt;story&lt;/a&gt;\n  &amp;quot;so&amp;quot; " + "long " * 200
    (entry,) = entries(rss("https://paper.example/1").replace("Story", title))
    assert entry.title.startswith('A story "so" long long')
    assert len(entry.title) == 300
    (script,) = entries(rss("https://paper.example/1").replace("Story", "&lt;script&gt;alert(1)&lt;/script&gt;"))
    assert script.title == "<script>alert(1)</script>", "text, for whoever shows it to escape"
    (untitled,) = entries(rss("https://paper.example/1").replace("<title>Story</title>", ""))
    assert untitled.title == "https://paper.example/1"
    assert parse_feed(page(rss(title=""))).title == "paper.example"


def test_each_address_is_listed_once_and_a_hundred_of_them() -> None:
    links = [f"https://paper.example/{number // 2}" for number in range(400)]
    assert [entry.url for entry in entries(rss(*links))] == [f"https://paper.example/{number}" for number in range(50)]


def test_a_broken_feed_is_read_as_far_as_it_goes() -> None:
    whole = rss("https://paper.example/1", "https://paper.example/2")
    assert [entry.url for entry in entries(whole[: whole.index("</item><item>") + 7])] == ["https://paper.example/1"]
    assert len(entries(whole.replace("<title>The Paper</title>", "<title>R&D & more</title>"))) == 2


@pytest.mark.parametrize("body", ["", "   ", "<html><body>News</body></html>", "just text", "{}", "\0\1\2", "<a/>"])
def test_what_is_no_feed_is_refused(body: str) -> None:
    with pytest.raises(FetchError, match=r"^https://paper.example/news/feed.xml: not a feed; give the address of"):
        parse_feed(page(body))


def test_a_huge_feed_is_refused() -> None:
    with pytest.raises(FetchError, match="larger than 2 MB"):
        parse_feed(page(rss() + " " * 2_000_000))


def test_errors_of_the_parser_are_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    import feedparser

    def fail(*_: object, **__: object) -> None:
        raise RecursionError("deep\ndown")

    monkeypatch.setattr(feedparser, "parse", fail)
    with pytest.raises(FetchError, match=r"a damaged feed \(RecursionError\); give"):
        parse_feed(page(rss()))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-7"])
def test_entities_are_not_declared(encoding: str) -> None:
    bomb = '<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><rss version="2.0">'
    body = rss("https://paper.example/1", title="&b;").replace('<rss version="2.0">', bomb)
    with pytest.raises(FetchError, match="declares entities"):
        parse_feed(page(body.encode(encoding), charset=encoding))


def test_nothing_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "secret"
    secret.write_text(rss("https://paper.example/1", title="secret"))
    external = f'<!DOCTYPE rss SYSTEM "file://{secret}"><rss version="2.0">'
    body = rss("https://paper.example/1").replace('<rss version="2.0">', external)
    assert parse_feed(page(body)).title == "The Paper"

    def refuse(*arguments: object, **_: object) -> None:
        raise AssertionError(f"opened {arguments}")

    monkeypatch.setattr(builtins, "open", refuse)
    for path in (str(secret), f"file://{secret}", "https://127.0.0.1/feed"):
        with pytest.raises(FetchError, match="not a feed"):
            parse_feed(page(path))
    assert parse_feed(page(body)).title == "The Paper"


def test_new_entries_are_those_not_seen() -> None:
    feed = parse_feed(page(rss("https://paper.example/3", "https://paper.example/2", "https://paper.example/1")))
    new = new_entries(feed, {"https://paper.example/2", "https://paper.example/0"})
    assert [entry.url for entry in new] == ["https://paper.example/3", "https://paper.example/1"]
    assert new_entries(feed, {entry.url for entry in feed.entries}) == ()


# Watching


class Desk:
    """A watcher over a fake web, with what it handed over; ``now`` is its clock, ``broken`` what it cannot take in."""

    def __init__(self, folder: Path) -> None:
        self.now = 1_000_000.0
        self.web = FakeWeb({URL: page(rss("https://paper.example/1"), stamp=Stamp("one"))})
        self.taken: list[str] = []
        self.broken: dict[str, Exception] = {}
        self.path = folder / "library" / "feeds.json"
        self.watcher = self.opened()

    def opened(self) -> FeedWatcher:
        return FeedWatcher(self.path, self.web, self.take, minutes=60, clock=lambda: self.now)

    def take(self, url: str) -> None:
        self.taken.append(url)
        if url in self.broken:
            raise self.broken[url]

    def publish(self, *names: str, url: str = URL) -> None:
        links = [f"https://paper.example/{name}" for name in names]
        self.web.pages[url] = page(rss(*links), url, Stamp("-".join(names)))

    def names(self) -> list[str]:
        names = [url.removeprefix("https://paper.example/") for url in self.taken]
        self.taken.clear()
        return names

    def later(self, minutes: float = 60) -> float:
        self.now += minutes * 60
        return self.watcher.look()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_what_a_feed_lists_is_handed_over_once(desk: Desk) -> None:
    added = desk.watcher.add(f"  {URL}#top ")
    assert (added.url, added.title, list(added.waiting)) == (URL, "The Paper", ["https://paper.example/1"])
    assert desk.watcher.look() == 3600
    assert desk.names() == ["1"]
    desk.publish("3", "2", "1")
    assert desk.watcher.look() == 3600
    assert desk.names() == [], "not due yet"
    desk.later(60)
    assert desk.names() == ["3", "2"]
    desk.later(60)
    assert desk.names() == []
    assert desk.web.asked == [URL] * 3


def test_a_feed_that_has_not_changed_is_asked_with_its_stamp(desk: Desk) -> None:
    desk.watcher.add(URL)
    desk.web.pages[URL] = page("no feed at all", stamp=Stamp("one"))
    desk.later()
    (feed,) = desk.watcher.watched()
    assert (feed.error, feed.stamp) == (None, Stamp("one"))


def test_watching_survives_a_restart(desk: Desk) -> None:
    desk.watcher.add(URL)
    desk.publish("2", "1")
    before = desk.watcher.watched()
    desk.watcher = desk.opened()
    assert desk.watcher.watched() == before
    desk.later()
    assert desk.names() == ["1", "2"], "what waited, then what is new"
    desk.watcher = desk.opened()
    desk.watcher.look()
    assert desk.names() == []
    assert sorted(path.name for path in desk.path.parent.iterdir()) == ["feeds.json", "feeds.json.lock"]


def test_adding_again_changes_nothing(desk: Desk) -> None:
    desk.watcher.add(URL)
    desk.watcher.look()
    desk.names()
    desk.watcher.add(URL)
    desk.watcher.look()
    assert desk.names() == []
    assert len(desk.watcher.watched()) == 1


def test_what_cannot_be_read_is_not_added(desk: Desk) -> None:
    desk.web.pages[OTHER] = page("<html></html>", OTHER)
    for url, reason in (("https://none.example/", "no such page"), (OTHER, "not a feed"), ("feed.xml", "only http")):
        with pytest.raises(FetchError, match=reason):
            desk.watcher.add(url)
    assert desk.watcher.watched() == ()


def test_removed_feeds_are_forgotten(desk: Desk) -> None:
    desk.watcher.add(URL)
    desk.watcher.remove(URL)
    assert desk.watcher.watched() == ()
    assert desk.watcher.look() == 3600
    assert desk.names() == []
    with pytest.raises(NotFoundError, match="not watched; the list of feeds"):
        desk.watcher.remove(URL)


def test_a_feed_that_fails_is_left_alone_ever_longer_and_then_goes_on(desk: Desk) -> None:
    desk.watcher.add(URL)
    desk.watcher.look()
    good = desk.web.pages.pop(URL)
    waits = [desk.later(60)]
    for _ in range(6):
        waits.append(desk.later(waits[-1] / 60))
    assert [seconds / 3600 for seconds in waits] == [1, 2, 4, 8, 16, 24, 24]
    (feed,) = desk.watcher.watched()
    assert feed.failures == 7
    assert feed.error == f"{URL}: no such page; check the address"
    desk.web.pages[URL] = good
    assert desk.later(24 * 60) == 3600
    (feed,) = desk.watcher.watched()
    assert (feed.failures, feed.error) == (0, None)


def test_one_bad_feed_does_not_stop_the_others(desk: Desk) -> None:
    desk.publish("9", url=OTHER)
    desk.watcher.add(URL)
    desk.watcher.add(OTHER)
    del desk.web.pages[URL]
    desk.publish("10", "9", url=OTHER)
    desk.later()
    assert desk.names() == ["1", "9", "10"]


@pytest.mark.parametrize("error", [IngestError("no article in it; add another"), ValueError("a fault\nof ours")])
def test_an_entry_that_fails_is_tried_at_three_looks(desk: Desk, error: Exception) -> None:
    desk.publish("2", "1")
    desk.broken["https://paper.example/2"] = error
    desk.watcher.add(URL)
    desk.watcher.look()
    assert desk.names() == ["2", "1"]
    desk.watcher.look()
    assert desk.names() == [], "not before the feed is due again"
    (feed,) = desk.watcher.watched()
    assert feed.error
    assert "\n" not in feed.error
    desk.later()
    assert desk.names() == ["2"]
    desk.later()
    assert desk.names() == ["2"]
    desk.later()
    assert desk.names() == []


def test_an_old_entry_that_comes_back_is_known(desk: Desk) -> None:
    desk.watcher.add(URL)
    desk.publish("2")
    desk.later()
    desk.publish("1", "2")
    desk.later()
    assert desk.names() == ["1", "2"]


def test_what_is_known_is_kept_to_a_bound(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "_MOST_SEEN", 4)
    desk.watcher.add(URL)
    for number in range(2, 9):
        desk.publish(str(number + 1), str(number))
        desk.later()
    (feed,) = desk.watcher.watched()
    assert [url[-1] for url in feed.seen] == ["9", "8", "7", "6"]
    assert desk.names() == ["1", "3", "2", "4", "5", "6", "7", "8", "9"]


def test_too_many_feeds_are_refused(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "_MOST_FEEDS", 1)
    desk.publish("9", url=OTHER)
    desk.watcher.add(URL)
    desk.watcher.add(URL)
    with pytest.raises(FetchError, match="1 feeds are watched already; remove one"):
        desk.watcher.add(OTHER)


def test_two_processes_share_the_list_and_the_work(desk: Desk) -> None:
    other = desk.opened()
    other.add(URL)
    assert [feed.url for feed in desk.watcher.watched()] == [URL]
    desk.publish("2", "1")
    desk.now += 3600
    desk.watcher.look()
    other.look()
    assert desk.names() == ["1", "2"]
    assert desk.web.asked == [URL] * 2


def test_a_feed_that_another_process_has_just_read_is_not_read_again(desk: Desk) -> None:
    class Late(FeedWatcher):
        def watched(self) -> tuple[feeds.WatchedFeed, ...]:
            return stale.pop() if stale else super().watched()

    desk.watcher.add(URL)
    stale = [desk.watcher.watched()]
    desk.later()
    asked = len(desk.web.asked)
    Late(desk.path, desk.web, desk.take, minutes=60, clock=lambda: desk.now).look()
    assert (len(desk.web.asked), stale) == (asked, [])


def test_a_clock_that_was_set_back_does_not_silence_a_feed(desk: Desk) -> None:
    desk.watcher.add(URL)
    desk.publish("2", "1")
    desk.later(-400 * 24 * 60)
    assert desk.names() == ["1", "2"]


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"feeds": [{"url": "x"}]}', '{"feeds": [3]}', "\xff"])
def test_a_damaged_list_is_named(desk: Desk, content: str) -> None:
    desk.path.parent.mkdir()
    desk.path.write_bytes(content.encode("latin-1"))
    for call in (desk.watcher.watched, desk.watcher.look, lambda: desk.watcher.remove(URL)):
        with pytest.raises(LibraryError, match=r"feeds.json: not a list of feeds; move it away") as caught:
            call()
        assert "\n" not in str(caught.value)
    assert desk.path.read_bytes() == content.encode("latin-1")


def test_a_list_that_cannot_be_kept_is_named(desk: Desk) -> None:
    desk.path.parent.write_text("a file where the folder should be")
    with pytest.raises(LibraryError, match=r"cannot be (written|read)"):
        desk.watcher.add(URL)


def test_a_list_that_cannot_be_written_keeps_what_it_was(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.watcher.add(URL)
    before = desk.path.read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(LibraryError, match="No space left"):
        desk.watcher.remove(URL)
    assert desk.path.read_bytes() == before
    assert json.loads(before)["feeds"][0]["url"] == URL


# The thread


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "feeds"]


def test_the_thread_hands_over_and_ends(desk: Desk) -> None:
    arrived = threading.Event()
    take = desk.take
    desk.watcher = FeedWatcher(desk.path, desk.web, lambda url: (take(url), arrived.set())[0], minutes=60)
    assert threads() == []
    with desk.watcher:
        desk.watcher.start()
        assert threads() == ["feeds"]
        desk.watcher.add(URL)
        assert arrived.wait(5), "adding wakes it"
    assert desk.names() == ["1"]
    assert threads() == []
    desk.watcher.close()
    desk.watcher.start()
    assert threads() == [], "closed is closed"


def test_closing_waits_for_the_entry_under_way_and_keeps_the_rest(desk: Desk) -> None:
    desk.publish("3", "2", "1")
    began, go_on = threading.Event(), threading.Event()

    def slow(url: str) -> None:
        began.set()
        assert go_on.wait(5)
        desk.take(url)

    watcher = FeedWatcher(desk.path, desk.web, slow, minutes=60)
    watcher.add(URL)
    watcher.start()
    assert began.wait(5)
    closing = threading.Thread(target=watcher.close)
    closing.start()
    closing.join(0.05)
    assert closing.is_alive()
    go_on.set()
    closing.join(5)
    assert threads() == []
    assert desk.names() == ["3"]
    (feed,) = watcher.watched()
    assert list(feed.waiting) == ["https://paper.example/2", "https://paper.example/1"]


def test_the_thread_outlives_a_damaged_list(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "_PAUSE_SECONDS", 0.01)
    desk.path.parent.mkdir()
    desk.path.write_text("damaged")
    looked = threading.Event()

    class Watched(FeedWatcher):
        def watched(self) -> tuple[feeds.WatchedFeed, ...]:
            looked.set()
            return super().watched()

    arrived = threading.Event()
    with Watched(desk.path, desk.web, lambda url: arrived.set(), minutes=60) as watcher:
        assert looked.wait(5)
        desk.path.unlink()
        watcher.add(URL)
        assert arrived.wait(5)


def test_faults_of_the_web_do_not_end_the_thread(desk: Desk) -> None:
    asked = threading.Event()

    class Faulty(FakeWeb):
        def renewed(self, url: str, kinds: Collection[str], stamp: Stamp) -> Page | None:
            asked.set()
            raise ZeroDivisionError

    desk.watcher.add(URL)
    desk.now += 3600
    watcher = FeedWatcher(desk.path, Faulty(), desk.take, minutes=60, clock=lambda: desk.now)
    with watcher:
        assert asked.wait(5)
        assert threads() == ["feeds"]
    (feed,) = watcher.watched()
    assert feed.failures == 1
    assert feed.error
    assert "ZeroDivisionError" in feed.error


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    yield
    assert threads() == []
