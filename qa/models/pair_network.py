"""The network of the support model: a small transformer that reads a claim, or a question, beside a text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from qa.errors import ModelError
from qa.models.support import Found, TokenScore
from qa.types import Span

MAX_TOKENS = 224
SHARED_LAYERS = 3
"""Lower layers that both tasks use; only those above were trained apart for questions."""

_BATCH = 16
_WEIGHTS = "model.safetensors"


class PairBatch(NamedTuple):
    """Encoded pairs: token ids, segment (1: second text), attention mask, and mask of the first text's own tokens."""

    ids: Tensor
    segments: Tensor
    mask: Tensor
    first: Tensor


class PairNetwork(nn.Module):
    """A BERT encoder over ``[CLS] first [SEP] second [SEP]`` with a score for the pair and one for each token.

    The pair is judged by the state of ``[CLS]`` beside the mean over the first text's tokens.
    """

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.encoder = BertModel(config, add_pooling_layer=False)
        self.pair = nn.Linear(2 * config.hidden_size, 1)
        self.token = nn.Linear(config.hidden_size, 1)

    def forward(self, batch: PairBatch) -> tuple[Tensor, Tensor]:
        """Logits that the second text bears out the first, ``(n,)``, and that a token is borne out, ``(n, length)``."""
        states = self.encoder(
            input_ids=batch.ids, token_type_ids=batch.segments, attention_mask=batch.mask
        ).last_hidden_state
        return self.heads(states, batch.first)

    def heads(self, states: Tensor, first: Tensor) -> tuple[Tensor, Tensor]:
        """The logits for the encoder's last ``states``, ``(n, length, width)``."""
        weights = first.unsqueeze(-1).to(states.dtype)
        mean = (states * weights).sum(1) / weights.sum(1).clamp(min=1)
        pair = self.pair(torch.cat([states[:, 0], mean], dim=-1)).squeeze(-1)
        return pair, self.token(states).squeeze(-1)

    def share_lower_layers(self, other: PairNetwork) -> None:
        """Use the word embeddings and the lower layers of ``other`` as this network's own."""
        self.encoder.embeddings = other.encoder.embeddings
        for place in range(SHARED_LAYERS):
            self.encoder.encoder.layer[place] = other.encoder.encoder.layer[place]

    def own_state(self) -> dict[str, Tensor]:
        """The weights above the shared layers, by name."""
        shared = ("encoder.embeddings.", *(f"encoder.encoder.layer.{place}." for place in range(SHARED_LAYERS)))
        return {name: tensor for name, tensor in self.state_dict().items() if not name.startswith(shared)}


class PairScorer:
    """Both networks in one: ``support.*`` judges claims, ``answer.*`` questions.

    Raises:
        ModelError: the weights in ``folder`` cannot be loaded.
    """

    def __init__(self, folder: Path, device: str = "cpu", threads: int = 0) -> None:
        if threads:
            torch.set_num_threads(threads)
        try:
            config = BertConfig.from_json_file(str(folder / "config.json"))
            tensors = load_file(folder / _WEIGHTS)
            self._support, self._answer = PairNetwork(config), PairNetwork(config)
            self._support.load_state_dict(_part(tensors, "support."))
            self._answer.share_lower_layers(self._support)
            missing = self._answer.load_state_dict(_part(tensors, "answer."), strict=False)
        except (OSError, RuntimeError, ValueError, KeyError) as error:
            reason = str(error).splitlines()[0]
            raise ModelError(f"the support model in {folder} cannot be loaded ({reason}): install it again") from error
        if missing.unexpected_keys or set(missing.missing_keys) & set(self._answer.own_state()):
            raise ModelError(f"the support model in {folder} is of another make: install citewire again")
        self._tokenizer = load_tokenizer(folder / "tokenizer.json")
        self._device = torch.device(device)
        try:
            for network in (self._support, self._answer):
                network.to(self._device).eval()
        except (RuntimeError, AssertionError) as error:  # torch built without CUDA raises an AssertionError
            raise ModelError(f"the support model cannot run on {device} ({error}): set device to cpu") from None

    def support(self, pairs: Sequence[tuple[str, str]]) -> list[Found]:
        """The raw scores of each (claim, evidence)."""
        return run(self._support, self._tokenizer, pairs, self._device)

    def answering(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """The log-odds of each (question, passage) that the passage answers the question."""
        return [found.logit for found in run(self._answer, self._tokenizer, pairs, self._device)]


@torch.inference_mode()
def run(
    network: PairNetwork, tokenizer: Tokenizer, pairs: Sequence[tuple[str, str]], device: torch.device
) -> list[Found]:
    """What ``network`` makes of each (first, second), in the order given; it is run in batches of like length."""
    encoded = tokenizer.encode_batch(list(pairs))
    found: dict[int, Found] = {}
    order = sorted(range(len(pairs)), key=lambda row: len(encoded[row].ids))
    for begin in range(0, len(order), _BATCH):
        rows = order[begin : begin + _BATCH]
        batch = batch_of([encoded[row] for row in rows])
        logits, token_logits = network(PairBatch(*(tensor.to(device) for tensor in batch)))
        probabilities = token_logits.sigmoid().cpu()
        for place, row in enumerate(rows):
            one = encoded[row]
            tokens = tuple(
                TokenScore(Span(*offsets), float(probabilities[place, column]))
                for column, (sequence, offsets) in enumerate(zip(one.sequence_ids, one.offsets, strict=True))
                if sequence == 0
            )
            found[row] = Found(float(logits[place]), tokens)
    return [found[row] for row in range(len(pairs))]


def load_tokenizer(path: Path) -> Tokenizer:
    """The tokenizer in ``path``, set to cut the longer text of a pair that exceeds `MAX_TOKENS`."""
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS, strategy="longest_first")
    return tokenizer


def batch_of(encoded: Sequence[Any]) -> PairBatch:
    """The encoded pairs as padded tensors."""
    length = max(len(one.ids) for one in encoded)
    ids = torch.zeros(len(encoded), length, dtype=torch.long)
    segments, mask, first = torch.zeros_like(ids), torch.zeros_like(ids), torch.zeros_like(ids)
    for row, one in enumerate(encoded):
        size = len(one.ids)
        ids[row, :size] = torch.tensor(one.ids)
        segments[row, :size] = torch.tensor(one.type_ids)
        mask[row, :size] = 1
        first[row, :size] = torch.tensor([int(sequence == 0) for sequence in one.sequence_ids])
    return PairBatch(ids, segments, mask, first)


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor.float() for name, tensor in tensors.items() if name.startswith(prefix)}
