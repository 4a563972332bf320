"""The Gradio page: a question, the answer as it is proven, the passages, and the article behind every mark."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from qa.answering.answer import Evidence
from qa.errors import QAError
from qa.library import SearchFilter
from qa.service import Service
from qa.types import Answer, Hit, Sentence
from qa.web.render import answer_html, error_html, passages_html

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
_EVERYWHERE = "All articles"

Updates = tuple[str, str, tuple[Hit, ...]]


def build_pages(service: Service) -> gr.Blocks:
    """The app's page over ``service``."""
    with gr.Blocks(title="citewire", analytics_enabled=False) as pages:
        shown = gr.State(())
        gr.HTML(_HEAD)
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

        def ask(question: str, scope: str, shown: tuple[Hit, ...]) -> Iterator[Updates]:
            yield from _answered(service, question, _where(scope), shown)

        inputs, outputs = [question, scope, shown], [answer, passages, shown]
        for trigger in (asked.click, question.submit):
            trigger(ask, inputs, outputs, show_progress="hidden", concurrency_limit=None, api_visibility="private")
        # Outside the queue: an event that ends while another begins can take that one's stream with it.
        pages.load(lambda: gr.Dropdown(_choices(service)), None, scope, queue=False, api_visibility="private")
    return pages


def _choices(service: Service) -> list[tuple[str, str]]:
    """The scopes to choose from: everything, then each article by its title."""
    articles = service.library.articles()
    named = [(" · ".join(filter(None, (article.title, article.outlet))), article.id) for article in articles]
    return [(_EVERYWHERE, _EVERYWHERE), *named]


def _where(scope: str | None) -> SearchFilter:
    return SearchFilter() if scope in (None, _EVERYWHERE) else SearchFilter(articles=(scope,))


def _answered(service: Service, question: str, where: SearchFilter, shown: tuple[Hit, ...]) -> Iterator[Updates]:
    """The page's panes, anew at each event of the answer."""
    hits: tuple[Hit, ...] = ()
    sentences: list[Sentence] = []
    yield answer_html((), waiting="Looking for passages …"), passages_html(()), shown
    try:
        for event in service.stream(question, where=where, shown=shown):
            match event:
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


def theme() -> Any:
    """A plain theme on the system's own fonts: nothing is fetched from another host."""
    return gr.themes.Base(
        primary_hue="blue",
        neutral_hue="slate",
        font=["system-ui", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
    )
