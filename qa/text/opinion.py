"""Cheap signals of what a sentence in an outlet's own voice is: a checkable fact, or a judgement."""

from __future__ import annotations

import re

from qa.text.loaded_words import loaded_words

# What may be, what will be, what something means, and what somebody has in mind: none of it can be looked up.
_JUDGES = re.compile(
    r"\b(?:"
    r"could|may|might|would|should|must|ought|needs? to|appears?|seems?|looks? (?:like|set)|likely|unlikely|perhaps|"
    r"possibly|clearly|obviously|undoubtedly|surely|of course|arguably|inevitabl\w+|potential(?:ly)?|"
    r"will|going to|set to|bound to|poised|threatens? to|promises? to|risks?|"
    r"represents?|signal(?:s|ing|ling)?|suggest(?:s|ing)?|marks? an?|amounts? to|shows? that|turning point|milestone|"
    r"stance|posture|resolve|determin(?:ed|ation)|commit(?:ted|ment)|eager|keen|intent on|bent on|hopes?|fears?|"
    r"wants?|seeks?|aims?|intends?|bid to|opportunity|chance to"
    r")\b",
    re.IGNORECASE,
)
_ANCHOR = re.compile(
    r"\b(?:\d{4}|\d+(?:[.,]\d+)*|January|February|March|April|June|July|August|September|October|November|December|"
    r"Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|yesterday|last (?:week|month|year|night))\b"
)


# Who says so is told in the same breath: then it is reported, even where nobody's words could be marked off.
_SOURCED = re.compile(
    r"\b(?:according to|says?|said|told|reported(?:ly)?|alleged(?:ly)?|claim(?:s|ed)|estimat(?:es|ed)|announced|"
    r"accus(?:es|ed)|den(?:ies|ied)|warn(?:s|ed)|argu(?:es|ed)|"
    r"(?:analysis|examination|investigation|inspection|tests?|report|study|survey|poll|data|figures|records?|documents?|review|audit|filings?)\b[^.;]{0,80}?"
    r"\b(?:shows?|showed|finds?|found|indicates?|indicated|reveals?|revealed))\b",
    re.IGNORECASE,
)


def is_opinion(sentence: str) -> bool:
    """Whether ``sentence`` judges, predicts or guesses, by its words."""
    return bool(_JUDGES.search(sentence)) or any(not word.quoted for word in loaded_words(sentence))


def is_checkable(sentence: str) -> bool:
    """Whether ``sentence`` states something at a date, in numbers, or of a day, and names no source nor judges."""
    return bool(_ANCHOR.search(sentence)) and not _SOURCED.search(sentence) and not is_opinion(sentence)
