"""What ``qa eval`` shows in a terminal: measures with their intervals, comparisons, suites, progress."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from qa.evaluation.compare import Comparison
from qa.evaluation.measures import BY_NAME, MEASURES
from qa.evaluation.report import SuiteReport
from qa.evaluation.responses import Response
from qa.evaluation.wording import JUDGED, came_out_right, interval, interval_of, judge_words, shown
from qa.wording import counted

_out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 120)
_err = Console(stderr=True, highlight=False)
_MOST_CHANGES = 12


def print_suite(suite: SuiteReport) -> None:
    """Print what a suite came to: a measure a line, by group, with its 95 % interval and its n."""
    right, cases = came_out_right(suite.results)
    _out.print(Text.assemble("\n", (suite.name, "bold"), f"  {counted(cases, 'case')}, {right} came out right"))
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("measure")
    for column in ("value", "95 % interval", "n"):
        table.add_column(column, justify="right")
    group = ""
    for measure in MEASURES:
        value = suite.values.get(measure.name)
        if value is None or value.value is None:
            continue
        if measure.group != group:
            group = measure.group
            judge = f" ({judge_words(suite.judge)})" if group == JUDGED else ""
            table.add_row(Text(group + judge, style="bold"))
        cells = (f"  {measure.title}", shown(value.value, measure.unit), interval_of(value, measure.unit), str(value.n))
        table.add_row(*cells)
    _out.print(table)


def print_comparison(found: Comparison, fallen: Collection[str]) -> None:
    """Print two runs side by side, those of ``fallen`` marked, with the cases that changed between them."""
    _out.print(Text.assemble("\n", (found.suite, "bold"), f"  {counted(found.cases, 'case')} in both"))
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("measure")
    for column in ("before", "after", "difference", "95 % interval", "n"):
        table.add_column(column, justify="right")
    for name, one in found.differences.items():
        unit = BY_NAME[name].unit
        if one.difference is None:
            known = ["not measured" if value is None else shown(value, unit) for value in (one.first, one.second)]
            table.add_row(BY_NAME[name].title, *known, "", "", str(one.n))
            continue
        assert one.first is not None and one.second is not None  # noqa: S101, PT018 - or there is no difference
        table.add_row(
            Text(BY_NAME[name].title + ("  WORSE" if name in fallen else ""), style="red" if name in fallen else ""),
            shown(one.first, unit),
            shown(one.second, unit),
            ("+" if one.difference > 0 else "") + shown(one.difference, unit),
            interval(one.low, one.high, unit, one.difference),
            str(one.n),
        )
    _out.print(table)
    if found.missing:
        _out.print(
            Text(f"  {counted(len(found.missing), 'case')} missing in the second, {found.missing[0]} first", "red")
        )
    for change in found.changes[:_MOST_CHANGES]:
        before, after = change.before or "right", change.after or "right"
        _out.print(Text.assemble(("  changed  ", "dim"), change.question, (f"  {before} → {after}", "yellow")))
    if len(found.changes) > _MOST_CHANGES:
        _out.print(f"  … and {len(found.changes) - _MOST_CHANGES} more")


def print_suites(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print the suites, each with its files, their origin and licence."""
    for row in rows:
        _out.print(Text.assemble((row["name"], "bold"), f"  {row['about']}"))
        if row["files"]:
            _out.print(Text(f"    {' and '.join(row['files'])} from {row['origin']}, {row['licence']}", style="dim"))
    _out.print(Text.assemble(("pairs", "bold"), "  the support model alone, on labelled claims beside their evidence"))
    _out.print(Text("    JSON Lines of your own with source, evidence, claim and supported", style="dim"))
    _out.print(escape("your own cases: `qa eval new ARTICLE…` drafts a file, `qa eval run FILE.jsonl` asks it"))


@contextmanager
def progress(name: str) -> Iterator[Callable[[Iterable[Response], int, int], Iterable[Response]]]:
    """A function that passes responses through and moves a bar with the time left, on standard error."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=_err, transient=True, disable=not _err.is_terminal) as bars:

        def shown_responses(responses: Iterable[Response], total: int, done: int) -> Iterator[Response]:
            task = bars.add_task(name, total=total, completed=done)
            for response in responses:
                yield response
                bars.advance(task)

        yield shown_responses
