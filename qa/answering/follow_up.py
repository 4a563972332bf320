"""What a follow-up asks, read as a question that stands alone: rules over the turns before, no model.

Two kinds of follow-up are read. A question cut short (“And in March?”, “Why?”, “What about the minister?”, “Who said
so?”) is completed from the question before it; a pronoun in a whole question is exchanged for the one person or thing
of the turns before that it can mean. Where more than one is possible, or the words do not show, the question stays as
it was written: a wrong reading is worse than none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from qa.answering.mentions import (
    VERBS,
    Group,
    Person,
    Told,
    Turn,
    asked,
    clean,
    groups,
    has_role,
    head,
    names,
    owned_persons,
    persons,
)
from qa.text.months import MONTHS
from qa.text.sentences import split_sentences
from qa.text.speakers import is_rank
from qa.text.words import STOPWORDS, fold
from qa.types import Answer

_LONGEST_READING = 400  # characters; a longer one tells no reader what was asked
_LONGEST_TOLD = 200  # characters of a sentence that may be taken into a question
_LOOK_BACK = 2  # turns in which a person is looked for


class Reading(NamedTuple):
    """A question as it is read; ``changes`` are the words written and what they were taken to mean."""

    question: str
    changes: tuple[tuple[str, str], ...] = ()


def turn_of(answer: Answer) -> Turn:
    """The turn that ``answer`` makes in a conversation."""
    told = (
        Told(one.text, tuple(dict.fromkeys(cited.speaker for cited in one.citations if cited.speaker)))
        for one in answer.sentences
    )
    return Turn(answer.question, tuple(told))


def turn_in_text(question: str, reply: str) -> Turn:
    """The turn that a question and its answer as text make; an answer has marks like ``[1]`` in it."""
    plain, marks = re.subn(r"\s*\[\d{1,3}\]", "", clean(reply))
    if not marks:
        return Turn(question)
    return Turn(question, tuple(Told(plain[span.start : span.end]) for span in split_sentences(plain)))


def read_follow_up(question: str, turns: Sequence[Turn]) -> Reading:
    """``question`` as it stands alone after ``turns``, or as it was written where nothing is resolved for certain."""
    written, plain = Reading(question), clean(question)
    turns = [_bounded(turn) for turn in turns[-_LOOK_BACK:]]
    if not turns or len(plain) > _LONGEST_READING:
        return written
    reading = _completed(plain, turns[-1]) or _resolved(plain, turns)
    if reading is None or len(reading.question) > _LONGEST_READING or fold(reading.question) == fold(plain):
        return written
    return reading


def _bounded(turn: Turn) -> Turn:
    """``turn`` without what is too long to be told again: articles and questions are anybody's."""
    question = clean(turn.question)
    told = tuple(Told(clean(one.text), one.speakers) for one in turn.told if len(one.text) <= _LONGEST_READING)
    return Turn(question if len(question) <= _LONGEST_READING else "", told)


# ── questions cut short ──────────────────────────────────────────────────────────────────────────────────────────────

_END = r"(?:,? (?:exactly|then|though|please))?\s*[?.!…]*\Z"
_LEAD = r"\A(?:(?:and|but|so|ok(?:ay)?|well)\b,? *)?"
_WHEN = r"when|where|why|how|how long|how often|since when|until when|at what time"
_BARE = re.compile(rf"{_LEAD}(?P<wh>{_WHEN}){_END}", re.IGNORECASE)
_BARE_THAT = re.compile(
    rf"{_LEAD}(?P<wh>{_WHEN}) (?:(?:is|was) (?:that|this|it so)|(?:did|does) (?:that|this) happen){_END}", re.IGNORECASE
)
_COUNT = re.compile(rf"{_LEAD}(?P<wh>how (?:many|much)){_END}", re.IGNORECASE)
_WHO_SAID = re.compile(
    rf"(?:{_LEAD}who (?:says?|said|claims?|claimed|reports?|reported) (?:so|that|this|it){_END}"
    rf"|{_LEAD}(?:says who|according to who(?:m)?){_END})",
    re.IGNORECASE,
)
_ABOUT = re.compile(rf"{_LEAD}(?:what|how) about (?P<what>[^?]+?){_END}", re.IGNORECASE)
_AND = re.compile(r"\A(?:and|but)\b,? +(?P<what>[^?]+?)\s*[?.!…]*\Z", re.IGNORECASE)
_SAYS = re.compile(r"\b(?:said|says|told|wrote|warned|claimed|denied|announced|testified)\b")
_MOST_WORDS = 6  # of what may take another's place
_SWAPPED = re.compile(rf"(?:{_WHEN})(?: and (?:{_WHEN}))?", re.IGNORECASE)
_UNBENDING = ("did", "will", "would", "can", "could", "should", "may", "might", "must", "had")  # for one and for many
_OWN_PRONOUN = re.compile(
    r"\b(?:i|me|you|we|us|he|him|she|they|them|it|this|that|these|those|there|so|others?|else|rest)\b", re.IGNORECASE
)


