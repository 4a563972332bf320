"""The library: what is added is found, what is deleted is gone, what is damaged is said, whoever else is at work."""

import os
import sqlite3
import subprocess
import sys
import threading
import time
import warnings
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from qa.errors import CorruptLibraryError, EmbedderMismatchError, InputError, LibraryError, NotFoundError
from qa.library import Added, Library, LibraryStats, Outcome, SearchFilter, db
from qa.library.fusion import reciprocal_rank_fusion
from qa.library.library import CANDIDATES, DATABASE, VECTORS
from qa.library.query import match_expression
from qa.library.vectors import VectorIndex
from qa.models.embedder import EmbedderInfo, FakeEmbedder
from qa.types import STDIN, Article

ROOT = Path(__file__).parent.parent
PLACES = (
    "Ankara",
    "Berlin",
    "Caracas",
    "Damascus",
    "Edinburgh",
    "Freetown",
    "Geneva",
    "Helsinki",
    "Islamabad",
    "Jakarta",
)


class CountingEmbedder(FakeEmbedder):
    """A fake that counts the texts it embeds, under any name and hash, and can be told to die."""

    def __init__(self, name: str = "fake", dimension: int = 64, sha256: str | None = None) -> None:
        super().__init__(dimension)
        self._info = EmbedderInfo(name, dimension, sha256)
        self.texts = 0
        self.dies_after: int | None = None

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.texts += len(texts)
        if self.dies_after is not None and self.texts > self.dies_after:
            raise KeyboardInterrupt
        return super().encode(texts)


def story(number: int, **metadata: str | None) -> Article:
    """An article of several passages, each of which names its number and its place."""
    place = PLACES[number % len(PLACES)]
    text = "\n\n".join(
        f"Report {number} part {part} says that the council of {place} met again. "
        f"Its members spoke at length about the budget of {place}, the harbour and the weather of the season, "
        f"and the delegate number{number} praised the bridges, the gardens and the long evenings of summer."
        for part in range(3)
    )
    values: dict[str, str | None] = {"title": f"News from {place}", "source": f"{number}.txt", **metadata}
    return Article(text, **values)  # type: ignore[arg-type]


@pytest.fixture
def embedder() -> CountingEmbedder:
    return CountingEmbedder()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "library"


@pytest.fixture
def library(folder: Path, embedder: CountingEmbedder) -> Iterator[Library]:
    with Library(folder, lambda: embedder) as library:
        yield library


@pytest.fixture
def stored(folder: Path) -> Path:
    """The folder of a closed library that holds ten stories."""
    fill(folder, range(10))
    return folder


def fill(folder: Path, numbers: Sequence[int]) -> None:
    with Library(folder, FakeEmbedder) as library:
        list(library.add_many(map(story, numbers)))


def found_by(library: Library, query: str, **limits: object) -> set[str]:
    return {hit.passage.article_id for hit in library.search(query, **limits)}  # type: ignore[arg-type]


def raw(folder: Path, *statements: str, parameters: Sequence[object] = ()) -> None:
    """Run ``statements`` behind the library's back."""
    connection = sqlite3.connect(folder / DATABASE)
    for statement in statements:
        connection.execute(statement, parameters if "?" in statement else ())
    connection.commit()
    connection.close()


def drop(library: Library) -> None:
    """End ``library`` as a killed process would: nothing is saved."""
    library._closed = True
    library._connection.close()


# ── adding ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_added_can_be_read_back(library: Library) -> None:
    article = replace(story(1, outlet="Wire", author="A. Reporter", date="2024-05-31"), warnings=("odd bytes",))
    added = library.add(article)
    assert added == Added(article, Outcome.ADDED, len(library.passages(article.id)))
    assert library.get(article.id) == article
    assert library.articles() == [article]
    for passage in library.passages(article.id):
        assert passage.text == article.text[passage.start : passage.end]
        assert [passage.slice(span) for span in passage.sentences]
    assert library.passages("0123456789ab") == []


def test_the_same_text_is_not_added_twice(library: Library, embedder: CountingEmbedder) -> None:
    library.add(story(1))
    before, embedded = library.stats(), embedder.texts
    assert library.add(story(1)).outcome is Outcome.UNCHANGED
    assert library.add(story(1, source="elsewhere.txt")).outcome is Outcome.UNCHANGED
    assert library.articles() == [story(1)]
    assert library.stats().generation == before.generation, "nothing changed, so the index is still good"
    assert embedder.texts == embedded


def test_changed_content_replaces_what_its_source_held(library: Library) -> None:
    library.add(story(1))
    before = library.stats().generation
    added = library.add(story(2, source="1.txt"))
    assert added.outcome is Outcome.REPLACED
    assert library.stats().generation == before + 1, "in one transaction"
    assert [article.id for article in library.articles()] == [story(2).id]
    assert found_by(library, "delegate number1 of Berlin", k=50) == {story(2).id}
    assert library.verify() == []


def test_a_known_text_moving_to_another_source_replaces_what_was_there(library: Library) -> None:
    list(library.add_many([story(1), story(2)]))
    assert library.add(story(1, source="2.txt")).outcome is Outcome.REPLACED
    assert library.articles() == [story(1)]


