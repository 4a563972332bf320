"""Commands that summarize: ``qa summarize``, ``compare``."""

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


@click.command()
@click.argument("articles", nargs=-1, required=True)
@click.option(
    "--sentences", type=click.IntRange(0, 30), default=8, show_default=True, help="Sentences of the round-up; 0: none."
)
@json_option
@click.pass_context
def compare(context: click.Context, /, articles: tuple[str, ...], sentences: int, as_json: bool) -> None:
    """Compare ARTICLES (ids) on one event: what they share, what they contradict, what one alone tells; a round-up."""
    from qa import terminal
    from qa.jsonable import comparison_json
    from qa.types import Comparison

    service = service_of(context)
    with terminal.waiting("Loading the models …"):
        events = service.compare(articles, sentences)
    if as_json:
        *_, comparison = events
        assert isinstance(comparison, Comparison)  # noqa: S101 - a stream ends with one
        print_json(comparison_json(comparison))
        return
    printer = terminal.ComparisonPrinter([service.library.get(article) for article in articles])
    for event in events:
        printer.print(event)
