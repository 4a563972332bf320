"""Each metric with its arithmetic written out, ALCE's corner cases, and what holds for any input."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.evaluation.cases import Case, Gold
from qa.evaluation.intervals import measured, paired
from qa.evaluation.measure import Scored
from qa.evaluation.measures import BY_NAME
from qa.evaluation.metrics import abstention, citations, ranking
from qa.evaluation.metrics.alce import Claim, alce
from qa.evaluation.metrics.answers import exact_match, holds_answer, normalised, short_answer_recall, token_f1
from qa.evaluation.responses import Cited, Place, Response, Told

# Two pieces of evidence; the first may be quoted from either of two articles.
EVIDENCE = ((Gold("a", 10, 20, "x" * 10), Gold("b", 0, 5, "y" * 5)), (Gold("a", 40, 50, "z" * 10),))


def cited(article="a", start=0, end=5, **more):
    return Cited("q", article, start, end, **more)


# ── citations ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("start", "end", "right"),
    [(10, 20, True), (19, 30, True), (0, 11, True), (0, 10, False), (20, 40, False), (0, 60, True)],
)
def test_a_citation_is_right_where_it_shares_a_character_with_gold(start, end, right):
    assert citations.is_right(cited(start=start, end=end), EVIDENCE) is right


def test_a_citation_without_a_place_or_in_another_article_is_wrong():
    assert not citations.is_right(Cited("x" * 10, "a"), EVIDENCE)
    assert not citations.is_right(cited("c", 10, 20), EVIDENCE)


def test_precision_and_recall():
    said = [cited(start=12, end=15), cited(start=25, end=30), cited("b", 1, 3)]
    assert citations.citation_precision(said, EVIDENCE) == 2 / 3  # the first and the third
    assert citations.citation_recall(said, EVIDENCE) == 1 / 2  # both are of the first group
    assert citations.citation_precision([], EVIDENCE) is None
    assert citations.citation_recall([], EVIDENCE) == 0
    assert citations.citation_recall(said, ()) is None


def test_gold_hit_asks_for_an_answer_in_a_quote():
    said = [Cited("It cost “4 million crowns”.", "a", 0, 5), Cited("Nothing.", "a", 6, 9)]
    assert citations.gold_hit(said, ["4 million crowns"]) == 1
    assert citations.gold_hit(said, ["million crown"]) == 0  # not at the border of a word
    assert citations.gold_hit(said, []) is None


def test_exact_quotes_are_compared_with_the_article():
    texts = {"a": "abcdefgh"}
    said = [Cited("cde", "a", 2, 5), Cited("cde", "a", 3, 6), Cited("cde", "a"), Cited("cde", "b", 2, 5)]
    assert citations.exact_quotes(said, texts) == (1, 4)


def test_uncited_sentences():
    assert citations.uncited_sentences([Told("a", (cited(),)), Told("b"), Told("c")]) == (2, 3)


def test_speakers_are_those_of_right_citations_that_name_one():
    said = [
        cited(start=12, end=15, speaker="Maria  Ortiz"),
        cited(start=13, end=15, speaker="John Hale"),
        cited(start=14, end=15),  # names nobody
        cited(start=25, end=30, speaker="maria ortiz"),  # not the evidence
    ]
    assert citations.right_speakers(said, EVIDENCE, "maria ortiz") == (1, 2)
    assert citations.right_speakers(said, EVIDENCE, None) is None


spans = st.tuples(st.integers(0, 60), st.integers(1, 10)).map(lambda pair: cited(start=pair[0], end=sum(pair)))


@given(st.lists(spans, min_size=1), st.randoms())
def test_citation_accuracy_is_a_share_whatever_the_order_and_recall_whatever_the_number(said, rng):
    precision, recall = (f(said, EVIDENCE) for f in (citations.citation_precision, citations.citation_recall))
    assert 0 <= precision <= 1
    assert 0 <= recall <= 1
    shuffled = rng.sample(said, len(said))
    assert citations.citation_precision(shuffled, EVIDENCE) == precision
    assert citations.citation_recall(said + said, EVIDENCE) == recall
    assert citations.citation_precision(said + said, EVIDENCE) == pytest.approx(precision)


# ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_normalisation_is_that_of_squad():
    assert normalised("The  “Cat’s” whiskers, a-b!") == "cats whiskers ab"


def test_exact_match_and_f1():
    assert exact_match("The cat.", ["a cat", "dog"]) == 1
    assert exact_match("The black cat", ["cat"]) == 0
    # precision 1/2, recall 1/1: F1 = 2 · ½ · 1 / (½ + 1) = 2/3
    assert token_f1("The black cat", ["cat"]) == pytest.approx(2 / 3)
    assert token_f1("cat cat", ["cat"]) == pytest.approx(2 / 3)  # a word counts as often as it is there
    assert token_f1("dog", ["cat"]) == 0
    assert exact_match("cat", []) is token_f1("cat", []) is short_answer_recall("cat", []) is None


def test_short_answer_recall_wants_whole_words():
    assert short_answer_recall("It took 14 years, they say.", ["fourteen years", "14 years"]) == 1
    assert short_answer_recall("It took 114 years.", ["14 years"]) == 0
    assert not holds_answer("Anything.", ["the"])  # nothing is left of it
    assert holds_answer("It lasted from 1990–1995—five years.", ["1990"])


@given(st.text(), st.lists(st.text(), min_size=1))
def test_scores_of_answers_are_shares(said, gold):
    assert 0 <= exact_match(said, gold) <= token_f1(said, gold) <= 1
    assert exact_match(gold[0], gold) == 1


# ── ALCE ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def words_entail(premise: str, hypothesis: str) -> bool:
    return set(hypothesis.split()) <= set(premise.split())


@pytest.mark.parametrize(
    ("claims", "recall", "precision"),
    [
        ([Claim("a", ("a x",))], 1, 1),
        ([Claim("a", ("b",))], 0, 0),
        ([Claim("a b", ("a", "b"))], 1, 1),  # each is needed
        ([Claim("a", ("a", "b"))], 1, 1 / 2),  # the second neither suffices nor is needed
        ([Claim("a", ("a", "a"))], 1, 1),  # [1][1]: each suffices
        ([Claim("a", ("a", None))], 0, 0),  # [1][99], [0] and [2021] name nothing: the sentence fails
        ([Claim("a", ("a",)), Claim("b", (None, None, None))], 1 / 2, 1 / 4),  # one good and three invented numbers
        ([Claim("a", ())], 0, 0),  # no citation
        ([Claim("a b c d", ("a", "b", "c", "d"))], 0, 0),  # the fourth does not count: d is not borne out
        ([Claim("a", ("a",)), Claim("b", ())], 1 / 2, 1),
        ([], None, None),  # an empty answer
    ],
)
def test_alce(claims, recall, precision):
    assert alce(claims, words_entail) == (recall, precision)


passages = st.sampled_from(["a", "b", "a b", None])
claims_of_words = st.lists(
    st.builds(Claim, st.sampled_from(["a", "b", "a b"]), st.lists(passages, max_size=4).map(tuple)), min_size=1
)


@given(claims_of_words, st.randoms())
def test_alce_is_a_share_whatever_the_order_or_number_of_sentences(claims, rng):
    found = alce(claims, words_entail)
    assert 0 <= found.recall <= 1
    assert 0 <= found.precision <= 1
    assert alce(rng.sample(claims, len(claims)), words_entail) == pytest.approx(found)
    assert alce(claims + claims, words_entail) == pytest.approx(found)


# ── abstention ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_balanced_accuracy_weighs_both_sorts_alike():
    answerable = np.array([True, True, True, True, False])
    answered = np.array([True, True, True, False, False])
    assert abstention.balanced_accuracy(answerable, answered) == (3 / 4 + 1 / 1) / 2
    assert math.isnan(abstention.balanced_accuracy(answerable[:4], answered[:4]))


def test_risk_coverage_goes_from_the_surest_on():
    points = abstention.risk_coverage([0.9, 0.8, 0.5, 0.5], [True, False, True, True], cases=8)
    # one of eight answered, none wrong; two, one wrong; then two with the same score together: one of four wrong
    assert points == [(1 / 8, 0), (2 / 8, 1 / 2), (4 / 8, 1 / 4)]


def test_aurc_is_the_mean_of_the_risks():
    # surest first: right, wrong, right → risks 0/1, 1/2, 1/3
    assert abstention.aurc([0.9, 0.8, 0.5], [True, False, True]) == pytest.approx((0 + 1 / 2 + 1 / 3) / 3)
    assert abstention.aurc([0.5, 0.5], [True, False]) == pytest.approx((1 + 1 / 2) / 2)  # the wrong one first
    assert abstention.aurc([], []) is None


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1))
def test_aurc_is_a_share_and_no_answers_are_better_ranked_than_the_right_ones_first(pairs):
    scores, right = zip(*pairs, strict=True)
    ideal = abstention.aurc([float(was_right) for was_right in right], right)
    assert 0 <= ideal <= abstention.aurc(scores, right) + 1e-9 <= 1 + 1e-9


# ── retrieval ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_retrieval_counts_each_group_of_evidence_once():
    retrieved = [Place("c", 0, 9), Place("a", 15, 25), Place("b", 0, 9), Place("a", 45, 46)]
    found = ranking.found_groups(retrieved, EVIDENCE)
    assert found == [set(), {0}, {0}, {1}]
    assert [ranking.recall_at(found, 2, k) for k in (1, 2, 3, 4)] == [0, 1 / 2, 1 / 2, 1]
    assert ranking.reciprocal_rank(found, 2) == 1 / 2
    # gains at ranks 2 and 4, where the best ranking has them at 1 and 2
    best = 1 / math.log2(2) + 1 / math.log2(3)
    assert ranking.ndcg(found, 2) == pytest.approx((1 / math.log2(3) + 1 / math.log2(5)) / best)
    assert ranking.recall_at(found, 0, 1) is ranking.ndcg(found, 0) is ranking.reciprocal_rank(found, 0) is None


@given(st.lists(st.sets(st.integers(0, 3)), max_size=12), st.integers(4, 6))
def test_retrieval_scores_are_shares_and_rise_with_k(found, groups):
    recalls = [ranking.recall_at(found, groups, k) for k in range(1, 12)]
    assert recalls == sorted(recalls)
    for value in (*recalls, ranking.ndcg(found, groups), ranking.reciprocal_rank(found, groups)):
        assert 0 <= value <= 1


# ── the catalogue ────────────────────────────────────────────────────────────────────────────────────────────────────

TEXTS = {"a": "t" * 60, "b": "y" * 60}
RIGHT = Response("1", (Told("It is so.", (Cited("t" * 5, "a", 12, 17),)),), score=0.9, marks=2, invalid_marks=1)
SILENT = Response("2", reason="not_answered", marks=0, invalid_marks=0)
FAILED = Response("3", error="the model broke")
ANSWERABLE = Case("1", "Is it?", answers=("so",), evidence=EVIDENCE)
NOT_ANSWERABLE = Case("2", "Is it not?", answerable=False)


def rows(name, *pairs):
    return [BY_NAME[name].row(Scored(case, response, TEXTS)) for case, response in pairs]


def test_what_measures_nothing_is_no_zero():
    assert rows("citation_precision", (ANSWERABLE, SILENT), (NOT_ANSWERABLE, RIGHT)) == [None, None]
    assert rows("invalid_marks", (ANSWERABLE, RIGHT), (ANSWERABLE, SILENT)) == [(1, 2), None]
    assert measured(BY_NAME["citation_precision"], [None, None]) == (None, 0, None, None)


def test_a_case_that_failed_counts_against_the_system():
    assert rows("sensitivity", (ANSWERABLE, FAILED), (NOT_ANSWERABLE, FAILED)) == [(0,), None]
    assert rows("specificity", (NOT_ANSWERABLE, FAILED), (NOT_ANSWERABLE, SILENT)) == [(0,), (1,)]
    assert rows("balanced_accuracy", (NOT_ANSWERABLE, FAILED), (ANSWERABLE, FAILED)) == [(0, 1), (1, 0)]


def test_an_answer_to_what_cannot_be_answered_is_wrong():
    assert rows("answered_right", (ANSWERABLE, RIGHT), (NOT_ANSWERABLE, RIGHT), (ANSWERABLE, SILENT)) == [
        (1,),
        (0,),
        None,
    ]


def test_words_offered_instead_are_measured_where_an_answer_was_to_be_had():
    offering = Response("1", nearest=(Cited("t" * 5, "a", 0, 5), Cited("t" * 5, "a", 12, 17)))
    astray = Response("1", nearest=(Cited("t" * 5, "a", 0, 5),))
    cases = [(ANSWERABLE, offering), (ANSWERABLE, astray), (ANSWERABLE, RIGHT), (NOT_ANSWERABLE, offering)]
    assert rows("offered_right", *cases) == [(1,), (0,), None, None]
    assert rows("offered_right", (ANSWERABLE, SILENT)) == [None]  # a system that offers nothing is not measured


def test_values_have_their_n_and_an_interval_around_them():
    value = measured(BY_NAME["citation_precision"], [(1.0,), (0.0,), None, (1.0,), (1.0,)], seed=1)
    assert (value.value, value.n) == (3 / 4, 4)
    assert 0 <= value.low < 3 / 4 < value.high <= 1
    assert value == measured(BY_NAME["citation_precision"], [(1.0,), (0.0,), None, (1.0,), (1.0,)], seed=1)


def test_a_ratio_adds_up_parts_before_dividing():
    assert measured(BY_NAME["invalid_marks"], [(1, 1), (0, 9)]).value == 1 / 10


def test_an_interval_of_like_cases_is_a_point():
    assert measured(BY_NAME["sensitivity"], [(1.0,)] * 5) == (1, 5, 1, 1)


def test_a_difference_does_not_pass_over_what_one_run_alone_answered():
    right, wrong = (1.0,), (0.0,)
    found = paired(BY_NAME["citation_precision"], [right, right, None, None], [right, right, wrong, wrong])
    assert (found.first, found.second, found.difference, found.n) == (1, 1 / 2, -1 / 2, 4)
    assert found.low < -1 / 2 < found.high <= 0
    assert paired(BY_NAME["sensitivity"], [None], [(1.0,)]) == (None, 1, None, 1, None, None)


def test_another_seed_draws_another_interval():
    rows_of = [(math.sqrt(place),) for place in range(20)]
    first, second = (measured(BY_NAME["dropped"], rows_of, seed) for seed in (0, 99))
    assert first.value == second.value
    assert (first.low, first.high) != (second.low, second.high)


def test_marks_that_name_nothing_cost_precision():
    assert alce([Claim("a", ("a",))], words_entail, invalid=3) == (1, 1 / 4)


def test_sets_of_pairs_are_averaged_whatever_their_size():
    easy = [(Case(str(n), "c", "easy", n % 2 == 0), Response(str(n), score=float(n % 2 == 0))) for n in range(8)]
    hard = [
        (Case("h1", "c", "hard", True), Response("h1", score=0.1)),
        (Case("h2", "c", "hard", False), Response("h2", score=0.9)),
    ]
    found = measured(BY_NAME["auroc_mean"], rows("auroc_mean", *easy, *hard))
    assert found.value == (1 + 0) / 2  # every pair of the easy set in order, none of the hard one


def test_a_difference_that_all_cases_share_is_certain():
    found = paired(BY_NAME["dropped"], [(1.0,), (2.0,), (3.0,)], [(2.0,), (3.0,), (4.0,)])
    assert (found.difference, found.low, found.high) == pytest.approx((1, 1, 1))


def test_every_measure_has_a_name_of_its_own_and_a_sentence():
    assert len(BY_NAME) == len({measure.title for measure in BY_NAME.values()})
    for measure in BY_NAME.values():
        assert measure.unit in {"share", "seconds", "count"}
        assert len(measure.meaning.split()) > 5
        assert not measure.meaning.endswith(".")
