"""Figures of a report as SVG to stand inside a page, which gives them their colours, light or dark."""

from __future__ import annotations

import io
import re
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple
from xml.etree import ElementTree

from qa.evaluation.report import SuiteReport
from qa.evaluation.wording import by_kind, came_out_right, right_means, shown
from qa.wording import counted, visible

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# matplotlib writes colours as hex digits; these stand for variables of the page and are exchanged for them at the end.
_INK, _SOFT, _LINE, _ACCENT, _WASH, _GROUND = "#010101", "#020202", "#030303", "#040404", "#050505", "#060606"
_VARIABLES = {
    _INK: "var(--ink)",
    _SOFT: "var(--soft)",
    _LINE: "var(--line)",
    _ACCENT: "var(--accent)",
    _WASH: "var(--wash)",
    _GROUND: "var(--ground)",
}

_WIDTH, _HEIGHT = 4.2, 3.0  # inches; at 72 units an inch about as wide as a telephone, so that letters keep their size
_LONGEST_KIND = 22
_MOST_BARS = 12  # of a histogram
_MARGIN = 0.06

_drawing = threading.Lock()  # matplotlib's settings are those of the whole process

_PLATE = {"facecolor": _GROUND, "edgecolor": "none", "pad": 1}  # keeps lines from running through words

_SETTINGS = {
    "svg.fonttype": "none",
    "svg.hashsalt": "citewire",
    "text.parse_math": False,  # a kind named "$5" is no formula
    "font.size": 10,
    "text.color": _INK,
    "axes.edgecolor": _LINE,
    "axes.labelcolor": _SOFT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "xtick.color": _LINE,
    "ytick.color": _LINE,
    "xtick.labelcolor": _SOFT,
    "ytick.labelcolor": _SOFT,
    "grid.color": _LINE,
    "grid.linewidth": 0.6,
}


class Plot(NamedTuple):
    """A figure: its title, a caption that says how to read it, and the SVG."""

    title: str
    caption: str
    svg: str


def plots_of(suite: SuiteReport, prefix: str) -> list[Plot]:
    """All figures that the suite has something to show in; ids in them begin with ``prefix``."""
    drawn = (
        kinds_plot(suite, f"{prefix}-kinds"),
        risk_coverage_plot(suite, f"{prefix}-risk"),
        reliability_plot(suite, f"{prefix}-reliability"),
        latency_plot(suite, f"{prefix}-latency"),
    )
    return [plot for plot in drawn if plot is not None]


def risk_coverage_plot(suite: SuiteReport, prefix: str) -> Plot | None:
    """The share wrong among the surest answers over the share of cases answered; ``None`` without scores."""
    points = suite.risk_coverage
    if not points:
        return None
    last = points[-1]
    with _figure() as figure:
        axes = _axes(figure, "of all cases, answered (%)", "of these, wrong (%)")
        coverages, risks = [100 * point.coverage for point in points], [100 * point.risk for point in points]
        axes.plot(coverages, risks, color=_ACCENT, linewidth=1.6, marker="o", markersize=2.5)
        axes.plot(coverages[-1:], risks[-1:], color=_INK, marker="o", markersize=5)
        axes.set_xlim(0, 100)
        axes.set_ylim(0, max(10, *risks) * 1.15)
        falling = len(risks) > 1 and risks[-1] < max(risks[-4:])
        _label(axes, f"{shown(last.risk, 'share')} wrong", (coverages[-1], risks[-1]), below=falling and risks[-1] > 0)
        title = "Risk and coverage"
        spoken = (
            f"{title}: at the last point {shown(last.coverage, 'share')} of the cases are answered and "
            f"{shown(last.risk, 'share')} of these answers are wrong; at the first point it is "
            f"{shown(points[0].coverage, 'share')} and {shown(points[0].risk, 'share')}."
        )
        caption = (
            "Answers are taken from the surest to the least sure. A good score keeps the line low at the left: what "
            "the system is surest of is rarely wrong. The line ends where it fell silent."
        )
        return Plot(title, f"{caption} {_n(_scored(suite), 'scored answer')}", _svg(figure, prefix, spoken))