def test_new_metadata_updates_the_article_and_its_words(library: Library, embedder: CountingEmbedder) -> None:
    library.add(story(1, title="Old headline"))
    embedded = embedder.texts
    renamed = story(1, title="Zeppelin returns", outlet="Wire", author="B", date="2024-01-01")
    assert library.add(renamed) == Added(renamed, Outcome.REPLACED, 0)
    assert library.get(renamed.id) == renamed
    assert library.search("zeppelin")[0].title == "Zeppelin returns"
    assert embedder.texts == embedded + 1, "the query alone"
    assert library.verify() == []


def test_standard_input_names_no_place_and_replaces_nothing(library: Library) -> None:
    for number in range(3):
        assert library.add(story(number, source=STDIN)).outcome is Outcome.ADDED
    assert len(library.articles()) == 3


def test_a_batch_may_hold_twins_and_successors(library: Library) -> None:
    library.add(story(7, source="a"))
    batch = [
        story(1, source="a"),  # replaces story 7
        story(1, source="a"),
        story(2, source="a"),
        story(7, source="b"),  # was held when the batch began, and is gone since
        *(story(number) for number in range(100, 140)),  # reaches into the next batch
    ]
    outcomes = [added.outcome for added in library.add_many(batch)]
    assert outcomes[:4] == [Outcome.REPLACED, Outcome.UNCHANGED, Outcome.REPLACED, Outcome.ADDED]
    assert {article.id for article in library.articles()} == {article.id for article in batch[2:]}
    assert library.verify() == []


def test_text_that_is_no_unicode_is_refused(library: Library) -> None:
    with pytest.raises(InputError, match="no valid Unicode"):
        library.add(Article("Half a pair \ud83d of it.", "t", "s"))
    assert library.add(story(1)).outcome is Outcome.ADDED, "and nothing is left half done"


def test_listing_and_deleting_load_no_model(stored: Path) -> None:
    def never() -> FakeEmbedder:
        raise AssertionError("the model was loaded")

    with Library.open(stored, never) as library:
        library.delete(story(0).id)
        assert library.add(story(1)).outcome is Outcome.UNCHANGED
        assert len(library.articles()) == library.stats().articles == 9
    with Library(stored.with_name("empty"), never) as library:
        assert library.search("anything") == []


# ── finding one article ──────────────────────────────────────────────────────────────────────────────────────────────


def test_an_id_may_be_shortened_until_it_is_ambiguous(library: Library) -> None:
    ids = sorted(added.article.id for added in library.add_many(map(story, range(20))))
    twins = next((a, b) for a, b in pairwise(ids) if a[0] == b[0])  # 20 ids, 16 digits
    for article_id in ids:
        assert library.get(article_id).id == library.get(article_id[:8].upper()).id == article_id
    with pytest.raises(NotFoundError, match="several articles begin"):
        library.get(twins[0][0])
    with pytest.raises(NotFoundError, match="several articles begin"):
        library.delete(twins[0][0])
    assert len(library.articles()) == 20


@pytest.mark.parametrize(
    "unknown", ["", "*", "?", "%", "_" * 12, "zz", "[0-9a-f]*", "' OR 1=1 --", "ffffffffffff0", "\ud800", "a\ud800"]
)
def test_an_unknown_id_finds_and_deletes_nothing(library: Library, unknown: str) -> None:
    library.add(story(1))
    with pytest.raises(NotFoundError, match="no article"):
        library.get(unknown)
    with pytest.raises(NotFoundError, match="no article"):
        library.delete(unknown)
    assert library.articles() == [story(1)]


def test_what_is_deleted_is_gone(library: Library) -> None:
    list(library.add_many(map(story, range(5))))
    hits = library.search("delegate number3", k=20)
    assert library.delete(story(3).id[:10]) == story(3)
    assert story(3).id not in found_by(library, "delegate number3", k=50)
    assert library.passages(story(3).id) == []
    assert {hit.passage.article_id for hit in library.still_held(hits)} == {h.passage.article_id for h in hits} - {
        story(3).id
    }
    with pytest.raises(NotFoundError):
        library.get(story(3).id)
    assert library.verify() == []
    assert library.add(story(3)).outcome is Outcome.ADDED


# ── searching ────────────────────────────────────────────────────────────────────────────────────────────────────────


