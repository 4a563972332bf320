"""The main path of a summary: article → points → plain sentences under a fixed lead → proof → summary."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from qa.answering.prompts import defused
from qa.answering.voices import named
from qa.models.embedder import Embedder
from qa.models.generators.base import Generator, Usage
from qa.models.support import SupportModel
from qa.summarizing.beside import loaded_places, missing_voices, own_claims, speaking
from qa.summarizing.leads import Leads, leads_of
from qa.summarizing.persons import genders
from qa.summarizing.points import Point, choose, points_of
from qa.summarizing.prompts import MAX_TOKENS, point_prompt, sentence_grammar
from qa.summarizing.proof import prove
from qa.summarizing.quoting import is_short_speech, quotation
from qa.text.described import described
from qa.text.loaded_words import LoadedKind, loaded_words, plain, unquoted_per_100
from qa.text.naming import naming_span
from qa.types import (
    Article,
    Attribution,
    Citation,
    Dropped,
    Span,
    Speaking,
    Summary,
    SummarySentence,
    Timings,
    Voice,
)

Attributions = Callable[[Article], Sequence[Attribution]]
SummaryEvent = SummarySentence | Summary

DEFAULT_SENTENCES = 5


@dataclass(slots=True)
class Course:
    """What has happened to a summary so far."""

    sentences: list[SummarySentence] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    usages: list[Usage] = field(default_factory=list)
    started: float = field(default_factory=time.perf_counter)
    first_ms: int | None = None

    def add(self, sentence: SummarySentence) -> SummarySentence:
        """``sentence``, noted."""
        self.sentences.append(sentence)
        if self.first_ms is None:
            self.first_ms = self._elapsed_ms()
        return sentence

    def timings(self) -> Timings:
        """What it has cost so far."""
        return Timings(
            first_sentence_ms=self.first_ms,
            total_ms=self._elapsed_ms(),
            prompt_tokens=sum(usage.prompt_tokens for usage in self.usages),
            cached_tokens=sum(usage.cached_tokens for usage in self.usages),
            output_tokens=sum(usage.output_tokens for usage in self.usages),
        )

    def _elapsed_ms(self) -> int:
        return round(1000 * (time.perf_counter() - self.started))


class Summarizer:
    """Writes neutral summaries; may be used from many threads."""

    def __init__(
        self, generator: Generator, support: SupportModel, embedder: Embedder, attributions: Attributions
    ) -> None:
        self._generator = generator
        self._support = support
        self._embedder = embedder
        self._attributions = attributions

    def stream(self, articles: Sequence[Article], sentences: int) -> Iterator[SummaryEvent]:
        """Each sentence once it is proven, in the order of the story, then the whole summary of ``articles``.

        Closing the iterator stops the generation.

        Raises:
            ValueError: no article, or fewer than one sentence wanted.
            GenerationError: the model failed, or too many requests are waiting.
        """
        if not articles or sentences < 1:
            raise ValueError("a summary is of at least one article and has at least one sentence")
        course = Course()
        said = {article.id: tuple(self._attributions(article)) for article in articles}
        points = [point for article in articles for point in points_of(article, said[article.id])]
        shown = {
            name: gender for article in articles for name, gender in genders(said[article.id], article.text).items()
        }
        ranked = choose(points, self._embedder, sentences)
        for place in sorted(ranked):
            yield course.add(self.tell(points[place], course, shown.get(points[place].speaker or "")))
        speakers: list[Speaking] = []
        for article in articles:
            speakers += speaking(article, said[article.id])
        yield Summary(
            article_ids=tuple(article.id for article in articles),
            sentences=tuple(course.sentences),
            speakers=tuple(speakers),
            own_claims=tuple(own_claims(points)),
            loaded_words=tuple(word for article in articles for word in loaded_places(article)),
            source_per_100=unquoted_per_100("\n".join(article.text for article in articles)),
            summary_per_100=unquoted_per_100("\n".join(sentence.text for sentence in course.sentences)),
            missing_voices=tuple(
                dict.fromkeys(name for article in articles for name in missing_voices(article, said[article.id]))
            ),
            warnings=tuple(f"{article.title}: {line}" for article in articles for line in article.warnings),
            dropped=tuple(course.dropped),
            generator=self._generator.info,
            timings=course.timings(),
        )

    def tell(
        self,
        point: Point,
        course: Course,
        gender: str | None,
        leads: Leads | None = None,
        objection: Callable[[str], str | None] = lambda body: None,
    ) -> SummarySentence:
        """The sentence that makes ``point``: drafted, or quoted where no draft can be proven.

        ``gender`` is the speaker's, where the article shows it. ``leads`` are other beginnings than those of a summary,
        and ``objection`` says what else speaks against a draft that is proven.
        """
        leads = leads or leads_of(point)
        if not point.tellable or is_short_speech(point):
            return self._quotation(point, leads)
        begin = leads.told
        body = self._written(point, begin, course)
        proof = prove(body, point, self._support, gender)
        if proof.objection is not None and _can_be_plainer(body) and (plainer := plain(body)) != body:
            course.dropped.append(Dropped(begin + body, proof.objection, proof.support))
            body = plainer
            proof = prove(body, point, self._support, gender)
        if proof.objection is None:
            proof = proof._replace(objection=objection(body))
        if proof.objection is None:
            text = begin + body if begin else body[:1].upper() + body[1:]
            return SummarySentence(text, point.voice, proof.support, self._citations(point, text, proof.support))
        course.dropped.append(Dropped(begin + body, proof.objection, proof.support))
        return self._quotation(point, leads)

    def _written(self, point: Point, begin: str, course: Course) -> str:
        """What the model writes to make ``point`` after ``begin``."""
        begin = defused(begin)
        chunks = self._generator.generate(
            point_prompt(point, begin), grammar=sentence_grammar(begin), max_tokens=MAX_TOKENS
        )
        text = ""
        with closing(chunks):  # type: ignore[type-var] # every engine's iterator is a generator
            for chunk in chunks:
                text += chunk.text
                if chunk.usage:
                    course.usages.append(chunk.usage)
        return " ".join(text.split()).removeprefix(begin).strip()

    def _quotation(self, point: Point, leads: Leads) -> SummarySentence:
        """``point`` in the article's own words, given to whoever says them."""
        text = quotation(point, leads)
        # Under “The article says” even what could be looked up is told as the article's word, and no longer as a fact.
        voice = Voice.ASSERTED if point.voice is Voice.FACT else point.voice
        return SummarySentence(text, voice, 1.0, self._citations(point, text, 1.0))

    def _citations(self, point: Point, text: str, support: float) -> tuple[Citation, ...]:
        """The words of ``point``, and where the article names the speaker, if ``text`` tells more of them."""
        speaker = point.attribution.speaker if point.attribution else None
        cited = [_citation(point, point.span, support, named(speaker) if speaker else None)]
        if speaker is not None and described(speaker).rstrip(",").casefold() in text.casefold():
            naming = naming_span(point.article, speaker, point.span)
            cited += [_citation(point, naming, None, None)] if naming else []
        return tuple(cited)


def _citation(point: Point, span: Span, support: float | None, speaker: str | None) -> Citation:
    start, end = span
    return Citation(
        mark=1,
        article_id=point.article.id,
        title=point.article.title,
        start=start,
        end=end,
        quote=point.article.text[start:end],
        speaker=speaker,
        support=support,
    )


def _can_be_plainer(body: str) -> bool:
    """Whether exchanging words would not change what is said: “appears to be” without “appears” says something else."""
    return all(word.kind is not LoadedKind.SPECULATION for word in loaded_words(body))
