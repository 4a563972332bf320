"""A point quoted word for word, where no plain sentence of it can be proven or none could be shorter."""

from __future__ import annotations

import re

from qa.summarizing.leads import Leads
from qa.summarizing.points import Point
from qa.text.sentences import split_sentences
from qa.text.spoken_words import inner_marks, is_quoted, said_pieces, utterances
from qa.types import SpeechKind

_ENDED = re.compile(r"[?!….][’”\"']*\Z")
_QUOTES = "‘’“”\"' ,;"
_SHORT_SPEECH = 8  # words
_LEAST_QUOTE = 5  # words that a quotation must have to say something
_LONGEST_QUOTE = 45  # words that a quotation in place of a draft may have


def quotation(point: Point, leads: Leads) -> str:
    """``point`` in quotation marks under its lead: the speaker's own words where they are, else the article's."""
    spoken = verbatim(point)
    if spoken is not None:
        text = spoken.strip(_QUOTES)
    else:
        text = point.text.strip(_QUOTES) if point.text[:1] in _QUOTES else point.text
    return f"{leads.quoted if spoken is None else leads.spoken}“{inner_marks(_first_words(text))}”"


def is_short_speech(point: Point) -> bool:
    """Whether somebody says ``point`` in so few words that they are as short as any telling of them."""
    spoken = verbatim(point)
    direct = point.attribution is not None and point.attribution.kind is SpeechKind.DIRECT
    return direct and spoken is not None and len(spoken.split()) <= _SHORT_SPEECH


def verbatim(point: Point) -> str | None:
    """The first words of ``point`` that the article quotes from the speaker, if they are enough to stand alone."""
    if point.attribution is None:
        return None
    spoken = utterances(said_pieces(point.article.text, point.attribution))
    if point.attribution.kind is SpeechKind.DIRECT:
        return next((one for one in spoken if len(one.split()) >= _LEAST_QUOTE), spoken[0])
    whole = [one for one in spoken[:1] if is_quoted(one)]
    return next((one for one in whole if len(one.split()) >= _LEAST_QUOTE), None)


def _first_words(text: str) -> str:
    """The first sentence of ``text``, or as many as it takes to say something, no longer than a quotation may be."""
    spans = split_sentences(text)
    end = next((span.end for span in spans if len(text[: span.end].split()) >= _LEAST_QUOTE), spans[-1].end)
    first = text[:end].rstrip(".,; ")
    words = first.split()
    if len(words) > _LONGEST_QUOTE:
        return f"{' '.join(words[:_LONGEST_QUOTE])} …"
    return first if _ENDED.search(first) else f"{first}."
