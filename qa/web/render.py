"""HTML for what people see. Everything that comes from articles, questions or models is escaped here, once.

The fragments carry no styling of their own beyond class names; ``style.css`` dresses them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from itertools import groupby
from operator import itemgetter
from urllib.parse import urlencode

from qa.types import Answer, Article, Citation, Dropped, Hit, Passage, Sentence, Span
from qa.wording import DISAGREEMENT, NEAREST, said_by, support_words

_SHOWN_NEAREST = 3  # nearest passages offered beside an abstention


def article_url(article_id: str, span: Span | None = None) -> str:
    """The address of an article, with the words in ``span`` marked."""
    query = f"?{urlencode(span._asdict())}#quote" if span else ""
    return f"/articles/{escape(article_id)}{query}"


def answer_html(sentences: Sequence[Sentence], *, answer: Answer | None = None, waiting: str | None = None) -> str:
    """The answer so far: its sentences with marks, then the quotations, then costs once ``answer`` is complete."""
    if answer is not None and answer.abstained:
        return _abstention(answer)
    parts = []
    if sentences:
        parts.append(f'<p class="cw-answer">{" ".join(_sentence(sentence) for sentence in sentences)}</p>')
        if answer is not None and answer.disagreement:
            parts.append(f'<p class="cw-disagreement" role="note">{escape(DISAGREEMENT)}</p>')
        parts.append(_sources([citation for sentence in sentences for citation in sentence.citations]))
    if waiting:
        parts.append(f'<p class="cw-waiting" role="status">{escape(waiting)}</p>')
    if answer is not None:
        parts += [_withheld(answer.dropped), _costs(answer)]
    return f'<section class="cw" aria-label="Answer">{"".join(parts)}</section>'


def _sentence(sentence: Sentence) -> str:
    marks = "".join(_mark(citation) for citation in sentence.citations)
    return f'<span class="cw-sentence">{escape(sentence.text)}&nbsp;{marks}</span>'


def _mark(citation: Citation) -> str:
    hint = f"“{' '.join(citation.quote.split())}” ({citation.title})"
    return (
        f'<a class="cw-cite cw-mark" href="{_citation_url(citation)}" title="{escape(hint)}" '
        f'aria-label="Source {citation.mark}: {escape(citation.title)}">{citation.mark}</a>'
    )


def _citation_url(citation: Citation) -> str:
    return article_url(citation.article_id, Span(citation.start, citation.end))


def _sources(citations: Iterable[Citation]) -> str:
    items = "".join(
        f'<li><a class="cw-cite cw-mark" href="{_citation_url(citation)}" aria-label="Show in the article">'
        f"{citation.mark}</a><div><blockquote>{escape(citation.quote)}</blockquote>"
        f'<p class="cw-origin">{escape(_origin(citation))}</p></div></li>'
        for citation in dict.fromkeys(citations)
    )
    return f'<ol class="cw-sources" aria-label="The exact words">{items}</ol>'


def _origin(citation: Citation) -> str:
    """The article, and how strongly its words bear out the sentence."""
    said = said_by(citation.speaker) if citation.speaker else ""
    parts = [said, citation.title, support_words(citation.support) if citation.support is not None else ""]
    return " · ".join(filter(None, parts))


def _abstention(answer: Answer) -> str:
    nearest = ""
    if answer.nearest:
        nearest = f'<p class="cw-nearest">{escape(NEAREST)}</p>{_sources(answer.nearest)}'
    elif answer.hits:
        numbered = sorted(enumerate(answer.hits, start=1), key=lambda pair: -pair[1].score)[:_SHOWN_NEAREST]
        nearest = f'<p class="cw-nearest">The nearest passages:</p>{_passages(sorted(numbered, key=itemgetter(0)))}'
    return (
        f'<section class="cw cw-abstained" aria-label="Answer"><p class="cw-message">{escape(answer.message or "")}</p>'
        f"{nearest}{_withheld(answer.dropped)}{_costs(answer)}</section>"
    )


def _withheld(dropped: Sequence[Dropped]) -> str:
    if not dropped:
        return ""
    items = "".join(f"<li>{_doubted(drop)} <em>({escape(drop.reason)})</em></li>" for drop in dropped)
    noun = "sentence" if len(dropped) == 1 else "sentences"
    summary = f"{len(dropped)} drafted {noun} withheld"
    return f'<details class="cw-withheld"><summary>{summary}</summary><ul>{items}</ul></details>'


def _doubted(drop: Dropped) -> str:
    """The sentence, the words that nothing bears out underlined."""
    parts, last = [], 0
    for start, end in drop.doubtful:
        parts.append(f'{escape(drop.text[last:start])}<u title="not borne out">{escape(drop.text[start:end])}</u>')
        last = end
    return "".join(parts) + escape(drop.text[last:])


def _costs(answer: Answer) -> str:
    timings = answer.timings
    words = [f"{timings.total_ms / 1000:.1f} s"]
    if timings.first_sentence_ms is not None:
        words.append(f"first sentence after {timings.first_sentence_ms / 1000:.1f} s")
    words.append(f"retrieval {timings.retrieve_ms} ms")
    if timings.prompt_tokens:
        words.append(f"{timings.prompt_tokens} prompt tokens, {timings.cached_tokens} of them reused")
        words.append(f"{timings.output_tokens} written")
    words.append(f"{answer.generator.model} on {answer.generator.engine}")
    if answer.score is not None:
        words.append(f"answer score {answer.score:.2f}")
    return f'<p class="cw-costs">{escape(" · ".join(words))}</p>'


def passages_html(hits: Sequence[Hit]) -> str:
    """The passages that the model reads, numbered, under their articles' titles, each a link into its article."""
    if not hits:
        return '<p class="cw-empty">The passages that an answer is written from appear here.</p>'
    heading = f"{len(hits)} passages read" if len(hits) != 1 else "1 passage read"
    return f'<p class="cw-heading">{heading}</p>{_passages(list(enumerate(hits, start=1)))}'