class ScatteringEmbedder(FakeEmbedder):
    """A fake that gives every text a direction of its own, so that no two products are equal."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = [np.random.default_rng(zlib.crc32(text.encode())).standard_normal(64) for text in texts]
        return np.array([row / np.linalg.norm(row) for row in rows], dtype=np.float32)


@pytest.mark.parametrize("where", [SearchFilter(), SearchFilter(outlets=("Wire",))])
def test_hits_are_the_fusion_of_both_rankings_taken_by_brute_force(folder: Path, where: SearchFilter) -> None:
    query = "What did the delegate of Edinburgh or Geneva say of the harbour?"
    with Library(folder, ScatteringEmbedder) as library:
        list(library.add_many(story(number, outlet="Wire" if number % 3 else "Post") for number in range(90)))
        rows = library._connection
        allowed = {n for n, outlet in rows.execute(
            "SELECT passages.number, outlet FROM passages JOIN articles ON article = articles.number"
        ) if not where.outlets or outlet in where.outlets}  # fmt: skip
        (asked,) = ScatteringEmbedder().encode([query])
        stored = rows.execute("SELECT number, vector FROM passages").fetchall()
        products = {number: float(np.frombuffer(blob, np.float32) @ asked) for number, blob in stored}
        by_meaning = [n for n in sorted(products, key=lambda n: -products[n]) if n in allowed][:50]
        by_words = [n for (n,) in rows.execute(
            "SELECT rowid FROM words WHERE words MATCH 'delegate OR edinburgh OR geneva OR say OR harbour' "
            "ORDER BY bm25(words, 0.5, 1.0), rowid"
        ) if n in allowed][:50]  # fmt: skip
        assert len(by_meaning) == len(by_words) == CANDIDATES == 50
        places = {n: (article_id, start) for n, article_id, start in rows.execute(
            "SELECT passages.number, id, start FROM passages JOIN articles ON article = articles.number"
        )}  # fmt: skip
        expected = [(places[n], score) for n, score in reciprocal_rank_fusion([by_meaning, by_words])]
        hits = library.search(query, k=len(expected) + 10, where=where)
        assert [((hit.passage.article_id, hit.passage.start), hit.score) for hit in hits] == expected


def test_the_passage_that_answers_comes_first(library: Library) -> None:
    list(library.add_many(map(story, range(30))))
    assert library.search("What did delegate number4 of Edinburgh say?")[0].passage.article_id == story(4).id


def test_k_bounds_the_hits(library: Library) -> None:
    list(library.add_many(map(story, range(30))))
    assert [len(library.search("council", k=k)) for k in (1, 3, 8)] == [1, 3, 8]
    with pytest.raises(ValueError, match="at least one"):
        library.search("council", k=0)


def test_hits_are_slices_of_their_articles(library: Library) -> None:
    list(library.add_many(map(story, range(5))))
    for hit in library.search("budget of the harbour", k=50):
        article = library.get(hit.passage.article_id)
        assert hit.passage.text == article.text[hit.passage.start : hit.passage.end]
        assert hit.title == article.title


DATED = (
    story(0, outlet="Wire", date="2024-01-01"),
    story(1, outlet="Wire", date="2024-02-01"),
    story(2, outlet="Post", date="2024-03-01"),
    story(3, outlet="O'Neill's \"Daily\"", date=None),
    story(4, outlet=None, date="2024-03-02"),
)


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (SearchFilter(), {0, 1, 2, 3, 4}),
        (SearchFilter(articles=(DATED[1].id,)), {1}),
        (SearchFilter(articles=(DATED[1].id, DATED[3].id, "nowhere")), {1, 3}),
        (SearchFilter(articles=("nowhere",)), set()),
        (SearchFilter(outlets=("Wire",)), {0, 1}),
        (SearchFilter(outlets=("O'Neill's \"Daily\"", "Post")), {2, 3}),
        (SearchFilter(outlets=("wire') OR 1=1 --",)), set()),
        (SearchFilter(since="2024-02-01"), {1, 2, 4}),
        (SearchFilter(until="2024-02-01"), {0, 1}),
        (SearchFilter(since="2024-02-01", until="2024-03-01"), {1, 2}),
        (SearchFilter(since="2024-02-01", until="2024-02-01", outlets=("Wire",)), {1}),
        (SearchFilter(since="2025-01-01"), set()),
    ],
)
def test_filters_hold_everywhere(library: Library, where: SearchFilter, expected: set[int]) -> None:
    list(library.add_many(DATED))
    everything = library.search("council", k=50)
    ids = {DATED[number].id for number in expected}
    assert {article.id for article in library.articles(where)} == ids
    assert found_by(library, "the council met", k=50, where=where) == ids
    assert {hit.passage.article_id for hit in library.still_held(everything, where)} == ids


def test_a_filter_reaches_past_the_candidates(library: Library) -> None:
    list(library.add_many(map(story, range(60))))  # 180 passages match better or as well, 50 are candidates
    odd = library.add(Article("The council. A quiet note without anything else in it.", "Note", "odd.txt")).article
    assert found_by(library, "report council budget delegate", where=SearchFilter(articles=(odd.id,))) == {odd.id}


def test_outlets_are_listed_once(library: Library) -> None:
    list(library.add_many(DATED))
    assert library.outlets() == ["O'Neill's \"Daily\"", "Post", "Wire"]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with Library(tmp_path_factory.mktemp("shared"), FakeEmbedder) as library:
        list(library.add_many(map(story, range(5))))
        yield library


FTS_SYNTAX = (
    "AND", "council AND", "NOT council", '"', '"council', 'council" OR "x', "NEAR(", "NEAR(council, 2)", "*", "coun*",
    "-council", "text:council", "title : council", "^council", "{title text}:x", "(", ")", "+", "\\", ";", "'", "--",
    "", " ", "\n", "\x00", "council\x00x", "😀", "the of and", "___", "²", "ß", "İ", "\ud800", "é", "हिन्दी", "%s", "?1",
)  # fmt: skip


@pytest.mark.parametrize("query", FTS_SYNTAX)
def test_query_syntax_is_only_words(shared: Library, query: str) -> None:
    hits = shared.search(query, k=50)
    assert len(hits) == sum(len(shared.passages(article.id)) for article in shared.articles())


@settings(deadline=None, max_examples=150)
@given(st.text() | st.lists(st.sampled_from([*FTS_SYNTAX, "council", "Berlin"])).map(" ".join))
@example("a " * 20_000)
@example(" ".join(f"w{n}" for n in range(5_000)))
def test_no_query_breaks_the_search(shared: Library, query: str) -> None:
    assert shared.search(query)


@pytest.mark.parametrize(
    ("query", "expression"),
    [
        ("What did the mayor say?", '"mayor" OR "say"'),
        ("the of and", '"the" OR "of" OR "and"'),  # stopwords are better than nothing
        ("mayor Mayor MAYOR", '"MAYOR"'),
        ("Did the WHO warn us about IT?", '"WHO" OR "warn" OR "about" OR "IT"'),
        ("WHO ARE YOU, MAYOR", '"MAYOR"'),
        ('NEAR("a b", 2) AND -c*', '"NEAR" OR "b" OR "2" OR "AND" OR "c"'),
        ("cafe\u0301", '"caf\xe9"'),
        ("?!", ""),
    ],
)
def test_telling_words_are_looked_up(query: str, expression: str) -> None:
    assert match_expression(query) == expression


@pytest.mark.parametrize("query", ["Straße", "STRASSE", "CAFE", "café", "cafe\u0301", "walks", "İstanbul"])
def test_words_are_found_in_any_case_and_with_or_without_accents(library: Library, query: str) -> None:
    text = "Die Straße ist lang, und STRASSE gilt auch. At the Café she walked to İstanbul."
    library.add(Article(text, "t", "s"))
    connection = library._connection
    assert connection.execute("SELECT 1 FROM words WHERE words MATCH ?", (match_expression(query),)).fetchone()


def test_an_endless_query_is_cut(shared: Library) -> None:
    expression = match_expression(" ".join(f"w{number}" for number in range(5_000)))
    assert expression.split(" OR ") == [f'"w{number}"' for number in range(256)]


# ── the index file ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_ordinary_use_never_warns(folder: Path) -> None:
    """Warnings are errors here: every step would fail on one."""
    fill(folder, [1])
    fill(folder, [2, 3])
    with Library.open(folder, FakeEmbedder) as reader:
        fill(folder, [4])  # beside a reader that has not searched yet
        assert story(4).id in found_by(reader, "delegate number4", k=50)
        fill(folder, [5])
        assert story(5).id in found_by(reader, "delegate number5", k=50)
        with Library.open(folder, FakeEmbedder) as deleting:
            deleting.delete(story(1).id)
        reader.add(story(6))
    with Library.open(folder, FakeEmbedder) as reader:
        assert found_by(reader, "council", k=50) == {story(n).id for n in range(2, 7)}
        assert reader.verify() == []
        for article in reader.articles():
            reader.delete(article.id)
        assert reader.search("council") == []
    with Library.open(folder, FakeEmbedder) as reader:
        assert reader.search("council") == []


def test_an_intact_index_is_loaded_without_reading_vectors(stored: Path) -> None:
    with Library.open(stored, FakeEmbedder) as library:
        statements: list[str] = []
        library._connection.set_trace_callback(statements.append)
        assert library.search("council")
        assert statements
        assert not [statement for statement in statements if "vector" in statement]
        before = (stored / VECTORS).stat()
    after = (stored / VECTORS).stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino), "closing had nothing to save"


def an_older_file(folder: Path) -> None:
    older = (folder / VECTORS).read_bytes()
    fill(folder, [50])
    (folder / VECTORS).write_bytes(older)


def a_restored_backup(folder: Path) -> None:
    """A database put back from a backup, and changed as often as the one that the index file was made of."""
    fill(folder, [50])
    index = (folder / VECTORS).read_bytes()
    raw(folder, "UPDATE meta SET value = 'another' WHERE key = 'state'")
    (folder / VECTORS).write_bytes(index)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "missing": lambda folder: (folder / VECTORS).unlink(),
    "truncated": lambda folder: os.truncate(folder / VECTORS, (folder / VECTORS).stat().st_size // 2),
    "empty": lambda folder: (folder / VECTORS).write_bytes(b""),
    "garbage": lambda folder: (folder / VECTORS).write_bytes(b"\x93NUMPY" * 1000),
    "older": an_older_file,
    "restored": a_restored_backup,
    "other dimension": lambda folder: VectorIndex(3).save(folder / VECTORS, "x"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_useless_index_file_is_rebuilt_from_stored_vectors(
    stored: Path, embedder: CountingEmbedder, damage: Callable[[Path], object]
) -> None:
    with Library.open(stored, FakeEmbedder) as library:
        expected = library.search("delegate number3", k=20)
    damage(stored)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with Library.open(stored, lambda: embedder) as library:
            assert library.verify() == []
            assert library.search("delegate number3", k=20)[:3] == expected[:3]
            library.search("again")
            assert embedder.texts == 2, "the queries alone"
            library.add(story(60))
        with Library.open(stored, lambda: embedder) as library:
            library.search("once more")
            assert library.verify() == []
    assert [warning.category for warning in caught] == [RuntimeWarning]
    assert str(stored / VECTORS) in str(caught[0].message)
    assert "rebuilt from the stored vectors" in str(caught[0].message)


def test_a_process_that_died_before_saving_costs_one_warning(folder: Path) -> None:
    library = Library(folder, FakeEmbedder)
    library.add(story(1))
    drop(library)
    with Library.open(folder, FakeEmbedder) as later, pytest.warns(RuntimeWarning, match="is missing") as caught:
        assert found_by(later, "council") == {story(1).id}
    assert len(caught) == 1
    with Library.open(folder, FakeEmbedder) as later:
        assert found_by(later, "council") == {story(1).id}


def test_the_index_can_be_saved_between_batches(library: Library, folder: Path) -> None:
    library.save_index()
    assert not (folder / VECTORS).exists(), "nothing to save yet"
    library.add(story(1))
    library.save_index()
    with Library.open(folder, FakeEmbedder) as other:
        assert found_by(other, "council") == {story(1).id}


def test_nobody_writes_or_saves_while_an_index_is_saved(
    library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slower process cannot put an older index over a newer one."""
    save, refused = VectorIndex.save, []

    def save_beside_another(index: VectorIndex, path: Path, state: str) -> None:
        other = sqlite3.connect(folder / DATABASE, timeout=0, isolation_level=None)
        try:
            other.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            refused.append(str(error))
        other.close()
        save(index, path, state)

    library.add(story(1))
    monkeypatch.setattr(VectorIndex, "save", save_beside_another)
    library.save_index()
    assert refused == ["database is locked"]


