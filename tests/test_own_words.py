"""A speaker's own words as the answer: whose, how they are printed, what is cited."""

import dataclasses

import pytest

from qa.answering.answer import Answerer
from qa.answering.own_words import quotations
from qa.answering.speech_questions import speech_question
from qa.library import Library
from qa.models.embedder import FakeEmbedder
from qa.models.generators import FakeGenerator
from qa.models.speech import QuoteTagger
from qa.models.speech_reader import SpeechReader
from qa.models.support import WordSupport
from qa.settings import Settings
from qa.types import Abstention, Article, Attribution, Hit, Passage, Span, Speaker, SpeechKind

TEXT = (
    "Mayor Tam Hask said, “The dam is safe and will stand.” Engineer Lia Orne said the gate had cracks in two pillars. "
    "She warned that the first rain could break it. “Close the gate,” she said, “before the rain comes.” "
    "It was built in 1999."
)
ARTICLE = Article(TEXT, "The dam", "dam.txt", outlet="The Vell Post")
SENTENCES = (
    "Mayor Tam Hask said, “The dam is safe and will stand.”",
    "Engineer Lia Orne said the gate had cracks in two pillars.",
    "She warned that the first rain could break it.",
    "“Close the gate,” she said, “before the rain comes.”",
    "It was built in 1999.",
)


def place(words, after=0):
    start = TEXT.index(words, after)
    return Span(start, start + len(words))


def said(kind, speaker, source, *content, anonymous=False):
    found = [place(one) for one in content]
    return Attribution(
        tuple(found), kind, True, source=source, speaker=Speaker(speaker[0], speaker[1], anonymous=anonymous)
    )


SHE = Span(TEXT.index("she said"), TEXT.index("she said") + len("she"))
HASK, ORNE = ("Tam Hask", "Mayor"), ("Lia Orne", "Engineer")
SAID = (
    said(SpeechKind.DIRECT, HASK, place("Mayor Tam Hask"), "“The dam is safe and will stand.”"),
    said(SpeechKind.INDIRECT, ORNE, place("Engineer Lia Orne"), "the gate had cracks in two pillars"),
    said(SpeechKind.INDIRECT, ORNE, place("She"), "that the first rain could break it"),
    said(SpeechKind.DIRECT, ORNE, SHE, "“Close the gate,”", "“before the rain comes.”"),
)
PASSAGE = Passage(ARTICLE.id, 0, len(TEXT), TEXT, tuple(place(one) for one in SENTENCES))
HIT = Hit(PASSAGE, ARTICLE.title, 0.03)


def found(question, hits=(HIT,), attributions=SAID):
    asked = speech_question(question)
    return quotations(asked, hits, lambda _: attributions, lambda _: ARTICLE, FakeEmbedder(dimension=512), 2)


def test_what_is_quoted_is_given_under_the_speakers_name():
    best = found("Who said that the dam would stand?")[0]
    assert best.text == "Mayor Tam Hask said: “The dam is safe and will stand.”"
    assert [one.quote for one in best.citations] == [SENTENCES[0]]
    assert best.citations[0].speaker == "Tam Hask"


def test_what_is_told_stands_in_the_words_of_the_article():
    best = found("Who spoke of cracks in the pillars?")[0]
    assert best.text == best.words == SENTENCES[1]


def test_a_quotation_goes_on_around_its_speaker():
    (best,) = found("Who said to close the gate before rain comes?")[:1]
    assert best.words == "“Close the gate, … before the rain comes.”"
    assert best.text.endswith(f"said: {best.words}")


def test_who_she_is_is_cited_beside():
    best = found("Who warned that rain could break it?")[0]
    assert best.text == f"The article reports of Engineer Lia Orne: “{SENTENCES[2]}”"
    assert [one.quote for one in best.citations] == [SENTENCES[2], SENTENCES[1]]


def test_who_she_is_must_be_read():
    behind = TEXT.index("She warned")
    cut = Passage(ARTICLE.id, behind, len(TEXT), TEXT[behind:], PASSAGE.sentences[2:])
    assert found("Who warned that rain could break it?", [Hit(cut, "The dam", 0.03)]) == []


