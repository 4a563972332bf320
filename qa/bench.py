"""Speed, as JSON: ``python -m qa.bench`` measures answers, gate, retrieval and ingest on the seed articles.

Machines differ and drift; the ratios within one run are what to compare. *Cold* means that the rules at the beginning
of the prompt are computed already and the passages are not; a *follow-up* is the next question of a conversation.
"""

from __future__ import annotations

import json
import platform
import resource
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil

from qa import __version__
from qa.answering.confidence import Confidence
from qa.answering.drafts import Draft
from qa.answering.gate import Gate
from qa.answering.prompts import fixed_messages
from qa.ingest import find_files, read_path
from qa.library import Library, SearchFilter
from qa.models.embedder import Embedder
from qa.models.support import SupportModel
from qa.offline import go_offline
from qa.service import Service
from qa.settings import Settings, load_settings
from qa.types import Answer, Article, Hit, Message, Sentence, Summary

SEEDS = Path("seeds/articles")
ARTICLE = "turkey-s400-f35.txt"
QUESTIONS = (
    "When was the S-400 deal signed?",
    "When and why was Turkey suspended from the F-35 programme?",
    "What did the US ambassador say about timing?",
    "What did Russian officials ask for?",
    "Who spoke of “a delicate dance”?",
    "What did a Turkish lawmaker warn?",
    "Who said that Russia is not a charity?",
    "What did the Pentagon analyst say about the F-35 jets?",
    "What did the business leader say about Trump?",
    "What did the Turkish government source say about trust?",
)
_ROUNDS = 3
_BATCH = 16  # pairs that the support model reads at once
_COPIES = 4  # of the seed articles, so that ingest runs for seconds

Figures = dict[str, Any]


def main() -> None:
    """Measure, and print JSON."""
    go_offline()
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(library=Path(folder) / "library", prompt_cache_mb=0)
        print(json.dumps(measured(settings), indent=2))  # noqa: T201


def measured(settings: Settings) -> Figures:
    """All figures, with what they were measured on."""
    with Service(settings, create=True) as service:
        list(service.ingest([SEEDS]))
        started = time.perf_counter()
        service.warm_up()
        loaded = time.perf_counter() - started
        article = next(a for a in service.library.articles() if a.source.endswith(ARTICLE))
        where = SearchFilter(articles=(article.id,))
        cold, follow_up = list(_cold(service, where)), list(_follow_ups(service, where))
        return {
            "machine": _machine(),
            "citewire": __version__,
            "generator": {"engine": service.models.generator.info.engine, "model": service.models.generator.info.model},
            "load_and_warm_up_s": round(loaded, 1),
            "cold": _latencies(cold),
            "follow_up": _latencies(follow_up),
            "retrieval_ms": _quantiles([answer.timings.retrieve_ms for answer in (*cold, *follow_up)]),
            "summary": _summary(service, article),
            "generator_speed": _generator_speed(service, article),
            "support_ms_per_pair": _support_speed(service.models.support, article),
            "gate_ms_per_sentence": _gate_speed(service.models.support, (*cold, *follow_up)),
            "ingest": _ingest(service.library.embedder),
            "peak_memory_gb": round(_peak_bytes() / 1e9, 2),
        }


def _cold(service: Service, where: SearchFilter) -> Iterator[Answer]:
    for question in QUESTIONS:
        service.models.generator.prefill(fixed_messages())  # leaves the rules alone in the cache
        yield service.ask(question, where=where)


def _follow_ups(service: Service, where: SearchFilter) -> Iterator[Answer]:
    shown: Sequence[Hit] = service.ask(QUESTIONS[-1], where=where).hits
    for question in QUESTIONS:
        answer = service.ask(question, where=where, shown=shown)
        shown = answer.hits
        yield answer


def _summary(service: Service, article: Article) -> Figures:
    """Milliseconds to the first and to the last sentence of a summary of the article."""
    found = [event for event in service.summarize([article.id]) if isinstance(event, Summary)]
    timings = found[-1].timings
    return {
        "words": article.words,
        "sentences": len(found[-1].sentences),
        "first_sentence_ms": timings.first_sentence_ms,
        "total_ms": timings.total_ms,
    }


