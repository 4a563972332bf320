"""Comparisons: what articles share, contradict and tell alone, reprints, the round-up, and its forms."""

import json
import sys
from dataclasses import replace
from functools import lru_cache

import pytest

from qa import terminal
from qa.cli import main
from qa.ingest import read_path
from qa.jsonable import comparison_json
from qa.models.embedder import FakeEmbedder, load_embedder
from qa.models.generators.fake import FakeGenerator
from qa.models.speech import QuoteTagger, TrainedSpeechTagger
from qa.models.speech_reader import SpeechReader
from qa.models.store import ModelStore
from qa.models.support import TrainedSupport, WordSupport
from qa.settings import Settings
from qa.summarizing.clauses import clause_at, clauses
from qa.summarizing.compare import Comparer
from qa.summarizing.differences import corrected
from qa.summarizing.figures import agree, figures
from qa.summarizing.reprints import reprints, same_words
from qa.summarizing.round_up import tellers
from qa.types import (
    Article,
    Comparison,
    Contradiction,
    Difference,
    LonePoint,
    Reprint,
    SharedPoint,
    Side,
    Span,
    SummarySentence,
    Voice,
)
from tests.conftest import ROOT, SEEDS

GOLDEN = [json.loads(line) for line in (ROOT / "tests/golden/comparisons.jsonl").read_text("utf-8").splitlines()]

BRIDGE = Article(
    text="The Vell bridge was closed on Monday after an inspection found 14 cracks in two pillars. "
    "“We could not take the risk of keeping it open,” said Dana Oriel. "
    "The ferry to Ostrel carried 300 passengers a day in the year 1987, says a plaque.",
    title="Bridge closed",
    source="a",
    outlet="The Vell Post",
    date="2031-05-06",
)
OTHER = Article(
    text="The Vell bridge was closed on Monday after an inspection found 14 cracks in two pillars. "
    "A market was held in the square by the river with 25 stalls of apples.",
    title="No way over",
    source="b",
    outlet="Ostrel Today",
    date="2031-05-06",
)


def read(article):
    return SpeechReader(QuoteTagger()).read(article.text)


def compared(articles=(BRIDGE, OTHER), reply="Nine martians landed.", sentences=8):
    generator = FakeGenerator(reply)
    events = list(Comparer(generator, WordSupport(), FakeEmbedder(), read).stream(list(articles), sentences))
    assert isinstance(events[-1], Comparison)
    return events, events[-1], generator


def quotes(comparison):
    yield from (side for point in comparison.shared for side in point.sides)
    yield from (side for one in comparison.contradictions for side in one.sides)
    yield from (point.side for point in comparison.lone)
    yield from (citation for sentence in comparison.sentences for citation in sentence.citations)


# ── with fakes ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_everything_rests_on_exact_words():
    _, comparison, _ = compared()
    texts = {article.id: article.text for article in (BRIDGE, OTHER)}
    found = list(quotes(comparison))
    assert len(found) > 6
    assert all(one.quote == texts[one.article_id][one.start : one.end] for one in found)


def test_what_both_tell_is_shared_and_the_same_words_are_one_source():
    _, comparison, _ = compared()
    (point,) = comparison.shared
    assert [side.outlet for side in point.sides] == ["The Vell Post", "Ostrel Today"]
    assert point.sides[1].repeats == BRIDGE.id
    assert point.independent == 1


def test_what_one_tells_is_its_own():
    _, comparison, _ = compared()
    told = {(point.side.outlet, point.side.quote[:12]) for point in comparison.lone}
    assert ("The Vell Post", "“We could no") in told
    assert ("Ostrel Today", "A market was") in told
    assert not any("14 cracks" in point.side.quote for point in comparison.lone)


def test_the_events_are_found_first_and_written_then():
    events, comparison, _ = compared()
    kinds = [type(event) for event in events]
    assert kinds == sorted(
        kinds, key=[Reprint, SharedPoint, Contradiction, LonePoint, SummarySentence, Comparison].index
    )
    assert tuple(event for event in events if isinstance(event, SummarySentence)) == comparison.sentences


