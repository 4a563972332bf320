"""Questions about what somebody said: who says this, or what does that one say of it."""

from __future__ import annotations

import re
from typing import NamedTuple

from qa.text.cues import is_saying_word
from qa.text.speakers import head_word
from qa.text.words import content_stems, stem

_WORD = re.compile(r"[^\W_]+(?:[’'.-][^\W_]+)*")


def _split(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WHO = _split("who whom which")
_ASKED = _split("what how why which where")
_QUANTITY = _split("many much long")
_DID = _split("do does did")
_HELPING = _DID | _split("has have had is are was were be been would will can could should")
_LEAD = _ASKED | _HELPING | _split("and but so in")
_DONE_TO = _split("is are was were be been being gets got")
_THINKING = frozenset(
    map(stem, _split("think thought believe see saw view regard consider expect feel fear hope blame"))
)
_IRREGULAR = _split("said told spoke gave give gives put puts")
# Words that only frame the question: neither what was said nor who said it.
_FRAME = frozenset(
    map(
        stem,
        _split(
            "say said tell told speak spoke word words account claim phrase verdict opinion view statement description "
            "remark comment explanation answer reply reaction response record report reporting speech speaker person "
            "attributed quoted quote quotation cited according article mention"
        ),
    )
)
_WHOSE_WORDS = re.compile(
    r"\bwhose\b(?:\W+\w+){0,3}?\W+(?:words?|account|claims?|phrase|verdict|opinion|view|statement|description|remark|"
    r"comment|explanation|answer|reply|report(?:ing)?|warning|prediction|estimate|figures?|demand|promise)\b",
    re.IGNORECASE,
)
_ACCORDING_TO_WHOM = re.compile(r"\b(?:according|attributed) to (?:whom|who|which)\b", re.IGNORECASE)
_VIEW = re.compile(
    r"(?P<who>(?:[\w.-]+ ){0,6}[\w.-]+)(?:[’']s|s[’']) (?:own )?(?:view|words|opinion|verdict|position|stance|reason|"
    r"explanation|answer|reply|response|reaction|account|description|comment|warning|demand|promise|advice)s?\b",
    re.IGNORECASE,
)
_PHRASE = re.compile(r"[“\"]([^“”\"]+\s[^“”\"]+)[”\"]")
_BEFORE_OBJECTS = _split("on in at to for of with by from about")
_FARTHEST = 8  # words between the question word and the verb


class SpeechQuestion(NamedTuple):
    """What is asked of what somebody said.

    ``speaker`` is who, as the question names them, or empty where it asks for them; ``topic`` are the stems of the
    words that tell what was said, ``about`` the question without the speaker, and ``phrases`` the words that it quotes.
    ``kind`` is the stem of what the speaker is asked to be: “which minister”.
    """

    speaker: str
    topic: frozenset[str]
    about: str
    phrases: tuple[str, ...] = ()
    kind: str = ""


def speech_question(question: str) -> SpeechQuestion | None:
    """What ``question`` asks of what somebody said, or ``None`` where it asks for no speaker and nobody's words.

    “What, according to the memo, …” asks for a fact, and so do “when does she say …” and “how many …”.
    """
    words = list(_WORD.finditer(question))
    lower = [word.group().casefold() for word in words]
    if _ACCORDING_TO_WHOM.search(question) or _WHOSE_WORDS.search(question):
        return _asks_who(question)
    for place, word in enumerate(lower):
        if word in _WHO and (not place or lower[place - 1] not in _BEFORE_OBJECTS) and (verb := _verb_of(lower, place)):
            kind = lower[place + 1 : lower.index(verb, place)] if word == "which" else []
            return _asks_who(question, verb, stem(head_word(" ".join(kind))) if kind else "")
    if not lower or not _ASKED & set(lower[:3]) or _QUANTITY & set(lower[:4]):
        return None
    if view := _VIEW.search(question):
        called = [word for word in words if view.start("who") <= word.start() < view.end("who")]
        start = next((word.start() for word in called if word.group().casefold() not in _LEAD), None)
        return None if start is None else _asks_words(question, (start, view.end("who")))
    return _named_subject(question, words, lower)


def _asks_who(question: str, verb: str = "", kind: str = "") -> SpeechQuestion | None:
    topic = _topic(question, verb)
    phrases = tuple(one.strip(" .,;") for one in _PHRASE.findall(question))
    return SpeechQuestion("", topic, question, phrases, kind) if topic else None


def _asks_words(question: str, place: tuple[int, int], verb: str = "") -> SpeechQuestion | None:
    about = f"{question[: place[0]]} {question[place[1] :]}"
    topic = _topic(about, verb)
    if not topic and stem(verb) not in _FRAME:
        return None  # “what did the mayor warn of” asks for less than all that she said
    return SpeechQuestion(question[slice(*place)], topic, about)


def _topic(text: str, verb: str) -> frozenset[str]:
    return frozenset(content_stems(text)) - _FRAME - {stem(verb)}


def _says(word: str) -> bool:
    return word in _IRREGULAR or is_saying_word(stem(word)) or stem(word) in _THINKING


def _verb_of(words: list[str], place: int) -> str | None:
    """The verb of saying whose subject the “who” or “which …” at ``place`` is.

    Not in “who did he say” nor in “who was accused”.
    """
    for at in range(place + 1, min(place + 1 + _FARTHEST, len(words))):
        if words[at] in _DID:
            return None
        if _says(words[at]):
            return None if _done_to(words[at - 1], words[at]) else words[at]
    return None


def _done_to(helping: str, verb: str) -> bool:
    """Whether ``verb`` says what was done to its subject: “was accused”, not “is quoted” nor “is saying”."""
    return helping in _DONE_TO and not verb.endswith("ing") and verb != "quoted"


def _named_subject(question: str, words: list[re.Match[str]], lower: list[str]) -> SpeechQuestion | None:
    """The speaker between an auxiliary and a verb of saying or thinking: “what did the mayor say”."""
    helping = next((at for at, word in enumerate(lower) if word in _HELPING), None)
    if helping is None:
        return None
    verbs = [at for at in range(helping + 2, min(helping + 2 + _FARTHEST, len(lower))) if _says(lower[at])]
    if not verbs:
        return None
    verb = verbs[0]
    while verb + 1 in verbs:  # “does the statement describe”
        verb += 1
    if _done_to(lower[helping], lower[verb]) or _done_to(lower[verb - 1], lower[verb]):
        return None  # “what are the ships called”
    return _asks_words(question, (words[helping + 1].start(), words[verb - 1].end()), lower[verb])
