"""Quotations with a name under them."""

from qa.models.speech import QuoteTagger
from qa.models.speech_reader import SpeechReader
from qa.text.signed import signed_quotations
from qa.types import Speaker, SpeechKind

TEXT = (
    "Readers wrote to us.\n\n“The water came at night and took the shop.” ― Ruth Okendry, baker\n\n"
    "“I lost two houses in it. I will not build a third.”\n— Gus Pennaway.\n\n"
    "“It was a long night for all” — said nobody at all.\n\n“Never again, they said” – Then the rain came.\n"
)


def test_who_signs():
    found = signed_quotations(TEXT)
    assert [one.speaker for one in found] == [Speaker("Ruth Okendry", "baker"), Speaker("Gus Pennaway")]
    assert [TEXT[slice(*one.source)] for one in found] == ["Ruth Okendry", "Gus Pennaway"]
    assert TEXT[slice(*found[0].quotation)] == "“The water came at night and took the shop.”"


def test_the_words_are_theirs():
    found = SpeechReader(QuoteTagger()).read(TEXT)
    mine = [one for one in found if one.speaker == Speaker("Ruth Okendry", "baker")]
    assert [(one.kind, one.stated) for one in mine] == [(SpeechKind.DIRECT, True)]
    starts = [one.content[0].start for one in found]
    assert len(starts) == len(set(starts))
