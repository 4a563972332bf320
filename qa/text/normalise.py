"""Article text in its one stored form: blank lines between paragraphs, plain spaces, no invisible characters.

Letters, quotes and dashes stay as they are: a citation quotes the source. Lines of one table, list or interview are
parted by a single newline, all other paragraphs by a blank line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from enum import Enum, auto
from itertools import pairwise
from typing import NamedTuple

from qa.text.abbreviations import (
    CLOCK,
    CLOSING,
    NEVER_FINAL,
    NUMBERED,
    OPENERS,
    OPENING,
    TERMINALS,
    TITLES,
    is_abbreviation,
    is_acronym,
    is_initial,
    word_before,
)

_WRAP_COLUMN = 120
"""No editor wraps lines wider than this; a longer line is a paragraph."""
_FULL = 0.88
"""The share of the usual line length that a wrapped line and the first word of the next one fill at least."""

_NEWLINES = re.compile("\r\n?|[\v\f\x1c-\x1e\x85\u2028]")
_SPACES = re.compile("[ \t\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f"  # control characters
    "\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # zero width, direction
    "\U000e0000-\U000e0fff]",  # tags, which smuggle unseen text
)
_JOINERS = re.compile("[\u200c\u200d]")
_SURROGATES = re.compile("[\ud800-\udfff]")

_MID_SENTENCE = frozenset(
    ("the", "a", "an", "of", "and", "or", "to", "in", "by", "for", "with", "at", "from", "that", "than", "as", "said"),
)


class _Kind(Enum):
    PLAIN = auto()
    HEADING = auto()
    TABLE = auto()
    ITEM = auto()
    TURN = auto()


_CLOSED = (_Kind.HEADING, _Kind.TABLE)
"""What no line is joined to."""
_RUN_ON = (_Kind.TABLE, _Kind.ITEM, _Kind.TURN)
"""What stands line under line."""

# Only the start of a line decides, so that a line keeps its kind when the next is joined to it.
_KINDS = (
    (re.compile(r"#{1,6}(?: |$)|([-*_=])\1\1+$"), _Kind.HEADING),
    (re.compile(r"\|"), _Kind.TABLE),
    (re.compile(r"[-*+•](?: |$)|\d{1,2}[.)](?: |$)"), _Kind.ITEM),
    (re.compile(r"\**(?:Q|A|Question|Answer|[A-Z]{2,}(?: [A-Z.]+){0,2})\**:"), _Kind.TURN),
)
_BYLINE = re.compile(r"By [^\W\d_a-z]")
_FIRST_ITEM = re.compile(r"[-*+•]|1[.)]")


class _Paragraph(NamedTuple):
    kind: _Kind
    lines: list[str]

    def joined(self) -> str:
        """The lines as one."""
        glued = (_glue(line, following) + following for line, following in pairwise(self.lines))
        return self.lines[0] + "".join(glued)


def normalise(raw: str) -> str:
    """``raw`` in stored form; idempotent, without outer whitespace, empty if nothing visible is in it.

    A newline inside a paragraph becomes a space where it is a soft wrap: in text with blank lines between paragraphs
    and lines no wider than an editor wraps, in lines filled evenly, and where a line breaks off in mid-sentence.
    """
    blocks = list(_blocks(_clean(raw)))
    width = _usual_width(blocks)
    return "\n\n".join(_join_block(block, width, alone=len(blocks) == 1) for block in blocks)


def _clean(raw: str) -> str:
    text = _NEWLINES.sub("\n", raw).replace("\u2029", "\n\n").replace("\xad\n", "")
    text = _SURROGATES.sub("\ufffd", _INVISIBLE.sub("", text))
    return _SPACES.sub(" ", _JOINERS.sub(_kept_joiner, text))


def _kept_joiner(match: re.Match[str]) -> str:
    """The joiner where it spells a word (Persian) or an emoji; elsewhere it only hides in Latin words."""
    before, after = match.string[match.start() - 1 : match.start()], match.string[match.end() : match.end() + 1]
    return match[0] if _may_join(before) and _may_join(after) else ""


def _may_join(neighbour: str) -> bool:
    return neighbour > "\u02ff" and not _JOINERS.match(neighbour) and not neighbour.isspace()


def _blocks(text: str) -> Iterator[list[str]]:
    """The runs of lines that stand between blank lines."""
    block: list[str] = []
    for line in text.split("\n"):
        stripped = line.strip()
        if stripped:
            block.append(stripped)
        elif block:
            yield block
            block = []
    if block:
        yield block


def _usual_width(blocks: Sequence[Sequence[str]]) -> int:
    """The length that nine lines in ten do not exceed, among lines that could be wrapped."""
    lengths = sorted(len(line) for block in blocks if len(block) > 1 for line in block)
    return lengths[int(0.9 * (len(lengths) - 1))] if lengths else 0


def _join_block(block: Sequence[str], width: int, *, alone: bool) -> str:
    """The lines of ``block`` as paragraphs, soft wraps joined; ``alone`` says that the text has no blank line."""
    is_soft = _soft_wraps(block, width, alone=alone)
    paragraphs = [_Paragraph(_kind(block[0], None), [block[0]])]
    for line in block[1:]:
        last = paragraphs[-1]
        kind = _kind(line, last.kind)
        joinable = kind is _Kind.PLAIN and last.kind not in _CLOSED and not _BYLINE.match(line)
        if joinable and is_soft(last.lines, line):
            last.lines.append(line)
        else:
            paragraphs.append(_Paragraph(kind, [line]))
    return _join_paragraphs(paragraphs)


def _join_paragraphs(paragraphs: Sequence[_Paragraph]) -> str:
    parts = [paragraphs[0].joined()]
    for before, after in pairwise(paragraphs):
        run_on = before.kind is after.kind and before.kind in _RUN_ON
        parts += ["\n" if run_on else "\n\n", after.joined()]
    return "".join(parts)


def _kind(line: str, before: _Kind | None) -> _Kind:
    """The kind of ``line`` after one of the kind ``before``; as in Markdown, only ``1.`` starts a list in mid-text."""
    kind = next((kind for pattern, kind in _KINDS if pattern.match(line)), _Kind.PLAIN)
    if kind is _Kind.ITEM and before is _Kind.PLAIN and not _FIRST_ITEM.match(line):
        return _Kind.PLAIN
    return kind


def _soft_wraps(block: Sequence[str], width: int, *, alone: bool) -> Callable[[Sequence[str], str], bool]:
    """What decides for ``block`` whether the newline between a paragraph's lines so far and the next is a soft wrap."""
    if max(map(len, block)) > _WRAP_COLUMN:
        return lambda lines, line: _breaks_off(lines[-1], line)
    if alone and _evenly_filled(block, width):
        return lambda lines, line: _is_full(lines[-1], line, width) or _breaks_off(lines[-1], line)
    if alone:
        return lambda lines, line: _breaks_off(lines[-1], line)
    return lambda lines, line: not (len(lines) == 1 and _is_headline(lines[0], line, width))


