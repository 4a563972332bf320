"""HTML for what people see. Everything that comes from articles, questions or models is escaped here, once.

The fragments carry no styling of their own beyond class names; ``style.css`` dresses them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import groupby
from operator import itemgetter
from urllib.parse import urlencode

from qa.answering.export import STOPPED, Exchange, as_text, html_fragment
from qa.types import Answer, Article, Citation, Dropped, Hit, Message, Passage, Sentence, Span
from qa.wording import DISAGREEMENT, NEAREST, said_by, support_words

_SHOWN_NEAREST = 3  # nearest passages offered beside an abstention

Articles = Mapping[str, Article]
"""The cited articles by their ids, for outlet and date; one that is missing leaves those out."""

_UNKNOWN: Articles = {}


def article_url(article_id: str, span: Span | None = None) -> str:
    """The address of an article, with the words in ``span`` marked."""
    query = f"?{urlencode(span._asdict())}#quote" if span else ""
    return f"/articles/{escape(article_id)}{query}"


# ── the conversation ─────────────────────────────────────────────────────────────────────────────────────────────────


def conversation_html(exchanges: Sequence[Exchange], articles: Articles = _UNKNOWN) -> str:
    """The earlier turns, oldest first, each folded under its question."""
    turns = "".join(_turn(number, one, articles) for number, one in enumerate(exchanges, start=1))
    return f'<section class="cw" aria-label="Earlier in this conversation">{turns}</section>' if turns else ""


def _turn(number: int, one: Exchange, articles: Articles) -> str:
    told = " ".join(sentence.text for sentence in one.answer.sentences) or one.answer.message or ""
    return (
        f'<details class="cw-turn"><summary><span class="cw-turn-asked">{escape(one.written)}</span> '
        f'<span class="cw-turn-told">{escape(told)}</span></summary>'
        f"{_read_as(one.read_as)}{exchange_html(one, articles, label=f'Answer {number}')}</details>"
    )


def asked_html(written: str, read_as: str | None = None) -> str:
    """The question at the head of its answer, and how it was read where that is not as it was written."""
    return f'<div class="cw"><h2 class="cw-asked">{escape(written)}</h2>{_read_as(read_as)}</div>'


def _read_as(reading: str | None) -> str:
    return f'<p class="cw-read">read as: <q>{escape(reading)}</q></p>' if reading else ""


def exchange_html(
    one: Exchange, articles: Articles = _UNKNOWN, prompt: Sequence[Message] = (), *, label: str = "Answer"
) -> str:
    """A whole answer with what may be done with it; ``prompt`` is what the model was asked."""
    copied = _copy(one, articles) if one.answer.sentences else ""
    stopped = f'<p class="cw-stopped">{escape(STOPPED)}</p>' if one.stopped else ""
    answer = answer_html(one.answer.sentences, answer=one.answer, articles=articles, prompt=prompt, label=label)
    return f"{answer}{stopped}{copied}"


def _copy(one: Exchange, articles: Articles) -> str:
    text, html = as_text([one], articles, questions=False), html_fragment(one, articles)
    return (
        f'<p class="cw-tools"><button type="button" class="cw-copy" data-text="{escape(text)}" '
        f'data-html="{escape(html)}">Copy with footnotes</button></p>'
    )


# ── an answer ────────────────────────────────────────────────────────────────────────────────────────────────────────


def answer_html(
    sentences: Sequence[Sentence],
    *,
    answer: Answer | None = None,
    waiting: str | None = None,
    articles: Articles = _UNKNOWN,
    prompt: Sequence[Message] = (),
    label: str = "Answer",
) -> str:
    """The answer so far: its sentences with marks, then the quotations, then details once ``answer`` is complete.

    ``label`` names it for those who do not see where it stands.
    """
    if answer is not None and answer.abstained:
        return _abstention(answer, articles, prompt, label)
    parts = []
    if sentences:
        told = " ".join(_sentence(sentence, articles) for sentence in sentences)
        parts.append(f'<p class="cw-answer">{told}</p>')
        if answer is not None and answer.disagreement:
            parts.append(f'<p class="cw-disagreement" role="note">{escape(DISAGREEMENT)}</p>')
        parts.append(_sources([citation for sentence in sentences for citation in sentence.citations], articles))
    if waiting:
        parts.append(f'<p class="cw-waiting" role="status">{escape(waiting)}</p>')
    if answer is not None:
        parts.append(_details(answer, prompt))
    return f'<section class="cw" aria-label="{escape(label)}">{"".join(parts)}</section>'


def _sentence(sentence: Sentence, articles: Articles) -> str:
    marks = "".join(_mark(citation, articles) for citation in sentence.citations)
    return f'<span class="cw-sentence"><span class="cw-told">{escape(sentence.text)}</span>&nbsp;{marks}</span>'


def _mark(citation: Citation, articles: Articles) -> str:
    """The number of a source with how strongly it bears the sentence out, in a word and a colour."""
    strength = _strength(citation)
    word = f' <span class="cw-strength">{strength}</span>' if strength else ""
    support = f", {support_words(citation.support)}" if citation.support is not None else ""
    return (
        f'<a class="cw-cite cw-mark{f" cw-{strength}" if strength else ""}" href="{_citation_url(citation)}" '
        f'{_card(citation, articles)} aria-label="Source {citation.mark}{support}: {escape(citation.title)}">'
        f"{citation.mark}{word}</a>"
    )


def _strength(citation: Citation) -> str:
    """``strong``, ``fair`` or ``weak``; empty where nobody has judged it."""
    return "" if citation.support is None else support_words(citation.support).split()[0]


def _card(citation: Citation, articles: Articles) -> str:
    """What the card beside a mark shows, as attributes: the page's script puts it in as text."""
    article = articles.get(citation.article_id)
    shown = {
        "quote": " ".join(citation.quote.split()),
        "speaker": said_by(citation.speaker) if citation.speaker else "",
        "title": citation.title,
        "outlet": (article.outlet if article else "") or "",
        "date": (article.date if article else "") or "",
        "support": support_words(citation.support) if citation.support is not None else "",
    }
    return " ".join(f'data-{name}="{escape(text)}"' for name, text in shown.items())


