"""The suites by name: what each asks, which files it needs, where they come from and under which licence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from qa.errors import CaseError
from qa.evaluation.suites import alce, clapnq, multihop_rag, polnear, rgb, seeds, squad2, summaries
from qa.evaluation.suites.suite import Suite


@dataclass(frozen=True, slots=True)
class Source:
    """A suite that can be named; ``files`` are the names that one looks for in the folder of data, all of them."""

    name: str
    about: str
    load: Callable[[Path], Suite]
    files: tuple[str, ...] = ()
    origin: str = "bundled"
    licence: str = "Apache-2.0"


SOURCES = {
    source.name: source
    for source in (
        Source(
            "seeds",
            "questions over the seed articles, two fifths of them traps; held out of everything that is fitted",
            lambda _: seeds.load(),
        ),
        Source(
            "squad2",
            "questions on Wikipedia paragraphs; the unanswerable ones were written to look answerable",
            squad2.load,
            (squad2.FILES[0],),
            "https://rajpurkar.github.io/SQuAD-explorer/dataset/dev-v2.0.json",
            "CC BY-SA 4.0",
        ),
        Source(
            "clapnq",
            "questions typed into a search engine, long answers with gold sentences",
            clapnq.load,
            (clapnq.ANSWERABLE[0], clapnq.UNANSWERABLE[0]),
            "https://github.com/primeqa/clapnq (annotated_data/dev)",
            "Apache-2.0, text CC BY-SA",
        ),
        Source(
            "rgb",
            "questions over web snippets that answer them, among snippets that do not",
            rgb.answerable,
            (rgb.FILES[0],),
            "https://github.com/chen700564/RGB (data)",
            "CC BY-NC-SA 4.0",
        ),
        Source(
            "rgb-silent",
            "the same questions, only the snippets that do not answer",
            rgb.silent,
            (rgb.FILES[0],),
            "https://github.com/chen700564/RGB (data)",
            "CC BY-NC-SA 4.0",
        ),
        Source(
            "rgb-conflict",
            "the same questions, true snippets among falsified ones; both versions must be cited",
            rgb.conflicting,
            (rgb.FILES[0],),
            "https://github.com/chen700564/RGB (data)",
            "CC BY-NC-SA 4.0",
        ),
        Source(
            "multihop-rag",
            "questions over several news articles each, with the facts that answer them",
            multihop_rag.load,
            (*multihop_rag.CORPUS, *multihop_rag.QUESTIONS),
            "the Hugging Face dataset yixuantt/MultiHopRAG",
            "ODC-BY",
        ),
        Source(
            "alce",
            "ASQA, QAMPARI or ELI5 with retrieved passages; no gold evidence, so a model judges the citations",
            alce.load,
            (alce.FILES[0],),
            "the Hugging Face dataset princeton-nlp/ALCE-data",
            "MIT, text CC BY-SA",
        ),
        Source(
            "polnear",
            "who says what in political news, against people's annotations; no answer is asked for",
            polnear.load,
            (polnear.FILES[0],),
            "https://github.com/networkdynamics/PolNeAR, as JSON Lines with id, text and annotations",
            "texts belong to their publishers",
        ),
        Source("summaries", "neutral summaries of the seed articles", summaries.of_seeds),
        Source(
            "summaries-news",
            "neutral summaries of news articles",
            summaries.of_news,
            (summaries.NEWS[0],),
            "https://github.com/fhamborg/Giveme5W1H, as JSON Lines; or articles of your own in that form",
            "texts belong to their publishers",
        ),
        Source(
            "summaries-polnear",
            "neutral summaries of political news in which people marked who says what",
            summaries.of_polnear,
            (polnear.FILES[0],),
            "https://github.com/networkdynamics/PolNeAR, as JSON Lines with id, text and annotations",
            "texts belong to their publishers",
        ),
        Source(
            "allsides",
            "events told by three outlets, beside the neutral text of an editor",
            summaries.of_allsides,
            tuple(names[0] for names in summaries.ALLSIDES),
            "https://github.com/HLTCHKUST/framing-bias-metric (NeuS)",
            "texts belong to their publishers",
        ),
    )
}


def load_suite(name: str, data: Path | None) -> Suite:
    """The suite ``name``, from the files in the folder ``data`` where it needs any.

    Raises:
        CaseError: there is no such suite, its files are missing, or they do not have the published form.
    """
    source = SOURCES.get(name)
    if source is None:
        raise CaseError(f"there is no suite {name!r}: name one of {', '.join(SOURCES)}, or a case file")
    if source.files and data is None:
        raise CaseError(f"{name} needs {' and '.join(source.files)}: get it from {source.origin}, and name --data DIR")
    try:
        return source.load(data or Path())
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise CaseError(f"{name}: the files in {data} do not have the published form ({error!r})") from error
