"""Reading and writing the data files of training."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from safetensors.torch import save_file
from torch import Tensor

from qa.errors import NotFoundError

_READABLE = 0o644


def save(tensors: Mapping[str, Tensor], path: Path) -> None:
    """Write ``tensors`` in half precision as safetensors; ``path`` is never there in part."""
    partial = path.with_suffix(".tmp")
    save_file({name: tensor.detach().cpu().half().contiguous() for name, tensor in tensors.items()}, partial)
    partial.chmod(_READABLE)  # safetensors writes for the owner alone
    partial.replace(path)


def read_jsonl(path: Path) -> Iterator[dict[str, Any]]:
    """The records of a JSON Lines file, gzipped or not.

    Raises:
        NotFoundError: there is no such file.
    """
    if not path.exists():
        raise NotFoundError(f"{path}: no such file; name the folder that holds the data with --data")
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
