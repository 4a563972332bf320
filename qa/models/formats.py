"""What may be loaded as model weights: safetensors and GGUF, never pickles, and nothing that brings code along."""

from __future__ import annotations

import json
from pathlib import Path

from qa.errors import ModelError

GGUF_MAGIC = b"GGUF"
PICKLES = {".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt"}


def check_gguf(path: Path) -> None:
    """Refuse a file that does not start as GGUF does.

    Raises:
        ModelError: it does not.
    """
    with path.open("rb") as file:
        magic = file.read(len(GGUF_MAGIC))
    if magic != GGUF_MAGIC:
        raise ModelError(f"{path} is not a GGUF file (it starts with {magic!r}); name another file, or fetch it again")


def folder_weights(folder: Path) -> list[str]:
    """The names, relative to ``folder``, of the safetensors that a Hugging Face folder loads, sorted.

    A folder without any but with exactly one GGUF file yields that file.

    Raises:
        ModelError: pickled weights would be loaded, or there are no weights at all.
    """
    loaded = [folder, *_module_folders(folder)]
    names = []
    for part in loaded:
        safe = sorted(part.glob("*.safetensors"))
        pickles = [path for path in part.iterdir() if path.suffix in PICKLES] if part.is_dir() else []
        if pickles and not safe and not list(part.glob("*.gguf")):
            raise ModelError(
                f"{folder} holds pickled weights ({pickles[0].relative_to(folder)}), which can run code when loaded; "
                "take a model with safetensors or GGUF weights, or convert it"
            )
        names += [path.relative_to(folder).as_posix() for path in safe]
    gguf = sorted(path.name for path in folder.glob("*.gguf"))
    if names:
        return names
    if len(gguf) == 1:
        return gguf
    found = f"several GGUF files ({', '.join(gguf)}); name one of them" if gguf else "no *.safetensors or *.gguf file"
    raise ModelError(f"{folder} holds {found}")


def _module_folders(folder: Path) -> list[Path]:
    """The sub-folders whose weights sentence-transformers loads besides those of ``folder``."""
    modules = folder / "modules.json"
    if not modules.exists():
        return []
    try:
        paths = [folder / module["path"] for module in json.loads(modules.read_text(encoding="utf-8"))]
    except (ValueError, TypeError, KeyError):
        raise ModelError(f"{modules} is damaged; fetch the model again") from None
    inside = folder.resolve()
    if not all(path.resolve().is_relative_to(inside) for path in paths):
        raise ModelError(f"{modules} points outside its folder; take another model")
    return [path for path in paths if path.resolve() != inside and path.is_dir()]
