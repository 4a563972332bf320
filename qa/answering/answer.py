"""The main path: question → passages → draft → gate → answer."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from qa.answering.context import choose_passages
from qa.answering.drafts import Draft, DraftReader
from qa.answering.gate import Gate
from qa.answering.grammar import cited_sentences
from qa.answering.prompts import answer_prompt, defused, fixed_messages
from qa.answering.relevance import lacks_quantity, unmentioned_name
from qa.errors import QuestionError
from qa.library import Library, SearchFilter
from qa.models.generators.base import Generator, Usage
from qa.settings import Settings
from qa.text.utterances import statements
from qa.types import Abstention, Answer, Dropped, Hit, Sentence, Timings

_TEMPLATE_TOKENS = 120  # what a chat template and the passages' titles add around the texts counted


@dataclass(frozen=True, slots=True)
class Evidence:
    """The passages that an answer is being written from; ``hits[mark - 1]`` is the one that ``mark`` will name."""

    hits: tuple[Hit, ...]


Event = Evidence | Sentence | Answer


@dataclass(slots=True)
class _Course:
    """What has happened to a question so far."""

    question: str
    hits: tuple[Hit, ...] = ()
    sentences: list[Sentence] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    invalid_marks: int = 0
    refused: bool = False
    usage: Usage = field(default_factory=Usage)
    started: float = field(default_factory=time.perf_counter)
    retrieve_ms: int = 0
    first_sentence_ms: int | None = None

    def elapsed_ms(self) -> int:
        return round(1000 * (time.perf_counter() - self.started))


class Answerer:
    """Answers questions over a library with a generator and a gate; may be used from many threads."""

    def __init__(self, library: Library, generator: Generator, gate: Gate, settings: Settings) -> None:
        self._library = library
        self._generator = generator
        self._gate = gate
        self._settings = settings
        self._fixed_tokens = sum(generator.count_tokens([message.content for message in fixed_messages()]))

    def ask(
        self, question: str, *, k: int | None = None, where: SearchFilter | None = None, shown: Sequence[Hit] = ()
    ) -> Answer:
        """The whole answer to ``question``; see `stream`."""
        *_, answer = self.stream(question, k=k, where=where, shown=shown)
        assert isinstance(answer, Answer)  # noqa: S101 - stream ends with one
        return answer

    def stream(
        self, question: str, *, k: int | None = None, where: SearchFilter | None = None, shown: Sequence[Hit] = ()
    ) -> Iterator[Event]:
        """The evidence, then each sentence once it has passed the gate, then the whole answer.

        ``shown`` are the passages of the question before, in a conversation. Closing the iterator stops the generation.

        Raises:
            QuestionError: the question is empty or too long.
            GenerationError: the model failed, or too many questions are waiting.
        """
        course = _Course(self._checked(question))
        hits = self._library.search(course.question, k or self._settings.k, where)
        course.retrieve_ms = course.elapsed_ms()
        course.hits = self._chosen(course.question, hits, shown, where)
        yield Evidence(course.hits)

        absent = unmentioned_name(course.question, course.hits)
        if course.hits and absent is None:
            yield from self._drafted(course)
        yield self._answer(course, absent)

    def _checked(self, question: str) -> str:
        question = " ".join(question.split())
        limit = self._settings.question_chars
        if any("\ud800" <= character <= "\udfff" for character in question):
            raise QuestionError("the question holds half of a character: type it again")
        if not any(character.isalnum() for character in question):
            raise QuestionError("the question is empty: ask it in words")
        if len(question) > limit:
            raise QuestionError(
                f"the question has {len(question)} characters, more than {limit}: shorten it, or raise question_chars"
            )
        return question

    def _chosen(
        self, question: str, hits: Sequence[Hit], shown: Sequence[Hit], where: SearchFilter | None
    ) -> tuple[Hit, ...]:
        kept = self._library.still_held(shown, where)
        counted = self._generator.count_tokens([defused(question)])[0]
        room = self._settings.context_tokens - self._fixed_tokens - _TEMPLATE_TOKENS - counted
        room -= self._settings.answer_tokens
        budget = min(self._settings.passage_budget, room)
        return choose_passages(hits, kept, count_tokens=self._generator.count_tokens, budget=budget, room=room)

    def _drafted(self, course: _Course) -> Iterator[Sentence]:
        """The sentences of a draft that pass the gate, as they come; all else is noted in ``course``."""
        reader = DraftReader(len(course.hits))
        chunks = self._generator.generate(
            answer_prompt(course.question, course.hits),
            grammar=cited_sentences(len(course.hits)),
            max_tokens=self._settings.answer_tokens,
        )
        with closing(chunks):  # type: ignore[type-var] # every engine's iterator is a generator
            for chunk in chunks:
                for draft in reader.feed(chunk.text):
                    yield from self._gated(draft, course)
                course.usage = chunk.usage or course.usage
        for draft in reader.finish():
            yield from self._gated(draft, course)
        course.refused = reader.refused

    def _gated(self, draft: Draft, course: _Course) -> Iterator[Sentence]:
        course.invalid_marks += draft.invalid_marks
        text = _respelled(draft.text, course.hits)
        for span in statements(text):
            one = Draft(text[span.start : span.end], draft.marks)
            verdict = self._verdict(one, course)
            if isinstance(verdict, Dropped):
                course.dropped.append(verdict)
                continue
            if course.first_sentence_ms is None:
                course.first_sentence_ms = course.elapsed_ms()
            course.sentences.append(verdict)
            yield verdict

    def _verdict(self, draft: Draft, course: _Course) -> Sentence | Dropped:
        if any(draft.text == sentence.text for sentence in course.sentences):
            return Dropped(draft.text, "it repeats a sentence before it")
        if lacks_quantity(course.question, draft.text):
            return Dropped(draft.text, "it does not give the quantity that was asked for")
        verdict = self._gate.judge(draft, course.question, course.hits)
        if isinstance(verdict, Sentence):
            cited = [course.hits[citation.mark - 1] for citation in verdict.citations]
            if len(self._library.still_held(cited)) < len(cited):
                return Dropped(draft.text, "the article it cites was deleted meanwhile")
        return verdict

    def _answer(self, course: _Course, absent: str | None) -> Answer:
        reason, message = (None, None) if course.sentences else _abstention(course, absent)
        return Answer(
            question=course.question,
            sentences=tuple(course.sentences),
            hits=course.hits,
            generator=self._generator.info,
            timings=Timings(
                retrieve_ms=course.retrieve_ms,
                first_sentence_ms=course.first_sentence_ms,
                total_ms=course.elapsed_ms(),
                prompt_tokens=course.usage.prompt_tokens,
                cached_tokens=course.usage.cached_tokens,
                output_tokens=course.usage.output_tokens,
            ),
            reason=reason,
            message=message,
            dropped=tuple(course.dropped),
            invalid_marks=course.invalid_marks,
        )


def _respelled(text: str, hits: Sequence[Hit]) -> str:
    """``text`` with abbreviations as the passages write them: small models put a space into ``U.S.`` now and then."""
    for spaced in set(re.findall(r"\b[A-Z]\.(?: [A-Z]\.)+", text)):
        joined = spaced.replace(" ", "")
        if any(joined in hit.passage.text for hit in hits) and not any(spaced in hit.passage.text for hit in hits):
            text = text.replace(spaced, joined)
    return text


def _abstention(course: _Course, absent: str | None) -> tuple[Abstention, str]:
    """Why no answer is given, and how to say so."""
    if not course.hits:
        return Abstention.NOTHING_RETRIEVED, "There is no article to answer from."
    if absent is not None:
        return Abstention.NOT_MENTIONED, f"The articles found do not mention “{absent}”."
    if course.dropped and not course.refused:
        return (
            Abstention.UNSUPPORTED,
            "The articles do not answer this: what the model drafted is not borne out by any passage.",
        )
    return Abstention.REFUSED, "The articles do not answer this."