def _passages(numbered: Sequence[tuple[int, Hit]]) -> str:
    parts = []
    for title, group in groupby(numbered, key=lambda pair: pair[1].title):
        listed = "".join(_passage(mark, hit.passage) for mark, hit in group)
        parts.append(f'<p class="cw-origin">{escape(title)}</p><ol class="cw-passages">{listed}</ol>')
    return f'<div class="cw">{"".join(parts)}</div>'


def _passage(mark: int, passage: Passage) -> str:
    url = article_url(passage.article_id, Span(passage.start, passage.end))
    label = f"Show passage {mark} in its article"
    return (
        f'<li><a class="cw-cite cw-mark" href="{url}" aria-label="{label}">{mark}</a><p>{escape(passage.text)}</p></li>'
    )


def error_html(message: str) -> str:
    """A failure, said in words."""
    return f'<section class="cw cw-error" role="alert"><p>{escape(message)}</p></section>'


def article_html(article: Article, span: Span | None = None) -> str:
    """The article with its description, its warnings, and the words in ``span`` marked.

    Bounds outside the text mark nothing: an address is typed by anyone.
    """
    about = " · ".join(filter(None, (article.outlet, article.author, article.date)))
    warnings = "".join(f'<p class="cw-warning">{escape(warning)}</p>' for warning in article.warnings)
    return (
        f'<article class="cw cw-article"><h2>{escape(article.title)}</h2>'
        f'<p class="cw-origin">{escape(about)}</p>{warnings}'
        f'<div class="cw-text" tabindex="-1">{_marked(article.text, span)}</div></article>'
    )


def _marked(text: str, span: Span | None) -> str:
    if span is None or not 0 <= span.start < span.end <= len(text):
        return escape(text)
    before, quote, after = text[: span.start], text[span.start : span.end], text[span.end :]
    return f'{escape(before)}<mark id="quote">{escape(quote)}</mark>{escape(after)}'


def article_page(article: Article, span: Span | None, style: str) -> str:
    """A page of its own with the article: where a citation leads without the app around it."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(article.title)} · citewire</title><style>{style}</style></head>"
        f'<body class="cw-page"><p><a href="/">citewire</a></p>{article_html(article, span)}</body></html>'
    )