def _completed(question: str, last: Turn) -> Reading | None:
    """``question`` completed from the one before it, if it was cut short."""
    if found := _BARE.match(question) or _BARE_THAT.match(question):
        return _change(question, _asked_with(found["wh"], last.question))
    if found := _COUNT.match(question):
        return _change(question, _counted(found["wh"], last.question))
    if _WHO_SAID.match(question):
        return _change(question, _who_said(last))
    if found := _ABOUT.match(question) or _AND.match(question):
        what = found["what"].strip()
        if len(what.split()) <= _MOST_WORDS and not _OWN_PRONOUN.search(what) and not asked(what):
            return _change(question, _exchanged(what, last.question))
    return None


def _change(written: str, read: str | None) -> Reading | None:
    return Reading(read, ((written, read),)) if read else None


def _asked_with(wh: str, before: str) -> str | None:
    """The question ``before`` with ``wh`` for what it asked: when, where or why, or whether at all."""
    parts = asked(before)
    if parts is None or (parts.subject is None and not re.match(r"(?:the|an?) ", parts.rest, re.IGNORECASE)):
        return None
    quantity = fold(parts.wh) == "how much" and parts.verb.lower() in ("was", "were", "is", "are")
    if parts.wh and not _SWAPPED.fullmatch(parts.wh) and not quantity:
        return None  # what or whom it asked for would be missing
    if fold(parts.wh) == fold(wh):
        return None
    return f"{_capital(wh)} {parts.verb.lower()} {parts.rest}?"


def _counted(wh: str, before: str) -> str | None:
    """How many of the subject of the question ``before``."""
    parts = asked(before)
    if parts is None or parts.subject is None or (parts.wh and not _SWAPPED.fullmatch(parts.wh)):
        return None
    subject = before[parts.subject.start : parts.subject.end]
    group = next(one for one in groups(before, parts) if one.span == parts.subject)
    if fold(wh) != "how many" or not group.plural:
        return None
    rest = before[parts.subject.end :].strip(" ?")
    return f"How many {re.sub(r'^(?:the|any|some) ', '', subject, flags=re.IGNORECASE)} {parts.verb.lower()} {rest}?"


def _who_said(last: Turn) -> str | None:
    """Who said the one sentence of the last answer, where it does not say so itself."""
    if len(last.told) != 1:
        return None
    text = last.told[0].text.rstrip(".!")
    first, _, rest = text.partition(" ")
    if len(text) > _LONGEST_TOLD or re.search(r"[“”‘\"?:;]|according to", text) or _SAYS.search(text):
        return None
    if fold(first) in ("he", "she", "it", "they", "this", "that"):
        return None
    small = fold(first) in ("the", "a", "an", "its", "their", "two", "three", "four", "five", "some", "no", "from")
    return f"Who said that {first.lower() if small else first} {rest}?"


# ── “what about …”: one thing in the place of another ────────────────────────────────────────────────────────────────

_MONTH = rf"(?:{MONTHS}|May)"
_DAY = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_TIMES = (
    re.compile(r"\b(?:in |since |by |until )?(?:1[89]|2[01])\d\d\b"),
    re.compile(rf"\b(?:in |on |since |by |until )?{_MONTH}(?: \d{{1,2}})?\b(?:,? (?:1[89]|2[01])\d\d)?"),
    re.compile(rf"\b(?:on |since |by |until )?{_DAY}\b"),
)
_LEADING = re.compile(r"\A(in|on|at|since|by|until|near|from|for|before|after|during|under|with) (?=\S)", re.IGNORECASE)
_RELATIVE_TIME = re.compile(r"\b(?:this|last|next) (?:year|month|week|season)\b|\b(?:today|yesterday|tomorrow)\b", re.I)


