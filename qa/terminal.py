"""What the command line shows: answers, tables, progress. Colours where the terminal has them, plain text elsewhere."""

from __future__ import annotations

import re
import sys
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from qa.errors import NotFoundError
from qa.ingest import find_files
from qa.library import Added, Library
from qa.service import IngestEvent, Refused
from qa.types import (
    Answer,
    Article,
    Citation,
    Comparison,
    Contradiction,
    Hit,
    LonePoint,
    Reprint,
    Sentence,
    SharedPoint,
    Side,
    SpeechKind,
    Summary,
    SummarySentence,
)
from qa.wording import (
    ALONE,
    CONTRADICTED,
    CORRECTS,
    DIFFERENCES,
    DISAGREEMENT,
    DISPUTED,
    NEAREST,
    ROUND_UP,
    SHARED,
    VOICES,
    letter,
    said_by,
    support_words,
)

_WIDTH = 100

_out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 160)
_err = Console(stderr=True, highlight=False)

Report = dict[str, Any]


# ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def print_answer(answer: Answer, library: Library, *, streamed: bool = False) -> None:
    """Print the sentences with their marks, then each source with its quotation; or why there is no answer."""
    if answer.abstained:
        _print_abstention(answer, library)
        return
    if not streamed:
        for sentence in answer.sentences:
            print_sentence(sentence)
    if answer.disagreement:
        _out.print(Text(DISAGREEMENT, style="yellow"))
    _out.print()
    citations = dict.fromkeys(citation for sentence in answer.sentences for citation in sentence.citations)
    for citation in sorted(citations, key=lambda citation: (citation.mark, citation.start)):
        _print_citation(citation, library)
    _print_small(_costs(answer))


def print_sentence(sentence: Sentence) -> None:
    """Print one sentence with its marks."""
    marks = "".join(f" [{mark}]" for mark in sorted({citation.mark for citation in sentence.citations}))
    _out.print(_wrapped(sentence.text + marks))


def _print_abstention(answer: Answer, library: Library) -> None:
    _out.print(Text(answer.message or "", style="yellow"))
    if answer.nearest:
        _out.print(Text(f"\n{NEAREST}", style="bold"))
        for citation in answer.nearest:
            _print_citation(citation, library)
    elif answer.hits:
        _out.print(Text("\nThe nearest passages:", style="bold"))
        print_hits(answer.hits[:3])
    for dropped in answer.dropped:
        _print_small(f"withheld: {dropped.text} ({dropped.reason})")
    _print_small(_costs(answer))


def _print_citation(citation: Citation, library: Library) -> None:
    _out.print(Text.assemble((f"[{citation.mark}] ", "bold cyan"), (_described(citation, library), "bold")))
    quote = _wrapped(" ".join(citation.quote.split()), indent="    ")
    _out.print(Text(quote, style="italic"))
    support = f", {support_words(citation.support)}" if citation.support is not None else ""
    speaker = f"{said_by(citation.speaker)}, " if citation.speaker else ""
    _print_small(f"    {speaker}article {citation.article_id}, characters {citation.start}-{citation.end}{support}")


def _described(citation: Citation, library: Library) -> str:
    try:
        article = library.get(citation.article_id)
    except NotFoundError:
        return citation.title
    return ", ".join(filter(None, (article.title, article.outlet, article.date)))


def _costs(answer: Answer) -> str:
    timings = answer.timings
    if answer.quoted:
        return f"\n{timings.total_ms / 1000:.1f} s, quoted from the articles, nothing drafted"
    return (
        f"\n{timings.total_ms / 1000:.1f} s, {timings.prompt_tokens} prompt tokens ({timings.cached_tokens} reused), "
        f"{timings.output_tokens} written by {answer.generator.model} on {answer.generator.engine}"
    )


def print_hits(hits: Sequence[Hit]) -> None:
    """Print passages, each under its article's title."""
    if not hits:
        _out.print("no passage found")
    for mark, hit in enumerate(hits, start=1):
        _out.print(Text.assemble((f"[{mark}] ", "bold cyan"), (hit.title, "bold"), (f"  {hit.score:.4f}", "dim")))
        _out.print(Text(_wrapped(" ".join(hit.passage.text.split()), indent="    ")))
        _print_small(f"    article {hit.passage.article_id}, characters {hit.passage.start}-{hit.passage.end}")


