"""The command ``qa``: thin commands over `Service`. Heavy modules are imported by the command that needs them."""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qa import __version__
from qa.errors import QAError

if TYPE_CHECKING:
    from qa.library import SearchFilter
    from qa.service import Service
    from qa.settings import Settings

_HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(context_settings=_HELP)
@click.version_option(__version__, prog_name="citewire")
@click.option("--library", metavar="DIR", type=click.Path(path_type=Path), help="Library folder [indexes/default].")
@click.option("--generator", metavar="MODEL", help="Generator: a preset, GGUF path, Hugging Face folder or id.")
@click.option("--engine", type=click.Choice(["auto", "llamacpp", "transformers", "fake"]), help="What runs it.")
@click.pass_context
def cli(context: click.Context, /, **flags: Any) -> None:
    """Ask your own news articles; every sentence of an answer cites the exact words of a source.

    Settings come from qa.toml in this folder and from QA_… variables; options here override them.
    """
    context.obj = flags


def _settings(context: click.Context, **more: Any) -> Settings:
    from qa.settings import load_settings

    return load_settings(**context.obj, **more)


def _service(context: click.Context, *, create: bool = False, **more: Any) -> Service:
    from qa.offline import go_offline
    from qa.service import Service

    go_offline()
    return context.with_resource(Service(_settings(context, **more), create=create))


