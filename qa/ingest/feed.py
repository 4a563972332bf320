"""News feeds: what RSS and Atom list, and a watcher that hands over what is new in them.

feedparser is given bytes only: what it is given as text it would take for an address or a path, and open it.
"""

from __future__ import annotations

import dataclasses
import html
import io
import json
import os
import re
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import dataclass, field
from operator import methodcaller
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from filelock import FileLock

from qa.errors import FetchError, IngestError, LibraryError, NotFoundError, QAError
from qa.ingest.addresses import WebAddress, read_address, shown
from qa.ingest.encoding import decode
from qa.ingest.fetch import NO_STAMP, Page, Stamp, Web
from qa.text.normalise import normalise

FEED_KINDS = (
    "application/rss+xml",
    "application/atom+xml",
    "application/rdf+xml",
    "application/xml",
    "text/xml",
    "text/html",  # what many servers call a feed
    "text/plain",
)
MOST_ENTRIES = 100
"""The entries that are read of a feed: the first ones, by custom the newest."""

_MOST_BYTES = 2_000_000  # feedparser takes up to 20 µs for a tag
_MOST_FEEDS = 100
_MOST_SEEN = 500
_MOST_TRIES = 3
_TITLE_CHARACTERS = 300
_DAY_SECONDS = 86_400.0
_PAUSE_SECONDS = 60.0  # the longest the watcher sleeps, for another process may have added a feed
_ENCODING = re.compile(rb"<\?xml[^>]{0,100}?encoding\s{0,9}=\s{0,9}[\"']([\w.-]{1,40})")
_TAG = re.compile(r"<[^<>]*>")


