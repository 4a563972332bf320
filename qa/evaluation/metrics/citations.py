"""Judge-free citation accuracy: whether the words cited touch the words that a person marked as the evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from qa.evaluation.cases import Gold
from qa.evaluation.metrics.answers import holds_answer
from qa.evaluation.responses import Cited, Place, Told

Part = tuple[float, float]
"""A part and the whole it is of; several are pooled by adding them up."""


def touches(cited: Cited | Place, gold: Gold) -> bool:
    """Whether what is cited shares a character with the gold span; without a place it touches nothing."""
    if cited.article != gold.article or cited.start is None or cited.end is None:
        return False
    return cited.start < gold.end and gold.start < cited.end


def is_right(cited: Cited | Place, evidence: Iterable[Iterable[Gold]]) -> bool:
    """Whether what is cited touches a gold span of any group."""
    return any(touches(cited, gold) for group in evidence for gold in group)


def citation_precision(citations: Sequence[Cited], evidence: Sequence[Sequence[Gold]]) -> float | None:
    """Citations that touch gold evidence / citations."""
    return _share(sum(is_right(cited, evidence) for cited in citations), len(citations))


def citation_recall(citations: Sequence[Cited], evidence: Sequence[Sequence[Gold]]) -> float | None:
    """Gold evidence groups that at least one citation touches / gold evidence groups."""
    return _share(sum(any(is_right(cited, [group]) for cited in citations) for group in evidence), len(evidence))


def gold_hit(citations: Sequence[Cited], answers: Sequence[str]) -> float | None:
    """1 if some cited quote holds a gold answer, else 0; ``None`` without gold answers."""
    if not answers:
        return None
    return float(any(holds_answer(cited.quote, answers) for cited in citations))


def exact_quotes(citations: Sequence[Cited], texts: Mapping[str, str]) -> Part:
    """Citations whose quote is the text at the place they give, of all citations; ``texts`` are the articles by id.

    A citation without a place, or of no known article, does not quote exactly.
    """
    return sum(_is_exact(cited, texts) for cited in citations), len(citations)


def uncited_sentences(sentences: Sequence[Told]) -> Part:
    """Sentences without a citation, of all sentences."""
    return sum(not sentence.citations for sentence in sentences), len(sentences)


def right_speakers(citations: Sequence[Cited], evidence: Sequence[Sequence[Gold]], speaker: str | None) -> Part | None:
    """Of the citations that touch gold evidence and name a speaker, those that name the gold one.

    ``None`` where no gold speaker is known. Names are compared without case and white space.
    """
    if speaker is None:
        return None
    named = [cited.speaker for cited in citations if cited.speaker is not None and is_right(cited, evidence)]
    return sum(" ".join(name.split()).casefold() == " ".join(speaker.split()).casefold() for name in named), len(named)


def _is_exact(cited: Cited, texts: Mapping[str, str]) -> bool:
    if cited.article is None or cited.start is None or cited.end is None:
        return False
    return texts.get(cited.article, "")[cited.start : cited.end] == cited.quote


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
