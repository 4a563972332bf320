"""Pairs of question and passage, answerable and not, that the answer score learns from."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qa.evaluation.suites.files import read_lines
from qa.models.focus import focus
from qa.text.sentences import split_sentences
from qa.training.corruption import Offer, corrupt

REPORTED = 400  # questions of each kind about reported speech
_PASSAGE_WORDS = 75
_FEWEST_LEFT = 12  # words of what is left of a passage without the sentence that answers
_PERSON = re.compile(r"[A-Z][\w’'.-]+(?: [A-Z][\w’'.-]+){0,3}")
_CUES = {"said", "says", "warned", "argued", "claimed", "added", "told", "announced", "insisted", "wrote"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A question beside a passage; ``answer`` is the passage's words that answer it, if they are known.

    Pairs of one ``group`` share an article and stay together in cross-validation.
    """

    group: str
    question: str
    passage: str
    answerable: bool
    answer: str | None = None


def questions(data: Path, written: Path, seed: int) -> list[Asked]:
    """All pairs, in random order, the same for the same ``seed``; ``written`` is what `qa.training.writing` wrote."""
    rng = random.Random(seed)  # noqa: S311
    pairs = [*_squad(data, rng), *_clapnq(data, rng), *_reported(data, rng), *_written(written, rng)]
    rng.shuffle(pairs)
    return pairs


def _squad(data: Path, rng: random.Random) -> Iterator[Asked]:
    for row in read_lines(data / "squad2.jsonl.gz"):
        text, question, group = row["context"], row["question"], row["title"].replace("_", " ")
        if not row["answerable"]:
            yield Asked(group, question, focus(text, question, _PASSAGE_WORDS), False)
            continue
        answer = row["answers"][0]
        with_answer, without = _divided(text, answer["start"], answer["start"] + len(answer["text"]), rng)
        yield Asked(group, question, with_answer, True, answer["text"])
        if without and rng.random() < 0.3 and not _has_any(without, row["answers"]):
            yield Asked(group, question, without, False)


def _has_any(text: str, answers: Sequence[dict[str, Any]]) -> bool:
    return any(answer["text"].casefold() in text.casefold() for answer in answers)


def _divided(text: str, start: int, end: int, rng: random.Random) -> tuple[str, str | None]:
    """One to four sentences with the characters from ``start`` to ``end``, and the longer part without them."""
    spans = list(split_sentences(text))
    place = max((p for p, span in enumerate(spans) if span.start <= start), default=0)
    first, last = max(0, place - rng.randint(0, 2)), min(len(spans), place + 1 + rng.randint(0, 1))
    window = text[spans[first].start : max(spans[last - 1].end, end)]
    before, after = text[: spans[place].start], text[spans[place].end :]
    rest = max(before, after, key=len).strip()
    return window, " ".join(rest.split()[:_PASSAGE_WORDS]) if len(rest) > 60 else None


def _clapnq(data: Path, rng: random.Random) -> Iterator[Asked]:
    for name, answerable in (("clapnq_answerable", True), ("clapnq_unanswerable", False)):
        for row in read_lines(data / f"{name}.jsonl.gz"):
            passage = row["passages"][0]
            chosen = row["output"][0].get("selected_sentences") or ()
            text = passage["text"]
            yield Asked(passage["title"], row["input"], text, answerable, chosen[0] if answerable and chosen else None)


def _reported(data: Path, rng: random.Random) -> Iterator[Asked]:
    """Questions about who said what in the news, right and wrong."""
    rows = list(read_lines(data / "polnear_train.jsonl.gz"))
    asked = made = 0
    for row in rng.sample(rows, len(rows)):
        if asked >= REPORTED and made >= REPORTED:
            return
        offer = Offer(row["text"])
        found = [one for one in row["annotations"][0]["attributions"] if _usable(one)]
        for one in rng.sample(found, min(2, len(found))):
            speaker, content = one["source"][0][2], " ".join(one["content"][0][2].split()).strip("“”\"'., ")
            start = min(part[0] for key in ("source", "cue", "content") for part in one[key])
            end = max(part[1] for key in ("source", "cue", "content") for part in one[key])
            window, _ = _divided(row["text"], start, end, rng)
            if speaker not in window:
                continue
            if asked < REPORTED:
                asked += 1
                yield Asked(row["id"], f"What did {speaker} say?", window, True)
                silent = _names_but_silent(offer.sentences, speaker)
                if silent:
                    yield Asked(row["id"], f"What did {speaker} say?", silent, False)
            if made < REPORTED and 5 <= len(content.split()) <= 18:
                made += 1
                yield Asked(row["id"], f"Who said that {content}?", window, True, speaker)
                wrong = corrupt(content, offer, rng)
                if wrong is not None:
                    yield Asked(row["id"], f"Who said that {wrong.text}?", window, False)


def _written(path: Path, rng: random.Random) -> Iterator[Asked]:
    """Questions about news sentences: with the sentence, without it, and about somebody or something else."""
    for row in read_lines(path):
        before = row["before"][len(row["before"]) - rng.randint(0, len(row["before"])) :]
        after = row["after"][: rng.randint(0, len(row["after"]))]
        window = " ".join((*before, row["sentence"], *after))
        yield Asked(row["group"], row["question"], window, True, row["answer"])
        without = " ".join((*row["before"], *row["after"]))
        if len(without.split()) >= _FEWEST_LEFT and row["answer"] not in without:
            yield Asked(row["group"], row["question"], without, False)
        offer = Offer(" ".join((*row["before"], row["sentence"], *row["after"])))
        wrong = corrupt(row["question"], offer, rng, kinds=("name", "number", "date", "opposite"))
        if wrong is not None:
            yield Asked(row["group"], wrong.text, window, False)


def _usable(attribution: dict[str, Any]) -> bool:
    if not (attribution["source"] and attribution["cue"] and attribution["content"]):
        return False
    speaker, cue = attribution["source"][0][2], attribution["cue"][0][2]
    return _PERSON.fullmatch(speaker) is not None and bool(set(cue.lower().split()) & _CUES)


def _names_but_silent(sentences: Sequence[str], speaker: str) -> str | None:
    """A sentence that mentions ``speaker`` and reports no speech."""
    last = speaker.split()[-1]
    for sentence in sentences:
        if last in sentence and not re.search(r"[“”\"]|\b(?:sa(?:id|ys)|told|" + "|".join(_CUES) + r")\b", sentence):
            return sentence
    return None
