"""`Library`, the one façade over the store: add, delete, get, search, verify, rebuild."""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Protocol, Self

from qa.errors import InputError, LibraryError, NotFoundError
from qa.library import db, rows
from qa.library.check import problems
from qa.library.fusion import reciprocal_rank_fusion
from qa.library.keeper import IndexKeeper
from qa.library.prepare import Prepared, batches, prepare
from qa.library.provenance import record_embedder, recorded_embedder, refuse_other_embedder
from qa.library.query import SearchFilter, allowed_passages, word_ranking
from qa.library.records import Added, Deleted, LibraryStats, Outcome
from qa.models.embedder import Embedder, EmbedderInfo
from qa.types import STDIN, Article, Attribution, Hit, Passage

DATABASE = "library.db"
VECTORS = "vectors.faiss"

CANDIDATES = 50  # of each ranking, before fusion

_ID_START = re.compile(r"[0-9a-f]+")


class SpeechReading(Protocol):
    """Whatever finds the attributions of a text; ``name`` changes where it would find others."""

    @property
    def name(self) -> str:
        """What identifies its findings."""
        ...

    def read(self, text: str) -> tuple[Attribution, ...]:
        """The attributions of ``text`` in order."""
        ...


class Library:
    """A folder with articles in it, safe to use from many threads and beside other processes.

    ``load_embedder`` is called when vectors are first needed, so that listing or deleting articles stays fast.
    Call `close` or `save_index` after a batch of changes: other processes then find the vector index ready.
    """

    def __init__(self, folder: Path, load_embedder: Callable[[], Embedder]) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LibraryError(f"{folder} cannot hold a library: {error.strerror}; name another folder") from error
        self.folder = folder
        self._load_embedder = load_embedder
        self._embedder: Embedder | None = None
        self._embedder_lock = threading.Lock()  # taken before _lock, never while holding it
        self._lock = threading.RLock()
        self._closed = False
        self._path = folder / DATABASE
        self._connection = db.connect(self._path)
        try:
            with self._using():
                self._keeper = IndexKeeper(self._connection, folder / VECTORS)
        except BaseException:
            self._connection.close()
            raise

    @classmethod
    def open(cls, folder: Path, load_embedder: Callable[[], Embedder]) -> Self:
        """The library that already exists in ``folder``.

        Raises:
            NotFoundError: there is none.
        """
        if not (folder / DATABASE).is_file():
            raise NotFoundError(
                f"no library in {folder}: add articles with `qa ingest PATH…`, or name one with --library"
            )
        return cls(folder, load_embedder)

    def close(self) -> None:
        """Save the vector index if there is news for its file, and let go of the database; again is harmless."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            try:
                if self._keeper.has_news:
                    self.save_index()
            finally:
                self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def embedder(self) -> Embedder:
        """The model that makes this library's vectors.

        Raises:
            EmbedderMismatchError: the library's vectors were made by another one.
        """
        with self._embedder_lock:
            if self._embedder is None:
                embedder = self._load_embedder()
                with self._using():
                    refuse_other_embedder(self._connection, embedder.info, self.folder)
                self._embedder = embedder
            return self._embedder

    # ── adding and deleting ──────────────────────────────────────────────────────────────────────────────────────

    def add(self, article: Article) -> Added:
        """What became of ``article``; see `add_many`."""
        return next(self.add_many([article]))

    def add_many(self, articles: Iterable[Article]) -> Iterator[Added]:
        """What became of each article, in order, each in a transaction of its own.

        The same text is not added twice. Another text under the same source replaces the old article. The same text
        from the same source with other metadata updates the metadata.
        """
        for batch in batches(articles):
            fresh = {article.id: article for article in batch if not self._holds(article.id)}
            prepared = dict(zip(fresh, self._prepare(list(fresh.values())), strict=True))
            for article in batch:
                yield self._add(article, prepared.get(article.id))

    def _add(self, article: Article, prepared: Prepared | None) -> Added:
        if prepared is None:
            with self._writing():
                updated = self._update(article)
            if updated is not None:
                return updated
            (prepared,) = self._prepare([article])  # it was held when its batch began, and is gone since
        with self._writing():
            return self._update(article) or self._insert(article, prepared)

    def _update(self, article: Article) -> Added | None:
        """What became of ``article``, or ``None`` where its text is new; call it inside a write."""
        row = self._connection.execute("SELECT * FROM articles WHERE id = ?", (article.id,)).fetchone()
        if row is None:
            return None
        known = rows.article_of(row)
        if known.source != article.source:  # a wire story under two sources stays one article
            replaced = self._delete_source(article.source)
            return Added(article, Outcome.REPLACED if replaced else Outcome.UNCHANGED, 0)
        if known == article:
            return Added(article, Outcome.UNCHANGED, 0)
        rows.update_metadata(self._connection, article)
        return Added(article, Outcome.REPLACED, 0)

    def _insert(self, article: Article, prepared: Prepared) -> Added:
        self._put_on_record(prepared.embedder)
        replaced = self._delete_source(article.source)
        return self._stored(article, prepared, Outcome.REPLACED if replaced else Outcome.ADDED)

    def _stored(self, article: Article, prepared: Prepared, outcome: Outcome, place: int | None = None) -> Added:
        number = rows.insert_article(self._connection, article, place)
        rows.insert_passages(self._connection, number, article.title, prepared.passages, prepared.vectors)
        return Added(article, outcome, len(prepared.passages))

    def _put_on_record(self, info: EmbedderInfo) -> None:
        # Read anew in every write: another process may have rebuilt the library with another model meanwhile.
        refuse_other_embedder(self._connection, info, self.folder)
        if recorded_embedder(self._connection) is None:
            record_embedder(self._connection, info)

    def _delete_source(self, source: str) -> bool:
        # Standard input has no name of its own: one pasted text never replaces another.
        if source == STDIN:
            return False
        return self._connection.execute("DELETE FROM articles WHERE source = ?", (source,)).rowcount > 0

    def _holds(self, article_id: str) -> bool:
        with self._using():
            return self._has("id", article_id)

    def _has(self, column: str, value: str | int) -> bool:
        found = self._connection.execute(f"SELECT 1 FROM articles WHERE {column} = ?", (value,))  # noqa: S608
        return found.fetchone() is not None

    def _prepare(self, articles: Sequence[Article]) -> list[Prepared]:
        """The passages of each article with their vectors, all embedded in one go; never call it inside a write."""
        return prepare(articles, self.embedder) if articles else []

    def delete(self, article_id: str) -> Article:
        """The article that was deleted, found as by `get`: gone from words, vectors and answers, for every process.

        Raises:
            NotFoundError: there is no such article, or several.
        """
        return self.take_out(article_id).article

    def take_out(self, article_id: str) -> Deleted:
        """What `delete` gives, with the place that `put_back` needs."""
        with self._writing():
            row = self._row(article_id)
            self._connection.execute("DELETE FROM articles WHERE number = ?", (row["number"],))
            return Deleted(rows.unchecked_article_of(row), row["number"])  # deleting is the remedy for a damaged one

    def put_back(self, deleted: Deleted) -> Added:
        """What became of an article that was deleted: added again as it was, at its place.

        It is unchanged where its text was added meanwhile.

        Raises:
            InputError: another text has come from its source meanwhile, which it would replace.
        """
        article, place = deleted
        (prepared,) = self._prepare([article])
        with self._writing():
            if self._has("id", article.id):
                return Added(article, Outcome.UNCHANGED, 0)
            if article.source != STDIN and self._has("source", article.source):
                raise InputError(f"{article.source}: added with another text meanwhile; delete that article first")
            self._put_on_record(prepared.embedder)
            free = not self._has("number", place)  # it is taken where a backup was put back meanwhile
            return self._stored(article, prepared, Outcome.ADDED, place if free else None)

    def describe(self, article_id: str, **changes: str | None) -> Article:
        """The article, found as by `get`, with ``changes`` to its title, outlet, author or date.

        Its text stays, and so do its id and all citations.

        Raises:
            NotFoundError: there is no such article, or several.
        """
        with self._writing():
            known = rows.article_of(self._row(article_id))
            described = replace(known, **changes)  # type: ignore[arg-type]
            if described != known:
                rows.update_metadata(self._connection, described)
            return described

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────

    def get(self, article_id: str) -> Article:
        """The article with this id, or with an id that starts so if only one does.

        Raises:
            NotFoundError: none does, or several do.
        """
        with self._using():
            return rows.article_of(self._row(article_id))

    def _row(self, article_id: str) -> sqlite3.Row:
        start = article_id.lower()
        found = []
        if _ID_START.fullmatch(start):
            within = "SELECT * FROM articles WHERE id >= ? AND id < ? LIMIT 2"
            found = self._connection.execute(within, (start, start + "g")).fetchall()  # "g" follows every hex digit
        if not found:
            raise NotFoundError(f"no article {article_id!r} in {self.folder}: see `qa articles`")
        if len(found) > 1:
            raise NotFoundError(f"several articles begin with {article_id!r}: give more digits of the id")
        row: sqlite3.Row = found[0]
        return row

    def articles(self, where: SearchFilter | None = None) -> list[Article]:
        """All articles that pass ``where``, in the order they were added."""
        condition, parameters = (where or SearchFilter()).sql()
        with self._using():
            found = self._connection.execute(
                f"SELECT * FROM articles {f'WHERE {condition}' if condition else ''} ORDER BY number",  # noqa: S608
                parameters,
            )
            return [rows.article_of(row) for row in found]

    def search(self, query: str, k: int = 8, where: SearchFilter | None = None) -> list[Hit]:
        """The ``k`` best passages for ``query``, best first: nearest vectors and BM25 over words, fused by rank.

        Raises:
            ValueError: ``k`` below 1.
        """
        if k < 1:
            raise ValueError(f"a search is for at least one passage, not {k}")
        with self._using():
            if recorded_embedder(self._connection) is None:
                return []
        embedder = self.embedder
        vector = embedder.encode([query])[0]
        with self._using(), db.reading(self._connection):
            refuse_other_embedder(self._connection, embedder.info, self.folder)
            allowed = allowed_passages(self._connection, where)
            index = self._keeper.synced(embedder.info.dimension)
            dense = [number for number, _ in index.search(vector, CANDIDATES, allowed)]
            words = word_ranking(self._connection, query, CANDIDATES, allowed)
            fused = reciprocal_rank_fusion([dense, words])
            return self._hits(fused[:k])

    def _hits(self, scored: Iterable[tuple[int, float]]) -> list[Hit]:
        hits = []
        for number, score in scored:
            row = self._connection.execute(f"{rows.SELECT_PASSAGES} WHERE passages.number = ?", (number,)).fetchone()
            if row is not None:  # `verify` reports an index that holds what the database does not
                hits.append(Hit(rows.passage_of(row), row["title"], score))
        return hits

    def still_held(self, hits: Sequence[Hit], where: SearchFilter | None = None) -> list[Hit]:
        """Those of ``hits`` whose articles are still in the library and pass ``where``."""
        if not hits:
            return []
        condition, parameters = (where or SearchFilter()).sql()
        ids = {hit.passage.article_id for hit in hits}
        query = f"SELECT id FROM articles WHERE id IN ({', '.join('?' * len(ids))})"  # noqa: S608
        with self._using():
            found = self._connection.execute(f"{query} AND {condition}" if condition else query, [*ids, *parameters])
            held = {article_id for (article_id,) in found}
        return [hit for hit in hits if hit.passage.article_id in held]

    def passages(self, article_id: str) -> list[Passage]:
        """The passages of the article with exactly this id, in its order."""
        with self._using():
            found = self._connection.execute(f"{rows.SELECT_PASSAGES} WHERE id = ? ORDER BY start", (article_id,))
            return [rows.passage_of(row) for row in found]

    def attributions(self, article: Article, reader: SpeechReading) -> tuple[Attribution, ...]:
        """What ``article`` reports to be said, as ``reader`` finds it; stored, so that it is read once.

        An article that the library does not hold is read all the same.
        """
        with self._using():
            row = self._connection.execute(
                "SELECT reader, attributions FROM speech JOIN articles ON number = speech.article WHERE id = ?",
                (article.id,),
            ).fetchone()
        if row is not None and row["reader"] == reader.name:
            with suppress(ValueError, TypeError, KeyError):  # a damaged row is made anew
                return rows.attributions_of(row["attributions"])
        found = reader.read(article.text)
        # Derived from the text alone: neither the generation nor the vector index has to know of it.
        with self._using(), db.exclusive(self._connection):
            self._connection.execute(
                "INSERT OR REPLACE INTO speech SELECT number, ?, ? FROM articles WHERE id = ?",
                (reader.name, rows.stored_attributions(found), article.id),
            )
        return found

    def outlets(self) -> list[str]:
        """The outlets named by the articles, in alphabetical order."""
        with self._using():
            found = self._connection.execute("SELECT DISTINCT outlet FROM articles WHERE outlet IS NOT NULL ORDER BY 1")
            return [outlet for (outlet,) in found]

    def stats(self) -> LibraryStats:
        """Sizes and provenance of the library."""
        with self._using(), db.reading(self._connection):
            outlets, first, last = self._connection.execute(
                "SELECT COUNT(DISTINCT outlet), MIN(date), MAX(date) FROM articles"
            ).fetchone()
            (passages,) = self._connection.execute("SELECT COUNT(*) FROM passages").fetchone()
            words = [len(text.split()) for (text,) in self._connection.execute("SELECT text FROM articles")]
            recorded = recorded_embedder(self._connection)
            return LibraryStats(
                articles=len(words),
                passages=passages,
                words=sum(words),
                outlets=outlets,
                first_date=first,
                last_date=last,
                embedder=recorded.name if recorded else None,
                dimension=recorded.dimension if recorded else None,
                generation=db.generation(self._connection),
                bytes=_bytes_in(self.folder),
            )

    # ── care ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def verify(self) -> list[str]:
        """Everything found wrong with the library, a line each; empty when all is well.

        Reads every article, passage and vector, and compares words, vectors and the index file with them. Searches
        go on meanwhile.
        """
        try:
            with closing(db.connect(self._path)) as connection:
                return problems(connection, self._keeper.path)
        except sqlite3.Error as error:
            raise db.translated(error, self._path) from error

    def rebuild(self, embedder: Embedder | None = None) -> int:
        """The number of passages made anew from the stored texts, with ``embedder`` or the one in use.

        Everything derived is replaced in one transaction; a killed rebuild leaves the old state. Searches go on until
        then.

        Raises:
            LibraryError: the library was changed meanwhile.
        """
        chosen = self.embedder if embedder is None else embedder
        with self._using(), db.reading(self._connection):
            before = db.state(self._connection)
            articles = self.articles()
            titles = {article.id: article.title for article in articles}
        prepared: dict[str, Prepared] = {}
        for batch in batches(articles):
            prepared.update(zip([article.id for article in batch], prepare(batch, chosen), strict=True))
        with self._embedder_lock, self._writing():
            if db.state(self._connection) != before:
                raise LibraryError(f"{self.folder} was changed during the rebuild: run it again")
            rows.delete_passages(self._connection)
            record_embedder(self._connection, chosen.info)
            numbers = self._connection.execute("SELECT number, id FROM articles").fetchall()
            for number, article_id in numbers:
                rows.insert_passages(self._connection, number, titles[article_id], *prepared[article_id][:2])
            self._embedder = chosen
        with self._using():
            self._keeper.start_anew(chosen.info.dimension)
        self.save_index()
        return sum(len(each.passages) for each in prepared.values())

    def save_index(self) -> None:
        """Write the vector index beside the database, if the file there is not already of its present state.

        Raises:
            LibraryError: it cannot be written.
        """
        with self._using():
            recorded = recorded_embedder(self._connection)
            if recorded is None:
                return
            try:
                self._keeper.save(recorded.dimension)
            except OSError as error:
                raise LibraryError(
                    f"{self._keeper.path} cannot be written: {error.strerror}; free some space and check the folder"
                ) from error

    # ── the connection ───────────────────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def _using(self) -> Iterator[None]:
        """Hold the connection, and say what SQLite found wrong in our own errors."""
        with self._lock:
            try:
                yield
            except sqlite3.ProgrammingError:
                raise
            except sqlite3.Error as error:
                raise db.translated(error, self._path) from error
            except UnicodeEncodeError as error:
                raise InputError(f"{error.object[:40]!r} is no valid Unicode text: clean or ingest it again") from error

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._using(), db.writing(self._connection):
            self._keeper.before_write()
            yield


def _bytes_in(folder: Path) -> int:
    total = 0
    for file in folder.iterdir():
        with suppress(FileNotFoundError):  # a temporary file of a process that just finished
            total += file.stat().st_size
    return total
