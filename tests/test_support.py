"""The support model: what ships is what was trained, and it tells a near-copy with one thing wrong from a copy."""

import json
import shutil

import pytest

from qa.errors import HashMismatchError, ModelError
from qa.models.support import (
    FOLDER,
    Found,
    TokenScore,
    TrainedSupport,
    WordSupport,
    check_manifest,
    doubtful_words,
    examined,
    load_support,
    support_features,
)
from qa.text.overlap import is_extract
from qa.types import Span

EVIDENCE = (
    "The U.S. had suspended Turkey from the F-35 program in 2019 after Ankara’s purchase of the Russian systems, which "
    "Washington claimed could compromise the security of American technology."
)
BORNE_OUT = [
    "Turkey was suspended from the F-35 program in 2019.",
    "The U.S. suspended Turkey from the F-35 program after Ankara’s purchase of the Russian systems.",
]
WRONG = [
    ("Turkey was suspended from the F-35 program in 2017.", "2017"),
    ("Turkey suspended the U.S. from the F-35 program in 2019.", None),
    ("Turkey was not suspended from the F-35 program in 2019.", "not"),
    ("Moscow claimed that the Russian systems could compromise the security of American technology.", "Moscow"),
    ("Turkey was suspended from the F-35 program for buying Chinese radars.", "Chinese"),
]


@pytest.fixture(scope="module")
def model():
    return TrainedSupport()


@pytest.mark.parametrize("claim", BORNE_OUT)
def test_what_the_evidence_says_is_borne_out(model, claim):
    (reading,) = model.read([(claim, EVIDENCE)])
    extract = is_extract(claim, EVIDENCE)
    assert reading.support >= (model.calibration.support_threshold if extract else model.calibration.gate_threshold)


@pytest.mark.xfail(reason="a clause made a sentence of its own gets 0.75, less than the gate asks", strict=True)
def test_a_clause_made_a_sentence_is_borne_out(model):
    claim = "Washington claimed that the Russian systems could compromise the security of American technology."
    (reading,) = model.read([(claim, EVIDENCE)])
    assert reading.support >= model.calibration.gate_threshold


@pytest.mark.parametrize(("claim", "word"), WRONG)
def test_one_thing_wrong_is_not_borne_out(model, claim, word):
    (reading,) = model.read([(claim, EVIDENCE)])
    extract = is_extract(claim, EVIDENCE)
    assert reading.support < (model.calibration.support_threshold if extract else model.calibration.gate_threshold)
    if word is not None:
        assert word in " ".join(claim[start:end] for start, end in reading.doubtful)


def test_a_reading_does_not_depend_on_its_neighbours(model):
    pairs = [(claim, EVIDENCE) for claim in BORNE_OUT] + [(claim, EVIDENCE) for claim, _ in WRONG]
    together = [reading.support for reading in model.read(pairs)]
    alone = [model.read([pair])[0].support for pair in pairs]
    assert together == pytest.approx(alone, abs=1e-3)


def test_no_pairs_give_no_readings(model):
    assert model.read([]) == []
    assert model.answering([]) == []


def test_long_evidence_is_searched(model):
    filler = "The weather over the southern hills was mild and nobody took notice of it. " * 60
    (reading,) = model.read([(BORNE_OUT[0], f"{filler}{EVIDENCE} {filler}")])
    assert reading.support >= model.calibration.gate_threshold


def test_a_passage_that_answers_is_told_from_one_that_does_not(model):
    question = "When was Turkey suspended from the F-35 program?"
    beside = "Turkey and the U.S. have quarrelled over the F-35 program, and talks between them go on."
    answers, silent = model.answering([(question, EVIDENCE), (question, beside)])
    assert answers > silent


def test_the_weights_are_small_and_complete():
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) <= 60_000_000
    manifest = json.loads((FOLDER / "manifest.json").read_text())
    assert set(manifest) == {"model.safetensors", "config.json", "tokenizer.json", "calibration.json"}
    assert len(check_manifest(FOLDER)) == 64
    assert (FOLDER / "MODEL_CARD.md").exists()


def test_a_changed_file_is_refused(tmp_path):
    folder = shutil.copytree(FOLDER, tmp_path / "support")
    calibration = folder / "calibration.json"
    calibration.write_text(calibration.read_text() + " ")
    with pytest.raises(HashMismatchError, match=r"calibration\.json is not the file that was shipped"):
        TrainedSupport(folder)


def test_a_missing_file_is_named(tmp_path):
    folder = shutil.copytree(FOLDER, tmp_path / "support")
    (folder / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match=r"incomplete.*tokenizer\.json"):
        TrainedSupport(folder)


def test_the_calibration_says_where_it_comes_from(model):
    calibration = model.calibration
    thresholds = calibration.answer_thresholds
    assert thresholds["lenient"] <= thresholds["balanced"] <= thresholds["strict"]
    assert 0 < calibration.gate_threshold < 1
    assert {"data", "seed"} <= set(calibration.provenance)


def test_doubtful_tokens_become_whole_words():
    claim = "The unbelievable dam fell."
    tokens = [
        TokenScore(Span(0, 3), 0.9),
        TokenScore(Span(4, 6), 0.2),
        TokenScore(Span(6, 16), 0.9),
        TokenScore(Span(17, 20), 0.1),
        TokenScore(Span(21, 25), 0.9),
        TokenScore(Span(25, 26), 0.1),
    ]
    spans = doubtful_words(claim, tokens, 0.5)
    assert [claim[start:end] for start, end in spans] == ["unbelievable dam"]


def test_a_claim_is_as_good_as_its_worst_sentence():
    def score(pairs):
        return [Found(2.0 if "rain" in claim else -3.0, (TokenScore(Span(0, 3), 0.9),)) for claim, _ in pairs]

    ((features, tokens),) = examined([("It will rain. The dam has 9 gates.", "It will rain on the dam.")], score)
    assert features["logit"] == -3
    assert features["unknown_numbers"] == 1
    assert [span for span, _ in tokens] == [Span(0, 3), Span(14, 17)]


def test_features_are_bounded_and_named():
    features = support_features("The dam fell.", "The dam fell in May.", 99.0, [TokenScore(Span(4, 7), 0.5)])
    assert features["logit"] == 8
    assert features["low_tokens"] == 0.5
    assert features["coverage"] == 1


def test_without_a_model_words_decide():
    model = load_support("fake")
    assert isinstance(model, WordSupport)
    whole, half = model.read([("The dam fell.", "The dam fell in May."), ("The dam burst.", "The dam fell.")])
    assert whole.support == 1
    assert half.support == 0.5