def _citation_url(citation: Citation) -> str:
    return article_url(citation.article_id, Span(citation.start, citation.end))


def _sources(citations: Iterable[Citation], articles: Articles) -> str:
    items = "".join(
        f'<li><a class="cw-cite cw-mark" href="{_citation_url(citation)}" aria-label="Show in the article">'
        f"{citation.mark}</a><div><blockquote>{escape(citation.quote)}</blockquote>"
        f'<p class="cw-origin">{_origin(citation, articles)}</p></div></li>'
        for citation in dict.fromkeys(citations)
    )
    return f'<ol class="cw-sources" aria-label="The exact words">{items}</ol>'


def _origin(citation: Citation, articles: Articles) -> str:
    """Who says it, the article, and how strongly its words bear out the sentence."""
    article = articles.get(citation.article_id)
    said = said_by(citation.speaker) if citation.speaker else None
    about = (said, citation.title, article.outlet if article else None, article.date if article else None)
    parts = [escape(part) for part in about if part]
    if citation.support is not None:
        words = escape(support_words(citation.support))
        parts.append(f'<span class="cw-support cw-{_strength(citation)}">{words}</span>')
    return " · ".join(parts)


def _abstention(answer: Answer, articles: Articles, prompt: Sequence[Message], label: str) -> str:
    nearest = ""
    if answer.nearest:
        nearest = f'<p class="cw-nearest">{escape(NEAREST)}</p>{_sources(answer.nearest, articles)}'
    elif answer.hits:
        numbered = sorted(enumerate(answer.hits, start=1), key=lambda pair: -pair[1].score)[:_SHOWN_NEAREST]
        nearest = f'<p class="cw-nearest">The nearest passages:</p>{_passages(sorted(numbered, key=itemgetter(0)))}'
    return (
        f'<section class="cw cw-abstained" aria-label="{escape(label)}">'
        f'<p class="cw-message">{escape(answer.message or "")}</p>'
        f"{nearest}{_details(answer, prompt)}</section>"
    )


# ── details on demand ────────────────────────────────────────────────────────────────────────────────────────────────


def _details(answer: Answer, prompt: Sequence[Message]) -> str:
    """How the answer came about: what was withheld and why, what it cost, what the model was asked."""
    noun = "sentence" if len(answer.dropped) == 1 else "sentences"
    withheld = f" · {len(answer.dropped)} drafted {noun} withheld" if answer.dropped else ""
    summary = f"Details · {answer.timings.total_ms / 1000:.1f} s{withheld}"
    return (
        f'<details class="cw-details"><summary>{escape(summary)}</summary>'
        f"{_withheld(answer.dropped)}{_costs(answer)}{_prompt(prompt)}</details>"
    )


def _withheld(dropped: Sequence[Dropped]) -> str:
    items = "".join(f"<li>{_doubted(drop)} <em>({escape(drop.reason)})</em></li>" for drop in dropped)
    return f'<p class="cw-heading">Withheld</p><ul class="cw-withheld">{items}</ul>' if items else ""


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
    if answer.quoted:
        words.append("quoted from the articles, nothing drafted")
    else:
        words.append(f"{answer.generator.model} on {answer.generator.engine}")
    if answer.score is not None:
        words.append(f"answer score {answer.score:.2f}")
    return f'<p class="cw-heading">Timings</p><p class="cw-costs">{escape(" · ".join(words))}</p>'


def _prompt(prompt: Sequence[Message]) -> str:
    """What the model was asked, its last message first: the others are the same for every question."""
    if not prompt:
        return ""
    *fixed, asked = prompt
    earlier = "".join(f"<dt>{escape(one.role)}</dt><dd><pre>{escape(one.content)}</pre></dd>" for one in fixed)
    return (
        '<details class="cw-prompt"><summary>What the model was asked</summary>'
        f'<pre tabindex="0">{escape(asked.content)}</pre>'
        f"<details><summary>What comes before it, for every question</summary><dl>{earlier}</dl></details></details>"
    )


# ── passages and articles ────────────────────────────────────────────────────────────────────────────────────────────


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


def hint_html(text: str) -> str:
    """What may help, beneath an answer."""
    return f'<p class="cw-hint">{escape(text)}</p>'


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
