"""Questions that the local model writes about news: ``python -m qa.training.writing --data DIR --out FILE``.

Each is written about one sentence of an article, with the words of the sentence that answer it. What was written is
kept, so that a broken run goes on where it stopped.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from qa.answering.prompts import one_line
from qa.models.generators import Generator, load_generator
from qa.models.generators.recorded import RecordedGenerator
from qa.models.store import ModelStore
from qa.offline import go_offline
from qa.settings import load_settings
from qa.text.quantities import numbers
from qa.text.sentences import split_sentences
from qa.text.words import content_stems, fold, name_words
from qa.training.pairs import news_texts
from qa.types import Message

_SHORTEST, _LONGEST = 9, 32  # words of a sentence that is asked about
_AROUND = 3  # sentences before and after it that are kept beside it
_MOST_TOKENS = 60
_GRAMMAR = r"""root ::= question " => " answer
question ::= [A-Z] [^\n=>?<\[\]]{8,120} "?"
answer ::= [^\n=>?<\[\]]{2,80}"""
_SYSTEM = (
    "You write one question that a reader of the news might ask and that the given sentence answers. Name the people, "
    "places and things that it is about, do not copy the sentence, and give the shortest words of the sentence that "
    "answer it."
)
_EXAMPLES = (
    (
        "The Vell bridge, opened in 1987, was closed on Monday after inspectors found cracks in two of its pillars.",
        "Why can nobody cross the Vell bridge any more? => inspectors found cracks in two of its pillars",
    ),
    (
        "Mayor Tam Hask told the council that the repairs would cost 4 million crowns, twice the first estimate.",
        "How much will mending it cost, according to Tam Hask? => 4 million crowns",
    ),
    (
        "“We could not take the risk,” said city engineer Dana Oriel, who ordered the closure.",
        "Who gave the order to close the bridge? => city engineer Dana Oriel",
    ),
)


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), required=True, help="Folder of the data files.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Where to write the questions (JSONL).")
@click.option("--count", default=300, show_default=True, help="Articles to ask about.")
@click.option("--seed", default=0, show_default=True)
def main(data: Path, out: Path, count: int, seed: int) -> None:
    """Let the default model write a question about a sentence of each of so many articles."""
    go_offline()
    settings = load_settings()
    out.parent.mkdir(parents=True, exist_ok=True)
    generator = RecordedGenerator(
        load_generator(ModelStore(settings.cache), settings), out.with_suffix(".replies.jsonl")
    )
    rng = random.Random(seed)  # noqa: S311
    texts, _ = news_texts(data)
    found = [row for text in tqdm(rng.sample(texts, count), mininterval=10) for row in _asked(generator, text, rng)]
    out.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in found), encoding="utf-8")
    click.echo(f"{len(found)} usable questions about {count} articles")


def _asked(generator: Generator, text: str, rng: random.Random) -> Iterator[dict[str, Any]]:
    """A question about ``text`` with the sentences before it, the one that answers, and those after; or nothing."""
    sentences = [" ".join(text[span.start : span.end].split()) for span in split_sentences(text)]
    places = [place for place, sentence in enumerate(sentences) if _is_telling(sentence)]
    if not places:
        return
    place = rng.choice(places)
    written = "".join(
        chunk.text for chunk in generator.generate(_prompt(sentences[place]), grammar=_GRAMMAR, max_tokens=_MOST_TOKENS)
    )
    question, _, answer = written.partition(" => ")
    if is_usable(question, answer, sentences[place]):
        yield {
            "group": fold(text[:80]),
            "question": question,
            "answer": answer,
            "before": sentences[max(0, place - _AROUND) : place],
            "sentence": sentences[place],
            "after": sentences[place + 1 : place + 1 + _AROUND],
        }


def _is_telling(sentence: str) -> bool:
    words = sentence.split()
    return _SHORTEST <= len(words) <= _LONGEST and bool(list(name_words(sentence)) or numbers(sentence))


def _prompt(sentence: str) -> Sequence[Message]:
    turns = [Message("system", _SYSTEM)]
    for asked, reply in _EXAMPLES:
        turns += [Message("user", asked), Message("assistant", reply)]
    return [*turns, Message("user", one_line(sentence))]


def is_usable(question: str, answer: str, sentence: str) -> bool:
    """Whether ``sentence`` has the words of ``answer``, the question does not, and both are about the same."""
    if not question.endswith("?") or not answer or answer not in sentence or fold(answer) in fold(question):
        return False
    asked, said = set(content_stems(question)), set(content_stems(sentence))
    wanted = set(content_stems(answer))
    return len(asked & said) >= 2 and bool(wanted - asked) and not re.search(r"\b(?:sentence|text)\b", question)


if __name__ == "__main__":
    main()
