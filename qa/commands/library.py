"""Commands for the library: ``qa library verify``, ``rebuild``, ``stats``."""

from __future__ import annotations

import click

from qa.commands.common import json_option, print_json, service_of


@click.group()
def library() -> None:
    """Care for the library: check, rebuild, measure it."""


@library.command()
@json_option
@click.pass_context
def verify(context: click.Context, as_json: bool) -> None:
    """Check every article, passage, word and vector against each other."""
    from qa.errors import LibraryError

    found = service_of(context).library.verify()
    if as_json:
        print_json({"ok": not found, "problems": found})
    else:
        click.echo("\n".join(found) or "the library is sound")
    if found:
        raise LibraryError(f"{len(found)} problem(s): make all that is derived anew with `qa library rebuild`")


@library.command()
@click.option("--embedder", metavar="MODEL", help="Make the vectors with this model from now on.")
@json_option
@click.pass_context
def rebuild(context: click.Context, embedder: str | None, as_json: bool) -> None:
    """Make passages, words and vectors anew from the stored articles."""
    from qa import terminal
    from qa.models.embedder import load_embedder

    service = service_of(context, embedder=embedder)
    with terminal.waiting("Rebuilding …"):
        passages = service.library.rebuild(load_embedder(service.models.store, service.settings))
    if as_json:
        print_json({"passages": passages, "embedder": service.settings.embedder})
    else:
        click.echo(f"made {passages} passages anew with {service.settings.embedder}")
        if embedder:
            click.echo(f'keep using it: put `embedder = "{embedder}"` into qa.toml')


@library.command()
@json_option
@click.pass_context
def stats(context: click.Context, as_json: bool) -> None:
    """Print sizes and provenance of the library."""
    import dataclasses

    from qa import terminal

    values = dataclasses.asdict(service_of(context).library.stats())
    if as_json:
        print_json(values)
    else:
        terminal.print_table(values)
