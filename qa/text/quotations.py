"""Quotations in a claim, word for word in its evidence or not."""

from __future__ import annotations

import re

from qa.text.words import fold

# A sentence may be half of a quotation: one not closed runs to the end, one not opened comes from the beginning.
_QUOTATION = re.compile(
    r"“([^”]+)(?:”|$)|^([^“”]+)”|(?<!\d)\"([^\"]+)(?:\"|$)|«([^»]+)»"
    r"|(?<!\w)‘(?!\d0s\b)((?:[^’]|’(?=\w))+)’(?!\w)|(?<!\w)'(?!\d\ds?\b)((?:[^']|'(?=\w))+)'(?!\w)"
)
_LEFT_OUT = re.compile(r"\[[^\]]*\]|…|\.(?: ?\.){2,}")


def altered_quotation(claim: str, text: str) -> str | None:
    """The first quotation in ``claim`` that ``text`` does not contain word for word.

    Words left out, as in “one … two” and “[they] three”, may be any; a quotation that the text interrupts to name its
    speaker may be given in one piece.
    """
    said = " ".join(_quoted(match) for match in _QUOTATION.finditer(text))
    stored = _letters(text), _letters(said)
    for match in _QUOTATION.finditer(claim):
        pieces = [_letters(piece) for piece in _LEFT_OUT.split(_quoted(match)) if re.search(r"\w", piece)]
        if not any(all(piece in whole for piece in pieces) for whole in stored):
            return _quoted(match)
    return None


def _quoted(match: re.Match[str]) -> str:
    return next(group for group in match.groups() if group)


def _letters(text: str) -> str:
    """The words of ``text`` alone, so that punctuation moved by a quotation does not count as a change."""
    words = re.findall(r"\w+", fold(text))
    return f" {' '.join(words)} "
