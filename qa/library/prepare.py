"""Articles made ready for the library: cut into passages and embedded, before any transaction begins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple, TypeVar

import numpy as np

from qa.library.vectors import Vectors
from qa.models.embedder import Embedder, EmbedderInfo
from qa.text.passages import split_passages
from qa.types import Article, Passage

BATCH = 32  # articles embedded together

_T = TypeVar("_T")


class Prepared(NamedTuple):
    """What is stored of an article beside itself, and the embedder that made the vectors."""

    passages: list[Passage]
    vectors: Vectors
    embedder: EmbedderInfo


def prepare(articles: Sequence[Article], embedder: Embedder) -> list[Prepared]:
    """The passages of each article with their vectors, all embedded in one go."""
    passages = [split_passages(article, embedder.count_tokens) for article in articles]
    vectors = embedder.encode([passage.text for group in passages for passage in group])
    ends = np.cumsum([len(group) for group in passages])
    parts = np.split(vectors, ends[:-1])
    return [Prepared(group, part, embedder.info) for group, part in zip(passages, parts, strict=True)]


def batches(items: Iterable[_T], size: int = BATCH) -> Iterator[list[_T]]:
    """``items`` in order, ``size`` at a time."""
    source = iter(items)
    while batch := list(islice(source, size)):
        yield batch
