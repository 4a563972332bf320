"""What a model wrote, read as it arrives: sentences with their marks, and whether it refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from qa.answering.prompts import REFUSAL

_MARK = re.compile(r"\[\s*+\d++(?:\s*+,\s*+\d++)*+\s*+\]")
_UNFINISHED_MARK = re.compile(r"\[[\s\d,]*+\Z")
_LONGEST_MARK = 64  # characters; a longer bracket is text, so little is read twice where a mark arrives in pieces
_SPACE = re.compile(r"\s+")
_AFTER_MARKS = re.compile(r"(?P<stop>[.!?…]{0,4}[\"'”’)]{0,3})(?P<space> ?)(?P<next>.?)", re.DOTALL)
_STOPPED = re.compile(r"[.!?…][\"'”’)]* ?\Z")
_TAIL = 8  # characters enough for `_STOPPED`
_GOES_ON = frozenset(",;:-–—%)")


class Draft(NamedTuple):
    """A drafted sentence without its marks, the passages it names, and how many marks named none."""

    text: str
    marks: tuple[int, ...]
    invalid_marks: int = 0


class DraftReader:
    """Reads generated text piece by piece; ``passages`` is how many were shown.

    A sentence ends where marks follow its full stop, or a full stop or a capital letter its marks. Marks in
    mid-sentence count as its own. The same drafts come out however the text is cut into pieces, in linear time.
    """

    def __init__(self, passages: int) -> None:
        self._passages = passages
        self._refused = False
        self._unread = ""  # may be the beginning of a mark
        self._parts: list[str] = []  # the text of the sentence under way
        self._tail = ""  # its last characters
        self._named: list[int] = []  # the numbers in its marks
        self._after: str | None = None  # what follows a mark, until it tells whether the sentence has ended

    @property
    def refused(self) -> bool:
        """Whether the model wrote the refusal; known once it has finished."""
        return self._refused

    def feed(self, piece: str) -> Iterator[Draft]:
        """The sentences that ``piece`` completes."""
        self._unread += piece
        return self._read(final=False)

    def finish(self) -> Iterator[Draft]:
        """What is left at the end, a trailing text without marks included."""
        yield from self._read(final=True)
        if self._after is not None:
            yield from self._end_sentence(self._after)
        elif _STOPPED.search(self._tail):
            yield from self._end_sentence()
        else:  # cut off: what marks it has stand for its beginning only
            yield from self._draft(cited=False)

    def _read(self, *, final: bool) -> Iterator[Draft]:
        """Take what is unread apart into text and marks, all but an unfinished mark at its end."""
        unread, self._unread = self._unread, ""
        start = 0
        while (bracket := unread.find("[", start)) >= 0:
            yield from self._take_text(unread[start:bracket])
            start = bracket
            if mark := _MARK.match(unread, bracket, bracket + _LONGEST_MARK):
                self._take_mark(mark.group())
                start = mark.end()
            elif not final and len(unread) - bracket < _LONGEST_MARK and _UNFINISHED_MARK.match(unread, bracket):
                self._unread = unread[bracket:]
                return
            else:
                yield from self._take_text("[")
                start = bracket + 1
        yield from self._take_text(unread[start:])

    def _take_mark(self, mark: str) -> None:
        if self._after:
            self._attach(self._after)
        self._after = ""
        self._named += [int(number) for number in re.findall(r"\d+", mark)]

    def _take_text(self, text: str) -> Iterator[Draft]:
        text = _SPACE.sub(" ", text)
        if self._after is None:
            self._append(text)
            return
        self._after += text.removeprefix(" ") if self._after.endswith(" ") else text
        follows = _AFTER_MARKS.match(self._after)
        if follows is None or not follows["next"]:
            return
        rest, self._after = self._after, None
        if self._ends_before(follows):
            yield from self._end_sentence(follows["stop"])
            self._append(rest[follows.end("space") :])
        elif rest[0].isspace():
            self._append(rest)
        else:
            self._attach(rest)

    def _ends_before(self, follows: re.Match[str]) -> bool:
        """Whether the sentence has ended with the stop, if any, after its marks."""
        if follows["stop"]:
            return bool(follows["space"])
        if _STOPPED.search(self._tail):
            return True
        return not (follows["next"].islower() or follows["next"].isdigit() or follows["next"] in _GOES_ON)

    def _append(self, text: str) -> None:
        if self._tail.endswith(" ") or not self._parts:
            text = text.removeprefix(" ")
        if text:
            self._parts.append(text)
            self._tail = (self._tail + text)[-_TAIL:]

    def _attach(self, text: str) -> None:
        """Append ``text`` without a space before it."""
        if self._tail.endswith(" "):
            self._parts[-1] = self._parts[-1].removesuffix(" ")
            self._tail = self._tail.removesuffix(" ")
        self._append(text)

    def _end_sentence(self, stop: str = "") -> Iterator[Draft]:
        if not _STOPPED.search(self._tail):
            self._attach(stop.strip())
        if self._parts and self._tail.rstrip()[-1:] not in tuple(".!?…”’\"'"):
            self._attach(".")
        yield from self._draft(cited=True)

    def _draft(self, *, cited: bool) -> Iterator[Draft]:
        """The sentence under way, unless there is nothing in it to tell; a new one begins."""
        text = "".join(self._parts).strip()
        if REFUSAL in text:
            self._refused = True
            text = text.replace(REFUSAL, "").strip()
        valid = dict.fromkeys(number for number in self._named if 1 <= number <= self._passages)
        invalid = sum(not 1 <= number <= self._passages for number in self._named)
        self._parts, self._tail, self._named, self._after = [], "", [], None
        if text or invalid:
            yield Draft(text, tuple(valid) if cited and text else (), invalid)
