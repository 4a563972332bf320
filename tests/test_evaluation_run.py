"""Runs: each case asked and kept, broken runs go on, and the same seed gives the same scores."""

from __future__ import annotations

import dataclasses
import json

import pytest

from qa.errors import CaseError
from qa.evaluation import alce_output, asking
from qa.evaluation.cases import Case, names_of, read_cases
from qa.evaluation.compare import compare
from qa.evaluation.files import write_report
from qa.evaluation.judges import GateJudge
from qa.evaluation.measures import SPEECH, SUMMARIES
from qa.evaluation.metrics.speakers import Reported
from qa.evaluation.plots import reliability_plot
from qa.evaluation.report import Report, joined, read_report, report_json
from qa.evaluation.responses import Cited, Response, Told, read_responses
from qa.evaluation.run import RESPONSES, evaluate, evaluate_retrieval, evaluate_support, score
from qa.evaluation.suites.pairs import LabelledPair
from qa.evaluation.suites.suite import Suite, Task
from qa.models.embedder import FakeEmbedder
from qa.models.generators import FakeGenerator
from qa.models.speech import QuoteTagger
from qa.models.speech_reader import SpeechReader
from qa.models.support import WordSupport
from qa.settings import Settings
from qa.types import Article, Span, Voice

DAM = Article(
    "The Vell dam cost 4 million crowns, Mayor Tam Hask said on Monday. The dam was opened by the king in 1999.",
    "The Vell dam",
    "dam.txt",
)
SEA = Article("The harbour of Orrin was dredged in May. Herring boats lay idle for a week.", "The harbour", "sea.txt")


class Models:
    """Fakes; ``reply`` is what the generator writes, or a function of the messages."""

    def __init__(self, reply="The Vell dam cost 4 million crowns. [1]"):
        self.settings = Settings(engine="fake", embedder="fake")
        self.embedder = FakeEmbedder(dimension=512)
        self.generator = FakeGenerator(reply)
        self.support = WordSupport()
        self.speech = SpeechReader(QuoteTagger())


def span(quote, article="dam.txt"):
    return {"article": article, "quote": quote}


@pytest.fixture
def suite(tmp_path):
    records = [
        {"id": "cost", "kind": "number", "question": "What did the Vell dam cost?", "answers": ["4 million crowns"],
         "evidence": [[span("cost 4 million crowns")]]},
        {"id": "opened", "kind": "fact", "question": "Who opened the Vell dam?", "answers": ["the king"],
         "evidence": [[span("opened by the king")]]},
        {"id": "height", "kind": "unanswerable", "question": "How high is the Vell dam in metres?"},
        {"id": "boats", "kind": "fact", "question": "How long did the herring boats lie idle?", "answers": ["a week"],
         "evidence": [[span("lay idle for a week", "sea.txt")]]},
    ]  # fmt: skip
    path = tmp_path / "cases.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return Suite("own", (DAM, SEA), tuple(read_cases(path, names_of([DAM, SEA]))))


def by_id(report):
    return {result.case.id: result for result in report.suites[0].results}


def test_every_case_yields_a_row_and_its_fault(suite):
    report = evaluate(Models(), suite)
    found = by_id(report)
    assert set(found) == {"cost", "opened", "height", "boats"}
    assert found["cost"].fault is None
    assert found["cost"].rows["citation_precision"] == (1.0,)
    assert found["cost"].response.citations[0].quote in DAM.text
    assert found["boats"].fault in {"not answered", "the evidence is not cited"}
    assert report.suites[0].values["recall_at_8"].n == 3
    assert report.suites[0].values["exact_quotes"].value == 1
    assert report.suites[0].by_kind["number"]["sensitivity"].value == 1


