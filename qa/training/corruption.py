"""Sentences made wrong on purpose: a near-copy of a true sentence with one thing changed, and which words those are.

The errors are those that a small model makes when it writes from a passage: another number, date, name or speaker, two
names exchanged, a negation more or less, the opposite word, cause and effect exchanged, a detail from a neighbouring
sentence, a hedge lost. Every operation is a pure function of the sentence, what its article offers, and a random state.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from qa.text.sentences import split_sentences
from qa.text.words import STOPWORDS, content_stems, fold
from qa.types import Span

_NAME = re.compile(r"[A-Z][\w’'&-]*\.?(?: (?:(?:of|the|al|bin|de|van|von|for|and) )?[A-Z][\w’'&-]*)*")
_DIGITS = re.compile(r"(?<![\w.,-])\d[\d,]*(?:\.\d+)?(?![\w-])")
_MONTHS = "January February March April May June July August September October November December".split()  # noqa: SIM905
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()  # noqa: SIM905
_COUNTS = "two three four five six seven eight nine ten eleven twelve".split()  # noqa: SIM905
_CUE = r"(?:said|says|told|warned|added|argued|claimed|announced|denied|wrote|insisted|stated|reported|noted|explained)"
_AUXILIARY = re.compile(
    r"\b(is|was|are|were|will|would|can|could|should|must|may|might|has|have|had|does|did)\b(?! not\b|n['’]t)"
)
_NEGATED = re.compile(r"\b(is|was|are|were|will|would|could|should|must|has|have|had|does|did) not\b|\b(\w+)n['’]t\b")
_HEDGES = re.compile(
    r"\b(?:reportedly|allegedly|apparently|probably|possibly|likely|perhaps|nearly|almost|about|around|at least|"
    r"up to|more than|less than|fewer than|over|under|some of|most of|many of|may|might|could|plans to|hopes to|"
    r"intends to|wants to|tried to|sought to|threatened to|considered|proposed|suspected|accused of)\b"
)
_HEDGE_GONE = {"may": "will", "might": "will", "could": "will", "considered": "decided on", "proposed": "approved"}
_HEDGE_GONE |= {"more than": "less than", "less than": "more than", "fewer than": "more than", "at least": "at most"}
_HEDGE_GONE |= {"up to": "more than", "over": "under", "under": "over", "nearly": "over", "almost": "over"}
_HEDGE_GONE |= {"some of": "all of", "most of": "all of", "many of": "all of", "suspected": "convicted"}
_OPPOSITES = """
increase decrease, increased decreased, increases decreases, increasing decreasing, rise fall, rose fell, rising
falling, gain lose, gained lost, win lose, won lost, winning losing, winner loser, support oppose, supported
opposed, supports opposes, supporters opponents, supporting opposing, accept reject, accepted rejected, approve
reject, approved rejected, allow forbid, allowed forbidden, agree refuse, agreed refused, before after, more fewer,
more less, higher lower, high low, highest lowest, largest smallest, large small, larger smaller, big small, best
worst, better worse, first last, early late, earlier later, begin end, began ended, started stopped, start stop,
open close, opened closed, public private, domestic foreign, legal illegal, guilty innocent, positive negative,
strong weak, stronger weaker, strengthen weaken, success failure, succeeded failed, good bad, happy angry, safe
dangerous, rich poor, old new, young old, above below, inside outside, north south, northern southern, east west,
eastern western, left right, male female, men women, man woman, father mother, son daughter, brother sister, husband
wife, he she, his her, him her, buy sell, bought sold, borrowed lent, arrived left, entered left, import export,
imports exports, attack defend, attacked defended, praised criticized, praise criticism, confirmed denied, confirm
deny, remember forget, love hate, loved hated, always never, all none, everyone nobody, majority minority, most few,
many few, often rarely, possible impossible, likely unlikely, able unable, with without, for against, liberal
conservative, Democrat Republican, Democrats Republicans, Democratic Republican, dead alive, killed rescued, victim
suspect, hired fired, peace war, ally enemy, allies enemies, advantage disadvantage, cause result, minimum maximum,
temporary permanent, day night, morning evening, hot cold, faster slower, quickly slowly, raise cut, raised cut,
expand reduce, expanded reduced
"""
_OPPOSITE: dict[str, list[str]] = {}
for _pair in _OPPOSITES.split(","):
    _one, _other = _pair.split()
    _OPPOSITE.setdefault(_one, []).append(_other)
    _OPPOSITE.setdefault(_other, []).append(_one)
_CAUSE = re.compile(
    r"^(?P<a>[^,;]{20,}?),? (?P<how>because|after|before|while|until|so that) (?P<b>[^,;]{15,}?)(?P<end>[.!]?)$"
)
_DETAIL = re.compile(
    r" (?:in|on|at|for|with|by|from|to|during|over|against|about|since|near|under) (?:[\w’'$€£%-]+ ?){1,5}"
    r"(?=[,.;]| and | but | who | which | that )"
)
_NOUNLIKE = re.compile(r"\b[a-z]{4,}\b")
_ENDINGS = (
    "ings",
    "ing",
    "tions",
    "tion",
    "ers",
    "er",
    "ies",
    "ed",
    "ly",
    "al",
    "ous",
    "ive",
    "ity",
    "ment",
    "ness",
    "s",
    "",
)


@dataclass(frozen=True, slots=True)
class Corrupted:
    """A sentence that its source no longer bears out; ``spans`` are the wrong words, ``kind`` the operation."""

    text: str
    spans: tuple[Span, ...]
    kind: str


class Offer:
    """What the text around a sentence offers for corrupting it: names, figures, words, other sentences."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def sentences(self) -> list[str]:
        """The sentences, as written."""
        return [" ".join(self.text[span.start : span.end].split()) for span in split_sentences(self.text)]

    @cached_property
    def names(self) -> list[str]:
        """Names, each once: runs of capitalised words that do not merely begin a sentence."""
        return list(dict.fromkeys(name for sentence in self.sentences for _, name in names_in(sentence)))

    @cached_property
    def figures(self) -> list[str]:
        """Figures, each once."""
        return list(dict.fromkeys(_DIGITS.findall(self.text)))

    @cached_property
    def words(self) -> dict[str, list[str]]:
        """Lower-case words by their ending, each once."""
        found: dict[str, list[str]] = {}
        for word in dict.fromkeys(_NOUNLIKE.findall(self.text)):
            if word not in STOPWORDS:
                found.setdefault(_ending(word), []).append(word)
        return found


