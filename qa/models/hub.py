"""Model files from the Hugging Face hub, verified against the hashes that it publishes."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from qa.errors import HashMismatchError
from qa.models.hashes import hash_file
from qa.models.presets import Preset, PresetFile
from qa.models.sources import Progress, SourceError, Workspace

if TYPE_CHECKING:
    from huggingface_hub.hf_api import ModelInfo

REACH_SECONDS = 3.0

T = TypeVar("T")


class Hub:
    """A :class:`~qa.models.sources.Source` that asks the hub, if it answers within ``reach_seconds``.

    ``HF_HUB_OFFLINE``, ``HF_ENDPOINT`` and the user's token are honoured by ``huggingface_hub`` itself; ``endpoint``
    overrides the address.
    """

    name = "hub"

    def __init__(self, endpoint: str | None = None, reach_seconds: float = REACH_SECONDS) -> None:
        self._endpoint = endpoint
        self._reach_seconds = reach_seconds

    def fetch(self, preset: Preset, work: Workspace) -> Mapping[str, str]:
        """The verified SHA-256 of each file of ``preset``; see :class:`~qa.models.sources.Source`.

        A hash in the preset is what the bytes must have; without one it is the hub's own for files kept in LFS, which
        all weights are. Small files outside LFS have none: theirs is what arrived, over TLS.
        """
        if preset.hub is None:
            raise SourceError("does not carry this model")
        info = self._info(preset.hub.repository, preset.hub.revision)
        published = {sibling.rfilename: sibling for sibling in info.siblings or []}
        expected: dict[str, str | None] = {}
        missing = 0
        for file in preset.files:
            sibling = published.get(file.name)
            if sibling is None:
                raise SourceError(f"{preset.hub.repository} has no file {file.name}")
            lfs = sibling.lfs.sha256 if sibling.lfs else None
            if file.sha256 and lfs not in (None, file.sha256):
                raise SourceError(f"{preset.hub.repository} now has another {file.name}")
            expected[file.name] = file.sha256 or lfs
            missing += 0 if (work.folder / file.name).exists() else sibling.size or file.size or 0
        work.require(missing)
        work.progress.start(missing, f"downloading {preset.name}")
        hashes = {}
        for file in preset.files:
            self._download(preset.hub.repository, info.sha, file, work)
            hashes[file.name] = self._verified(preset, file, expected[file.name], work)
        return hashes

    def _info(self, repository: str, revision: str | None) -> ModelInfo:
        from huggingface_hub import HfApi, constants

        if constants.HF_HUB_OFFLINE:
            raise SourceError("switched off by HF_HUB_OFFLINE")
        api = HfApi(endpoint=self._endpoint)
        try:
            return _within(
                self._reach_seconds,
                lambda: api.model_info(repository, revision=revision, timeout=self._reach_seconds, files_metadata=True),
            )
        except TimeoutError:
            raise SourceError(f"no answer within {self._reach_seconds:g} s") from None
        except Exception as error:  # huggingface_hub passes on whatever its HTTP client raises
            raise SourceError(f"not reachable ({_first_line(error)})") from None

    def _download(self, repository: str, revision: str | None, file: PresetFile, work: Workspace) -> None:
        from huggingface_hub import hf_hub_download

        try:
            hf_hub_download(
                repository,
                file.name,
                revision=revision,
                local_dir=work.folder,  # holds half a file under .cache/ and resumes it
                endpoint=self._endpoint,
                tqdm_class=_bar_for(work.progress),
            )
        except Exception as error:
            raise SourceError(f"download of {file.name} broke off ({_first_line(error)})") from None

    def _verified(self, preset: Preset, file: PresetFile, expected: str | None, work: Workspace) -> str:
        path = work.folder / file.name
        actual = hash_file(path)
        if expected not in (None, actual):
            path.unlink()
            raise HashMismatchError(
                f"{preset.name}: {file.name} from the hub is not the published file (SHA-256 {actual[:12]}…, "
                f"expected {str(expected)[:12]}…) and was removed; run `qa models pull {preset.name}` again"
            )
        return actual


def _within(seconds: float, call: Callable[[], T]) -> T:
    """What ``call`` returns, if it does within ``seconds``; a look-up of names does not heed HTTP timeouts.

    Raises:
        TimeoutError: it takes longer; its thread is left to itself.
    """
    outcome: queue.SimpleQueue[tuple[T | None, Exception | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            outcome.put((call(), None))
        except Exception as error:
            outcome.put((None, error))

    threading.Thread(target=run, daemon=True).start()
    try:
        value, error = outcome.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError from None
    if error:
        raise error
    return value  # type: ignore[return-value]  # no error, so call() returned it


def _bar_for(progress: Progress) -> Any:
    """A tqdm class that passes on to ``progress`` and draws nothing."""
    from tqdm import tqdm

    class Bar(tqdm):  # type: ignore[misc]
        def __init__(self, *args: Any, **options: Any) -> None:
            options.pop("name", None)
            super().__init__(*args, **{**options, "disable": True})
            progress.advance(int(options.get("initial") or 0))

        def update(self, n: float | None = 1) -> bool | None:
            progress.advance(int(n or 0))
            return None

    return Bar


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:120]
