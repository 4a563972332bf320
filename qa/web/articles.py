"""The library as HTML: its table, what became of what was added, feeds, and how it is.

Titles, names and reasons come from strangers: everything is escaped, and characters that reorder text are spelt out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from html import escape
from pathlib import PurePath
from typing import Any, NamedTuple

from qa.ingest.feed import WatchedFeed
from qa.library import Added, LibraryStats, Outcome
from qa.service import IngestEvent, Refused, Stage
from qa.text.words import fold
from qa.types import STDIN, Article
from qa.web.render import article_url
from qa.wording import counted, visible

PAGE = 50
"""The rows that are shown at once."""

_BYTES_PER_MB = 1_000_000
_SHOWN_PROBLEMS = 20
_NONE = '<span class="cw-soft" aria-hidden="true">–</span><span class="cw-unseen">none</span>'


# ── the table ────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Column(NamedTuple):
    name: str
    key: Callable[[Article], Any]
    falling: bool = False  # which way it is first sorted


_COLUMNS: dict[str, _Column] = {
    "title": _Column("Title", lambda article: fold(article.title)),
    "outlet": _Column("Outlet", lambda article: fold(article.outlet or "\uffff")),
    "date": _Column("Date", lambda article: article.date or "", falling=True),
    "words": _Column("Words", lambda article: article.words, falling=True),
    "warnings": _Column("Warnings", lambda article: len(article.warnings), falling=True),
}


@dataclass(frozen=True, slots=True)
class View:
    """What a page shows of the library; ``by`` is a column, empty for the order in which they were added."""

    words: str = ""
    by: str = ""
    falling: bool = True
    page: int = 0

    def sorted_by(self, column: str) -> View:
        """The view by ``column``, the other way round where it was sorted by that already; from the first page on."""
        if column not in _COLUMNS:
            return self
        falling = not self.falling if column == self.by else _COLUMNS[column].falling
        return replace(self, by=column, falling=falling, page=0)


def matching(articles: Iterable[Article], view: View) -> list[Article]:
    """The articles that hold each word of the view, in its order.

    A word is looked for in title, outlet, author, date, source and text, also as a part of a longer one.
    """
    wanted = fold(view.words).split()
    found = [article for article in articles if _holds(article, wanted)]
    column = _COLUMNS.get(view.by)
    if column is None:
        return found[::-1] if view.falling else found
    return sorted(found, key=column.key, reverse=view.falling)


def _holds(article: Article, wanted: Sequence[str]) -> bool:
    if not wanted:
        return True
    about = (article.title, article.outlet, article.author, article.date, article.source)
    described = fold(" ".join(filter(None, about)))
    missing = [word for word in wanted if word not in described]
    if not missing:
        return True
    text = article.text.casefold() if article.text.isascii() else fold(article.text)  # folding takes half a millisecond
    return all(word in text for word in missing)


def table_html(articles: Sequence[Article], view: View) -> str:
    """What ``view`` shows of all ``articles``, as a table with what can be done with each."""
    if not articles:
        return _EMPTY
    found = matching(articles, view)
    if not found:
        return (
            f'<section class="cw"><p class="cw-empty" data-say>No article holds “{shown(view.words)}”: use fewer '
            f"words, or empty the field to see all {len(articles)}.</p></section>"
        )
    last = (len(found) - 1) // PAGE
    page = min(max(view.page, 0), last)
    rows = "".join(map(_row, found[page * PAGE : (page + 1) * PAGE]))
    heads = "".join(_head(name, view) for name in _COLUMNS)
    count = counted(len(found), "article")
    told = f"{len(found)} of {counted(len(articles), 'article')}" if len(found) < len(articles) else count
    where = f", page {page + 1} of {last + 1}" if last else ""
    # The roles say again what the elements are: the style sheet lays them out as cards on a phone, where browsers
    # would else take them for plain boxes.
    return (
        f'<section class="cw" aria-label="The library"><p class="cw-count" data-say>{told}{where}</p>'
        '<table class="cw-held" role="table" aria-label="Articles of the library">'
        f'<thead role="rowgroup"><tr role="row">{heads}'
        '<th role="columnheader" scope="col"><span class="cw-unseen">What can be done</span></th></tr></thead>'
        f'<tbody role="rowgroup">{rows}</tbody></table>{_paging(page, last)}</section>'
    )


_EMPTY = (
    '<section class="cw cw-teach"><h3>The library is empty</h3>'
    "<p>Questions are answered from the articles in it, and from nothing else. To begin:</p><ol>"
    "<li><b>Paste</b> the text of an article, or choose <b>files</b>: plain text, Markdown, web pages, PDF, Word.</li>"
    "<li>Watch it come in. What cannot be read is listed with the reason and what to do.</li>"
    "<li>Open <b>Ask</b> and put a question: each sentence of the answer shows the words that it rests on.</li></ol>"
    "<p>Articles stay on the machine that runs citewire.</p></section>"
)


def _head(name: str, view: View) -> str:
    column = _COLUMNS[name]
    order, arrow = ("descending", "▾") if view.falling else ("ascending", "▴")
    current = name == view.by
    sort = f' aria-sort="{order}"' if current else ""
    sign = f'<span aria-hidden="true"> {arrow}</span>' if current else ""
    return (
        f'<th role="columnheader" scope="col" class="cw-col-{name}"{sort}>'
        f'<button type="button" class="cw-sort" data-act="sort" data-key="{name}">{column.name}{sign}</button></th>'
    )


def _row(article: Article) -> str:
    title = shown(article.title)
    return (
        f'<tr role="row" id="cw-row-{article.id}"><th role="rowheader" scope="row" class="cw-col-title">'
        f'{_link(article)}<span class="cw-from">{_origin(article)}</span></th>'
        f'<td role="cell" class="cw-col-outlet" data-label="Outlet">{shown(article.outlet) or _NONE}</td>'
        f'<td role="cell" class="cw-col-date" data-label="Date">{shown(article.date) or _NONE}</td>'
        f'<td role="cell" class="cw-col-words" data-label="Words">{article.words:,}</td>'
        f'<td role="cell" class="cw-col-warnings" data-label="Warnings">{_warnings(article)}</td>'
        f'<td role="cell" class="cw-col-acts">'
        f"{_act('edit', article.id, 'Edit', title)}{_act('delete', article.id, 'Delete', title)}</td></tr>"
    )


def _origin(article: Article) -> str:
    """Who wrote it, and in short where it came from."""
    return " · ".join(f"<bdi>{shown(part)}</bdi>" for part in (article.author, _place(article.source)) if part)


def _place(source: str) -> str:
    """The site of an address, the name of a file."""
    if source == STDIN:
        return "pasted"
    if source.startswith(("https://", "http://")):
        return source.partition("://")[2].partition("/")[0]
    return PurePath(source.replace("\\", "/")).name or source


def _warnings(article: Article) -> str:
    if not article.warnings:
        return _NONE
    items = "".join(f"<li>{shown(warning)}</li>" for warning in article.warnings)
    count = counted(len(article.warnings), "warning")
    return f'<details class="cw-warnings"><summary>{count}</summary><ul>{items}</ul></details>'


def _act(act: str, key: str, name: str, about: str = "") -> str:
    """A button that the tab is told of; ``about`` is HTML that says for a screen reader what it is for."""
    spoken = f'<span class="cw-unseen"> {about}</span>' if about else ""
    return (
        f'<button type="button" class="cw-act cw-act-{act}" data-act="{act}" data-key="{escape(key)}">'
        f"{name}{spoken}</button>"
    )


def _paging(page: int, last: int) -> str:
    if not last:
        return ""
    earlier = _act("page", str(page - 1), "Previous page") if page else ""
    later = _act("page", str(page + 1), "Next page") if page < last else ""
    return f'<p class="cw-paging">{earlier}{later}</p>'


# ── adding ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class Offered(NamedTuple):
    """Something offered to the library by its ``name``, and how far it has come; ``None`` while it waits."""

    name: str
    state: Stage | IngestEvent | None = None


_STAGES = {
    Stage.READING: "being read …",
    Stage.INDEXING: "being made findable …",
    Stage.LISTENING: "finding who says what …",
}


def report_html(offered: Sequence[Offered], *, note: str = "") -> str:
    """How far each has come, with a bar of its own, and in the end what became of it; ``note`` is said beneath."""
    items = "".join(map(_offered, offered))
    listed = f'<ul class="cw-offered">{items}</ul>' if items else ""
    noted = f'<p class="cw-hint" data-say>{shown(note)}</p>' if note else ""
    return (
        f'<section class="cw cw-report" aria-label="What became of it"><p class="cw-upshot" data-say>{_told(offered)}'
        f"</p>{listed}{noted}</section>"
    )


def _told(offered: Sequence[Offered]) -> str:
    """All in one line, for the eye and for a screen reader."""
    done = [one.state for one in offered if isinstance(one.state, Added | Refused)]
    if len(done) < len(offered):
        return f"{len(done)} of {len(offered)} done"
    if not offered:
        return ""
    counts = {
        outcome: sum(not isinstance(one, Refused) and one.outcome is outcome for one in done) for outcome in Outcome
    }
    words = {Outcome.ADDED: "added", Outcome.REPLACED: "replaced", Outcome.UNCHANGED: "there already"}
    parts = [f"{counts[outcome]} {word}" for outcome, word in words.items() if counts[outcome]]
    refused = sum(isinstance(one, Refused) for one in done)
    return " · ".join([*parts, *([f"{refused} refused"] if refused else [])])


def _offered(one: Offered) -> str:
    name = shown(one.name)
    match one.state:
        case Refused(reason):
            why = shown(reason.removeprefix(f"{one.name}: "))
            return f'<li class="cw-refused"><p><b>Refused: {name}</b></p><p>{why}</p></li>'
        case Added() as added:
            warned = "".join(f'<p class="cw-warned">{shown(warning)}</p>' for warning in added.article.warnings)
            return f'<li><p>{_link(added.article)}</p><p class="cw-soft">{_became(added)}</p>{warned}</li>'
        case stage:
            words = _STAGES[stage] if stage else "waiting"
            value = 0 if stage is None else list(Stage).index(stage) + 1
            return (
                f'<li><p>{name} <span class="cw-soft">{words}</span></p>'
                f'<progress max="{len(Stage) + 1}" value="{value}" aria-label="{name}"></progress></li>'
            )


def _became(added: Added) -> str:
    words = counted(added.article.words, "word")
    match added.outcome:
        case Outcome.ADDED:
            return f"Added · {words}"
        case Outcome.REPLACED if added.passages:
            return f"Added · {words} · it took the place of an older text from the same source"
        case Outcome.REPLACED:
            return "There already · its description was brought up to date"
        case _:
            return "There already, word for word"


# ── feeds ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def feeds_html(feeds: Sequence[WatchedFeed], *, minutes: int, now: float | None = None) -> str:
    """The feeds that are watched, each with what it waits for; ``now`` in seconds since 1970."""
    if not feeds:
        return (
            '<section class="cw"><p class="cw-empty">No feed is watched. A feed lists the newest articles of a site, '
            f"often under a link “RSS”. A watched one is looked at every {counted(minutes, 'minute')}, and what is "
            "new in it is added.</p></section>"
        )
    moment = time.time() if now is None else now
    items = "".join(_feed(feed, moment) for feed in feeds)
    return (
        f'<section class="cw" aria-label="Watched feeds"><h3 class="cw-heading">Watched feeds</h3>'
        f'<ul class="cw-feeds">{items}</ul></section>'
    )


def _feed(feed: WatchedFeed, now: float) -> str:
    minutes = max(0, round((feed.due - now) / 60))
    look = f"next look in {counted(minutes, 'minute')}" if minutes else "is looked at now"
    waiting = f"{counted(len(feed.waiting), 'article')} to fetch · " if feed.waiting else ""
    error = f'<p class="cw-warned">{shown(feed.error)}</p>' if feed.error else ""
    title = shown(feed.title or feed.url)
    return (
        f'<li><div><p><b>{title}</b></p><p class="cw-soft">{shown(feed.url)}</p>'
        f'<p class="cw-soft">{waiting}{look}</p>{error}</div>'
        f"{_act('unwatch', feed.url, 'Stop watching', title)}</li>"
    )


# ── storage and health ───────────────────────────────────────────────────────────────────────────────────────────────


class Health(NamedTuple):
    """What `Library.verify` found, and when, as people write it."""

    problems: tuple[str, ...]
    checked: str


def health_html(stats: LibraryStats, health: Health | None = None, *, checking: bool = False) -> str:
    """The library at a glance: its size and, once it was checked, whether all is well."""
    facts = [counted(stats.articles, "article"), f"{stats.words:,} words", counted(stats.outlets, "outlet")]
    if stats.first_date:
        facts.append(
            stats.first_date if stats.first_date == stats.last_date else f"{stats.first_date} to {stats.last_date}"
        )
    facts.append(f"{stats.bytes / _BYTES_PER_MB:,.1f} MB on disk")
    vectors = f"{stats.embedder}, {stats.dimension} numbers each" if stats.embedder else "none yet"
    details = {
        "Passages": f"{stats.passages:,}",
        "Vectors by": vectors,
        "Changes so far": f"{stats.generation:,}",
    }
    listed = "".join(f"<div><dt>{name}</dt><dd>{shown(value)}</dd></div>" for name, value in details.items())
    line = "".join(f"<li>{shown(fact)}</li>" for fact in facts)
    return (
        f'<section class="cw cw-health" aria-label="Storage and health"><ul class="cw-facts">{line}</ul>'
        f"{_condition(health, checking=checking)}"
        f'<details class="cw-details"><summary>Storage</summary><dl>{listed}</dl></details></section>'
    )


def _condition(health: Health | None, *, checking: bool) -> str:
    if checking:
        return '<p class="cw-waiting">Checking …</p>'
    if health is None:
        return '<p class="cw-soft">Not checked yet.</p>'
    if not health.problems:
        return (
            '<p class="cw-well" data-say><b><span aria-hidden="true">✓ </span>All is well</b> '
            f'<span class="cw-soft">· every article, passage and vector agrees (checked at {health.checked})</span></p>'
        )
    lines = "".join(f"<li>{shown(line)}</li>" for line in health.problems[:_SHOWN_PROBLEMS])
    more = len(health.problems) - _SHOWN_PROBLEMS
    rest = f"<p>… and {more} more: <code>qa library verify</code> lists them all.</p>" if more > 0 else ""
    return (
        f'<div class="cw-error"><p data-say><b>{counted(len(health.problems), "fault")} found</b> '
        f"(checked at {health.checked}). <code>qa library rebuild</code> makes words and vectors anew.</p>"
        f"<ul>{lines}</ul>{rest}</div>"
    )


# ── lines ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def said_html(text: str) -> str:
    """One line on what was just done."""
    return f'<p class="cw cw-said" data-say>{shown(text)}</p>' if text else ""


def shown(text: str | None) -> str:
    """``text`` of a stranger as one line of HTML: markup as text, characters that hide or reorder others spelt out."""
    return escape(visible(" ".join((text or "").split())))


def _link(article: Article) -> str:
    return (
        f'<a href="{article_url(article.id)}" target="_blank" rel="noopener"><bdi>{shown(article.title)}</bdi>'
        '<span class="cw-unseen"> (opens in a new tab)</span></a>'
    )