def _print_json(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_k_option = click.option("-k", type=click.IntRange(1, 50), help="Passages to retrieve [8].")


def _scope_options(command: Any) -> Any:
    for option in (
        click.option("--until", metavar="DATE", help="Only articles dated DATE or earlier (2024-05-31)."),
        click.option("--since", metavar="DATE", help="Only articles dated DATE or later."),
        click.option("--outlet", "outlets", multiple=True, metavar="NAME", help="Only articles of this outlet."),
        click.option("--article", "articles", multiple=True, metavar="ID", help="Only this article."),
    ):
        command = option(command)
    return command


def _where(service: Service, articles: Sequence[str], outlets: Sequence[str], **dates: str | None) -> SearchFilter:
    from qa.library import SearchFilter

    ids = tuple(service.library.get(article).id for article in articles)
    return SearchFilter(articles=ids, outlets=tuple(outlets), **dates)


# ── questions ────────────────────────────────────────────────────────────────────────────────────────────────────────


@cli.command()
@click.argument("question")
@_scope_options
@_k_option
@click.option("--strict", "abstention", flag_value="strict", help="Answer only what is nearly certain.")
@click.option(
    "--balanced", "abstention", flag_value="balanced", help="Weigh wrong answers and lost ones alike (default)."
)
@click.option("--lenient", "abstention", flag_value="lenient", help="Answer whatever is borne out and may answer.")
@click.option("--stream", is_flag=True, help="Print each sentence as soon as it is proven.")
@_json_option
@click.pass_context
def ask(
    context: click.Context,
    /,
    question: str,
    k: int | None,
    abstention: str | None,
    stream: bool,
    as_json: bool,
    **scope: Any,
) -> None:
    """Answer QUESTION from the library, every sentence with the words it rests on."""
    from qa import terminal
    from qa.jsonable import answer_json, sentence_json
    from qa.types import Answer, Sentence

    service = _service(context, abstention=abstention)
    where = _where(service, **scope)
    with terminal.waiting("Loading the models …"):
        service.answerer  # noqa: B018
    with terminal.waiting("Reading …"):
        events = service.stream(question, k=k, where=where)
        if not stream:
            *_, answer = events
    if stream:
        for answer in events:
            if isinstance(answer, Sentence):
                if as_json:
                    click.echo(json.dumps({"sentence": sentence_json(answer)}, ensure_ascii=False))
                else:
                    terminal.print_sentence(answer)
    assert isinstance(answer, Answer)  # noqa: S101 - a stream ends with one
    if as_json and stream:
        click.echo(json.dumps({"answer": answer_json(answer)}, ensure_ascii=False))
    elif as_json:
        _print_json(answer_json(answer))
    else:
        terminal.print_answer(answer, service.library, streamed=stream)


@cli.command()
@click.argument("query")
@_scope_options
@_k_option
@_json_option
@click.pass_context
def search(context: click.Context, /, query: str, k: int | None, as_json: bool, **scope: Any) -> None:
    """List the passages that fit QUERY best."""
    from qa import terminal
    from qa.jsonable import passage_json

    service = _service(context)
    where = _where(service, **scope)
    with terminal.waiting("Searching …"):
        hits = service.search(query, k, where)
    if as_json:
        _print_json([passage_json(mark, hit) for mark, hit in enumerate(hits, start=1)])
    else:
        terminal.print_hits(hits)


@cli.command()
@click.option("--host", metavar="ADDRESS", help="Address to listen on [127.0.0.1].")
@click.option("--port", type=int, help="Port to listen on [7860].")
@click.pass_context
def serve(context: click.Context, host: str | None, port: int | None) -> None:
    """Serve the browser app."""
    from qa.offline import go_offline

    go_offline()
    from qa.web.server import serve as serve_app

    serve_app(_settings(context, host=host, port=port))


# ── articles ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@cli.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH…")
@_json_option
@click.pass_context
def ingest(context: click.Context, paths: Sequence[str], as_json: bool) -> None:
    """Add articles: text, Markdown, HTML and PDF files, folders of them, or - for standard input."""
    from qa import terminal
    from qa.errors import IngestError
    from qa.types import STDIN

    service = _service(context, create=True)
    events = []
    files = [Path(path) for path in paths if path != "-"]
    with terminal.counting(files) as count:
        if "-" in paths:
            events.append(count(service.ingest_bytes(sys.stdin.buffer.read(), source=STDIN)))
        events += [count(event) for event in service.ingest(files)]
    report = terminal.ingest_report(events)
    if as_json:
        _print_json(report)
    else:
        terminal.print_ingest(report)
    if report["refused"] and len(report["refused"]) == len(events):
        raise IngestError("nothing was added: every file was refused")


@cli.command()
@_json_option
@click.pass_context
def articles(context: click.Context, as_json: bool) -> None:
    """List the articles of the library."""
    from qa import terminal
    from qa.jsonable import article_json

    stored = _service(context).library.articles()
    if as_json:
        _print_json([article_json(article) for article in stored])
    else:
        terminal.print_articles(stored)


@cli.command()
@click.argument("article_id", metavar="ID")
@_json_option
@click.pass_context
def show(context: click.Context, article_id: str, as_json: bool) -> None:
    """Print the article whose id begins with ID."""
    from qa import terminal
    from qa.jsonable import article_json

    article = _service(context).library.get(article_id)
    if as_json:
        _print_json(article_json(article, text=True))
    else:
        terminal.print_article(article)


@cli.command()
@click.argument("article_id", metavar="ID")
@_json_option
@click.pass_context
def delete(context: click.Context, article_id: str, as_json: bool) -> None:
    """Delete the article whose id begins with ID, from words, vectors and answers."""
    from qa.jsonable import article_json

    article = _service(context).library.delete(article_id)
    if as_json:
        _print_json(article_json(article))
    else:
        click.echo(f"deleted {article.id}  {article.title}")


# ── the library ──────────────────────────────────────────────────────────────────────────────────────────────────────


@cli.group()
def library() -> None:
    """Care for the library: check, rebuild, measure it."""


@library.command()
@_json_option
@click.pass_context
def verify(context: click.Context, as_json: bool) -> None:
    """Check every article, passage, word and vector against each other."""
    from qa.errors import LibraryError

    found = _service(context).library.verify()
    if as_json:
        _print_json({"ok": not found, "problems": found})
    else:
        click.echo("\n".join(found) or "the library is sound")
    if found:
        raise LibraryError(f"{len(found)} problem(s): make all that is derived anew with `qa library rebuild`")


@library.command()
@click.option("--embedder", metavar="MODEL", help="Make the vectors with this model from now on.")
@_json_option
@click.pass_context
def rebuild(context: click.Context, embedder: str | None, as_json: bool) -> None:
    """Make passages, words and vectors anew from the stored articles."""
    from qa import terminal
    from qa.models.embedder import load_embedder

    service = _service(context, embedder=embedder)
    with terminal.waiting("Rebuilding …"):
        passages = service.library.rebuild(load_embedder(service.store, service.settings))
    if as_json:
        _print_json({"passages": passages, "embedder": service.settings.embedder})
    else:
        click.echo(f"made {passages} passages anew with {service.settings.embedder}")
        if embedder:
            click.echo(f'keep using it: put `embedder = "{embedder}"` into qa.toml')


@library.command()
@_json_option
@click.pass_context
def stats(context: click.Context, as_json: bool) -> None:
    """Print sizes and provenance of the library."""
    import dataclasses

    from qa import terminal

    values = dataclasses.asdict(_service(context).library.stats())
    if as_json:
        _print_json(values)
    else:
        terminal.print_table(values)


# ── models ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@cli.group()
def models() -> None:
    """Fetch and check the models."""


@models.command("list")
@_json_option
@click.pass_context
def list_models(context: click.Context, as_json: bool) -> None:
    """List the models known by name."""
    from qa import terminal
    from qa.models.presets import presets
    from qa.models.store import ModelStore

    store = ModelStore(_settings(context).cache)
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
        _print_json(rows)
    else:
        terminal.print_models(rows)


def _names(context: click.Context, names: Sequence[str]) -> list[str]:
    """The models named, or those that the settings use."""
    from qa.models.presets import presets

    settings = _settings(context)
    return list(names) or [name for name in (settings.generator, settings.embedder) if name in presets()]


@models.command()
@click.argument("names", nargs=-1, metavar="[NAME]…")
@_json_option
@click.pass_context
def pull(context: click.Context, names: Sequence[str], as_json: bool) -> None:
    """Fetch models (those in use, where none is named): from the hub if it can be reached, else from the mirror."""
    from qa import terminal
    from qa.models.store import ModelStore

    store = ModelStore(_settings(context).cache)
    rows = []
    for name in _names(context, names):
        with terminal.transfer() as progress:
            model = store.pull(name, progress)
        rows.append({"name": name, "path": str(model.path), "sha256": model.sha256})
        if not as_json:
            click.echo(f"{name} is ready: {model.path}")
    if as_json:
        _print_json(rows)


@models.command("verify")
@click.argument("names", nargs=-1, metavar="[NAME]…")
@_json_option
@click.pass_context
def verify_models(context: click.Context, names: Sequence[str], as_json: bool) -> None:
    """Hash the files of models afresh and compare."""
    import dataclasses

    from qa import terminal
    from qa.errors import HashMismatchError
    from qa.models.store import ModelStore

    store = ModelStore(_settings(context).cache)
    checks = []
    for name in _names(context, names):
        with terminal.transfer() as progress:
            checks.append(store.verify(name, progress))
    if as_json:
        _print_json([{**dataclasses.asdict(check), "ok": check.ok} for check in checks])
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

    settings = _settings(context)
    click.echo(ModelStore(settings.cache).path(name or settings.generator))


# ── the door ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def main() -> None:
    """Run ``qa``: exit status 0 for a result, 2 for bad input, 1 for a fault; errors are one line on standard error."""
    warnings.showwarning = _one_line_warning
    try:
        cli(standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "qa"
        _fail(f"{error.format_message().rstrip('.')} (see `{command} --help`)", 2)
    except QAError as error:
        _fail(str(error), error.exit_status)
    except (click.Abort, KeyboardInterrupt):
        _fail("interrupted", 130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader has gone; say no more
        sys.exit(1)


def _fail(message: str, status: int) -> None:
    click.echo(f"qa: {message}", err=True)
    sys.exit(status)


def _one_line_warning(message: Warning | str, *_: object, **__: object) -> None:
    click.echo(f"qa: warning: {message}", err=True)


if __name__ == "__main__":
    main()
