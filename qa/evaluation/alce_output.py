"""Reading the output files of ALCE's own programs: any system that writes them can be scored."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from qa.errors import CaseError
from qa.evaluation.cases import Case
from qa.evaluation.judges import Judge, judge_json
from qa.evaluation.measure import Scored
from qa.evaluation.metrics.alce import Claim, alce
from qa.evaluation.report import SuiteReport, suite_report
from qa.evaluation.responses import Cited, Response, Told
from qa.evaluation.suites.alce import short_answers
from qa.evaluation.suites.files import read_json
from qa.text.sentences import split_sentences

_MARK = re.compile(r"\[(\d+(?:, ?\d+)*)\]")
_MEASURES = ("alce_recall", "alce_precision", "short_answer_recall", "uncited_sentences", "invalid_marks")


def is_alce(path: Path) -> bool:
    """Whether the file ``path`` is one JSON object with ``data``, as ALCE writes it, and not lines of objects."""
    try:
        whole = json.loads(path.read_text(encoding="utf-8", errors="replace"))
    except (OSError, ValueError):
        return False
    return isinstance(whole, dict) and "data" in whole


def score_alce(path: Path, judge: Judge) -> SuiteReport:
    """What the answers in an output file of ALCE are worth, over the passages that it gives with each.

    Raises:
        CaseError: the file does not have that form.
    """
    try:
        rows = read_json(path)["data"]
        scored = [_scored(str(number), row, judge) for number, row in enumerate(rows, start=1)]
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise CaseError(
            f"{path} does not have the form of ALCE's output ({error!r}): give it as ALCE wrote it"
        ) from error
    if not scored:
        raise CaseError(f"{path}: there is no answer in it")
    return suite_report(path.stem, scored, _MEASURES, corpus={"articles": None}, judge=judge_json(judge))


def claims_of(output: str, passages: Sequence[str]) -> list[Claim]:
    """The sentences of ``output`` without marks, each with what it cites; a mark beyond the passages gives ``None``."""
    claims = []
    for start, end in split_sentences(_marks_before_stops(output)):
        sentence = _marks_before_stops(output)[start:end]
        numbers = [int(n) for mark in _MARK.findall(sentence) for n in mark.split(",")]
        text = " ".join(re.sub(rf"\s*{_MARK.pattern}", "", sentence).split())
        cited = tuple(passages[n - 1] if 1 <= n <= len(passages) else None for n in numbers)
        if any(map(str.isalnum, text)):
            claims.append(Claim(text, cited))
        elif claims:  # marks alone belong to the sentence before them
            claims[-1] = Claim(claims[-1].text, claims[-1].passages + cited)
    return claims


def _marks_before_stops(output: str) -> str:
    """``output`` with marks that follow a full stop put before it, where ALCE's own prompts have them."""
    stopped = r"([.!?][\"'”’)\]]*)((?:\s*\[\d+(?:, ?\d+)*\])+)"
    return re.sub(stopped, lambda found: " " + "".join(found[2].split()) + found[1], output.strip())


def _scored(number: str, row: Mapping[str, Any], judge: Judge) -> Scored:
    passages = [f"Title: {doc['title']}\n{doc['text']}" for doc in row["docs"]]
    output = row["output"][0] if isinstance(row["output"], list) else row["output"]
    claims = claims_of(output, passages)
    marks = [passage for claim in claims for passage in claim.passages]
    told = tuple(
        Told(claim.text, tuple(Cited(passage) for passage in claim.passages if passage is not None)) for claim in claims
    )
    case = Case(number, row["question"], "long answer", True, tuple(short_answers(row)))
    response = Response(number, told, marks=len(marks), invalid_marks=marks.count(None))
    return Scored(case, response, {}, alce(claims, judge.entails))
