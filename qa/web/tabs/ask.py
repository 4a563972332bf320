"""The tab *Ask*: a conversation, each answer as it is proven, the passages, and the article behind every mark."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

import gradio as gr

from qa.answering.answer import Evidence
from qa.answering.export import Articles, Exchange, as_html, as_json, as_markdown
from qa.answering.follow_up import read_follow_up, turn_of
from qa.answering.prompts import answer_prompt
from qa.errors import QAError, QuestionError, WithdrawnError
from qa.library import SearchFilter
from qa.models.generators.asking import Asking, Pending, observed
from qa.service import Service
from qa.types import Answer, Hit, Sentence, Timings
from qa.web.access import requester_of
from qa.web.render import (
    answer_html,
    asked_html,
    conversation_html,
    error_html,
    exchange_html,
    hint_html,
    passages_html,
)
from qa.web.tabs.common import Counted, Fill, articles, held, pane, queued

EXAMPLES = (
    "When and why was Turkey suspended from the F-35 programme?",
    "What did the US ambassador say about timing?",
    "When did the first siren sound in Tolvin?",
    "Who is the president of France?",
)

_NO_ARTICLE = pane('<p class="cw-empty">Choose a number to see the quoted words in their article.</p>')
_NO_ANSWER = (
    '<p class="cw-empty">Ask something, or choose an example. Then ask on: “Why?”, “What about …?”, “What else did she '
    "say?” are read with the question before.</p>"
)
_STOPPED_EARLY = '<p class="cw-empty">Stopped before anything was proven.</p>'
_IT = "it under “Search in”"
_MOST_TURNS = 50  # that a page remembers

Conversation = tuple[Exchange, ...]


@dataclass(frozen=True, slots=True)
class Panes:
    """What the page shows of a conversation; ``None`` leaves a part as it is."""

    answer: str
    hits: tuple[Hit, ...] = ()
    conversation: Conversation | None = None
    busy: bool = True


class Asked(NamedTuple):
    """A question as it goes to the library: as written, and as read after the conversation before it."""

    written: str
    read: str

    @property
    def read_as(self) -> str | None:
        """The reading, where it is not what was written."""
        return self.read if self.read != self.written else None


@dataclass(slots=True)
class _Running:
    """The question under way in each open page, so that the page can stop it and ask another."""

    requests: dict[str, Asking] = field(default_factory=dict)

    def begin(self, session: str, asking: Asking) -> None:
        self.stop(session)
        self.requests[session] = asking

    def is_current(self, session: str, asking: Asking) -> bool:
        return self.requests.get(session) is asking

    def stop(self, session: str) -> None:
        asking = self.requests.get(session)
        if asking is not None:
            asking.leave()

    def forget(self, session: str) -> None:
        self.stop(session)
        self.requests.pop(session, None)

    def end(self, session: str, asking: Asking) -> None:
        if self.is_current(session, asking):
            del self.requests[session]


def build(service: Service, counted: Counted) -> tuple[Fill, ...]:
    """The tab, inside an open `gr.Blocks`; the events of each answer pass through ``counted``."""
    running = _Running()
    conversation = gr.State(())
    latest = gr.State(("", ()))  # the newest question as it was written, and the conversation before it
    with gr.Row():
        with gr.Column(scale=6, min_width=320):
            earlier = gr.HTML("", elem_id="cw-conversation")
            with gr.Row(elem_id="cw-asked-row"):
                asked = gr.HTML("", elem_id="cw-asked-pane", scale=1, min_width=260)
                undo = gr.Button(
                    "Read it as written", size="sm", visible=False, scale=0, min_width=150, elem_id="cw-undo"
                )
            answer = gr.HTML(_NO_ANSWER, elem_id="cw-answer-pane")
            with gr.Column(elem_id="cw-composer"):
                question = gr.Textbox(
                    label="Question",
                    placeholder="Who said what, when, why …",
                    lines=1,
                    max_lines=4,
                    autofocus=True,
                    elem_id="cw-question",
                )
                with gr.Row():
                    begin = gr.Button("Ask", variant="primary", scale=2, min_width=90)
                    stop = gr.Button("Stop", variant="stop", visible=False, scale=1, min_width=90, elem_id="cw-stop")
                    anew = gr.Button("New conversation", scale=1, min_width=140)
            scope_box = gr.Accordion(_scope_words(), open=False, elem_id="cw-scope")
            with scope_box:
                scope = _scope_fields()
            gr.Examples([[example] for example in EXAMPLES], inputs=question, label="Examples")
            with gr.Column(visible=False, elem_id="cw-export") as export_box:
                gr.HTML('<p class="cw-origin">Export the conversation as</p>')
                with gr.Row():
                    exports = {name: gr.Button(name, size="sm", min_width=80) for name in _EXPORTS}
            file = gr.Textbox(visible="hidden", elem_id="cw-file", show_label=False)
        with gr.Column(scale=5, min_width=320, elem_id="cw-evidence"):
            gr.HTML(_NO_ARTICLE, elem_id="cw-article")
            passages = gr.HTML(passages_html(()))

    outputs = [earlier, asked, undo, answer, passages, question, stop, export_box, conversation, latest]

    def converse(
        written: str, before: Conversation, chosen: Sequence[Any], request: gr.Request, *, as_written: bool = False
    ) -> Iterator[dict[Any, Any]]:
        """The components anew at each event of the answer to ``written``."""
        session, asking = str(request.session_hash), Asking(requester_of(request))
        running.begin(session, asking)
        read = Asked(written, written if as_written else _reading(service, written, before))
        try:
            yield _opened(service, read, before) | {latest: (written, before)}
            for panes in _answered(service, read, before, chosen, asking, counted):
                if not running.is_current(session, asking):
                    return  # another question was asked, or the conversation ended
                shown = {answer: panes.answer, passages: passages_html(panes.hits)}
                if not panes.busy:
                    shown[stop] = gr.Button(visible=False)
                if panes.conversation is not None:
                    shown |= {conversation: panes.conversation, export_box: gr.Column(visible=True)}
                elif not panes.busy:
                    shown |= {question: written}
                yield shown
        finally:
            running.end(session, asking)

    def _opened(service: Service, read: Asked, before: Conversation) -> dict[Any, Any]:
        cited = held(service, _cited(before))
        return {
            earlier: conversation_html(before, cited),
            asked: asked_html(read.written, read.read_as),
            undo: gr.Button(visible=read.read_as is not None),
            question: "",
            stop: gr.Button(visible=True),
        }

    def ask(
        written: str, before: Conversation, chosen: Any, outlets: Any, since: str, until: str, request: gr.Request
    ) -> Iterator[dict[Any, Any]]:
        if written.strip():
            yield from converse(written, before, (chosen, outlets, since, until), request)
        else:
            yield {question: ""}  # nothing was asked: the page stays as it is

    def ask_as_written(
        newest: tuple[str, Conversation], chosen: Any, outlets: Any, since: str, until: str, request: gr.Request
    ) -> Iterator[dict[Any, Any]]:
        yield from converse(*newest, (chosen, outlets, since, until), request, as_written=True)

    def leave(request: gr.Request) -> None:
        running.stop(str(request.session_hash))

    def end(request: gr.Request) -> dict[Any, Any]:
        running.forget(str(request.session_hash))
        return {
            **dict.fromkeys((earlier, asked, question), ""),
            answer: _NO_ANSWER,
            passages: passages_html(()),
            undo: gr.Button(visible=False),
            stop: gr.Button(visible=False),
            export_box: gr.Column(visible=False),
            conversation: (),
            latest: ("", ()),
        }

    plain: dict[str, Any] = {"show_progress": "hidden", "concurrency_limit": None, "api_visibility": "private"}
    gr.on([begin.click, question.submit], ask, [question, conversation, *scope], outputs, trigger_mode="once", **plain)
    undo.click(ask_as_written, [latest, *scope], outputs, **plain)
    stop.click(leave, None, None, queue=False, **plain)
    anew.click(end, None, outputs, queue=False, **plain)
    for one in scope:
        one.change(lambda *chosen: gr.Accordion(_scope_words(*chosen)), scope, scope_box, queue=False, **plain)
    for name, button in exports.items():
        saved = button.click(_exporting(service, name), conversation, file, queue=False, **plain)
        saved.then(None, file, None, js="(file) => window.citewireSave(file)", **plain)
    return (
        Fill(scope[0], lambda: gr.Dropdown(articles(service))),
        Fill(scope[1], lambda: gr.Dropdown(service.library.outlets())),
    )


# ── scope ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _scope_fields() -> list[Any]:
    """Articles, outlets, and from when to when; in the order in which `_where` takes them."""
    chosen = gr.Dropdown([], multiselect=True, label="Articles", info="None chosen: all of them")
    outlets = gr.Dropdown([], multiselect=True, label="Outlets", info="None chosen: all of them")
    with gr.Row():
        since = gr.Textbox(label="Since", placeholder="like 2024-05-01", max_length=10, min_width=120)
        until = gr.Textbox(label="Until", placeholder="like 2024-05-31", max_length=10, min_width=120)
    return [chosen, outlets, since, until]


def _where(chosen: Sequence[str] | None, outlets: Sequence[str] | None, since: str, until: str) -> SearchFilter:
    """What the fields of the scope narrow a search to.

    Raises:
        QuestionError: a date is none, or the first is after the second.
    """
    first, last = _day(since), _day(until)
    if first and last and first > last:
        raise QuestionError(f"no article is since {first} and until {last}: exchange the dates")
    return SearchFilter(articles=tuple(chosen or ()), outlets=tuple(outlets or ()), since=first, until=last)


def _day(text: str | None) -> str | None:
    if not (text or "").strip():
        return None
    try:
        return date.fromisoformat(str(text).strip()).isoformat()
    except ValueError:
        raise QuestionError(f"{str(text).strip()!r} is no date: write it like 2024-05-31") from None


def _scope_words(
    chosen: Sequence[str] | None = None, outlets: Sequence[str] | None = None, since: str = "", until: str = ""
) -> str:
    """The scope in words, for the head of its fields."""
    parts = [
        _several("article", chosen or ()),
        ", ".join(outlets) if outlets and len(outlets) < 3 else _several("outlet", outlets or ()),
        f"since {since.strip()}" if (since or "").strip() else "",
        f"until {until.strip()}" if (until or "").strip() else "",
    ]
    return f"Search in: {' · '.join(filter(None, parts)) or 'all articles'}"


def _several(noun: str, chosen: Sequence[str]) -> str:
    return f"{len(chosen)} {noun}{'s' if len(chosen) != 1 else ''}" if chosen else ""


# ── the conversation ─────────────────────────────────────────────────────────────────────────────────────────────────


def _reading(service: Service, written: str, before: Conversation) -> str:
    """The question as it stands alone, or as written where its reading could not be asked."""
    read = read_follow_up(written, [turn_of(one.answer) for one in before]).question
    return read if len(read) <= service.settings.question_chars else written


def _answered(
    service: Service,
    asked: Asked,
    before: Conversation,
    chosen: Sequence[Any],
    asking: Asking,
    counted: Counted,
) -> Iterator[Panes]:
    """The page's panes, anew at each event of the answer."""
    hits: tuple[Hit, ...] = ()
    sentences: list[Sentence] = []
    cited: Articles = {}
    within: int | None = None  # articles that are searched, where not all are
    began = time.perf_counter()

    def so_far(waiting: str) -> Panes:
        return Panes(answer_html(sentences, waiting=waiting, articles=cited), hits)

    def whole(answer: Answer, *, stopped: bool = False) -> Panes:
        exchange = Exchange(answer, asked.written, stopped)
        prompt = answer_prompt(answer.question, hits) if answer.timings.prompt_tokens or stopped else ()
        html = exchange_html(exchange, held(service, _cited([exchange])), prompt)
        if answer.abstained and within is not None:
            html += hint_html(
                f"Only {within} of {len(service.library.articles())} articles were searched: widen {_IT}."
            )
        return Panes(html, answer.hits, (*before, exchange)[-_MOST_TURNS:], busy=False)

    try:
        yield so_far("Looking for passages …")
        where = _where(*chosen)
        within = None if where == SearchFilter() else len(service.library.articles(where))
        if within == 0:
            raise QuestionError(f"no article is within what is searched: widen {_IT}")
        shown = before[-1].answer.hits if before else ()
        waiting = "Reading …"
        for event in observed(counted(service.stream(asked.read, where=where, shown=shown)), asking):
            match event:
                case Pending():
                    yield so_far(queued(event) or waiting)
                    continue
                case Evidence():
                    hits = event.hits
                    cited = held(service, (hit.passage.article_id for hit in hits))
                    waiting = f"Reading {len(hits)} passages …"
                case Sentence():
                    sentences.append(event)
                    waiting = "Looking for more …"
                case Answer():
                    yield whole(event)
                    return
            yield so_far(waiting)
    except WithdrawnError:
        if not sentences:
            yield Panes(_STOPPED_EARLY, hits, busy=False)
            return
        least = max(citation.mark for sentence in sentences for citation in sentence.citations)
        if least > len(hits):  # it names a passage that only the whole answer lists
            yield Panes(answer_html(sentences, articles=cited), hits, busy=False)
            return
        timings = Timings(total_ms=round(1000 * (time.perf_counter() - began)))
        yield whole(Answer(asked.read, tuple(sentences), hits, service.models.generator.info, timings), stopped=True)
    except QAError as error:
        yield Panes(error_html(str(error)), hits, busy=False)


def _cited(conversation: Sequence[Exchange]) -> Iterator[str]:
    """The ids of the articles that ``conversation`` cites or offers."""
    for one in conversation:
        for citations in (*(sentence.citations for sentence in one.answer.sentences), one.answer.nearest):
            yield from (citation.article_id for citation in citations)


# ── export ───────────────────────────────────────────────────────────────────────────────────────────────────────────

_EXPORTS: dict[str, tuple[str, str, Callable[[Conversation, Articles], str]]] = {
    "Markdown": ("citewire.md", "text/markdown", as_markdown),
    "HTML": ("citewire.html", "text/html", as_html),
    "JSON": (
        "citewire.json",
        "application/json",
        lambda conversation, cited: json.dumps(as_json(conversation, cited), ensure_ascii=False, indent=2) + "\n",
    ),
}


def _exporting(service: Service, name: str) -> Callable[[Conversation], str]:
    """What makes the file that the page saves: its name, its type and its text, for `citewireSave`."""
    file, kind, form = _EXPORTS[name]

    def export(conversation: Conversation) -> str:
        text = form(conversation, held(service, _cited(conversation)))
        return json.dumps({"name": file, "type": kind, "text": text})

    return export
