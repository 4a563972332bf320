"""The part of the catalogue that is about articles: reported speech found in them, and neutral summaries of them."""

from __future__ import annotations

from collections.abc import Callable

from qa.evaluation.measure import Measure, Row, Scored
from qa.evaluation.metrics import speakers, summaries
from qa.evaluation.pooling import mean, per_100, ratio

GROUPS = ("Reported speech", "Summaries")

_KINDS = ("direct", "mixed", "indirect")


def fault(scored: Scored) -> str | None:
    """What went wrong with an article, as far as people's annotations tell; ``None`` where nothing did."""
    if scored.response.said is not None:
        return None
    if (told := _told_as_fact(scored)) is not None and told[0]:
        return "told as a fact what is only reported"
    if (kept := _attributed(scored)) is not None and kept[0] < kept[1]:
        return "a sentence does not say who says it"
    return None


# ── reported speech ──────────────────────────────────────────────────────────────────────────────────────────────────


def _speech(part: Callable[[speakers.SpeakerScore], tuple[int, int]], kind: str = "") -> Callable[[Scored], Row | None]:
    def row(scored: Scored) -> Row | None:
        found, gold = scored.response.said, scored.case.said
        if found is None or gold is None:
            return None
        score = speakers.score_kinds(found, gold).get(kind, speakers.SpeakerScore())
        numbers = part(score)
        return tuple(map(float, numbers)) if numbers[1] else None

    return row


def _f1(score: speakers.SpeakerScore) -> tuple[int, int]:
    return 2 * score.right, score.gold + score.found


SPEECH: tuple[Measure, ...] = (
    Measure(
        "speech_f1",
        "Reported speech, F1",
        "how well what people annotated as somebody's words is found: the harmonic mean of precision and recall",
        _speech(_f1),
        ratio,
        GROUPS[0],
    ),
    Measure(
        "speech_precision",
        "Reported speech, precision",
        "of what is held to be somebody's words, the share that people annotated as such",
        _speech(lambda score: (score.right, score.found)),
        ratio,
        GROUPS[0],
    ),
    Measure(
        "speech_recall",
        "Reported speech, recall",
        "of what people annotated as somebody's words, the share that is found",
        _speech(lambda score: (score.right, score.gold)),
        ratio,
        GROUPS[0],
    ),
    *(
        Measure(
            f"speech_f1_{kind}",
            f"Reported speech, F1 of {kind} speech",
            "the same for speech "
            + {
                "direct": "inside quotation marks",
                "mixed": "partly inside quotation marks",
                "indirect": "without quotation marks",
            }[kind],
            _speech(_f1, kind),
            ratio,
            GROUPS[0],
        )
        for kind in _KINDS
    ),
    Measure(
        "speech_sources",
        "Right speaker",
        "of the words rightly found, the share given to the source that people annotated (same head word)",
        _speech(lambda score: (score.right_source, score.sourced)),
        ratio,
        GROUPS[0],
    ),
)


# ── summaries ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _attributed(scored: Scored) -> Row | None:
    if scored.case.said is None:
        return None
    named, reported = summaries.attribution_preserved(scored.response.sentences, scored.case.said)
    return (named, reported) if reported else None


def _told_as_fact(scored: Scored) -> Row | None:
    if scored.case.said is None or not scored.response.sentences:
        return None
    return summaries.told_as_fact(scored.response.sentences, scored.case.said)


def _loaded(of: Callable[[Scored], str]) -> Callable[[Scored], Row | None]:
    def row(scored: Scored) -> Row | None:
        loaded, words = summaries.loaded_of_words(of(scored))
        return (loaded, words) if scored.response.answered and words else None

    return row


def _sources(scored: Scored) -> str:
    return "\n".join(scored.texts[article] for article in scored.case.articles)


def _coverage(of: Callable[[Scored], str]) -> Callable[[Scored], Row | None]:
    def row(scored: Scored) -> Row | None:
        if scored.case.reference is None or not scored.response.answered:
            return None
        recall = summaries.rouge1_recall(of(scored), scored.case.reference)
        return None if recall is None else (recall,)

    return row


def _lead(scored: Scored) -> str:
    return summaries.first_words(_sources(scored), summaries.words_in(scored.response.text))


def _quoting(scored: Scored) -> Row | None:
    told = scored.response.sentences
    return (float(sum("“" in one.text for one in told)), float(len(told))) if told else None


SUMMARIES: tuple[Measure, ...] = (
    Measure(
        "attribution_preserved",
        "Attribution kept",
        "of the sentences that rest on what people annotated as somebody's words, the share that says whose",
        _attributed,
        ratio,
        GROUPS[1],
    ),
    Measure(
        "told_as_fact",
        "Told as a fact",
        "the share of sentences told as a fact though people annotated their source as somebody's words",
        _told_as_fact,
        ratio,
        GROUPS[1],
        less_is_better=True,
    ),
    Measure(
        "loaded_summary",
        "Loaded words in the summary",
        "words that judge rather than report, outside quotation marks, per 100 words of the summary",
        _loaded(lambda scored: scored.response.text),
        per_100,
        GROUPS[1],
        unit="count",
        less_is_better=True,
    ),
    Measure(
        "loaded_source",
        "Loaded words in the source",
        "the same per 100 words of the articles summarized: what the summary has left out",
        _loaded(_sources),
        per_100,
        GROUPS[1],
        unit="count",
        less_is_better=True,
    ),
    Measure(
        "coverage",
        "Coverage (ROUGE-1 recall)",
        "of the words of a neutral summary by an editor, the share that the summary has",
        _coverage(lambda scored: scored.response.text),
        mean,
        GROUPS[1],
    ),
    Measure(
        "coverage_lead",
        "… of the first words alone",
        "the same for as many words from the beginning of the articles: a summary without any skill",
        _coverage(_lead),
        mean,
        GROUPS[1],
    ),
    Measure(
        "coverage_whole",
        "… of the whole articles",
        "the same for all that the articles say: no summary that only tells what they say could have more",
        _coverage(_sources),
        mean,
        GROUPS[1],
    ),
    Measure(
        "quoting",
        "Sentences that quote",
        "the share of sentences with a quotation, mostly since nothing plainer could be proven",
        _quoting,
        ratio,
        GROUPS[1],
        less_is_better=True,
    ),
)
