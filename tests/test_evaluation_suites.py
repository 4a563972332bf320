"""Loaders of public sets, on small files in the published forms; what is missing is named, with where to get it."""

from __future__ import annotations

import gzip
import json

import pytest

from qa.errors import CaseError
from qa.evaluation.suites import pairs, seeds
from qa.evaluation.suites.files import article
from qa.evaluation.suites.registry import SOURCES, load_suite
from qa.library import Library
from qa.models.embedder import FakeEmbedder

CONTEXT = "The Normans gave their name to Normandy,  a region in France. France is large."


def put(folder, name, value):
    (folder / name).write_text(json.dumps(value), encoding="utf-8")


def lines(folder, name, *records):
    (folder / name).write_text("\n".join(map(json.dumps, records)), encoding="utf-8")


def texts(suite):
    return {article.id: article.text for article in suite.articles}


def quoted(suite, case):
    """The gold quotes of ``case``, each checked against its article."""
    found = texts(suite)
    for group in case.evidence:
        assert all(found[gold.article][gold.start : gold.end] == gold.quote for gold in group)
    return [[gold.quote for gold in group] for group in case.evidence]


def test_seeds_are_all_there():
    suite = seeds.load()
    assert len(suite.cases) >= 120
    assert all(quoted(suite, case) or not case.answerable or case.answers for case in suite.cases)
    assert 0.38 < sum(not case.answerable for case in suite.cases) / len(suite.cases) < 0.45