def reliability_plot(suite: SuiteReport, prefix: str) -> Plot | None:
    """The share right over the mean score of each bin, of answers or, where claims were judged, of their support.

    ``None`` without scores that could be probabilities.
    """
    bins = suite.reliability
    score = "support" if "auroc" in suite.values else "answer score"
    right_word = "borne out" if "auroc" in suite.values else "right"
    if not bins or not all(0 <= one.score <= 1 for one in bins):
        return None
    with _figure() as figure:
        axes = _axes(figure, f"mean {score}", f"{right_word} (%)")
        axes.plot([0, 1], [0, 100], color=_SOFT, linewidth=1, linestyle=(0, (4, 3)))
        scores, right = [one.score for one in bins], [100 * one.right for one in bins]
        axes.plot(scores, right, color=_ACCENT, linewidth=1.2, marker="o", markersize=5)
        for one in bins:
            _label(axes, f"n = {one.n}", (one.score, 100 * one.right), below=one.right > 0.85)
        axes.set_xlim(-_MARGIN, 1 + _MARGIN)
        axes.set_ylim(-100 * _MARGIN, 100 * (1 + _MARGIN))
        title = f"Reliability of the {score}"
        spoken = f"{title}: " + "; ".join(
            f"mean score {one.score:.2f}, {shown(one.right, 'share')} {right_word}, n = {one.n}" for one in bins
        )
        if score == "support":
            caption = (
                "Support is how strongly the model holds the evidence to bear a claim out. On the dashed diagonal that "
                "share of the claims is borne out; below it the model believes too much, above it too little."
            )
            return Plot(title, f"{caption} {_n(sum(one.n for one in bins), 'claim')}", _svg(figure, prefix, spoken))
        caption = (
            "The score is the answer score: how probable the system holds it that its answer is right. On the dashed "
            "diagonal that many are right; below it the system is too sure of itself, above it too timid."
        )
        return Plot(title, f"{caption} {_n(sum(one.n for one in bins), 'scored answer')}", _svg(figure, prefix, spoken))


def kinds_plot(suite: SuiteReport, prefix: str) -> Plot | None:
    """A bar for each kind: the share of its cases that came out right; ``None`` without cases."""
    kinds = {kind: came_out_right(results) for kind, results in by_kind(suite).items()}
    if not kinds:
        return None
    names = [_short(kind) for kind in kinds]
    shares = [100 * one.right / one.cases for one in kinds.values()]
    with _figure(height=0.9 + 0.27 * len(kinds)) as figure:
        axes = _axes(figure, "came out right (%)", "")
        rows = list(range(len(kinds)))
        axes.barh(rows, [100] * len(kinds), height=0.62, color=_WASH)
        axes.barh(rows, shares, height=0.62, color=_ACCENT)
        axes.set_yticks(rows, names)
        axes.tick_params(axis="y", length=0, labelcolor=_INK)
        for row, one in zip(rows, kinds.values(), strict=True):
            axes.annotate(
                f"{one.right} of {one.cases}", (100, row), xytext=(5, 0), textcoords="offset points", va="center"
            )
        axes.set_xlim(0, 100)
        axes.set_ylim(len(kinds) - 0.4, -0.6)
        axes.grid(visible=False)
        axes.spines["left"].set_visible(False)
        title = "What came out right, by kind"
        spoken = f"{title}: " + "; ".join(f"{visible(kind)} {one.right} of {one.cases}" for kind, one in kinds.items())
        caption = f"Right means: {right_means(suite)}. {_n(len(suite.results), 'case')}"
        return Plot(title, caption, _svg(figure, prefix, spoken))


def latency_plot(suite: SuiteReport, prefix: str) -> Plot | None:
    """How many cases took how long; ``None`` where no time was taken."""
    import numpy as np
    from matplotlib.ticker import MaxNLocator

    seconds = [one.response.seconds for one in suite.results if one.response.seconds is not None]
    if not seconds:
        return None
    median, most = (float(np.percentile(seconds, q)) for q in (50, 95))
    unit, factor = ("ms", 1000) if most < 0.1 else ("s", 1)  # as `shown` has it
    with _figure() as figure:
        axes = _axes(figure, f"time ({unit})", "cases")
        times = [factor * one for one in seconds]
        counts, edges = np.histogram(times, bins=min(_MOST_BARS, max(1, len(set(times)))), range=(0, max(times) or 1))
        axes.bar(edges[:-1], counts, width=np.diff(edges) * 0.94, align="edge", color=_ACCENT)
        axes.set_xlim(0, float(edges[-1]))
        tallest = float(counts.max())
        axes.set_ylim(0, tallest * 1.32)
        axes.yaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
        for place, name, height in ((median, "median", 1.23), (most, "95 % within", 1.1)):
            _flag(axes, factor * place, f"{name} {shown(place, 'seconds')}", tallest * height, float(edges[-1]))
        title = "Time for a case"
        spoken = f"{title}: the median is {shown(median, 'seconds')}, 95 % took at most {shown(most, 'seconds')}."
        caption = f"From the question to the end of its answer. {_n(len(seconds), 'case')}"
        return Plot(title, caption, _svg(figure, prefix, spoken))


