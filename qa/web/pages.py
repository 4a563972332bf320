"""The Gradio page: a question, the answer as it is proven, the passages, and the article behind every mark."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from qa.answering.answer import Event, Evidence
from qa.errors import QAError
from qa.library import SearchFilter
from qa.models.generators.asking import Asking, Pending, observed
from qa.service import Service
from qa.summarizing.beside import loaded_places
from qa.types import Answer, Hit, Sentence, Summary, SummarySentence
from qa.web.access import requester_of
from qa.web.render import answer_html, error_html, passages_html
from qa.web.summary import source_html, summary_html

EXAMPLES = (
    "When and why was Turkey suspended from the F-35 programme?",
    "What did the US ambassador say about timing?",
    "When did the first siren sound in Tolvin?",
    "Who is the president of France?",
)

_HEAD = (
    '<header class="cw-head"><h1>citewire</h1>'
    "<p>Answers from your own articles. Every sentence rests on the exact words of a source.</p></header>"
)
_NO_ARTICLE = (
    '<div class="cw-pane"><p class="cw-empty">Choose a number to see the quoted words in their article.</p></div>'
)
_NO_ANSWER = '<p class="cw-empty">Ask something, or choose an example.</p>'
_NO_SUMMARY = '<p class="cw-empty">Choose an article: who says what, what it claims itself, which words are loaded.</p>'
_NO_SOURCE = '<div class="cw-pane"><p class="cw-empty">The article appears here, its loaded words underlined.</p></div>'
_EVERYWHERE = "All articles"
_MOST_ARTICLES = 6

Updates = tuple[str, str, tuple[Hit, ...]]
Counted = Callable[[Iterator[Event]], Iterator[Event]]


def build_pages(service: Service, counted: Counted = iter) -> gr.Blocks:
    """The app's pages over ``service``; the events of each answer pass through ``counted``."""
    with gr.Blocks(title="citewire", analytics_enabled=False) as pages:
        gr.HTML(_HEAD)
        with gr.Tabs():
            with gr.Tab("Ask"):
                scope = _ask_tab(service, counted)
            with gr.Tab("Summarize"):
                chosen = _summarize_tab(service)
        # Outside the queue: an event that ends while another begins can take that one's stream with it.
        pages.load(lambda: gr.Dropdown(_choices(service)), None, scope, queue=False, api_visibility="private")
        pages.load(lambda: gr.Dropdown(_articles(service)), None, chosen, queue=False, api_visibility="private")
    return pages


def _ask_tab(service: Service, counted: Counted) -> gr.Dropdown:
    shown = gr.State(())
    with gr.Row():
        with gr.Column(scale=6, min_width=320):
            question = gr.Textbox(
                label="Question", placeholder="Who said what, when, why …", lines=1, max_lines=4, autofocus=True
            )
            with gr.Row(equal_height=True):
                scope = gr.Dropdown([_EVERYWHERE], value=_EVERYWHERE, label="Search in", scale=3, min_width=180)
                asked = gr.Button("Ask", variant="primary", scale=2, min_width=90)
            answer = gr.HTML(_NO_ANSWER, elem_id="cw-answer-pane")
            gr.Examples([[example] for example in EXAMPLES], inputs=question, label="Examples")
        with gr.Column(scale=5, min_width=320, elem_id="cw-evidence"):
            gr.HTML(_NO_ARTICLE, elem_id="cw-article")
            passages = gr.HTML(passages_html(()))

    def ask(question: str, scope: str, shown: tuple[Hit, ...], request: gr.Request) -> Iterator[Updates]:
        yield from _answered(service, question, _where(scope), shown, Asking(requester_of(request)), counted)

    inputs, outputs = [question, scope, shown], [answer, passages, shown]
    for trigger in (asked.click, question.submit):
        trigger(ask, inputs, outputs, show_progress="hidden", concurrency_limit=None, api_visibility="private")
    return scope