def test_use_that_needs_no_index_leaves_it_alone(stored: Path) -> None:
    (stored / VECTORS).unlink()
    with Library.open(stored, FakeEmbedder) as library:
        assert library.get(story(1).id) in library.articles()
        assert library.stats().articles == 10
        assert library.verify() == []
    assert not (stored / VECTORS).exists()


def test_an_index_that_cannot_be_written_is_said_and_the_database_still_closed(folder: Path) -> None:
    library = Library(folder, FakeEmbedder)
    library.add(story(1))
    (folder / VECTORS).mkdir()
    with pytest.warns(RuntimeWarning, match="unreadable"), pytest.raises(LibraryError, match="cannot be written"):
        library.close()
    with pytest.raises(sqlite3.ProgrammingError):
        library.articles()


# ── damage ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def garbage(folder: Path) -> None:
    (folder / DATABASE).write_bytes(b"These are not the bytes you are looking for. " * 400)


def truncated(folder: Path) -> None:
    os.truncate(folder / DATABASE, (folder / DATABASE).stat().st_size // 2)


def zeroed(page: int) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        with (folder / DATABASE).open("r+b") as file:
            file.seek((page - 1) * 4096)
            file.write(b"\0" * 4096)

    damage.__name__ = f"page {page}"
    return damage


# A library of ten stories has some 45 pages, of tables, indices, overflowing texts and FTS5 segments.
@pytest.mark.parametrize("damage", [garbage, truncated, *map(zeroed, range(1, 46))], ids=lambda damage: damage.__name__)
def test_a_damaged_database_is_said_to_be_damaged(stored: Path, damage: Callable[[Path], None]) -> None:
    size = (stored / DATABASE).stat().st_size
    with Library.open(stored, FakeEmbedder) as library:
        intact = library.articles(), [hit.passage for hit in library.search("delegate number3", k=50)]
    damage(stored)
    said: list[str] = []

    def noting(action: Callable[[Library], object]) -> None:
        try:
            action(library)
        except CorruptLibraryError as error:
            said.append(str(error))

    try:
        library = Library.open(stored, FakeEmbedder)
    except CorruptLibraryError as error:
        said.append(str(error))
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # of an index that no longer fits
            noting(lambda library: list(map(library.get, (article.id for article in library.articles()))))
            noting(lambda library: library.search("delegate number3", k=50))
            noting(lambda library: said.extend(library.verify()))
            if not said:  # a page that holds nothing
                assert library.articles() == intact[0]
                assert [hit.passage for hit in library.search("delegate number3", k=50)] == intact[1]
            drop(library)
    used = damage.__name__ in ("garbage", "truncated") or int(damage.__name__.split()[1]) * 4096 <= size
    assert said or not used
    assert all(
        line.startswith(("database: ", "word index: ", "article ", "passage ")) or "restore" in line for line in said
    )


def test_nothing_is_quoted_from_a_damaged_text(stored: Path) -> None:
    damaged = story(3).id
    raw(stored, "UPDATE articles SET text = replace(text, 'praised', 'damned!') WHERE id = ?", parameters=[damaged])
    with Library.open(stored, FakeEmbedder) as library:
        remedy = f"article {damaged} is damaged: `qa delete {damaged}` and ingest it again"
        for reading in (library.get, library.passages, lambda _: library.articles(), library.search):
            with pytest.raises(CorruptLibraryError, match=remedy):
                reading(f"{damaged}" if reading != library.search else "delegate number3")
        with pytest.raises(CorruptLibraryError, match=remedy):
            library.rebuild()
        library.delete(damaged)
        assert library.verify() == []
        assert library.add(story(3)).outcome is Outcome.ADDED


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE articles SET text = text || '!' WHERE number = 2", f"article {story(1).id}: its text is not"),
        ("UPDATE articles SET text = x'ff00' WHERE number = 2", f"article {story(1).id}: its text is not"),
        ("DELETE FROM passages WHERE article = 2", f"article {story(1).id}: it has no passage"),
        ("UPDATE passages SET start = -1 WHERE number = 1", "its offsets lie outside the text"),
        ('UPDATE passages SET "end" = 99999 WHERE number = 1', "its offsets lie outside the text"),
        ('UPDATE passages SET "end" = start WHERE number = 1', "its offsets lie outside the text"),
        ("UPDATE passages SET sentences = '[[0, 99999]]' WHERE number = 1", "its sentences do not lie inside it"),
        ("UPDATE passages SET sentences = 'what' WHERE number = 1", "its sentences do not lie inside it"),
        ("UPDATE passages SET vector = x'0000' WHERE number = 1", "its vector is damaged"),
        ("UPDATE passages SET vector = zeroblob(256) WHERE number = 1", "its vector is damaged"),
        ("UPDATE passages SET vector = x'" + "ff" * 256 + "' WHERE number = 1", "its vector is damaged"),  # NaN
        ("DELETE FROM words WHERE rowid = 1", "passage 1 of article " + story(0).id + ": it is missing from the word"),
        ("UPDATE words SET text = 'other words' WHERE rowid = 1", "the word index holds other words"),
        ("UPDATE words SET title = 'other' WHERE rowid = 1", "the word index holds other words"),
        ("INSERT INTO words (rowid, text) VALUES (999, 'stray')", "word index: row 999 belongs to no passage"),
        ("DELETE FROM words_data WHERE id > 10", "word index: database disk image is malformed"),
        ("DELETE FROM articles WHERE number = 2", "of passages points to nothing"),
        ("DELETE FROM meta WHERE key = 'embedder_dimension'", "the embedder on record is unreadable"),
        ("DELETE FROM meta WHERE key = 'state'", "the state is not on record"),
    ],
)
def test_verify_names_each_kind_of_damage(stored: Path, statement: str, problem: str) -> None:
    with Library.open(stored, FakeEmbedder) as library:
        assert library.verify() == []
        raw(stored, statement)
        assert any(problem in line for line in library.verify()), library.verify()
        drop(library)


