"""The abbreviations and sentence openers that decide whether a full stop, or a line, ends a sentence."""

from __future__ import annotations

import re

OPENING = "\"'“‘«‹„‚»›([{*_¿¡"
CLOSING = "\"'”’»›“‘«‹)]}*_」』）】》"
TERMINALS = ".!?…。！？｡؟۔।"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Case counts: "Sat." is a day and "sat." ends a sentence; "No. 5" is a number and "No." an answer.
_TITLES = (
    "Mr Mrs Ms Messrs Mme Mlle Dr Drs Prof Rev Fr Hon Sir Gen Lt Col Maj Capt Cpl Sgt Det Insp Supt Cmdr Adm Brig Pvt "
    "Sen Rep Gov Pres Sec Amb Atty Asst Assoc Dep Dir Min St Ste Mt Ft Pt"
)
_SUFFIXES = (
    "Inc Ltd Co Corp Bros Cos plc LLC Jr Sr Esq PhD Ph.D M.D B.A M.A J.D Ave Blvd Rd Sq Univ Dept Dist Assn "
    "Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec Mon Tue Tues Wed Thu Thur Thurs Fri Sat Sun "
    "Ala Ariz Ark Calif Colo Conn Del Fla Ga Ill Ind Kan Ky La Mass Md Mich Minn Miss Mo Mont Neb Nev Okla Ore Pa "
    "Penn Tenn Tex Va Vt Wash Wis Wyo approx est al ca ft lb lbs oz hr hrs min mins sec mph"
)
TITLES = _words(_TITLES)
ABBREVIATIONS = TITLES | _words(_SUFFIXES)
NEVER_FINAL = _words("e.g i.e vs cf viz")
NUMBERED = _words("No Nos no nos Art Fig Figs Sec Ch Vol p pp v para")
CLOCK = _words("a.m p.m A.M P.M")

# Words that open sentences and are hardly ever the capitalised word after an abbreviation ("U.S. Under Secretary").
OPENERS = _words(
    "The A An This That These Those There Here It He She They We You I His Her Its Their Our My Your "
    "But And So Yet Or Nor For If As In On At By To From With Without Within After Before During Since Until While "
    "When Where Why What Who Which How Although Though Because Unless Despite Among Between Against Through "
    "However Meanwhile Moreover Furthermore Nevertheless Nonetheless Therefore Thus Then Now Still Instead Indeed "
    "Also Even Only Once Not No Nobody Nothing None Some Many Most Several Both Each Every All Another Others "
    "Today Yesterday Tomorrow Earlier Later Recently Asked Perhaps Maybe Yes Let Is Are Was Were Do Does Did Can Could "
    "Would Should Will"
)

_ACRONYM = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]")
_NUMBER = re.compile(r"\d|[IVXLC]+\b")
_LONGEST = 24
"""Characters looked back for the word before a full stop; no abbreviation is longer."""


def word_before(text: str, end: int) -> str:
    """The word that ends at ``end``, without opening marks; cut to 24 characters."""
    words = text[max(0, end - _LONGEST) : end].split()
    return words[-1].lstrip(OPENING + "–—-/") if words and not text[end - 1].isspace() else ""


def is_acronym(word: str) -> bool:
    """Whether ``word``, given without its final full stop, is letters with stops between: ``U.S``, ``a.m``."""
    return _ACRONYM.fullmatch(word) is not None


def is_initial(word: str) -> bool:
    """Whether ``word`` is one capital letter, as in a name: ``J``."""
    return len(word) == 1 and word.isupper()


def is_abbreviation(word: str, following: str) -> bool:
    """Whether ``word``, given without its final full stop, is shortened; ``following`` is the text after it."""
    if word in NUMBERED and _NUMBER.match(following):
        return True
    return word in ABBREVIATIONS or word in NEVER_FINAL or is_acronym(word) or is_initial(word)
