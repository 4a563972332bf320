"""The pairs that the support model learns from: human-labelled ones, and news sentences corrupted on purpose."""

from __future__ import annotations

import random
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from qa.evaluation.suites.files import read_lines
from qa.models.focus import focus
from qa.text.sentences import split_sentences
from qa.text.words import fold
from qa.training.corruption import KINDS, Offer, corrupt
from qa.training.edits import edit_of
from qa.training.rewording import reword
from qa.types import Span

CAPS = {
    "lingnli": 10_000,
    "fever": 5_000,
    "climate_fever": 2_000,
    "covidfact": 1_500,
    "esnli": 2_000,
    "summedits_podcast": 0,
}
"""Most supported, and most unsupported, pairs taken of a set in a round; a set not named is taken whole."""

HELD_BACK = 120  # pairs of each human-labelled set kept out of training, by evidence
NEWS_SENTENCES = 9_000  # in a round
HUMAN_CORRUPTED = 5_000  # in a round
_TELLING_LENGTH = 40  # characters of a sentence that two pairs do not share by chance
_SHORTEST, _LONGEST = 6, 45  # words of a news sentence
_FROM_ELSEWHERE = 0.15  # of the wrong news claims: a true sentence whose evidence is not shown
_VERBATIM = 0.45  # of the claims made of news sentences


@dataclass(frozen=True, slots=True)
class Pair:
    """A claim beside its evidence; ``spans`` are the claim's unsupported words, ``None`` where nobody knows them."""

    source: str
    evidence: str
    claim: str
    supported: bool
    spans: tuple[Span, ...] | None


def human_pairs(path: Path) -> list[Pair]:
    """The labelled pairs of a file, as they are."""
    return [
        Pair(row["source"], row["evidence"], row["claim"], bool(row["supported"]), () if row["supported"] else None)
        for row in read_lines(path)
    ]


def lessons(pairs: Sequence[Pair]) -> list[Pair]:
    """``pairs`` with what can be known of them word by word, their evidence cut to what bears on the claim.

    An unsupported claim that is an edit of a supported one over the same evidence has its edited words marked. Claims
    of several sentences are taken apart: a sentence is supported where it has none of the words that were edited.
    """
    right: dict[tuple[str, str], list[str]] = defaultdict(list)
    for pair in pairs:
        if pair.supported:
            right[pair.source, pair.evidence].append(pair.claim)
    found = []
    for pair in pairs:
        spans = pair.spans if pair.supported else edit_of(pair.claim, right[pair.source, pair.evidence])
        sentences = list(split_sentences(pair.claim))
        if spans is None or len(sentences) < 2:
            found.append(_focused(replace(pair, spans=spans)))
            continue
        for sentence in sentences:
            inside = tuple(
                Span(max(0, span.start - sentence.start), min(sentence.end, span.end) - sentence.start)
                for span in spans
                if span.start < sentence.end and sentence.start < span.end
            )
            claim = pair.claim[sentence.start : sentence.end]
            found.append(_focused(Pair(pair.source, pair.evidence, claim, not inside, inside)))
    return found


def _focused(pair: Pair) -> Pair:
    return replace(pair, evidence=focus(pair.evidence, pair.claim))


def divided(pairs: Sequence[Pair]) -> tuple[list[Pair], list[Pair]]:
    """``pairs`` to learn from and pairs held back, about `HELD_BACK` of each set.

    No claim, and no sentence of evidence, is in both: what would be is dropped from those held back.
    """
    kept: Counter[str] = Counter()
    held_evidence: set[str] = set()
    for pair in sorted(pairs, key=lambda pair: zlib.crc32(pair.evidence[:200].encode())):
        if kept[pair.source] < HELD_BACK:
            kept[pair.source] += 1
            held_evidence.add(pair.evidence[:200])
    learn = [pair for pair in pairs if pair.evidence[:200] not in held_evidence]
    held: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        if pair.evidence[:200] in held_evidence:
            held[pair.source].append(pair)
    known = {key for pair in learn for key in _keys(pair)}
    unseen = ([pair for pair in found if not known & set(_keys(pair))] for found in held.values())
    return learn, [pair for found in unseen for pair in found[: 2 * HELD_BACK]]