def _print_small(text: str) -> None:
    _out.print(Text(text, style="dim"))


def _wrapped(text: str, indent: str = "") -> str:
    width = min(_WIDTH, _out.width)
    return textwrap.fill(text, width, initial_indent=indent, subsequent_indent=indent, break_long_words=False)


# ── summaries ────────────────────────────────────────────────────────────────────────────────────────────────────────


def print_summary_sentence(sentence: SummarySentence) -> None:
    """Print one sentence with its voice and its place."""
    _out.print(_wrapped(sentence.text))
    first, *naming = sentence.citations
    support = support_words(sentence.support)
    place = f"characters {first.start}-{first.end} of {first.article_id}"
    place += "".join(f", named at {one.start}-{one.end}" for one in naming)
    _print_small(f"    {VOICES[sentence.voice]}, {place}, {support}")


def print_summary(summary: Summary) -> None:
    """Print what stands beside the sentences, which have been printed one by one."""
    if not summary.sentences:
        _out.print(Text("Nothing of it could be told plainly and proven.", style="yellow"))
    _print_speakers(summary)
    opinions = [claim for claim in summary.own_claims if claim.opinion]
    if opinions:
        _out.print(Text("\nThe article's own judgements, which rest on no source", style="bold"))
        for claim in opinions:
            _out.print(Text(_wrapped(f"“{' '.join(claim.quote.split())}”", indent="    ")))
    _print_loaded(summary)
    if summary.missing_voices:
        _out.print(Text("\nSpoken of, but not heard", style="bold"))
        _out.print(Text(_wrapped(", ".join(summary.missing_voices), indent="    ")))
    for warning in summary.warnings:
        _out.print(Text(f"warning: {warning}", style="yellow"))
    for dropped in summary.dropped:
        _print_small(f"withheld: {dropped.text} ({dropped.reason})")
    timings = summary.timings
    _print_small(f"\n{timings.total_ms / 1000:.1f} s, written by {summary.generator.model}")


def _print_speakers(summary: Summary) -> None:
    if summary.speakers:
        _out.print(Text("\nWho says what", style="bold"))
    for one in summary.speakers:
        notes = [one.speaker.role or "", "not named" if one.speaker.anonymous else ""]
        described = "; ".join(filter(None, notes))
        _out.print(Text.assemble(f"  {one.speaker.name}", (f" ({described})" if described else "", "dim")))
        for statement in one.statements:
            words = statement.text if statement.kind is SpeechKind.DIRECT else " ".join(statement.quote.split())
            _out.print(Text(_wrapped(words, indent="    "), style="italic"))


def _print_loaded(summary: Summary) -> None:
    own = [word for word in summary.loaded_words if not word.quoted]
    if not summary.loaded_words:
        return
    _out.print(Text("\nLoaded words", style="bold"))
    words = [word.text + (f" (→ {word.alternative})" if word.alternative else "") for word in own]
    if words:
        _out.print(Text(_wrapped(", ".join(dict.fromkeys(words)), indent="    ")))
    quoted = len(summary.loaded_words) - len(own)
    source, ours = (0.0 if rate is None else rate for rate in (summary.source_per_100, summary.summary_per_100))
    _print_small(f"    {source:.1f} per 100 words of the article, {ours:.1f} of the summary; {quoted} more quoted")


# ── comparisons ──────────────────────────────────────────────────────────────────────────────────────────────────────

ComparisonEvent = Reprint | SharedPoint | Contradiction | LonePoint | SummarySentence | Comparison

_MOST_REPEATED = 3  # points that one source only tells, beyond which they are counted
_OPEN, _CLOSE = "⟦", "⟧"
_MARKED = re.compile(f"{_OPEN}[^{_CLOSE}]*{_CLOSE}")
_HEADINGS = {SharedPoint: SHARED, Contradiction: CONTRADICTED, LonePoint: ALONE, SummarySentence: ROUND_UP}


