"""The files of a report: ``report.json`` for programs, ``report.md`` for pull requests, ``report.html`` for people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from qa.evaluation.markdown import report_markdown
from qa.evaluation.page import report_html
from qa.evaluation.report import Report, report_json
from qa.types import Article


def write_report(report: Report, folder: Path, texts: Mapping[str, Article]) -> None:
    """Write the three files into ``folder``; ``texts`` are the articles by id, for the page to show its quotes in."""
    folder.mkdir(parents=True, exist_ok=True)
    contents = {
        "report.json": json.dumps(report_json(report), ensure_ascii=False, indent=1) + "\n",
        "report.md": report_markdown(report),
        "report.html": report_html(report, texts),
    }
    for name, content in contents.items():
        partial = folder / f"{name}.tmp"
        partial.write_text(content, encoding="utf-8", errors="replace")
        partial.replace(folder / name)
