"""Sentences said otherwise without a change of meaning, so that a model does not take every difference for an error."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

_SAID = re.compile(
    r"^[“\"](?P<what>[^“”\"]{15,}?),?[”\"],? (?P<who>(?:[A-Z]|the )[^,“”\"]{2,60}?) "
    r"(?P<cue>said|says|added|warned|told reporters)\.$"
)
_SAID_FIRST = re.compile(r"^(?P<who>[A-Z][^,“”\"]{2,50}?) said (?:that )?(?P<what>[a-z][^“”\"]{15,})$")
_APPOSITION = re.compile(r", (?:who|which|a|an|the|where|when|while|including|according)\b[^,]{5,80}(?:,|(?=\.$))")
_ASIDE = re.compile(r" \([^()]{2,60}\)| — [^—]{5,80} —")
_WHEN = re.compile(
    r",? (?:on|last|this|earlier on|late on) "
    r"(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|week|month|year)(?=[ .,])"
)
_LEAD = re.compile(
    r"^(?P<lead>(?:In|On|At|After|Before|During|Since|By|For|With) [^,]{4,50}), (?P<rest>.{20,})(?P<end>[.!])$"
)
_SAME = {
    "percent": "per cent", "U.S.": "United States", "said": "stated", "told": "informed",
    "around": "about", "approximately": "about", "nearly": "almost", "began": "started", "begin": "start",
    "purchased": "bought", "purchase": "buy", "because": "since", "officials": "authorities",
    "children": "kids", "car": "vehicle", "large": "big", "help": "assist", "need": "require", "needs": "requires",
    "shows": "demonstrates", "showed": "demonstrated", "show": "demonstrate", "important": "significant",
    "many": "numerous", "get": "obtain", "got": "received", "ended": "finished", "killed": "slain", "vote": "ballot",
    "country": "nation", "countries": "nations", "company": "firm", "companies": "firms", "talks": "negotiations",
    "attempted": "tried", "asked": "requested", "announced": "declared", "warned": "cautioned",
    "big": "major", "fight": "battle", "city": "town", "job": "post", "jobs": "posts", "police": "officers",
}  # fmt: skip
_WORD = re.compile(r"(?:U\.S\.)|[A-Za-z]+")
_COUNTS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def reword(sentence: str, rng: random.Random) -> str:
    """``sentence`` said otherwise, or as it is where nothing applies."""
    for operation in rng.sample(_OPERATIONS, len(_OPERATIONS)):
        made = operation(sentence, rng)
        if made is not None and len(made) >= 20:
            return made[0].upper() + made[1:]
    return sentence


def _reported(text: str, rng: random.Random) -> str | None:
    if match := _SAID.match(text):
        what = match["what"].rstrip(",.")
        if re.search(r"\b(?:I|we|my|our|you|your|me|us)\b", what, re.IGNORECASE):
            return f"{match['who']} {match['cue'].replace('told reporters', 'said')}, “{what}.”"
        return f"{match['who']} said that {what[0].lower() if what.split()[0] != 'I' else what[0]}{what[1:]}."
    if match := _SAID_FIRST.match(text):
        return f"According to {match['who']}, {match['what']}"
    return None


def _shorter(text: str, rng: random.Random) -> str | None:
    places = [
        match for pattern in (_APPOSITION, _ASIDE, _WHEN) for match in pattern.finditer(text) if match.start() > 10
    ]
    if not places:
        return None
    match = rng.choice(places)
    return text[: match.start()] + text[match.end() :]


def _turned(text: str, rng: random.Random) -> str | None:
    match = _LEAD.match(text)
    if match is None or "“" in text or '"' in text:
        return None
    rest = match["rest"]
    return f"{rest[0].upper()}{rest[1:]} {match['lead'][0].lower()}{match['lead'][1:]}{match['end']}"


def _synonyms(text: str, rng: random.Random) -> str | None:
    places = [match for match in _WORD.finditer(text) if match.group() in _SAME]
    if not places or "“" in text or '"' in text:
        return None
    for match in sorted(rng.sample(places, min(2, len(places))), key=lambda match: -match.start()):
        text = text[: match.start()] + _SAME[match.group()] + text[match.end() :]
    return text


def _figures(text: str, rng: random.Random) -> str | None:
    """Numbers in words for numbers in digits, and the other way; thousands with and without a comma."""
    if match := re.search(r"(?<![\w.,$€£-])(\d{1,3}),(\d{3})(?![\w,.])", text):
        return text[: match.start()] + match[1] + match[2] + text[match.end() :]
    if match := re.search(r"(?<![\w.,$€£-])([2-9]|1[0-2])(?![\w,.:%-])", text):
        return text[: match.start()] + _COUNTS[int(match[1])] + text[match.end() :]
    if match := re.search(rf"\b({'|'.join(_COUNTS[2:])})\b(?! of)", text):
        return text[: match.start()] + str(_COUNTS.index(match[1])) + text[match.end() :]
    return None


_OPERATIONS: list[Callable[[str, random.Random], str | None]] = [_reported, _shorter, _turned, _synonyms, _figures]