@pytest.mark.parametrize(
    "statement",
    [
        'UPDATE passages SET "end" = 99999',
        "UPDATE passages SET sentences = 'what' WHERE number = 1",
        "UPDATE passages SET vector = x'0000'",
        "DELETE FROM words",
        "DELETE FROM words_data WHERE id > 10",
        "INSERT INTO words (rowid, text) VALUES (999, 'stray')",
    ],
)
def test_a_rebuild_mends_what_is_derived(stored: Path, statement: str) -> None:
    raw(stored, statement)
    with Library.open(stored, FakeEmbedder) as library:
        library.rebuild()
        assert library.verify() == []
        assert story(3).id in found_by(library, "delegate number3")


def test_a_stored_vector_of_the_wrong_size_is_said_where_it_is_needed(stored: Path) -> None:
    raw(stored, "UPDATE passages SET vector = x'0000' WHERE number = 1")
    (stored / VECTORS).unlink()
    with Library.open(stored, FakeEmbedder) as library, warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        with pytest.raises(CorruptLibraryError, match=r"stored vector is damaged.*qa library rebuild"):
            library.search("council")
        library.rebuild()
        assert library.search("council")


def test_verify_compares_an_index_file_of_the_present_state(stored: Path) -> None:
    with Library.open(stored, FakeEmbedder) as library:
        state = db.state(library._connection)
        ids, vectors = VectorIndex.load(stored / VECTORS, 64)[0].vectors()
        for other_ids, other_vectors, problem in (
            ([*ids[:-1], 999], vectors, "vectors.faiss: it holds other passages than the database"),
            (ids[:-1], vectors[:-1], "vectors.faiss: it holds other passages than the database"),
            (ids, vectors[::-1].copy(), "vectors.faiss: the vector of passage"),
        ):
            forged = VectorIndex(64)
            forged.add(other_ids, other_vectors)
            forged.save(stored / VECTORS, state)
            assert problem in library.verify()[0]


