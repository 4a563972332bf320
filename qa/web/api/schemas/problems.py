"""Problem details."""

from __future__ import annotations

from qa.web.api.schemas.common import Out


class Fault(Out):
    """One thing that is wrong with a request."""

    pointer: str
    """Where: ``/body/question``."""
    detail: str


class Problem(Out):
    """Problem details (RFC 9457)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    instance: str | None = None
    """The address that was asked for."""
    errors: list[Fault] | None = None
    """Everything that is not of its form."""
    retry_after: int | None = None
    """Seconds after which it is worth trying again."""
