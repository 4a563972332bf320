"""Which passages the model gets to read, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from qa.answering.prompts import numbered_passages, one_line
from qa.types import Hit, Span

CountTokens = Callable[[Sequence[str]], list[int]]

FOLLOW_UP_NEW = 4  # the best hits of a follow-up that must be in view
FOLLOW_UP_GROWTH = 2.5  # how far a conversation may outgrow the budget of a first question


def choose_passages(
    hits: Sequence[Hit], shown: Sequence[Hit], *, count_tokens: CountTokens, budget: int, room: int | None = None
) -> tuple[Hit, ...]:
    """The hits to show for a question, where ``shown`` were shown for the one before it.

    A first question gets as many of the best hits as fit ``budget`` tokens, whole, in article order. A follow-up keeps
    what was shown, in place, so that its computation is reused, and adds what is new among its best hits. Another
    subject (the best hit's article is not in view), or more than ``FOLLOW_UP_GROWTH`` budgets, starts afresh.

    ``budget`` counts the passages alone. ``room`` is what the context window has left for them as the model reads them,
    with marks and titles; only the best hit, which is always shown, may exceed either.
    """
    if hits and hits[0].passage.article_id in {hit.passage.article_id for hit in shown}:
        grown = _grown(hits, shown)
        if sum(_sizes(grown, count_tokens)) <= FOLLOW_UP_GROWTH * budget and _fits(grown, count_tokens, room):
            return grown
    fitting = _fitting(hits, count_tokens, budget)
    while len(fitting) > 1 and not _fits(sorted(fitting, key=_place), count_tokens, room):
        fitting.pop()
    return tuple(sorted(fitting, key=_place))


def _fits(hits: Sequence[Hit], count_tokens: CountTokens, room: int | None) -> bool:
    return room is None or count_tokens([numbered_passages(hits)])[0] <= room


def _grown(hits: Sequence[Hit], shown: Sequence[Hit]) -> tuple[Hit, ...]:
    scores = {_place(hit): hit.score for hit in hits}
    kept = [replace(hit, score=scores.get(_place(hit), 0.0)) for hit in shown]
    places = {_place(hit) for hit in kept}
    new = [hit for hit in hits[:FOLLOW_UP_NEW] if _place(hit) not in places]
    return (*kept, *sorted(new, key=_place))


def _fitting(hits: Sequence[Hit], count_tokens: CountTokens, budget: int) -> list[Hit]:
    fitting: list[Hit] = []
    for hit, size in zip(hits, _sizes(hits, count_tokens), strict=True):
        budget -= size
        if fitting and budget < 0:  # the best hit is always shown
            break
        fitting.append(hit)
    return fitting


def _sizes(hits: Sequence[Hit], count_tokens: CountTokens) -> list[int]:
    return count_tokens([one_line(hit.passage.text) for hit in hits])


def _place(hit: Hit) -> tuple[str, Span]:
    return hit.passage.article_id, Span(hit.passage.start, hit.passage.end)