def _summarize_tab(service: Service) -> gr.Dropdown:
    with gr.Row():
        with gr.Column(scale=6, min_width=320):
            chosen = gr.Dropdown([], multiselect=True, label="Articles", max_choices=_MOST_ARTICLES)
            with gr.Row(equal_height=True):
                count = gr.Slider(1, 12, value=5, step=1, label="Sentences", scale=3, min_width=180)
                wanted = gr.Button("Summarize", variant="primary", scale=2, min_width=120)
            summary = gr.HTML(_NO_SUMMARY, elem_id="cw-summary-pane")
        with gr.Column(scale=5, min_width=320):
            source = gr.HTML(_NO_SOURCE, elem_id="cw-source")

    def summarize(chosen: list[str], count: int, request: gr.Request) -> Iterator[tuple[str, str]]:
        yield from _summarized(service, chosen or [], int(count), Asking(requester_of(request)))

    wanted.click(
        summarize,
        [chosen, count],
        [summary, source],
        show_progress="hidden",
        concurrency_limit=None,
        api_visibility="private",
    )
    return chosen


def _choices(service: Service) -> list[tuple[str, str]]:
    """The scopes to choose from: everything, then each article by its title."""
    articles = service.library.articles()
    named = [(" · ".join(filter(None, (article.title, article.outlet))), article.id) for article in articles]
    return [(_EVERYWHERE, _EVERYWHERE), *named]


def _articles(service: Service) -> list[tuple[str, str]]:
    return _choices(service)[1:]


def _where(scope: str | None) -> SearchFilter:
    return SearchFilter() if scope in (None, _EVERYWHERE) else SearchFilter(articles=(scope,))


def _answered(
    service: Service, question: str, where: SearchFilter, shown: tuple[Hit, ...], asking: Asking, counted: Counted
) -> Iterator[Updates]:
    """The page's panes, anew at each event of the answer."""
    hits: tuple[Hit, ...] = ()
    sentences: list[Sentence] = []
    yield answer_html((), waiting="Looking for passages …"), passages_html(()), shown
    try:
        waiting = "Reading …"
        for event in observed(counted(service.stream(question, where=where, shown=shown)), asking):
            match event:
                case Pending():
                    yield answer_html(sentences, waiting=_queued(event) or waiting), passages_html(hits), hits
                    continue
                case Evidence():
                    hits = event.hits
                    waiting = f"Reading {len(hits)} passages …"
                case Sentence():
                    sentences.append(event)
                    waiting = "Looking for more …"
                case Answer():
                    hits = event.hits
                    yield answer_html(sentences, answer=event), passages_html(hits), hits
                    return
            yield answer_html(sentences, waiting=waiting), passages_html(hits), hits
    except QAError as error:
        yield error_html(str(error)), passages_html(hits), shown


def _queued(pending: Pending) -> str | None:
    """How many are served before, where any are."""
    return f"{pending.ahead} ahead of you …" if pending.ahead else None


def _summarized(service: Service, ids: list[str], count: int, asking: Asking) -> Iterator[tuple[str, str]]:
    """The summary and its source, anew at each sentence."""
    if not ids:
        yield error_html("no article is chosen: choose one above"), _NO_SOURCE
        return
    sentences: list[SummarySentence] = []
    waiting = "Reading who says what …"
    try:
        articles = [service.library.get(article_id) for article_id in ids]
        source = "".join(source_html(article, loaded_places(article), ()) for article in articles)
        yield summary_html((), waiting=waiting), _pane(source)
        for event in observed(service.summarize(ids, count), asking):
            match event:
                case SummarySentence():
                    sentences.append(event)
                    waiting = "Writing the next sentence …"
                case Summary():
                    source = "".join(source_html(article, event.loaded_words, sentences) for article in articles)
                    yield summary_html(sentences, summary=event), _pane(source)
                    return
                case Pending():
                    yield summary_html(sentences, waiting=_queued(event) or waiting), _pane(source)
                    continue
            yield summary_html(sentences, waiting=waiting), _pane(source)
    except QAError as error:
        yield error_html(str(error)), _NO_SOURCE


def _pane(html: str) -> str:
    return f'<div class="cw-pane">{html}</div>'


def theme() -> Any:
    """A plain theme on the system's own fonts: nothing is fetched from another host."""
    return gr.themes.Base(
        primary_hue="blue",
        neutral_hue="slate",
        font=["system-ui", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
    )
