"""What an answer says, against short gold answers: exact match, F1 and short-answer recall.

Normalisation and both scores are those of the official SQuAD 2.0 evaluation script: lower case, without punctuation,
articles and surplus white space.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = frozenset(string.punctuation) | frozenset("‘’“”«»")  # news quotes typographically; SQuAD does not
_PARTING = str.maketrans(dict.fromkeys("–—…", " "))


def normalised(text: str) -> str:
    """``text`` as SQuAD compares it; beyond that, typographic quotation marks go, and long dashes part words."""
    lower = "".join(character for character in text.lower().translate(_PARTING) if character not in _PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", lower).split())


def exact_match(answer: str, gold: Sequence[str]) -> float | None:
    """1 if ``answer`` is one of ``gold``, normalised, else 0; ``None`` without gold answers."""
    return max((float(normalised(answer) == normalised(one)) for one in gold), default=None)


def token_f1(answer: str, gold: Sequence[str]) -> float | None:
    """The harmonic mean of precision and recall of the words of ``answer``, against the gold answer that fits best."""
    return max((_f1(normalised(answer).split(), normalised(one).split()) for one in gold), default=None)


def holds_answer(text: str, gold: Sequence[str]) -> bool:
    """Whether ``text`` holds one of ``gold``, normalised, at the borders of words."""
    padded = f" {normalised(text)} "
    return any(f" {normalised(one)} " in padded for one in gold if normalised(one))


def short_answer_recall(answer: str, gold: Sequence[str]) -> float | None:
    """1 if a gold answer occurs in ``answer``, else 0; ``None`` without gold answers."""
    return float(holds_answer(answer, gold)) if gold else None


def _f1(said: Sequence[str], gold: Sequence[str]) -> float:
    if not said or not gold:
        return float(said == gold)
    common = sum((Counter(said) & Counter(gold)).values())
    if not common:
        return 0.0
    precision, recall = common / len(said), common / len(gold)
    return 2 * precision * recall / (precision + recall)