def test_an_index_that_holds_what_the_database_does_not_cannot_put_it_into_hits(stored: Path) -> None:
    with Library.open(stored, FakeEmbedder) as library:
        state = db.state(library._connection)
        forged = VectorIndex(64)
        forged.add([998, 999], FakeEmbedder().encode(["council", "budget"]))
        forged.save(stored / VECTORS, state)
        assert {hit.passage.article_id for hit in library.search("council", k=50)} <= {story(n).id for n in range(10)}


def test_a_library_from_a_newer_version_is_refused(stored: Path) -> None:
    raw(stored, f"PRAGMA user_version = {len(db.MIGRATIONS) + 1}")
    with pytest.raises(LibraryError, match="newer citewire"):
        Library.open(stored, FakeEmbedder)


def test_a_folder_that_is_none_or_holds_nothing(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="qa ingest"):
        Library.open(tmp_path / "nowhere", FakeEmbedder)
    (tmp_path / "file").write_text("x")
    with pytest.raises(LibraryError, match="cannot hold a library"):
        Library(tmp_path / "file", FakeEmbedder)


def test_closing_twice_is_harmless(folder: Path) -> None:
    library = Library(folder, FakeEmbedder)
    library.add(story(1))
    library.close()
    library.close()


# ── the embedder on record ───────────────────────────────────────────────────────────────────────────────────────────

