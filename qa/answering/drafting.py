"""Drafts from the language model: over all passages at first, over one passage where a sentence has to be redone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from qa.answering.drafts import Draft, DraftReader
from qa.answering.grammar import cited_sentences
from qa.answering.prompts import REFUSAL, answer_prompt
from qa.models.generators.base import Generator, Usage
from qa.types import Hit


@dataclass(slots=True)
class Written:
    """What a generation turned out to be; complete once its drafts have been read to the end.

    ``refusal`` is the model's probability of beginning with the refusal, ``None`` where the engine does not tell.
    """

    refused: bool = False
    refusal: float | None = None
    usage: Usage = field(default_factory=Usage)


def drafts(
    generator: Generator, question: str, hits: Sequence[Hit], max_tokens: int, written: Written
) -> Iterator[Draft]:
    """The sentences that the model writes in answer to ``question`` over ``hits``, as they come.

    ``written`` is told what else became known. Closing the iterator stops the generation.
    """
    reader = DraftReader(len(hits))
    chunks = generator.generate(
        answer_prompt(question, hits), grammar=cited_sentences(len(hits)), max_tokens=max_tokens
    )
    with closing(chunks):  # type: ignore[type-var] # every engine's iterator is a generator
        for chunk in chunks:
            if chunk.likely is not None:
                written.refusal = refusal_probability(chunk.likely)
            yield from reader.feed(chunk.text)
            written.usage = chunk.usage or written.usage
    yield from reader.finish()
    written.refused = reader.refused


def refusal_probability(likely: Mapping[str, float]) -> float:
    """The probability, among ``likely`` first tokens, that a reply begins as the refusal does."""
    begun = ((token.strip(), probability) for token, probability in likely.items())
    first = REFUSAL.split()[0]
    return min(1.0, sum(chance for token, chance in begun if token.startswith(first) and REFUSAL.startswith(token)))