def test_a_report_says_what_it_takes_to_run_it_again(suite):
    report = evaluate(Models(), suite, seed=7)
    record = report.provenance
    assert record["seed"] == 7
    assert record["models"]["generator"]["engine"] == "fake"
    assert record["models"]["support"]["model"] == "words"
    assert set(record["models"]) == {"generator", "support", "embedder", "speech"}
    assert record["settings"]["k"] == 8
    assert not {"library", "cache"} & set(record["settings"])
    assert record["machine"]["cores"] >= 1
    assert report.suites[0].corpus["sha256"] == suite.corpus_sha256
    assert len(suite.corpus_sha256) == 64


def test_a_model_that_fails_costs_the_case_and_not_the_run(suite):
    models = Models()
    models.generator = Broken("idle")
    report = evaluate(models, suite)
    failed = by_id(report)["boats"]
    assert (failed.fault, failed.response.error) == ("failed", "the model broke")
    assert failed.rows["sensitivity"] == (0,)
    assert by_id(report)["cost"].fault is None


class Broken(FakeGenerator):
    """Fails where the question has a word."""

    def __init__(self, word):
        super().__init__("The Vell dam cost 4 million crowns. [1]")
        self._word = word

    def generate(self, messages, **how):
        from qa.errors import GenerationError

        if self._word in messages[-1].content.splitlines()[-1]:
            raise GenerationError("the model broke")
        return super().generate(messages, **how)


def about(article, **more):
    return Case("one", f"Summarize “{article.title}”", "news", articles=(article.id,), cluster=article.id, **more)


HASK = Reported((Span(0, 40),), "Mayor Tam Hask", "indirect")


def test_summaries_are_measured_against_what_people_annotated(tmp_path):
    case = about(DAM, said=(HASK,), reference="The dam cost 4 million.")
    suite = Suite("summaries", (DAM,), (case,), SUMMARIES, task=Task.SUMMARIES)
    report = evaluate(Models("The Vell dam cost 4 million crowns."), suite, folder=tmp_path / "run")
    (result,) = report.suites[0].results
    assert result.response.sentences
    assert {told.voice for told in result.response.sentences} <= set(Voice)
    values = report.suites[0].values
    assert values["exact_quotes"].value == 1
    assert 0 < values["coverage"].value <= values["coverage_whole"].value == 1
    assert values["told_as_fact"].n == 1
    assert "sensitivity" not in values
    again = score(suite, read_responses(tmp_path / "run" / RESPONSES, {}))
    assert again.values == report.suites[0].values
    write_report(report, tmp_path, {DAM.id: DAM})
    (stored,) = read_report(tmp_path).suites[0].results
    assert (stored.response, stored.rows, stored.fault) == (result.response, result.rows, result.fault)
    assert (stored.case.said, stored.case.reference) == (case.said, case.reference)


def test_reported_speech_is_measured_without_the_generator(tmp_path):
    class NoGenerator(Models):
        generator = property(lambda _: pytest.fail("it is not needed"), lambda *_: None)

    text = "Mayor Tam Hask said “the dam is safe for years to come” on Monday."
    article = Article(text, "Dam", "dam.txt")
    start, end = text.index("“"), text.index("”") + 1
    gold = (Reported((Span(start, end),), "Mayor Tam Hask", "direct"), Reported((Span(0, 3),), None, "indirect"))
    suite = Suite("polnear", (article,), (about(article, said=gold),), SPEECH, task=Task.SPEECH)
    report = evaluate(NoGenerator(), suite, folder=tmp_path)
    values = report.suites[0].values
    assert values["speech_f1"].value == pytest.approx(2 * 1 / (2 + 1))
    assert values["speech_f1_direct"].value == values["speech_sources"].value == 1
    assert values["speech_f1_indirect"].value == 0
    assert read_responses(tmp_path / RESPONSES, {})[0].said == report.suites[0].results[0].response.said
    assert set(report.provenance["models"]) == {"speech"}


def strip(report):
    """The report without what a clock or a machine says."""
    record = report_json(report)
    record["provenance"] = None
    for one in record["suites"]:
        for values in (one["metrics"], *one["by_kind"].values()):
            for name in ("latency_p50", "latency_p95", "first_sentence_p50"):
                values.pop(name, None)
        for case in one["cases"]:
            for name in ("seconds", "first_sentence_seconds"):
                case["response"][name] = None
            for name in ("latency_p50", "latency_p95", "first_sentence_p50"):
                case["rows"].pop(name)
    return record


