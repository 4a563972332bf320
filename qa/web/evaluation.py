"""Evaluations as HTML: how far one is, what it came to, what failed, and two side by side. Everything is escaped."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from html import escape
from urllib.parse import urlencode

from qa.evaluation.cases import Gold
from qa.evaluation.compare import Change, Comparison
from qa.evaluation.intervals import Difference
from qa.evaluation.measure import Measure
from qa.evaluation.measures import BY_NAME, MEASURES
from qa.evaluation.page import evidence_found
from qa.evaluation.plots import plots_of
from qa.evaluation.report import Result, SuiteReport
from qa.evaluation.responses import Cited
from qa.evaluation.wording import came_out_right, headlines, interval, interval_of, right_means, shown
from qa.types import Article
from qa.web.api.runs import Run
from qa.web.api.schemas import RunState
from qa.web.render import error_html
from qa.web.reports import report_url
from qa.wording import counted, visible

_MOST_FAILURES = 50
_MOST_CHANGES = 50
_MINUTE = 60
_QUARTERS = 4
_NUMBERS = ("Value", "95 % interval", "n")
_DIFFERENCES = ("Before", "After", "Difference", "95 % interval", "n", "In words")
_CATALOGUE = tuple(measure.name for measure in MEASURES)

_TERMS = (
    ("A suite", "is a set of questions about fixed articles, with the words that a right answer must cite."),
    ("A case file", "is a suite of your own about articles of your library; `qa eval new` drafts one."),
    (
        "Citation precision",
        "is the share of the passages cited that touch words a person marked as evidence for the answer.",
    ),
    ("Citation recall", "is the share of the evidence that a full answer needs which the answer does cite."),
    (
        "Balanced accuracy",
        "is the mean of two shares: answered where it could be, silent where it should be; a half is no better than a "
        "coin.",
    ),
    (
        "The 95 % interval",
        "tells how far a number could have come out otherwise with other cases of the same kind; n is how many it was "
        "measured on.",
    ),
)


def terms_html(*, folded: bool = True) -> str:
    """What the words mean, a sentence each."""
    rows = "".join(f"<dt>{name}</dt> <dd>{_code(meaning)}</dd>" for name, meaning in _TERMS)
    if folded:
        return f'<details class="cw cw-terms"><summary>What these words mean</summary><dl>{rows}</dl></details>'
    return (
        '<section class="cw cw-terms" aria-label="What an evaluation is"><p class="cw-empty">No evaluation has '
        "come to its end since the server started. An evaluation asks questions whose right answers are known, and "
        "counts how often the answer cites the right words, and how often it rightly says nothing.</p>"
        f"<dl>{rows}</dl></section>"
    )


# ── a run ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def run_label(run: Run) -> str:
    """A run in a list of them: what was asked, when, and what became of it where that is no report."""
    ended = f", {run.state.value}" if run.report is None else ""
    begun = f"{run.started.astimezone():%d %b %H:%M:%S}"
    return f"{visible(run.suite)} · {begun} · {counted(run.total, 'case')} · seed {run.seed}{ended}"


def progress_html(run: Run, now: datetime) -> str:
    """How far ``run`` is at ``now``; ``data-tell`` is what a screen reader is told of it, a few times in all."""
    if run.state is RunState.FAILED:
        return error_html(f"The evaluation of {run.suite} broke off: {run.error}")
    words, about = _progress(run, now)
    told = f"{words}. {about}" if run.over else _quarters(run)
    bar = "" if run.over else f'<progress max="{run.total}" value="{run.done}" aria-label="Cases asked"></progress>'
    waiting = "" if run.over else ' class="cw-waiting"'
    return (
        f'<section class="cw cw-progress" aria-label="Progress" data-tell="{_text(told)}">'
        f'<p{waiting}>{_text(words)}</p>{bar}<p class="cw-soft">{_text(about)}</p></section>'
    )


def _progress(run: Run, now: datetime) -> tuple[str, str]:
    """How far it is, and what else to know."""
    taken = ((run.finished or now) - run.started).total_seconds()
    so_far = f"{run.done} of {counted(run.total, 'case')} of {run.suite}"
    match run.state:
        case RunState.DONE:
            return f"Done: {counted(run.total, 'case')} of {run.suite}", f"It took {_duration(taken)}."
        case RunState.CANCELLED:
            return f"Cancelled after {so_far}", "There is no report of it: start again for one."
        case RunState.CANCELLING:
            return f"{so_far}; stopping …", "The case under way is finished first."
    if run.done == run.total:
        return f"{so_far}; counting …", "Numbers, intervals and plots are made."
    if not run.done:
        return f"{so_far}; reading the articles …", "Models are loaded where this is the first use of them."
    return so_far, _left(taken / run.done * (run.total - run.done))


def _quarters(run: Run) -> str:
    done = run.total * (_QUARTERS * run.done // max(run.total, 1)) // _QUARTERS
    stopping = "; stopping" if run.state is RunState.CANCELLING else ""
    return f"Evaluation of {run.suite} under way: {done} of {counted(run.total, 'case')}{stopping}"


def _left(seconds: float) -> str:
    if seconds < _MINUTE:
        return "Less than a minute left."
    return f"About {counted(round(seconds / _MINUTE), 'minute')} left."


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), _MINUTE)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s" if rest else "less than a second"


# ── what it came to ──────────────────────────────────────────────────────────────────────────────────────────────────


def result_html(run: Run, library: Collection[str]) -> str:
    """What ``run`` came to; ``library`` are the ids of the articles that Ask searches."""
    if run.report is None:
        return error_html(run.error) if run.error else f'<p class="cw cw-empty">{_text(_no_report(run))}</p>'
    parts = [_suite(suite, run, f"s{number}", library) for number, suite in enumerate(run.report.suites, start=1)]
    return f'<section class="cw cw-evaluation" aria-label="Results">{"".join(parts)}{terms_html()}</section>'


def _no_report(run: Run) -> str:
    if not run.over:
        return "It is under way: its numbers stand here at its end."
    return f"It was cancelled after {run.done} of {counted(run.total, 'case')}: there is no report of it."


def _suite(suite: SuiteReport, run: Run, anchor: str, library: Collection[str]) -> str:
    right = came_out_right(suite.results)
    whole, file = report_url(run), report_url(run, "report.json")
    figures = "".join(
        f"<figure><h4>{_text(plot.title)}</h4>{plot.svg}<figcaption>{_text(plot.caption)}</figcaption></figure>"
        for plot in plots_of(suite, f"{run.id}-{anchor}")
    )
    return (
        f'<h2 dir="auto">{_text(suite.name)}: {right.right} of {counted(right.cases, "case")} came out right</h2>'
        f'<p class="cw-soft">Right means: {_text(right_means(suite))}.</p>'
        f'<p class="cw-links"><a href="{whole}" target="_blank">Whole report</a> '
        f'<a href="{file}" download>report.json, to keep or compare</a></p>'
        f"{_numbers(suite)}"
        f'<h3>Plots</h3><div class="cw-plots">{figures}</div>'
        f"{_failures(suite, run, anchor, library)}"
    )


def _numbers(suite: SuiteReport) -> str:
    rows = []
    for name in headlines(suite, _CATALOGUE):
        measure, value = BY_NAME[name], suite.values[name]
        if value.value is not None:
            cells = (shown(value.value, measure.unit), interval_of(value, measure.unit) or "–", str(value.n))
            rows.append(_row(_title(measure), zip(_NUMBERS, cells, strict=True)))
    return _table("Headline numbers", _NUMBERS, rows)


def _title(measure: Measure) -> str:
    less = "; the less the better" if measure.less_is_better else ""
    return f'{measure.title}<span class="cw-meaning">{measure.meaning}{less}</span>'


def _table(label: str, columns: Sequence[str], rows: Iterable[str]) -> str:
    """A table of measures; telephones lay its rows out anew, which would take their meaning without the roles."""
    head = "".join(f'<th role="columnheader" class="cw-number">{column}</th>' for column in columns)
    return (
        f'<h3>{label}</h3><div class="cw-table" tabindex="0" role="region" aria-label="{label}"><table role="table">'
        f'<thead role="rowgroup"><tr role="row"><th role="columnheader">Measure</th>{head}</tr></thead>'
        f'<tbody role="rowgroup">{"".join(rows)}</tbody></table></div>'
    )


def _row(head: str, cells: Iterable[tuple[str, str]], kind: str = "") -> str:
    """A row of the cells by their columns; ``kind`` is a class for the last one."""
    named = list(cells)
    classes = ["cw-number"] * (len(named) - 1) + [f"cw-number {kind}".strip()]
    told = "".join(
        f'<td role="cell" class="{its}" data-name="{column}">{cell}</td>'
        for its, (column, cell) in zip(classes, named, strict=True)
    )
    return f'<tr role="row"><th role="rowheader">{head}</th>{told}</tr>'


# ── what failed ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _failures(suite: SuiteReport, run: Run, anchor: str, library: Collection[str]) -> str:
    failed = [(place, one) for place, one in enumerate(suite.results, start=1) if one.fault is not None]
    if not failed:
        return f"<h3>What failed</h3><p>Nothing: all {counted(len(suite.results), 'case')} came out right.</p>"
    items = "".join(
        _failure(one, report_url(run, anchor=f"{anchor}-c{place}"), run.articles)
        for place, one in failed[:_MOST_FAILURES]
    )
    more = f", the first {_MOST_FAILURES} of them here" if len(failed) > _MOST_FAILURES else ""
    return (
        f"<h3>What failed</h3><p>{counted(len(failed), 'failure')} in {counted(len(suite.results), 'case')}{more}. "
        f'{_elsewhere(failed, library)}</p><ol class="cw-failures">{items}</ol>'
    )


def _elsewhere(failed: Iterable[tuple[int, Result]], library: Collection[str]) -> str:
    """A word of warning where Ask would look for an answer among other articles."""
    asked = [result for _, result in failed if not result.case.articles]
    evidence = {span.article for result in asked for group in result.case.evidence for span in group}
    if evidence <= set(library):
        return ""
    return (
        "“Ask this again” asks your own library, which lacks articles of this suite: the answer there will be another."
    )


def _failure(result: Result, address: str, articles: Mapping[str, Article]) -> str:
    case, response = result.case, result.response
    again = "" if case.articles else _again(case.question)
    return (
        f'<li><details><summary><span class="cw-case" dir="auto">{_text(case.question)}</span> '
        f'<span class="cw-fault">{_text(result.fault or "")}</span></summary><dl>'
        f"{_said('Answered', response.text or _silence(result))}"
        f"{_quotes('Cited', [_quote(cited, articles) for cited in response.citations])}"
        f"{_said('Expected', _expected(result))}"
        f"{_quotes('Evidence', [_gold(group, articles) for group in case.evidence])}"
        f"{_said('Why it failed', _why(result))}</dl>"
        f'<p class="cw-links">{again}<a href="{address}" target="_blank" '
        f'aria-label="In the whole report: {_text(case.question)}">In the whole report</a></p></details></li>'
    )


def _again(question: str) -> str:
    address = escape(f"/?{urlencode({'ask': question})}")
    return f'<a class="cw-again" href="{address}" aria-label="Ask this again: {_text(question)}">Ask this again</a> '


def _silence(result: Result) -> str:
    if result.response.error:
        return f"Nothing: {result.response.error}"
    reason = (result.response.reason or "").replace("_", " ")
    return f"Nothing; reason given: {reason}" if reason else "Nothing: no answer was asked of a model"


def _why(result: Result) -> str:
    """What went wrong, and whether the evidence was before the model at all."""
    found = evidence_found(result)
    return f"{result.fault}; evidence found: {found}" if found else result.fault or ""


def _expected(result: Result) -> str:
    case = result.case
    if not case.answerable:
        return "No answer: the articles do not say it"
    words = " or ".join(f"“{answer}”" for answer in case.answers)
    return f"{words}, said by {case.speaker}" if words and case.speaker else words


def _said(name: str, words: str) -> str:
    return f'<dt>{name}</dt><dd dir="auto">{_text(words)}</dd>' if words else ""


def _quotes(name: str, quotes: Sequence[str]) -> str:
    return f"<dt>{name}</dt><dd>{''.join(quotes)}</dd>" if quotes else ""


def _quote(cited: Cited, articles: Mapping[str, Article]) -> str:
    speaker = f"said by {cited.speaker}" if cited.speaker else None
    return _quoted(cited.quote, cited.article, articles, speaker)


def _gold(group: Sequence[Gold], articles: Mapping[str, Article]) -> str:
    return "<p>or</p>".join(_quoted(span.quote, span.article, articles) for span in group)


def _quoted(quote: str, article: str | None, articles: Mapping[str, Article], note: str | None = None) -> str:
    known = articles.get(article) if article else None
    origin = " · ".join(filter(None, (known.title if known else None, note)))
    return (
        f'<blockquote dir="auto">“{_text(" ".join(quote.split()))}”'
        f"{origin and f' <span class=cw-origin>{_text(origin)}</span>'}</blockquote>"
    )


# ── two runs ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def comparison_html(found: Sequence[Comparison], before: str, after: str) -> str:
    """What the run ``after`` has that ``before`` has not, suite by suite."""
    parts = "".join(map(_comparison, found))
    return (
        '<section class="cw cw-evaluation" aria-label="Comparison">'
        f'<p class="cw-soft" role="status"><span dir="auto">Before: {_text(before)}</span><br>'
        f'<span dir="auto">After: {_text(after)}</span></p>{parts}</section>'
    )


def _comparison(found: Comparison) -> str:
    unlike = {name: one for name, one in found.differences.items() if not _same(one)}
    rows = [_difference(BY_NAME[name], one) for name, one in unlike.items()]
    table = _table("Differences", _DIFFERENCES, rows) if rows else ""
    alike = ", ".join(BY_NAME[name].title for name in found.differences if name not in unlike)
    same = f"<p>The same in both: {alike}.</p>" if alike else ""
    missing = f"; {counted(len(found.missing), 'case')} of the first are not in the second" if found.missing else ""
    return (
        f'<h2 dir="auto">{_text(found.suite)}: {counted(found.cases, "case")} in both{missing}</h2>'
        f"{table}{same}{_changes(found.changes)}"
    )


def _same(one: Difference) -> bool:
    """Whether no case makes a difference."""
    return one.difference == one.low == one.high == 0


def _difference(measure: Measure, one: Difference) -> str:
    unit = measure.unit
    before, after = ("–" if value is None else shown(value, unit) for value in (one.first, one.second))
    cells = [before, after, "–", "–"]
    if one.difference is not None:
        sign = "+" if one.difference > 0 else ""
        cells[2:] = [f"{sign}{shown(one.difference, unit)}", interval(one.low, one.high, unit, one.difference) or "–"]
    verdict = _verdict(measure, one)
    named = zip(_DIFFERENCES, (*cells, str(one.n), verdict), strict=True)
    return _row(measure.title, named, f"cw-{verdict.split()[0]}")


def _verdict(measure: Measure, one: Difference) -> str:
    """The difference in words: better, worse, or no more than chance could make it."""
    if one.difference is None or one.low is None or one.high is None:
        return "not measured in both"
    if one.low <= 0 <= one.high:
        return "perhaps chance"
    if measure.unit == "count" and not measure.less_is_better:
        return "more" if one.difference > 0 else "fewer"
    return "better" if (one.difference < 0) == measure.less_is_better else "worse"


def _changes(changes: Sequence[Change]) -> str:
    if not changes:
        return "<h3>Cases that changed</h3><p>None: each came out as before.</p>"
    items = "".join(map(_change, changes[:_MOST_CHANGES]))
    rest = f"; the first {_MOST_CHANGES} are shown" if len(changes) > _MOST_CHANGES else ""
    return (
        f'<h3>Cases that changed</h3><p>{counted(len(changes), "case")}{rest}.</p><ol class="cw-changes">{items}</ol>'
    )


def _change(change: Change) -> str:
    before, after = (_text(fault or "right") for fault in (change.before, change.after))
    kind = "better" if change.after is None else "worse" if change.before is None else "otherwise"
    return (
        f'<li><span class="cw-case" dir="auto">{_text(change.question)}</span> <span class="cw-{kind}">{before} → '
        f"{after}</span></li>"
    )


def _text(text: str) -> str:
    return escape(visible(text))


def _code(text: str) -> str:
    """``text`` of ours with what stands between back quotes as code."""
    parts = text.split("`")
    return "".join(f"<code>{part}</code>" if place % 2 else part for place, part in enumerate(parts))
