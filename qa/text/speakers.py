"""Speakers: a source as written (“he”, “Graham”, “the minister”) resolved to whom the article named before."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from qa.text.abbreviations import TITLES
from qa.text.sentences import split_sentences
from qa.text.words import STOPWORDS, fold
from qa.types import Span, Speaker


def _words(text: str) -> list[str]:
    return text.split()


_HEAD_STOPS = re.compile(
    r",| (?:of|in|from|at|for|on|who|which|that|with|to|by|obtained|seen|kept|published|issued|"
    r"speaking|familiar|close|briefed)\b|\(|\s[–—-]\s"
)
_WORDS = re.compile(r"[\w.]+(?:[’'-]\w+)*")
_POSSESSIVE = re.compile(r"['’]s?(?!\w)")
_SINGULAR = frozenset(["he", "him", "his", "she", "her", "hers"])
_PLURAL = frozenset(["they", "them", "their", "theirs"])
_RELATIVE = frozenset(["who", "which", "that", "whose"])
_NEUTER = frozenset(("it", "its", "itself"))
_FIRST = frozenset(["i", "me", "my", "we", "us", "our", "you", "your"])
GENDER = dict.fromkeys(("he", "him", "his"), "m") | dict.fromkeys(("she", "her", "hers"), "f")
"""The gender that a pronoun shows."""

_PARTICLE = r"(?:de|da|del|della|di|du|la|le|van|von|der|den|bin|ibn|al|el|bint|ben|y|e)"
_NO_NAME = "|".join(
    sorted(
        {word.capitalize() for word in STOPWORDS if len(word) > 1}
        | set(
            _words(
                "A According However Meanwhile Now Yet Unlike Like Despite Since Without Within Throughout "
                "Among Against Across Toward Towards Although Though Unless Instead Even Still Perhaps Maybe "
                "Thus Hence Never Always Ever Often Also Asked Near Outside Inside Behind Beyond Beside "
                "Besides Except Following Earlier Later Today Yesterday Tomorrow Monday Tuesday Wednesday "
                "Thursday Friday Saturday Sunday Nobody Everybody Everyone Somebody Someone Many Several "
                "Another One Two Three"
            )
        )
    )
)
_NAME = re.compile(
    rf"(?:(?<=\W)|\A)(?!(?:{_NO_NAME})\b)"
    rf"[^\W\d_a-z][\w’'.-]*(?: (?:{_PARTICLE} ){{0,2}}(?:[\"“][A-Z]\w+[\"”] )?[^\W\d_a-z][\w’'.-]*){{0,5}}"
)
_RANKS = frozenset(
    fold(word)
    for word in _words(
        "President Vice Prime Minister Secretary Senator Sen Governor Gov Representative Rep Congressman "
        "Congresswoman Mayor Judge Justice Chief Chairman Chairwoman Chair Director General Gen Colonel "
        "Captain Lieutenant Sergeant Admiral Major Officer Ambassador Envoy Professor Dr Doctor Mr Mrs Ms "
        "Miss Sir Lord Lady Dame King Queen Prince Princess Pope Bishop Archbishop Rabbi Imam Sheikh Speaker "
        "Leader Commissioner Chancellor Deputy Former Foreign Interior Defense Defence Finance Attorney "
        "State Republican Democratic Democrat Senate House Spokesman Spokeswoman Councillor Councilman "
        "Detective Inspector Lt Col Maj Sgt Capt Chairperson Retired "
        "First Mate Treasurer Clerk Coach Spokesperson Counsel Coordinator "
        "Sister Brother Father Mother Rev Reverend Monsignor Cardinal Abbot"
    )
)
_PERSONS = frozenset(
    _words(
        "official source diplomat analyst expert aide adviser advisor leader member lawmaker witness "
        "resident spokesman spokeswoman spokesperson minister officer soldier worker engineer person man "
        "woman voter critic supporter ally observer insider executive investigator researcher scientist "
        "economist historian activist protester employee staffer operative strategist donor teacher doctor "
        "lawyer prosecutor senator governor mayor politician deputy colleague neighbour neighbor relative "
        "friend fisherman farmer owner driver inspector manager commander captain student parent victim "
        "survivor guest reporter other people parliamentarian legislator scholar academic technician nurse "
        "clerk buyer agent trader banker broker pilot "
        "guard judge passenger customer tenant docker sailor teenager cousin"
    )
)
_QUANTIFIERS = frozenset(("most", "some", "many", "few", "several", "all", "both", "others", "critics", "experts"))
_NO_PERSONS = _QUANTIFIERS | {"the", "a", "an", "this", "that", "these", "those", "its", "their", "our"}
_SPELLED_OUT = {
    "sen": "senator", "gov": "governor", "rep": "representative", "gen": "general", "pres": "president",
    "col": "colonel", "capt": "captain", "sgt": "sergeant", "lt": "lieutenant", "prof": "professor", "dr": "doctor",
}  # fmt: skip
_ADDRESSES = frozenset(("the", "mr", "mrs", "ms", "miss", "sir"))
_ANONYMITY = re.compile(
    r"\b(?:anonym\w+|not (?:be |to be |wish(?:ing)? to be |want(?:ing)? to be )?(?:named|identified)"
    r"|not authori[sz]ed to (?:speak|discuss|comment)|asked not to be|declined to be (?:named|identified))",
    re.IGNORECASE,
)
_OUTLET = re.compile(
    r"\b(?:told|spoke (?:to|with)|speaking (?:to|with)|interview with|statement to|reported by|quoted by) (?:the )?"
    r"((?:[A-Z][\w.&’'-]*)(?: (?:of )?[A-Z][\w.&’'-]*)*)"
)
_OUTLETS = re.compile(
    r"\b(?:Bloomberg|Reuters|AP|Associated Press|AFP|CNN|BBC|NPR|NBC|CBS|ABC|MSNBC|Fox|Politico|Axios|TASS|Xinhua|"
    r"Jazeera|Post|Times|Journal|News|Guardian|Herald|Tribune|Gazette|Ledger|Dispatch|Daily|Telegraph|Mail|Radio|"
    r"Television|Chronicle|Observer|Mirror|Standard|Press|Magazine|Star|Globe|Courier|Examiner|Independent)\b"
)
# “on the steps of his flooded town hall, said”: the source as marked is only the end of a longer phrase.
_INSIDE_PHRASE = re.compile(r"\b(?:of|on|in|at|from|with) (?:his|her|their|its) \Z")
_PHRASE_BEFORE = re.compile(
    r"(?:\A|[.;:“] ?|, )((?:A|An|One|Another|a|an|one|another) [^,;:.“”\n]{3,80})(?:,(?: and)?)? \Z"
)
_LATEST_SUBJECT = 4  # words before a name that may be the subject: “Retired lorry driver Gus Pennaway, 70, …”
_OBLIQUE = re.compile(r"\b(?:of|for|to|by|with|from|on|in|at|about|against|like|unlike|and|or)\b", re.IGNORECASE)
_QUOTE_MARK = re.compile('[“”"«»]')
_NEAR = 1200  # characters over which a pronoun may reach back to a speaker


def head_word(source: str) -> str:
    """The last word of a noun phrase before what only describes it, in small letters, without possessive."""
    before = _HEAD_STOPS.split(source.strip(), maxsplit=1)[0] or source
    words = _WORDS.findall(_POSSESSIVE.sub("", before))
    return fold(words[-1]).rstrip(".") if words else fold(source)


def is_pronoun(source: str) -> bool:
    """Whether ``source`` is nothing but a word for somebody named elsewhere: “he”, “who”, “they”."""
    return fold(source.strip()) in _SINGULAR | _PLURAL | _RELATIVE | _NEUTER | _FIRST


def is_rank(word: str) -> bool:
    """Whether ``word`` is what goes before a name: “Capt.”, “Councillor”."""
    return fold(word).rstrip(".") in _RANKS or word.rstrip(".") in TITLES


def outlet_in(text: str) -> str | None:
    """The medium that ``text`` says somebody spoke to, or ``None``."""
    for match in _OUTLET.finditer(text):
        if _OUTLETS.search(match[1]):
            return _POSSESSIVE.sub("", match[1]).rstrip(".,")
    return None


def is_outlet(name: str) -> bool:
    """Whether ``name`` reads like that of a news outlet."""
    return _OUTLETS.search(name) is not None


@dataclass(slots=True)
class _Known:
    """A speaker met in the article, where they last spoke, and the nouns by which “the …” may take them up."""

    speaker: Speaker
    last: int
    gender: str | None = None
    heads: set[str] = field(default_factory=set)


class Speakers:
    """Resolves the sources of one article, in the order in which they speak."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._sentences = split_sentences(text)
        self._starts = [sentence.start for sentence in self._sentences]
        self._known: list[_Known] = []
        self._full: dict[str, str] = {}
        for _, name in full_names(text):
            self._full.setdefault(fold(name.split()[-1]), name)

    def resolve(self, source: Span) -> Speaker:
        """Who speaks where ``source`` stands."""
        written = " ".join(self._text[source.start : source.end].split()).strip(" ,;:")
        word = fold(written)
        sentence = self._sentence(source.start)
        if word in _SINGULAR | _PLURAL | _RELATIVE | _NEUTER | _FIRST:
            found = self._pronoun(word, source, sentence)
            if found is not None:
                found.last = source.start
                found.gender = found.gender or GENDER.get(word)
                return found.speaker
            return Speaker(written)
        before = self._text[sentence.start : source.start]
        if _INSIDE_PHRASE.search(before) and (names := self._names(before)):
            return self._note(Speaker(names[0]), source.start, "").speaker
        return self._described(written, source, self._text[slice(*sentence)]).speaker

    def _sentence(self, position: int) -> Span:
        place = bisect_right(self._starts, position) - 1
        if place >= 0 and position < self._sentences[place].end:
            return self._sentences[place]
        return Span(position, position)

    def _pronoun(self, word: str, source: Span, sentence: Span) -> _Known | None:
        before = self._text[sentence.start : source.start]
        if word in _RELATIVE and (phrase := _PHRASE_BEFORE.search(before)):
            at = sentence.start + phrase.start(1)
            return self._described(phrase[1], Span(at, at + len(phrase[1])), self._text[slice(*sentence)])
        names = self._names(before)
        if names and (word in _RELATIVE or (word in _SINGULAR and not re.search(r"[”’\"']", before))):
            return self._note(Speaker(names[-1] if word in _RELATIVE else names[0]), source.start, "")
        gender = GENDER.get(word)
        if gender and (name := self._told_of(sentence)):
            return self._note(Speaker(name), source.start, "")
        for known in sorted(self._known, key=lambda known: -known.last):
            if source.start - known.last > _NEAR:
                break
            if gender and known.gender and gender != known.gender:
                continue
            if word in _NEUTER and not is_outlet(known.speaker.name):
                continue
            if gender and not self._is_person(known):
                continue
            return known
        return None

    def _names(self, text: str) -> list[str]:
        """The persons whom the article gives full names, in the order in which ``text`` names them."""
        return [name for match in _NAME.finditer(text) if (name := self._person(match.group()))]

    def _told_of(self, sentence: Span) -> str | None:
        """Whom the sentence before speaks of first, where it stands in the same paragraph and quotes nobody."""
        place = bisect_left(self._starts, sentence.start) - 1
        if place < 0 or "\n" in self._text[self._sentences[place].end : sentence.start]:
            return None
        told = self._text[slice(*self._sentences[place])]
        if _QUOTE_MARK.search(told):
            return None
        for match in _NAME.finditer(told):
            if name := self._person(match.group()):
                before = told[: match.start()].rpartition(", ")[2]  # “In parliament, Corwin Hask, who leads …”
                return name if len(before.split()) <= _LATEST_SUBJECT and not _OBLIQUE.search(before) else None
        return None

    def _is_person(self, known: _Known) -> bool:
        """Whether “he” or “she” may be ``known``: not “most of those paragraphs”, and no outlet."""
        name = known.speaker.name
        if known.speaker.anonymous or name in self._full.values() or known.heads & (_PERSONS | _RANKS):
            return True
        return name[:1].isupper() and fold(name.split()[0]) not in _NO_PERSONS and not is_outlet(name)

    def _person(self, run: str) -> str | None:
        """The full name that a run of capitalised words stands for, if the article gives a person's name so."""
        name = person_name(run)
        if name is None:
            return None
        if " " in name:
            return name
        return self._full.get(fold(name))

    def _described(self, written: str, source: Span, sentence: str) -> _Known:
        head = head_word(written)
        before = _HEAD_STOPS.split(written, maxsplit=1)[0]
        last = (_WORDS.findall(_POSSESSIVE.sub("", before)) or [written])[-1]
        name = self._name_in(written) if last[:1].isupper() else self._name_in(_after_comma(written))
        if name is not None and fold(name) not in _QUANTIFIERS:
            if name not in self._full.values() and re.match(rf"the {re.escape(name)}\b", written, re.IGNORECASE):
                name = f"the {name}"
            role = _role(written, name)
            if (
                role
                and name not in self._full.values()
                and re.match(rf"the [\w ]+ {re.escape(name)}", written, re.IGNORECASE)
            ):
                role = None  # “the nonpartisan Commission”
            return self._note(Speaker(name, role), source.start, written)
        if written.lower().startswith(("the ", "that ", "this ")):
            for known in sorted(self._known, key=lambda known: -known.last):
                if head in known.heads and source.start - known.last < 4 * _NEAR:
                    known.last = source.start
                    return known
        singular = head.removesuffix("s")
        unnamed = singular in _PERSONS or head in _PERSONS or head.endswith("men") or bool(_ANONYMITY.search(sentence))
        name, _, role = written.partition(", ")
        return self._note(Speaker(name, role or None, unnamed and not last[:1].isupper()), source.start, written)

    def _name_in(self, written: str) -> str | None:
        """The name in a source: the last run of capitals before what only describes it."""
        runs = [match.group() for match in _NAME.finditer(_HEAD_STOPS.split(written, maxsplit=1)[0])]
        if not runs:
            match = re.search(r"\bAmbassador to (?:the United \w+|the \w+|\w+) (.+)", written)
            return person_name(match[1]) if match else None
        if match := re.search(r"\bAmbassador to (?:the United \w+|the \w+|United \w+|\w+) ([^,]+)", written):
            return match[1].strip()
        name = person_name(runs[-1]) or runs[-1]
        if match := re.search(rf"{re.escape(name)} (?:of|for) (?:the )?[A-Z][\w’'-]*(?: [A-Z][\w’'-]*)*", written):
            return match.group()
        if " " not in name:
            name = self._full.get(fold(name), name)
        return name

    def _note(self, speaker: Speaker, at: int, written: str) -> _Known:
        for known in self._known:
            if fold(known.speaker.name) == fold(speaker.name):
                known.last = at
                if speaker.role and not known.speaker.role:
                    known.speaker = Speaker(known.speaker.name, speaker.role, known.speaker.anonymous)
                known.heads |= _heads(written)
                return known
        known = _Known(speaker, at, heads=_heads(written))
        self._known.append(known)
        return known


