"""A comparison as HTML: what is shared, contradicted and told by one alone, each side with its exact words."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from qa.summarizing.compare import ComparisonEvent
from qa.types import (
    Article,
    Comparison,
    Contradiction,
    LonePoint,
    Reprint,
    SharedPoint,
    Side,
    Span,
    SummarySentence,
)
from qa.web.render import article_url
from qa.wording import (
    ALONE,
    CONTRADICTED,
    CORRECTS,
    DIFFERENCES,
    DISPUTED,
    ROUND_UP,
    SHARED,
    VOICES,
    counted,
    letter,
    said_by,
)

_HEADINGS = {SharedPoint: SHARED, Contradiction: CONTRADICTED, LonePoint: ALONE, SummarySentence: ROUND_UP}


def comparison_html(
    articles: Sequence[Article], events: Sequence[ComparisonEvent], *, waiting: str | None = None
) -> str:
    """What was found so far in ``articles``, kind by kind; the whole comparison among ``events`` ends it."""
    parts = [_listed(articles)]
    parts += [_reprint(one, articles) for one in events if isinstance(one, Reprint)]
    done = next((one for one in events if isinstance(one, Comparison)), None)
    for kind, heading in _HEADINGS.items():
        found = [one for one in events if isinstance(one, kind)]
        if found:
            items = "".join(_item(one, articles) for one in found)
            parts.append(
                f'<section aria-label="{heading}"><h3>{heading}</h3><ol class="cw-points">{items}</ol></section>'
            )
    if waiting:
        parts.append(f'<p class="cw-waiting" role="status">{escape(waiting)}</p>')
    if done is not None:
        if not (done.shared or done.contradictions):
            parts.append('<p class="cw-empty">Nothing was found that these articles share or contradict.</p>')
        parts += [f'<p class="cw-costs">{escape(warning)}</p>' for warning in done.warnings]
        parts.append(f'<p class="cw-costs">{done.timings.total_ms / 1000:.1f} s</p>')
    return f'<section class="cw cw-comparison" aria-label="Comparison">{"".join(parts)}</section>'


def _letters(articles: Sequence[Article]) -> dict[str, str]:
    return {article.id: letter(place) for place, article in enumerate(articles)}


def _listed(articles: Sequence[Article]) -> str:
    items = "".join(
        f"<li><strong>{letter(place)}</strong> {escape(article.title)} "
        f'<span class="cw-soft">{escape(" · ".join(filter(None, (article.outlet, article.date))))}</span></li>'
        for place, article in enumerate(articles)
    )
    return f'<ul class="cw-compared">{items}</ul>'


def _reprint(one: Reprint, articles: Sequence[Article]) -> str:
    letters = _letters(articles)
    names = " and ".join(letters[article] for article in one.article_ids)
    return f'<p class="cw-disagree">{names} largely have the same text ({one.share:.0%}): they are one source.</p>'


def _item(one: ComparisonEvent, articles: Sequence[Article]) -> str:
    letters = _letters(articles)
    match one:
        case SharedPoint():
            told = counted(one.independent, "source") if one.independent > 1 else "one source only, repeated"
            return f'<li><p class="cw-soft">{told}</p>{_sides(one.sides, letters)}</li>'
        case Contradiction():
            said = CORRECTS if one.corrects else DISPUTED if one.disputed else DIFFERENCES[one.kind]
            return f"<li><p><strong>{said}</strong></p>{_sides(one.sides, letters)}</li>"
        case LonePoint():
            return f"<li>{_sides((one.side,), letters)}</li>"
        case SummarySentence():
            marks = " ".join(
                f'<a class="cw-cite cw-mark" href="{article_url(c.article_id, Span(c.start, c.end))}" '
                f'title="{escape(" ".join(c.quote.split()))}" aria-label="Source: {escape(c.title)}">'
                f"{letters[c.article_id]}</a>"
                for c in one.citations
            )
            return f"<li><p>{escape(one.text)}&nbsp;{marks}</p></li>"
        case _:
            return ""


def _sides(sides: Sequence[Side], letters: dict[str, str]) -> str:
    return "".join(_side(side, letters) for side in sides)


def _side(side: Side, letters: dict[str, str]) -> str:
    url = article_url(side.article_id, Span(side.start, side.end))
    told = said_by(side.speaker) if side.speaker else VOICES[side.voice]
    again = f" · in the words of {letters[side.repeats]}" if side.repeats in letters else ""
    origin = escape(f"{side.outlet or side.title} · {told}{again}")
    return (
        f'<div class="cw-side"><a class="cw-cite cw-mark" href="{url}" aria-label="Article {letters[side.article_id]}: '
        f'{escape(side.title)}">{letters[side.article_id]}</a><div><blockquote>{_marked(side)}</blockquote>'
        f'<p class="cw-origin">{origin}</p></div></div>'
    )


def _marked(side: Side) -> str:
    """The quotation with the words at issue marked."""
    parts, last = [], side.start
    for start, end in side.marked:
        parts += [escape(side.quote[last - side.start : start - side.start]), "<mark>"]
        parts += [escape(side.quote[start - side.start : end - side.start]), "</mark>"]
        last = end
    return "".join([*parts, escape(side.quote[last - side.start :])])
