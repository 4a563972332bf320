"""The tab *Summarize*: a neutral summary beside its source."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from qa.errors import QAError
from qa.models.generators.asking import Asking, Pending, observed
from qa.service import Service
from qa.summarizing.beside import loaded_places
from qa.summarizing.compare import ComparisonEvent
from qa.types import Comparison, Summary, SummarySentence
from qa.web.access import requester_of
from qa.web.comparison import comparison_html
from qa.web.render import error_html
from qa.web.summary import source_html, summary_html
from qa.web.tabs.common import Fill, articles, pane, queued

_NO_SUMMARY = (
    '<p class="cw-empty">Choose an article to see who says what, what it claims itself and which words are loaded; or '
    "several on one event, to compare them.</p>"
)
_NO_SOURCE = '<div class="cw-pane"><p class="cw-empty">The article appears here, its loaded words underlined.</p></div>'
_NO_QUOTE = pane('<p class="cw-empty">Choose a letter to see the quoted words in their article.</p>')
_MOST_ARTICLES = 6


def build(service: Service) -> tuple[Fill, ...]:
    """The tab, inside an open `gr.Blocks`."""
    with gr.Row():
        with gr.Column(scale=6, min_width=320):
            chosen = gr.Dropdown([], multiselect=True, label="Articles", max_choices=_MOST_ARTICLES)
            with gr.Row(equal_height=True):
                count = gr.Slider(1, 12, value=5, step=1, label="Sentences", scale=3, min_width=180)
                wanted = gr.Button("Summarize", variant="primary", scale=2, min_width=120)
                compared = gr.Button("Compare", scale=1, min_width=100)
            summary = gr.HTML(_NO_SUMMARY, elem_id="cw-summary-pane")
        with gr.Column(scale=5, min_width=320):
            source = gr.HTML(_NO_SOURCE, elem_id="cw-source")

    def summarize(chosen: list[str], count: int, request: gr.Request) -> Iterator[tuple[str, str]]:
        yield from _summarized(service, chosen or [], int(count), Asking(requester_of(request)))

    def compare(chosen: list[str], count: int, request: gr.Request) -> Iterator[tuple[str, str]]:
        yield from _compared(service, chosen or [], int(count), Asking(requester_of(request)))

    plain: dict[str, Any] = {"show_progress": "hidden", "concurrency_limit": None, "api_visibility": "private"}
    wanted.click(summarize, [chosen, count], [summary, source], **plain)
    compared.click(compare, [chosen, count], [summary, source], **plain)
    return (Fill(chosen, lambda: gr.Dropdown(articles(service))),)


def _summarized(service: Service, ids: list[str], count: int, asking: Asking) -> Iterator[tuple[str, str]]:
    """The summary and its source, anew at each sentence."""
    if not ids:
        yield error_html("no article is chosen: choose one above"), _NO_SOURCE
        return
    sentences: list[SummarySentence] = []
    waiting = "Reading who says what …"
    try:
        held = [service.library.get(article_id) for article_id in ids]
        source = "".join(source_html(article, loaded_places(article), ()) for article in held)
        yield summary_html((), waiting=waiting), pane(source)
        for event in observed(service.summarize(ids, count), asking):
            match event:
                case SummarySentence():
                    sentences.append(event)
                    waiting = "Writing the next sentence …"
                case Summary():
                    source = "".join(source_html(article, event.loaded_words, sentences) for article in held)
                    yield summary_html(sentences, summary=event), pane(source)
                    return
                case Pending():
                    yield summary_html(sentences, waiting=queued(event) or waiting), pane(source)
                    continue
            yield summary_html(sentences, waiting=waiting), pane(source)
    except QAError as error:
        yield error_html(str(error)), _NO_SOURCE


def _compared(service: Service, ids: list[str], count: int, asking: Asking) -> Iterator[tuple[str, str]]:
    """What the articles share, contradict and tell alone, anew at each event."""
    if len(ids) < 2:
        yield error_html("a comparison is of several articles: choose at least two above"), _NO_SOURCE
        return
    events: list[ComparisonEvent] = []
    waiting = "Reading the articles beside each other …"
    try:
        held = [service.library.get(article_id) for article_id in ids]
        yield comparison_html(held, (), waiting=waiting), _NO_QUOTE
        for event in observed(service.compare(ids, count), asking):
            if isinstance(event, Pending):
                yield comparison_html(held, events, waiting=queued(event) or waiting), _NO_QUOTE
                continue
            events.append(event)
            if isinstance(event, Comparison):
                yield comparison_html(held, events), _NO_QUOTE
                return
            waiting = "Writing the next sentence …" if isinstance(event, SummarySentence) else "Writing in short …"
            yield comparison_html(held, events, waiting=waiting), _NO_QUOTE
    except QAError as error:
        yield error_html(str(error)), _NO_SOURCE
