"""The tab *Ask*: a question, the answer as it is proven, the passages, and the article behind every mark."""

from __future__ import annotations

from collections.abc import Iterator

import gradio as gr

from qa.answering.answer import Evidence
from qa.errors import QAError
from qa.library import SearchFilter
from qa.models.generators.asking import Asking, Pending, observed
from qa.service import Service
from qa.types import Answer, Hit, Sentence
from qa.web.access import requester_of
from qa.web.render import answer_html, error_html, passages_html
from qa.web.tabs.common import EVERYWHERE, Counted, Fill, choices, queued

EXAMPLES = (
    "When and why was Turkey suspended from the F-35 programme?",
    "What did the US ambassador say about timing?",
    "When did the first siren sound in Tolvin?",
    "Who is the president of France?",
)

_NO_ARTICLE = (
    '<div class="cw-pane"><p class="cw-empty">Choose a number to see the quoted words in their article.</p></div>'
)
_NO_ANSWER = '<p class="cw-empty">Ask something, or choose an example.</p>'

Updates = tuple[str, str, tuple[Hit, ...]]


def build(service: Service, counted: Counted) -> tuple[Fill, ...]:
    """The tab, inside an open `gr.Blocks`; the events of each answer pass through ``counted``."""
    shown = gr.State(())
    with gr.Row():
        with gr.Column(scale=6, min_width=320):
            question = gr.Textbox(
                label="Question", placeholder="Who said what, when, why …", lines=1, max_lines=4, autofocus=True
            )
            with gr.Row(equal_height=True):
                scope = gr.Dropdown([EVERYWHERE], value=EVERYWHERE, label="Search in", scale=3, min_width=180)
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
    return (Fill(scope, lambda: gr.Dropdown(choices(service))),)


def _where(scope: str | None) -> SearchFilter:
    return SearchFilter() if scope in (None, EVERYWHERE) else SearchFilter(articles=(scope,))


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
                    yield answer_html(sentences, waiting=queued(event) or waiting), passages_html(hits), hits
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