def _keys(pair: Pair) -> list[str]:
    """What a pair held back may not share with one that is learned from: the claim, or a sentence of evidence."""
    text = pair.evidence
    sentences = (fold(text[span.start : span.end]).strip() for span in split_sentences(text))
    return [fold(pair.claim), *(sentence for sentence in sentences if len(sentence) >= _TELLING_LENGTH)]


def capped(pairs: Sequence[Pair], rng: random.Random) -> list[Pair]:
    """``pairs`` in random order, no set with more than its cap of either label."""
    taken: Counter[tuple[str, bool]] = Counter()
    out = []
    for pair in rng.sample(pairs, len(pairs)):
        if taken[pair.source, pair.supported] < CAPS.get(pair.source, len(pairs)):
            taken[pair.source, pair.supported] += 1
            out.append(pair)
    return out


def news_texts(data: Path) -> tuple[list[str], list[str]]:
    """News articles to learn from, and others to measure on: PolNeAR's dev part and a fifth of the events."""
    learn = [row["text"] for row in read_lines(data / "polnear_train.jsonl.gz")]
    measure = [row["text"] for row in read_lines(data / "polnear_dev.jsonl.gz")]
    for row in read_lines(data / "giveme5w1h_news.jsonl.gz"):
        event = str(row["newsCluster"]["EventId"])
        (measure if zlib.crc32(event.encode()) % 5 == 0 else learn).append(row["text"] or "")
    return learn, measure


def corrupted_news(texts: Iterable[str], most: int, rng: random.Random) -> list[Pair]:
    """A right and a wrong claim for each of ``most`` sentences of ``texts``, with the sentences around as evidence."""
    places = [
        (offer, place)
        for offer in map(Offer, texts)
        for place, sentence in enumerate(offer.sentences)
        if _SHORTEST <= len(sentence.split()) <= _LONGEST
    ]
    rng.shuffle(places)
    pairs: list[Pair] = []
    kinds = list(KINDS)
    for offer, place in places[:most]:
        sentence = offer.sentences[place]
        evidence = _around(offer.sentences, place, rng)
        pairs.append(Pair("news", evidence, _said(sentence, rng), True, ()))
        if rng.random() < _FROM_ELSEWHERE:
            if other := _elsewhere(offer.sentences, evidence, rng):
                pairs.append(Pair("news:elsewhere", evidence, _said(other, rng), False, None))
            continue
        rarest_first = sorted(
            kinds,
            key=lambda kind: rng.random() * (0.3 if kind in ("cause", "hedge", "date", "speaker", "number") else 1.0),
        )
        for kind in rarest_first:
            made = corrupt(_said(sentence, rng), offer, rng, kinds=[kind])
            if made is not None:
                pairs.append(Pair(f"news:{kind}", _around(offer.sentences, place, rng), made.text, False, made.spans))
                break
    return pairs


def corrupted_human(pairs: Sequence[Pair], most: int, rng: random.Random) -> list[Pair]:
    """Wrong claims made of supported ones in human wording, ``most`` of them."""
    made_pairs: list[Pair] = []
    kinds = [kind for kind in KINDS if kind not in ("speaker",)]
    for pair in rng.sample(pairs, len(pairs)):
        if len(made_pairs) >= most:
            break
        if not pair.supported or pair.source == "esnli":
            continue
        made = corrupt(pair.claim, Offer(f"{pair.evidence} {pair.claim}"), rng, kinds=kinds)
        if made is not None:
            made_pairs.append(Pair(f"{pair.source}:{made.kind}", pair.evidence, made.text, False, made.spans))
    return made_pairs


def _said(sentence: str, rng: random.Random) -> str:
    return sentence if rng.random() < _VERBATIM else reword(sentence, rng)


def _around(sentences: Sequence[str], place: int, rng: random.Random) -> str:
    """The sentence at ``place`` with none to two others before it and after it."""
    if rng.random() < 0.3:
        return sentences[place]
    return " ".join(sentences[max(0, place - rng.randint(0, 2)) : place + 1 + rng.randint(0, 2)])


def _elsewhere(sentences: Sequence[str], evidence: str, rng: random.Random) -> str | None:
    others = [s for s in sentences if s not in evidence and _SHORTEST <= len(s.split()) <= _LONGEST]
    return rng.choice(others) if others else None
