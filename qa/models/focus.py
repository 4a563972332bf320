"""The part of a long text that bears on a claim, by the words they share."""

from __future__ import annotations

from qa.text.sentences import split_sentences
from qa.text.words import content_stems

FOCUS_WORDS = 110


def focus(evidence: str, claim: str, words: int = FOCUS_WORDS) -> str:
    """The sentences of ``evidence`` that together have most of the words of ``claim``, in order, about ``words`` long.

    A text that is short enough comes back as it is. Each step takes the sentence that adds most words not found yet;
    a sentence too long for what is left is passed over, but one is always taken.
    """
    if len(evidence.split()) <= words:
        return evidence
    sentences = [evidence[span.start : span.end] for span in split_sentences(evidence)]
    stems = [set(content_stems(sentence)) for sentence in sentences]
    wanted = set(content_stems(claim))
    missing, chosen, room = set(wanted), set[int](), words
    while room > 0 and len(chosen) < len(sentences):
        rest = [place for place in range(len(sentences)) if place not in chosen]
        gains = {place: (len(stems[place] & missing), len(stems[place] & wanted)) for place in rest}
        best = max(rest, key=lambda place: (gains[place], -place))
        size = len(sentences[best].split())
        if chosen and size > room:
            stems[best], sentences[best] = set(), ""
            chosen.add(best)
            continue
        chosen.add(best)
        missing -= stems[best]
        room -= size
    return " ".join(sentences[place] for place in sorted(chosen) if sentences[place])
