"""Words that the command line and the pages say alike."""

from __future__ import annotations

import re

DISAGREEMENT = "The sources disagree: each version stands above with its own source."

UNNAMED = "anonymous: "
"""What the speaker of a citation begins with where the article describes but does not name them."""

NEAREST = "The nearest words, whether they answer or not:"

VOICES = {"reported": "reported", "asserted": "the article’s own claim", "fact": "stated as a fact"}

DIFFERENCES = {
    "number": "The figures differ",
    "time": "The times differ",
    "date": "The dates differ",
    "denial": "One says what the other denies",
}
"""In what two articles contradict each other."""

DISPUTED = "Disputed, and no fact"
CORRECTS = "The second corrects the first"

SHARED, CONTRADICTED, ALONE, ROUND_UP = "Told by several", "Contradicted", "Told by one only", "Round-up"
"""The parts of a comparison."""

# Controls that reorder or swallow what stands around them, and what UTF-8 or XML cannot hold. Left-to-right and
# right-to-left marks (U+200E, U+200F) stay: they are part of ordinary Arabic and Hebrew.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")

_STRONG, _FAIR = 0.8, 0.6


def support_words(support: float) -> str:
    """How strongly a quotation bears out its sentence, in words with the percentage."""
    strength = "strong" if support >= _STRONG else "fair" if support >= _FAIR else "weak"
    return f"{strength} support ({support:.0%})"


def said_by(speaker: str) -> str:
    """Who says quoted words, by name or, where the article gives none, by its description."""
    name = speaker.removeprefix(UNNAMED)
    return f"said by {name}" if name == speaker else f"said by {name} (not named)"


def letter(place: int) -> str:
    """What a comparison calls the article at ``place``: A, B, … Z, A2."""
    turn, within = divmod(place, 26)
    return chr(ord("A") + within) + (str(turn + 1) if turn else "")


def visible(text: str) -> str:
    """``text`` with characters that hide or reorder others spelt out, as in ``⟨U+202E⟩``."""
    return _UNSEEN.sub(lambda found: f"⟨U+{ord(found.group()):04X}⟩", text)


def counted(number: int, noun: str, nouns: str | None = None) -> str:
    """``1 case``, ``2 cases``."""
    return f"{number} {noun if number == 1 else nouns or noun + 's'}"
