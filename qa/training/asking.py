"""The development suites asked through the whole main path, and what came of each sentence.

No sentence is withheld for the answer score, so that it can be measured what would be: each question is judged by the
answer network that never saw its article.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from qa.answering.answer import Answerer
from qa.answering.confidence import Confidence, Prospect
from qa.evaluation.asking import library_of
from qa.evaluation.cases import Case
from qa.evaluation.metrics.citations import is_right
from qa.evaluation.responses import response_of
from qa.evaluation.suites.files import read_lines
from qa.evaluation.suites.suite import Suite
from qa.models.generators.recorded import RecordedGenerator
from qa.models.loaded import LoadedModels
from qa.models.support import SupportModel, TrainedSupport
from qa.settings import Settings
from qa.types import Answer, Hit, Sentence


class FoldedSupport:
    """A support model that answers for each article with the network that was not trained on it.

    ``models`` are those of the folds, then the one trained on everything, which judges what no fold knows.
    """

    def __init__(self, models: Sequence[TrainedSupport], folds: Mapping[str, int]) -> None:
        self._models = models
        self._folds = folds
        self._current: SupportModel = models[0]
        self.info, self.calibration = models[0].info, models[0].calibration
        self.read = models[0].read

    def use(self, case: Case) -> None:
        """Judge with the network that never saw the article of ``case``."""
        self._current = self._models[self._folds.get(case.cluster, -1)]

    def answering(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """See `SupportModel`."""
        return self._current.answering(pairs)


@dataclass(frozen=True, slots=True)
class Row:
    """What came of a case: of each sentence that passed the gate its features, citations and right citations."""

    suite: str
    case: str
    cluster: str
    answerable: bool
    features: tuple[Mapping[str, float], ...]
    cited: tuple[int, ...]
    cited_right: tuple[int, ...]
    seconds: float
    best_answers: float
    reason: str | None

    @property
    def right(self) -> tuple[bool, ...]:
        """Of each sentence whether one of its citations is right."""
        return tuple(count > 0 for count in self.cited_right)


def write_rows(path: Path, rows: Sequence[Row]) -> None:
    """Write ``rows`` as JSON Lines."""
    partial = path.with_suffix(".tmp")
    partial.write_text("".join(json.dumps(asdict(row), ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    partial.replace(path)


def read_rows(path: Path) -> list[Row]:
    """The rows that `write_rows` wrote."""
    return [Row(**_frozen(row)) for row in read_lines(path)]


def _frozen(record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in record.items()}


class _Kept(Confidence):
    """A `Confidence` that remembers the features it was asked about."""

    def __init__(self, model: SupportModel) -> None:
        super().__init__(model, "lenient")
        self.seen: dict[str, Mapping[str, float]] = {}
        self.best = -9.0

    def prospect(self, question: str, hits: Sequence[Hit]) -> Prospect:
        found = super().prospect(question, hits)
        self.best = found.best
        return found

    def features(
        self, sentence: Sentence, prospect: Prospect, hits: Sequence[Hit], refusal: float | None
    ) -> Mapping[str, float]:
        found = super().features(sentence, prospect, hits, refusal)
        self.seen[sentence.text] = found
        return found


def asked(
    suite: Suite, support: FoldedSupport, generator: RecordedGenerator, settings: Settings, out: Path
) -> Iterator[Row]:
    """What comes of each case of ``suite``, asked over its own library."""
    models = LoadedModels(settings)
    with library_of(suite, models, out / f"library-{suite.name}") as library:
        for case in tqdm(suite.cases, desc=suite.name, mininterval=5):
            support.use(case)
            kept = _Kept(support)
            answer = Answerer(library, generator, support, settings, confidence=kept).ask(case.question)
            yield _row(suite.name, case, answer, kept)


def _row(suite: str, case: Case, answer: Answer, kept: _Kept) -> Row:
    told = response_of(case.id, answer, ()).sentences
    return Row(
        suite=suite,
        case=case.id,
        cluster=case.cluster,
        answerable=case.answerable,
        features=tuple(kept.seen[sentence.text] for sentence in answer.sentences),
        cited=tuple(len(sentence.citations) for sentence in told),
        cited_right=tuple(sum(is_right(cited, case.evidence) for cited in one.citations) for one in told),
        seconds=answer.timings.total_ms / 1000,
        best_answers=kept.best,
        reason=answer.reason,
    )
