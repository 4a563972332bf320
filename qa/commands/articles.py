"""Commands for articles: ``qa ingest``, ``articles``, ``show``, ``delete``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from qa.commands.common import json_option, print_json, service_of

_WEB = ("http://", "https://")


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH…")
@json_option
@click.pass_context
def ingest(context: click.Context, paths: Sequence[str], as_json: bool) -> None:
    """Add articles: text, Markdown, HTML, PDF or Word files, folders, web addresses, or - for standard input."""
    from qa import terminal
    from qa.errors import IngestError
    from qa.types import STDIN

    service = service_of(context, create=True)
    events = []
    addresses = [path for path in paths if path.startswith(_WEB)]
    files = [Path(path) for path in paths if path != "-" and path not in addresses]
    with terminal.counting(files) as count:
        events += [count(service.add_url(address)) for address in addresses]
        if "-" in paths:
            events.append(count(service.ingest_bytes(sys.stdin.buffer.read(), source=STDIN)))
        events += [count(event) for event in service.ingest(files)]
    report = terminal.ingest_report(events)
    if as_json:
        print_json(report)
    else:
        terminal.print_ingest(report)
    if report["refused"] and len(report["refused"]) == len(events):
        raise IngestError("nothing was added: every file was refused")


@click.command()
@json_option
@click.pass_context
def articles(context: click.Context, as_json: bool) -> None:
    """List the articles of the library."""
    from qa import terminal
    from qa.jsonable import article_json

    stored = service_of(context).library.articles()
    if as_json:
        print_json([article_json(article) for article in stored])
    else:
        terminal.print_articles(stored)


@click.command()
@click.argument("article_id", metavar="ID")
@json_option
@click.pass_context
def show(context: click.Context, article_id: str, as_json: bool) -> None:
    """Print the article whose id begins with ID."""
    from qa import terminal
    from qa.jsonable import article_json

    article = service_of(context).library.get(article_id)
    if as_json:
        print_json(article_json(article, text=True))
    else:
        terminal.print_article(article)


@click.command()
@click.argument("article_id", metavar="ID")
@json_option
@click.pass_context
def delete(context: click.Context, article_id: str, as_json: bool) -> None:
    """Delete the article whose id begins with ID, from words, vectors and answers."""
    from qa.jsonable import article_json

    article = service_of(context).library.delete(article_id)
    if as_json:
        print_json(article_json(article))
    else:
        click.echo(f"deleted {article.id}  {article.title}")
