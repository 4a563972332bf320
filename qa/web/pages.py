"""The Gradio page: its tabs, and how it looks."""

from __future__ import annotations

from typing import Any

import gradio as gr

from qa.service import Service
from qa.web.tabs import ask, summarize
from qa.web.tabs.common import Counted, Fill

_HEAD = (
    '<header class="cw-head"><h1>citewire</h1>'
    "<p>Answers from your own articles. Every sentence rests on the exact words of a source.</p></header>"
)


def build_pages(service: Service, counted: Counted = iter) -> gr.Blocks:
    """The app's pages over ``service``; the events of each answer pass through ``counted``."""
    with gr.Blocks(title="citewire", analytics_enabled=False) as pages:
        gr.HTML(_HEAD)
        fills: list[Fill] = []
        with gr.Tabs():
            with gr.Tab("Ask"):
                fills += ask.build(service, counted)
            with gr.Tab("Summarize"):
                fills += summarize.build(service)
        # Outside the queue: an event that ends while another begins can take that one's stream with it.
        for fill in fills:
            pages.load(fill.value, None, fill.component, queue=False, api_visibility="private")
    return pages


def theme() -> Any:
    """A plain theme on the system's own fonts: nothing is fetched from another host."""
    return gr.themes.Base(
        primary_hue="blue",
        neutral_hue="slate",
        font=["system-ui", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
    )
