"""Commands that measure: ``qa eval run``, ``score``, ``compare``, ``suites``, ``new``."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qa.commands.common import json_option, print_json, service_of, settings_of

if TYPE_CHECKING:
    from qa.evaluation.judges import Judge
    from qa.evaluation.report import Report
    from qa.evaluation.suites.suite import Suite
    from qa.models.loaded import LoadedModels
    from qa.types import Article

_PAIRS = "pairs"
_GATE = "gate"

_path = click.Path(path_type=Path)
_data_option = click.option("--data", type=click.Path(path_type=Path, exists=True), help="Folder of public data files.")
_articles_option = click.option(
    "--articles",
    "articles",
    type=click.Path(path_type=Path, exists=True),
    multiple=True,
    metavar="PATH",
    help="Articles that a case file is about [articles/ beside it, else the library in use].",
)
_judge_option = click.option(
    "--judge", metavar="MODEL", help="Entailment model for ALCE: a folder or hub id; `gate` for the gate's own."
)


@click.group("eval")
def evaluation() -> None:
    """Measure how accurate answers and citations are."""


@evaluation.command("run")
@click.argument("suites", nargs=-1, required=True, metavar="SUITE…")
@_data_option
@_articles_option
@click.option("--limit", type=click.IntRange(1), help="At most so many cases of each suite, a sample by kind.")
@click.option("--seed", default=0, show_default=True, help="Names the sample; draws the intervals.")
@click.option(
    "--only",
    type=click.Choice(["answers", "retrieval"]),
    default="answers",
    show_default=True,
    help="Measure whole answers, or retrieval alone.",
)
@_judge_option
@click.option("--engine", type=click.Choice(["auto", "llamacpp", "transformers", "fake"]), help="What runs the model.")
@click.option("--out", type=_path, metavar="DIR", help="Folder of the results [evaluations/DATE-TIME].")
@click.option("--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="Questions asked side by side.")
@click.option("--resume", is_flag=True, help="Go on with the run in --out that broke off.")
@json_option
@click.pass_context
def run(
    context: click.Context,
    /,
    suites: Sequence[str],
    data: Path | None,
    articles: Sequence[Path],
    engine: str | None,
    out: Path | None,
    as_json: bool,
    judge: str | None,
    **how: Any,
) -> None:
    """Ask the cases of each SUITE and report how well they were answered.

    SUITE is a name that `qa eval suites` lists, or a file of your own cases (see `qa eval new`). `pairs` measures the
    support model alone. The answers, report.json, report.md and report.html are written to --out.
    """
    from qa.errors import CaseError
    from qa.evaluation.report import joined, report_json
    from qa.models.loaded import LoadedModels
    from qa.offline import go_offline

    go_offline()
    if how["resume"] and out is None:
        raise CaseError("--resume needs to know the run: name its folder by --out")
    folder = out or Path("evaluations") / f"{datetime.datetime.now():%Y%m%d-%H%M%S}"
    if engine is not None:
        context.obj["engine"] = engine
    if (folder / "report.json").exists() and not how["resume"]:
        raise CaseError(f"{folder} holds a report already: name another --out")
    asked = [_loaded(context, name, data, articles) for name in suites if name != _PAIRS]
    if twice := [suite.name for place, suite in enumerate(asked) if suite.name in {one.name for one in asked[:place]}]:
        raise CaseError(f"two suites are called {twice[0]!r}: run them apart, or rename a file")
    models = LoadedModels(settings_of(context))
    context.call_on_close(models.close)
    parts = [_evaluated(models, suite, folder, judge, **how) for suite in asked]
    if _PAIRS in suites:
        parts.append(_pairs(models, data, how["limit"], how["seed"]))
    report = joined(parts)
    _write(report, folder, [article for suite in asked for article in suite.articles])
    if as_json:
        print_json(report_json(report))
    else:
        _print(report, folder)


@evaluation.command("score")
@click.argument("responses", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="ANSWERS.jsonl")
@click.option("--gold", metavar="CASES", help="The cases that were asked: a file, or the name of a suite.")
@_data_option
@_articles_option
@click.option("--partial", is_flag=True, help="Leave cases without an answer out, rather than count them as failed.")
@_judge_option
@click.option("--out", type=_path, metavar="DIR", help="Folder for the report, if it is to be written.")
@json_option
@click.pass_context
def score(
    context: click.Context,
    /,
    responses: Path,
    gold: str | None,
    data: Path | None,
    articles: Sequence[Path],
    partial: bool,
    judge: str | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Score the answers that any system wrote to the cases in --gold.

    A line of ANSWERS.jsonl is {"id", "sentences": [{"text", "citations": [{"quote", "article", "start", "end"}]}]}; a
    case with no sentences was abstained from. At will: "score" (how sure), "marks" and "invalid_marks" (citation marks
    written, and those that name nothing shown), "retrieved" ([[article, start, end], …]), "seconds", "reason", "error".
    "nearest" are citations offered instead of an answer. Articles are named by id or file; without start and end the
    quotation is looked for. The output files of ALCE (one JSON object with "data") are read as they are, and need no
    --gold.
    """
    from qa.errors import CaseError
    from qa.evaluation import alce_output, run
    from qa.evaluation.cases import names_of
    from qa.evaluation.provenance import scored_files
    from qa.evaluation.report import Report, report_json
    from qa.evaluation.responses import read_responses
    from qa.models.loaded import LoadedModels
    from qa.offline import go_offline

    go_offline()
    known: list[Article] = []
    models = LoadedModels(settings_of(context))
    if alce_output.is_alce(responses):
        part = alce_output.score_alce(responses, _judge(models, judge or _GATE))
    elif gold is None:
        raise CaseError(f"{responses}: name the cases that were asked by --gold, a file or a suite")
    else:
        suite = _loaded(context, gold, data, articles)
        known = list(suite.articles)
        names = suite.names or names_of(known)
        part = run.score(
            suite, read_responses(responses, names), _judge(models, judge) if judge else None, partial=partial
        )
    report = Report((part,), scored_files(responses, Path(gold) if gold else None))
    if out is not None:
        _write(report, out, known)
    if as_json:
        print_json(report_json(report))
    else:
        _print(report, out)


