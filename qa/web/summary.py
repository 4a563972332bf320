"""HTML of a neutral summary and what stands beside it; everything that comes from articles or models is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from qa.types import (
    Article,
    Citation,
    LoadedPlace,
    OwnClaim,
    Span,
    Speaking,
    SpeechKind,
    Statement,
    Summary,
    SummarySentence,
    Voice,
)
from qa.web.render import article_url
from qa.wording import VOICES, support_words


def summary_html(
    sentences: Sequence[SummarySentence], *, summary: Summary | None = None, waiting: str | None = None
) -> str:
    """The summary so far; with ``summary``, what stands beside it too."""
    parts = []
    if sentences:
        listed = "".join(_sentence(number, sentence) for number, sentence in enumerate(sentences, start=1))
        parts.append(f'<ol class="cw-summary">{listed}</ol>')
    if waiting:
        parts.append(f'<p class="cw-waiting" role="status">{escape(waiting)}</p>')
    if summary is not None:
        if not sentences:
            parts.append('<p class="cw-empty">Nothing of it could be told plainly and proven.</p>')
        parts += [_warnings(summary.warnings), _speakers(summary.speakers), _own(summary.own_claims)]
        parts += [_loaded(summary), _missing(summary.missing_voices), _costs(summary)]
    return f'<section class="cw" aria-label="Summary">{"".join(parts)}</section>'


def _sentence(number: int, sentence: SummarySentence) -> str:
    first, *naming = sentence.citations
    marks = [_mark(first, str(number), f"Source of sentence {number}: {first.title}")]
    marks += [_mark(one, "who", f"Where the speaker of sentence {number} is named: {one.title}") for one in naming]
    return (
        f"<li><p>{escape(sentence.text)}&nbsp;{' '.join(marks)}</p>"
        f'<p class="cw-origin"><span class="cw-voice cw-{sentence.voice}">{escape(VOICES[sentence.voice])}</span> · '
        f"{escape(support_words(sentence.support))}</p></li>"
    )


def _mark(citation: Citation, shown: str, spoken: str) -> str:
    url = article_url(citation.article_id, Span(citation.start, citation.end))
    hint = escape(" ".join(citation.quote.split()))
    return f'<a class="cw-cite cw-mark" href="{url}" title="{hint}" aria-label="{escape(spoken)}">{shown}</a>'


def _section(heading: str, body: str, *, opened: bool = False) -> str:
    state = " open" if opened else ""
    return f'<details class="cw-beside"{state}><summary>{escape(heading)}</summary>{body}</details>'


def _speakers(speakers: Sequence[Speaking]) -> str:
    if not speakers:
        return ""
    items = []
    for one in speakers:
        notes = "; ".join(filter(None, (one.speaker.role, "not named" if one.speaker.anonymous else "")))
        described = f' <span class="cw-origin">{escape(notes)}</span>' if notes else ""
        said = "".join(f"<li>{_statement(statement)}</li>" for statement in one.statements)
        items.append(f"<dt>{escape(one.speaker.name)}{described}</dt><dd><ul>{said}</ul></dd>")
    return _section(f"Who says what ({len(speakers)})", f"<dl>{''.join(items)}</dl>", opened=True)


def _statement(statement: Statement) -> str:
    words = statement.text if statement.kind is SpeechKind.DIRECT else statement.quote
    return _quoted(statement.article_id, Span(statement.start, statement.end), words)


def _quoted(article_id: str, span: Span, words: str) -> str:
    return f'<a class="cw-cite cw-words" href="{article_url(article_id, span)}">{escape(" ".join(words.split()))}</a>'


def _own(claims: Sequence[OwnClaim]) -> str:
    judged = [claim for claim in claims if claim.opinion]
    if not judged:
        return ""
    items = "".join(
        f"<li>{_quoted(claim.article_id, Span(claim.start, claim.end), claim.quote)}</li>" for claim in judged
    )
    heading = f"The article’s own judgements, which rest on no source ({len(judged)})"
    return _section(heading, f"<ul>{items}</ul>")


def _loaded(summary: Summary) -> str:
    own = [word for word in summary.loaded_words if not word.quoted]
    if not summary.loaded_words:
        return ""
    items = "".join(
        f"<li>{_quoted(word.article_id, Span(word.start, word.end), word.text)} "
        f'<span class="cw-origin">{escape(_remark(word))}</span></li>'
        for word in own
    )
    source, ours = (0.0 if rate is None else rate for rate in (summary.source_per_100, summary.summary_per_100))
    counts = f"{source:.1f} per 100 words of the article, {ours:.1f} of the summary, outside quotation marks"
    return _section(
        f"Loaded words ({len(own)})", f'<p class="cw-origin">{counts}</p><ul class="cw-loaded">{items}</ul>'
    )


def _remark(word: LoadedPlace) -> str:
    return f"{word.kind}; plainly: {word.alternative}" if word.alternative else word.kind


def _missing(names: Sequence[str]) -> str:
    if not names:
        return ""
    items = "".join(f"<li>{escape(name)}</li>" for name in names)
    return _section(f"Spoken of, but not heard ({len(names)})", f"<ul>{items}</ul>")


def _warnings(warnings: Sequence[str]) -> str:
    return "".join(f'<p class="cw-warning">{escape(warning)}</p>' for warning in warnings)


def _costs(summary: Summary) -> str:
    words = [f"{summary.timings.total_ms / 1000:.1f} s", f"{summary.generator.model} on {summary.generator.engine}"]
    withheld = "".join(f"<li>{escape(one.text)} <em>({escape(one.reason)})</em></li>" for one in summary.dropped)
    hidden = ""
    if withheld:
        hidden = _section(f"{len(summary.dropped)} drafts withheld", f'<ul class="cw-withheld">{withheld}</ul>')
    return f'{hidden}<p class="cw-costs">{escape(" · ".join(words))}</p>'


def source_html(article: Article, loaded: Sequence[LoadedPlace], sentences: Sequence[SummarySentence]) -> str:
    """The article with the words of the summary marked, and loaded words of its own underlined."""
    quoted = [
        (citation.start, citation.end, f'<mark id="sentence-{number}">', "</mark>")
        for number, sentence in enumerate(sentences, start=1)
        for citation in sentence.citations[:1]
        if citation.article_id == article.id
    ]
    marks = [*_apart(quoted)]
    underlined = [
        (word.start, word.end, f'<u class="cw-loaded-word" title="{escape(_remark(word))}">', "</u>")
        for word in loaded
        if word.article_id == article.id and not word.quoted
    ]
    inserts = [(start, 0, opening) for start, _, opening, _ in marks] + [(end, 3, close) for _, end, _, close in marks]
    inserts += [(start, 1, opening) for start, _, opening, _ in underlined]
    inserts += [(end, 2, close) for _, end, _, close in underlined]
    parts, last = [], 0
    for place, _, tag in sorted(inserts, key=lambda insert: (insert[0], -insert[1])):
        parts += [escape(article.text[last:place]), tag]
        last = place
    parts.append(escape(article.text[last:]))
    return (
        f'<article class="cw cw-article"><h2>{escape(article.title)}</h2>'
        f'<div class="cw-text" tabindex="-1">{"".join(parts)}</div></article>'
    )


def _apart(spans: Sequence[tuple[int, int, str, str]]) -> list[tuple[int, int, str, str]]:
    """``spans`` in order, without those that begin inside an earlier one."""
    kept: list[tuple[int, int, str, str]] = []
    for span in sorted(spans):
        if not kept or kept[-1][1] <= span[0]:
            kept.append(span)
    return kept


assert set(VOICES) == {str(voice) for voice in Voice}  # noqa: S101 - every voice has its words
