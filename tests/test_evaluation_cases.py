"""Case files and responses: what is read is what was written, and a fault is named with its line."""

from __future__ import annotations

import json

import pytest

from qa.errors import CaseError
from qa.evaluation.cases import case_json, locate, names_of, names_of_files, read_cases
from qa.evaluation.drafting import case_drafts
from qa.evaluation.responses import Cited, Place, Response, Told, read_responses, response_json
from qa.evaluation.suites.suite import Suite
from qa.types import Article

DAM = Article("The Vell dam cost 4 million crowns.\nIt was opened by the king in 1999.", "The Vell dam", "in/dam.txt")
NAMES = names_of([DAM])


def write(path, *records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def span(quote="The Vell dam", article="dam.txt", **place):
    return {"article": article, "quote": quote, **place}


def test_a_case_is_read_with_what_it_leaves_out(tmp_path):
    (case,) = read_cases(
        write(tmp_path / "c.jsonl", {"question": " What  did it cost? ", "evidence": [[span("4 million crowns")]]}),
        NAMES,
    )
    assert (case.id, case.question, case.kind, case.answerable) == ("1", "What did it cost?", "question", True)
    ((gold,),) = case.evidence
    assert (gold.article, DAM.text[gold.start : gold.end]) == (DAM.id, "4 million crowns")


def test_white_space_in_a_quotation_does_not_matter(tmp_path):
    (case,) = read_cases(
        write(tmp_path / "c.jsonl", {"question": "Who?", "evidence": [[span("crowns. It was opened")]]}), NAMES
    )
    assert case.evidence[0][0].quote == "crowns.\nIt was opened"


def test_what_has_neither_answers_nor_evidence_cannot_be_answered(tmp_path):
    (case,) = read_cases(write(tmp_path / "c.jsonl", {"question": "Why?"}), NAMES)
    assert not case.answerable


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({}, "the question is empty"),
        ({"question": "Q?", "answer": "x"}, "unknown key 'answer'"),
        ({"question": "Q?", "answers": "x"}, "answers must be a list"),
        ({"question": "Q?", "evidence": [[]]}, "none of them empty"),
        ({"question": "Q?", "evidence": [[span(article="sea.txt")]]}, "there is no article 'sea.txt'"),
        ({"question": "Q?", "evidence": [[span("The Vell lake")]]}, "does not occur exactly once"),
        ({"question": "Q?", "evidence": [[span("e")]]}, "does not occur exactly once"),
        ({"question": "Q?", "evidence": [[span(start=1, end=13)]]}, "is not “The Vell dam”"),
        ({"question": "Q?", "evidence": [[{"article": "dam.txt"}]]}, "a span needs an article and a quote"),
        ({"question": "Q?", "speaker": 3}, "speaker must be a name"),
        ({"question": "Q?", "answerable": "no"}, "answerable must be true or false"),
        ({"question": "Q?", "id": ["x"]}, "id must be a word"),
    ],
)
def test_a_faulty_case_is_named_with_file_and_line(tmp_path, record, words):
    path = write(tmp_path / "c.jsonl", {"question": "Fine?"}, record)
    with pytest.raises(CaseError) as error:
        read_cases(path, NAMES)
    assert words in str(error.value)
    assert str(error.value).startswith(f"{path}, line 2: ")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("content", "words"), [(b"{", "not JSON"), (b"[]", "not a JSON object"), (b"\xff", "UTF-8")])
def test_a_file_that_is_no_json_lines_is_refused(tmp_path, content, words):
    (tmp_path / "c.jsonl").write_bytes(content)
    with pytest.raises(CaseError, match=words):
        read_cases(tmp_path / "c.jsonl", NAMES)


def test_an_empty_file_and_an_id_there_twice_are_refused(tmp_path):
    with pytest.raises(CaseError, match="no case"):
        read_cases(write(tmp_path / "e.jsonl"), NAMES)
    twice = write(tmp_path / "c.jsonl", {"id": "x", "question": "Q?"}, {"id": "x", "question": "R?"})
    with pytest.raises(CaseError, match="twice"):
        read_cases(twice, NAMES)


def test_cases_survive_writing_and_reading(tmp_path):
    record = {"id": "d", "kind": "number", "question": "Q?", "answers": ["4"], "evidence": [[span()]], "speaker": "X"}
    (case,) = read_cases(write(tmp_path / "c.jsonl", record), NAMES)
    assert read_cases(write(tmp_path / "d.jsonl", case_json(case)), NAMES) == [case]


def test_an_article_goes_by_the_name_of_its_file_whatever_source_it_names(tmp_path):
    article = Article("Text.", "T", "https://news.example/1")
    assert names_of_files({tmp_path / "one.txt": article})["one.txt"] is article


