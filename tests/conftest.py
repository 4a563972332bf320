"""What every test needs: no network, no settings from outside, the fakes wired together, and the seed articles."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qa.offline import go_offline

go_offline()

ROOT = Path(__file__).parent.parent
SEEDS = ROOT / "seeds" / "articles"


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No ``QA_…`` variable but the cache of real models, and no ``qa.toml`` but a test's own."""
    for name in list(os.environ):
        if name.startswith("QA_") and name != "QA_CACHE":
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def seeds() -> Path:
    """The folder of seed articles."""
    return SEEDS


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A browser for all tests of a module: no longer, since while it is open no test could run a loop of its own."""
    from tests.browsing import chromium

    with chromium() as browser:
        yield browser