def _exchanged(what: str, before: str) -> str | None:
    """The question ``before`` about ``what`` instead of what is like it there."""
    for pattern in _TIMES:
        if pattern.fullmatch(what):
            return _at_time(what, pattern, before)
    if leading := _LEADING.match(what):
        return _placed(what, leading[1].lower(), before)
    counted = re.match(r"how many ([^\W\d_]+s)\b", before, re.IGNORECASE)
    if counted and re.fullmatch(r"[^\W\d_]+s", what) and what.islower():
        return f"{before[: counted.start(1)]}{what}{before[counted.end(1) :]}"
    if same := _of_one_kind(what, before):
        return same
    candidates = _like(what, before)
    if len(candidates) != 1:
        return None
    (group,) = candidates
    start = before[: group.span.start]
    what = what[0].lower() + what[1:] if re.match(r"(?:The|A|An) ", what) else what
    return f"{start}{what if start else _capital(what)}{before[group.span.end :]}"


def _of_one_kind(what: str, before: str) -> str | None:
    """The question with “malting barley” for its “feed barley”."""
    described, _, noun = what.rpartition(" ")
    if not described or fold(described) in STOPWORDS or not noun.islower():
        return None
    found = list(re.finditer(rf"(?:\b([^\W\d_]+) )?\b{re.escape(noun)}\b", before))
    if len(found) != 1:
        return None
    (match,) = found
    start = (
        match.start() if match[1] and fold(match[1]) not in STOPWORDS | {"much", "many"} else match.end() - len(noun)
    )
    return before[:start] + (what if start else _capital(what)) + before[match.end() :]


def _at_time(what: str, pattern: re.Pattern[str], before: str) -> str | None:
    there = list(pattern.finditer(before))
    bare = _LEADING.sub("", what)
    if len(there) == 1:
        leading = _LEADING.match(what) or _LEADING.match(there[0].group())
        time = f"{leading.group().lower()}{bare}" if leading else bare
        return before[: there[0].start()] + time + before[there[0].end() :]
    if there or _RELATIVE_TIME.search(before) or any(other.search(before) for other in _TIMES):
        return None
    if re.match(r"(?:when|how long|since when|at what)\b", before, re.IGNORECASE):
        return None  # it asks for the time itself
    leading = _LEADING.match(what)
    preposition = leading[1].lower() if leading else "on" if re.search(rf"{_DAY}|{_MONTH} \d", bare) else "in"
    return f"{before.rstrip(' ?')} {preposition} {bare}?"


def _placed(what: str, preposition: str, before: str) -> str | None:
    """The question with “in Tolvin” for the phrase in it that begins like it, or at its end where there is none."""
    bare = what.split(" ", 1)[1]
    like = [g for g in groups(before, asked(before)) if fold(before[: g.span.start]).endswith(f" {preposition} ")]
    if len(like) == 1:
        return f"{before[: like[0].span.start]}{bare}{before[like[0].span.end :]}"
    if like or preposition not in ("in", "on", "at", "near", "during"):
        return None
    return f"{before.rstrip(' ?')} {what[0].lower()}{what[1:]}?"


def _like(what: str, before: str) -> list[Group]:
    """The noun groups of the question ``before`` in whose place ``what`` may stand."""
    there = groups(before, asked(before))
    found = groups(f"– {what}", None) or groups(f"– the {what}", None)
    if len(found) != 1:
        return []
    new = found[0]
    if new.role or (new.name and any(map(is_rank, new.text.split()))):
        people = persons(Turn(before))
        return [g for g in there if g.role or any(person.name.split()[-1] in g.text.split() for person in people)]
    if new.name:
        digits = any(c.isdigit() for c in new.text)
        return [g for g in there if g.name and any(c.isdigit() for c in g.text) == digits]
    if any(g.name for g in there) or re.search(r" [A-Z]", new.text):
        return []
    parts = asked(before)
    agrees = parts is not None and parts.verb.lower() in _UNBENDING
    return [g for g in there if not g.role and (agrees or g.plural == new.plural)] if len(there) == 1 else []


# ── pronouns ─────────────────────────────────────────────────────────────────────────────────────────────────────────

