"""Signs that the passages cannot answer a question, read off the words alone."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa.text.words import content_stems, fold, name_words, numbers
from qa.types import Hit

_ASKS_QUANTITY = re.compile(
    r"\bhow (?:much|many|long|far|old|big|large|high|often)\b"
    r"|\bwhat\b(?:\W+\w+){0,3}?\W+(?:price|cost|number|share|percentage)\b",
    re.IGNORECASE,
)
_PREFIX = 5  # letters that tell America from American as the same name


def unmentioned_name(question: str, hits: Sequence[Hit]) -> str | None:
    """The first name in ``question`` that none of ``hits`` mentions, or ``None``.

    Names are compared without accents, by stem, by their first letters (``Turkey``, ``Turkish`` share ``turk``), and by
    initials (``United States``, ``U.S.``): what is not recognised as another form of a name counts as unmentioned.
    """
    text = "\n".join(f"{hit.title}\n{hit.passage.text}" for hit in hits)
    known = set(content_stems(text)) | _initials(text)
    prefixes = {word[:_PREFIX] for word in known}
    spelled = _initials(question)
    for name in name_words(question):
        forms = content_stems(name)
        if any(form in known or form[:_PREFIX] in prefixes for form in forms):
            continue
        if any(name[0].lower() in initials and initials in {k.rstrip(".") for k in known} for initials in spelled):
            continue
        return name
    return None


def _initials(text: str) -> set[str]:
    """The initials of every run of two or more capitalised words, folded."""
    runs = re.findall(r"\b[A-Z]\w*(?:[ ](?:of[ ]|the[ ])?[A-Z]\w*)+", text)
    return {fold("".join(word[0] for word in run.split() if word[0].isupper())) for run in runs}


def lacks_quantity(question: str, sentence: str) -> bool:
    """Whether ``question`` asks for a quantity that ``sentence`` does not give."""
    if not _ASKS_QUANTITY.search(question):
        return False
    return all(_is_date_like(number) for number in numbers(sentence) - numbers(question))


def _is_date_like(number: str) -> bool:
    """Whether ``number`` is a time of day or may be a year."""
    return ":" in number or bool(re.fullmatch(r"(?:19|20)\d\d", number))
