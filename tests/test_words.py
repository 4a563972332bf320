"""Words, numbers and names compare across wordings, in linear time."""

import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.text.quantities import numbers
from qa.text.words import content_stems, fold, name_words, stem


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("4.2 million", {"4200000"}),
        ("4,200,000", {"4200000"}),
        ("4.2-million-dollar", {"4200000"}),
        ("£4.2bn", {"4200000000"}),
        ("$4.2m in all", {"4200000"}),
        ("4m of cable", {"4"}),  # metres
        ("1,234.50", {"1234.5"}),
        ("0.50", {"0.5"}),
        ("seven", {"7"}),
        ("twenty-one", {"21"}),
        ("Ninety nine", {"99"}),
        ("sixty", {"60"}),  # not six
        ("two hundred", {"200"}),
        ("two hundred thousand", {"200000"}),
        ("three hundred and twenty", {"320"}),
        ("a hundred", {"100"}),
        ("a million", {"1000000"}),
        ("half a million", set()),
        ("two dozen", {"24"}),
        ("4:52 p.m.", {"4:52"}),
        ("04:52", {"4:52"}),
        ("5%", {"5"}),
        ("five percent", {"5"}),
        ("10-15 people", {"10", "15"}),
        ("2019–2021", {"2019", "2021"}),
        ("mid-2024", {"2024"}),
        ("July 4th", {"4"}),
        ("the third time, a second look", set()),
        ("S-400, S-400s and F-35s, f-16, MiG-29, COVID-19, MH17", set()),
        ("no one, one of them, the one", set()),
        ("one official", {"1"}),
        ("the one million", {"1000000"}),
        ("", set()),
    ],
)
def test_numbers(text, expected):
    assert numbers(text) == expected


@given(st.integers(0, 10**12))
def test_a_number_with_and_without_thousands_commas_is_one(number):
    assert numbers(f"{number:,}") == numbers(f"{number}") == {str(number)}


@given(st.integers(1, 999), st.sampled_from([("thousand", 3), ("million", 6), ("billion", 9)]))
def test_a_scale_multiplies(number, scale):
    word, zeros = scale
    assert numbers(f"{number} {word}") == {str(number) + "0" * zeros}


def test_a_number_too_long_to_round_is_compared_as_written():
    digits = "1" * 5000
    assert numbers(digits) == {digits}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("the U.S. said", "the US said"),
        ("U.S.A.", "USA"),
        ("Turkey’s officials", "Turkey officials"),
        ("Erdoğan in İstanbul", "Erdogan in Istanbul"),
        ("Yıldırım and Łódź", "Yildirim and Lodz"),
        ("S-400", "S-400s"),
        ("F-35s", "F-35"),
        ("S400", "S-400"),
        ("F‑35", "F-35"),  # non-breaking hyphen
        ("covid-19", "COVID-19"),
        ("Russian-made", "made Russian"),
        ("The missiles", "missile"),
        ("didn’t agree", "agree"),
    ],
)
def test_variants_of_a_word_are_one(one, other):
    assert set(content_stems(one)) == set(content_stems(other)) != set()


@pytest.mark.parametrize(("one", "other"), [("US", "us"), ("IT", "it"), ("S-400", "S-300"), ("F-35", "F-16")])
def test_different_words_stay_apart(one, other):
    assert content_stems(one) != content_stems(other)


def test_content_stems_keep_order_and_leave_out_stopwords():
    assert content_stems("The ministers of the two cities were asked") == ["minist", "two", "citi", "ask"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Who met Recep Erdogan in New York?", ["Recep", "Erdogan", "New", "York"]),
        ("Officials said so.", []),  # an ordinary word may open a sentence
        ("Tayyip Erdogan said so.", ["Tayyip", "Erdogan"]),
        ("NATO said so.", ["NATO"]),
        ("He left. Officials stayed. “Nobody knows,” said Putin.", ["Putin"]),
        ("He asked Mr. Putin and J. Smith.", ["Putin", "J", "Smith"]),
        ("The U.S. Ambassador left.", ["U.S.", "Ambassador"]),
        ("I asked the White House, and The Times", ["White", "House", "Times"]),
        ("Al-Assad left.", ["Al", "Assad"]),
        ("nothing here", []),
    ],
)
def test_name_words(text, names):
    assert list(name_words(text)) == names


def test_words_are_stemmed_alike_by_many_threads():
    words = [
        f"{begin}{ending}" for begin in ("nation", "happi", "organis", "relat") for ending in ("al", "ness", "ations")
    ]
    alone = {word: stem(word) for word in words}
    stem.cache_clear()
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as pool:
            for _ in range(50):
                stem.cache_clear()
                assert list(pool.map(stem, words * 3)) == [alone[word] for word in words] * 3
    finally:
        sys.setswitchinterval(interval)


@given(st.text())
def test_any_text_can_be_read(text):
    assert all(content_stems(text))
    assert all(numbers(text))
    assert all(name in text for name in name_words(text))
    assert fold(text) == fold(text).casefold()


@pytest.mark.parametrize(
    "unit",
    ["a", "1", "A ", "1,", "111,", " ", "-", "1-", "a-", "U.", "one ", "1 ", ". ", "‘A", "Aa. ", "one hundred and "],
)
def test_time_is_linear(unit):
    text = unit * (200_000 // len(unit))
    for read in (content_stems, numbers, lambda t: list(name_words(t))):
        started = time.process_time()
        read(text)
        assert time.process_time() - started < 5  # under 0.5 s here; 40 billion steps if quadratic