def test_squad_in_its_official_form_and_in_lines(tmp_path):
    start = CONTEXT.index("France")
    answers = [{"text": "France", "answer_start": start}, {"text": "in France", "answer_start": start - 3}]
    plausible = [{"text": "large", "answer_start": 3}]
    questions = [
        {"id": "q1", "question": "In what country is Normandy? ", "answers": answers, "is_impossible": False},
        {"id": "q2", "question": "Who?", "answers": [], "plausible_answers": plausible, "is_impossible": True},
    ]
    put(
        tmp_path,
        "dev-v2.0.json",
        {"data": [{"title": "The_Normans", "paragraphs": [{"context": CONTEXT, "qas": questions}]}]},
    )
    suite = load_suite("squad2", tmp_path)
    first, second = suite.cases
    assert suite.articles[0].title == "The Normans"
    assert quoted(suite, first) == [["France", "in France"]]
    assert first.evidence[0][0].start < suite.articles[0].text.rindex("France")  # the one meant, not the last
    assert (first.question, first.answers) == ("In what country is Normandy?", ("France", "in France"))
    assert (second.answerable, second.answers, second.evidence) == (False, (), ())

    (tmp_path / "lines").mkdir()
    rows = [
        {"id": q["id"], "title": "The_Normans", "context": CONTEXT, "question": q["question"],
         "answers": [{"text": a["text"], "start": a["answer_start"]} for a in q["answers"]],
         "answerable": not q["is_impossible"]} for q in questions
    ]  # fmt: skip
    with gzip.open(tmp_path / "lines" / "squad2.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    assert load_suite("squad2", tmp_path / "lines") == suite


def test_clapnq_makes_a_group_of_each_selected_sentence(tmp_path):
    passage = {"title": "Rain", "text": "Rain falls. It is wet. It ends.", "sentences": []}
    output = [{"answer": "…", "selected_sentences": ["Rain falls.", "It is  wet."]}]
    lines(
        tmp_path,
        "clapnq_dev_answerable.jsonl",
        {"id": 7, "input": "what is rain", "passages": [passage], "output": output},
    )
    none = [{"answer": "", "selected_sentences": []}]
    other = {"title": "Snow", "text": "Snow is cold.", "sentences": []}
    lines(
        tmp_path,
        "clapnq_dev_unanswerable.jsonl",
        {"id": 8, "input": "who is rain", "passages": [other], "output": none},
    )
    suite = load_suite("clapnq", tmp_path)
    assert [quoted(suite, case) for case in suite.cases] == [[["Rain falls."], ["It is wet."]], []]
    assert [case.answerable for case in suite.cases] == [True, False]
    assert len(suite.articles) == 2


def test_rgb_in_its_three_uses(tmp_path):
    row = {
        "id": 0, "query": "Where was it?", "answer": "Tampa", "fakeanswer": "Glendale",
        "positive": ["It was in Tampa, they said.", ["Again in Tampa it was."]],
        "positive_wrong": ["It was in Glendale, they said."],
        "negative": ["Tickets can be had."],
    }  # fmt: skip
    leaked = {**row, "id": 1, "query": "What can be had?", "answer": "Tickets", "positive": [], "positive_wrong": []}
    lines(tmp_path, "en_fact.json", row, leaked)
    plain, silent, conflict = (load_suite(name, tmp_path) for name in ("rgb", "rgb-silent", "rgb-conflict"))
    assert quoted(plain, plain.cases[0]) == [["Tampa", "Tampa"]]
    assert len(plain.articles) == 3
    assert [(case.id, case.answerable) for case in silent.cases] == [("0", False)]  # the other is answered there
    assert quoted(conflict, conflict.cases[0]) == [["Tampa", "Tampa"], ["Glendale"]]
    assert conflict.cases[0].kind == "conflicting"


def test_multihop_rag_finds_its_facts_in_the_corpus(tmp_path):
    article = {
        "title": "One",
        "source": "The Ledger",
        "published_at": "2023-10-01",
        "url": "u1",
        "body": "A fact. More.",
    }
    put(tmp_path, "corpus.json", [article, {**article, "url": "u2", "body": "Another fact here."}])
    evidence = [{"url": "u1", "fact": "A fact."}, {"url": "u2", "fact": "Another fact"}]
    asked = {"query": "Both?", "answer": "Yes", "question_type": "comparison_query", "evidence_list": evidence}
    null = {"query": "None?", "answer": "Insufficient", "question_type": "null_query", "evidence_list": []}
    put(tmp_path, "MultiHopRAG.json", [asked, null])
    suite = load_suite("multihop-rag", tmp_path)
    assert [quoted(suite, case) for case in suite.cases] == [[["A fact."], ["Another fact"]], []]
    assert [case.answerable for case in suite.cases] == [True, False]
    assert suite.articles[0].outlet == "The Ledger"


def test_alce_has_short_answers_and_the_first_passages(tmp_path):
    docs = [{"title": f"D{n}", "text": f"Passage {n}."} for n in range(8)]
    pairs_of = [{"short_answers": ["one", "1"]}, {"short_answers": ["two"]}]
    put(tmp_path, "asqa_eval_gtr_top100.json", [{"question": "How many?", "qa_pairs": pairs_of, "docs": docs}])
    suite = load_suite("alce", tmp_path)
    assert suite.cases[0].answers == ("one", "1", "two")
    assert len(suite.articles) == 5


def test_pairs_are_read(tmp_path):
    lines(tmp_path, "pairs.jsonl", {"source": "s", "evidence": "E", "claim": "C", "supported": 1})
    assert pairs.load(tmp_path) == [("1", "s", "E", "C", True)]
    lines(tmp_path, "pairs.jsonl", {"source": "s"})
    with pytest.raises(CaseError, match="does not have source"):
        pairs.load(tmp_path)


@pytest.mark.parametrize("name", [name for name, source in SOURCES.items() if source.files])
def test_a_suite_says_what_it_needs_and_where_to_get_it(tmp_path, name):
    source = SOURCES[name]
    with pytest.raises(CaseError) as error:
        load_suite(name, None)
    assert all(file in str(error.value) for file in source.files)
    assert source.origin in str(error.value)
    with pytest.raises(CaseError, match="qa eval suites"):
        load_suite(name, tmp_path)


def test_an_unknown_suite_is_named_with_those_there_are():
    with pytest.raises(CaseError, match=r"no suite 'squid'.*squad2"):
        load_suite("squid", None)


@pytest.mark.parametrize("content", ["{}", "[]", '{"data": [{"paragraphs": [{}]}]}', "nonsense"])
def test_a_file_of_another_form_is_refused_in_one_line(tmp_path, content):
    (tmp_path / "dev-v2.0.json").write_text(content)
    if content == "[]":
        content = "a list"
    with pytest.raises(CaseError) as error:
        load_suite("squad2", tmp_path)
    assert "\n" not in str(error.value)
    assert "squad2" in str(error.value) or "dev-v2.0.json" in str(error.value)


def test_a_damaged_archive_is_refused(tmp_path):
    (tmp_path / "squad2.jsonl.gz").write_bytes(b"not zipped")
    with pytest.raises(CaseError, match="get the file again"):
        load_suite("squad2", tmp_path)


def test_paragraphs_under_one_title_are_articles_of_their_own(tmp_path):
    some = [article(text, "Oil") for text in ("The price of oil rose in May.", "The price of oil fell in June.")]
    with Library(tmp_path / "library", lambda: FakeEmbedder(dimension=64)) as library:
        list(library.add_many(some))
        assert {article.id for article in library.articles()} == {article.id for article in some}


POLNEAR = "Dam news.\n\nMayor Tam Hask said “the dam is safe for years to come” on Monday. It was built in 1999."


def polnear_record():
    start, said = POLNEAR.index("“the dam"), "“the dam is safe for years to come”"
    one = {"source": [[11, 25, "Mayor Tam Hask"]], "cue": [[26, 30, "said"]],
           "content": [[start, start + len(said), said]]}  # fmt: skip
    bare = {"source": [], "cue": [], "content": []}
    return {"id": "times_2016_dam", "text": POLNEAR, "annotations": [{"attributions": [one, bare]}]}


def test_polnear_takes_texts_to_the_letter(tmp_path):
    lines(tmp_path, "polnear_dev.jsonl", polnear_record())
    suite = load_suite("polnear", tmp_path)
    (case,) = suite.cases
    assert (case.kind, case.articles, suite.articles[0].text) == ("times", (suite.articles[0].id,), POLNEAR)
    (said,) = case.said
    assert (said.source, said.kind) == ("Mayor Tam Hask", "direct")
    assert POLNEAR[slice(*said.content[0])] == "“the dam is safe for years to come”"


def test_summaries_of_articles_with_annotations_and_without(tmp_path):
    lines(tmp_path, "polnear_dev.jsonl", polnear_record())
    words = "The dam is old and large, and people live below it in the valley. " * 20
    lines(
        tmp_path,
        "giveme5w1h_news.jsonl",
        {"title": "Dam", "text": words, "source_domain": "vell.example", "date_publish": "2017-09-15T00:00:00"},
        {"title": "Short", "text": "Too short.", "source_domain": "vell.example", "date_publish": None},
    )
    annotated, news = load_suite("summaries-polnear", tmp_path), load_suite("summaries-news", tmp_path)
    assert annotated.cases[0].said[0].source == "Mayor Tam Hask"
    assert annotated.cases[0].question == "Summarize “Dam news.”"
    assert [(case.kind, case.said) for case in news.cases] == [("vell.example", None)]
    assert (news.articles[0].outlet, news.articles[0].date) == ("vell.example", "2017-09-15")
    assert len(load_suite("summaries", None).cases) == len(seeds.load().articles)


def test_allsides_keeps_who_tells_what_apart(tmp_path):
    part = "TITLE=> {}. ARTICLE=> {} tells of the dam at length."
    source = " [SEP] ".join(part.format(title, title) for title in ("Left", "Right", "Centre"))
    (tmp_path / "allsides_val.source").write_text(f"{source}\n")
    (tmp_path / "allsides_val.target").write_text("TITLE=> The dam. ARTICLE=> The dam is old.\n")
    suite = load_suite("allsides", tmp_path)
    (case,) = suite.cases
    assert (case.reference, case.question) == ("The dam is old.", "Summarize “The dam”")
    assert [article.title for article in suite.articles] == ["Left", "Right", "Centre"]
    assert case.articles == tuple(article.id for article in suite.articles)
    (tmp_path / "allsides_val.target").write_text("")
    with pytest.raises(CaseError, match="1 lines of sources, but 0 of targets"):
        load_suite("allsides", tmp_path)


def test_a_sample_of_articles_holds_no_others(tmp_path):
    records = [{**polnear_record(), "id": f"times_{n}", "text": f"{POLNEAR} {n}"} for n in range(4)]
    lines(tmp_path, "polnear_dev.jsonl", *records)
    sampled = load_suite("summaries-polnear", tmp_path).sample(2, 0)
    assert {article.id for article in sampled.articles} == {name for case in sampled.cases for name in case.articles}
    assert len(sampled.articles) == 2
