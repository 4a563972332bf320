"""Loaded words: what is found, what only looks loaded, and what is said instead."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.text.lexicons import INNOCENT, KINDS, Entry, lemmas, lexicon
from qa.text.lexicons.inflections import Form, conjugated, plural
from qa.text.loaded_words import LoadedKind, loaded_words, plain, unquoted_per_100


def found(text: str) -> list[str]:
    return [word.text for word in loaded_words(text)]


SLANTED = (
    "Turkey is reportedly taking a dramatic step to mend its fractured relations with Washington, a move that could "
    "pave the way for a return. The deal has long been a flashpoint. Now Turkey appears to be making a calculated "
    "move. However, the path is fraught with challenges. ‘This is a dramatic, shameful regime,’ a source said."
)


def test_slanted_news_is_seen_through() -> None:
    assert [(word.text, word.kind, word.quoted, word.alternative) for word in loaded_words(SLANTED)] == [
        ("dramatic", LoadedKind.EVALUATIVE, False, None),
        ("fractured", LoadedKind.EVALUATIVE, False, "strained"),
        ("could pave the way for", LoadedKind.SPECULATION, False, "could allow"),
        ("flashpoint", LoadedKind.EVALUATIVE, False, "point of dispute"),
        ("appears to", LoadedKind.SPECULATION, False, None),
        ("calculated", LoadedKind.EVALUATIVE, False, None),
        ("fraught with", LoadedKind.EVALUATIVE, False, "full of"),
        ("dramatic", LoadedKind.EVALUATIVE, True, None),
        ("shameful", LoadedKind.EVALUATIVE, True, None),
        ("regime", LoadedKind.LABEL, True, "government"),
    ]


def test_plain_leaves_the_report_and_every_quotation() -> None:
    assert plain(SLANTED) == (
        "Turkey is reportedly taking a step to mend its strained relations with Washington, a move that could "
        "allow a return. The deal has long been a point of dispute. Now Turkey appears to be making a "
        "move. However, the path is full of challenges. ‘This is a dramatic, shameful regime,’ a source said."
    )


@pytest.mark.parametrize(
    ("text", "kind", "alternative"),
    [
        ("It was a fiasco.", LoadedKind.EVALUATIVE, "failure"),
        ("They saw utter ruin.", LoadedKind.INTENSIFIER, None),
        ("She slams the plan.", LoadedKind.EMOTIVE, "criticizes"),
        ("She was slamming the plan.", LoadedKind.EMOTIVE, "criticizing"),
        ("Two strongmen met.", LoadedKind.LABEL, "leaders"),
        ("He claimed that it worked.", LoadedKind.INSINUATING, "said"),
        ("He has boasted that it worked.", LoadedKind.INSINUATING, "said"),
        ("The phone boasts two cameras.", LoadedKind.INSINUATING, "has"),
        ("Prices have skyrocketed.", LoadedKind.INTENSIFIER, "risen"),
        ("Prices skyrocketed.", LoadedKind.INTENSIFIER, "rose"),
        ("The talks arguably worked.", LoadedKind.SPECULATION, None),
        ("THE REGIME FELL ON MONDAY.", LoadedKind.LABEL, "GOVERNMENT"),
        ("Lee refused to comment.", LoadedKind.INSINUATING, "declined to comment"),
    ],
)
def test_what_is_said_instead_has_the_same_form(text: str, kind: LoadedKind, alternative: str | None) -> None:
    (word,) = loaded_words(text)
    assert (word.kind, word.alternative) == (kind, alternative)
    assert text[slice(*word.span)] == word.text


@pytest.mark.parametrize(
    "text",
    [
        "It could work, it may fail, and they might leave.",  # a modal verb alone guesses nothing
        "The group has reportedly left, and allegedly lied.",  # attributions
        "The group claimed responsibility.",
        "Insurance claims rose, and so did persecution claims.",
        "We checked some of the main claims.",
        "He was admitted to hospital and conceded defeat.",
        "The sanctions regime and the tax regimes stay.",
        "The door slammed shut as the storm slammed Texas.",
        "They insist on changes and have a stake in the firm.",
        "An explosive device was found in the historic district.",
        "He was supposed to go.",
        "The Bitter Lake Accord was signed near Lake Historic.",
        "Bitter Lake is deep. Historic England agreed.",
        "Thunder rolled as the storm stormed on.",
        "In 2019 some 143 people left.",
        "Ford unveiled the Mustang, overwhelming Texas.",
        "The so-called Islamic State left.",
        "It falsely claimed that he won.",  # that it is false is a report
        "",
    ],
)
def test_what_only_looks_loaded_is_left_alone(text: str) -> None:
    assert found(text) == []


def test_the_longest_phrase_wins() -> None:
    assert found("The stakes are high in this high-stakes race.") == ["stakes are high", "high-stakes"]
    assert found("It admits to it; she admits it.") == ["admits to", "admits"]


def test_verbs_of_speech_count_beside_words_said() -> None:
    assert found("“It is over,” Lee thundered.") == ["thundered"]
    assert found("Lee fumed that it was over.") == ["fumed"]
    assert found("A train thundered past. “It is over,” Lee said.") == []


def test_verbs_are_told_from_nouns() -> None:
    assert found("Critics slam the plan, and she will slam it.") == ["slam", "slam"]
    assert found("The grand slam and the slams of a door.") == []


def test_headlines_have_capitals_that_name_nobody() -> None:
    assert found("Minister Slams Media Before Dramatic Lake Vote") == ["Slams"]


def test_marks_decide_what_is_quoted() -> None:
    text = "It’s a ‘brutal’ regime, the allies’ “brutal” plan, a brutal one."
    assert [(word.text, word.quoted) for word in loaded_words(text)] == [
        ("brutal", True), ("regime", False), ("brutal", True), ("brutal", False),
    ]  # fmt: skip


def test_rate_counts_what_stands_outside_quotation_marks() -> None:
    assert unquoted_per_100("A brutal man said “a brutal regime” won.") == pytest.approx(100 / 5)  # 1 of 5 words
    assert unquoted_per_100("“A brutal regime.”") is None
    assert unquoted_per_100("") is None
    assert unquoted_per_100("Ten people left.") == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("A shocking hour passed.", "An hour passed."),
        ("An unprecedented union formed.", "A union formed."),
        ("It was a massive FBI raid.", "It was an FBI raid."),
        ("It was an enormous NATO plan.", "It was a NATO plan."),
        ("It was an awful unanimous vote.", "It was a unanimous vote."),
        ("The old regime fell.", "The old government fell."),
        ("It was a truly dramatic step.", "It was a step."),
        ("It was a shocking, brutal attack.", "It was an attack."),
        ("It was a brutal and costly war.", "It was a costly war."),
        ("It was very, very bad.", "It was bad."),
        ("Sadly, the talks failed miserably.", "The talks failed."),
        ("It was, sadly, a loss.", "It was a loss."),
        ("Dramatic footage emerged.", "Footage emerged."),
        ("Brutal strongmen met.", "Leaders met."),
        ("They paid a whopping $5 million for it.", "They paid $5 million for it."),
        ("They paid a whopping $5 million fine.", "They paid a $5 million fine."),
        ("It has a huge 30-point lead.", "It has a 30-point lead."),
        ("He drove a mere 5 miles.", "He drove 5 miles."),
        ("Claiming that it won, the firm left.", "Saying that it won, the firm left."),
        ("An illegal immigrant was held.", "An immigrant without legal status was held."),
    ],
)
def test_plain_says_it_plainly(text: str, said: str) -> None:
    assert plain(text) == said


@pytest.mark.parametrize(
    "text",
    [
        "The step was dramatic.",
        "The step was dramatic, he said.",
        "It was not very clear.",
        "The war was long and brutal and cost lives.",
        "The desperate are here.",
        "It is a less than wonderful day.",
        "They treated Ms. Lee unfairly, a judge ruled.",
        "She filed a potentially ruinous suit.",
        "It behaved shamefully.",
        "Apparently the deal is off.",
        "The self-styled leader left in dramatic fashion.",
        "An illegal immigrant caravan came.",
        "She called it “a very brutal regime” twice.",
    ],
)
def test_plain_leaves_what_cannot_be_left_out(text: str) -> None:
    assert plain(text) == text


def test_plain_makes_what_was_loaded_neutral() -> None:
    text = "Critics slammed the brutal regime as an utter disgrace; it very clearly squandered billions."
    assert plain(text) == "Critics criticized the government as a disgrace; it spent billions."


PARTS = [*"“”‘’\"'.,;-\n 5", "a", "an", "very", "Sadly", "dramatic", "regime", "and", "claimed", "that"]
HOSTILE = ["very ", "dramatic, ", "“very ", "claim ", "could pave the way ", "“x” thundered ", "’s ", "a-"]


@given(st.lists(st.sampled_from(PARTS)))
def test_spans_are_exact_apart_and_in_order(parts: list[str]) -> None:
    text = " ".join(parts)
    last = 0
    for word in loaded_words(text):
        assert last <= word.span.start < word.span.end
        assert text[slice(*word.span)] == word.text
        last = word.span.end
    plain(text)


@pytest.mark.parametrize("unit", HOSTILE)
def test_time_is_linear(unit: str) -> None:
    text = unit * (40_000 // len(unit))
    started = time.monotonic()
    plain(text)
    assert time.monotonic() - started < 3


def entries() -> list[Entry]:
    return [entry for several in lexicon().values() for entry in several]


def test_kinds_are_those_of_the_lexicons() -> None:
    assert {kind.value for kind in LoadedKind} == set(KINDS) - {INNOCENT}
    assert {entry.kind for entry in entries()} == set(KINDS)


def test_no_line_stands_twice() -> None:
    lines = [line for kind in KINDS for line in lemmas(kind)]
    assert sorted(line for line in set(lines) if lines.count(line) > 1) == []


def test_what_is_said_instead_is_not_loaded_itself() -> None:
    said = {(entry.section, entry.alternative) for entry in entries() if entry.alternative}
    sentences = {f"They {what}." if where in ("verbs", "speech") else f"It was the {what}." for where, what in said}
    assert [sentence for sentence in sorted(sentences) if found(sentence)] == []


@pytest.mark.parametrize(
    ("verb", "inflected"),
    [
        ("slam", "slam slams slammed slammed slamming"),
        ("criticize", "criticize criticizes criticized criticized criticizing"),
        ("say", "say says said said saying"),
        ("admit", "admit admits admitted admitted admitting"),
        ("trumpet", "trumpet trumpets trumpeted trumpeted trumpeting"),
        ("decry", "decry decries decried decried decrying"),
        ("play down", "play down|plays down|played down|played down|playing down"),
        ("die", "die dies died died dying"),
        ("flip-flop", "flip-flop flip-flops flip-flopped flip-flopped flip-flopping"),
        ("take aim at", "take aim at|takes aim at|took aim at|taken aim at|taking aim at"),
    ],
)
def test_verbs_are_inflected(verb: str, inflected: str) -> None:
    expected = inflected.split("|") if "|" in inflected else inflected.split()
    assert [conjugated(verb, form) for form in list(Form)[1:6]] == expected


@pytest.mark.parametrize(
    ("noun", "several"),
    [
        ("regime", "regimes"),
        ("strongman", "strongmen"),
        ("bully", "bullies"),
        ("point of dispute", "points of dispute"),
        ("witch hunt", "witch hunts"),
        ("fiasco", "fiascos"),
        ("hero", "heroes"),
        ("death tax", "death taxes"),
    ],
)
def test_nouns_are_inflected(noun: str, several: str) -> None:
    assert plural(noun) == several
