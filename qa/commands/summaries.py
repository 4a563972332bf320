"""Commands that summarize: ``qa summarize``."""

from __future__ import annotations

import click

from qa.commands.common import json_option, print_json, service_of


@click.command()
@click.argument("articles", nargs=-1, required=True)
@click.option("--sentences", type=click.IntRange(1, 30), default=5, show_default=True, help="Sentences wanted.")
@json_option
@click.pass_context
def summarize(context: click.Context, /, articles: tuple[str, ...], sentences: int, as_json: bool) -> None:
    """Summarize ARTICLES (ids) neutrally: who says what, what the article itself claims, and which words are loaded."""
    from qa import terminal
    from qa.jsonable import summary_json
    from qa.types import Summary

    service = service_of(context)
    with terminal.waiting("Loading the models …"):
        events = service.summarize(articles, sentences)
    for event in events:
        if isinstance(event, Summary):
            if as_json:
                print_json(summary_json(event))
            else:
                terminal.print_summary(event)
        elif not as_json:
            terminal.print_summary_sentence(event)
