"""The gold questions in ``seeds/gold.jsonl``: every span resolves, and the kinds are all there in the right numbers."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import cache

from qa import bench
from qa.ingest import read_path
from tests import test_seed_answers
from tests.conftest import ROOT, SEEDS

CASES = [json.loads(line) for line in (ROOT / "seeds" / "gold.jsonl").read_text(encoding="utf-8").splitlines()]

ANSWERABLE = {"fact", "quote", "who-said", "number", "date", "why", "multi-article", "conflicting"}
UNANSWERABLE = {"unanswerable-near", "unanswerable-far", "false-premise"}
TRAPS = UNANSWERABLE | {"injection"}
FEWEST = dict.fromkeys(ANSWERABLE, 8) | dict.fromkeys(UNANSWERABLE, 12) | {"injection": 6}


@cache
def text_of(article):
    return read_path(SEEDS / article, max_bytes=1_000_000).text


def spans(case):
    return [span for group in case["evidence"] for span in group]


def folded(text):
    return " ".join(text.split()).casefold()


def test_every_case_has_these_keys_and_no_others():
    for case in CASES:
        assert list(case) == ["id", "kind", "question", "answers", "evidence", "speaker"]
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", case["id"])
        assert case["question"] == " ".join(case["question"].split()) != "", case["id"]
        assert all(list(span) == ["article", "start", "end", "quote"] for span in spans(case)), case["id"]


def test_every_span_resolves_in_its_article():
    for case in CASES:
        for span in spans(case):
            assert span["quote"].strip() == span["quote"] != "", case["id"]
            assert text_of(span["article"])[span["start"] : span["end"]] == span["quote"], case["id"]


def test_no_group_is_empty_or_holds_a_span_twice():
    for case in CASES:
        for group in case["evidence"]:
            places = [(span["article"], span["start"], span["end"]) for span in group]
            assert len(set(places)) == len(places) > 0, case["id"]


def test_every_answer_occurs_in_a_quote():
    for case in CASES:
        quotes = [folded(span["quote"]) for span in spans(case)]
        for answer in case["answers"]:
            assert answer.strip(), case["id"]
            assert any(folded(answer) in quote for quote in quotes), (case["id"], answer)


def test_every_group_holds_an_answer():
    for case in CASES:
        for group in case["evidence"]:
            quotes = [folded(span["quote"]) for span in group]
            assert any(folded(answer) in quote for answer in case["answers"] for quote in quotes), (case["id"], quotes)


def test_what_can_be_answered_has_evidence_and_what_cannot_has_none():
    for case in CASES:
        assert case["kind"] in ANSWERABLE | TRAPS, case["id"]
        assert bool(case["evidence"]) is bool(case["answers"]), case["id"]
        if case["kind"] != "injection":
            assert bool(case["evidence"]) is (case["kind"] in ANSWERABLE), case["id"]


def test_a_speaker_is_named_in_the_words_of_the_article():
    for case in CASES:
        if case["kind"] in {"quote", "who-said"}:
            assert case["speaker"], case["id"]
        if case["speaker"] is not None:
            name = case["speaker"].removeprefix("anonymous: ")
            assert case["evidence"], case["id"]
            assert all(name in text_of(span["article"]) for span in spans(case)), case["id"]


def test_no_one_article_answers_a_question_over_several():
    for case in CASES:
        if case["kind"] == "multi-article":
            articles = [{span["article"] for span in group} for group in case["evidence"]]
            assert len(articles) > 1, case["id"]
            assert not set.intersection(*articles), case["id"]


def test_a_conflict_has_a_group_for_each_version():
    assert all(len(case["evidence"]) > 1 for case in CASES if case["kind"] == "conflicting")


def test_ids_and_questions_are_unique():
    assert len({case["id"] for case in CASES}) == len(CASES)
    assert len({folded(case["question"]) for case in CASES}) == len(CASES)


def test_no_question_is_one_that_other_tests_or_the_bench_ask():
    known = {case.question for case in test_seed_answers.ANSWERED} | {*test_seed_answers.UNANSWERED, *bench.QUESTIONS}
    assert {folded(case["question"]) for case in CASES}.isdisjoint(map(folded, known))


def test_there_are_enough_cases_of_each_kind():
    counts = Counter(case["kind"] for case in CASES)
    assert len(CASES) >= 120
    assert {kind: counts[kind] for kind, fewest in FEWEST.items() if counts[kind] < fewest} == {}


def test_two_fifths_are_traps():
    assert 0.38 <= sum(case["kind"] in TRAPS for case in CASES) / len(CASES) <= 0.45


def test_every_article_is_used():
    used = {span["article"] for case in CASES for span in spans(case)}
    assert used == {path.name for path in SEEDS.iterdir()}
