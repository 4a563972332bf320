"""Where an article names the one it calls “he”."""

from qa.text.naming import naming_span
from qa.types import Article, Span, Speaker

TEXT = (
    "Mayor Tam Hask came late. Hask was wet. “I am wet,” he said. Engineer Lia Orne came too. "
    "“So am I,” said Lia Orne. Tam Hask, the mayor, left."
)
ARTICLE = Article(text=TEXT, title="t", source="s")


def place(words):
    start = TEXT.index(words)
    return Span(start, start + len(words))


def named(speaker, quoted):
    found = naming_span(ARTICLE, speaker, place(quoted))
    return None if found is None else TEXT[slice(*found)]


def test_the_sentence_with_most_of_name_and_role():
    assert named(Speaker("Tam Hask", "Mayor"), "“I am wet,” he said.") == "Mayor Tam Hask came late."
    assert named(Speaker("Lia Orne", "Engineer"), "“So am I,” said Lia Orne.") == "Engineer Lia Orne came too."


def test_none_is_needed_or_there_is_none():
    assert named(Speaker("Lia Orne"), "“So am I,” said Lia Orne.") is None
    assert named(Speaker("Bo Carr"), "“I am wet,” he said.") is None


def test_of_two_as_good_the_last_before():
    assert named(Speaker("Hask"), "“I am wet,” he said.") == "Hask was wet."
