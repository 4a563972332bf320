"""A speaker as a sentence names them: with their role, beginning it or inside it."""

from __future__ import annotations

import re

from qa.text.speakers import is_rank
from qa.types import Speaker

_LONGEST_ROLE = 60  # characters of a role that a sentence may carry
_LONGEST_TITLE = 4  # words: “U.S. Ambassador to Turkey”
_OWNED = re.compile(r"(?:its|his|her|their|our|my)\b", re.IGNORECASE)
_OPENER = re.compile(r"\A(?:The|A|An|Some|Many|Several|Two|Three|Other|Others|One|Another|Most|Few)\b")


def described(speaker: Speaker) -> str:
    """The speaker as a sentence begins with them, their role beside their name."""
    name = speaker.name[:1].upper() + speaker.name[1:]
    role = " ".join((speaker.role or "").split())
    if _OWNED.match(role):
        role = ""  # “Its director”: whose, the sentence would not tell
    if not role or len(role) > _LONGEST_ROLE or speaker.anonymous:
        return name
    if _title_like(role):
        return f"{role[0].upper()}{role[1:]} {name}"
    before, _, rank = role.rpartition(", ")
    if before and is_rank(rank):  # “The Teshk delegate, Councillor” Mirel Joss
        name, role = f"{rank} {name}", before
    if _OPENER.match(role):
        role = role[0].lower() + role[1:]
    return f"{name}, {role},"


def described_inside(speaker: Speaker) -> str:
    """The speaker as they stand within a sentence."""
    found = described(speaker).rstrip(",")
    opener = _OPENER.match(found)
    return found[0].lower() + found[1:] if opener else found


def _title_like(role: str) -> bool:
    """Whether ``role`` goes before the name: “Mayor”, “panel Chairman Rep.”, not “a member of parliament”."""
    if "," in role or _OPENER.match(role[:1].upper() + role[1:]):
        return False
    words = role.split()
    return is_rank(words[-1]) or (role[:1].isupper() and len(words) <= _LONGEST_TITLE)
