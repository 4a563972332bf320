"""The development suites asked through the whole main path, and what came of each sentence.

No sentence is withheld for the answer score, so that it can be measured what would be: each question is judged by the
answer network that never saw its article.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from qa.answering.answer import Answerer
from qa.answering.confidence import Confidence, Prospect
from qa.library import Library
from qa.models.embedder import load_embedder
from qa.models.generators.recorded import RecordedGenerator
from qa.models.store import ModelStore
from qa.models.support import SupportModel, TrainedSupport
from qa.settings import Settings
from qa.text.overlap import share
from qa.text.words import content_stems
from qa.training.cases import Case, Suite
from qa.training.files import read_jsonl
from qa.types import Answer, Hit, Sentence

_SAME_SENTENCE = 0.6  # of a gold sentence's words that a quotation must have to count as quoting it


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
        self._current = self._models[self._folds.get(case.group, -1)]

    def answering(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """See `SupportModel`."""
        return self._current.answering(pairs)


@dataclass(frozen=True, slots=True)
class Row:
    """What came of a case: of each sentence that passed the gate its features, its citations and how many are right."""

    case: Case
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
    rows = []
    for stored in read_jsonl(path):
        row = _frozen(stored)
        rows.append(Row(**{**row, "case": Case(**_frozen(row["case"]))}))
    return rows


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
    embedder = load_embedder(ModelStore(settings.cache), settings)
    with Library(out / f"library-{suite.name}", lambda: embedder) as library:
        list(library.add_many(suite.articles))
        for case in tqdm(suite.cases, desc=suite.name, mininterval=5):
            support.use(case)
            kept = _Kept(support)
            answer = Answerer(library, generator, support, settings, confidence=kept).ask(case.question)
            yield _row(case, answer, kept)


def _row(case: Case, answer: Answer, kept: _Kept) -> Row:
    return Row(
        case=case,
        features=tuple(kept.seen[sentence.text] for sentence in answer.sentences),
        cited=tuple(len(sentence.citations) for sentence in answer.sentences),
        cited_right=tuple(
            sum(_quotes_gold(case, citation.quote) for citation in sentence.citations) for sentence in answer.sentences
        ),
        seconds=answer.timings.total_ms / 1000,
        best_answers=kept.best,
        reason=answer.reason,
    )


def _quotes_gold(case: Case, quote: str) -> bool:
    """Whether ``quote`` has a gold answer, or most of the words of a gold sentence."""
    flat = " ".join(quote.split()).casefold()
    answers = (re.escape(" ".join(answer.split()).casefold()) for answer in case.answers)
    if any(re.search(rf"(?<!\w){answer}(?!\w)", flat) for answer in answers):
        return True
    stems = set(content_stems(quote))
    return any(share(set(content_stems(gold)), stems) >= _SAME_SENTENCE for gold in case.evidence)
