"""What a script fitted and the program reads: weights of a logistic model over named features, and thresholds."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qa.errors import ModelError


@dataclass(frozen=True, slots=True)
class Logistic:
    """A fitted probability: the logistic function of ``bias`` and the weighted features."""

    weights: Mapping[str, float]
    bias: float

    def __call__(self, features: Mapping[str, float]) -> float:
        """The probability in [0, 1]; a feature that the model does not know is not looked at."""
        return 1 / (1 + math.exp(-max(-40.0, min(40.0, self.logit(features)))))

    def logit(self, features: Mapping[str, float]) -> float:
        """The log-odds."""
        return self.bias + sum(weight * features[name] for name, weight in self.weights.items())


@dataclass(frozen=True, slots=True)
class Calibration:
    """Everything that was fitted on development data.

    ``support`` turns features of a (claim, evidence) pair into the probability that the evidence bears out the claim.
    From ``support_threshold`` on it counts as borne out, and a sentence that only leaves words of its evidence out may
    be shown; from ``gate_threshold`` on any other sentence may. A word of a claim whose own probability is below
    ``doubtful_below`` is marked. Whatever the probability, the evidence must have the share ``least_coverage`` of the
    claim's words, and its article more than the share ``least_subject`` of those that the claim has from the question.

    ``answer`` turns features of a sentence into the probability that it answers the question rightly;
    ``answer_thresholds`` has the least one for each way of answering. Where the answer network gives no passage
    log-odds of ``hopeless_below``, nothing is drafted; from ``tells_from`` on, a passage may have a version of its own.
    """

    support: Logistic
    support_threshold: float
    gate_threshold: float
    doubtful_below: float
    least_coverage: float
    least_subject: float
    answer: Logistic
    answer_thresholds: Mapping[str, float]
    hopeless_below: float
    tells_from: float
    provenance: Mapping[str, Any]


def read_calibration(path: Path) -> Calibration:
    """The calibration in the JSON file at ``path``.

    Raises:
        ModelError: the file is missing or damaged.
    """
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        support, answer = stored["support"], stored["answer"]
        return Calibration(
            support=Logistic(support["weights"], support["bias"]),
            support_threshold=support["threshold"],
            gate_threshold=support["gate_threshold"],
            doubtful_below=support["doubtful_below"],
            least_coverage=support["least_coverage"],
            least_subject=support["least_subject"],
            answer=Logistic(answer["weights"], answer["bias"]),
            answer_thresholds=answer["thresholds"],
            hopeless_below=answer["hopeless_below"],
            tells_from=answer["tells_from"],
            provenance=stored["provenance"],
        )
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ModelError(f"{path} cannot be read as a calibration ({error!r}): install citewire again") from None
