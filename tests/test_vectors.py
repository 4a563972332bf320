"""The vector index against a brute-force oracle and a dictionary, and its file against damage."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from qa.library.vectors import StaleIndexError, VectorIndex, Vectors, saved_state

DIMENSION = 8


def unit_rows(count: int, seed: int = 0) -> Vectors:
    rows = np.random.default_rng(seed).standard_normal((count, DIMENSION)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def filled(count: int, first_id: int = 100) -> tuple[VectorIndex, Vectors]:
    index, rows = VectorIndex(DIMENSION), unit_rows(count)
    index.add(range(first_id, first_id + count), rows)
    return index, rows


def oracle(vectors: dict[int, Vectors], query: Vectors, k: int) -> list[int]:
    """The ids of the ``k`` largest inner products, by sorting all of them."""
    ids = np.array(sorted(vectors))
    products = np.array([vectors[i] @ query for i in ids])
    return ids[np.argsort(-products, kind="stable")][:k].tolist() if len(ids) else []


@pytest.mark.parametrize("k", [1, 10, 50])
def test_search_equals_sorting_all_products(k: int) -> None:
    index, rows = filled(200)
    for query in unit_rows(20, seed=1):
        found = index.search(query, k)
        assert [number for number, _ in found] == oracle(dict(enumerate(rows, start=100)), query, k)
        assert [score for _, score in found] == pytest.approx([rows[n - 100] @ query for n, _ in found], abs=1e-6)


@pytest.mark.parametrize(
    ("allowed", "expected"),
    [(None, 5), ((), 0), ((999,), 0), ((-1,), 0), ((103,), 1), ((100, 104, 999), 2)],
)
def test_no_padding_leaks_when_fewer_are_there_than_asked_for(allowed: tuple[int, ...] | None, expected: int) -> None:
    index, rows = filled(5)
    found = index.search(rows[0], 50, allowed)
    assert len(found) == expected
    assert {number for number, _ in found} <= set(allowed or range(100, 105))
    assert all(-1.001 <= score <= 1.001 for _, score in found)  # FAISS pads scores with -3.4e38


def test_rows_that_faiss_did_not_find_are_no_passages() -> None:
    index, rows = filled(5)
    nothing = np.full(DIMENSION, np.nan, dtype=np.float32)  # FAISS gives row -1 for each
    assert index.search(nothing, 3) == []
    assert len(index.search(rows[0], 3)) == 3


def test_an_empty_index_finds_nothing() -> None:
    assert VectorIndex(DIMENSION).search(unit_rows(1)[0], 5) == []
    assert VectorIndex(DIMENSION).vectors()[1].shape == (0, DIMENSION)


def test_filters_equal_the_oracle_over_what_is_allowed() -> None:
    index, rows = filled(100)
    allowed = range(110, 160, 3)
    query = unit_rows(1, seed=2)[0]
    expected = oracle({i: rows[i - 100] for i in allowed}, query, 10)
    assert [number for number, _ in index.search(query, 10, allowed)] == expected


def test_removed_ids_are_not_found_before_and_after_compaction() -> None:
    index, rows = filled(10)
    index.remove([103, 555])
    assert len(index) == 9
    assert index._dead.sum() == 1, "a tombstone"
    assert 103 not in [number for number, _ in index.search(rows[3], 10)]
    index.remove([100, 101, 102])
    assert len(index._ids) == 6, "compacted"
    assert [number for number, _ in index.search(rows[9], 1)] == [109]
    index.remove(range(100, 110))
    assert index.search(rows[0], 10) == []


def test_an_id_is_held_once() -> None:
    index, rows = filled(3)
    with pytest.raises(ValueError, match="only once"):
        index.add([102], rows[:1])
    with pytest.raises(ValueError, match="only once"):
        index.add([7, 7], rows[:2])
    with pytest.raises(ValueError, match="do not fit"):
        index.add([7], rows[:2])
    index.remove([102])
    index.add([102], rows[:1])
    assert index.search(rows[0], 2)[0][1] == pytest.approx(1)
    assert sorted(index.ids) == [100, 101, 102]


class AgainstADictionary(RuleBasedStateMachine):
    """Adding, removing, saving and loading in any order leaves what a dictionary would hold."""

    def __init__(self) -> None:
        super().__init__()
        self.index = VectorIndex(DIMENSION)
        self.model: dict[int, Vectors] = {}
        self.next_id = 1

    @rule(count=st.integers(0, 6), seed=st.integers(0, 1000))
    def add(self, count: int, seed: int) -> None:
        ids, rows = range(self.next_id, self.next_id + count), unit_rows(count, seed)
        self.index.add(ids, rows)
        self.model.update(zip(ids, rows, strict=True))
        self.next_id += count

    @rule(ids=st.sets(st.integers(-1, 40), max_size=6))
    def remove(self, ids: set[int]) -> None:
        self.index.remove(ids)
        self.model = {number: row for number, row in self.model.items() if number not in ids}

    @rule(seed=st.integers(0, 1000), k=st.integers(1, 20), allowed=st.none() | st.sets(st.integers(-1, 40)))
    def search(self, seed: int, k: int, allowed: set[int] | None) -> None:
        query = unit_rows(1, seed)[0]
        there = {n: row for n, row in self.model.items() if allowed is None or n in allowed}
        found = self.index.search(query, k, allowed)
        assert len({number for number, _ in found}) == len(found) == min(k, len(there))
        assert [score for _, score in found] == pytest.approx(
            sorted((float(row @ query) for row in there.values()), reverse=True)[:k], abs=1e-5
        )
        assert all(score == pytest.approx(float(there[number] @ query), abs=1e-5) for number, score in found)

    @invariant()
    def same_contents(self) -> None:
        ids, vectors = self.index.vectors()
        assert len(self.index) == len(ids)
        assert {number: row.tobytes() for number, row in zip(ids, vectors, strict=True)} == {
            number: row.tobytes() for number, row in self.model.items()
        }


AgainstADictionary.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
test_any_order_of_changes = AgainstADictionary.TestCase


# ── the file ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    index, _ = filled(20)
    index.remove([104])
    path = tmp_path / "vectors.faiss"
    index.save(path, "a state")
    return path


def test_a_saved_index_comes_back_without_its_tombstones(saved: Path) -> None:
    index, state = VectorIndex.load(saved, DIMENSION)
    assert state == saved_state(saved) == "a state"
    rows = unit_rows(20)
    assert index.ids == frozenset(range(100, 120)) - {104}
    assert [number for number, _ in index.search(rows[7], 1)] == [107]
    index.add([500], rows[4:5])
    assert index.search(rows[4], 1)[0][0] == 500


def test_an_empty_index_can_be_saved(tmp_path: Path) -> None:
    VectorIndex(DIMENSION).save(tmp_path / "v", "s")
    index, state = VectorIndex.load(tmp_path / "v", DIMENSION)
    assert (len(index), state) == (0, "s")


def test_a_missing_file_and_another_dimension_are_told_apart(saved: Path) -> None:
    with pytest.raises(StaleIndexError, match="has 8 dimensions, not 9"):
        VectorIndex.load(saved, DIMENSION + 1)
    saved.unlink()
    assert saved_state(saved) is None
    with pytest.raises(StaleIndexError, match="is missing"):
        VectorIndex.load(saved, DIMENSION)
    saved.mkdir()
    with pytest.raises(StaleIndexError, match="is unreadable"):
        VectorIndex.load(saved, DIMENSION)


@pytest.mark.parametrize(
    "garbage", [b"", b"\0" * 500, b"citewire vectors 1\n", b"citewire vectors 1\n[1]\n", b"{}\n\n"]
)
def test_garbage_is_damaged(tmp_path: Path, garbage: bytes) -> None:
    (tmp_path / "v").write_bytes(garbage)
    with pytest.raises(StaleIndexError, match="is damaged"):
        VectorIndex.load(tmp_path / "v", DIMENSION)


def test_every_changed_byte_and_every_truncation_is_noticed(saved: Path) -> None:
    intact = saved.read_bytes()
    for place in range(len(intact)):
        changed = bytearray(intact)
        changed[place] ^= 1
        for damaged in (changed, intact[:place]):
            saved.write_bytes(damaged)
            with pytest.raises(StaleIndexError):
                VectorIndex.load(saved, DIMENSION)
    saved.write_bytes(intact)
    VectorIndex.load(saved, DIMENSION)


def test_saving_is_all_or_nothing(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = saved.read_bytes()
    saved.with_name(saved.name + ".partial").write_bytes(b"left by a killed process")

    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", full_disk)
        with pytest.raises(OSError, match="No space"):
            filled(5)[0].save(saved, "newer")
    assert saved.read_bytes() == before
    assert [file.name for file in saved.parent.iterdir()] == [saved.name], "nothing is left lying about"
    filled(5)[0].save(saved, "newer")
    assert saved_state(saved) == "newer"
