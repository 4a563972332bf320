"""Words that the command line and the pages say alike."""

from __future__ import annotations

DISAGREEMENT = "The sources disagree: each version stands above with its own source."

UNNAMED = "anonymous: "
"""What the speaker of a citation begins with where the article describes but does not name them."""

NEAREST = "The nearest words, whether they answer or not:"

VOICES = {"reported": "reported", "asserted": "the article’s own claim", "fact": "stated as a fact"}

_STRONG, _FAIR = 0.8, 0.6


def support_words(support: float) -> str:
    """How strongly a quotation bears out its sentence, in words with the percentage."""
    strength = "strong" if support >= _STRONG else "fair" if support >= _FAIR else "weak"
    return f"{strength} support ({support:.0%})"


def said_by(speaker: str) -> str:
    """Who says quoted words, by name or, where the article gives none, by its description."""
    name = speaker.removeprefix(UNNAMED)
    return f"said by {name}" if name == speaker else f"said by {name} (not named)"
