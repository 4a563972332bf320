"""The model card, written from what the scripts measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qa.training.fusion import GATE_RECALL

_DATA = """\
| set | licence |
|---|---|
| LingNLI | none stated |
| FEVER, Climate-FEVER (Wikipedia text) | CC BY-SA |
| e-SNLI | MIT-style |
| COVID-Fact, HealthVer | none stated |
| SummEdits (parts without news), FoolMeTwice, CLAP NQ, Giveme5W1H | Apache-2.0 |
| Q² | MIT |
| SQuAD 2.0 | CC BY-SA 4.0 |
| WiCE, a sample of LingNLI (measuring; WiCE also for fitting the fused score) | ODC-BY, none stated |
| PolNeAR, Giveme5W1H news (texts corrupted on purpose) | publishers' texts; none is in the weights' package |
| RGB (questions for fitting and measuring abstention) | CC BY-NC-SA 4.0 |
"""

_NOTES = """\
What helped, by the figures above and by runs on the same pairs: corrupting news sentences on purpose; taking claims of
several sentences apart, and reading off which words of an edited claim are wrong (within the domains of SummEdits the
network alone reaches 0.76, words alone 0.43); cutting long evidence to some 110 words that share most with the claim
(on WiCE 0.69; 60 words 0.65, the best single sentence 0.64); keeping the signs of the fused weights (without that, WiCE
falls from 0.72 to 0.63 and news from 0.99 to 0.97).
What did not help and was left out: cosines of sentence vectors, alignment by the cosines of word vectors, the least
probable token beside the lowest quarter, the mean over tokens, several windows with their highest score; fitting on the
sets whose claims were written to be judged.
What was left out on purpose: pairs in which an attribution is dropped (“X said p” → “p”). Most public sets count such
claims as supported; whether a report is told as a fact is judged apart.
Of each suite 200 questions were asked, half of them answerable, but for `absent`, where none is. An answer counts as
right where it cites words that touch a gold span.
Not tried: a larger encoder, more than two rounds, distillation, training the word embeddings. The first 400 steps were
warmed up for a schedule half as long again, so a run from scratch gives slightly other weights.

The score says whether words bear out a claim. It does not know the world, reads English only, and was fitted on news,
encyclopedia and short general sentences. An answer score fitted with one generator means less with another.
"""


def model_card(
    training: Mapping[str, Any],
    answer_config: Mapping[str, Any],
    answer_measured: Mapping[str, Any],
    fused: Mapping[str, Any],
    abstention: Mapping[str, Any],
    hashes: Mapping[str, str],
) -> str:
    """The card in Markdown: what the model is, what it learned from, its settings, its scores and learning curve."""
    scores = [(name, *(row.get(key, "") for key in _SCORED)) for name, row in fused["scores"].items()]
    curve = [(row["step"], row["loss"], row.get("news"), row.get("wice"), row["mean"]) for row in training["curve"]]
    modes = [
        (mode, suite, *(row[key] for key in _MEASURED))
        for mode, suites in abstention["measured"].items()
        for suite, row in suites.items()
    ]
    modes += [(mode, "seeds", *(row[key] for key in _MEASURED)) for mode, row in abstention.get("held_out", {}).items()]
    return "\n".join(
        (
            "# The support model\n",
            "Two small networks on the encoder all-MiniLM-L6-v2 (Apache-2.0), their lower three layers shared: one",
            "says how far a text bears out a claim, and which words it does not; one whether a passage answers a",
            "question. Half precision, Apache-2.0. Written by `qa.training.assemble`; every figure is measured.\n",
            "## Support\n",
            "Area under the ROC curve on pairs that share no claim and no sentence of evidence with those learned",
            "from: of words alone, of the cross-encoder alone, and of both fused. The fused score, its balanced",
            "accuracy and its Brier score are measured on each set with weights and a threshold of the other sets.\n",
            _table(("set", *_SCORED), scores),
            f"The shipped threshold is {fused['threshold']}, enough for a sentence that leaves words out. The gate",
            f"asks {fused['gate_threshold']} of others: {GATE_RECALL:.0%} of right news sentences have it, and "
            f"{fused['gate_leak']:.1%} of corrupted ones before the checks of words.\n",
            "Learning curve (a part of the held-back pairs, cross-encoder alone):\n",
            _table(("step", "loss", "news", "wice", "mean of sets"), curve),
            "## Answers\n",
            "Area under the ROC curve of the answer network on articles that it was not trained on: "
            + ", ".join(f"{name} {row['auroc']} ({row['pairs']} pairs)" for name, row in answer_measured.items())
            + ".\n",
            "The main path with the default generator, by cross-validation over articles; `seeds`, where it is listed,",
            "are the gold questions about the seed articles, which nothing was fitted on:\n",
            _table(("mode", "suite", *_MEASURED), modes),
            "## Data\n",
            _DATA,
            _table(("file", "SHA-256"), [(name, f"`{sha256}`") for name, sha256 in hashes.items()]),
            "## Settings\n",
            _table(("support", ""), list(training["config"].items())),
            _table(("answers", ""), list(answer_config.items())),
            "## Notes\n",
            _NOTES,
        )
    )


_SCORED = ("pairs", "words", "cross_encoder", "fused", "balanced_accuracy", "brier")
_MEASURED = ("cases", "sensitivity", "specificity", "balanced_accuracy", "answered", "gold_hit", "citation_precision")


def _table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join('' if cell is None else str(cell) for cell in row)} |" for row in lines) + "\n"