def test_every_sentence_of_the_round_up_names_and_cites_its_sources():
    _, comparison, _ = compared()
    first = comparison.sentences[0]
    assert first.text.startswith("The Vell Post reports, as does Ostrel Today in the same words: “The Vell bridge")
    assert [citation.mark for citation in first.citations] == [1, 2]
    for sentence in comparison.sentences:
        assert "martians" not in sentence.text
        for citation in sentence.citations:
            assert comparison.article_ids[citation.mark - 1] == citation.article_id
            assert (BRIDGE, OTHER)[citation.mark - 1].outlet in sentence.text
    assert comparison.dropped


def test_a_draft_that_all_bear_out_is_told_of_all():
    _, comparison, _ = compared(reply="the Vell bridge was closed after an inspection found 14 cracks in two pillars.")
    told = comparison.sentences[0]
    assert told.text == (
        "The Vell Post and Ostrel Today report that the Vell bridge was closed after an inspection found 14 cracks in "
        "two pillars."
    )


def test_as_many_sentences_as_wanted_and_none_ask_no_model():
    assert len(compared(sentences=2)[1].sentences) == 2
    _, comparison, generator = compared(sentences=0)
    assert comparison.sentences == ()
    assert comparison.shared
    assert generator.prompts == []


@pytest.mark.parametrize("articles", [[], [BRIDGE], [BRIDGE, BRIDGE]])
def test_one_article_is_no_comparison(articles):
    with pytest.raises(ValueError, match="two different articles"):
        next(Comparer(FakeGenerator(), WordSupport(), FakeEmbedder(), read).stream(articles))


def test_two_articles_of_one_outlet_are_one_source():
    _, comparison, _ = compared((BRIDGE, replace(OTHER, outlet="The Vell Post", date="2031-05-07")))
    assert comparison.warnings == ("2 of these articles are of The Vell Post: together they count as one source",)
    assert comparison.shared[0].independent == 1
    assert comparison.sentences[0].text.startswith("The Vell Post of 2031-05-06 reports, as does The Vell Post of")


def test_an_article_with_nothing_worth_telling_is_compared_all_the_same():
    empty = Article(text="Photo.", title="x", source="c")
    comparison = compared((empty, Article(text="Yes.", title="y", source="d")))[1]
    assert comparison.shared == comparison.contradictions == comparison.lone == comparison.sentences == ()


def test_a_reprint_is_found_and_said():
    text = " ".join(f"Sentence number {number} tells of the harbour of Vell." for number in range(12))
    one = Article(text=text, title="x", source="a", outlet="A")
    two = Article(text=f"{text} And a word more of our own.", title="y", source="b", outlet="B")
    (found,) = reprints([one, OTHER, two])
    assert found.article_ids == (one.id, two.id)
    assert found.share == 1.0
    assert reprints([BRIDGE, OTHER]) == []
    assert same_words("The bridge was closed on Monday by the city.", "The bridge was closed on Monday by the town.")
    assert not same_words("The bridge was closed on Monday by the city.", "On Monday the city shut the old bridge.")
    events = compared((one, two))[0]
    assert isinstance(events[0], Reprint)


def test_the_teller_of_each_article_is_told_apart():
    same = replace(OTHER, outlet=BRIDGE.outlet)
    nameless = Article(text="Rain fell.", title="Rain", source="c")
    assert list(tellers([BRIDGE, nameless]).values()) == ["The Vell Post", "The article “Rain”"]
    assert list(tellers([BRIDGE, same]).values()) == [
        "The Vell Post, “Bridge closed”,",
        "The Vell Post, “No way over”,",
    ]


