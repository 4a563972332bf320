"""What stands beside a summary: who says what, the outlet's own claims, loaded words, and whose voice is missing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from qa.summarizing.points import Point
from qa.text.loaded_words import loaded_words
from qa.text.months import is_date
from qa.text.opinion import is_opinion
from qa.text.quoted import quoted_spans
from qa.text.speakers import full_names, same_speaker
from qa.text.words import fold
from qa.types import Article, Attribution, LoadedPlace, OwnClaim, Speaker, Speaking, Statement, Voice

_CAPITALISED = re.compile(r"\b[^\W\d_a-z][\w-]{2,}\b")
_LEAST_MENTIONS = 2


def speaking(article: Article, attributions: Sequence[Attribution]) -> list[Speaking]:
    """Each speaker of ``article`` with their statements, in the order in which they first speak."""
    found: dict[str, tuple[Speaker, list[Statement]]] = {}
    for one in attributions:
        if not one.stated or one.speaker is None:
            continue
        span = one.span
        said = " ".join(" ".join(article.text[start:end].split()) for start, end in one.content)
        quote = article.text[span.start : span.end]
        statement = Statement(said, one.kind, article.id, span.start, span.end, quote)
        speaker, statements = found.setdefault(fold(one.speaker.name), (one.speaker, []))
        if one.speaker.role and not speaker.role:
            found[fold(one.speaker.name)] = (one.speaker, statements)
        statements.append(statement)
    return [Speaking(speaker, tuple(statements)) for speaker, statements in found.values()]


def own_claims(points: Sequence[Point]) -> list[OwnClaim]:
    """What the articles say in their own voice."""
    return [
        OwnClaim(
            point.article.id,
            *point.span,
            point.article.text[slice(*point.span)],
            is_opinion(point.article.text[slice(*point.span)]),
        )
        for point in points
        if point.voice is not Voice.REPORTED
    ]


def loaded_places(article: Article) -> list[LoadedPlace]:
    """The loaded words of ``article`` with their places."""
    return [
        LoadedPlace(article.id, *word.span, word.text, str(word.kind), word.quoted, word.alternative)
        for word in loaded_words(article.text)
    ]


def missing_voices(article: Article, attributions: Sequence[Attribution]) -> list[str]:
    """The people and bodies that ``article`` names more than once and never lets speak, most named first."""
    speakers = [one.speaker for one in attributions if one.speaker is not None and one.stated]
    inside = quoted_spans(article.text)
    names = dict.fromkeys(
        name
        for place, name in full_names(article.text)
        if not any(span.start <= place < span.end for span in inside)
        and not any(is_date(word) or not word[-1].isalpha() for word in name.split())
    )
    words = Counter(_CAPITALISED.findall(article.text))
    mentions = {name: words[name.split()[-1]] for name in names}
    return [
        name
        for name, count in sorted(mentions.items(), key=lambda pair: -pair[1])
        if count >= _LEAST_MENTIONS and not any(same_speaker(name, speaker.name) for speaker in speakers)
    ]
