"""Reads an article for reported speech: tagger, then decoding, then speakers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from qa.models.speech import SpeechTagger
from qa.text.cues import is_saying
from qa.text.interviews import Turn, answers
from qa.text.quoted import quoted_spans
from qa.text.reported_speech import Said, reported_speech
from qa.text.signed import signed_quotations
from qa.text.speakers import Speakers, is_pronoun, outlet_in
from qa.types import Attribution, Span, SpeechKind

READER = "8"
"""The version of what is done with the marks: attributions stored by another one are read anew."""

_MOSTLY = 0.9  # share of the content inside quotation marks that makes it direct speech
_LEAST_WORDS = 3  # of content, without which nothing is said that could be told on


class SpeechReader:
    """Finds the attributions of articles; usable from several threads."""

    def __init__(self, tagger: SpeechTagger) -> None:
        self._tagger = tagger

    @property
    def name(self) -> str:
        """What identifies its findings."""
        return f"{READER}:{self._tagger.name}"

    def read(self, text: str) -> tuple[Attribution, ...]:
        """The attributions of ``text`` in order."""
        quotations = quoted_spans(text)
        speakers = Speakers(text)
        interview, signed = answers(text), signed_quotations(text)
        found: list[Attribution] = []
        for said in reported_speech(text, self._tagger.mark(text)):
            content = _without_scraps(text, said.content)
            if sum(len(text[slice(*span)].split()) for span in content) < _LEAST_WORDS:
                continue
            if any(one.quotation.start < content[-1].end and content[0].start < one.quotation.end for one in signed):
                continue
            if said.source is None or is_pronoun(text[slice(*said.source)]):
                if any(turn.span.start <= content[0].start < turn.span.end for turn in interview):
                    continue  # “I said”, “they told me”: all that is the telling of the one interviewed
            elif any(turn.label.start <= said.source.start < turn.label.end for turn in interview):
                continue
            cue = text[slice(*said.cue)] if said.cue else ""
            kind = kind_of(content, quotations)
            found.append(
                Attribution(
                    content=content,
                    kind=kind,
                    stated=is_saying(cue) or kind is SpeechKind.DIRECT,
                    cue=said.cue,
                    source=said.source,
                    speaker=speakers.resolve(said.source) if said.source else None,
                    outlet=outlet_in(_around(text, said)),
                )
            )
        found += [
            Attribution((one.quotation,), SpeechKind.DIRECT, stated=True, source=one.source, speaker=one.speaker)
            for one in signed
        ]
        found += [one for turn in interview for one in _answer(turn, found)]
        return tuple(sorted(found, key=lambda one: one.content[0]))


def _answer(turn: Turn, reported: Sequence[Attribution]) -> Iterator[Attribution]:
    """A turn of an interview, sentence by sentence, but for those in which others are ``reported`` to say something."""
    for place, sentence in enumerate(turn.sentences):
        if any(one.stated and sentence.start <= one.content[0].start < sentence.end for one in reported):
            continue
        source = turn.label if place == 0 else None
        yield Attribution((sentence,), SpeechKind.DIRECT, stated=True, source=source, speaker=turn.speaker)


def kind_of(content: tuple[Span, ...], quotations: list[Span]) -> SpeechKind:
    """The kind that the ``quotations`` of an article make of somebody's words ``content``."""
    total = sum(end - start for start, end in content)
    quoted = sum(max(0, min(a.end, b.end) - max(a.start, b.start)) for a in content for b in quotations)
    if quoted >= _MOSTLY * total:
        return SpeechKind.DIRECT
    return SpeechKind.MIXED if quoted else SpeechKind.INDIRECT


def _without_scraps(text: str, content: tuple[Span, ...]) -> tuple[Span, ...]:
    """The pieces of several words, where there are any."""
    whole = tuple(span for span in content if len(text[slice(*span)].split()) > 2)
    return whole or content


def _around(text: str, said: Said) -> str:
    """What is written beside the cue, where the speaker's listener is named."""
    cue = said.cue or said.content[0]
    end = text.find("\n", cue.end)
    behind = text[cue.start : min(end if end >= 0 else len(text), cue.end + 200)]
    for mark in '“‘"':
        behind = behind.split(mark, 1)[0]
    return behind
