"""The part of a long text that bears on a claim."""

from qa.models.focus import focus

FILLER = "The weather over the southern hills was mild for the season and nobody took notice of it at all. " * 12
COST = "The Vell dam cost 4 million crowns."
OPENED = "It was opened by the king in 1999."


def test_a_short_text_comes_back_as_it_is():
    assert focus(f"{COST} {OPENED}", "What?") == f"{COST} {OPENED}"


def test_the_sentences_with_the_words_of_the_claim_are_kept_in_order():
    text = f"{FILLER}{OPENED} {FILLER}{COST} {FILLER}"
    found = focus(text, "The king opened the Vell dam, which cost 4 million crowns, in 1999.", words=40)
    assert OPENED in found
    assert COST in found
    assert found.index(OPENED) < found.index(COST)
    assert len(found.split()) <= 40


def test_one_sentence_is_taken_even_where_it_is_too_long():
    sentence = "The dam " + "and the old port of Aldern " * 60 + "were closed."
    assert focus(f"{sentence} {FILLER}", "The port of Aldern was closed.", words=20) == sentence


def test_a_text_that_shares_nothing_still_gives_something():
    assert focus(FILLER, "Penguins waddle.", words=30)