def _label(axes: Axes, words: str, point: tuple[float, float], *, below: bool) -> None:
    """Words over or under a point."""
    axes.annotate(
        words,
        point,
        xytext=(0, -9 if below else 9),
        textcoords="offset points",
        ha="center",
        va="top" if below else "bottom",
        bbox=_PLATE,
    )


def _flag(axes: Axes, place: float, words: str, height: float, end: float) -> None:
    """A dashed line up to ``height`` with words beside its head, on the side that has room for them."""
    left = place > 0.62 * end
    axes.plot([place, place], [0, height], color=_INK, linewidth=1, linestyle=(0, (2, 2)))
    axes.annotate(
        words,
        (place, height),
        xytext=(-4 if left else 4, 0),
        textcoords="offset points",
        ha="right" if left else "left",
        va="center",
        bbox=_PLATE,
    )


def _scored(suite: SuiteReport) -> int:
    return sum(result.rows.get("aurc") is not None for result in suite.results)


def _n(number: int, noun: str) -> str:
    return f"n = {counted(number, noun)}."


def _short(kind: str) -> str:
    words = " ".join(visible(kind).split())
    return words if len(words) <= _LONGEST_KIND else f"{words[: _LONGEST_KIND - 1]}…"


# ── matplotlib ───────────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def _figure(height: float = _HEIGHT) -> Iterator[Figure]:
    """An empty figure under our settings, whatever the user's own are."""
    import matplotlib
    from matplotlib.figure import Figure

    with _drawing, matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_SETTINGS)
        yield Figure(figsize=(_WIDTH, height), layout="constrained", facecolor="none")


def _axes(figure: Figure, across: str, up: str) -> Axes:
    axes = figure.subplots()
    axes.set_facecolor("none")
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.grid(visible=True, axis="y")
    axes.tick_params(length=0)
    return axes


def _svg(figure: Figure, prefix: str, spoken: str) -> str:
    """The figure as an element to stand in a page with others: no shared ids, no outside address, no style sheet."""
    target = io.BytesIO()
    with warnings.catch_warnings():
        # A letter that matplotlib's font lacks is drawn by the browser, which has others.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure.savefig(target, format="svg", metadata={"Date": None})
    root = ElementTree.fromstring(target.getvalue())  # noqa: S314 - written by matplotlib just now
    _strip(root)
    for element in root.iter():
        _adapt(element, prefix)
    for size in ("width", "height"):
        root.attrib.pop(size, None)
    root.attrib.update({"class": "plot", "role": "img", "aria-label": spoken})
    title = ElementTree.Element("title")
    title.text = spoken
    root.insert(0, title)
    return ElementTree.tostring(root, encoding="unicode")


def _strip(parent: ElementTree.Element) -> None:
    """Take out metadata and the style sheet, which would hold for the whole page around the figure."""
    for child in list(parent):
        if _local(child.tag) in {"metadata", "style"}:
            parent.remove(child)
        else:
            _strip(child)


def _adapt(element: ElementTree.Element, prefix: str) -> None:
    """Names without namespace as in HTML, ids of our own, colours and letters of the page."""
    element.tag = _local(element.tag)
    for name in list(element.attrib):
        value = element.attrib.pop(name)
        if name == "id":
            if element.tag == "g":
                continue  # nothing refers to groups
            value = f"{prefix}-{value}"
        elif _local(name) == "href":
            value = value.replace("#", f"#{prefix}-", 1)
        elif name == "style":
            value = re.sub(r"font-family:[^;]*;?\s*", "", value)
            for colour, variable in _VARIABLES.items():
                value = value.replace(colour, variable)
        element.attrib[_local(name)] = value.replace("url(#", f"url(#{prefix}-")


def _local(name: str) -> str:
    return name.rpartition("}")[2]
