"""What both trainings do alike: batches of pairs of like length, and the optimizer with its schedule."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import nn

_LEAST_RATE = 0.02  # of the full rate, at the end


def batches(encoded: Sequence[Any], places: Sequence[int], tokens: int, seed: str) -> list[list[int]]:
    """The rows ``places`` in batches of about ``tokens`` tokens, of like length, in an order that ``seed`` decides."""
    rng = random.Random(seed)  # noqa: S311
    rows = sorted(places, key=lambda row: (len(encoded[row].ids) + rng.random() * 8, row))
    found: list[list[int]] = [[]]
    for row in rows:
        if found[-1] and (len(found[-1]) + 1) * len(encoded[row].ids) > tokens:
            found.append([])
        found[-1].append(row)
    rng.shuffle(found)
    return found


def optimizer_of(
    body: Iterable[nn.Parameter], heads: Iterable[nn.Parameter], steps: int, config: Any
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    """AdamW over ``body`` and ``heads``, each with its rate in ``config``, and their warm-up and linear decline."""
    optimizer = torch.optim.AdamW(
        [{"params": list(body), "lr": config.rate}, {"params": list(heads), "lr": config.head_rate}],
        weight_decay=config.decay,
        fused=True,
    )
    warm = max(1, int(config.warm_up * steps))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / warm, max(_LEAST_RATE, (steps - step) / max(1, steps - warm)))
    )
    return optimizer, schedule
