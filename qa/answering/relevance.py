"""Signs that the passages cannot answer a question, read off the words alone."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa.text.months import SPANS_OF_TIME
from qa.text.names import initials, same_country, seat_of, spelled_as
from qa.text.quantities import numbers
from qa.text.words import acronyms, content_stems, is_acronym, name_words
from qa.types import Hit

_ASKS_QUANTITY = re.compile(
    r"\bhow (?:much|many|long|far|old|big|large|high|often)\b"
    r"|\bwhat\b(?:\W+\w+){0,3}?\W+(?:price|cost|number|share|percentage)\b"
    r"(?=\W*$|\W+(?:of|for|per|to|in|did|do|does|was|is|were)\b)"
    r"|\A\W*number of\b",
    re.IGNORECASE,
)
_ASKS_DURATION = re.compile(  # not “how long is the bridge”
    r"\bhow long (?:\w+ )?(?:ago|after|before|until|can|could|did|do|does|has|have|had|may|will|would)\b"
    r"|\bhow many (?:years|months|weeks|days|hours|minutes|seconds)\b",
    re.IGNORECASE,
)
_DURATION = re.compile(
    rf"\b(?:{SPANS_OF_TIME}|nights?|mornings?|afternoons?|evenings?|weekends?|seasons?|summers?|winters?|generations?|since|until|till|ever|never|always|"
    r"o['’]clock|[ap]\.?m\b)",
    re.IGNORECASE,
)
_AMOUNT = re.compile(
    r"\b(?:half|(?:a|one|two|three)[- ](?:third|quarter|fifth|tenth)s?|quarter|hundreds|thousands|millions|billions"
    r"|dozens|decades?|centur(?:y|ies)|once|twice|daily|weekly|monthly|yearly|every|until|since|no|none|nobody)\b",
    re.IGNORECASE,
)
_FOUR_DIGITS = re.compile(r"(?<![\d,.])\d{4}(?![\d,.]\d|\d)")
_PREFIX = 5  # letters that tell America from American as the same name


def unmentioned_name(question: str, hits: Sequence[Hit]) -> str | None:
    """The first name in ``question`` that none of ``hits`` mentions, or ``None``.

    Names are compared without accents, by stem, by their first letters, as a country and its people (``Turkey``,
    ``Turkish``) or its government's seat (``Moscow``), and by initials (``United States``, ``U.S.``): what is not
    recognised as another form of a name counts as unmentioned.
    """
    text = "\n".join(f"{hit.title}\n{hit.passage.text}" for hit in hits)
    known = set(content_stems(text))
    prefixes = {word[:_PREFIX] for word in known}
    short, long = acronyms(text), initials(text)
    spelled_out = spelled_as(question, short)
    names = set(name_words(f"- {text}"))
    for name in name_words(question):
        forms = content_stems(name)
        if any(form in known or form[:_PREFIX] in prefixes for form in forms) or name in spelled_out:
            continue
        if is_acronym(name) and {form.rstrip(".") for form in forms} <= long:
            continue
        if same_country(name, names) or seat_of(name, known, short | long):
            continue
        return name
    return None


def lacks_quantity(question: str, sentence: str) -> bool:
    """Whether ``question`` asks for a quantity that ``sentence`` does not give."""
    if _ASKS_DURATION.search(question) and not _DURATION.search(sentence):
        return True
    if not _ASKS_QUANTITY.search(question):
        return False
    if _AMOUNT.search(sentence):
        return False
    undivided = set(_FOUR_DIGITS.findall(sentence))  # 2,000 is no year
    return all(
        _is_date_like(number) and (":" in number or number in undivided)
        for number in numbers(sentence) - numbers(question)
    )


def _is_date_like(number: str) -> bool:
    """Whether ``number`` is a time of day or may be a year."""
    return ":" in number or bool(re.fullmatch(r"(?:19|20)\d\d", number))