def names_in(sentence: str) -> list[tuple[Span, str]]:
    """The names in ``sentence`` with their places; a capitalised first word alone is not taken for one."""
    found = []
    for match in _NAME.finditer(sentence):
        name = match.group().removesuffix("'s").removesuffix("’s")
        words = name.split()
        start = match.start()
        if fold(words[0]) in STOPWORDS or (start == 0 and len(words) == 1):
            if len(words) == 1:
                continue
            start += len(words[0]) + 1
            name = " ".join(words[1:])
            if name.split()[0].islower():
                continue
        if name in _MONTHS or name in _DAYS or len(name) < 2:
            continue
        found.append((Span(start, start + len(name)), name))
    return found


def corrupt(sentence: str, offer: Offer, rng: random.Random, *, kinds: Sequence[str] = ()) -> Corrupted | None:
    """``sentence`` with one thing made wrong, of one of ``kinds`` where given; ``None`` where nothing can be."""
    names = list(kinds or _OPERATIONS)
    rng.shuffle(names)
    for kind in names:
        made = _OPERATIONS[kind](sentence, offer, rng)
        if made is not None and fold(made[0]) != fold(sentence):
            text, spans = made
            return Corrupted(text, tuple(spans), kind)
    return None


_Made = tuple[str, list[Span]] | None


def _replaced(text: str, changes: Sequence[tuple[Span, str]]) -> tuple[str, list[Span]]:
    """``text`` with each span exchanged for a string, and where those strings stand now."""
    out, spans, last = "", [], 0
    for span, new in sorted(changes):
        out += text[last : span.start]
        spans.append(Span(len(out), len(out) + len(new)))
        out += new
        last = span.end
    return out + text[last:], spans


def _number(text: str, offer: Offer, rng: random.Random) -> _Made:
    places = list(_DIGITS.finditer(text)) + list(re.finditer(rf"\b(?:{'|'.join(_COUNTS)})\b", text))
    if not places:
        return None
    match = rng.choice(places)
    old = match.group()
    if old in _COUNTS:
        return _replaced(text, [(Span(*match.span()), rng.choice([count for count in _COUNTS if count != old]))])
    others = [f for f in offer.figures if f != old and abs(len(f) - len(old)) <= 1]
    new = rng.choice(others) if others and rng.random() < 0.5 else _other_figure(old, rng)
    return _replaced(text, [(Span(*match.span()), new)])


def _other_figure(old: str, rng: random.Random) -> str:
    """``old`` with a digit changed, or two exchanged; its form is kept."""
    digits = [place for place, letter in enumerate(old) if letter.isdigit()]
    place = rng.choice(digits[-3:])
    new = rng.choice([d for d in "123456789" if d != old[place]])
    return old[:place] + new + old[place + 1 :]


def _date(text: str, offer: Offer, rng: random.Random) -> _Made:
    places = [
        (match, group) for group in (_MONTHS, _DAYS) for match in re.finditer(rf"\b(?:{'|'.join(group)})\b", text)
    ]
    if not places:
        return None
    match, group = rng.choice(places)
    return _replaced(text, [(Span(*match.span()), rng.choice([name for name in group if name != match.group()]))])


def _name(text: str, offer: Offer, rng: random.Random) -> _Made:
    found = names_in(text)
    if not found:
        return None
    span, old = rng.choice(found)
    words = set(fold(text).split())
    others = [name for name in offer.names if not set(fold(name).split()) & words]
    alike = [name for name in others if (len(name.split()) > 1) == (len(old.split()) > 1)]
    if not others:
        return None
    return _replaced(text, [(span, rng.choice(alike or others))])


