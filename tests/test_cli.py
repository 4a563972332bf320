"""The command line: JSON forms, exit statuses, one-line errors; with the fakes for models."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from qa.cli import cli, main

Run = Callable[..., str]

FAKES = {"QA_ENGINE": "fake", "QA_EMBEDDER": "fake"}


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs ``qa`` in this process and returns its standard output; ``status`` is the exit status expected."""
    for name, value in FAKES.items():
        monkeypatch.setenv(name, value)

    def qa(*arguments: str, status: int = 0, stderr: str = "") -> str:
        monkeypatch.setattr(sys, "argv", ["qa", *arguments])
        code = 0
        try:
            main()
        except SystemExit as exit_:
            code = int(exit_.code or 0)
        out, err = capsys.readouterr()
        assert code == status, err
        assert stderr in err
        if status == 2:
            assert len(err.splitlines()) == 1, err
        return out

    return qa


@pytest.fixture
def library(run: Run, seeds: Path) -> Run:
    """The same, with the seed articles in the library of the working folder."""
    run("ingest", str(seeds))
    return run


def test_ingest_reports_counts(run: Run, seeds: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("")
    first = json.loads(run("ingest", str(seeds), str(tmp_path / "empty.txt"), "--json"))
    assert first["counts"] == {"added": 12, "unchanged": 0, "replaced": 0}
    assert len(first["refused"]) == 1
    assert "empty.txt" in first["refused"][0]
    assert any("Tomバーク" in warning for warning in first["warnings"])
    assert run("ingest", str(seeds)).strip() == "0 added, 12 unchanged, 0 replaced, 0 refused"


def test_ingest_replaces_changed_content(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "story.txt"
    file.write_text("The dam broke on Monday.")
    run("ingest", str(file))
    file.write_text("The dam broke on Tuesday.")
    assert run("ingest", str(file)).strip() == "0 added, 0 unchanged, 1 replaced, 0 refused"
    assert len(json.loads(run("articles", "--json"))) == 1
    assert "Tuesday" in run("search", "dam")


def test_ingest_of_nothing_usable_is_bad_input(run: Run, tmp_path: Path) -> None:
    run("ingest", str(tmp_path / "missing.txt"), "--json", status=2, stderr="nothing was added")


def test_ingest_reads_standard_input(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "qa.cli", "ingest", "-"],
        input=b"The dam broke on Monday.",
        capture_output=True,
        cwd=tmp_path,
        env={**FAKES, "PYTHONPATH": str(Path(__file__).parent.parent), "HOME": str(tmp_path)},
        check=True,
    )
    assert done.stdout.decode().startswith("1 added")


def test_articles_json(library: Run) -> None:
    articles = json.loads(library("articles", "--json"))
    assert len(articles) == 12
    assert set(articles[0]) == {"id", "title", "source", "outlet", "author", "date", "words", "warnings"}
    turkey = next(article for article in articles if article["source"].endswith("turkey-s400-f35.txt"))
    assert turkey["words"] == 663
    assert len(turkey["warnings"]) == 1


def test_ask_json_has_the_documented_form(library: Run) -> None:
    answer = json.loads(library("ask", "When was the S-400 deal signed?", "--json"))
    assert set(answer) == {
        "question", "abstained", "reason", "message", "score", "disagreement", "quoted", "sentences", "passages",
        "nearest", "dropped", "marks", "invalid_marks", "generator", "timings",
    }  # fmt: skip
    assert answer["generator"] == {"engine": "fake", "model": "fake", "sha256": None}
    assert set(answer["timings"]) == {
        "retrieve_ms", "first_sentence_ms", "total_ms", "prompt_tokens", "cached_tokens", "output_tokens",
    }  # fmt: skip
    assert not answer["abstained"]
    articles = {a["id"]: json.loads(library("show", a["id"], "--json"))["text"] for a in _articles(library)}
    for sentence in answer["sentences"]:
        assert set(sentence) == {"text", "support", "citations"}
        for citation in sentence["citations"]:
            assert set(citation) == {"mark", "article_id", "title", "start", "end", "quote", "speaker", "support"}
            assert articles[citation["article_id"]][citation["start"] : citation["end"]] == citation["quote"]
    for mark, passage in enumerate(answer["passages"], start=1):
        assert set(passage) == {"mark", "article_id", "title", "start", "end", "text", "score"}
        assert passage["mark"] == mark
        assert articles[passage["article_id"]][passage["start"] : passage["end"]] == passage["text"]


def _articles(run: Run) -> list[dict[str, str]]:
    return json.loads(run("articles", "--json"))


def test_ask_prints_sources_for_people(library: Run) -> None:
    text = library("ask", "Who spoke of a delicate dance?")
    assert re.search(r"“This is a delicate dance\.” .*\[\d\]", text, re.DOTALL)
    assert "characters" in text
    assert "quoted from the articles, nothing drafted" in text


def test_ask_streams(library: Run) -> None:
    lines = [
        json.loads(line) for line in library("ask", "When was the deal signed?", "--stream", "--json").splitlines()
    ]
    *sentences, last = lines
    assert sentences
    assert [line["sentence"] for line in sentences] == last["answer"]["sentences"]


def test_ask_within_one_article(library: Run) -> None:
    wanted = next(a["id"] for a in _articles(library) if a["source"].endswith("dam-ledger.txt") or "dam" in a["source"])
    answer = json.loads(library("ask", "When was the S-400 deal signed?", "--article", wanted[:6], "--json"))
    assert {passage["article_id"] for passage in answer["passages"]} == {wanted}


def test_an_abstention_is_no_failure(library: Run) -> None:
    answer = json.loads(library("ask", "Who is the president of Atlantis?", "--json"))
    assert answer["abstained"]
    assert answer["reason"] == "not_mentioned"
    assert "Atlantis" in answer["message"]


def test_search_json(library: Run) -> None:
    hits = json.loads(library("search", "barley rust harvest", "-k", "3", "--json"))
    assert [hit["mark"] for hit in hits] == [1, 2, 3]
    assert hits[0]["score"] >= hits[1]["score"] >= hits[2]["score"]


def test_delete_takes_an_article_out_of_search(library: Run) -> None:
    article = _articles(library)[0]
    assert article["id"] in library("delete", article["id"])
    assert article["id"] not in {hit["article_id"] for hit in json.loads(library("search", article["title"], "--json"))}


@pytest.mark.parametrize(
    ("arguments", "stderr"),
    [
        (["ask", " "], "question is empty"),
        (["ask", "x" * 1001], "question_chars"),
        (["ask"], "Missing argument"),
        (["ask", "Who?", "--article", "ffffffffffff"], "no article"),
        (["show", "nothing"], "no article"),
        (["delete", "nothing"], "no article"),
        (["frobnicate"], "No such command"),
        (["models", "pull", "defualt"], "did you mean 'default'"),
    ],
)
def test_bad_input_is_one_line_and_status_2(library: Run, arguments: list[str], stderr: str) -> None:
    library(*arguments, status=2, stderr=stderr)


def test_no_library_is_said_with_the_remedy(run: Run) -> None:
    run("articles", status=2, stderr="qa ingest PATH")


def test_unknown_settings_are_refused(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "qa.toml").write_text("engin = 'fake'\n")
    run("articles", status=2, stderr="did you mean 'engine'")
    (tmp_path / "qa.toml").unlink()
    monkeypatch.setenv("QA_EMBEDER", "fake")
    run("articles", status=2, stderr="did you mean 'embedder'")


def test_settings_file_environment_and_flag_in_that_order(
    run: Run, seeds: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "qa.toml").write_text("library = 'from-file'\n")
    run("ingest", str(seeds / "scam-email.txt"))
    monkeypatch.setenv("QA_LIBRARY", "from-variable")
    run("ingest", str(seeds / "scam-email.txt"))
    run("--library", "from-flag", "ingest", str(seeds / "scam-email.txt"))
    assert {folder.name for folder in tmp_path.iterdir() if folder.is_dir()} == {
        "from-file", "from-variable", "from-flag",
    }  # fmt: skip


def test_library_care(library: Run) -> None:
    assert library("library", "verify").strip() == "the library is sound"
    assert json.loads(library("library", "stats", "--json"))["articles"] == 12
    assert json.loads(library("library", "rebuild", "--json"))["passages"] > 50
    library("library", "verify")


def test_library_verify_fails_on_damage(library: Run, tmp_path: Path) -> None:
    import sqlite3

    with sqlite3.connect(tmp_path / "indexes/default/library.db") as connection:
        connection.execute("UPDATE articles SET text = text || ' forged'")
    connection.close()
    library("library", "verify", status=1, stderr="qa library rebuild")


def test_models_list(run: Run) -> None:
    models = {model["name"]: model for model in json.loads(run("models", "list", "--json"))}
    assert models["minilm"]["state"] == "ready"
    assert models["qwen3-4b"]["needs_hub"]


def test_every_command_that_prints_data_has_json() -> None:
    silent = {"serve", "path", "new", "add", "remove", "key", "look", "mcp"}  # `eval new` prints JSON Lines
    for name, command in _commands(cli):
        options = {option for parameter in command.params for option in parameter.opts}
        assert name in silent or "--json" in options, name


def _commands(group):
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command)
        else:
            yield name, command


def test_every_command_is_in_the_readme() -> None:
    readme = (Path(__file__).parent.parent / "README.md").read_text()
    for name, _ in _commands(cli):
        assert re.search(rf"`(qa [a-z ]*)?{name}\b", readme), name


def test_help_loads_nothing_heavy_and_is_quick() -> None:
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "qa.cli", "--help"], capture_output=True, text=True
    )
    assert done.returncode == 0
    assert "numpy" not in done.stderr
    assert "pydantic" not in done.stderr
    assert time.perf_counter() - started < 10  # a sanity bound; the benchmark measures


def test_help_runs_in_process() -> None:
    assert CliRunner().invoke(cli, ["ask", "--help"]).exit_code == 0
