"""Raw replies as responses in citewire's form: sentences without marks, each with what its marks cite."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from benchmarks.peers.peer import Chunk
from qa.evaluation.cases import locate
from qa.evaluation.responses import Cited, Place, Response, Told
from qa.text.sentences import split_sentences

_NUMBERS = r"\d{1,3}(?:\s*(?:,|;|&|-|–|and)\s*(?:sources?|documents?)?\s*\d{1,3})*"
_MARK = re.compile(
    rf"[ \t]*\[(?:sources?|documents?)?\s*(?P<square>{_NUMBERS})\]"
    rf"|[ \t]*\((?:sources?|documents?)\s*(?P<round>{_NUMBERS})\)"
    rf"|^[ \t]*(?:sources?|documents?)\s*(?P<head>{_NUMBERS})[ \t]*:\s*"
    rf"|\b(?:sources?|documents?)\s+(?P<named>{_NUMBERS})\b",
    re.IGNORECASE | re.MULTILINE,
)
_RANGE = re.compile(r"(\d+)\s*[-–]\s*(\d+)")
_LONGEST_RANGE = 20

# A sentence that says no more than that there is no answer; README.md tells the rule.
_SOURCES = r"\b(?:sources?|documents?|contexts?|articles?|passages?|texts?|information|content)\b"
_REFUSAL = re.compile(
    r"\bI (?:do not|don['’]t) (?:know|have)\b"
    r"|\bI(?: am|['’]m) (?:not (?:sure|able)|unable|sorry)\b"
    rf"|{_SOURCES}.{{0,80}}?\b(?:do|does|did) ?(?:not|n['’]t)\b"
    rf"|\b(?:no|none of the|neither of the|insufficient|not enough) (?:\w+ ){{0,2}}?{_SOURCES}"
    r"|\b(?:there is|there['’]s) no (?:\w+ )?(?:mention|answer|indication|evidence|record)\b"
    r"|\bnot (?:\w+ )?(?:mentioned|provided|specified|stated|given|available|answered|included)\b"
    r"|\b(?:cannot|can['’]t|can not|unable to|not possible to)(?: be)? (?:answer|determin|find|provid|identif|confirm)",
    re.IGNORECASE,
)


class _Mark(NamedTuple):
    """Numbers that stand in one place: ``at`` in the text without marks; ``leads`` if a line begins with them."""

    at: int
    numbers: tuple[int, ...]
    leads: bool


def response_of(raw: Mapping[str, Any], texts: Mapping[str, str]) -> Response:
    """The response that the raw reply of an adapter is; ``texts`` are the articles by id."""
    if "error" in raw:
        return Response(id=raw["id"], seconds=raw["seconds"], error=raw["error"])
    shown = [_placed(Chunk(**chunk), texts) for chunk in raw["shown"]]
    bare, marks = _bared(raw["text"])
    spans = [span for span in split_sentences(bare) if re.search(r"\w", bare[span.start : span.end])]
    if marks and not spans:  # marks alone: no answer in words, but no refusal either
        bare, marks = raw["text"], [mark._replace(at=0, leads=True) for mark in marks]
        spans = split_sentences(bare)[:1]
    sentences = [bare[start:end] for start, end in spans]
    cited = raw["cited"]
    if all(_REFUSAL.search(sentence) for sentence in sentences):
        told: tuple[Told, ...] = ()
    elif cited is not None:
        whole = tuple(shown[number - 1] for number in cited)
        told = tuple(Told(sentence, whole) for sentence in sentences)
    else:
        told = tuple(
            Told(sentence, tuple(shown[n - 1] for n in _numbers_of(place, spans, marks) if 0 < n <= len(shown)))
            for place, sentence in enumerate(sentences)
        )
    numbers = [number for mark in marks for number in mark.numbers]
    return Response(
        id=raw["id"],
        sentences=told,
        reason=None if told else "refused",
        marks=len(numbers) if cited is None else None,
        invalid_marks=sum(not 0 < number <= len(shown) for number in numbers) if cited is None else None,
        retrieved=_places(shown) if cited is None else None,
        seconds=raw["seconds"],
    )


def _placed(chunk: Chunk, texts: Mapping[str, str]) -> Cited:
    """The citation of a whole chunk, with its place if that can be told; frameworks may change white space."""
    text = texts[chunk.article]
    start, end = chunk.start, chunk.end
    if start is None or end is None or text[start:end] != chunk.text:
        first = text.find(chunk.text)
        exact = (first, first + len(chunk.text)) if first >= 0 and text.count(chunk.text) == 1 else None
        start, end = exact or locate(chunk.text, text) or (None, None)
    return Cited(chunk.text, chunk.article, start, end)


def _places(shown: Sequence[Cited]) -> tuple[Place, ...] | None:
    """Where all that was shown lies; ``None`` if the place of one is not known."""
    places = [
        Place(cited.article, cited.start, cited.end)
        for cited in shown
        if cited.article is not None and cited.start is not None and cited.end is not None
    ]
    return tuple(places) if len(places) == len(shown) else None


def _bared(text: str) -> tuple[str, list[_Mark]]:
    """The text without its marks, and the marks; “Source 1” within a sentence is one as well, but its words stay."""
    pieces: list[str] = []
    marks: list[_Mark] = []
    length = first = 0
    for match in _MARK.finditer(text):
        named = match.lastgroup == "named"
        piece = text[first : match.start()]
        pieces.append(piece)
        length += len(piece)
        first = match.start() if named else match.end()
        numbers = _expanded(match[str(match.lastgroup)])
        before = text[: match.start()].rstrip(" \t*•-–")
        marks.append(_Mark(length, numbers, leads=named or not before or before.endswith("\n")))
    pieces.append(text[first:])
    return "".join(pieces), marks


def _expanded(listed: str) -> tuple[int, ...]:
    """The numbers in a list such as ``1, 3-5``."""
    numbers: list[int] = []
    for low, high in _RANGE.findall(listed):
        if 0 < int(high) - int(low) <= _LONGEST_RANGE:
            numbers += range(int(low), int(high) + 1)
    numbers += map(int, re.findall(r"\d+", listed))
    return tuple(dict.fromkeys(numbers))


def _numbers_of(place: int, spans: Sequence[tuple[int, int]], marks: Sequence[_Mark]) -> list[int]:
    """The numbers that stand in the sentence at ``place``: within it, after its end, or leading it on its line."""
    numbers = [number for mark in marks if _sentence_of(mark, spans) == place for number in mark.numbers]
    return list(dict.fromkeys(numbers))


def _sentence_of(mark: _Mark, spans: Sequence[tuple[int, int]]) -> int:
    if mark.leads:
        return next((place for place, (_, end) in enumerate(spans) if end > mark.at), len(spans) - 1)
    begun = [place for place, (start, _) in enumerate(spans) if start < mark.at]
    return begun[-1] if begun else 0