def test_the_same_seed_gives_the_same_scores(suite):
    assert strip(evaluate(Models(), suite, seed=1)) == strip(evaluate(Models(), suite, seed=1))


def test_more_jobs_than_may_wait_are_refused_and_leave_nothing_behind(suite, tmp_path):
    models = Models()
    with pytest.raises(CaseError, match="queue_limit"):
        evaluate(models, suite, folder=tmp_path / "run", jobs=models.settings.queue_limit + 1)
    assert not (tmp_path / "run").exists()


def test_questions_side_by_side_come_to_the_same(suite):
    assert strip(evaluate(Models(), suite, jobs=3)) == strip(evaluate(Models(), suite))


def test_a_run_that_broke_off_goes_on(suite, tmp_path):
    whole = strip(evaluate(Models(), suite, folder=tmp_path / "whole"))
    folder = tmp_path / "broken"

    def break_off(responses, _total, _done):
        for number, response in enumerate(responses):
            if number == 2:
                raise KeyboardInterrupt
            yield response

    with pytest.raises(KeyboardInterrupt):
        evaluate(Models(), suite, folder=folder, progress=break_off)
    kept = folder / RESPONSES
    assert len(kept.read_text().splitlines()) == 2
    kept.write_bytes(kept.read_bytes() + b'{"id": "height", "sente')  # killed while it wrote
    seen = []

    def watch(responses, total, done):
        seen.append((total, done))
        return responses

    models = Models()
    assert strip(evaluate(models, suite, folder=folder, resume=True, progress=watch)) == whole
    assert seen == [(4, 2)]


def test_a_case_that_failed_is_asked_again(suite, tmp_path):
    models = Models()
    models.generator = Broken("idle")
    assert by_id(evaluate(models, suite, folder=tmp_path))["boats"].fault == "failed"
    assert by_id(evaluate(Models(), suite, folder=tmp_path, resume=True))["boats"].fault != "failed"


def test_a_run_whose_record_is_torn_is_not_gone_on_with(suite, tmp_path):
    evaluate(Models(), suite, folder=tmp_path)
    (tmp_path / "run.json").write_text('{"suite": ')
    with pytest.raises(CaseError, match="holds another run"):
        evaluate(Models(), suite, folder=tmp_path, resume=True)


def test_a_run_does_not_overwrite_another(suite, tmp_path):
    evaluate(Models(), suite, folder=tmp_path / "run")
    with pytest.raises(CaseError, match="--resume"):
        evaluate(Models(), suite, folder=tmp_path / "run")
    with pytest.raises(CaseError, match="holds another run"):
        evaluate(Models(), suite, folder=tmp_path / "run", seed=9, resume=True)
    with pytest.raises(CaseError, match="holds another run"):
        evaluate(Models(), suite.sample(2, 0), folder=tmp_path / "run", resume=True)


def test_retrieval_alone_needs_no_generator(suite):
    class Searching:
        settings = Settings(engine="fake", embedder="fake")
        embedder = FakeEmbedder(dimension=512)

    report = evaluate_retrieval(Searching(), suite)
    assert set(report.suites[0].values) == {
        "recall_at_1", "recall_at_3", "recall_at_8", "mrr", "ndcg", "latency_p50", "latency_p95",
    }  # fmt: skip
    assert report.suites[0].values["recall_at_8"].value == 1


