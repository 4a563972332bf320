"""The tab Library without a browser: its HTML, what is added and refused, undoing, feeds, and its health."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from qa.errors import IngestError, InputError, NotFoundError
from qa.ingest.description import description
from qa.ingest.feed import WatchedFeed
from qa.ingest.fetch import FakeWeb, Page
from qa.library import Added, LibraryStats, Outcome
from qa.service import Refused, Service, Stage
from qa.types import STDIN, Article
from qa.web.articles import (
    PAGE,
    Health,
    Offered,
    View,
    feeds_html,
    health_html,
    matching,
    report_html,
    said_html,
    shown,
    table_html,
)
from qa.web.tabs.library import Checks, Offer, deleted, followed, taken_in, undone
from tests.conftest import SEEDS
from tests.serving import BRIDGE, DAM, service_in

EVIL = "<script>alert(1)</script>\u202egnp.exe"
FEED = "https://paper.example/feed"
STORY = "https://paper.example/dam"
GONE = "https://paper.example/gone"
RSS = f"""<rss version="2.0"><channel><title>The Paper</title><item><title>Dam</title><link>{STORY}</link></item>
<item><title>Gone</title><link>{GONE}</link></item></channel></rss>"""


@pytest.fixture
def service(tmp_path):
    with service_in(tmp_path) as service:
        yield service


@pytest.fixture
def web(monkeypatch):
    text = b"Title: The dam\n\nThe dam of Vell was closed on Monday after cracks were found in it."
    pages = {STORY: Page(STORY, text, "text/plain"), FEED: Page(FEED, RSS.encode(), "application/rss+xml")}
    web = FakeWeb(pages)
    monkeypatch.setattr(Service, "_web", web)
    return web


def article(number: int, **fields) -> Article:
    given = {"title": f"Story {number}", "source": f"{number}.txt", **fields}
    return Article(text=f"Story number {number} is told here.", **given)


def titles(articles) -> list[str]:
    return [one.title for one in articles]


# ── hostile text ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_markup_and_characters_that_turn_text_round_are_shown_as_text():
    evil = Article(text="x", title=EVIL, source=EVIL, outlet=EVIL, author=EVIL, warnings=(EVIL,))
    feed = WatchedFeed(FEED, EVIL, 0, error=EVIL)
    stats = LibraryStats(1, 1, 1, 1, None, None, EVIL, 8, 1, 1)
    for html in (
        table_html([evil], View()),
        report_html([Offered(EVIL), Offered(EVIL, Refused(EVIL)), Offered(EVIL, Added(evil, Outcome.ADDED, 1))]),
        feeds_html([feed], minutes=60),
        health_html(stats, Health((EVIL,), "12:00")),
        said_html(EVIL),
        table_html([evil], View(words="zz" + EVIL)),
    ):
        assert "<script" not in html
        assert "\u202e" not in html
        assert "&lt;script&gt;" in html
        assert "⟨U+202E⟩" in html


def test_an_attribute_cannot_be_broken_out_of():
    html = feeds_html([WatchedFeed('https://a.example/"onclick="x', "T", 0)], minutes=60)
    assert 'onclick="x' not in html
    assert shown('a"b') == "a&quot;b"


# ── the table ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_empty_library_says_how_to_begin_and_a_vain_search_how_to_go_on():
    assert "Paste" in table_html([], View())
    assert "empty the field to see all 1" in table_html([article(1)], View(words="zebra"))


def test_every_word_must_be_in_description_or_text_whatever_its_case_and_accents():
    held = [article(1, outlet="Café du Port"), article(2, author="Ann Lee"), article(3, date="2024-05-31")]
    assert titles(matching(held, View("CAFE port"))) == ["Story 1"]
    assert titles(matching(held, View("lee told"))) == ["Story 2"]
    assert titles(matching(held, View("2024-05"))) == ["Story 3"]
    assert matching(held, View("lee cafe")) == []


def test_the_newest_come_first_and_a_column_sorts_first_one_way_then_the_other():
    held = [article(1, date="2024-05-31"), article(2, date=None), article(3, date="2023-01-01")]
    assert titles(matching(held, View())) == ["Story 3", "Story 2", "Story 1"]
    newest = View(page=3).sorted_by("date")
    assert newest == View(by="date", falling=True, page=0)
    assert titles(matching(held, newest)) == ["Story 1", "Story 3", "Story 2"]
    assert titles(matching(held, newest.sorted_by("date"))) == ["Story 2", "Story 3", "Story 1"]
    assert titles(matching(held, View().sorted_by("title"))) == ["Story 1", "Story 2", "Story 3"]
    assert View().sorted_by("__class__") == View()


def test_the_sorted_column_says_so_to_screen_readers():
    html = table_html([article(1)], View().sorted_by("words"))
    assert re.findall(r'cw-col-(\w+)" aria-sort="(\w+)"', html) == [("words", "descending")]


@pytest.mark.parametrize(
    ("page", "rows", "acts"), [(0, PAGE, ["1"]), (1, PAGE, ["0", "2"]), (2, 1, ["1"]), (99, 1, ["1"])]
)
def test_long_lists_come_in_pages(page, rows, acts):
    held = [article(number) for number in range(2 * PAGE + 1)]
    html = table_html(held, View(page=page))
    assert html.count('role="rowheader"') == rows
    assert re.findall(r'data-act="page" data-key="(\d+)"', html) == acts


def test_a_row_leads_to_its_article_and_names_what_its_buttons_are_for():
    one = article(1, warnings=("odd letters",))
    html = table_html([one], View())
    assert f'href="/articles/{one.id}"' in html
    assert re.findall(rf'data-act="(\w+)" data-key="{one.id}">(\w+)<span class="cw-unseen"> Story 1', html) == [
        ("edit", "Edit"),
        ("delete", "Delete"),
    ]
    assert "1 warning</summary><ul><li>odd letters" in html


@pytest.mark.parametrize(
    ("source", "place"),
    [(STDIN, "pasted"), ("https://a.example/b?c", "a.example"), ("/home/ann/x.txt", "x.txt"), ("C:\\y.txt", "y.txt")],
)
def test_where_an_article_came_from_is_told_in_short(source, place):
    assert f'cw-from"><bdi>{place}</bdi>' in table_html([article(1, source=source)], View())


# ── adding ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_each_article_has_a_bar_of_its_own_and_goes_through_its_stages(service):
    offers = [Offer(name, lambda text=text: service.read_text(text, {})) for name, text in (("a", DAM), ("b", "1 2"))]
    steps = list(taken_in(service, offers))
    assert steps[0] == [Offered("a"), Offered("b")]
    assert [step[0].state for step in steps[1:4]] == list(Stage)
    assert [type(one.state) for one in steps[-1]] == [Added, Refused]
    values = re.findall(r'<progress max="4" value="(\d)" aria-label="(\w)"', report_html(steps[2]))
    assert values == [("2", "a"), ("0", "b")]
    html = report_html(steps[-1])
    assert "<progress" not in html
    assert "1 added · 1 refused" in html
    assert "Refused: b" in html
    assert "only figures or punctuation" in html


def test_a_fault_of_one_does_not_keep_the_others_out(service):
    def fails():
        raise InputError("a: cannot be")

    offers = [Offer("a", fails), Offer("b", lambda: service.read_text(DAM, {}))]
    *_, last = taken_in(service, offers)
    assert [type(one.state) for one in last] == [Refused, Added]


def test_what_was_there_already_and_what_was_replaced_is_told_apart(service):
    def told(text, source):
        *_, last = taken_in(service, [Offer("a", lambda: service.read(text.encode(), source=source))])
        return report_html(last)

    assert "1 added" in told(DAM, "a.txt")
    assert "There already, word for word" in told(DAM, "a.txt")
    assert "took the place of an older text" in told(BRIDGE, "a.txt")
    assert "description was brought up to date" in told(f"Title: Closed\n\n{BRIDGE}", "a.txt")


def test_what_is_written_beside_a_pasted_text_counts_more_than_what_it_says_itself(service):
    read = service.read_text(
        f"Title: Own\nOutlet: Ledger\n\n{DAM}", {"title": ' A "good"  title ', "date": "31 May 2024", "outlet": ""}
    )
    assert (read.title, read.outlet, read.date, read.source) == ('A "good" title', "Ledger", "2024-05-31", STDIN)
    assert read.text == DAM


def test_a_pasted_web_page_is_read_as_one_whatever_is_written_beside_it(service):
    page = f"<!doctype html><html><body><article><p>{DAM}</p><p>{BRIDGE}</p></article></body></html>"
    read = service.read_text(page, {"title": "The dam"})
    assert read.title == "The dam"
    assert "<p>" not in read.text


@pytest.mark.parametrize("written", [{"date": "some day"}, {"title": "x" * 1001}])
def test_what_is_written_must_do(written):
    with pytest.raises(IngestError, match=r"write it like|shorten"):
        description(written)


# ── describing, deleting, undoing ────────────────────────────────────────────────────────────────────────────────────


def test_describing_changes_nothing_but_what_was_written(service):
    added = service.ingest_bytes(f"Title: Dam\nOutlet: Ledger\n\n{DAM}".encode(), source="dam.txt").article
    changed = service.describe(added.id, {"title": "The fall", "outlet": " ", "author": "", "date": "31 May 2024"})
    assert changed == service.library.get(added.id)
    assert (changed.id, changed.text, changed.source) == (added.id, added.text, added.source)
    assert (changed.title, changed.outlet, changed.date) == ("The fall", None, "2024-05-31")
    assert service.search("fall")[0].title == "The fall"
    assert service.library.verify() == []
    with pytest.raises(IngestError, match="needs a title"):
        service.describe(added.id, {"title": "  "})
    with pytest.raises(NotFoundError):
        service.describe("0" * 12, {"title": "x"})


def test_undoing_brings_an_article_back_as_it_was_at_its_place(service):
    list(service.ingest([SEEDS]))
    before = service.library.articles()
    warned = next(one for one in before if one.warnings)
    said = service.attributions(warned)
    line, kept = deleted(service, warned.id, ())
    assert "No answer rests on it any more" in line
    assert warned not in service.library.articles()
    assert all(hit.passage.article_id != warned.id for hit in service.search(warned.title, k=50))
    line, left = undone(service, kept)
    assert left == ()
    assert "Put back" in line
    assert service.library.articles() == before
    assert service.attributions(warned) == said
    assert any(hit.passage.article_id == warned.id for hit in service.search(warned.title, k=50))
    assert service.library.verify() == []


def test_several_deletions_are_undone_the_last_first(service):
    for number in range(3):
        service.library.add(article(number))
    kept = ()
    for one in service.library.articles()[:2]:
        _, kept = deleted(service, one.id, kept)
    assert [one.article.title for one in kept] == ["Story 0", "Story 1"]
    _, kept = undone(service, kept)
    assert titles(service.library.articles()) == ["Story 1", "Story 2"]
    _, kept = undone(service, kept)
    assert titles(service.library.articles()) == ["Story 0", "Story 1", "Story 2"]
    assert "nothing to undo" in undone(service, kept)[0]


def test_undoing_never_takes_the_place_of_what_came_meanwhile(service):
    old = service.ingest_bytes(DAM.encode(), source="dam.txt").article
    _, kept = deleted(service, old.id, ())
    new = service.ingest_bytes(BRIDGE.encode(), source="dam.txt").article
    line, left = undone(service, kept)
    assert "delete that article first" in line
    assert left == kept
    assert service.library.articles() == [new]


def test_undoing_leaves_alone_what_was_added_again_meanwhile(service):
    old = service.ingest_bytes(DAM.encode(), source="dam.txt").article
    gone = service.library.take_out(old.id)
    again = service.ingest_bytes(f"Title: Anew\n\n{DAM}".encode(), source="other.txt").article
    assert service.put_back(gone).outcome is Outcome.UNCHANGED
    assert service.library.articles() == [again]


def test_what_is_gone_cannot_be_deleted_again(service):
    line, kept = deleted(service, "0" * 12, ())
    assert "gone already" in line
    assert kept == ()


# ── feeds ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_feed_adds_its_articles_and_is_watched_for_those_to_come(service, web):
    *_, last = followed(service, FEED, watch=True)
    assert "1 added · 1 refused" in last
    assert "is watched from now on" in last
    (feed,) = service.feeds.watched()
    assert list(feed.waiting) == [GONE]  # tried again later; what was added is not
    assert "1 article to fetch" in feeds_html([feed], minutes=60)
    assert web.asked.count(STORY) == 1


def test_a_feed_need_not_be_watched(service, web):
    *_, last = followed(service, FEED, watch=False)
    assert "1 added" in last
    assert service.feeds.watched() == ()


@pytest.mark.parametrize(("url", "words"), [("", "there is no address"), (STORY, "RSS"), (GONE, "no such page")])
def test_what_is_no_feed_is_said_in_words(service, web, url, words):
    *_, last = followed(service, url, watch=True)
    assert words in last
    assert service.feeds.watched() == ()


def test_where_fetching_is_off_nothing_is_fetched(tmp_path):
    with service_in(tmp_path, fetching=False) as service:
        *_, last = followed(service, FEED, watch=True)
        assert "switched off" in last


def test_watched_feeds_say_when_they_are_looked_at_and_what_went_wrong():
    feed = WatchedFeed(FEED, "The Paper", due=1000 + 25 * 60, error="no answer")
    html = feeds_html([feed], minutes=60, now=1000)
    assert "next look in 25 minutes" in html
    assert "no answer" in html
    assert f'data-act="unwatch" data-key="{FEED}"' in html
    assert "every 60 minutes" in feeds_html([], minutes=60)


# ── storage and health ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_small_library_is_checked_by_itself_and_again_once_it_changed(service, monkeypatch):
    looked = []
    verify = service.library.verify
    monkeypatch.setattr(service.library, "verify", lambda: looked.append(1) or verify())
    checks = Checks(service)
    assert "Checking …" in checks.glance()
    assert "All is well" in checks.check()
    checks.check()
    assert len(looked) == 1
    service.library.add(article(1))
    assert "Checking …" in checks.glance()
    checks.check()
    checks.check(anew=True)
    assert len(looked) == 3


def test_a_large_library_is_checked_when_somebody_asks(service, monkeypatch):
    monkeypatch.setattr("qa.web.tabs.library._CHECKED_BY_ITSELF", 0)
    service.library.add(article(1))
    checks = Checks(service)
    assert "Not checked yet" in checks.check()
    assert "All is well" in checks.check(anew=True)


def test_damage_is_found_and_the_remedy_named(service):
    service.library.add(article(1))
    with service.library._using():
        service.library._connection.execute("UPDATE passages SET vector = zeroblob(256)")
    html = Checks(service).check()
    assert "1 fault found" in html
    assert "its vector is damaged" in html
    assert "qa library rebuild" in html


def test_sizes_are_told_at_a_glance():
    html = health_html(LibraryStats(1, 7, 1234, 2, "2023-01-01", "2024-05-31", "minilm", 384, 9, 2_340_000))
    for words in ("1 article<", "1,234 words", "2 outlets", "2023-01-01 to 2024-05-31", "2.3 MB on disk"):
        assert words in html


def test_an_uploaded_file_is_not_kept_besides(service, tmp_path: Path):
    from qa.web.tabs.library import _forget, _uploaded

    place = tmp_path / "upload" / "dam.txt"
    place.parent.mkdir()
    shutil.copy(SEEDS / "dam-rattle.txt", place)
    assert _uploaded(service, place).source.startswith("https://dailyrattle.example")
    _forget(place)
    assert not place.parent.exists()