_PRONOUN = re.compile(
    r"\b(?P<word>he|him|his|she|hers?|they|them|their|its?|there)\b(?!['’])|"
    r"\b(?P<that>this|that|these|those) (?P<noun>[^\W\d_]{3,})\b",
    re.IGNORECASE,
)
_EXPLETIVE = re.compile(
    r"\b(?:does|did|will|would|can) it (?:take|mean|rain|snow|seem|appear|turn out|matter|happen)\b"
    r"|\bit (?:rain|snow)\w*\b"
    r"|\b(?:is|was) it (?:\w+ )?(?:true|false|likely|possible|clear|known|legal|right|wrong|safe|dark|cold|hot|late"
    r"|over|enough|often|said|reported|believed|important|necessary|normal|usual|that|to)\b"
    r"|\b(?:who|what|when|where|why) (?:is|was) it(?: that\b|\s*\?)",
    re.IGNORECASE,
)
_ASKS = re.compile(
    rf"{_LEAD}(?:(?:by|at|in|on|from|for|to|since|until|with|under|against|about) )?"
    rf"(?:who|whom|whose|what|when|where|which|why|how|tell|explain|describe|list|name|{'|'.join(sorted(VERBS))})\b",
    re.IGNORECASE,
)
_NOT_OWNED = re.compile(
    r"\s*(?:\Z|[?.,!;:]|(?:in|on|at|for|from|to|by|with|about|after|before|during|since|until|when|where|why|how|that|"
    r"and|or|if|as|than|because|not|ever|again|now|then|so|what|who|the|an?)\b)",
    re.IGNORECASE,
)
_SAYS_NOW = re.compile(r"\b(?:say|tell|testify|warn|claim|announce|deny|write|explain|comment|think|ask)\b", re.I)


def _resolved(question: str, turns: Sequence[Turn]) -> Reading | None:
    """``question`` with each pronoun that can mean but one of what the turns before speak of."""
    if not _ASKS.match(question) or _EXPLETIVE.search(question):
        return None
    changes: list[tuple[str, str]] = []
    pieces: list[str] = []
    last = 0
    for match in _PRONOUN.finditer(question):
        before, after = question[: match.start()], question[match.end() :]
        meant = _meant(match, before, after, turns)
        if meant is None:
            continue
        pieces += [question[last : match.start()], meant]
        changes.append((match.group(), meant))
        last = match.end()
    return Reading("".join([*pieces, question[last:]]), tuple(changes)) if changes else None


def _meant(match: re.Match[str], before: str, after: str, turns: Sequence[Turn]) -> str | None:
    """What the pronoun means, in the form that takes its place."""
    if match["that"]:
        return _same_noun(fold(match["noun"]), turns[-1])
    word = fold(match["word"])
    if word == "there":
        return _place(before, after, turns[-1])
    if word in ("it", "its"):
        found = _thing(before, turns[-1])
    elif word in ("they", "them", "their"):
        found = _several(before, turns[-1])
    else:
        found = _person("m" if word in ("he", "him", "his") else "f", before, turns)
    owned = word in ("his", "its", "their") or (word == "her" and not _NOT_OWNED.match(after))
    if found is None or word == "hers":
        return None
    if not owned:
        return found
    return f"{found}’" if word == "their" and found.endswith("s") else f"{found}’s"


def _own_groups(before: str) -> list[Group]:
    """The noun groups of the question itself before a pronoun: it may mean one of those."""
    return groups(f"{before}…", None)


def _person(gender: str, before: str, turns: Sequence[Turn]) -> str | None:
    """The one person of the turns before who can be meant."""
    if has_role(before) or any(not _is_thing(group, before) for group in _own_groups(before)):
        return None
    for turn in reversed(turns):
        found = _people(turn)
        if found:
            return _only(found, gender)
    return None


def _people(turn: Turn) -> list[Person]:
    """The persons of ``turn``, one whom its question knows by a role alone among them."""
    found = persons(turn)
    sure = [one for one in found if one.sure]
    parts = asked(turn.question)
    roles = [group for group in groups(turn.question, parts) if group.role and not group.name and not group.plural]
    found = [*(sure or found), *owned_persons(turn.question)]
    if not roles:
        return found
    defined = parts is not None and fold(parts.wh) == "who" and parts.subject == roles[0].span
    spoken = parts is not None and parts.subject == roles[0].span and bool(_SAYS_NOW.search(turn.question))
    same = len(found) == 1 and len(roles) == 1 and (defined or spoken or _fills(found[0], head(roles[0]), turn))
    return found if same else [*found, *(Person(_the(group.text)) for group in roles)]


