"""Embedders: rows of length one, deterministic fakes, and the real MiniLM."""

import shutil
import subprocess
import sys

import numpy as np
import pytest

from qa.errors import HashMismatchError, ModelError
from qa.models.embedder import EmbedderInfo, FakeEmbedder, SentenceTransformersEmbedder, load_embedder
from qa.models.presets import Task
from qa.models.store import LocalModel, ModelStore
from qa.settings import Settings

TEXTS = ["The minister resigned.", "Who quit the cabinet?", "", "ünïcödé … “quotes”"]


@pytest.fixture(scope="module")
def minilm(tmp_path_factory):
    return load_embedder(ModelStore(tmp_path_factory.mktemp("cache")), Settings(embedder="minilm", device="cpu"))


@pytest.fixture(params=["fake", pytest.param("minilm", marks=pytest.mark.model)])
def embedder(request):
    return FakeEmbedder() if request.param == "fake" else request.getfixturevalue("minilm")


def test_rows_have_length_one_and_the_announced_dimension(embedder):
    rows = embedder.encode(TEXTS)
    assert rows.shape == (len(TEXTS), embedder.info.dimension)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


def test_no_texts_give_no_rows(embedder):
    assert embedder.encode([]).shape == (0, embedder.info.dimension)
    assert embedder.count_tokens([]) == []


def test_a_row_does_not_depend_on_its_neighbours(embedder):
    together = embedder.encode(TEXTS)
    alone = np.vstack([embedder.encode([text]) for text in TEXTS])
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_tokens_are_counted_uncut(embedder):
    assert embedder.count_tokens(["one two three", "", "word " * 1000]) == [3, 0, 1000]


def test_the_fake_is_the_same_in_every_process():
    script = "from qa.models.embedder import FakeEmbedder; print(FakeEmbedder().encode(['a b c']).tobytes().hex())"
    other = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.strip()
    assert other == FakeEmbedder().encode(["a b c"]).tobytes().hex()


def test_the_fake_sees_shared_words():
    same, near, far = FakeEmbedder(256).encode(["the minister resigned", "minister resigned today", "rain in spring"])
    assert same @ near > same @ far


def test_the_fake_can_be_had_by_setting(tmp_path):
    assert load_embedder(ModelStore(tmp_path), Settings(embedder="fake")).info == EmbedderInfo("fake", 64, None)


def test_importing_the_module_loads_no_torch():
    script = "import sys, qa.models.embedder; print([m for m in ('torch', 'transformers') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_gguf_is_no_embedder(tmp_path):
    with pytest.raises(ModelError, match="is a GGUF file"):
        SentenceTransformersEmbedder(LocalModel("x", Task.EMBEDDER, tmp_path / "x.gguf", "0" * 64))


@pytest.mark.model
def test_minilm_is_identified(minilm):
    assert minilm.info == EmbedderInfo(
        "minilm", 384, "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
    )
    assert minilm.max_tokens == 254  # 256 with [CLS] and [SEP]


@pytest.mark.model
def test_minilm_knows_a_paraphrase(minilm):
    said, paraphrase, other = minilm.encode(
        [
            "The minister stepped down on Friday.",
            "A member of the government resigned at the end of the week.",
            "Heavy rain flooded the vineyards.",
        ]
    )
    assert said @ paraphrase > said @ other + 0.3


@pytest.mark.model
def test_text_beyond_max_tokens_is_not_read(minilm):
    filler = "word " * minilm.max_tokens
    first, second = minilm.encode([filler + "missile", filler + "vineyard"])
    assert first @ second == pytest.approx(1, abs=1e-5)


@pytest.mark.model
def test_nothing_is_printed(tmp_path):
    script = (
        "from pathlib import Path; from qa.models.embedder import load_embedder; from qa.settings import Settings;"
        "from qa.models.store import ModelStore;"
        f"e = load_embedder(ModelStore(Path({str(tmp_path)!r})), Settings(embedder='minilm', device='cpu'));"
        "e.encode(['a']); e.count_tokens(['word ' * 1000])"
    )
    run = subprocess.run([sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


@pytest.mark.model
def test_changed_weights_are_never_loaded(tmp_path):
    store = ModelStore(tmp_path / "cache")
    original = store.resolve("minilm", Task.EMBEDDER)
    copy = tmp_path / "copy"
    shutil.copytree(original.path, copy)
    weights = copy / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(HashMismatchError, match="changed"):
        SentenceTransformersEmbedder(LocalModel("minilm", Task.EMBEDDER, copy, original.sha256))
