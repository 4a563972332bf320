"""``qa mcp``: the library as tools of an assistant on this machine."""

from __future__ import annotations

import sys
import threading
from contextlib import ExitStack, redirect_stdout, suppress
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
    from qa.web.api.app import Metrics, Readiness, api_of
    from qa.web.logs import configure_logging
    from qa.web.mcp import mcp_server

    service = service_of(context, create=True)
    configure_logging(service.settings)
    with ExitStack() as serving:

        def begun() -> None:
            # Now that the SDK has taken standard output for itself: what is printed would wait in a buffer, and go to
            # the assistant at the end. For the same reason nothing is loaded before.
            serving.enter_context(redirect_stdout(sys.stderr))
            threading.Thread(target=_warm_up, args=(service,), name="warm-up", daemon=True).start()

        mcp_server(api_of(service, Metrics(service, Readiness())), begun).run("stdio")


def _warm_up(service: Service) -> None:
    """Load the models while the assistant is being asked; what goes wrong is said by the first question."""
    with suppress(QAError):
        service.warm_up()
