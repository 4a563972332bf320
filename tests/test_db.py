"""The database: created once, migrated forwards, refused when newer, and its faults in our words."""

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from qa.errors import CorruptLibraryError, LibraryError
from qa.library import db


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "library.db"


@pytest.fixture
def connection(path: Path) -> Iterator[sqlite3.Connection]:
    connection = db.connect(path)
    yield connection
    connection.close()


def version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def test_a_new_file_has_the_current_schema_and_is_safe_beside_readers(connection: sqlite3.Connection) -> None:
    assert version(connection) == len(db.MIGRATIONS)
    assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert connection.execute("PRAGMA foreign_keys").fetchone()[0] == 1
    assert connection.execute("PRAGMA secure_delete").fetchone()[0] == 1
    assert db.generation(connection) == 0


def test_opening_again_changes_nothing(path: Path) -> None:
    first = db.connect(path)
    state = db.state(first)
    first.close()
    second = db.connect(path)
    assert (db.generation(second), db.state(second)) == (0, state)
    second.close()


def test_an_older_file_is_migrated_with_its_contents(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = db.connect(path)
    old.execute("INSERT INTO articles (id, text, title, source) VALUES ('a', 'text', 'title', 'here')")
    old.close()
    monkeypatch.setattr(db, "MIGRATIONS", (*db.MIGRATIONS, ("ALTER TABLE articles ADD COLUMN section TEXT",)))
    new = db.connect(path)
    assert version(new) == len(db.MIGRATIONS)
    assert tuple(new.execute("SELECT id, section FROM articles").fetchone()) == ("a", None)
    new.close()


def test_a_failing_migration_leaves_the_old_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    db.connect(path).close()
    broken = ("ALTER TABLE articles ADD COLUMN section TEXT", "ALTER TABLE nowhere ADD COLUMN x")
    with monkeypatch.context() as patched:
        patched.setattr(db, "MIGRATIONS", (*db.MIGRATIONS, broken))
        with pytest.raises(LibraryError, match="nowhere"):
            db.connect(path)
    connection = db.connect(path)
    assert version(connection) == len(db.MIGRATIONS)
    assert "section" not in [row["name"] for row in connection.execute("PRAGMA table_info(articles)")]
    connection.close()


def test_a_newer_file_is_refused_untouched(path: Path) -> None:
    with sqlite3.connect(path) as newer:
        newer.execute(f"PRAGMA user_version = {len(db.MIGRATIONS) + 1}")
    newer.close()
    before = path.read_bytes()
    with pytest.raises(LibraryError, match=r"newer citewire.*upgrade"):
        db.connect(path)
    assert path.read_bytes() == before


def test_many_threads_open_a_new_library_at_once(tmp_path: Path) -> None:
    failures: list[BaseException] = []

    def opened(path: Path, start: threading.Barrier) -> None:
        start.wait()
        try:
            db.connect(path).close()
        except BaseException as error:
            failures.append(error)

    for attempt in range(15):
        start = threading.Barrier(6)
        threads = [threading.Thread(target=opened, args=(tmp_path / f"{attempt}.db", start)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failures == []


def test_changing_the_journal_mode_is_tried_until_nobody_is_in_the_way() -> None:
    """Two that change it at once are refused without waiting, each for the other's sake."""

    class Contended:
        refusals = 3

        def execute(self, statement: str) -> None:
            assert statement == "PRAGMA journal_mode = WAL"
            if self.refusals:
                self.refusals -= 1
                error = sqlite3.OperationalError("database is locked")
                error.sqlite_errorcode = sqlite3.SQLITE_BUSY
                raise error

    contended = Contended()
    db._use_wal(contended)  # type: ignore[arg-type]
    assert contended.refusals == 0


def test_two_processes_open_a_new_library_at_once(path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from qa.library import db\n"
        "print('ready', flush=True); sys.stdin.readline(); db.connect(Path(sys.argv[1])).close()"
    )
    children = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(path)],
            cwd=Path(__file__).parent.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    errors = [child.communicate()[1] for child in children]
    assert ([child.returncode for child in children], errors) == ([0, 0], ["", ""])


# ── transactions ─────────────────────────────────────────────────────────────────────────────────────────────────────

INSERT = "INSERT INTO articles (id, text, title, source) VALUES ('a', 'text', 'title', 'here')"


def test_only_a_write_that_changed_something_is_a_new_generation(connection: sqlite3.Connection) -> None:
    state = db.state(connection)
    with db.writing(connection):
        connection.execute("DELETE FROM articles")
    assert (db.generation(connection), db.state(connection)) == (0, state)
    with db.writing(connection):
        connection.execute(INSERT)
    assert db.generation(connection) == 1
    assert db.state(connection) != state


@pytest.mark.parametrize("fault", [RuntimeError, KeyboardInterrupt])
def test_a_failing_write_leaves_no_trace(connection: sqlite3.Connection, fault: type[BaseException]) -> None:
    def write() -> None:
        with db.writing(connection):
            connection.execute(INSERT)
            raise fault

    with pytest.raises(fault):
        write()
    assert not connection.in_transaction
    assert db.generation(connection) == 0
    assert connection.execute("SELECT COUNT(*) FROM articles").fetchone()[0] == 0


def test_a_reader_sees_one_state(path: Path, connection: sqlite3.Connection) -> None:
    other = db.connect(path)
    with db.reading(connection):
        before = db.state(connection)
        with db.writing(other):
            other.execute(INSERT)
        assert db.state(connection) == before
    assert db.state(connection) == db.state(other) != before
    other.close()


def test_a_library_put_back_from_a_backup_has_another_state_at_the_same_generation(tmp_path: Path) -> None:
    states = []
    original = db.connect(tmp_path / "a.db")
    backup = sqlite3.connect(tmp_path / "b.db")
    original.backup(backup)
    backup.close()
    copy = db.connect(tmp_path / "b.db")
    for connection in (original, copy):
        with db.writing(connection):
            connection.execute(INSERT)
        assert db.generation(connection) == 1
        states.append(db.state(connection))
        connection.close()
    assert states[0] != states[1]


# ── faults ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "garbage", [b"not a database, just words. " * 50, b"\x00" * 8192, b"SQLite format 3\x00" + b"x" * 500]
)
def test_a_file_that_is_no_database_is_damaged_and_left_alone(path: Path, garbage: bytes) -> None:
    path.write_bytes(garbage)
    with pytest.raises(CorruptLibraryError, match=r"damaged.*restore it from a backup.*ingest again"):
        db.connect(path)
    assert path.read_bytes() == garbage


def test_a_database_without_our_tables_is_damaged(path: Path) -> None:
    with sqlite3.connect(path) as other:
        other.execute(f"PRAGMA user_version = {len(db.MIGRATIONS)}")
    other.close()
    connection = db.connect(path)
    with pytest.raises(sqlite3.OperationalError) as caught:
        db.generation(connection)
    assert db.means_damage(caught.value)
    connection.close()


def test_what_the_folder_is_to_blame_for_is_not_called_damage(path: Path) -> None:
    path.mkdir()
    with pytest.raises(LibraryError, match="check that the folder exists and is writable") as caught:
        db.connect(path)
    assert not isinstance(caught.value, CorruptLibraryError)


def test_a_full_disk_and_a_busy_file_have_their_own_remedies(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db, "BUSY_TIMEOUT_S", 0.05)
    one, other = db.connect(path), db.connect(path)
    one.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError) as busy, db.writing(other):
        pass
    assert "is busy: another process" in str(db.translated(busy.value, path))
    one.execute("ROLLBACK")
    pages = one.execute("PRAGMA page_count").fetchone()[0]
    one.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(sqlite3.OperationalError) as full, db.writing(one):
        one.execute("INSERT INTO articles (id, text, title, source) VALUES ('a', ?, 'b', 'c')", ("x" * 100_000,))
    assert "the disk is full" in str(db.translated(full.value, path))
    assert not one.in_transaction
    one.close()
    other.close()
