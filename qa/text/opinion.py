"""Cheap signals of what a sentence in an outlet's own voice is: a checkable fact, or a judgement."""

from __future__ import annotations

import re

from qa.text.loaded_words import loaded_words

_JUDGES = re.compile(
    r"\b(?:could|may|might|would|should|must|can only|ought|need(?:s)? to|appears?|seems?|looks? (?:like|set)|likely|"
    r"unlikely|perhaps|possibly|clearly|obviously|undoubtedly|surely|of course|arguably|inevitabl\w+|potential(?:ly)?|"
    r"represents?|signal(?:s|ing|ling)?|suggest(?:s|ing)?|sees? an opportunity|offers? a chance|turning point|"
    r"poised|bound to|set to|will|going to|threatens? to|promises? to|risks?|stance|the world watches)\b",
    re.IGNORECASE,
)
_ANCHOR = re.compile(
    r"\b(?:\d{4}|\d+(?:[.,]\d+)*|January|February|March|April|June|July|August|September|October|November|December|"
    r"Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|yesterday|last (?:week|month|year|night))\b"
)


def is_opinion(sentence: str) -> bool:
    """Whether ``sentence`` judges, predicts or guesses, by its words."""
    return bool(_JUDGES.search(sentence)) or any(not word.quoted for word in loaded_words(sentence))


def is_checkable(sentence: str) -> bool:
    """Whether ``sentence`` states something at a date, in numbers, or of a day, and does not judge."""
    return bool(_ANCHOR.search(sentence)) and not is_opinion(sentence)
