"""Sources that disagree: another version of an answer, told by another article."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from qa.text.months import MONTHS
from qa.text.names import name_stems
from qa.text.quantities import Quantity, numbers, quantities
from qa.text.words import content_stems
from qa.types import Hit, Sentence

MOST_VERSIONS = 2  # other passages that are asked for theirs
_ROUNDING = Decimal("0.05")  # share by which a rounded figure may be off
_DAY = re.compile(rf"\b(?:{MONTHS}|May) (\d{{1,2}})\b|\b(\d{{1,2}}) (?:{MONTHS}|May)\b")
_ASKS_NAME = re.compile(r"\b(?:who|whom|whose|which|where)\b", re.IGNORECASE)


def other_tellers(sentence: Sentence, answers: Sequence[float], hits: Sequence[Hit], least: float) -> list[int]:
    """The numbers of passages that seem to answer the question and have another figure or name to offer, best first.

    ``answers`` are the log-odds that a passage answers, for as many of ``hits`` as are known; those below ``least`` are
    passed over, as are the articles that the sentence cites, and passages that have all its figures and names.
    """
    cited = {citation.article_id for citation in sentence.citations}
    telling = numbers(sentence.text) | name_stems(sentence.text)
    found = []
    for mark, (logit, hit) in enumerate(zip(answers, hits, strict=False), start=1):
        text = hit.passage.text
        if hit.passage.article_id in cited or logit < least or telling <= numbers(text) | set(content_stems(text)):
            continue
        found.append((logit, mark))
    return [mark for _, mark in sorted(found, reverse=True)[:MOST_VERSIONS]]


def differ(question: str, first: str, second: str, known: Set[str] = frozenset()) -> bool:
    """Whether two answers to ``question`` give different figures; or different names, where a name is asked for.

    A rounded figure is no other figure, and one that only one of them gives is no other version. A word that begins a
    sentence counts as a name where its stem is among ``known``.
    """
    one, other = (quantities(text) - quantities(question) for text in (first, second))
    own, others = _without(one, other), _without(other, one)
    days = {"1"} | {day for text in (first, second) for pair in _DAY.findall(text) for day in pair}
    if any(quantity not in own and quantity.number not in days for quantity in one):
        return False  # they agree on a figure that is more than a date
    if own or others:
        return bool(own and others)
    if not _ASKS_NAME.search(question):
        return False
    asked = set(content_stems(question))
    one_names, other_names = _names(first, known) - asked, _names(second, known) - asked
    return bool(one_names and other_names) and not one_names & other_names


def _without(some: Set[Quantity], others: Set[Quantity]) -> list[Quantity]:
    """Those of ``some`` that none of ``others`` is, rounded or not."""
    return [quantity for quantity in some if not any(_same(quantity, other) for other in others)]


def _same(one: Quantity, other: Quantity) -> bool:
    if one.unit and other.unit and one.unit != other.unit:
        return False
    if (":" in one.number) != (":" in other.number):
        return False
    if ":" in one.number:
        return _on_the_clock(one.number) == _on_the_clock(other.number)
    if _is_year(one) and _is_year(other):
        return one.number == other.number
    return _rounds(Decimal(one.number), Decimal(other.number)) or _rounds(Decimal(other.number), Decimal(one.number))


def _is_year(quantity: Quantity) -> bool:
    return not quantity.unit and re.fullmatch(r"(?:1[5-9]|20)\d\d", quantity.number) is not None


def _on_the_clock(number: str) -> tuple[int, str]:
    """A time of day on a dial of twelve hours."""
    hours, _, minutes = number.partition(":")
    return int(hours) % 12, minutes


def _rounds(exact: Decimal, rounded: Decimal) -> bool:
    """Whether ``rounded`` is ``exact`` with fewer digits, as people round: 1,234 is some 1,200."""
    step = Decimal(1).scaleb(int(rounded.normalize().as_tuple().exponent))
    if exact == rounded or abs(exact - rounded) > _ROUNDING * rounded:
        return exact == rounded
    return any((exact / step).quantize(Decimal(1), how) * step == rounded for how in (ROUND_DOWN, ROUND_HALF_UP))


def _names(text: str, known: Set[str]) -> Set[str]:
    first = content_stems(text.split(maxsplit=1)[0]) if text.strip() else []
    return name_stems(text) | {stem for stem in first if stem in known}
