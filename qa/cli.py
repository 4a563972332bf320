"""The command line ``qa``; its commands are in `qa.commands`, and heavy libraries load with the one that needs them."""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path
from typing import Any

import click

from qa import __version__
from qa.commands import accounts, articles, asking, evaluation, feeds, library, mcp, models, summaries
from qa.errors import QAError

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


for _command in (
    asking.ask,
    asking.search,
    asking.serve,
    articles.ingest,
    articles.articles,
    summaries.summarize,
    summaries.compare,
    articles.show,
    articles.delete,
    feeds.feeds,
    mcp.mcp,
    library.library,
    models.models,
    evaluation.evaluation,
    accounts.accounts,
):
    cli.add_command(_command)


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
    except FileNotFoundError as error:
        _fail(f"{error.filename}: there is no such file or folder", 2)
    except (PermissionError, NotADirectoryError, FileExistsError, IsADirectoryError) as error:
        _fail(f"{error.filename}: {(error.strerror or 'cannot be used').lower()}; name another", 2)
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