RECORDED = ("minilm", 64, "a" * 64)


@pytest.mark.parametrize(
    ("recorded", "offered", "same"),
    [
        (RECORDED, ("minilm", 64, "a" * 64), True),
        (RECORDED, ("a folder", 64, "a" * 64), True),  # the same weights under another name
        (RECORDED, ("minilm", 64, "b" * 64), False),
        (RECORDED, ("minilm", 32, "a" * 64), False),
        (RECORDED, ("other", 64, None), False),
        (RECORDED, ("minilm", 64, None), True),
        (("fake", 64, None), ("fake", 64, None), True),
        (("fake", 64, None), ("other", 64, None), False),
        (("fake", 64, None), ("fake", 32, None), False),
    ],
)
def test_an_embedder_is_known_by_its_weights_or_else_by_its_name(
    folder: Path, recorded: tuple[str, int, str | None], offered: tuple[str, int, str | None], same: bool
) -> None:
    with Library(folder, lambda: CountingEmbedder(*recorded)) as library:
        library.add(story(1))
    with Library.open(folder, lambda: CountingEmbedder(*offered)) as library:
        if same:
            assert library.search("council")
            assert library.add(story(2)).outcome is Outcome.ADDED
            return
        remedy = rf"made by {recorded[0]}.*qa library rebuild --embedder {offered[0]}`"
        for use in (lambda: library.search("council"), lambda: library.add(story(2)), lambda: library.embedder):
            with pytest.raises(EmbedderMismatchError, match=remedy):
                use()
        assert library.add(story(1)).outcome is Outcome.UNCHANGED
        assert library.articles() == [story(1)]


def test_equal_names_are_told_apart_in_the_message(folder: Path) -> None:
    with Library(folder, lambda: CountingEmbedder("minilm", 64, "a" * 64)) as library:
        library.add(story(1))
    with Library.open(folder, lambda: CountingEmbedder("minilm", 64, "b" * 64)) as library:
        refused = pytest.raises(EmbedderMismatchError, match=r"SHA-256 aaaaaaaaaaaa….*SHA-256 bbbbbbbbbbbb…")
        with refused:
            library.search("council")


def test_a_rebuild_switches_the_embedder(stored: Path) -> None:
    other = CountingEmbedder("other", 32)
    with Library.open(stored, FakeEmbedder) as library:
        before = library.stats().passages
        assert library.rebuild(other) == before
        stats = library.stats()
        assert (stats.embedder, stats.dimension, stats.passages) == ("other", 32, before)
        assert library.embedder is other
        assert story(3).id in found_by(library, "delegate number3")
        assert library.add(story(20)).outcome is Outcome.ADDED
        assert library.verify() == []
    with Library.open(stored, lambda: other) as library:
        assert story(3).id in found_by(library, "delegate number3")
    with Library.open(stored, FakeEmbedder) as library, pytest.raises(EmbedderMismatchError):
        library.search("council")


def test_a_rebuild_that_dies_half_way_leaves_the_old_state(folder: Path) -> None:
    fill(folder, range(40))  # more than are embedded together
    other = CountingEmbedder("other", 32)
    other.dies_after = 100
    with Library.open(folder, FakeEmbedder) as library:
        before, hits = library.stats(), library.search("delegate number3")
        with pytest.raises(KeyboardInterrupt):
            library.rebuild(other)
        assert other.texts > 100
        assert library.stats() == before
        assert library.search("delegate number3") == hits
        assert library.add(story(50)).outcome is Outcome.ADDED
        assert library.verify() == []


def test_a_rebuild_that_dies_while_writing_leaves_the_old_state(stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def dying(*_: object) -> None:
        raise KeyboardInterrupt

    with Library.open(stored, FakeEmbedder) as library:
        hits = library.search("delegate number3")
        with monkeypatch.context() as patched:
            patched.setattr("qa.library.rows.insert_passages", dying)
            with pytest.raises(KeyboardInterrupt):
                library.rebuild(CountingEmbedder("other", 32))
        assert library.search("delegate number3") == hits
        assert library.verify() == []


def test_a_rebuild_refuses_to_lose_what_was_added_meanwhile(stored: Path) -> None:
    class Interrupted(FakeEmbedder):
        def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
            fill(stored, [70])
            return super().encode(texts)

    with Library.open(stored, FakeEmbedder) as library:
        with pytest.raises(LibraryError, match="changed during the rebuild: run it again"):
            library.rebuild(Interrupted())
        assert len(library.articles()) == 11
        assert library.verify() == []


def test_a_rebuild_elsewhere_is_noticed_by_an_open_library(stored: Path) -> None:
    with Library.open(stored, FakeEmbedder) as reader:
        assert reader.search("council")
        with Library.open(stored, FakeEmbedder) as library:
            library.rebuild(CountingEmbedder("other", 32))
        for use in (lambda: reader.search("council"), lambda: reader.add(story(50))):
            with pytest.raises(EmbedderMismatchError):
                use()
        assert reader.verify() == []


# ── other processes, other threads ───────────────────────────────────────────────────────────────────────────────────


def in_another_process(folder: Path, script: str) -> None:
    head = (
        "import sys; from pathlib import Path; from qa.library import Library; from qa.types import Article\n"
        "from qa.models.embedder import FakeEmbedder; library = Library.open(Path(sys.argv[1]), FakeEmbedder)\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", head + script, str(folder)], cwd=ROOT, check=True, timeout=60)


