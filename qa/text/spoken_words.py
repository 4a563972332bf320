"""The words that an article quotes from a speaker, as quotations to print."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa.types import Attribution

MARKS = "‘’“”\"'"
_OPEN_END = re.compile(r"(?:(?<=\w)|[,;]) ?(?P<marks>[‘’“”\"']*)\Z")


def said_pieces(text: str, attribution: Attribution) -> list[str]:
    """What ``attribution`` gives to its speaker in the article ``text``: each piece on one line."""
    return [" ".join(text[slice(*piece)].split()) for piece in attribution.content]


def utterances(pieces: Sequence[str]) -> list[str]:
    """``pieces``; those are one that are one sentence with its speaker in the midst: “It fell,” he said, “and rose”."""
    joined: list[str] = []
    for piece in pieces:
        goes_on = piece.lstrip(MARKS)[:1].islower()
        if joined and goes_on and joined[-1].rstrip(MARKS)[-1:] in ",—–-":
            joined[-1] = f"{joined[-1].rstrip(MARKS)} … {piece.lstrip(MARKS)}"
        else:
            joined.append(piece)
    return joined


def inner_marks(text: str) -> str:
    """``text`` with its own double quotation marks as single ones, so that it can stand in double ones."""
    return text.replace("“", "‘").replace("”", "’").replace('"', "'")


def is_quoted(piece: str) -> bool:
    """Whether ``piece`` is nothing but words in quotation marks."""
    return piece[:1] in MARKS and piece[-1:] in MARKS


def unquoted(piece: str) -> str:
    """``piece`` without the quotation marks around it, ended like a sentence."""
    inside = piece.strip(" ,;")
    inside = inside[1:] if inside[:1] in MARKS else inside
    inside = inside[:-1] if inside[-1:] in MARKS else inside
    return _OPEN_END.sub(r".\g<marks>", inside.strip())