def _evenly_filled(block: Sequence[str], width: int) -> bool:
    """Whether most lines of ``block`` end where a wrapped line would."""
    full = sum(_is_full(line, following, width) for line, following in pairwise(block))
    return len(block) >= 4 and width >= 40 and full >= 0.6 * (len(block) - 1)


def _is_full(line: str, following: str, width: int) -> bool:
    """Whether the first word of ``following`` would not have fitted on ``line`` as well."""
    return len(line) + 1 + len(following.split(" ", 1)[0]) > _FULL * width


def _is_headline(line: str, following: str, width: int) -> bool:
    return len(line) < width / 2 and not _is_stopped(line) and following.lstrip(OPENING)[:1].isupper()


def _is_stopped(line: str) -> bool:
    """Whether ``line`` ends with terminal punctuation and perhaps closing quotes."""
    return line.rstrip(CLOSING)[-1:] in tuple(TERMINALS)


def _breaks_off(line: str, following: str) -> bool:
    """Whether ``line`` stops in mid-sentence and ``following`` goes on with it."""
    start = following.lstrip(OPENING)
    small = start[:1].islower() and not start[1:2].isupper()
    if line.endswith("."):
        return _ends_shortened(line, start, small=small)
    if _is_stopped(line):
        return False
    hangs = line.endswith((",", "(", "–", "—")) or _last_word(line) in _MID_SENTENCE
    return small or hangs or start.startswith((",", ";", ")", "%"))


def _ends_shortened(line: str, start: str, *, small: bool) -> bool:
    """Whether the final full stop of ``line`` is an abbreviation's and the sentence goes on with ``start``.

    ``said U.S. | Ambassador`` goes on, while ``in the U.S. | Ankara`` and ``Acme Inc. | Shares`` may well not.
    """
    word = word_before(line, len(line) - 1)
    if not is_abbreviation(word, start):
        return False
    if small or word in TITLES or word in NEVER_FINAL or word in NUMBERED:
        return True
    opener = start.split(" ", 1)[0] in OPENERS
    named = is_initial(word) or (is_acronym(word) and word not in CLOCK)
    return named and not opener and _last_word(line[: -len(word) - 1]).lower() != "the"


def _last_word(line: str) -> str:
    return word_before(line.rstrip(), len(line.rstrip())) if line.strip() else ""


def _glue(line: str, following: str) -> str:
    """A space, or nothing after a compound's hyphen: ``state-`` + ``owned``, unlike ``pre-`` + ``and post-war``."""
    compound = line.endswith("-") and line[-2:-1].isalpha() and following[:1].islower()
    return "" if compound and following.split(" ", 1)[0] not in ("and", "or", "to") else " "
