"""An entailment model from a folder or the local hub cache, as a judge that is not the gate's own."""

from __future__ import annotations

from typing import Any

from qa.errors import ModelError
from qa.models.presets import Task
from qa.models.quiet import quiet_transformers
from qa.models.store import ModelStore
from qa.types import ModelInfo

_ENTAILMENT = ("entailment", "entail", "supported", "support")


class EntailmentModel:
    """A classifier of sentence pairs that transformers loads, read by its label for entailment.

    Raises:
        NotFoundError: the model is not on this machine.
        ModelError: it cannot be loaded, or has no label for entailment.
    """

    self_judged = False

    def __init__(self, name: str, store: ModelStore) -> None:
        import torch
        from transformers import AutoModelForSequenceClassification, AutoTokenizer

        found = store.resolve(name, Task.JUDGE)
        self._torch: Any = torch
        try:
            with quiet_transformers():
                self._tokenizer: Any = AutoTokenizer.from_pretrained(found.path, local_files_only=True)
                self._model: Any = AutoModelForSequenceClassification.from_pretrained(
                    found.path, local_files_only=True, use_safetensors=True
                ).eval()
        except (OSError, ValueError) as error:
            raise ModelError(
                f"{name} cannot be loaded as a judge: {error}; name a classifier of sentence pairs"
            ) from error
        labels = {str(label).casefold(): place for place, label in self._model.config.id2label.items()}
        place = next((labels[label] for label in _ENTAILMENT if label in labels), None)
        if place is None:
            raise ModelError(f"{name} has no label for entailment (labels: {', '.join(labels)}); name another judge")
        self._entailment = int(place)
        self.info = ModelInfo("transformers", name, found.sha256)

    def entails(self, premise: str, hypothesis: str) -> bool:
        """Whether entailment is the likeliest label for ``premise`` and ``hypothesis``."""
        encoded = self._tokenizer(premise, hypothesis, truncation="only_first", return_tensors="pt")
        with self._torch.inference_mode():
            logits = self._model(**encoded).logits[0]
        return int(logits.argmax()) == self._entailment