class FeedEntry(NamedTuple):
    """One article that a feed points to; ``date`` is ISO 8601, ``None`` where the feed gives none."""

    url: str
    title: str
    date: str | None = None


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as it stands: at most :data:`MOST_ENTRIES` entries, in its own order, each address once."""

    title: str
    entries: tuple[FeedEntry, ...]
    stamp: Stamp = NO_STAMP


def read_feed(url: str, web: Web) -> Feed:
    """The feed at ``url``.

    Raises:
        FetchError: ``url`` may not or cannot be fetched, or holds no feed.
    """
    return parse_feed(web.get(url, FEED_KINDS))


def parse_feed(page: Page) -> Feed:
    """The feed that ``page`` holds; entries without a web address to go to are left out.

    Raises:
        FetchError: it holds no feed.
    """
    if len(page.body) > _MOST_BYTES:
        raise FetchError(f"{shown(page.url)}: larger than {_MOST_BYTES / 1e6:g} MB; give the address of a shorter feed")
    parsed = _parsed(page)
    if not parsed.get("version"):
        raise FetchError(f"{shown(page.url)}: not a feed; give the address of RSS or Atom, often linked as “RSS”")
    base = read_address(page.url)
    entries = {entry.url: entry for found in parsed["entries"][:MOST_ENTRIES] if (entry := _entry(found, base))}
    return Feed(_plain(parsed["feed"], "title") or base.host, tuple(entries.values()), page.stamp)


def _parsed(page: Page) -> Any:
    import feedparser  # type: ignore[import-untyped]

    # Decoded here, so that what the parser sees is what was searched for declarations of entities: its own guard
    # against them overlooks some, and a feed of 2 MB may then unfold to 200.
    text = _text(page)
    if "<!ENTITY" in text:
        raise FetchError(f"{shown(page.url)}: declares entities, which feeds do not need; give the address of another")
    headers = {"content-location": page.url, "content-type": "application/xml; charset=utf-8"}
    try:
        return feedparser.parse(io.BytesIO(text.encode("utf-8", "replace")), response_headers=headers)
    except Exception as error:  # feedparser lets errors of every kind out of damaged feeds
        kind = type(error).__name__
        raise FetchError(f"{shown(page.url)}: a damaged feed ({kind}); give the address of another") from None


def _text(page: Page) -> str:
    declared = _ENCODING.search(page.body[:200])
    try:
        return decode(page.body, page.url, page.charset or (declared and declared[1].decode("ascii"))).text
    except IngestError:  # no text
        return ""


def _entry(found: Any, base: WebAddress) -> FeedEntry | None:
    link = found.get("link")
    try:
        url = str(read_address(link, base)) if link else None
    except FetchError:  # javascript:, mailto: and their like
        url = None
    return FeedEntry(url, _plain(found, "title") or url, _date(found)) if url else None


def _plain(found: Any, name: str) -> str:
    """A field of a feed as one line of text, whether it was written as text or as HTML."""
    value = str(found.get(name) or "")
    if found.get(f"{name}_detail", {}).get("type") != "text/plain":
        value = html.unescape(_TAG.sub("", value))
    return " ".join(normalise(value).split())[:_TITLE_CHARACTERS]


def _date(found: Any) -> str | None:
    for name in ("published_parsed", "updated_parsed"):
        moment = dict.get(found, name)  # its own get warns where it takes one date for another
        if moment:
            return f"{moment.tm_year:04}-{moment.tm_mon:02}-{moment.tm_mday:02}"
    return None


def new_entries(feed: Feed, seen: Set[str]) -> tuple[FeedEntry, ...]:
    """The entries of ``feed`` whose address is not among ``seen``, in its order."""
    return tuple(entry for entry in feed.entries if entry.url not in seen)


@dataclass(frozen=True, slots=True)
class WatchedFeed:
    """A feed that is watched, and how far that has come.

    ``due`` is when it is read next, in seconds since 1970; ``failures`` how often in a row it could not be, ``error``
    what went wrong last. ``waiting`` are the entries to hand over still, each with how often that has failed;
    ``seen`` those known, newest first.
    """

    url: str
    title: str
    due: float
    stamp: Stamp = NO_STAMP
    failures: int = 0
    error: str | None = None
    waiting: Mapping[str, int] = field(default_factory=dict)
    seen: tuple[str, ...] = ()

    def with_feed(self, feed: Feed) -> WatchedFeed:
        """The same after ``feed`` was read: what is new in it waits."""
        listed = tuple(entry.url for entry in feed.entries)
        fresh = dict.fromkeys((entry.url for entry in new_entries(feed, set(self.seen))), 0)
        older = tuple(url for url in self.seen if url not in listed)[: max(0, _MOST_SEEN - len(listed))]
        return dataclasses.replace(
            self, title=feed.title, stamp=feed.stamp, waiting=dict(self.waiting) | fresh, seen=listed + older
        )

    def with_outcome(self, entry: str, error: str | None) -> WatchedFeed:
        """The same after ``entry`` was handed over, or failed; after three failures it is given up."""
        waiting = dict(self.waiting)
        tries = waiting.pop(entry, 0) + 1
        if error and tries < _MOST_TRIES:
            waiting[entry] = tries
        return dataclasses.replace(self, waiting=waiting, error=error or self.error)


class FeedWatcher:
    """Reads the feeds listed in the file at ``path`` every ``minutes`` and hands each new entry's address on.

    ``on_entry`` is called from one background thread, once an entry; where it raises, the entry waits for the next
    look, three times at most. An entry is handed over again if the process dies meanwhile. The file is the truth:
    it is read anew for each step, under a lock, so that several processes may share it. :meth:`start` begins the
    watching and :meth:`close` ends it. ``clock`` gives seconds since 1970.
    """

    def __init__(
        self,
        path: Path,
        web: Web,
        on_entry: Callable[[str], None],
        *,
        minutes: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._file = _FeedFile(path)
        self._web = web
        self._on_entry = on_entry
        self._seconds = minutes * 60
        self._most_seconds = max(_DAY_SECONDS, self._seconds)
        self._clock = clock
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> FeedWatcher:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Begin to watch, in a thread of its own."""
        if self._thread is None and not self._closing.is_set():
            self._thread = threading.Thread(target=self._run, name="feeds", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """End the watching; returns once what is under way, one fetch or one entry, is done."""
        self._closing.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()

    def add(self, url: str, *, known: Collection[str] = ()) -> WatchedFeed:
        """Watch the feed at ``url``, which is read at once: all that it lists now is new, but for the ``known``.

        Raises:
            FetchError: it cannot be read or is no feed, or too many are watched already.
        """
        name = str(read_address(url))
        feed = read_feed(name, self._web)
        with self._file.changing() as feeds:
            if name not in feeds and len(feeds) >= _MOST_FEEDS:
                raise FetchError(f"{shown(name)}: {_MOST_FEEDS} feeds are watched already; remove one of them first")
            now = (feeds.get(name) or WatchedFeed(name, feed.title, 0)).with_feed(feed)
            waiting = {entry: tries for entry, tries in now.waiting.items() if entry not in known}
            due = self._clock() + self._seconds
            added = feeds[name] = dataclasses.replace(now, waiting=waiting, due=due, failures=0, error=None)
        self._wake.set()
        return added

    def remove(self, url: str) -> None:
        """Watch the feed at ``url`` no longer; what waits of it is forgotten.

        Raises:
            NotFoundError: it is not watched.
        """
        name = str(read_address(url))
        with self._file.changing() as feeds:
            if feeds.pop(name, None) is None:
                raise NotFoundError(f"{shown(name)}: not watched; the list of feeds has the addresses that are")

    def watched(self) -> tuple[WatchedFeed, ...]:
        """The feeds that are watched, in the order in which they were added."""
        return tuple(self._file.read().values())

    def look(self) -> float:
        """Read the feeds that are due and hand over what waits; returns the seconds until the next one is due."""
        for feed in self.watched():
            due = not 0 < feed.due - self._clock() <= self._most_seconds  # beyond it where the clock was set back
            if due:
                self._read(feed)
            self._hand_over(feed.url, again=due)
        return min((feed.due - self._clock() for feed in self.watched()), default=self._seconds)

    def _run(self) -> None:
        while not self._closing.is_set():
            self._wake.clear()
            try:
                pause = self.look()
            except QAError:  # a list that cannot be read now may be later
                pause = _PAUSE_SECONDS
            if not self._closing.is_set():
                self._wake.wait(min(max(pause, 1.0), _PAUSE_SECONDS))

    def _read(self, feed: WatchedFeed) -> None:
        """Read ``feed``, unless it was removed or another process has begun to."""
        if self._closing.is_set() or not self._claim(feed):
            return
        try:
            page = self._web.renewed(feed.url, FEED_KINDS, feed.stamp)
            found = parse_feed(page) if page else None
        except Exception as error:  # whatever it is, the other feeds go on
            reason = _reason(error, feed.url)
            self._file.change(feed.url, lambda now: self._put_off(now, reason))
        else:
            self._file.change(
                feed.url,
                lambda now: dataclasses.replace(now.with_feed(found) if found else now, failures=0, error=None),
            )

    def _claim(self, feed: WatchedFeed) -> bool:
        """Whether ``feed`` is still to be read, and now by nobody else."""
        with self._file.changing() as feeds:
            now = feeds.get(feed.url)
            if now is None or now.due != feed.due:
                return False
            feeds[feed.url] = dataclasses.replace(now, due=self._clock() + self._seconds)
            return True

    def _put_off(self, feed: WatchedFeed, error: str) -> WatchedFeed:
        """``feed`` after it could not be read: each time in a row doubles the wait, up to a day."""
        seconds = min(self._seconds * 2 ** min(feed.failures, 20), self._most_seconds)
        return dataclasses.replace(feed, due=self._clock() + seconds, failures=feed.failures + 1, error=error)

    def _hand_over(self, url: str, *, again: bool) -> None:
        """Hand on the entries of the feed ``url`` that wait, those that have failed before only if ``again``."""
        feed = self._file.read().get(url)
        for entry, tries in feed.waiting.items() if feed else ():
            if self._closing.is_set():
                return
            if not tries or again:
                error = self._handed_over(entry)
                self._file.change(url, methodcaller("with_outcome", entry, error))

    def _handed_over(self, entry: str) -> str | None:
        try:
            self._on_entry(entry)
        except Exception as error:  # the same
            return _reason(error, entry)
        return None


def _reason(error: Exception, url: str) -> str:
    """What ``error`` says, in one line; of a fault that nobody foresaw only its kind."""
    return str(error) if isinstance(error, QAError) else f"{shown(url)}: {type(error).__name__}; add it to see why"


class _FeedFile:
    """The list of watched feeds as JSON at ``path``, replaced whole at each change, under a lock beside it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = path.with_name(f"{path.name}.lock")

    def read(self) -> dict[str, WatchedFeed]:
        """The feeds by address; none where there is no file.

        Raises:
            LibraryError: the file is damaged.
        """
        try:
            stored = json.loads(self._path.read_text(encoding="utf-8"))
            return {record["url"]: _watched(record) for record in stored["feeds"]}
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise LibraryError(f"{self._path}: cannot be read ({error.strerror}); check its permissions") from None
        except (ValueError, TypeError, KeyError, AttributeError):
            raise LibraryError(f"{self._path}: not a list of feeds; move it away and add the feeds again") from None

    @contextmanager
    def changing(self) -> Iterator[dict[str, WatchedFeed]]:
        """The feeds, to change: what they are in the end is what the file holds."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(self._lock):
                feeds = self.read()
                yield feeds
                text = json.dumps({"feeds": [dataclasses.asdict(feed) for feed in feeds.values()]}, indent=1)
                partial = self._path.with_name(f"{self._path.name}.{os.getpid()}.tmp")
                partial.write_text(text + "\n", encoding="utf-8")
                partial.replace(self._path)
        except OSError as error:
            raise LibraryError(f"{self._path}: cannot be written ({error.strerror}); check its permissions") from None

    def change(self, url: str, step: Callable[[WatchedFeed], WatchedFeed]) -> None:
        """Put what ``step`` makes of the feed ``url`` in its place, unless it was removed."""
        with self.changing() as feeds:
            if url in feeds:
                feeds[url] = step(feeds[url])


def _watched(record: Mapping[str, Any]) -> WatchedFeed:
    stamp, waiting, seen = Stamp(*record["stamp"]), dict(record["waiting"]), tuple(record["seen"])
    return WatchedFeed(**{**record, "stamp": stamp, "waiting": waiting, "seen": seen})
