"""The article library: SQLite is the truth, FTS5 finds words, FAISS finds meaning."""

from qa.library.library import Library
from qa.library.query import SearchFilter
from qa.library.records import Added, Deleted, LibraryStats, Outcome

__all__ = ["Added", "Deleted", "Library", "LibraryStats", "Outcome", "SearchFilter"]
