"""Who judges entailment for ALCE: the gate's own model, which is said beside the number, or another one by name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Protocol

from qa.evaluation.cases import Case
from qa.evaluation.metrics.alce import AlceScores, Claim, alce
from qa.evaluation.responses import Cited, Response, Told
from qa.models.support import SupportModel
from qa.types import Article, ModelInfo


class Judge(Protocol):
    """Says whether a premise entails a hypothesis; the same judgement for the same texts."""

    @property
    def info(self) -> ModelInfo:
        """What identifies the model."""
        ...

    @property
    def self_judged(self) -> bool:
        """Whether this is the model by which the gate lets sentences pass: it then grades itself."""
        ...

    def entails(self, premise: str, hypothesis: str) -> bool:
        """Whether whoever believes ``premise`` must believe ``hypothesis``."""
        ...


class GateJudge:
    """The gate's own model as a judge, for want of another."""

    self_judged = True

    def __init__(self, model: SupportModel) -> None:
        self._model = model
        self.info = model.info

    def entails(self, premise: str, hypothesis: str) -> bool:
        """See `Judge`."""
        (reading,) = self._model.read([(hypothesis, premise)])
        return reading.support >= self._model.calibration.support_threshold


def judge_json(judge: Judge) -> dict[str, Any]:
    """What a report says of the judge."""
    info = judge.info
    return {"engine": info.engine, "model": info.model, "sha256": info.sha256, "self_judged": judge.self_judged}


def judged(case: Case, response: Response, articles: Sequence[Article], judge: Judge) -> AlceScores | None:
    """ALCE's scores of a response that answers ``case``; ``None`` for one that does not.

    A passage is given as ALCE gives it, with its title; here it is the words that were cited.
    """
    if not response.answered or not case.answerable:
        return None
    titles = {article.id: article.title for article in articles}
    claims = [
        Claim(_claimed(told, articles), tuple(_passage(cited, titles) for cited in told.citations))
        for told in response.sentences
    ]
    return alce(claims, judge.entails, response.invalid_marks or 0)


def _claimed(told: Told, articles: Sequence[Article]) -> str:
    """What a sentence says, without “The article says that”: that is about the premise itself, and so always true."""
    tellers = "|".join(re.escape(name) for name in ("The article", *(one.outlet for one in articles if one.outlet)))
    teller = re.compile(rf"\A(?:{tellers}) (?:says|reports)(?:, without naming a source,)?(?:: | that )")
    found = teller.match(told.text) if told.voice is not None else None
    if found is None:
        return told.text
    rest = told.text[found.end() :]
    return rest[:1].upper() + rest[1:]


def _passage(cited: Cited, titles: dict[str, str]) -> str:
    title = titles.get(cited.article or "")
    quote = " ".join(cited.quote.split())
    return f"Title: {title}\n{quote}" if title else quote