class ComparisonPrinter:
    """Prints what a comparison finds, as it comes, under a heading for each kind."""

    def __init__(self, articles: Sequence[Article]) -> None:
        self._articles = {article.id: article for article in articles}
        self._letters = {id_: letter(place) for place, id_ in enumerate(self._articles)}
        self._heading: type | None = None
        self._repeated = 0
        for article in self._articles.values():
            described = ", ".join(filter(None, (article.title, article.outlet, article.date)))
            _out.print(Text.assemble((f"{self._letters[article.id]}  ", "bold cyan"), (described, "bold")))

    def print(self, event: ComparisonEvent) -> None:
        """Print ``event``; the whole comparison comes last, as a line on what it cost."""
        if isinstance(event, Comparison):
            self._print_rest(event)
            return
        if isinstance(event, Reprint):
            letters = _and([self._letters[one] for one in event.article_ids])
            _out.print(Text(f"{letters} largely have the same text ({event.share:.0%}): one source", style="yellow"))
            return
        if isinstance(event, SharedPoint) and event.independent == 1:
            self._repeated += 1
            if self._repeated > _MOST_REPEATED:
                return
        if type(event) is not self._heading:
            self._print_repeated()
            self._heading = type(event)
            _out.print(Text(f"\n{_HEADINGS[type(event)]}\n", style="bold"))
        if isinstance(event, SharedPoint):
            sources = "one source only" if event.independent == 1 else f"{event.independent} sources"
            fewer = f", {sources}" if event.independent < len(event.sides) else ""
            self._print_sides(f"By {len(event.sides)} articles{fewer}", event.sides)
        elif isinstance(event, Contradiction):
            disputed = DISPUTED if event.disputed else DIFFERENCES[event.kind]
            self._print_sides(CORRECTS if event.corrects else disputed, event.sides)
        elif isinstance(event, LonePoint):
            self._print_sides("", (event.side,))
        else:
            marks = "".join(f" [{letter(mark - 1)}]" for mark in sorted({one.mark for one in event.citations}))
            _out.print(_wrapped(event.text + marks))

    def _print_sides(self, what: str, sides: Sequence[Side]) -> None:
        if what:
            _out.print(Text(what, style="cyan"))
        for side in sides:
            said = f", {said_by(side.speaker)}" if side.speaker else f", {VOICES[side.voice]}"
            again = f", in the words of {self._letters[side.repeats]}" if side.repeats else ""
            outlet = side.outlet or side.title
            _out.print(Text.assemble((f"  {self._letters[side.article_id]}  ", "bold cyan"), f"{outlet}{said}{again}"))
            quote = Text(_wrapped(_with_marks(side), indent="     "), style="italic")
            quote.highlight_regex(_MARKED, "bold yellow")
            _out.print(quote)
            _print_small(f"     characters {side.start}-{side.end} of {side.article_id}")
        _out.print()

    def _print_repeated(self) -> None:
        if self._repeated > _MOST_REPEATED:
            _out.print(Text(f"{self._repeated - _MOST_REPEATED} more points of one source only", style="dim"))
        self._repeated = 0

    def _print_rest(self, comparison: Comparison) -> None:
        self._print_repeated()
        if not (comparison.shared or comparison.contradictions):
            _out.print(Text("\nNothing was found that these articles share or contradict.", style="yellow"))
        for warning in comparison.warnings:
            _out.print(Text(f"warning: {warning}", style="yellow"))
        for dropped in comparison.dropped:
            _print_small(f"withheld: {dropped.text} ({dropped.reason})")
        written = f", written by {comparison.generator.model}" if comparison.sentences else ""
        _print_small(f"\n{comparison.timings.total_ms / 1000:.1f} s{written}")


def _and(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}"


def _with_marks(side: Side) -> str:
    """The quotation on one line, with the words at issue between brackets."""
    text, last = "", side.start
    for start, end in side.marked:
        text += f"{side.quote[last - side.start : start - side.start]}{_OPEN}"
        text += f"{side.quote[start - side.start : end - side.start]}{_CLOSE}"
        last = end
    return " ".join((text + side.quote[last - side.start :]).split())