def test_a_quotation_there_twice_has_no_place():
    assert locate("cat", "cat and dog") == (0, 3)
    assert locate("cat", "cat and cat") is locate("cow", "cat") is locate(" ", "cat") is None


# ── responses ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_responses_survive_writing_and_reading(tmp_path):
    response = Response(
        id="d",
        sentences=(Told("It cost 4.", (Cited("4", DAM.id, 18, 19, "X", 0.5),)), Told("Uncited.")),
        score=0.5,
        marks=3,
        invalid_marks=1,
        dropped=2,
        nearest=(Cited("opened", DAM.id, 43, 49),),
        retrieved=(Place(DAM.id, 0, 5),),
        seconds=1.5,
    )
    assert read_responses(write(tmp_path / "r.jsonl", response_json(response)), NAMES) == [response]


def test_separators_of_lines_inside_a_text_do_no_harm(tmp_path):
    path = tmp_path / "r.jsonl"
    path.write_text(json.dumps({"id": "d", "sentences": [{"text": "a\u2028b\u0085c"}]}, ensure_ascii=False) + "\n")
    assert read_responses(path, NAMES)[0].text == "a\u2028b\u0085c"


def test_a_quotation_without_a_place_is_looked_for(tmp_path):
    told = {
        "text": "It cost 4.",
        "citations": [
            {"quote": "4 million\ncrowns", "article": "dam.txt"},
            {"quote": "opened by the  king"},
            {"quote": "the queen", "article": "dam.txt"},
            {"quote": "4 million crowns", "article": "sea.txt"},
            {"quote": "4 million crowns", "article": "dam.txt", "start": -3, "end": 10**9},
        ],
    }
    (response,) = read_responses(write(tmp_path / "r.jsonl", {"id": "d", "sentences": [told]}), NAMES)
    places = [(cited.article, cited.start) for cited in response.citations]
    assert places == [
        (DAM.id, DAM.text.index("4 million")),
        (DAM.id, DAM.text.index("opened")),
        (DAM.id, None),  # there is no such quotation in it
        ("sea.txt", None),  # there is no such article
        (DAM.id, None),  # nor such a place
    ]


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({}, "no id"),
        ({"id": "a", "answer": "x"}, "unknown key"),
        ({"id": "a", "sentences": ["x"]}, "not a response"),
        ({"id": "a", "score": "high"}, "score must be a number"),
        ({"id": "a", "marks": "3"}, "marks must be a whole number"),
        ({"id": "a", "marks": 1, "invalid_marks": 5}, "more invalid_marks than marks"),
        ({"id": "a", "reason": 7}, "reason must be a text"),
        ({"id": "a", "retrieved": [["dam.txt", -5, 10**9]]}, "no place in an article"),
        ({"id": "a", "sentences": [{"text": "x", "citations": [{"quote": None}]}]}, "a quote must be a text"),
    ],
)
def test_a_faulty_response_is_named_with_its_line(tmp_path, record, words):
    with pytest.raises(CaseError, match=words):
        read_responses(write(tmp_path / "r.jsonl", record), NAMES)


# ── samples and drafts ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_sample_keeps_the_share_of_each_kind_and_the_order(tmp_path):
    records = [{"id": str(n), "question": "Q?", "kind": "odd" if n % 4 == 1 else "even"} for n in range(40)]
    suite = Suite("s", (DAM,), tuple(read_cases(write(tmp_path / "c.jsonl", *records), NAMES)))
    sample = suite.sample(10, seed=3)
    kinds = [case.kind for case in sample.cases]
    assert (kinds.count("odd"), kinds.count("even")) in {(2, 8), (3, 7)}  # 2.5 and 7.5
    assert [int(case.id) for case in sample.cases] == sorted(int(case.id) for case in sample.cases)
    assert sample == suite.sample(10, seed=3)
    assert sample != suite.sample(10, seed=4)
    assert suite.sample(None, 0) is suite.sample(40, 0) is suite


def test_drafts_have_evidence_and_wait_for_a_question(tmp_path):
    drafts = case_drafts([DAM], each=1)
    assert [draft["kind"] for draft in drafts] == ["number", "unanswerable"]
    path = write(tmp_path / "c.jsonl", *drafts)
    with pytest.raises(CaseError, match="the question is empty; write one, or delete the line"):
        read_cases(path, NAMES)
    filled = [{**draft, "question": "What?"} for draft in drafts]
    cases = read_cases(write(path, *filled), NAMES)
    assert [case.answerable for case in cases] == [True, False]
