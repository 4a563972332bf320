"""The tab *Library*: add, find, describe and delete articles, watch feeds, and see that all is well.

The table is HTML of our own: Gradio's draws only the rows in sight, as boxes that no screen reader takes for a table,
and has no place for what can be done with an article. Its buttons come back here as one event of the component.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr

from qa.errors import IngestError, NotFoundError, QAError
from qa.ingest.read import SUFFIXES
from qa.library import Added, Deleted
from qa.service import Refused, Service
from qa.types import Article
from qa.web.articles import Health, Offered, View, feeds_html, health_html, report_html, said_html, shown, table_html
from qa.web.render import error_html

_ACTS = """
element.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-act]");
  if (button) trigger("click", { act: button.dataset.act, key: button.dataset.key });
});
"""
_MOST_KEPT = 20  # deletions that a page can undo
_MOST_ADDRESSES = 50
_CHECKED_BY_ITSELF = 1000  # articles; what is larger is checked when somebody asks for it
_OFF = (
    '<p class="cw cw-empty">Fetching is switched off here, by the setting <code>fetching</code> '
    "(<code>QA_FETCHING</code>). Save pages in a browser and add the files.</p>"
)
_PLAIN: dict[str, Any] = {"show_progress": "hidden", "concurrency_limit": None, "api_visibility": "private"}
_QUICK: dict[str, Any] = {**_PLAIN, "queue": False}


class Offer(NamedTuple):
    """Something to add: its ``name``, and what gets the article."""

    name: str
    obtain: Callable[[], Article]


class Fields(NamedTuple):
    """What can be changed of an article's description: as written, or as the fields for it."""

    title: Any
    outlet: Any
    author: Any
    date: Any


