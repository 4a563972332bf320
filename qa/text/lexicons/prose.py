"""A text as words: what stands between them, which are quoted, and what a capital tells."""

from __future__ import annotations

import re
from bisect import bisect_right
from enum import StrEnum

from qa.text.lexicons import WORD, word_set
from qa.text.quoted import quoted_spans
from qa.text.sentences import split_sentences
from qa.text.words import fold
from qa.types import Span

_GAP = re.compile(r"(?:['’]s?)?(?:[^\S\n]+|[-‐‑]|[^\S\n][-‐‑][^\S\n])")
_NUMBER_GAP = re.compile(r"[^\S\n]+[$€£¥₹]?")
_HYPHENS = "-‐‑"
_NUMBERS = word_set(
    "two three four five six seven eight nine ten eleven twelve dozen dozens twenty thirty forty fifty sixty "
    "seventy eighty ninety hundred hundreds thousand thousands million millions billion billions trillion"
)


_NEAR = 60  # characters between a verb of speech and the words quoted


class Prose:
    """A text as words, with what stands between them."""

    def __init__(self, text: str) -> None:
        self.text = text
        tokens = (match.span() for match in WORD.finditer(text))
        self.words = [Span(*span) for span in tokens if not self._possessive(Span(*span))]
        self.folded = [fold(text[start:end]) for start, end in self.words]
        self._quotations = quoted_spans(text)
        self.quoted = [self.in_quotation(Span(*word)) for word in self.words]
        self._openings = {sentence.start for sentence in split_sentences(text)}
        self._lines = [match.span() for match in re.finditer(r"[^\n]+", text)]
        self._styles = [Style.of(text[start:end]) for start, end in self._lines]
        self._line_starts = [start for start, _ in self._lines]

    def _possessive(self, span: Span) -> bool:
        return self.text[max(0, span.start - 1) : span.end] in ("'s", "’s")

    def in_quotation(self, span: Span) -> bool:
        """Whether a part of ``span`` stands inside quotation marks."""
        place = bisect_right(self._quotations, span.end - 1, key=lambda quotation: quotation.start) - 1
        return place >= 0 and span.start < self._quotations[place].end

    def style(self, place: int) -> Style:
        """How the line of the word at ``place`` is written."""
        return self._styles[bisect_right(self._line_starts, self.words[place].start) - 1]

    def gap(self, place: int) -> str:
        """What stands between the word at ``place`` and the next."""
        end = self.words[place].end
        return self.text[end : self.words[place + 1].start] if place + 1 < len(self.words) else self.text[end:]

    def joined(self, place: int) -> bool:
        """Whether the word at ``place`` and the next can be of one phrase."""
        return 0 <= place < len(self.words) - 1 and _GAP.fullmatch(self.gap(place)) is not None

    def hyphenated(self, first: int, last: int) -> bool:
        """Whether a hyphen binds the words from ``first`` to ``last`` to one that stands before or after them."""
        start, end = self.words[first].start, self.words[last].end
        return (start > 1 and self.text[start - 1] in _HYPHENS and self.text[start - 2].isalnum()) or (
            self.text[end : end + 1] in tuple(_HYPHENS) and self.text[end + 1 : end + 2].isalnum()
        )

    def reports(self, first: int, last: int) -> bool:
        """Whether the words from ``first`` to ``last`` report speech: “that” follows, or quoted words stand near."""
        start, end = self.words[first].start, self.words[last].end
        if self.joined(last) and self.folded[last + 1] == "that":
            return True
        place = bisect_right(self._quotations, start, key=lambda quotation: quotation.start)
        if place and 0 <= start - self._quotations[place - 1].end <= _NEAR:
            between = self.text[self._quotations[place - 1].end : start]
            if not re.search(r"[.;:!?\n]", between):
                return True
        if place == len(self._quotations) or self._quotations[place].start - end > _NEAR:
            return False
        return re.fullmatch(r"[^.;!?\n]*[:,] ?", self.text[end : self._quotations[place].start]) is not None

    def capital(self, place: int) -> bool:
        """Whether the word at ``place`` begins with a capital."""
        return self.text[self.words[place].start].isupper()

    def opens(self, place: int) -> bool:
        """Whether a sentence or a quotation begins with the word at ``place``."""
        start = self.words[place].start
        while start > 0 and self.text[start - 1] in "“‘\"'«(—–":
            start -= 1
        return place == 0 or start in self._openings or start != self.words[place].start or self.gap(place - 1) == ": "


class Style(StrEnum):
    """What a capital tells in a line: a name in running text, nothing in a headline."""

    RUNNING = "running"
    TITLE = "title"
    CAPITALS = "capitals"

    @staticmethod
    def of(line: str) -> Style:
        """The style of ``line``, to judge by its words of four letters and more."""
        words = [word for word in re.findall(r"[^\W\d_]+", line) if len(word) > 3]
        if len(words) < 3:
            return Style.RUNNING
        if sum(word.isupper() for word in words) > 0.7 * len(words):
            return Style.CAPITALS
        ended = line.rstrip().endswith((".", ".”", ".’", '."'))
        title = sum(word[0].isupper() for word in words) > 0.7 * len(words)
        return Style.TITLE if title and not ended else Style.RUNNING


def is_number(word: str) -> bool:
    """Whether the folded ``word`` is a number, in digits or spelt out."""
    return word[0].isdigit() or word in _NUMBERS


def number_follows(prose: Prose, place: int) -> bool:
    """Whether a number comes next, after a sign of currency perhaps."""
    following = place + 1 < len(prose.words) and is_number(prose.folded[place + 1])
    return following and _NUMBER_GAP.fullmatch(prose.gap(place)) is not None
