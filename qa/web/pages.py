"""The Gradio page: its tabs, and how it looks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from qa.service import Service
from qa.web.api.runs import Runs
from qa.web.tabs import ask, evaluate, library, summarize
from qa.web.tabs.common import Counted, Fill

_HEAD = (
    '<header class="cw-head"><h1>citewire</h1>'
    "<p>Answers from your own articles. Every sentence rests on the exact words of a source.</p></header>"
)


def build_pages(service: Service, runs: Runs, counted: Counted = iter) -> gr.Blocks:
    """The app's pages over ``service`` and its ``runs``; the events of each answer pass through ``counted``."""
    with gr.Blocks(title="citewire", analytics_enabled=False) as pages:
        gr.HTML(_HEAD)
        fills: dict[Any, tuple[Fill, ...]] = {}
        with gr.Tabs():
            with gr.Tab("Ask") as tab:
                fills[tab] = ask.build(service, counted)
            with gr.Tab("Summarize") as tab:
                fills[tab] = summarize.build(service)
            with gr.Tab("Library") as tab:
                library.build(service, tab)
            with gr.Tab("Evaluate") as tab:
                fills[tab] = evaluate.build(service, runs)
        # Outside the queue: an event that ends while another begins can take that one's stream with it.
        plain: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
        for tab, its in fills.items():
            for fill in its:
                pages.load(fill.value, None, fill.component, **plain)
                if isinstance(fill.component, gr.Dropdown):  # another tab may have changed the library
                    tab.select(_renewing(fill), fill.component, fill.component, **plain)
                else:
                    tab.select(fill.value, None, fill.component, **plain)
    return pages


def _renewing(fill: Fill) -> Callable[[Any], Any]:
    """What offers the choices that there are now, of which those that were chosen stay chosen.

    A choice that is offered no more has to go: Gradio refuses every event with it.
    """

    def renew(chosen: Any) -> Any:
        choices = fill.value().choices
        offered = {value for _, value in choices}
        if isinstance(chosen, list):
            return gr.update(choices=choices, value=[one for one in chosen if one in offered])
        return gr.update(choices=choices, value=chosen if chosen in offered else None)

    return renew


def theme() -> Any:
    """A plain theme on the system's own fonts: nothing is fetched from another host."""
    return gr.themes.Base(
        primary_hue="blue",
        neutral_hue="slate",
        font=["system-ui", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
    )