def full_names(text: str) -> Iterator[tuple[int, str]]:
    """The names of two words and more in ``text``, without ranks and titles, each with where its run begins."""
    for match in _NAME.finditer(text):
        name = person_name(match.group())
        if name and " " in name:
            yield match.start(), name


def person_name(run: str) -> str | None:
    """``run`` without ranks and titles before it and a possessive behind it; ``None`` where nothing is left."""
    words = _POSSESSIVE.sub("", run).split()
    ranks = [
        place for place, word in enumerate(words) if fold(word).rstrip(".") in _RANKS or word.rstrip(".") in TITLES
    ]
    return " ".join(words[ranks[-1] + 1 if ranks else 0 :]).rstrip(".,") or None


def _role(written: str, name: str) -> str | None:
    """What ``written`` says of the one it calls ``name``, but for ages and forms of address."""
    if name not in written or name.startswith("the "):
        return None
    before, after = written.split(name, 1)
    parts = [before.strip(" ,;:("), *(part.strip(" ,;:()") for part in after.split(", "))]
    telling = [part for part in parts if part and not part.isdigit() and fold(part).rstrip(".") not in _ADDRESSES]
    return telling[0] if telling else None


def _heads(written: str) -> set[str]:
    """The nouns by which a later “the …” may take ``written`` up."""
    parts = [written, _after_comma(written)]
    words = {fold(word).rstrip(".") for word in _WORDS.findall(written)}
    words |= {_SPELLED_OUT[word] for word in words & _SPELLED_OUT.keys()}
    return {head_word(part) for part in parts if part} | (words & (_PERSONS | _RANKS))


def _after_comma(written: str) -> str:
    return written.split(",", 1)[1].strip() if "," in written else ""


def same_speaker(one: str, other: str) -> bool:
    """Whether two names may be the same speaker's: one has the last word of the other."""
    mine, theirs = ([fold(word).rstrip(".") for word in _WORDS.findall(name)] for name in (one, other))
    return bool(mine and theirs) and (mine[-1] in theirs or theirs[-1] in mine)
