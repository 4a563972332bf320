"""``qa mcp``: the library as tools of an assistant on this machine."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from qa.commands.common import service_of
from qa.errors import QAError

if TYPE_CHECKING:
    from qa.service import Service


@click.command()
@click.pass_context
def mcp(context: click.Context, /) -> None:
    """Serve the library as tools over standard input and output, for assistants that speak MCP.

    An assistant starts this command itself. `qa serve` offers the same tools at /mcp.
    """
    from qa.web.api.threads import Threads
    from qa.web.mcp import mcp_server

    service = service_of(context, create=True)
    threading.Thread(target=_warm_up, args=(service,), name="warm-up", daemon=True).start()
    mcp_server(service, Threads(service.settings)).run("stdio")


def _warm_up(service: Service) -> None:
    """Load the models while the assistant is being asked; what goes wrong is said by the first question."""
    with suppress(QAError):
        service.warm_up()
