"""ALCE (Gao et al. 2023): ASQA, QAMPARI and ELI5 with the passages that its makers retrieved."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qa.evaluation.cases import Case
from qa.evaluation.suites.files import article, find, read_json
from qa.evaluation.suites.suite import Suite
from qa.types import Article

FILES = (
    "asqa_eval_gtr_top100.json",
    "asqa_eval_dpr_top100.json",
    "qampari_eval_gtr_top100.json",
    "eli5_eval_bm25_top100.json",
)
_PASSAGES = 5  # of each question, as the paper gives the model


def load(data: Path) -> Suite:
    """The suite of one file; the library is that of the first five passages of all questions.

    There are short answers and no gold evidence: citations can only be judged by a model.
    """
    articles: dict[str, Article] = {}
    cases = []
    for number, row in enumerate(read_json(find(data, FILES)), start=1):
        for passage in row["docs"][:_PASSAGES]:
            articles.setdefault(passage["text"], article(passage["text"], passage["title"]))
        cases.append(
            Case(
                id=str(row.get("sample_id") or row.get("id") or number),
                question=row["question"].strip(),
                kind="long answer",
                answers=tuple(short_answers(row)),
                cluster=str(number),
            )
        )
    return Suite("alce", tuple(articles.values()), tuple(cases))


def short_answers(row: Mapping[str, Any]) -> list[str]:
    """The accepted short answers of a question, in the forms of ASQA and of QAMPARI; ELI5 has none."""
    pairs = row.get("qa_pairs") or []
    lists = [pair["short_answers"] for pair in pairs] or row.get("answers") or []
    return [answer for answers in lists for answer in answers if answer]