def test_the_speaker_named_is_the_speaker_meant():
    texts = [one.text for one in found("What did the mayor say about the dam?")]
    assert texts == ["Mayor Tam Hask said: “The dam is safe and will stand.”"]
    assert found("What did the minister say about the dam?") == []
    assert found("What did Tam Hask say about the weather?") == []


def test_a_time_is_told_of_the_timing():
    text = "Engineer Lia Orne spoke on Monday. “The gate will be mended within two weeks,” Lia Orne said."
    article = Article(text, "The dam", "dam.txt")
    spoken = Span(text.index("“"), text.index("”") + 1)
    source = Span(text.rindex("Lia"), text.rindex("Lia") + len("Lia Orne"))
    passage = Passage(article.id, 0, len(text), text, (Span(0, 34), Span(35, len(text))))
    words = Attribution((spoken,), SpeechKind.DIRECT, True, source=source, speaker=Speaker(*ORNE))

    def told(subject):
        asked = speech_question(f"What did Lia Orne say about the {subject}?")
        hits = [Hit(passage, "The dam", 0.03)]
        return quotations(asked, hits, lambda _: [words], lambda _: article, FakeEmbedder(dimension=512), 2)

    assert [one.words for one in told("timing")] == ["“The gate will be mended within two weeks.”"]
    assert told("price") == []


def test_another_kind_of_speaker_is_less_near():
    (engineer, minister) = (
        found(f"Which {kind} spoke of cracks in the pillars?")[0] for kind in ("engineer", "minister")
    )
    assert engineer.text == minister.text == SENTENCES[1]
    assert minister.nearness < engineer.nearness - 0.25


def test_words_quoted_in_the_question_settle_it():
    (best,) = found("“Safe and will stand”: whose words are those?")
    assert best.text.startswith("Mayor Tam Hask said")
    assert found("“Safe and sound as rock”: whose words are those?") == []


def test_one_common_word_does_not_tell_who_is_meant():
    assert found("Who said that the dam was painted green last summer?") == []


@pytest.fixture
def library(tmp_path):
    with Library(tmp_path / "library", lambda: FakeEmbedder(dimension=512)) as library:
        library.add(ARTICLE)
        yield library


class Sure(WordSupport):
    """Whatever is near enough answers."""

    @property
    def calibration(self):
        return dataclasses.replace(super().calibration, answer_thresholds={"balanced": -1.0})


def answering(library, reply="The gate had cracks in two pillars. [1]", support=None):
    generator = FakeGenerator(reply)
    reader = SpeechReader(QuoteTagger())
    answerer = Answerer(
        library,
        generator,
        support or Sure(),
        Settings(),
        attributions=lambda one: reader.read(library.get(one).text),
        reading=reader.read,
    )
    return answerer, generator


def test_nothing_is_drafted_where_somebodys_words_answer(library):
    answerer, generator = answering(library)
    answer = answerer.ask("Who said that the dam would stand?")
    assert answer.quoted
    assert [one.text for one in answer.sentences] == ["Mayor Tam Hask said: “The dam is safe and will stand.”"]
    (citation,) = answer.sentences[0].citations
    assert citation.quote == TEXT[citation.start : citation.end]
    assert citation.support is not None
    assert generator.prompts == []
    assert answer.timings.first_sentence_ms is not None


def test_other_questions_are_drafted(library):
    answerer, generator = answering(library)
    answer = answerer.ask("How many pillars had cracks?")
    assert not answer.quoted
    assert len(generator.prompts) >= 1


def test_words_that_are_not_near_enough_are_not_shown(library):
    class Unsure(WordSupport):
        @property
        def calibration(self):
            return dataclasses.replace(super().calibration, answer_thresholds={"balanced": 9.0})

    answerer, _ = answering(library, "None of the articles answer this.", Unsure())
    answer = answerer.ask("Who said that the dam would stand?")
    assert not answer.quoted
    assert answer.reason is Abstention.REFUSED