def _fills(person: Person, role: str, turn: Turn) -> bool:
    """Whether ``turn`` gives ``person`` the rank or description ``role``."""
    surname = person.name.split()[-1]
    text = " ".join(told.text for told in turn.told)
    before = rf"\b{re.escape(role)}\b(?: [A-Z][\w.’-]*)* {re.escape(surname)}"
    after = rf"{re.escape(surname)},(?: \d+,)? (?:the|an?)\b[^,.]*\b{re.escape(role)}\b"
    return re.search(f"{before}|{after}", text, re.IGNORECASE) is not None


def _only(found: Sequence[Person], gender: str) -> str | None:
    """The one of ``found`` who may be he, or she; nobody where another cannot be told apart."""
    may_be = [one for one in found if one.gender in (None, gender)]
    return may_be[0].name if len(may_be) == 1 else None


def _thing(before: str, last: Turn) -> str | None:
    """The one thing of the last question that “it” can mean: its subject, or else its only thing."""
    if any(_is_thing(group, before) and not group.plural for group in _own_groups(before)):
        return None
    question = last.question
    parts = asked(question)
    things = [one for one in groups(question, parts) if _is_thing(one, question) and not one.plural and not _part(one)]
    if not things:
        return None
    opening = fold(question).split(" ", 1)[0]
    if parts is None and (
        opening in ("which", "what") or (opening == "who" and last.told and not _answered_by_one(last))
    ):
        return None  # the thing asked about, or the one that is the answer
    subject = [one for one in things if parts is not None and one.span == parts.subject]
    wh = fold(parts.wh) if parts is not None else ""
    defined = wh in ("what", "who") and parts is not None and parts.verb.lower() in ("is", "are", "was", "were")
    if subject and (defined or wh.split(" ", 1)[0] not in ("what", "which", "whom", "who")):
        return _the(subject[0].text)
    if subject:
        return None  # the subject, or the thing that was asked for
    return _the(things[0].text) if len(things) == 1 else None


def _answered_by_one(turn: Turn) -> bool:
    """Whether the answer names a person for sure."""
    return any(one.sure for one in persons(turn))


def _part(group: Group) -> bool:
    """Whether it is some of a thing (“a copy of the memo”), where either may be meant."""
    return bool(re.match(r"an? .* of ", group.text, re.IGNORECASE))


def _several(before: str, last: Turn) -> str | None:
    """Those of the last question that “they” can mean: its one plural group, or two who are the answer to “who”."""
    if has_role(before) or any(group.plural or group.name for group in _own_groups(before)):
        return None
    question = last.question
    several = [one for one in groups(question, asked(question)) if one.plural]
    found = [one for one in persons(last) if one.sure]
    if fold(question).startswith("who ") and len(found) == 2 and len(last.told) == 1:
        return f"{found[0].name} and {found[1].name}"
    return _the(several[0].text) if len(several) == 1 and len(found) < 2 else None


def _same_noun(noun: str, last: Turn) -> str | None:
    """The noun group of the last question that “that deal” takes up, if it tells more than that."""
    parts = asked(last.question)
    found = [one for one in groups(last.question, parts) if head(one) == noun]
    told = found[0].text.split() if len(found) == 1 else []
    return _the(found[0].text) if len(told) > 2 or (len(told) == 2 and found[0].name) else None


def _place(before: str, after: str, last: Turn) -> str | None:
    """“in Tolvin” for “there”, where the last question or answer places one thing only."""
    if re.search(r"\b(?:is|are|was|were|be|been|has|have|had|will|did|does|do)\s*\Z", before) or not _NOT_OWNED.match(
        after
    ):
        return None
    if not before.strip():
        return None
    where = re.compile(r"\b(in|at|near|off|on) \Z")
    for text in (last.question, *(told.text for told in last.told)):
        found = [
            (match[1] if (match := where.search(text[: name.start])) else "in", clean(text[name.start : name.end]))
            for name in names(text)
            if where.search(text[: name.start]) or re.fullmatch(r"where (?:is|are) ", text[: name.start], re.IGNORECASE)
        ]
        if len(set(found)) == 1:
            return " ".join(found[0])
        if found:
            return None
    return None


def _is_thing(group: Group, question: str) -> bool:
    """Whether ``group`` names no person, as far as the words show."""
    if group.role:
        return False
    surnames = {one.name.split()[-1] for one in persons(Turn(question)) if one.sure}
    return not (group.name and group.text.split()[-1] in surnames)


def _the(text: str) -> str:
    """A noun group as it is taken up again: “the” for “a”, but not where it had neither."""
    first, *more = text.split()
    return " ".join(["the", *more]) if fold(first) in ("a", "an", "the") else text


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
