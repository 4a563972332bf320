"""Sentence splitting: a table of cases, the seed article, and properties over any text."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.text.normalise import normalise
from qa.text.sentences import split_sentences

SEED = Path(__file__).parent.parent / "seeds" / "articles" / "turkey-s400-f35.txt"

# ``|`` marks where a sentence ends; the text itself has a space there.
CASES = [
    "He met U.S. Ambassador Tom yesterday.|He left.",
    "They live in the U.S.|The deal is off.",
    "They left the U.S.|Meanwhile, it rained.",
    "He left for the U.S. in May.|U.S. officials agreed.",
    "Washington, D.C., is hot.|Washington, D.C.|The mayor left.",
    "Gen. J. T. Orrin spoke at 5 a.m. on Jan. 3.|He left.",
    "Det. Sgt. Ansa Vickery said so.",
    "R. A. Pellow would not confirm.",
    "Mr. Smith Jr. left.|J.R.R. Tolkien stayed.",
    "He lived on St. James St. in London.",
    "He arrived at 5 p.m.|The meeting began.",
    "They meet at 10 a.m.|“I have not asked,” he said.",
    "It met at 5 p.m. Monday in Rome.",
    "It met at 5 p.m. Istanbul time.",
    "He has a Ph.D.|He teaches.",
    "The firm is Acme Inc.|It failed.",
    "Inc. shares fell.|Acme Inc. shares rose.",
    "Article 7 vs. Article 8.|It was so.",
    "See e.g. Smith et al. 2004.|It works.",
    "He wrote symphony No. 5 there.|Gate No. 3 failed.",
    "Was it him?|No.|He refused.",
    "The price rose 3.5 percent to $4.2 billion.|See https://x.example/a.b?q=1 for more.",
    "Visit example.com.|It works.",
    "Wait... what happened?!|Nobody knew.",
    "What?!|No!!!|Yes…",
    "It was fun ... until it wasn’t.|Then it rained…|Nobody came.",
    "He thanked … President Bush and left.",
    "‘We are confident it ends within months, and we support the program.’",
    "‘It is a priority, and we work to resolve it,’ said a source.|‘It’s about the alliance.’|Meanwhile it rained.",
    "“A is good.|B is bad.|C is fine,” she said.",
    "“I left,” he said.|“I could not stay.|It was cold.”|Then silence.",
    "“Why?” she asked.|He left.",
    "“Why?” asked Tom.|He left.",
    "“Why?” Tom asked.|He left.",
    "“Stop!” he said.",
    "‘I know!’ she said.|‘Really?’|He nodded.",
    "She asked, ‘Why?’ and left.",
    "He had the numbers, “by one, on a good day.”|Asked what it meant, he left.",
    '"And it did," she said.|"The letter was the word \'banana.\'|He telephoned."',
    "‘She said “Never.”’|He agreed.",
    "« Je suis là. »|Il est parti.",
    "«Oui.»|Il est parti.",
    "„Es ist kalt.“|Er ging.",
    "»Es ist kalt.«|Er ging.",
    "It was the ’90s.|Turkey’s ties soured.",
    "He said (it rained. It poured.) and left.",
    "He left.[3]|She stayed.",
    "Yahoo! said it bought the firm.|It paid $3bn.",
    "She won 5-3.|5 people came.",
    "1. First item.|2. Second item.",
    "He sold it.|iPhone sales fell.",
    "**Q: Which one?**|**A:** Four.|Two fell ill.",
    "he left.|then she came.|nobody knew.",
    "这是一句。|这是第二句！",
]


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in split_sentences(text)]


@pytest.mark.parametrize("case", CASES)
def test_splits_as_a_reader_would(case: str) -> None:
    assert split(case.replace("|", " ")) == case.split("|")


def test_unspaced_scripts_need_no_space() -> None:
    assert split("这是一句。这是第二句。") == ["这是一句。", "这是第二句。"]


def test_a_line_is_a_sentence_even_without_a_full_stop() -> None:
    assert split("Turkey seeks return\n\nThe minister said so.\nHe left.") == [
        "Turkey seeks return",
        "The minister said so.",
        "He left.",
    ]


def test_nothing_comes_of_blank_text() -> None:
    assert split(" \n ") == []


def test_seed_article() -> None:
    sentences = split(normalise(SEED.read_text(encoding="utf-8")))
    assert len(sentences) == 34
    assert sentences[7] == (
        "‘Ankara is approaching a withdrawal from the S-400,’ said U.S. Ambassador to Turkey Tomバーク "
        "in a recent statement."
    )
    assert [s for s in sentences if s.startswith("‘")][1] == (
        "‘This is not just about the missiles—it’s about restoring trust with the U.S. and securing our future "
        "in the alliance.’"
    )
    assert sentences[13].startswith("Meanwhile, U.S. officials have")
    assert sentences[22].endswith("ties with the U.S., others warn of the risks of abandoning the S-400 deal.")
    assert sentences[-1].endswith("but for the entire world.’")


PROSE = st.text(st.sampled_from(" \n.!?…’”“‘\"'()[]»«—,aAbTheU.S.Gen1é。\u00a0\u3000バ"), max_size=120) | st.text(
    max_size=60
)


@settings(max_examples=300, deadline=None)
@given(PROSE)
def test_sentences_cover_all_but_whitespace_in_order(text: str) -> None:
    end = 0
    for span in split_sentences(text):
        assert text[end : span.start].strip() == ""
        assert text[span.start : span.end].strip() == text[span.start : span.end] != ""
        end = span.end
    assert text[end:].strip() == ""


@pytest.mark.parametrize("unit", ["“He met U.S. Tom. It rained.” ", "(a. ", ". ", "“", "a.b.", ". »", "A. "])
def test_time_is_linear(unit: str) -> None:
    text = unit * (200_000 // len(unit))
    started = time.process_time()
    split_sentences(text)
    assert time.process_time() - started < 3
