"""Commands for models: ``qa models list``, ``pull``, ``verify``, ``path``."""

from __future__ import annotations

from collections.abc import Sequence

import click

from qa.commands.common import json_option, print_json, settings_of


@click.group()
def models() -> None:
    """Fetch and check the models."""


@models.command("list")
@json_option
@click.pass_context
def list_models(context: click.Context, as_json: bool) -> None:
    """List the models known by name."""
    from qa import terminal
    from qa.models.presets import presets
    from qa.models.store import ModelStore

    store = ModelStore(settings_of(context).cache)
    rows = [
        {
            "name": preset.name,
            "task": preset.task,
            "state": store.status(preset.name).state,
            "licence": preset.licence,
            "needs_hub": preset.needs_hub,
            "description": preset.description,
        }
        for preset in presets().values()
    ]
    if as_json:
        print_json(rows)
    else:
        terminal.print_models(rows)


def _names(context: click.Context, names: Sequence[str]) -> list[str]:
    """The models named, or those that the settings use."""
    from qa.models.presets import presets

    settings = settings_of(context)
    return list(names) or [name for name in (settings.generator, settings.embedder) if name in presets()]


@models.command()
@click.argument("names", nargs=-1, metavar="[NAME]…")
@json_option
@click.pass_context
def pull(context: click.Context, names: Sequence[str], as_json: bool) -> None:
    """Fetch models (those in use, where none is named): from the hub if it can be reached, else from the mirror."""
    from qa import terminal
    from qa.models.store import ModelStore

    store = ModelStore(settings_of(context).cache)
    rows = []
    for name in _names(context, names):
        with terminal.transfer() as progress:
            model = store.pull(name, progress)
        rows.append({"name": name, "path": str(model.path), "sha256": model.sha256})
        if not as_json:
            click.echo(f"{name} is ready: {model.path}")
    if as_json:
        print_json(rows)


@models.command("verify")
@click.argument("names", nargs=-1, metavar="[NAME]…")
@json_option
@click.pass_context
def verify_models(context: click.Context, names: Sequence[str], as_json: bool) -> None:
    """Hash the files of models afresh and compare."""
    import dataclasses

    from qa import terminal
    from qa.errors import HashMismatchError
    from qa.models.store import ModelStore

    store = ModelStore(settings_of(context).cache)
    checks = []
    for name in _names(context, names):
        with terminal.transfer() as progress:
            checks.append(store.verify(name, progress))
    if as_json:
        print_json([{**dataclasses.asdict(check), "ok": check.ok} for check in checks])
    else:
        for check in checks:
            for file in check.files:
                state = "ok" if file.ok else "missing" if file.actual is None else "DIFFERS"
                click.echo(f"{check.name:12} {state:8} {file.name}")
    if bad := [check.name for check in checks if not check.ok]:
        raise HashMismatchError(f"not as published: {', '.join(bad)}; run `qa models pull {' '.join(bad)}`")


@models.command()
@click.argument("name", required=False)
@click.pass_context
def path(context: click.Context, name: str | None) -> None:
    """Print where a model lies (the generator in use, where none is named)."""
    from qa.models.store import ModelStore

    settings = settings_of(context)
    click.echo(ModelStore(settings.cache).path(name or settings.generator))
