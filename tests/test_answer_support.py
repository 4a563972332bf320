"""The main path and the support model: drafted again, another version shown, sure enough or silent."""

import dataclasses
import re

import pytest

from qa.answering.answer import Answerer
from qa.library import Library
from qa.models.calibration import Logistic
from qa.models.embedder import FakeEmbedder
from qa.models.generators import FakeGenerator
from qa.models.support import WordSupport
from qa.settings import Settings
from qa.types import Abstention, Article

DAM = Article(
    "The Vell dam cost 4 million crowns, Mayor Tam Hask said on Monday. The dam was opened by the king in 1999.",
    "The Vell dam",
    "dam.txt",
)
RIVAL = Article(
    "Auditors found that the Vell dam cost 6 million crowns. They blamed the town council for the Vell dam.",
    "The audit",
    "audit.txt",
)
QUESTION = "What did the Vell dam cost?"


class Support(WordSupport):
    """Words decide, with a calibration made for the test."""

    def __init__(self, **changes):
        self._changes = changes

    @property
    def calibration(self):
        return dataclasses.replace(super().calibration, **self._changes)


@pytest.fixture
def library(tmp_path):
    with Library(tmp_path / "library", lambda: FakeEmbedder(dimension=512)) as library:
        yield library


def passages_in(messages):
    return re.findall(r"^\[\d+\] (.+)$", messages[-1].content, re.MULTILINE)


def answering(library, reply, **changes):
    generator = FakeGenerator(reply)
    return Answerer(library, generator, Support(**changes), Settings()), generator


def test_a_failed_sentence_is_drafted_once_more_over_the_nearest_passage(library):
    library.add(DAM)
    library.add(Article("The weather over the hills was mild.", "The hills", "hills.txt"))

    def reply(messages):
        alone = len(passages_in(messages)) == 1
        return "The Vell dam cost 4 million crowns. [1]" if alone else "The Vell dam cost 9 million crowns. [1]"

    answerer, generator = answering(library, reply, tells_from=99.0)
    answer = answerer.ask(QUESTION)
    assert [sentence.text for sentence in answer.sentences] == ["The Vell dam cost 4 million crowns."]
    assert [dropped.text for dropped in answer.dropped] == ["The Vell dam cost 9 million crowns."]
    assert len(generator.prompts) == 2
    (citation,) = answer.sentences[0].citations
    assert citation.quote == DAM.text[citation.start : citation.end]


def test_what_fails_twice_is_dropped(library):
    library.add(DAM)
    answerer, generator = answering(library, "The Vell dam cost 9 million crowns. [1]")
    answer = answerer.ask(QUESTION)
    assert answer.reason is Abstention.UNSUPPORTED
    assert "9 million" in answer.dropped[0].text
    assert "number" in answer.dropped[0].reason
    assert len(generator.prompts) == 2


def test_a_refusal_is_not_drafted_again(library):
    library.add(DAM)
    answerer, generator = answering(library, "None of the articles answer this.", tells_from=99.0)
    assert answerer.ask(QUESTION).reason is Abstention.REFUSED
    assert len(generator.prompts) == 1


def test_a_refusal_is_drafted_again_where_a_passage_plainly_answers(library):
    library.add(DAM)
    library.add(Article("The weather over the hills was mild.", "The hills", "hills.txt"))

    def reply(messages):
        alone = passages_in(messages) == [DAM.text]
        return "The Vell dam cost 4 million crowns. [1]" if alone else "None of the articles answer this."

    answerer, _ = answering(library, reply, tells_from=0.5)
    assert [sentence.text for sentence in answerer.ask(QUESTION).sentences] == ["The Vell dam cost 4 million crowns."]


def test_both_versions_are_shown_where_sources_disagree(library):
    library.add(DAM)
    library.add(RIVAL)

    def reply(messages):
        text = passages_in(messages)
        own = [place for place, passage in enumerate(text, 1) if "4 million" in passage]
        if own:
            return f"The Vell dam cost 4 million crowns. [{own[0]}]"
        return "Auditors found that the Vell dam cost 6 million crowns. [1]"

    answerer, _ = answering(library, reply)
    answer = answerer.ask(QUESTION)
    assert answer.disagreement
    assert [re.search(r"\d million", sentence.text)[0] for sentence in answer.sentences] == ["4 million", "6 million"]
    assert {citation.article_id for s in answer.sentences for citation in s.citations} == {DAM.id, RIVAL.id}


