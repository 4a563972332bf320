"""What the tabs share: what to choose from, the queue in words, and how a tab is filled when the page opens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from qa.answering.answer import Event
from qa.errors import NotFoundError
from qa.models.generators.asking import Pending
from qa.service import Service
from qa.types import Article

Counted = Callable[[Iterator[Event]], Iterator[Event]]
"""Passes the events of an answer through and counts them."""


class Fill(NamedTuple):
    """What is put into ``component`` whenever the page is opened."""

    component: Any
    value: Callable[[], Any]


def articles(service: Service) -> list[tuple[str, str]]:
    """Each article by its title and outlet, with its id."""
    held = service.library.articles()
    return [(" · ".join(filter(None, (article.title, article.outlet))), article.id) for article in held]


def held(service: Service, ids: Iterable[str]) -> dict[str, Article]:
    """Those of the articles ``ids`` that are in the library, by their ids."""
    found: dict[str, Article] = {}
    for article_id in dict.fromkeys(ids):
        try:
            found[article_id] = service.library.get(article_id)
        except NotFoundError:  # deleted meanwhile
            continue
    return found


def queued(pending: Pending) -> str | None:
    """How many are served before, where any are."""
    return f"{pending.ahead} ahead of you …" if pending.ahead else None


def pane(html: str) -> str:
    """``html`` in a pane that scrolls by itself, whose article a mark may replace."""
    return f'<div class="cw-pane">{html}</div>'
