"""Whose words a sentence tells: each citation has its speaker, and what is only said is told as said by them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence, Set
from dataclasses import replace

from qa.text.described import described, described_inside
from qa.text.overlap import share
from qa.text.speakers import head_word, is_pronoun
from qa.text.words import content_stems, fold, stem, word_set
from qa.types import Attribution, Citation, Sentence, Span, Speaker
from qa.wording import UNNAMED

Attributions = Callable[[str], Sequence[Attribution]]
"""The attributions of the article with an id."""

SpeechIn = Callable[[str], Sequence[Attribution]]
"""The attributions found in a text."""

TextOf = Callable[[str], str]
"""The text of the article with an id."""

_MOSTLY = 0.4  # share of a quotation, without what tells who speaks, that must be what they say
_WORD = re.compile(r"\w+(?:[’'-]\w+)*")
_QUOTES = "“\"‘'«"
_LEAST_WORDS = 6  # fewer may be no sentence: “Flooded town hall, October 14.”


def with_speakers(sentence: Sentence, attributions: Attributions) -> Sentence:
    """``sentence`` with the speaker of each citation, where the words are somebody's."""
    return replace(sentence, citations=tuple(with_speaker(one, attributions) for one in sentence.citations))


def with_speaker(citation: Citation, attributions: Attributions) -> Citation:
    """``citation`` with its speaker, where the words it quotes are mostly somebody's."""
    speaker = _speaker(citation, attributions)
    return citation if speaker is None else replace(citation, speaker=named(speaker))


def _speaker(citation: Citation, attributions: Attributions) -> Speaker | None:
    """Who says most of what is quoted."""
    said: dict[Speaker, int] = {}
    naming = 0  # characters that only tell who speaks
    for one in attributions(citation.article_id):
        if _is_told(one) and one.speaker is not None and (inside := _inside(one.content, citation)):
            said[one.speaker] = said.get(one.speaker, 0) + inside
            naming += _inside([one.span], citation) - inside
    best = max(said, key=lambda speaker: said[speaker], default=None)
    if best is None or said[best] < _MOSTLY * (citation.end - citation.start - naming):
        return None
    return best


def _is_told(one: Attribution) -> bool:
    """Whether it is words that somebody says who can be named: an “it” that stands for nobody known cannot."""
    return one.stated and one.speaker is not None and not is_pronoun(one.speaker.name)


def _inside(spans: Sequence[Span], citation: Citation) -> int:
    """The characters of ``spans`` that the citation quotes."""
    return sum(max(0, min(end, citation.end) - max(start, citation.start)) for start, end in spans)


def named(speaker: Speaker) -> str:
    """The speaker's name, or ``anonymous: `` with what the article says of them."""
    return f"{UNNAMED}{speaker.name}" if speaker.anonymous else speaker.name


# ── the gate's part ──────────────────────────────────────────────────────────────────────────────────────────────────


def wrong_speaker(sentence: Sentence, attributions: Attributions, read: SpeechIn, text: TextOf) -> str | None:
    """Why ``sentence`` may not be shown: it gives to one speaker of an article the words of another; else ``None``.

    ``read`` finds whom the sentence itself names as a source, ``text`` is the text of an article. Where the article
    gives the words to a “he” or a “they”, nothing is objected to: who that is cannot be read surely enough.
    """
    tellers = _tellers(sentence, attributions)
    if not tellers or any(is_pronoun(written) for _, written in _written(tellers, text)):
        return None
    known = {word for one, written in _written(tellers, text) for word in _names(one, written)}
    others = {
        word
        for article in dict.fromkeys(citation.article_id for citation in sentence.citations)
        for one, written in _written([(article, one) for one in attributions(article)], text)
        if one.speaker is not None and not is_pronoun(written)
        for word in _names(one, written)
    }
    for claimed in _sources(sentence.text, read):
        head = head_word(claimed)
        if head not in known and head in others:
            teller = tellers[0][1].speaker
            assert teller is not None  # noqa: S101 - `_tellers` picks those that have one
            return f"it gives to {claimed} what {described_inside(teller)} says"
    return None


def told_as_reported(
    sentence: Sentence, attributions: Attributions, read: SpeechIn, text: TextOf, names: Set[str] = frozenset()
) -> Sentence:
    """``sentence``, beginning with who says it where all that it cites is only somebody's word and it names nobody.

    ``names`` are stems of words known to be names, which keep their capital. A speaker whom the article calls “he”
    there stands beside the citation alone: to name them in the sentence would be surer than we are.
    """
    speakers = [_speaker(citation, attributions) for citation in sentence.citations]
    first = speakers[0]
    if first is None or None in speakers or _sources(sentence.text, read):
        return sentence
    if len(sentence.text.split()) < _LEAST_WORDS or head_word(first.name) in word_set(sentence.text):
        return sentence
    written = _written(_tellers(sentence, attributions), text)
    if any(is_pronoun(source) for _, source in written) or not _rests_on_speech(sentence, attributions):
        return sentence
    if sentence.text[0] in _QUOTES:
        return replace(sentence, text=f"{described(first).rstrip(',')}: {sentence.text}")
    return replace(sentence, text=f"According to {described_inside(first)}, {_continued(sentence.text, names)}")


def _tellers(sentence: Sentence, attributions: Attributions) -> list[tuple[str, Attribution]]:
    """Who says what the sentence cites, each with the id of the article."""
    return [
        (citation.article_id, one)
        for citation in sentence.citations
        for one in attributions(citation.article_id)
        if _is_told(one) and _inside(one.content, citation)
    ]


def _written(found: Sequence[tuple[str, Attribution]], text: TextOf) -> list[tuple[Attribution, str]]:
    """Each with its source as the article writes it; empty where it writes none."""
    return [(one, text(article)[slice(*one.source)] if one.source else "") for article, one in found]


def _sources(text: str, read: SpeechIn) -> list[str]:
    """Whom ``text`` itself gives words to."""
    return [text[slice(*one.source)] for one in read(text) if one.stated and one.source is not None]


def _names(one: Attribution, written: str) -> set[str]:
    """The words by which the speaker of ``one`` may be called: their name, role, outlet, and what is ``written``."""
    speaker = f"{one.speaker.name} {one.speaker.role or ''}" if one.speaker is not None else ""
    return word_set(f"{speaker} {written} {one.outlet or ''}")


def _rests_on_speech(sentence: Sentence, attributions: Attributions) -> bool:
    """Whether the sentence tells what is said, rather than what stands in the article's own voice beside it."""
    said = set(content_stems(sentence.text))
    content, beside = "", ""
    for citation in sentence.citations:
        inside = [False] * len(citation.quote)
        for one in filter(_is_told, attributions(citation.article_id)):
            for start, end in one.content:
                for place in range(max(start, citation.start), min(end, citation.end)):
                    inside[place - citation.start] = True
        content += "".join(letter if within else " " for letter, within in zip(citation.quote, inside, strict=True))
        beside += "".join(" " if within else letter for letter, within in zip(citation.quote, inside, strict=True))
    return share(said, set(content_stems(content))) > share(said, set(content_stems(beside)))


def _continued(text: str, names: Set[str]) -> str:
    """The sentence as it goes on after a comma: its first word in small letters, unless it is a name."""
    first = _WORD.match(text)
    if first is None or not first.group().istitle() or first.group() == "I" or stem(fold(first.group())) in names:
        return text
    return text[:1].lower() + text[1:]