@evaluation.command("compare")
@click.argument("first", type=click.Path(path_type=Path, exists=True), metavar="A")
@click.argument("second", type=click.Path(path_type=Path, exists=True), metavar="B")
@click.option(
    "--tolerance",
    type=click.FloatRange(0),
    default=0.0,
    show_default=True,
    help="How far a share may get worse: 0.02 is two points in a hundred.",
)
@click.option(
    "--measure", "measures", multiple=True, metavar="NAME", help="Only this measure can fail; may be repeated [all]."
)
@json_option
def compare(first: Path, second: Path, tolerance: float, measures: Sequence[str], as_json: bool) -> None:
    """Compare two runs, A before and B after: exit 1 where a share got worse by more than --tolerance.

    A and B are report.json files or their folders. Differences are taken case by case, with bootstrap 95 % intervals;
    times and counts are shown, but fail nothing.
    """
    from qa.commands import tables
    from qa.errors import CaseError, RegressionError
    from qa.evaluation.compare import compare as compared
    from qa.evaluation.compare import comparison_json
    from qa.evaluation.measures import BY_NAME
    from qa.evaluation.report import read_report

    if unknown := [name for name in measures if name not in BY_NAME]:
        raise CaseError(f"there is no measure {unknown[0]!r}: name one of {', '.join(BY_NAME)}")
    found = compared(read_report(first), read_report(second))
    if as_json:
        print_json([comparison_json(one, tolerance, measures) for one in found])
    else:
        for one in found:
            tables.print_comparison(one, one.fallen(tolerance, measures))
    if fallen := [f"{one.suite}: {name}" for one in found for name in one.fallen(tolerance, measures)]:
        raise RegressionError(f"worse by more than {tolerance:g}: {', '.join(fallen)}")


@evaluation.command("suites")
@json_option
def suites(as_json: bool) -> None:
    """List the suites, the files that each needs, and where to get them."""
    import dataclasses

    from qa.commands import tables
    from qa.evaluation.suites.registry import SOURCES

    rows = [
        {name: value for name, value in dataclasses.asdict(source).items() if name != "load"}
        for source in SOURCES.values()
    ]
    if as_json:
        print_json(rows)
    else:
        tables.print_suites(rows)


