"""Why no answer is given, and how to say so."""

from __future__ import annotations

from collections.abc import Sequence

from qa.types import Abstention, Dropped

_MESSAGES = {
    Abstention.NOTHING_RETRIEVED: "There is no article to answer from.",
    Abstention.NOT_ANSWERED: "No proven answer: the articles speak of this, but no draft says what is asked.",
    Abstention.UNSUPPORTED: "No proven answer: what the model drafted is not borne out by any passage.",
    Abstention.REFUSED: "No proven answer: the model found none in the passages that it read.",
}


def abstention(known: Abstention | None, absent: str | None, dropped: Sequence[Dropped]) -> tuple[Abstention, str]:
    """The reason and the message; ``known`` is the reason where nothing was drafted, ``absent`` the name not found."""
    if known is Abstention.NOT_MENTIONED:
        return known, f"The articles found do not mention “{absent}”."
    reason = known or _reason(dropped)
    return reason, _MESSAGES[reason]


def _reason(dropped: Sequence[Dropped]) -> Abstention:
    """Read off what was withheld: borne out but beside the point, not borne out, or nothing at all."""
    if not dropped:
        return Abstention.REFUSED
    return Abstention.NOT_ANSWERED if any(one.borne_out for one in dropped) else Abstention.UNSUPPORTED
