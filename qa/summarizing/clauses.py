"""The clauses of a sentence, by the words that divide them: what a figure or a denial in it is about."""

from __future__ import annotations

import re
from itertools import pairwise

from qa.text.sentences import split_sentences
from qa.types import Span

_DIVIDES = re.compile(
    r";|:(?= )| [–—-]+ |(?<=\w)—(?=\w)"
    r"|,?[’”\"]? (?=(?:but|whereas|although|though|when|because|which|who|whose)\b"
    r"|(?:after|before|since|until)\b(?! (?:\d|noon|midnight|dawn|[A-Z]\w+day\b)))"
    r"|,?[’”\"]? (?=and (?:then |that )?(?:\w+ed|\w+ (?:was|were|is|are|had|has|have|said)|gave|left|sent|made|took)\b)"
    r"|,[’”\"]? (?=(?:and|while|where|as|with|according|in an?|by|the|an?|one|his|her|its|their)\b|\w+(?:ing|ed)\b)"
    r"|,[’”\"]? (?=(?:[\w.’'-]+ ){1,4}(?:said|says|told|added)\b)"
)
_LEAST_WORDS = 3  # a shorter piece goes with the one before it
_EDGES = " ,;:–—-"


def clauses(text: str) -> list[Span]:
    """The clauses of ``text`` in order, without outer punctuation; a piece of a word or two goes with its neighbour."""
    found: list[Span] = []
    for sentence in split_sentences(text):
        found += _within(text, sentence)
    return found


def clause_at(text: str, place: int) -> Span:
    """The clause of ``text`` that ``place`` lies in."""
    return next((clause for clause in clauses(text) if clause.start <= place < clause.end), Span(0, len(text)))


def _within(text: str, sentence: Span) -> list[Span]:
    cuts = [sentence.start, *(match.end() for match in _DIVIDES.finditer(text, *sentence)), sentence.end]
    pieces = [Span(start, end) for start, end in pairwise(cuts) if text[start:end].strip(_EDGES)]
    joined: list[Span] = []
    for piece in pieces:
        if joined and (_is_short(text, piece) or _is_short(text, joined[-1])):
            joined[-1] = Span(joined[-1].start, piece.end)
        else:
            joined.append(piece)
    return [_trimmed(text, piece) for piece in joined]


def _is_short(text: str, piece: Span) -> bool:
    return len(text[slice(*piece)].split()) < _LEAST_WORDS


def _trimmed(text: str, piece: Span) -> Span:
    body = text[slice(*piece)]
    start = piece.start + len(body) - len(body.lstrip(_EDGES))
    return Span(start, start + len(body.strip(_EDGES)))