class Checks:
    """The last look at whether all is well with the library of ``service``, for all pages."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._lock = threading.Lock()
        self._found: tuple[int, Health] | None = None  # of which generation of the library

    def glance(self) -> str:
        """The library as it is, with what was found if it has not changed since."""
        stats = self._service.library.stats()
        found = self._found
        known = found[1] if found and found[0] == stats.generation else None
        return health_html(stats, known, checking=known is None and stats.articles <= _CHECKED_BY_ITSELF)

    def check(self, *, anew: bool = False) -> str:
        """The same, looked at where it is small or ``anew`` is wanted."""
        library = self._service.library
        with self._lock:  # several pages ask for the same
            stats = library.stats()
            stale = self._found is None or self._found[0] != stats.generation
            if anew or (stale and stats.articles <= _CHECKED_BY_ITSELF):
                self._found = (stats.generation, Health(tuple(library.verify()), time.strftime("%H:%M")))
        return self.glance()


def build(service: Service, tab: Any) -> None:
    """The tab, inside ``tab`` of an open `gr.Blocks`; it shows the library anew whenever it is opened."""
    checks = Checks(service)
    viewed, undoable, editing = gr.State(View()), gr.State(()), gr.State("")
    with gr.Column(elem_id="cw-library"):
        with gr.Row(elem_id="cw-health-row"):
            health = _html("cw-health", scale=1, min_width=260)
            check = gr.Button("Check everything", size="sm", scale=0, min_width=150)
        with gr.Row():
            with gr.Column(scale=3, min_width=310):
                ways = _adding(service)
            with gr.Column(scale=8, min_width=310):
                gr.HTML('<h2 class="cw cw-title">Articles</h2>')
                words = gr.Textbox(
                    label="Find articles",
                    placeholder="words of title, outlet, author, date or text",
                    max_length=200,
                    elem_id="cw-find",
                )
                with gr.Row(elem_id="cw-said-row"):
                    said = _html("cw-said", scale=1, min_width=200)
                    undo = gr.Button(
                        "Undo deletion", size="sm", visible=False, scale=0, min_width=110, elem_id="cw-library-undo"
                    )
                with gr.Column(visible=False, elem_id="cw-editor") as editor:
                    about, fields, save, cancel = _editor()
                table = _html("cw-articles", js_on_load=_ACTS)

    def renew(view: View) -> tuple[str, str]:
        return _table(service, view), checks.glance()

    def then_renew(event: Any) -> None:
        """Table and state follow ``event``, which may have changed the library, and then a check."""
        renewed = event.then(renew, viewed, [table, health], **_QUICK)
        renewed.then(checks.check, None, health, **_QUICK)

    def act(view: View, kept: tuple[Deleted, ...], happened: gr.EventData) -> dict[Any, Any]:
        done, key = str(happened._data.get("act")), str(happened._data.get("key"))
        match done:
            case "edit":
                return _edit(key, view)
            case "delete":
                line, now = deleted(service, key, kept)
                return {
                    said: line,
                    undoable: now,
                    undo: gr.Button(visible=bool(now)),
                    editor: gr.Column(visible=False),
                    table: _table(service, view),
                    health: checks.glance(),
                }
            case "sort":
                return _show(view.sorted_by(key))
            case "page" if key.isascii() and key.isdigit():
                return _show(replace(view, page=int(key[:9])))
        return {said: ""}

    def _show(now: View) -> dict[Any, Any]:
        return {viewed: now, table: _table(service, now), said: ""}

    def _edit(article_id: str, view: View) -> dict[Any, Any]:
        try:
            article = service.library.get(article_id)
        except NotFoundError:
            return {said: said_html("That article is gone already."), table: _table(service, view)}
        except QAError as error:
            return {said: error_html(str(error))}
        values = Fields(article.title, article.outlet or "", article.author or "", article.date or "")
        filled = dict(zip(fields, values, strict=True))
        heading = f'<h3 class="cw cw-title">Edit “{shown(article.title)}”</h3>'
        return {said: "", editor: gr.Column(visible=True), editing: article.id, about: heading, **filled}

    def put_back(kept: tuple[Deleted, ...]) -> dict[Any, Any]:
        line, now = undone(service, kept)
        return {said: line, undoable: now, undo: gr.Button(visible=bool(now))}

    def describe(article_id: str, *written: str) -> dict[Any, Any]:
        try:
            article = service.describe(article_id, Fields(*written)._asdict())
        except QAError as error:
            return {said: error_html(str(error))}
        return {said: said_html(f"Saved: “{article.title}”"), editor: gr.Column(visible=False)}

    def find(words: str, view: View) -> dict[Any, Any]:
        now = replace(view, words=words or "", page=0)
        return {viewed: now, table: _table(service, now)}

    changing = [said, undoable, undo, editor]
    touched = [*changing, table, health, viewed, editing, about, *fields]
    acted = table.click(act, [viewed, undoable], touched, **_QUICK)
    acted.then(checks.check, None, health, **_QUICK)
    then_renew(undo.click(put_back, undoable, changing, **_QUICK))
    for saving in (save.click, *(field.submit for field in fields)):
        then_renew(saving(describe, [editing, *fields], [said, editor], **_QUICK))
    cancel.click(lambda: gr.Column(visible=False), None, editor, **_QUICK)
    words.change(find, [words, viewed], [viewed, table], trigger_mode="always_last", **_QUICK)
    for added in ways:
        then_renew(added)
    check.click(partial(checks.check, anew=True), None, health, **_QUICK)
    opened = tab.select(renew, viewed, [table, health], **_QUICK)
    opened.then(checks.check, None, health, **_QUICK)


def _html(name: str, **more: Any) -> Any:
    """A place for HTML of our own, without what Gradio lays over tables, lists and paragraphs."""
    return gr.HTML("", elem_id=name, apply_default_css=False, **more)


def _table(service: Service, view: View) -> str:
    try:
        return table_html(service.library.articles(), view)
    except QAError as error:
        return error_html(str(error))


# ── adding ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _adding(service: Service) -> list[Any]:
    """The ways to add; returns the events after which the library may hold more."""
    gr.HTML('<h2 class="cw cw-title">Add articles</h2>')
    with gr.Tabs(elem_id="cw-ways"):
        with gr.Tab("Paste"):
            pasted = _paste(service)
        with gr.Tab("Files"):
            uploaded = _files(service)
        with gr.Tab("Web address"):
            fetched = _addresses(service)
        with gr.Tab("Feed") as tab:
            followed = _feeds(service, tab)
    return [pasted, uploaded, *fetched, *followed]


def _paste(service: Service) -> Any:
    pasting = gr.Textbox(label="Text of the article", lines=6, max_lines=12, elem_id="cw-pasted")
    with gr.Accordion("Title, outlet, author, date", open=False):
        fields = _fields("found in the text if left empty")
    add = gr.Button("Add the text", variant="primary")
    report = _html("cw-paste-report")

    def paste(text: str, *written: str | None) -> Iterator[dict[Any, Any]]:
        if not (text or "").strip():
            yield {report: error_html("there is no text: paste an article above")}
            return
        named = Fields(*(value or "" for value in written))  # those never unfolded come as nothing at all
        offer = Offer(named.title.strip() or "the text", lambda: service.read_text(text, named._asdict()))
        for offered in taken_in(service, [offer]):
            yield {report: report_html(offered)}
        if isinstance(offered[0].state, Added):
            yield {pasting: "", **dict.fromkeys(fields, "")}

    return add.click(paste, [pasting, *fields], [report, pasting, *fields], trigger_mode="once", **_PLAIN)


def _files(service: Service) -> Any:
    kinds = " ".join(suffix for suffix in SUFFIXES if suffix not in (".text", ".markdown", ".htm", ".xhtml"))
    limit = f"{service.settings.max_file_mb:g} MB"
    gr.HTML(
        f'<p class="cw cw-soft">As many as you like: {kinds}, each up to {limit}. They are added as soon as they are '
        "chosen.</p>"
    )
    files = gr.File(label="Files", file_count="multiple", elem_id="cw-files", height=140)
    report = _html("cw-files-report")

    def upload(paths: Sequence[str] | None) -> Iterator[dict[Any, Any]]:
        uploaded = [Path(path) for path in paths or ()]
        try:
            offers = [Offer(path.name, partial(_uploaded, service, path)) for path in uploaded]
            for offered in taken_in(service, offers):
                # Out of sight meanwhile: what is dropped on it now would be lost.
                yield {files: gr.File(value=None, visible=False), report: report_html(offered)}
        finally:
            for path in uploaded:
                _forget(path)

    added = files.upload(upload, files, [files, report], **_PLAIN)
    return added.then(lambda: gr.File(visible=True), None, files, **_QUICK)


def _uploaded(service: Service, path: Path) -> Article:
    return service.read(path.read_bytes(), source=path.name, suffix=path.suffix)


def _forget(path: Path) -> None:
    """Remove an uploaded file with the folder that was made for it: the library has what it holds."""
    with suppress(OSError):
        path.unlink(missing_ok=True)
        path.parent.rmdir()


def _addresses(service: Service) -> list[Any]:
    if not service.settings.fetching:
        gr.HTML(_OFF)
        return []
    addresses = gr.Textbox(label="Web addresses, one a line", placeholder="https://…", lines=3, elem_id="cw-addresses")
    add = gr.Button("Fetch and add", variant="primary")
    report = _html("cw-addresses-report")

    def fetch(written: str) -> Iterator[dict[Any, Any]]:
        urls = list(dict.fromkeys((written or "").split()))
        if not 0 < len(urls) <= _MOST_ADDRESSES:
            few = "there is no address: write one that begins with https://"
            yield {report: error_html(few if not urls else f"{len(urls)} addresses: fetch {_MOST_ADDRESSES} at a time")}
            return
        for offered in taken_in(service, [Offer(url, partial(service.fetch, url)) for url in urls]):
            yield {report: report_html(offered)}
        refused = [one.name for one in offered if isinstance(one.state, Refused)]
        yield {addresses: "\n".join(refused)}

    return [add.click(fetch, addresses, [report, addresses], trigger_mode="once", **_PLAIN)]


def taken_in(service: Service, offers: Sequence[Offer]) -> Iterator[list[Offered]]:
    """All of ``offers`` anew at each step of one, as they are added one after the other."""
    offered = [Offered(offer.name) for offer in offers]
    yield list(offered)
    for place, (name, obtain) in enumerate(offers):
        try:
            for state in service.adding(obtain):
                offered[place] = Offered(name, state)
                yield list(offered)
        except QAError as error:
            offered[place] = Offered(name, Refused(str(error)))
            yield list(offered)


# ── feeds ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _feeds(service: Service, tab: Any) -> list[Any]:
    if service.settings.fetching:
        address = gr.Textbox(label="Address of a feed", placeholder="https://…/rss", max_lines=1, elem_id="cw-feed")
        watch = gr.Checkbox(
            label="Watch this feed",
            info=f"looked at every {service.settings.feed_minutes} minutes while citewire runs; what is new is added",
        )
        add = gr.Button("Add its articles", variant="primary")
    else:
        gr.HTML(_OFF)
    report = _html("cw-feed-report")
    watched = _html("cw-watched", js_on_load=_ACTS)

    def follow(url: str, watch: bool) -> Iterator[dict[Any, Any]]:
        for html in followed(service, url, watch=watch):
            yield {report: html}

    def unwatch(happened: gr.EventData) -> dict[Any, Any]:
        try:
            service.feeds.remove(str(happened._data.get("key")))
        except QAError as error:
            return {report: error_html(str(error))}
        return {report: said_html("No longer watched; the articles that it brought stay."), watched: _watched(service)}

    watched.click(unwatch, None, [report, watched], **_QUICK)
    tab.select(lambda: _watched(service), None, watched, **_QUICK)
    if not service.settings.fetching:
        return []
    events = []
    for began in (add.click, address.submit):
        event = began(follow, [address, watch], report, trigger_mode="once", **_PLAIN)
        events.append(event.then(lambda: _watched(service), None, watched, **_QUICK))
    return events


def _watched(service: Service) -> str:
    try:
        return feeds_html(service.feeds.watched(), minutes=service.settings.feed_minutes)
    except QAError as error:
        return error_html(str(error))


def followed(service: Service, url: str, *, watch: bool) -> Iterator[str]:
    """What the page shows while the articles are added that the feed at ``url`` lists; then it is watched or not."""
    url = (url or "").strip()
    offered: list[Offered] = []
    try:
        if not url:
            raise IngestError("there is no address: write that of a feed")
        yield report_html([], note="Reading the feed …")
        feed = service.read_feed(url)
        offers = [Offer(entry.url, partial(service.fetch, entry.url)) for entry in feed.entries]
        note = f"{feed.title} lists no articles now." if not offers else ""
        for offered in taken_in(service, offers):
            yield report_html(offered, note=note)
        if watch:
            # What was refused now is tried again by the watching.
            there = [one.name for one in offered if isinstance(one.state, Added)]
            service.feeds.add(url, known=there)
            yield report_html(offered, note=f"{note} {feed.title} is watched from now on.".strip())
    except QAError as error:
        yield (report_html(offered) if offered else "") + error_html(str(error))


# ── describing and deleting ──────────────────────────────────────────────────────────────────────────────────────────


def _fields(hint: str = "") -> Fields:
    title = gr.Textbox(label="Title", placeholder=hint, max_length=1000)
    with gr.Row():
        outlet = gr.Textbox(label="Outlet", max_length=1000, min_width=130)
        author = gr.Textbox(label="Author", max_length=1000, min_width=130)
        date = gr.Textbox(label="Date", placeholder="like 2024-05-31", max_length=40, min_width=130)
    return Fields(title, outlet, author, date)


def _editor() -> tuple[Any, Fields, Any, Any]:
    about = gr.HTML("")
    fields = _fields()
    gr.HTML('<p class="cw cw-soft">The text stays as it is: answers quote it word for word.</p>')
    with gr.Row():
        save = gr.Button("Save", variant="primary", min_width=90)
        cancel = gr.Button("Cancel", min_width=90, elem_id="cw-cancel")
    return about, fields, save, cancel


def deleted(service: Service, article_id: str, kept: tuple[Deleted, ...]) -> tuple[str, tuple[Deleted, ...]]:
    """What is said of deleting an article, and what can be undone then, the newest last."""
    try:
        gone = service.library.take_out(article_id)
    except NotFoundError:
        return said_html("That article is gone already."), kept
    except QAError as error:
        return error_html(str(error)), kept
    if gone.article.id != article_id:  # damaged: as it was it is not to be had again
        return said_html(f"Deleted: “{gone.article.title}”, which was damaged. Add it again from where it came."), kept
    return said_html(f"Deleted: “{gone.article.title}”. No answer rests on it any more."), (*kept, gone)[-_MOST_KEPT:]


def undone(service: Service, kept: tuple[Deleted, ...]) -> tuple[str, tuple[Deleted, ...]]:
    """What is said of undoing the last deletion of ``kept``, and those that can be undone still."""
    if not kept:
        return said_html("There is nothing to undo."), ()
    *earlier, last = kept
    try:
        service.put_back(last)
    except QAError as error:
        return error_html(str(error)), kept
    return said_html(f"Put back: “{last.article.title}”"), tuple(earlier)