# ── tables ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def print_articles(articles: Sequence[Article]) -> None:
    """Print a line an article, its warnings beneath."""
    if not articles:
        _out.print("the library is empty: add articles with `qa ingest PATH…`")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("id", "date", "outlet", "words", "title"):
        table.add_column(column, justify="right" if column == "words" else "left", no_wrap=column in ("id", "date"))
    for article in articles:
        cells = (article.id, article.date or "", article.outlet or "", str(article.words), article.title)
        table.add_row(*map(escape, cells))
        for warning in article.warnings:
            table.add_row("", "", "", "", Text(f"warning: {warning}", style="yellow"))
    _out.print(table)


def print_article(article: Article) -> None:
    """Print an article with its description."""
    _out.print(Text(article.title, style="bold"))
    _print_small(", ".join(filter(None, (article.outlet, article.author, article.date, article.source, article.id))))
    for warning in article.warnings:
        _out.print(Text(f"warning: {warning}", style="yellow"))
    _out.print()
    _out.print(Text(article.text))


def print_table(values: Mapping[str, object]) -> None:
    """Print names and values, a pair a line."""
    for name, value in values.items():
        _out.print(Text.assemble((f"{name.replace('_', ' '):12} ", "dim"), str("-" if value is None else value)))


def print_models(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print a line a model."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("name", "task", "state", "licence", "description"):
        table.add_column(column)
    for row in rows:
        where = " (needs the hub)" if row["needs_hub"] else ""
        table.add_row(
            *(escape(str(row[column])) for column in ("name", "task", "state", "licence")),
            escape(row["description"] + where),
        )
    _out.print(table)


# ── ingest ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def ingest_report(events: Sequence[IngestEvent]) -> Report:
    """What became of the articles offered, in a form for JSON."""
    added = [event for event in events if isinstance(event, Added)]
    return {
        "articles": [
            {"id": event.article.id, "title": event.article.title, "outcome": event.outcome} for event in added
        ],
        "refused": [event.reason for event in events if isinstance(event, Refused)],
        "counts": {**dict.fromkeys(("added", "unchanged", "replaced"), 0), **Counter(str(e.outcome) for e in added)},
        "warnings": [f"{event.article.title}: {line}" for event in added for line in event.article.warnings],
    }


def print_ingest(report: Report) -> None:
    """Print refusals and warnings on standard error, then how many articles were added, and so on."""
    for line in report["refused"]:
        _err.print(Text(f"refused: {line}", style="red"), soft_wrap=True)
    for line in report["warnings"]:
        _err.print(Text(f"warning: {line}", style="yellow"), soft_wrap=True)
    counts = [f"{number} {outcome}" for outcome, number in report["counts"].items()]
    _out.print(", ".join([*counts, f"{len(report['refused'])} refused"]))


@contextmanager
def counting(paths: Sequence[Path]) -> Iterator[Callable[[IngestEvent], IngestEvent]]:
    """A function that notes an event on a progress bar over the files that ``paths`` name, and returns it."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
    with Progress(*columns, console=_err, transient=True, disable=not _err.is_terminal) as progress:
        try:
            total = sum(1 for _ in find_files(paths)) or 1
        except Exception:  # the ingest itself will say what is wrong
            total = len(paths)
        task = progress.add_task("Adding articles", total=total)

        def note(event: IngestEvent) -> IngestEvent:
            progress.advance(task)
            return event

        yield note


# ── progress ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def waiting(message: str) -> Iterator[None]:
    """Show that something is going on, where someone can see it."""
    with _err.status(message) if _err.is_terminal else _nothing():
        yield


@contextmanager
def _nothing() -> Iterator[None]:
    yield


class _Transfer:
    """Progress of a download on one bar."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=None)

    def start(self, total_bytes: int, what: str) -> None:
        """Show a new stage."""
        self._progress.reset(self._task, total=total_bytes or None, description=what)
        if not self._progress.console.is_terminal:
            self._progress.console.print(f"{what} ({total_bytes / 1e6:.0f} MB)", markup=False)

    def advance(self, n: int) -> None:
        """Move the bar."""
        self._progress.advance(self._task, n)

    def note(self, message: str) -> None:
        """Print a line above the bar."""
        self._progress.console.print(message, markup=False)


@contextmanager
def transfer() -> Iterator[_Transfer]:
    """A bar that shows the progress of a download on standard error."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=_err, transient=True, disable=not _err.is_terminal) as progress:
        yield _Transfer(progress)
