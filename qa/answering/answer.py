"""The main path: question → passages → somebody's own words, or else draft → gate → confidence → answer."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from qa.answering.abstention import abstention
from qa.answering.confidence import Confidence, Prospect
from qa.answering.context import choose_passages
from qa.answering.disagreement import differ, other_tellers
from qa.answering.drafting import Written, drafts
from qa.answering.drafts import Draft
from qa.answering.evidence import names_of
from qa.answering.gate import Gate
from qa.answering.nearest import nearest_words
from qa.answering.own_words import Quotation, quotations
from qa.answering.prompts import defused, fixed_messages
from qa.answering.relevance import lacks_quantity, unmentioned_name
from qa.answering.speech_questions import speech_question
from qa.answering.voices import Attributions, SpeechIn, told_as_reported, with_speaker, with_speakers, wrong_speaker
from qa.errors import NotFoundError, QuestionError
from qa.library import Library, SearchFilter
from qa.models.generators.base import Generator
from qa.models.support import SupportModel
from qa.settings import Settings
from qa.text.utterances import statements
from qa.types import Abstention, Answer, Article, Citation, Dropped, Hit, Sentence, Timings

_TEMPLATE_TOKENS = 120  # what a chat template and the passages' titles add around the texts counted
_MOST_JUDGED = 4  # statements that may be what is asked for
_MOST_QUOTED = 2  # statements of one speaker that answer what they said
_MOST_REDRAFTED = 2  # passages over which a failed answer is drafted again
_DOES_NOT_ANSWER = "it is borne out, but does not answer the question"


@dataclass(frozen=True, slots=True)
class Evidence:
    """The passages that the model reads; a mark beyond them names one of those that the whole `Answer` lists."""

    hits: tuple[Hit, ...]


Event = Evidence | Sentence | Answer


@dataclass(slots=True)
class _Course:
    """What has happened to a question so far.

    ``hits`` are the passages that the model reads, ``shown`` of them, then the others that were found; ``drafted`` are
    the texts of ``sentences`` as the model wrote them.
    """

    question: str
    hits: tuple[Hit, ...] = ()
    shown: int = 0
    prospect: Prospect = field(default_factory=lambda: Prospect("", ()))
    written: Written = field(default_factory=Written)
    further: list[Written] = field(default_factory=list)
    sentences: list[Sentence] = field(default_factory=list)
    drafted: list[str] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    redraft: list[int] = field(default_factory=list)
    marks: int = 0
    invalid_marks: int = 0
    score: float | None = None
    reason: Abstention | None = None
    absent: str | None = None
    disagreement: bool = False
    quoted: bool = False
    started: float = field(default_factory=time.perf_counter)
    retrieve_ms: int = 0
    first_sentence_ms: int | None = None

    def count_marks(self, draft: Draft) -> None:
        self.marks += len(draft.marks) + draft.invalid_marks
        self.invalid_marks += draft.invalid_marks

    def elapsed_ms(self) -> int:
        return round(1000 * (time.perf_counter() - self.started))


class Answerer:
    """Answers questions over a library with a generator and a support model; may be used from many threads."""

    def __init__(
        self,
        library: Library,
        generator: Generator,
        support: SupportModel,
        settings: Settings,
        *,
        confidence: Confidence | None = None,
        attributions: Attributions = lambda _: (),
        reading: SpeechIn = lambda _: (),
    ) -> None:
        """``attributions`` are who says what in each article, ``reading`` finds that in a sentence."""
        self._library = library
        self._generator = generator
        self._gate = Gate(support)
        self._confidence = confidence or Confidence(support, settings.abstention)
        self._settings = settings
        self._attributions = attributions
        self._reading = reading
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
        found = self._library.search(course.question, k or self._settings.k, where)
        course.retrieve_ms = course.elapsed_ms()
        read = self._chosen(course.question, found, shown, where)
        places = {hit.passage for hit in read}
        course.hits = (*read, *(hit for hit in found if hit.passage not in places))
        course.shown = len(read)
        yield Evidence(read)

        course.reason = self._unknown(course)
        if course.reason is None:
            course.prospect = self._confidence.prospect(course.question, course.hits[: course.shown])
            yield from self._quoted(course)
            if not course.sentences:
                yield from self._drafted(course)
        yield self._answer(course)

    def _unknown(self, course: _Course) -> Abstention | None:
        """Why the library cannot know, where that is plain beforehand."""
        if not course.hits:
            return Abstention.NOTHING_RETRIEVED
        course.absent = unmentioned_name(course.question, course.hits[: course.shown])
        return None if course.absent is None else Abstention.NOT_MENTIONED

    def _quoted(self, course: _Course) -> Iterator[Sentence]:
        """Somebody's own words, where the question is who said them or what somebody said."""
        asked = speech_question(course.question)
        if asked is None:
            return
        found = quotations(asked, course.hits, self._attributions, self._article, self._library.embedder, _MOST_JUDGED)
        judged = (self._fitting(one, course, speaker_known=bool(asked.speaker)) for one in found)
        fitting = sorted(filter(None, judged), key=lambda one: -one[0])
        most = _MOST_QUOTED if asked.speaker else 1
        for _, sentence in sorted(fitting[:most], key=lambda one: one[1].citations[0].mark):
            course.quoted = True
            yield self._noted(sentence, course)

    def _fitting(self, quotation: Quotation, course: _Course, *, speaker_known: bool) -> tuple[float, Sentence] | None:
        """The quotation as a sentence, if its words bear it out and answer the question, and how well they do."""
        sentence = self._gate.vouched(quotation.text, quotation.words, quotation.citations)
        if sentence is None or lacks_quantity(course.question, sentence.text) or not self._held(sentence, course):
            return None
        score = self._confidence.score(sentence, course.prospect, course.hits, None)
        if not self._confidence.fits(quotation.nearness, score, speaker_known=speaker_known):
            return None
        course.score = max(score, course.score or 0.0)
        return quotation.nearness + score, sentence

    def _drafted(self, course: _Course) -> Iterator[Sentence]:
        """The sentences that the model drafts and the gate lets pass; nothing is drafted where that is hopeless."""
        if self._confidence.hopeless(course.prospect):
            course.reason = Abstention.NOT_ANSWERED
            return
        yield from self._first_drafts(course)
        yield from self._redrafts(course)
        yield from self._other_versions(course)

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

    def _first_drafts(self, course: _Course) -> Iterator[Sentence]:
        """The sentences of a draft over all passages that may be shown, as they come."""
        read = course.hits[: course.shown]
        for draft in drafts(self._generator, course.question, read, self._settings.answer_tokens, course.written):
            course.count_marks(draft)
            yield from self._passed(draft, course)

    def _redrafts(self, course: _Course) -> Iterator[Sentence]:
        """Where no sentence was borne out, those of a draft over the passage nearest to bearing one out.

        Where the model refused, that is the passage that answers the question, if one plainly does.
        """
        if course.sentences or any(one.borne_out for one in course.dropped):
            return
        if course.written.refused:
            plain = course.prospect.best >= self._confidence.tells
            course.redraft = [course.prospect.answers.index(course.prospect.best) + 1] if plain else []
        for mark in list(dict.fromkeys(course.redraft))[:_MOST_REDRAFTED]:
            for draft in self._drafts_over(mark, course):
                yield from self._passed(draft, course)
            if course.sentences:
                return

    def _other_versions(self, course: _Course) -> Iterator[Sentence]:
        """What other passages say instead of the first sentence, where they contradict it."""
        if not course.sentences:
            return
        first, told = course.sentences[0], course.drafted[0]
        known = names_of(course.hits[: course.shown])
        least = self._confidence.tells_besides(first, course.prospect)
        for mark in other_tellers(first, course.prospect.answers, course.hits, least):
            for draft in self._drafts_over(mark, course):
                sentence = self._verdict(draft, course, alone=mark)
                if isinstance(sentence, Sentence) and differ(course.question, told, sentence.text, known):
                    course.disagreement = True
                    yield self._shown(sentence, course)
                    break

    def _drafts_over(self, mark: int, course: _Course) -> Iterator[Draft]:
        """The sentences of a draft over one passage alone."""
        written = Written()
        course.further.append(written)
        for draft in drafts(
            self._generator, course.question, [course.hits[mark - 1]], self._settings.answer_tokens, written
        ):
            course.count_marks(draft)
            yield draft._replace(marks=(mark,) if draft.marks else ())

    def _passed(self, draft: Draft, course: _Course) -> Iterator[Sentence]:
        """The statements of ``draft`` that may be shown; what is withheld is noted in ``course``."""
        text = _respelled(draft.text, course.hits)
        for span in statements(text):
            verdict = self._verdict(Draft(text[span.start : span.end], draft.marks), course)
            if isinstance(verdict, Sentence):
                yield self._shown(verdict, course)
            elif verdict not in course.dropped:
                course.dropped.append(verdict)

    def _shown(self, sentence: Sentence, course: _Course) -> Sentence:
        course.drafted.append(sentence.text)
        known = names_of(course.hits)
        return self._noted(told_as_reported(sentence, self._attributions, self._reading, self._text, known), course)

    def _noted(self, sentence: Sentence, course: _Course) -> Sentence:
        if course.first_sentence_ms is None:
            course.first_sentence_ms = course.elapsed_ms()
        course.sentences.append(sentence)
        return sentence

    def _verdict(self, draft: Draft, course: _Course, alone: int | None = None) -> Sentence | Dropped:
        """The sentence with its citations, or why it is withheld; ``alone`` is the only passage that it may rest on."""
        if draft.text in course.drafted:
            return Dropped(draft.text, "it repeats a sentence before it")
        judged = self._gate.judge(draft, course.question, course.hits, course.shown, alone)
        verdict = judged.verdict
        if isinstance(verdict, Dropped):
            course.redraft += judged.nearest
            return verdict
        return self._answering(verdict, course)

    def _answering(self, sentence: Sentence, course: _Course) -> Sentence | Dropped:
        """The sentence, which is borne out, or why it is no answer."""
        if lacks_quantity(course.question, sentence.text):
            return Dropped(
                sentence.text, "it does not give the quantity that was asked for", sentence.support, borne_out=True
            )
        score = self._confidence.score(sentence, course.prospect, course.hits, course.written.refusal)
        course.score = max(score, course.score or 0.0)
        if score < self._confidence.threshold:
            return Dropped(sentence.text, _DOES_NOT_ANSWER, sentence.support, borne_out=True)
        if not self._held(sentence, course):
            return Dropped(sentence.text, "the article it cites was deleted meanwhile")
        if mistaken := wrong_speaker(sentence, self._attributions, self._reading, self._text):
            return Dropped(sentence.text, mistaken, sentence.support)
        return with_speakers(sentence, self._attributions)

    def _held(self, sentence: Sentence, course: _Course) -> bool:
        """Whether the library still holds all that is cited."""
        cited = [course.hits[citation.mark - 1] for citation in sentence.citations]
        return len(self._library.still_held(cited)) == len(cited)

    def _article(self, article_id: str) -> Article | None:
        """The article; ``None`` where it was deleted meanwhile."""
        try:
            return self._library.get(article_id)
        except NotFoundError:
            return None

    def _text(self, article_id: str) -> str:
        """The text of an article; empty where it was deleted meanwhile."""
        article = self._article(article_id)
        return article.text if article else ""

    def _answer(self, course: _Course) -> Answer:
        reason, message = (None, None) if course.sentences else abstention(course.reason, course.absent, course.dropped)
        cited = max((c.mark for sentence in course.sentences for c in sentence.citations), default=0)
        usages = [written.usage for written in (course.written, *course.further)]
        return Answer(
            question=course.question,
            sentences=tuple(course.sentences),
            hits=course.hits[: max(course.shown, cited)],
            generator=self._generator.info,
            timings=Timings(
                retrieve_ms=course.retrieve_ms,
                first_sentence_ms=course.first_sentence_ms,
                total_ms=course.elapsed_ms(),
                prompt_tokens=sum(usage.prompt_tokens for usage in usages),
                cached_tokens=sum(usage.cached_tokens for usage in usages),
                output_tokens=sum(usage.output_tokens for usage in usages),
            ),
            reason=reason,
            message=message,
            dropped=tuple(course.dropped),
            marks=course.marks,
            invalid_marks=course.invalid_marks,
            score=course.score,
            disagreement=course.disagreement,
            quoted=course.quoted,
            nearest=self._nearest(course) if reason else (),
        )

    def _nearest(self, course: _Course) -> tuple[Citation, ...]:
        """The words to offer instead of an answer, out of what the model read."""
        read = self._library.still_held(course.hits[: course.shown])
        if len(read) < course.shown:
            return ()  # an article was deleted meanwhile, and the marks no longer count what was read
        words = nearest_words(course.question, read, course.prospect.answers, self._library.embedder)
        return tuple(with_speaker(citation, self._attributions) for citation in words)


def _respelled(text: str, hits: Sequence[Hit]) -> str:
    """``text`` with abbreviations as the passages write them: small models put a space into ``U.S.`` now and then."""
    for spaced in set(re.findall(r"\b[A-Z]\.(?: [A-Z]\.)+", text)):
        joined = spaced.replace(" ", "")
        if any(joined in hit.passage.text for hit in hits) and not any(spaced in hit.passage.text for hit in hits):
            text = text.replace(spaced, joined)
    return text