def test_the_support_model_alone(tmp_path):
    labelled = [
        LabelledPair("1", "news", "The dam cost 4 million crowns.", "The dam cost 4 million crowns.", True),
        LabelledPair("2", "news", "The dam cost 4 million crowns.", "Herring boats lay idle.", False),
        LabelledPair("3", "wiki", "The dam cost 4 million crowns.", "The dam is old and cracked.", False),
    ]
    report = evaluate_support(Models(), labelled)
    values = report.suites[0].values
    assert values["auroc"].value == 1
    assert (values["sensitivity"].n, values["specificity"].n) == (1, 2)
    assert list(report.suites[0].by_kind) == ["news", "wiki"]
    assert [(one.right, one.n) for one in report.suites[0].reliability] == [(0, 1), (0, 1), (1, 1)]
    plot = reliability_plot(report.suites[0], "p")
    assert "3 claims" in plot.caption
    assert plot.title == "Reliability of the support"
    assert len(evaluate_support(Models(), labelled, limit=2).suites[0].results) == 2


def test_several_suites_in_one_report_name_all_models(suite):
    pairs = [LabelledPair("1", "news", "The dam cost 4 million crowns.", "The dam cost 4 million crowns.", True)]
    report = joined([evaluate(Models(), suite), evaluate_support(Models(), pairs)])
    assert [one.name for one in report.suites] == ["own", "pairs"]
    assert set(report.provenance["models"]) == {"generator", "support", "embedder", "speech"}


def test_a_library_of_another_suite_does_not_leak_in(suite, tmp_path):
    with asking.library_of(suite, Models(), tmp_path):
        pass
    other = dataclasses.replace(suite, articles=(SEA,))
    with asking.library_of(other, Models(), tmp_path) as library:
        assert [article.id for article in library.articles()] == [SEA.id]


# ── scoring what others wrote ────────────────────────────────────────────────────────────────────────────────────────


def right(case="cost", **more):
    start = DAM.text.index("4 million")
    return Response(case, (Told("4 million crowns.", (Cited("4 million crowns", DAM.id, start, start + 16),)),), **more)


def reported(suite, responses):
    return Report((score(suite, responses),), {})


def test_a_case_without_a_response_has_failed_unless_left_out(suite):
    whole = score(suite, [right()])
    assert [result.fault for result in whole.results] == [None, "failed", "failed", "failed"]
    assert whole.values["sensitivity"].value == 1 / 3
    assert score(suite, [right()], partial=True).values["sensitivity"] == (1, 1, 1, 1)


def test_a_response_to_no_case_and_two_to_one_are_refused(suite):
    with pytest.raises(CaseError, match="no case 'depth'"):
        score(suite, [right("depth")])
    with pytest.raises(CaseError, match="two responses"):
        score(suite, [right(), right()])


def test_the_gate_as_its_own_judge_is_said_to_be(suite):
    report = score(suite, [right()], GateJudge(WordSupport()))
    assert report.judge["self_judged"] is True
    assert report.judge["model"] == "words"
    assert report.values["alce_recall"] == (1, 1, 1, 1)


def test_alce_output_is_read(tmp_path):
    docs = [{"title": "Dam", "text": "The dam cost 4 million."}, {"title": "King", "text": "The king opened it."}]
    rows = [
        {"question": "Q?", "output": "The dam cost 4 million [1]. The king opened it [2][9].", "docs": docs,
         "qa_pairs": [{"short_answers": ["4 million"]}]},
        {"question": "R?", "output": "Nobody knows.", "docs": docs, "qa_pairs": [{"short_answers": ["no"]}]},
    ]  # fmt: skip
    path = tmp_path / "asqa-output.json"
    path.write_text(json.dumps({"args": {}, "data": rows}))
    assert alce_output.is_alce(path)
    report = alce_output.score_alce(path, GateJudge(WordSupport()))
    first, second = report.results
    assert [told.text for told in first.response.sentences] == ["The dam cost 4 million.", "The king opened it."]
    assert (first.response.marks, first.response.invalid_marks) == (3, 1)
    assert first.rows["alce_recall"] == (1 / 2,)  # the second sentence has an invalid mark
    assert first.rows["alce_precision"] == (1 / 3,)
    assert second.rows["alce_recall"] == second.rows["alce_precision"] == (0,)
    assert report.values["short_answer_recall"].value == 1 / 2


