"""Whose words a citation quotes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from qa.types import Attribution, Citation, Sentence, Span, Speaker
from qa.wording import UNNAMED

Attributions = Callable[[str], Sequence[Attribution]]
"""The attributions of the article with an id."""

_MOSTLY = 0.4  # share of a quotation, without what tells who speaks, that must be what they say


def with_speakers(sentence: Sentence, attributions: Attributions) -> Sentence:
    """``sentence`` with the speaker of each citation, where the words are somebody's."""
    return replace(sentence, citations=tuple(with_speaker(one, attributions) for one in sentence.citations))


def with_speaker(citation: Citation, attributions: Attributions) -> Citation:
    """``citation`` with its speaker, where the words it quotes are mostly somebody's."""
    said: dict[str, int] = {}
    naming = 0  # characters that only tell who speaks
    for one in attributions(citation.article_id):
        if one.stated and one.speaker is not None and (inside := _inside(one.content, citation)):
            name = named(one.speaker)
            said[name] = said.get(name, 0) + inside
            naming += _inside([one.span], citation) - inside
    best = max(said, key=lambda name: said[name], default=None)
    if best is None or said[best] < _MOSTLY * (citation.end - citation.start - naming):
        return citation
    return replace(citation, speaker=best)


def _inside(spans: Sequence[Span], citation: Citation) -> int:
    """The characters of ``spans`` that the citation quotes."""
    return sum(max(0, min(end, citation.end) - max(start, citation.start)) for start, end in spans)


def named(speaker: Speaker) -> str:
    """The speaker's name, or ``anonymous: `` with what the article says of them."""
    return f"{UNNAMED}{speaker.name}" if speaker.anonymous else speaker.name
