"""Claims that differ by an edit: which words of a wrong claim are the wrong ones, read off the right one beside it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher

from qa.types import Span

ALIKE = 0.75
"""Share of words that two claims must have in common, in order, for one to count as an edit of the other."""

_WORD = re.compile(r"\S+")


def edit_of(claim: str, others: Iterable[str]) -> tuple[Span, ...] | None:
    """The words of ``claim`` that the most similar of ``others`` does not have; ``None`` where none is similar enough.

    Where words were only left out, the words on either side of the gap stand for them.
    """
    words = list(_WORD.finditer(claim))
    best, blocks = ALIKE, None
    for other in others:
        matcher = SequenceMatcher(None, [w.group() for w in words], other.split(), autojunk=False)
        if matcher.real_quick_ratio() >= best and (ratio := matcher.ratio()) >= best:
            best, blocks = ratio, matcher.get_opcodes()
    if blocks is None:
        return None
    spans: list[Span] = []
    for kind, start, end, *_ in blocks:
        if kind == "equal":
            continue
        if kind == "delete" or end > start:
            spans.append(Span(words[start].start(), words[end - 1].end()))
        else:
            around = words[max(0, start - 1) : start + 1]
            spans.append(Span(around[0].start(), around[-1].end()))
    return tuple(spans) or None