def test_a_side_marks_only_words_that_it_quotes():
    with pytest.raises(ValueError, match="outside its quotation"):
        Side("x", "t", None, None, 0, 3, "abc", Voice.FACT, marked=(Span(2, 4),))
    with pytest.raises(ValueError, match="does not fit"):
        Side("x", "t", None, None, 0, 4, "abc", Voice.FACT)
    with pytest.raises(ValueError, match="at least two"):
        SharedPoint((Side("x", "t", None, None, 0, 3, "abc", Voice.FACT),) * 2, 1)


def test_json_has_the_promised_form():
    form = json.loads(json.dumps(comparison_json(compared()[1])))
    assert set(form) == {
        "article_ids", "shared", "contradictions", "lone", "reprints", "sentences", "warnings", "dropped", "generator",
        "timings",
    }  # fmt: skip
    assert set(form["shared"][0]) == {"independent", "sides"}
    assert set(form["lone"][0]) == {
        "article_id", "title", "outlet", "date", "start", "end", "quote", "voice", "speaker", "marked", "repeats",
    }  # fmt: skip


def test_the_terminal_shows_each_kind_under_its_heading(capsys):
    printer = terminal.ComparisonPrinter([BRIDGE, OTHER])
    side = Side(BRIDGE.id, "t", "The Vell Post", None, 0, 35, BRIDGE.text[:35], Voice.FACT, marked=(Span(4, 8),))
    for event in (*compared()[0], Contradiction(Difference.TIME, (side, side))):
        printer.print(event)
    shown = capsys.readouterr().out
    assert shown.index("A  Bridge closed") < shown.index("Told by several") < shown.index("Told by one only")
    assert "By 2 articles, one source only" in shown
    assert "in the words of A" in shown
    assert "The ⟦Vell⟧ bridge" in shown
    assert "The times differ" in shown
    assert "[A] [B]" in shown


def test_the_command_compares_and_refuses_one_article(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("QA_ENGINE", "fake")
    monkeypatch.setenv("QA_EMBEDDER", "fake")

    def qa(*arguments, status=0):
        monkeypatch.setattr(sys, "argv", ["qa", *arguments])
        if status:
            with pytest.raises(SystemExit, match=str(status)):
                main()
        else:
            main()
        return capsys.readouterr()

    names = ("dam-dispatch.txt", "dam-ledger.txt")
    qa("ingest", *(str(SEEDS / name) for name in names))
    ids = [article["id"] for article in json.loads(qa("articles", "--json").out)]
    form = json.loads(qa("compare", *ids, "--sentences", "3", "--json").out)
    assert form["article_ids"] == ids
    assert len(form["sentences"]) == 3
    assert "Round-up" in qa("compare", *ids, "--sentences", "1").out
    alone = qa("compare", ids[0], ids[0], status=2).err
    assert "cannot be compared alone: name another article" in alone


# ── clauses and figures ──────────────────────────────────────────────────────────────────────────────────────────────


def test_clauses_cover_the_words_in_order():
    text = "Sirens sounded at 4:25 a.m., a full 13 minutes before the gate gave way at 4:38 a.m., the ministry said."
    found = [text[slice(*clause)] for clause in clauses(text)]
    assert found[0] == "Sirens sounded at 4:25 a.m."
    assert "before the gate gave way at 4:38 a.m." in found[1:]
    assert text[slice(*clause_at(text, text.index("4:38")))] == "before the gate gave way at 4:38 a.m."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It was worth $4.2 billion.", [(Difference.NUMBER, "4200000000", "$4.2 billion")]),
        ("It rose by 7.2 percent.", [(Difference.NUMBER, "7.2", "7.2 percent")]),
        ("The siren went at 4:52 a.m.", [(Difference.TIME, "4:52", "4:52 a.m.")]),
        (
            "It began on Sept. 4, 2031.",
            [(Difference.DATE, "September 4", "Sept. 4"), (Difference.DATE, "2031", "2031")],
        ),
        ("It was closed on Monday.", [(Difference.DATE, "monday", "Monday")]),
        ("Dov Amberlin, 34, died.", []),
        ("They bought the S-400.", []),
        ("The June 4 report said so.", []),
    ],
)
def test_figures_have_one_form_and_their_place(text, expected):
    assert [(one.kind, one.value, text[slice(*one.span)]) for one in figures(text)] == expected