def _speaker(text: str, offer: Offer, rng: random.Random) -> _Made:
    said = re.search(rf"(?P<after>{_CUE})|(?P<before>[Aa]ccording to )", text)
    found = names_in(text)
    if said is None or not found:
        return None
    span, _ = min(found, key=lambda one: min(abs(one[0].end - said.start()), abs(one[0].start - said.end())))
    if min(abs(span.end - said.start()), abs(span.start - said.end())) > 30:
        return None
    words = set(fold(text).split())
    others = [
        n
        for n in offer.names
        if not set(fold(n).split()) & words and re.search(rf"{re.escape(n)}[^.]{{0,40}}{_CUE}", offer.text)
    ]
    return _replaced(text, [(span, rng.choice(others))]) if others else None


def _exchange(text: str, offer: Offer, rng: random.Random) -> _Made:
    """Two names of the sentence in each other's place: who did it, and to whom."""
    found = names_in(text)
    if len(found) < 2:
        return None
    (first, one), (second, other) = sorted(rng.sample(found, 2))
    between = text[first.end : second.start]
    if not re.search(r"\b\w+(?:ed|s|d|t|n)\b", between) or re.fullmatch(r"\W*(?:and|or|,|,? ?and)\W*", between):
        return None
    return _replaced(text, [(first, other), (second, one)])


def _negation(text: str, offer: Offer, rng: random.Random) -> _Made:
    if match := _NEGATED.search(text):
        if match[1]:
            return _replaced(text, [(Span(*match.span()), match[1])])
        plain = {"ca": "can", "wo": "will"}.get(match[2].lower(), match[2])
        return _replaced(text, [(Span(*match.span()), plain)])
    places = list(_AUXILIARY.finditer(text))
    if not places:
        return None
    match = rng.choice(places)
    return _replaced(text, [(Span(*match.span()), f"{match.group()} not")])


def _opposite(text: str, offer: Offer, rng: random.Random) -> _Made:
    places = [match for match in re.finditer(r"[A-Za-z]+", text) if match.group() in _OPPOSITE]
    if not places:
        return None
    match = rng.choice(places)
    return _replaced(text, [(Span(*match.span()), rng.choice(_OPPOSITE[match.group()]))])


def _cause(text: str, offer: Offer, rng: random.Random) -> _Made:
    """What came of what, turned round."""
    match = _CAUSE.match(text)
    if match is None:
        return None
    first, second = match["a"], match["b"]
    begun = second[0].upper() + second[1:]
    ended = first if names_in(first) and names_in(first)[0][0].start == 0 else first[0].lower() + first[1:]
    made = f"{begun} {match['how']} {ended}{match['end']}"
    return made, [Span(0, len(made))]


def _detail(text: str, offer: Offer, rng: random.Random) -> _Made:
    """A phrase of another sentence in the place of one of this sentence, or added at its end."""
    own = set(content_stems(text))
    details = [
        match.group()
        for sentence in rng.sample(offer.sentences, min(12, len(offer.sentences)))
        if sentence != text
        for match in _DETAIL.finditer(sentence)
        if not set(content_stems(match.group())) & own and content_stems(match.group())
    ]
    if not details:
        return None
    new = rng.choice(details)
    places = list(_DETAIL.finditer(text))
    alike = [match for match in places if match.group().split()[0] == new.split()[0]]
    if alike:
        return _replaced(text, [(Span(*rng.choice(alike).span()), new)])
    end = len(text.rstrip("”\"'’.!?"))
    return _replaced(text, [(Span(end, end), new)]) if end > 20 else None


def _hedge(text: str, offer: Offer, rng: random.Random) -> _Made:
    """A hedge lost, or turned into its opposite: planned becomes done, some become all."""
    places = list(_HEDGES.finditer(text))
    if not places:
        return None
    match = rng.choice(places)
    old = match.group()
    if old.endswith(" to"):
        return None  # "plans to go" cannot be made "went" without knowing the verb
    if old not in _HEDGE_GONE:
        return None
    return _replaced(text, [(Span(*match.span()), _HEDGE_GONE[old])])


def _word(text: str, offer: Offer, rng: random.Random) -> _Made:
    """A word in the place of another with the same ending."""
    places = [match for match in _NOUNLIKE.finditer(text) if match.group() not in STOPWORDS]
    rng.shuffle(places)
    own = set(content_stems(text))
    for match in places[:4]:
        others = [w for w in offer.words.get(_ending(match.group()), ()) if not set(content_stems(w)) & own]
        if others:
            return _replaced(text, [(Span(*match.span()), rng.choice(others))])
    return None


def _ending(word: str) -> str:
    return next(ending for ending in _ENDINGS if word.endswith(ending))


_OPERATIONS: dict[str, Callable[[str, Offer, random.Random], _Made]] = {
    "number": _number,
    "date": _date,
    "name": _name,
    "speaker": _speaker,
    "exchange": _exchange,
    "negation": _negation,
    "opposite": _opposite,
    "cause": _cause,
    "detail": _detail,
    "hedge": _hedge,
    "word": _word,
}

KINDS = tuple(_OPERATIONS)
"""The operations by name."""
