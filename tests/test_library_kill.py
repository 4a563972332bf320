"""A library survives ``kill -9`` at any moment of an ingest: nothing half done, nothing lost that was reported done."""

import subprocess
import sys
import time
import warnings
from pathlib import Path

from qa.library import Library, Outcome
from qa.models.embedder import FakeEmbedder
from qa.types import Article

ROOT = Path(__file__).parent.parent
KILLS = 20

# Adds articles without end, replaces and deletes some, saves the index now and then, and says what is done.
INGEST = """
import sys, warnings
from pathlib import Path
import faiss
from qa.library import Library
from qa.models.embedder import FakeEmbedder
from qa.types import Article

warnings.simplefilter("ignore")
folder, run = Path(sys.argv[1]), sys.argv[2]
print("ready", flush=True)
sys.stdin.readline()

def story(number):
    text = f"Run {run} number {number} tells a story. " + f"The {number} bridges of the town {run} stood. " * 30
    return Article(text, "A story", f"{run}/{number % 7}.txt" if number % 3 else f"{run}-{number}.txt")

library = Library(folder, FakeEmbedder)
for number, added in enumerate(library.add_many(map(story, range(1_000_000)))):
    print("held", added.article.id, added.article.source, flush=True)
    if number % 5 == 0:
        print("gone", library.delete(added.article.id).id, added.article.source, flush=True)
    if number % 11 == 0:
        library.save_index()
"""


def start(folder: Path, run: int) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", INGEST, str(folder), str(run)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def killed_after(child: "subprocess.Popen[str]", delay: float) -> list[list[str]]:
    """What ``child`` reported, whole lines only, until it was killed ``delay`` seconds after its start."""
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    child.stdin.write("go\n")
    child.stdin.flush()
    time.sleep(delay)
    child.kill()
    output = child.stdout.read()
    assert child.wait() == -9, "it was still at work"
    child.stdin.close()
    child.stdout.close()
    return [line.split() for line in output.splitlines(keepends=True) if line.endswith("\n")]


def test_a_library_survives_being_killed(tmp_path: Path) -> None:
    held: dict[str, str] = {}  # by source
    children = [start(tmp_path, 0), start(tmp_path, 1)]  # the next one is importing while this one works
    for run in range(KILLS):
        lines = killed_after(children.pop(0), delay=0.001 + 0.012 * run)
        if run + 2 < KILLS:
            children.append(start(tmp_path, run + 2))
        for what, article_id, source in lines:
            if what == "held":
                held[source] = article_id
            else:
                assert held.pop(source) == article_id
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # the index file may be older than the database
            with Library(tmp_path, FakeEmbedder) as library:
                assert library.verify() == []
                articles = library.articles()
                # What was done when the child died may not have been reported: one article added or deleted, no more.
                assert len({article.id for article in articles} ^ set(held.values())) <= 2
                held = {article.source: article.id for article in articles}
                ours = library.add(Article(f"After run {run} the zeppelin{run} landed.", "Sky", f"after/{run}.txt"))
                assert ours.outcome is Outcome.ADDED
                held[ours.article.source] = ours.article.id
                assert library.search(f"zeppelin{run}")[0].passage.article_id == ours.article.id
    assert len(held) > 2 * KILLS, "the children came as far as adding"
    assert len(list(tmp_path.glob("*.partial"))) <= 1, "half-written index files do not pile up"