def _latencies(answers: Sequence[Answer]) -> Figures:
    firsts = [answer.timings.first_sentence_ms for answer in answers]
    return {
        "questions": len(answers),
        "answered": sum(not answer.abstained for answer in answers),
        "first_sentence_ms": _quantiles([first for first in firsts if first is not None]),
        "total_ms": _quantiles([answer.timings.total_ms for answer in answers]),
        "prompt_tokens": _quantiles([answer.timings.prompt_tokens for answer in answers]),
        "cached_tokens": _quantiles([answer.timings.cached_tokens for answer in answers]),
        "output_tokens": _quantiles([answer.timings.output_tokens for answer in answers]),
    }


def _quantiles(values: Sequence[float]) -> Figures:
    if len(values) < 2:
        return {"p50": values[0] if values else None, "p95": None}
    cuts = statistics.quantiles(values, n=20, method="inclusive")
    return {"p50": round(cuts[9]), "p95": round(cuts[18])}


def _generator_speed(service: Service, article: Article) -> Figures:
    """Tokens a second in reading a prompt that is not cached, and in writing."""
    prompt, output = [], []
    for round_number in range(_ROUNDS):
        messages = [Message("user", f"Round {round_number}. Summarize this article.\n\n{article.text[:2500]}")]
        *_, last = service.models.generator.generate(messages, grammar=r"root ::= [^\n]+", max_tokens=64)
        usage = last.usage
        assert usage is not None  # noqa: S101 - the last chunk carries it
        prompt.append((usage.prompt_tokens - usage.cached_tokens) / usage.prompt_ms * 1000)
        output.append(usage.output_tokens / usage.output_ms * 1000)
    return {
        "prompt_tokens_per_s": round(statistics.median(prompt), 1),
        "output_tokens_per_s": round(statistics.median(output), 1),
    }


def _support_speed(model: SupportModel, article: Article) -> float:
    """Milliseconds for a claim beside its evidence, some 160 tokens together, read in a batch."""
    words = article.text.split()
    pairs = [(" ".join(words[start : start + 15]), " ".join(words[start : start + 105])) for start in range(_BATCH)]
    model.read(pairs)
    spent = []
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        model.read(pairs)
        spent.append(time.perf_counter() - started)
    return round(1000 * statistics.median(spent) / len(pairs), 1)


def _gate_speed(model: SupportModel, answers: Sequence[Answer]) -> Figures:
    """Milliseconds that a sentence spends in the gate and in being scored as an answer."""
    gate, confidence = Gate(model), Confidence(model, "balanced")
    spent = []
    for answer in answers:
        prospect = confidence.prospect(answer.question, answer.hits)
        for sentence in answer.sentences:
            draft = Draft(sentence.text, tuple(dict.fromkeys(citation.mark for citation in sentence.citations)))
            started = time.perf_counter()
            judged = gate.judge(draft, answer.question, answer.hits)
            if isinstance(judged.verdict, Sentence):
                confidence.score(judged.verdict, prospect, answer.hits, None)
            spent.append(1000 * (time.perf_counter() - started))
    return _quantiles(spent)


def _ingest(embedder: Embedder) -> Figures:
    """Passages a second through the whole ingest of files, beside the bare encoding of the same passages."""
    files = list(find_files([SEEDS]))
    whole, bare, count = [], [], 0
    for _ in range(_ROUNDS):
        with tempfile.TemporaryDirectory() as folder, Library(Path(folder), lambda: embedder) as library:
            started = time.perf_counter()
            added = list(library.add_many(_copies(files)))
            whole.append(time.perf_counter() - started)
            count = sum(each.passages for each in added)
            texts = [passage.text for each in added for passage in library.passages(each.article.id)]
        started = time.perf_counter()
        embedder.encode(texts)
        bare.append(time.perf_counter() - started)
    ratios = [encoding / adding for encoding, adding in zip(bare, whole, strict=True)]
    return {
        "passages": count,
        "passages_per_s": round(count / statistics.median(whole), 1),
        "bare_encode_passages_per_s": round(count / statistics.median(bare), 1),
        "ratio": round(statistics.median(ratios), 3),
    }


def _copies(files: Sequence[Path]) -> Iterator[Article]:
    """The articles in ``files``, each several times with a line of its own, so that none is known already."""
    for copy in range(_COPIES):
        for file in files:
            article = read_path(file, max_bytes=10_000_000)
            yield Article(f"Copy number {copy}.\n\n{article.text}", article.title, f"{article.source}#{copy}")


def _peak_bytes() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if platform.system() == "Darwin" else peak * 1024


def _machine() -> Figures:
    return {
        "system": platform.platform(),
        "processor": platform.processor() or platform.machine(),
        "cores": psutil.cpu_count(logical=False),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "python": platform.python_version(),
    }


if __name__ == "__main__":
    main()
