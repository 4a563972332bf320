"""Commands for news feeds: ``qa feeds add``, ``remove``, ``list``, ``look``."""

from __future__ import annotations

import dataclasses

import click

from qa.commands.common import json_option, print_json, service_of


@click.group()
def feeds() -> None:
    """Watch news feeds: what is new in them is added while `qa serve` runs, or with `qa feeds look`."""


@feeds.command()
@click.argument("url")
@click.pass_context
def add(context: click.Context, url: str) -> None:
    """Watch the feed at URL; all that it lists now counts as new."""
    feed = service_of(context, create=True).feeds.add(url)
    click.echo(f"watching {feed.title or feed.url}: {len(feed.waiting)} articles to fetch")


@feeds.command()
@click.argument("url")
@click.pass_context
def remove(context: click.Context, url: str) -> None:
    """Watch the feed at URL no longer; articles that it brought stay."""
    service_of(context).feeds.remove(url)
    click.echo(f"no longer watching {url}")


@feeds.command(name="list")
@json_option
@click.pass_context
def list_feeds(context: click.Context, as_json: bool) -> None:
    """List the feeds that are watched."""
    watched = service_of(context).feeds.watched()
    if as_json:
        print_json([dataclasses.asdict(feed) for feed in watched])
        return
    if not watched:
        click.echo("no feed is watched: add one with `qa feeds add URL`")
    for feed in watched:
        state = feed.error or f"{len(feed.waiting)} waiting"
        click.echo(f"{feed.url}  {feed.title or ''}  {state}")


@feeds.command()
@click.pass_context
def look(context: click.Context) -> None:
    """Read the feeds that are due now, and add what is new in them."""
    service = service_of(context)
    before = len(service.library.articles())
    service.feeds.look()
    click.echo(f"{len(service.library.articles()) - before} articles added")
