"""What to say instead of a loaded word, and how to leave it out of its sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa.text.lexicons import DETERMINERS, INTENSIFIER, word_set
from qa.text.lexicons.finding import Find
from qa.text.lexicons.inflections import Form, inflected
from qa.text.lexicons.prose import Prose, number_follows
from qa.types import Span

_HAVE_OR_BE = word_set("have has had having be been being is are was were get got getting by")


def said_instead(prose: Prose, find: Find) -> str | None:
    """What to say instead of a find, in its form and with its capital."""
    if find.entry.alternative is None:
        return None
    form = find.entry.form
    if form is Form.WRITTEN and " " in find.entry.alternative and _modifies(prose, find):
        return None
    if form is Form.PAST and find.first and prose.folded[find.first - 1] in _HAVE_OR_BE:
        form = Form.PARTICIPLE
    instead = inflected(find.entry.alternative, find.entry.section, form)
    written = prose.text[slice(*find.span(prose))]
    if written.isupper():
        return instead.upper()
    return instead[0].upper() + instead[1:] if written[0].isupper() and not find.entry.name else instead


def _modifies(prose: Prose, find: Find) -> bool:
    """Whether a find that is a noun stands before the noun it belongs to: “illegal immigrant caravan”."""
    follows = prose.joined(find.last) and prose.folded[find.last + 1] not in _NOT_A_NOUN
    return find.entry.section == "nouns" and follows


_LINKING = word_set(
    "be been being is are was were am it's that's he's she's isn't wasn't aren't weren't seem seems seemed become "
    "becomes became becoming look looks looked remain remains remained get gets got feel feels felt grow grew "
    "turn turned prove proved proven appear appears appeared sound sounds sounded stay stayed call called deem "
    "deemed consider considered find found make made makes"
)
_DEGREE = word_set(
    "not never hardly so too as than how more most less least very quite rather pretty no nor and or but yet"
)
_NEGATED = re.compile(r".*n't")
_NOT_A_NOUN = word_set(
    "a an the this that these those his her its their our my your some any all both and or but nor yet so if when "
    "while as than because since though although until unless whether who whom whose which what where why how of "
    "in on at to for from with by about against over under into through after before between among during without "
    "within toward towards upon amid despite across along around behind beyond near off out up down is are was "
    "were be been being am has have had do does did will would could can may might must should shall not never "
    "also only just even then there here now too very he she it they we you i him them us me one ones enough "
    "today yesterday tomorrow again"
)
_IDIOM_NOUNS = word_set("fashion way ways manner style terms form circumstances scale times")
_AFTER_THESE_STAY = (
    word_set(
        "go goes went gone going did do does done doing behave behaved act acted acting treat treated perform "
        "performed performs speak spoke think thought live lived dressed"
    )
    | _LINKING
)


def cut(prose: Prose, find: Find, left_out: set[int]) -> Span | None:
    """What to take out of the text for a find to be gone; ``None`` where the sentence would not stay whole."""
    if find.entry.section == "adjectives":
        return _cut_adjective(prose, find, left_out)
    if find.entry.section == "adverbs":
        return _cut_adverb(prose, find, left_out)
    return None


_LONGEST_RUN = 8  # words left out one after another that a sentence can have


def _word_before(prose: Prose, place: int, left_out: set[int]) -> str:
    """The word that stands before ``place`` in the same clause once others are left out; empty where none does."""
    place -= 1
    farthest = place - _LONGEST_RUN
    while place in left_out and place > farthest:
        place -= 1
    return prose.folded[place] if place >= 0 and (prose.joined(place) or place + 1 in left_out) else ""


def _cut_adjective(prose: Prose, find: Find, left_out: set[int]) -> Span | None:
    start, end = find.span(prose)
    before, gap = _word_before(prose, find.first, left_out), prose.gap(find.last)
    if before in _LINKING | _DEGREE or _NEGATED.fullmatch(before) or prose.hyphenated(find.first, find.last):
        return None
    if before.endswith("ly"):  # a potentially ruinous suit
        return None
    opens = prose.opens(find.first)
    if not before and not opens:
        return None
    following = [prose.folded[place] for place in range(find.last + 1, min(find.last + 4, len(prose.words)))]
    if not following:
        return None
    if number_follows(prose, find.last):
        if before in ("a", "an") and not _NUMBER_OF_NOUN.match(prose.text, end):
            start = prose.words[find.first - 1].start
        return Span(start, end + len(gap.rstrip("$€£¥₹")))
    if gap == ", " and before in DETERMINERS and following[0] not in _NOT_A_NOUN:
        return Span(start, end + len(gap))
    if not gap.isspace() or "\n" in gap:
        return None
    if following[0] == "and" and before in DETERMINERS and len(following) == 3:
        both = following[1] not in _NOT_A_NOUN and following[2] not in _NOT_A_NOUN
        joined = prose.joined(find.last + 1) and prose.joined(find.last + 2)
        return Span(start, prose.words[find.last + 2].start) if both and joined else None
    if following[0] in _NOT_A_NOUN | _IDIOM_NOUNS:
        return None
    return Span(start, end + len(gap))


# A number that measures one thing: a 30-point lead, a 20% rise, a $5 million fine.
_NUMBER_OF_NOUN = re.compile(
    r"\s(?:[$€£¥₹]?\d[\d.,]*-[^\W\d_]|\d[\d.,]*(?:%| percent| per cent) (?!of|to|in|from)[a-z]"
    r"|[$€£¥₹]\d[\d.,]*(?: (?:m|b|tr)illion| ?[mb]n)? (?!of|to|in|from|for|on|by|over|a|an|the|and|[mb]illion)[a-z])"
)


def _cut_adverb(prose: Prose, find: Find, left_out: set[int]) -> Span | None:
    start, end = find.span(prose)
    before, gap = _word_before(prose, find.first, left_out), prose.gap(find.last)
    after = prose.folded[find.last + 1] if prose.joined(find.last) else ""
    if before in _DEGREE or _NEGATED.fullmatch(before) or prose.hyphenated(find.first, find.last):
        return None
    if after in ("and", "or", "but", "enough", "than", "much", "so"):
        return None
    if gap[:1].isspace() and after:
        return Span(start, end + len(gap))
    if gap.startswith(",") and prose.text[max(0, start - 2) : start] == ", ":
        return Span(start - 2, end + 1)
    if gap == ", " and (prose.opens(find.first) or prose.folded[find.first] == prose.folded[find.last + 1]):
        return Span(start, end + 2)
    if not before or before in _AFTER_THESE_STAY | _NOT_A_NOUN or not prose.text[start - 1].isspace():
        return None
    if find.entry.kind != INTENSIFIER and not before.endswith("ed"):
        return None  # “failed miserably” fails, but who “treats others unfairly” does not just treat them
    return Span(start - 1, end)


def edited(prose: Prose, edits: Sequence[tuple[Span, str]]) -> str:
    """The text with ``edits`` made, and with what they disturb put right: a or an, and the capital of a sentence."""
    pieces: list[str] = []
    done, capital = 0, False
    for (start, end), instead in _joined(edits):
        pieces.append(_begun(prose.text[done:start], capital))
        capital = (capital and start == done) or (not instead and _leads(prose, start, end))
        done = end
        following = instead or prose.text[end : end + 40]
        pieces[-1] = _with_article(pieces[-1], following) if start > 0 else pieces[-1]
        pieces.append(instead[:1].upper() + instead[1:] if prose.text[start].isupper() else instead)
    pieces.append(_begun(prose.text[done:], capital))
    return "".join(pieces)


def _joined(edits: Sequence[tuple[Span, str]]) -> list[tuple[Span, str]]:
    """The edits, with what is cut just before another edit joined to it."""
    joined: list[tuple[Span, str]] = []
    for span, instead in edits:
        if joined and joined[-1] == (Span(joined[-1][0].start, span.start), ""):
            span = Span(joined.pop()[0].start, span.end)
        joined.append((span, instead))
    return joined


def _leads(prose: Prose, start: int, end: int) -> bool:
    """Whether what is cut from ``start`` to ``end`` began its sentence with a capital."""
    return end < len(prose.text) and prose.text[start].isupper()


def _begun(piece: str, capital: bool) -> str:
    return piece[:1].upper() + piece[1:] if capital else piece


_ARTICLE = re.compile(r"\b([Aa])n?(\s+)\Z")
_SPELT_OUT = re.compile(r"(?:[A-Z]{1,3}|[B-DF-HJ-NP-TV-Z]+)s?(?![A-Za-z])")  # FBI, MPs; NATO is read as a word
_CONSONANT_SOUND = re.compile(r"on[ec]|e[uw]|u(?:nanim|ni(?![ndm])|s[aeu]|ti|biq|kr|ran|r[io]n)", re.IGNORECASE)
_VOWEL_SOUND = re.compile(r"[aeiou]|hour|hon(?:est|o)|heir|8|1[18](?!\d)", re.IGNORECASE)


def _with_article(piece: str, following: str) -> str:
    """``piece`` with the article that it ends with, if any, as the sound of what follows asks."""
    match = _ARTICLE.search(piece[-8:])
    word = re.match(r"\W*(\w[\w-]*)", following)
    if match is None or word is None:
        return piece
    return f"{piece[: len(piece) - len(match.group())]}{match[1]}{'n' if _begins_with_vowel(word[1]) else ''}{match[2]}"


def _begins_with_vowel(word: str) -> bool:
    """Whether ``word`` is spoken with a vowel first: hour, FBI, 8; not union, one, UN."""
    if _SPELT_OUT.match(word):
        return word[0] in "AEFHILMNORSX"
    return _CONSONANT_SOUND.match(word) is None and _VOWEL_SOUND.match(word) is not None
