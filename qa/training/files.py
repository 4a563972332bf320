"""Writing the weights that training makes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from safetensors.torch import save_file
from torch import Tensor

_READABLE = 0o644


def save(tensors: Mapping[str, Tensor], path: Path) -> None:
    """Write ``tensors`` in half precision as safetensors; ``path`` is never there in part."""
    partial = path.with_suffix(".tmp")
    save_file({name: tensor.detach().cpu().half().contiguous() for name, tensor in tensors.items()}, partial)
    partial.chmod(_READABLE)  # safetensors writes for the owner alone
    partial.replace(path)
