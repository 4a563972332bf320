"""What the commands share: options, the settings and the service they name, JSON on standard output."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from qa.library import SearchFilter
    from qa.service import Service
    from qa.settings import Settings


def settings_of(context: click.Context, **more: Any) -> Settings:
    """The settings in force, with the options of the command."""
    from qa.settings import load_settings

    return load_settings(**context.obj, **more)


def service_of(context: click.Context, *, create: bool = False, **more: Any) -> Service:
    """The service over the library in use, closed when the command ends."""
    from qa.offline import go_offline
    from qa.service import Service

    go_offline()
    return context.with_resource(Service(settings_of(context, **more), create=create))


def print_json(value: object) -> None:
    """Print ``value`` for programs."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
k_option = click.option("-k", type=click.IntRange(1, 50), help="Passages to retrieve [8].")


def scope_options(command: Any) -> Any:
    """The command with the options that narrow the articles; `where_of` reads them."""
    for option in (
        click.option("--until", metavar="DATE", help="Only articles dated DATE or earlier (2024-05-31)."),
        click.option("--since", metavar="DATE", help="Only articles dated DATE or later."),
        click.option("--outlet", "outlets", multiple=True, metavar="NAME", help="Only articles of this outlet."),
        click.option("--article", "articles", multiple=True, metavar="ID", help="Only this article."),
    ):
        command = option(command)
    return command


def where_of(service: Service, articles: Sequence[str], outlets: Sequence[str], **dates: str | None) -> SearchFilter:
    """What the options of `scope_options` narrow a search to."""
    from qa.library import SearchFilter

    ids = tuple(service.library.get(article).id for article in articles)
    return SearchFilter(articles=ids, outlets=tuple(outlets), **dates)
