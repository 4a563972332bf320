"""Where an article says who its “he” is: words to cite beside those of the speaker."""

from __future__ import annotations

from qa.text.sentences import split_sentences
from qa.text.speakers import head_word
from qa.text.words import STOPWORDS, word_set
from qa.types import Article, Span, Speaker


def naming_span(article: Article, speaker: Speaker, quoted: Span) -> Span | None:
    """The sentence of ``article`` that names ``speaker`` with most of what ``quoted`` lacks of name and role.

    Of several as good, the last before ``quoted``, else the first behind it. ``None`` where ``quoted`` lacks nothing,
    or no other sentence has the last word of the name.
    """
    wanted = _words(f"{speaker.name} {speaker.role or ''}") - _words(article.text[slice(*quoted)])
    last = head_word(speaker.name)
    if not wanted:
        return None
    best: tuple[int, bool, int] | None = None
    found: Span | None = None
    for sentence in split_sentences(article.text):
        if sentence.start < quoted.end and quoted.start < sentence.end:
            continue
        there = _words(article.text[slice(*sentence)])
        if last not in there or not (has := len(wanted & there)):
            continue
        before = sentence.start < quoted.start
        rank = (has, before, sentence.start if before else -sentence.start)
        if best is None or rank > best:
            best, found = rank, sentence
    return found


def _words(text: str) -> set[str]:
    return word_set(text) - STOPWORDS