@pytest.mark.parametrize(
    ("one", "other", "can_both_be_right"),
    [
        ("1,234 people came", "about 1,200 people came", True),
        ("1,234 people came", "1,200 people came", True),
        ("at least 12 people died", "15 people died", True),
        ("more than 100 people were hurt", "120 people were hurt", True),
        ("up to 40 people were hurt", "38 people were hurt", True),
        ("12 people died", "15 people died", False),
        ("at least 12 people died", "nine people died", False),
        ("it is worth $4.2 billion", "it is worth 4.6 billion dollars", False),
        ("7.2 percent of voters", "6.8 percent of voters", False),
        ("nearly 5,000 people marched", "20,000 people marched", False),
    ],
)
def test_hedges_and_rounding_leave_room(one, other, can_both_be_right):
    assert agree(figures(one)[0], figures(other)[0]) is can_both_be_right


def test_a_correction_is_read_with_what_it_corrects():
    text = "We said that the pipe lost 9 litres a day. The correct figure is 6 litres a day. Rain fell."
    ((old, right, span),) = corrected(Article(text=text, title="x", source="s"))
    assert (old.value, text[slice(*right)]) == ("9", "6")
    assert text[slice(*span)] == text[: text.index(" Rain")]


# ── with the real small models ───────────────────────────────────────────────────────────────────────────────────────


@lru_cache
def real_reader():
    return SpeechReader(TrainedSpeechTagger())


@lru_cache
def said(article):
    return real_reader().read(article.text)


@pytest.fixture(scope="module")
def comparer(tmp_path_factory):
    embedder = load_embedder(ModelStore(tmp_path_factory.mktemp("cache")), Settings(embedder="minilm", device="cpu"))
    return Comparer(FakeGenerator("Nine martians landed."), TrainedSupport(), embedder, said)


def differing(comparer, one, other):
    articles = [
        Article(text=text, title=f"t{number}", source="s", outlet=f"Outlet {number}", date=f"2031-01-0{number}")
        for number, text in enumerate((one, other), start=1)
    ]
    *_, comparison = comparer.stream(articles, 1)
    return comparison


def marked(contradiction):
    return [
        side.quote[start - side.start : end - side.start] for side in contradiction.sides for start, end in side.marked
    ]


@pytest.mark.model
@pytest.mark.parametrize(
    ("one", "other", "kind", "words"),
    [
        (
            "The blast at the Orlen mill killed 12 people and wounded 30 others on Monday.",
            "Fifteen people were killed when a blast tore through the Orlen mill, officials said.",
            Difference.NUMBER,
            ["12", "Fifteen"],
        ),
        (
            "About 5,000 people marched through Vell on Saturday, police said.",
            "Organisers said 20,000 people marched through Vell on Saturday.",
            Difference.NUMBER,
            ["5,000", "20,000"],
        ),
        (
            "The deal is worth $4.2 billion, the company said.",
            "The company said the deal is worth 4.6 billion dollars.",
            Difference.NUMBER,
            ["$4.2 billion", "4.6 billion"],
        ),
        (
            "The bridge at Vell was closed on Monday after an inspection found cracks.",
            "The bridge at Vell was closed on Tuesday after inspectors found cracks.",
            Difference.DATE,
            ["Monday", "Tuesday"],
        ),
        (
            "The trial of Marek Dunn opens on March 9 in Vell, the court said.",
            "The trial of Marek Dunn will open on March 12 at the court in Vell.",
            Difference.DATE,
            ["March 9", "March 12"],
        ),
        (
            "The fire in Vell broke out at 3:15 a.m. in the kitchen of the hotel.",
            "The fire in the hotel in Vell broke out shortly after 4:30 a.m., firefighters said.",
            Difference.TIME,
            ["3:15 a.m.", "4:30 a.m."],
        ),
    ],
)
def test_other_figures_of_the_same_thing_contradict(comparer, one, other, kind, words):
    comparison = differing(comparer, one, other)
    (found,) = comparison.contradictions
    assert (found.kind, found.disputed) == (kind, False)
    assert marked(found) == words
    assert comparison.shared == ()
    assert comparison.sentences[0].text.startswith(f"The {kind if kind != 'number' else 'figure'}s differ: Outlet 1")