@pytest.mark.parametrize(
    ("output", "claims"),
    [
        ("He said “yes.” [1] It ended. [2]", [("He said “yes.”", ("a",)), ("It ended.", ("b",))]),
        ("It rained (heavily.) [1][2]", [("It rained (heavily.)", ("a", "b"))]),
        ("It rained.\n[1]\n[2]", [("It rained.", ("a", "b"))]),
        ("It rained [1, 2].", [("It rained.", ("a", "b"))]),
        ("It rained.[1][2] It ended. [3]", [("It rained.", ("a", "b")), ("It ended.", (None,))]),
        ("It rained [0].", [("It rained.", (None,))]),
        ("In [2021] it rained.", [("In it rained.", (None,))]),
        ("", []),
    ],
)
def test_marks_of_alce_outputs(output, claims):
    assert [tuple(claim) for claim in alce_output.claims_of(output, ["a", "b"])] == claims


# ── comparing ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_report_is_read_back_as_it_was(suite, tmp_path):
    report = evaluate(Models(), suite)
    write_report(report, tmp_path / "run", {article.id: article for article in suite.articles})
    written = json.loads((tmp_path / "run" / "report.json").read_text())
    assert json.loads(json.dumps(report_json(read_report(tmp_path / "run")))) == written
    assert {path.name for path in (tmp_path / "run").iterdir()} == {"report.json", "report.md", "report.html"}
    with pytest.raises(CaseError, match="no report"):
        read_report(tmp_path / "nowhere")


def test_what_fell_is_named_and_what_rose_is_not(suite):
    good, bad = evaluate(Models(), suite), evaluate(Models("None of the articles answer this."), suite)
    (worse,) = compare(good, bad)
    assert "sensitivity" in worse.fallen(0.0)
    assert worse.differences["sensitivity"].difference == -2 / 3
    assert [(change.id, change.before, change.after) for change in worse.changes if change.id == "cost"] == [
        ("cost", None, "not answered")
    ]
    (better,) = compare(bad, good)
    assert "sensitivity" not in better.fallen(0.0)
    assert worse.fallen(1.0) == []
    assert worse.fallen(0.0, ["specificity"]) == []
    assert worse.fallen(0.0, ["sensitivity"]) == ["sensitivity"]
    assert not {"latency_p50", "latency_p95"} & set(worse.fallen(0.0))


def test_a_bad_answer_more_is_a_fall(suite):
    before = [right()]
    start = SEA.text.index("Herring")
    astray = Response("opened", (Told("The king.", (Cited("Herring", SEA.id, start, start + 7),)),))
    (worse,) = compare(reported(suite, before), reported(suite, [*before, astray]))
    assert worse.differences["citation_precision"].difference == -1 / 2
    assert "citation_precision" in worse.fallen(0.1)


def test_missing_cases_and_suites_are_no_success(suite):
    whole, part = reported(suite, [right()]), reported(suite.sample(2, 0), [])
    (found,) = compare(whole, part)
    assert len(found.missing) == 2
    assert "cases" in found.fallen(1.0)
    with pytest.raises(CaseError, match="no suite 'own'"):
        compare(whole, reported(dataclasses.replace(suite, name="other"), []))


def test_other_questions_under_the_same_ids_are_not_compared(suite):
    cases = tuple(dataclasses.replace(case, question="Something else?") for case in suite.cases)
    with pytest.raises(CaseError, match="is another question"):
        compare(reported(suite, []), reported(dataclasses.replace(suite, cases=cases), []))


def test_a_loss_of_exactly_the_tolerance_is_tolerated(suite):
    found = compare(reported(suite, [right()]), reported(suite, []))[0]
    assert "sensitivity" in found.fallen(0.3)
    assert "sensitivity" not in found.fallen(1 / 3)


def test_runs_without_a_common_case_are_not_compared(suite):
    first, second = suite.sample(1, 0), suite.sample(1, 1)
    assert first != second
    with pytest.raises(CaseError, match="no case in common"):
        compare(evaluate(Models(), first), evaluate(Models(), second))
