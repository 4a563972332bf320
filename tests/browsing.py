"""What the browser tests share: Chromium, and the app served by a process of its own over the fake models."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from qa.service import Service
from qa.settings import load_settings
from tests.conftest import ROOT, SEEDS

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

MARKS = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning"),
]

_ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]


@contextmanager
def chromium() -> Iterator[object]:
    """A browser, without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def app_over(library: Path, **settings: str) -> Iterator[str]:
    """The address of the app over ``library``, with fake models; ``settings`` are variables without their prefix."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    own = {"engine": "fake", "embedder": "fake", "library": str(library), **settings}
    environment = {**os.environ, **{f"QA_{name.upper()}": value for name, value in own.items()}}
    command = [sys.executable, str(ROOT / "app.py"), "--port", str(port)]
    with subprocess.Popen(command, cwd=library.parent, env=environment) as server:
        try:
            wait_for(f"http://127.0.0.1:{port}/healthz")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


@contextmanager
def app_over_seeds(folder: Path, **more: bytes) -> Iterator[str]:
    """The address of the app over the seed articles, and ``more`` by their sources, in ``folder``."""
    library = folder / "library"
    with Service(load_settings(engine="fake", embedder="fake", library=library), create=True) as service:
        list(service.ingest([SEEDS]))
        for source, data in more.items():
            service.ingest_bytes(data, source=source)
    with app_over(library) as address:
        yield address


def wait_for(url: str, seconds: float = 60) -> None:
    """Return once ``url`` answers."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(url).close()
            return
        except urllib.error.URLError:
            assert time.monotonic() < deadline, f"{url} does not answer"
            time.sleep(0.2)