@pytest.mark.model
@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        (
            "The mayor of Vell, Dana Oriel, knew about the cracks in the bridge, two engineers said.",
            "Dana Oriel, the mayor of Vell, denied that she knew about the cracks in the bridge.",
            "denied that",
        ),
        (
            "The army shelled the hospital in Torvin on Friday night, residents said.",
            "The army said it did not shell the hospital in Torvin on Friday night.",
            "did not",
        ),
        (
            "Rebels took the town of Torvin on Friday, a spokesman said.",
            "The government rejected claims that rebels took the town of Torvin.",
            "rejected claims that",
        ),
    ],
)
def test_a_denial_makes_a_dispute_and_no_fact(comparer, one, other, words):
    comparison = differing(comparer, one, other)
    (found,) = comparison.contradictions
    assert (found.kind, found.disputed) == (Difference.DENIAL, True)
    assert marked(found)[1] == words
    assert comparison.sentences[0].text.startswith("This is disputed: Outlet 1")


@pytest.mark.model
@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "At least 12 people were killed in the blast at the Orlen mill.",
            "Fifteen people were killed in the blast at the Orlen mill.",
        ),
        (
            "The ship was built in 1987 and carried 300 passengers.",
            "The ship was rebuilt in 1995 and carried 120 crew.",
        ),
        (
            "The blast at the Orlen mill killed 12 people on Monday.",
            "Three engineers inspected the boilers of the Orlen mill on Friday, weeks before the blast.",
        ),
        (
            "It was not yet known how many people were killed in the blast at the Orlen mill.",
            "Fifteen people were killed in the blast at the Orlen mill.",
        ),
    ],
)
def test_what_can_both_be_right_is_no_contradiction(comparer, one, other):
    assert differing(comparer, one, other).contradictions == ()


@lru_cache
def seed(name):
    return read_path(SEEDS / name, max_bytes=10_000_000)


def covers(side, golden):
    """Whether ``side`` quotes the words that a person marked in its article."""
    name = next((name for name in golden["words"] if seed(name).id == side.article_id), None)
    if name is None:
        return False
    start = seed(name).text.index(golden["words"][name])
    return side.start < start + len(golden["words"][name]) and start < side.end


def is_of(sides, golden):
    return len({side.article_id for side in sides if covers(side, golden)}) > 1


def test_the_golden_words_stand_in_their_articles():
    for one in GOLDEN:
        assert one["kind"] in ("shared", "contradicted", "none")
        for name, words in one["words"].items():
            assert seed(name).text.count(words) == 1, (name, words)


@pytest.mark.model
def test_the_seed_articles_are_compared_as_a_person_did(comparer):
    found = {"shared": 0, "contradicted": 0}
    for names in dict.fromkeys(tuple(one["articles"]) for one in GOLDEN):
        *_, comparison = comparer.stream([seed(name) for name in names], 1)
        golden = [one for one in GOLDEN if tuple(one["articles"]) == names]
        for kind, groups in (("shared", comparison.shared), ("contradicted", comparison.contradictions)):
            known = [one for one in golden if one["kind"] == kind]
            for group in groups:  # none is wrong
                assert any(is_of(group.sides, one) for one in known), group.sides
            found[kind] += sum(any(is_of(group.sides, one) for group in groups) for one in known)
    assert found["shared"] >= 7
    assert found["contradicted"] >= 2
