"""Signs that letters were garbled on their way here; they are reported, never repaired."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice

_WORD = re.compile(r"[^\W\d_]+")
_TOKEN = re.compile(r"\S+")

# UTF-8 read as Windows-1252. A capital Ã or Â may end a Portuguese word before a quote, hence the letter after that.
_MISREAD = re.compile(
    "[ÃÂ](?:[\xa1-\xbf]|[€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ](?=[^\\W\\d_]))|â€|ï»¿|(?:[ÐÑ][\xa1-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]){2}",
)
_SCRIPTS = {
    "LATIN": "Latin",
    "CYRILLIC": "Cyrillic",
    "KATAKANA": "Katakana",
    "KATAKANA-HIRAGANA": "Katakana",
    "HIRAGANA": "Hiragana",
    "CJK": "Han",
    "HANGUL": "Hangul",
    "ARABIC": "Arabic",
    "HEBREW": "Hebrew",
    "THAI": "Thai",
    "DEVANAGARI": "Devanagari",
    "ARMENIAN": "Armenian",
    "GEORGIAN": "Georgian",
}
"""By the first word of a character's Unicode name. Greek is left out: science writes ``TNFα``."""
_JAPANESE = ("Katakana", "Hiragana", "Han")
_AT_HOME = 50
"""A script with this many letters in a text, and a twentieth of all, belongs there: Japanese writes ``Tシャツ``."""


def mojibake_warnings(text: str, limit: int = 10) -> list[str]:
    """One line for each odd word of ``text``, in order of kind, ``limit`` at most."""
    found = dict.fromkeys((*_mixed(text), *_misread(text), *_replaced(text)))
    return list(islice(found, limit))


def _mixed(text: str) -> Iterator[str]:
    words = Counter(word for word in _WORD.findall(text) if not word.isascii())
    at_home = _scripts_at_home(text, words)
    for word in words:
        scripts = list(dict.fromkeys(filter(None, map(_script, word))))
        if "Latin" in scripts and any(script != "Latin" and script not in at_home for script in scripts):
            yield f'"{word}" mixes {" and ".join(scripts)} letters; it may be a garbled name'


def _scripts_at_home(text: str, words: Counter[str]) -> set[str]:
    letters: Counter[str | None] = Counter()
    for word, times in words.items():
        for letter in word:
            letters[_script(letter)] += times
    enough = max(_AT_HOME, len(text) // 20)
    together = set(_JAPANESE) if sum(letters[script] for script in _JAPANESE) >= enough else set()
    return together | {script for script, count in letters.items() if script and count >= enough}


@lru_cache(maxsize=4096)
def _script(letter: str) -> str | None:
    return _SCRIPTS.get(unicodedata.name(letter, "").split(" ", 1)[0])


def _misread(text: str) -> Iterator[str]:
    for word in _tokens_at(text, (match.start() for match in _MISREAD.finditer(text))):
        yield f'"{word}" looks like UTF-8 read in another encoding; save the file as UTF-8 and add it again'


def _replaced(text: str) -> Iterator[str]:
    for word in _tokens_at(text, (match.start() for match in re.finditer("\ufffd", text))):
        yield f'"{word}" holds a replacement character; some of its letters were lost before it came here'


def _tokens_at(text: str, places: Iterable[int]) -> Iterator[str]:
    """The words around ``places``, at most 20 characters to either side."""
    for place in places:
        before = text[max(0, place - 20) : place].rpartition(" ")[2].rpartition("\n")[2]
        after = _TOKEN.match(text[place : place + 20])
        yield (before + (after[0] if after else "")).strip("\"“”‘’'.,;:()")