def test_what_another_process_does_is_seen_at_once(stored: Path) -> None:
    with Library.open(stored, FakeEmbedder) as library:
        hits = library.search("delegate number3", k=50)
        assert story(3).id in {hit.passage.article_id for hit in hits}
        change = f"library.delete('{story(3).id}'); library.add(Article('A zeppelin came.', 'Sky', 'sky.txt'))"
        in_another_process(stored, change)  # and not closed
        assert story(3).id not in found_by(library, "delegate number3", k=50)
        assert story(3).id not in {hit.passage.article_id for hit in library.still_held(hits)}
        assert library.search("zeppelin")[0].passage.text == "A zeppelin came."
        with pytest.raises(NotFoundError):
            library.get(story(3).id)
        assert library.stats().articles == 10
        assert library.verify() == []


def test_what_another_library_object_does_is_seen_at_once(stored: Path) -> None:
    with Library.open(stored, FakeEmbedder) as one, Library.open(stored, FakeEmbedder) as other:
        for number in range(5):
            assert story(number).id in found_by(one, f"delegate number{number}", k=50)
            other.delete(story(number).id)
            assert story(number).id not in found_by(one, f"delegate number{number}", k=50)
            one.add(story(number + 20))
            assert story(number + 20).id in found_by(other, f"delegate number{number + 20}", k=50)


def test_the_same_articles_added_from_two_sides_are_there_once(folder: Path) -> None:
    """Both find the text new and embed it; only one may store it."""
    both_embedding = threading.Barrier(2, timeout=30)

    class Meeting(FakeEmbedder):
        def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
            both_embedding.wait()
            return super().encode(texts)

    outcomes: list[Outcome] = []

    def add() -> None:
        with Library(folder, Meeting) as library:
            outcomes.extend(added.outcome for added in library.add_many([story(1), story(2)]))

    threads = [threading.Thread(target=add) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [Outcome.ADDED] * 2 + [Outcome.UNCHANGED] * 2
    with Library.open(folder, FakeEmbedder) as library:
        assert len(library.articles()) == 2
        assert library.verify() == []


def test_two_embedders_cannot_both_be_first(folder: Path) -> None:
    """Each finds no embedder on record when it is loaded; the second to store is refused."""
    with Library(folder, FakeEmbedder) as one, Library(folder, lambda: CountingEmbedder("other")) as other:
        assert one.embedder.info != other.embedder.info
        one.add(story(1))
        with pytest.raises(EmbedderMismatchError):
            other.add(story(2))
        assert one.verify() == []


def test_searches_go_on_while_articles_come_and_go(folder: Path) -> None:
    articles = {story(number).id: story(number) for number in range(40)}
    failures: list[BaseException] = []
    done = threading.Event()
    searches = [0] * 8

    def search(library: Library, worker: int) -> None:
        try:
            while not done.is_set():
                for hit in library.search(f"delegate number{worker} of the council", k=8):
                    article = articles[hit.passage.article_id]
                    assert hit.passage.text == article.text[hit.passage.start : hit.passage.end]
                searches[worker] += 1
        except BaseException as error:
            failures.append(error)

    with Library(folder, FakeEmbedder) as library:
        list(library.add_many(list(articles.values())[:10]))
        threads = [threading.Thread(target=search, args=(library, worker)) for worker in range(8)]
        for thread in threads:
            thread.start()
        until = time.monotonic() + 2
        held = set(list(articles)[:10])
        while time.monotonic() < until and not failures:
            for number, article in enumerate(articles.values()):
                if article.id in held:
                    library.delete(article.id)
                    held.remove(article.id)
                elif number % 2:
                    library.add(article)
                    held.add(article.id)
        done.set()
        for thread in threads:
            thread.join()
        assert failures == []
        assert min(searches) > 0
        assert {article.id for article in library.articles()} == held
        assert library.verify() == []


# ── stats ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_stats_count_what_is_there(library: Library, folder: Path) -> None:
    size = sum(file.stat().st_size for file in folder.iterdir())
    assert library.stats() == LibraryStats(0, 0, 0, 0, None, None, None, None, 0, size)
    list(library.add_many(DATED))
    stats = library.stats()
    assert stats.articles == 5
    assert stats.passages == sum(len(library.passages(article.id)) for article in DATED)
    assert stats.words == sum(article.words for article in DATED)
    assert (stats.outlets, stats.first_date, stats.last_date) == (3, "2024-01-01", "2024-03-02")
    assert (stats.embedder, stats.dimension, stats.generation) == ("fake", 64, 5)
    assert stats.bytes == sum(file.stat().st_size for file in folder.iterdir())