def test_a_passage_as_likely_as_the_cited_one_is_asked_for_its_version(library):
    library.add(DAM)
    library.add(RIVAL)

    def reply(messages):
        own = [place for place, passage in enumerate(passages_in(messages), 1) if "4 million" in passage]
        return f"The Vell dam cost 4 million crowns. [{own[0]}]" if own else "The Vell dam cost 6 million crowns. [1]"

    assert answering(library, reply, tells_from=99.0)[0].ask(QUESTION).disagreement


def test_sources_that_agree_do_not_disagree(library):
    library.add(DAM)
    library.add(Article("The cost of the Vell dam was 4 million crowns, engineers say.", "Engineers", "e.txt"))

    def reply(messages):
        return "The Vell dam cost 4 million crowns. [1]"

    answerer, generator = answering(library, reply)
    answer = answerer.ask(QUESTION)
    assert not answer.disagreement
    assert len(answer.sentences) == 1
    assert len(generator.prompts) == 1


def test_a_sentence_that_is_not_sure_enough_to_answer_is_withheld(library):
    library.add(DAM)
    thresholds = {"strict": 0.9, "balanced": 0.5, "lenient": 0.1}
    shy = {"answer": Logistic({}, -1.0), "answer_thresholds": thresholds}  # every sentence has the probability 0.27
    reply = "The Vell dam cost 4 million crowns. [1]"
    answer = answering(library, reply, **shy)[0].ask(QUESTION)
    assert answer.reason is Abstention.NOT_ANSWERED
    assert answer.score == pytest.approx(0.269, abs=1e-3)
    assert answer.hits
    assert "does not answer" in answer.dropped[0].reason
    lenient = Answerer(library, FakeGenerator(reply), Support(**shy), Settings(abstention="lenient"))
    assert lenient.ask(QUESTION).sentences
    strict = Answerer(library, FakeGenerator(reply), Support(**shy), Settings(abstention="strict"))
    assert strict.ask(QUESTION).abstained


def test_where_no_passage_comes_near_nothing_is_drafted(library):
    library.add(DAM)
    answerer, generator = answering(library, "The Vell dam cost 4 million crowns. [1]", hopeless_below=9.0)
    answer = answerer.ask(QUESTION)
    assert answer.reason is Abstention.NOT_ANSWERED
    assert not generator.prompts
    assert answer.hits


def test_support_is_told_for_sentences_and_citations(library):
    library.add(DAM)
    answer = answering(library, "The Vell dam cost 4 million crowns. [1]")[0].ask(QUESTION)
    (sentence,) = answer.sentences
    assert sentence.support == sentence.citations[0].support == 1.0
    assert answer.score is not None


def test_a_sentence_may_rest_on_a_passage_that_the_model_did_not_read(library):
    library.add(DAM)
    library.add(RIVAL)
    library.add(Article(f"{'The Vell dam lies in the hills of the north. ' * 12}", "The hills", "hills.txt"))
    generator = FakeGenerator("Auditors found that the Vell dam cost 6 million crowns. [1]")
    answerer = Answerer(library, generator, Support(tells_from=-9.0), Settings(passage_budget=64))
    answer = answerer.ask("What did the auditors find that the Vell dam cost?")
    for sentence in answer.sentences:
        for citation in sentence.citations:
            assert answer.hits[citation.mark - 1].passage.article_id == citation.article_id
    assert answer.sentences


def test_another_sentence_does_not_hide_a_disagreement(library):
    library.add(DAM)
    library.add(RIVAL)

    def reply(messages):
        own = [place for place, passage in enumerate(passages_in(messages), 1) if "4 million" in passage]
        if own:
            return f"The Vell dam cost 4 million crowns. [{own[0]}] The dam was opened by the king. [{own[0]}]"
        return "Auditors found that the Vell dam cost 6 million crowns. [1]"

    answer = answering(library, reply)[0].ask(QUESTION)
    assert answer.disagreement
    assert "6 million" in answer.sentences[-1].text


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("Mayor Tam Hask spoke of “four heavenly millions”. [1]", Abstention.UNSUPPORTED),
        ("The Vell dam was opened by the king. [1]", Abstention.NOT_ANSWERED),  # borne out, but no quantity
    ],
)
def test_the_reason_says_whether_a_sentence_was_borne_out(library, reply, reason):
    library.add(DAM)
    assert answering(library, reply)[0].ask("How much did the Vell dam cost?").reason is reason


def test_tokens_of_every_draft_are_counted(library):
    library.add(DAM)
    answerer, generator = answering(library, "The Vell dam cost 9 million crowns. [1]")
    answer = answerer.ask(QUESTION)
    assert len(generator.prompts) == 2
    assert answer.timings.output_tokens == 2 * sum(generator.count_tokens(["The Vell dam cost 9 million crowns. [1]"]))