@evaluation.command("new")
@click.argument("articles", nargs=-1, required=True, metavar="ARTICLE…")
@click.option("--each", type=click.IntRange(1, 100), default=5, show_default=True, help="Cases of each article.")
@click.option("--out", type=_path, metavar="FILE", help="Where to write them [standard output].")
@click.pass_context
def new(context: click.Context, /, articles: Sequence[str], each: int, out: Path | None) -> None:
    """Draft a case file about articles of the library: evidence in place, questions for you to write.

    ARTICLE is the beginning of an id, as `qa articles` lists them.
    """
    from qa.errors import CaseError
    from qa.evaluation.drafting import case_drafts

    library = service_of(context).library
    drafts = case_drafts([library.get(article) for article in articles], each)
    lines = "".join(json.dumps(draft, ensure_ascii=False) + "\n" for draft in drafts)
    if out is None:
        click.echo(lines, nl=False)
        return
    out.parent.mkdir(parents=True, exist_ok=True)
    if out.exists():
        raise CaseError(f"{out} is there already, and may hold your questions: name another file")
    out.write_text(lines, encoding="utf-8")
    click.echo(f"{len(drafts)} cases in {out}: write the questions, delete what you do not need, `qa eval run {out}`")


# ── what the commands share ──────────────────────────────────────────────────────────────────────────────────────────


def _loaded(context: click.Context, name: str, data: Path | None, articles: Sequence[Path]) -> Suite:
    """The suite called ``name``, or that of the case file ``name``."""
    from qa.errors import CaseError
    from qa.evaluation.suites.registry import SOURCES, load_suite

    if name in SOURCES:
        return load_suite(name, data)
    path = Path(name)
    if path.is_file():
        return _own(context, path, articles)
    if path.suffix or len(path.parts) > 1:
        raise CaseError(f"{name}: there is no such file; `qa eval new` drafts one")
    return load_suite(name, data)


def _own(context: click.Context, path: Path, articles: Sequence[Path]) -> Suite:
    """The suite of a case file; its articles are those named, those beside it, or those of the library in use."""
    from qa.evaluation.cases import names_of
    from qa.evaluation.suites import own

    beside = own.articles_beside(path, articles)
    return own.load(path, beside if beside is not None else names_of(service_of(context).library.articles()))


def _evaluated(
    models: LoadedModels, suite: Suite, out: Path, judge: str | None, *, only: str, limit: int | None, **how: Any
) -> Report:
    from qa.evaluation import run

    sampled = suite.sample(limit, how["seed"])
    folder = out / suite.name
    with _progress(suite.name) as progress:
        if only == "retrieval":
            return run.evaluate_retrieval(models, sampled, folder=folder, seed=how["seed"], progress=progress)
        judged_by = _judge(models, judge) if judge else None
        return run.evaluate(models, sampled, folder=folder, judge=judged_by, progress=progress, **how)


def _pairs(models: LoadedModels, data: Path | None, limit: int | None, seed: int) -> Report:
    from qa.errors import CaseError
    from qa.evaluation import run
    from qa.evaluation.suites import pairs

    if data is None:
        raise CaseError(f"{_PAIRS} needs labelled claims: name a folder with {pairs.FILES[0]}, or a file, by --data")
    with _progress(_PAIRS) as progress:
        return run.evaluate_support(models, pairs.load(data), limit=limit, seed=seed, progress=progress)


def _judge(models: LoadedModels, name: str) -> Judge:
    from qa.evaluation.judges import GateJudge
    from qa.models.entailment import EntailmentModel

    if name == _GATE:
        return GateJudge(models.support)
    return EntailmentModel(name, models.store)


def _progress(name: str) -> Any:
    from qa.commands import tables

    return tables.progress(name)


def _write(report: Report, folder: Path, articles: Iterable[Article]) -> None:
    from qa.evaluation.files import write_report

    write_report(report, folder, {article.id: article for article in articles})


def _print(report: Report, folder: Path | None) -> None:
    from qa.commands import tables

    for suite in report.suites:
        tables.print_suite(suite)
    if folder is not None:
        click.echo(f"\nreport: {folder / 'report.html'}")
