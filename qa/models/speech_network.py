"""The network of the speech tagger: a small transformer with four scores for every token.

Its word embeddings, configuration and tokenizer are those of the support model: neither training touched them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors import safe_open
from safetensors.torch import load_file
from tokenizers import Encoding, Tokenizer
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from qa.errors import ModelError
from qa.models.support import FOLDER as SUPPORT
from qa.text.reported_speech import Mark
from qa.types import Span

MAX_TOKENS = 192
STRIDE = 64  # tokens that neighbouring windows share
LABELS = ("source", "cue", "content", "start")
EMBEDDINGS = "encoder.embeddings.word_embeddings.weight"

_BATCH = 8


class Window(NamedTuple):
    """The tokens ``[start, end)`` of a text that the network reads at once."""

    start: int
    end: int


class SpeechNetwork(nn.Module):
    """A BERT encoder with a linear head: logits of `LABELS` for each token, ``(n, length, 4)``."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.encoder = BertModel(config, add_pooling_layer=False)
        self.head = nn.Linear(config.hidden_size, len(LABELS))

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """The logits for padded token ``ids`` with their attention ``mask``, ``(n, length)`` both."""
        states = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        scores: Tensor = self.head(states)
        return scores

    def own_state(self) -> dict[str, Tensor]:
        """The weights by name, without the word embeddings, which are shared."""
        return {name: tensor for name, tensor in self.state_dict().items() if name != EMBEDDINGS}


def new_network() -> SpeechNetwork:
    """An untrained network on the shared word embeddings."""
    network = SpeechNetwork(BertConfig.from_json_file(str(SUPPORT / "config.json")))
    with safe_open(SUPPORT / "model.safetensors", framework="pt") as file:
        network.load_state_dict({EMBEDDINGS: file.get_tensor(f"support.{EMBEDDINGS}").float()}, strict=False)
    return network


def load_tokenizer() -> Tokenizer:
    """The shared tokenizer, which neither cuts nor pads."""
    tokenizer = Tokenizer.from_file(str(SUPPORT / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def windows(tokens: int) -> Iterator[Window]:
    """The windows over ``tokens`` tokens, each sharing `STRIDE` with the next; room is left for the outer marks."""
    size = MAX_TOKENS - 2
    start = 0
    while True:
        end = min(tokens, start + size)
        yield Window(start, end)
        if end == tokens:
            return
        start = end - STRIDE


class SpeechNetworkTagger:
    """Marks texts with the network in ``folder``.

    Raises:
        ModelError: the weights cannot be loaded, or not run on ``device``.
    """

    def __init__(self, folder: Path, device: str = "cpu", threads: int = 0) -> None:
        if threads:
            torch.set_num_threads(threads)
        try:
            self._network = new_network()
            own = {name: tensor.float() for name, tensor in load_file(folder / "model.safetensors").items()}
            missing = self._network.load_state_dict(own, strict=False)
            if missing.unexpected_keys or set(missing.missing_keys) - {EMBEDDINGS}:
                raise ValueError("weights of another make")
            self._device = torch.device(device)
            self._network.to(self._device).eval()
        except (OSError, RuntimeError, ValueError, KeyError, AssertionError) as error:
            reason = str(error).splitlines()[0]
            raise ModelError(f"the speech model in {folder} cannot be loaded ({reason}): install it again") from error
        self._tokenizer = load_tokenizer()
        self._outer = [self._tokenizer.token_to_id(token) for token in ("[CLS]", "[SEP]")]

    @torch.inference_mode()
    def mark(self, text: str) -> list[Mark]:
        """The tokens of ``text`` with their probabilities.

        Where windows overlap, the one in whose middle a token lies counts most.
        """
        encoded: Encoding = self._tokenizer.encode(text, add_special_tokens=False)
        if not encoded.ids:
            return []
        total = torch.zeros(len(encoded.ids), len(LABELS))
        weight = torch.zeros(len(encoded.ids), 1)
        places = list(windows(len(encoded.ids)))
        for begin in range(0, len(places), _BATCH):
            batch = places[begin : begin + _BATCH]
            for place, found in zip(batch, self._probabilities(encoded.ids, batch), strict=True):
                size = place.end - place.start
                inner = torch.minimum(torch.arange(1, size + 1), torch.arange(size, 0, -1)).unsqueeze(1)
                total[place.start : place.end] += found[:size] * inner
                weight[place.start : place.end] += inner
        rows = (total / weight).tolist()
        return [Mark(Span(*offsets), *row) for offsets, row in zip(encoded.offsets, rows, strict=True)]

    def _probabilities(self, ids: list[int], batch: list[Window]) -> list[Tensor]:
        longest = max(place.end - place.start for place in batch) + 2
        rows = torch.zeros(len(batch), longest, dtype=torch.long)
        mask = torch.zeros_like(rows)
        for row, (start, end) in enumerate(batch):
            content = [self._outer[0], *ids[start:end], self._outer[1]]
            rows[row, : len(content)] = torch.tensor(content)
            mask[row, : len(content)] = 1
        found = self._network(rows.to(self._device), mask.to(self._device)).sigmoid().cpu()
        return list(found[:, 1:])
