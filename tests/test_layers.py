"""Imports go one way: the order below is the architecture, and heavy libraries stay in the modules that wrap them."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "qa"

# Lowest first. A module may import from its own layer and from those below it.
LAYERS = (
    {"types", "errors", "settings", "offline", "wording"},
    {"text", "ingest", "models", "jsonable"},
    {"library"},
    {"answering"},
    {"summarizing"},
    {"evaluation"},
    {"service", "training"},
    {"terminal", "web", "bench", "commands"},
    {"cli", "app", "client"},
)

# Each heavy library and the only modules that may import it.
WRAPPERS = {
    "httpcore2": {"ingest/fetch.py"},
    "feedparser": {"ingest/feed.py"},
    "protego": {"ingest/robots.py"},
    "torch": {
        "models/embedder.py",
        "models/pair_network.py",
        "models/speech_network.py",
        "models/entailment.py",
        "models/generators/transformers.py",
        "models/generators/load.py",
        "training/support.py",
        "training/speech.py",
        "training/answering.py",
        "training/fusion.py",
        "training/files.py",
        "training/steps.py",
    },
    "transformers": {
        "models/quiet.py",
        "models/pair_network.py",
        "models/speech_network.py",
        "models/entailment.py",
        "models/generators/transformers.py",
        "training/support.py",
        "training/speech.py",
        "training/answering.py",
        "training/fusion.py",
    },
    "matplotlib": {"evaluation/plots.py"},
    "jinja2": {"evaluation/page.py", "models/generators/transformers.py"},
    "sklearn": {
        "evaluation/pooling.py",
        "training/support.py",
        "training/speech.py",
        "training/answering.py",
        "training/fusion.py",
        "training/abstention.py",
    },
    "sentence_transformers": {"models/embedder.py", "bench.py"},
    "xgrammar": {"models/generators/transformers.py"},
    "xllamacpp": {"models/generators/llamacpp.py"},
    "faiss": {"library/vectors.py"},
    "gradio": {
        "web/pages.py",
        "web/server.py",
        "web/tabs/ask.py",
        "web/tabs/summarize.py",
        "web/tabs/library.py",
        "web/tabs/evaluate.py",
    },
    "mcp": {"web/mcp.py"},
    "trafilatura": {"ingest/html.py"},
    "pypdf": {"ingest/pdf.py"},
}

MODULES = [*sorted(PACKAGE.rglob("*.py")), ROOT / "app.py"]


def layer_of(part: str) -> int:
    return next(place for place, names in enumerate(LAYERS) if part in names)


def imported(module: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module.name}: imports are absolute"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(ROOT)))
def test_imports_point_downwards(module: Path) -> None:
    if module == PACKAGE / "__init__.py":
        return
    inside = module.relative_to(PACKAGE) if PACKAGE in module.parents else Path(module.name)
    own = inside.parts[0].removesuffix(".py")
    for name in imported(module):
        parts = name.split(".")
        if parts[0] == "qa" and len(parts) > 1 and parts[1] != "__version__":
            assert layer_of(parts[1]) <= layer_of(own), f"{own} must not import {name}"


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(ROOT)))
def test_heavy_libraries_stay_in_their_wrappers(module: Path) -> None:
    inside = str(module.relative_to(PACKAGE)) if PACKAGE in module.parents else module.name
    for name in imported(module):
        wrappers = WRAPPERS.get(name.split(".")[0])
        assert wrappers is None or inside in wrappers, f"{inside} imports {name}"


@pytest.mark.parametrize("statement", ["import qa", "import qa.cli", "import qa.service", "import qa.evaluation.run"])
def test_importing_loads_nothing_heavy(statement: str) -> None:
    heavy = sorted({*WRAPPERS, "pandas"})
    script = f"{statement}; import sys; print([name for name in {heavy} if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True)
    assert loaded.stdout.strip() == "[]"
