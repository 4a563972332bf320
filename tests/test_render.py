"""HTML: everything from outside is escaped, marks lead to the quoted words."""

import dataclasses
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.answering.export import STOPPED, Exchange, as_text
from qa.types import (
    Abstention,
    Answer,
    Article,
    Citation,
    Dropped,
    Hit,
    Message,
    ModelInfo,
    Passage,
    Sentence,
    Span,
    Timings,
)
from qa.web.render import (
    answer_html,
    article_html,
    article_page,
    asked_html,
    conversation_html,
    error_html,
    exchange_html,
    passages_html,
)
from qa.wording import NEAREST, support_words

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
OUR_TAGS = {
    "a", "article", "blockquote", "body", "button", "dd", "details", "div", "dl", "dt", "em", "h2", "head", "html",
    "li", "mark", "meta", "ol", "p", "pre", "q", "section", "span", "style", "summary", "title", "u", "ul",
}  # fmt: skip


class Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def hit(text: str, title: str = "Title", start: int = 0, article_id: str = "abc123") -> Hit:
    end = start + len(text)
    return Hit(Passage(article_id, start, end, text, (Span(start, end),)), title, 0.5)


def cited(text: str, source: Hit, mark: int = 1) -> Sentence:
    passage = source.passage
    citation = Citation(mark, passage.article_id, source.title, passage.start, passage.end, passage.text)
    return Sentence(text, (citation,))


def answer(*sentences: Sentence, hits: tuple[Hit, ...] = (), **more) -> Answer:
    return Answer("Who?", sentences, hits, ModelInfo("fake", "fake"), Timings(total_ms=1500), **more)


@given(st.text(min_size=1).filter(str.strip))
def test_nothing_from_outside_becomes_markup(text: str) -> None:
    source = hit(text, title=text)
    refused = answer(hits=(source,), reason=Abstention.REFUSED, message=text, dropped=(Dropped(text, text),))
    shown = answer(cited(text, source), hits=(source,), dropped=(Dropped(text, text, 0.1, (Span(0, 1),)),), score=0.5)
    pages = [
        answer_html(shown.sentences, answer=shown, waiting=text),
        answer_html((), answer=refused),
        answer_html(shown.sentences, articles={"abc123": Article("x", text, text, outlet=text, date=text)}),
        exchange_html(Exchange(shown, text, stopped=True), prompt=(Message("system", text), Message("user", text))),
        conversation_html((Exchange(shown, text), Exchange(refused, text))),
        asked_html(text, text),
        passages_html((source,)),
        error_html(text),
        article_page(Article(text, text, text, text, text, text, (text,)), Span(0, 1), style=""),
    ]
    for page in pages:
        for tag, attributes in Tags(page).seen:
            assert tag in OUR_TAGS
            assert not any(name.startswith("on") for name in attributes)
            assert (attributes.get("href") or "/").startswith("/")


def test_a_script_is_shown_as_text() -> None:
    page = article_html(Article(EVIL, EVIL, "source"))
    assert "<script" not in page
    assert Tags(page).text.count(EVIL) == 2  # title and body, to the letter


def test_a_mark_leads_to_the_quoted_words() -> None:
    source = hit("The dam broke.", start=7)
    tags = Tags(answer_html([cited("It broke.", source)])).seen
    links = [attributes["href"] for tag, attributes in tags if tag == "a"]
    assert links == ["/articles/abc123?start=7&end=21#quote"] * 2  # in the sentence, and beside the quotation


def test_the_quoted_words_are_marked_and_the_text_is_whole() -> None:
    article = Article("One. Two & three. Four.", "Title", "source")
    page = article_html(article, Span(5, 17))
    assert '<mark id="quote">Two &amp; three.</mark>' in page
    assert article.text in Tags(page).text


@given(st.integers(), st.integers())
def test_bounds_that_anyone_typed_do_no_harm(start: int, end: int) -> None:
    article = Article("One. Two.", "Title", "source")
    page = article_html(article, Span(start, end))
    assert article.text in Tags(page).text
    assert ("<mark" in page) == (0 <= start < end <= len(article.text))


def test_an_abstention_says_why_and_offers_the_nearest_passages() -> None:
    hits = tuple(hit(f"Passage {number}.", start=100 * number) for number in range(5))
    html = answer_html((), answer=answer(hits=hits, reason=Abstention.NOT_MENTIONED, message="Not mentioned."))
    assert "Not mentioned." in html
    assert html.count("Show passage") == 3


def test_an_abstention_offers_the_nearest_words_each_leading_to_its_place() -> None:
    source = hit(f"The dam {EVIL} broke.", start=40)
    nearest = Citation(1, "abc123", "T", 40, 44, "The ")
    done = answer(hits=(source,), reason=Abstention.REFUSED, message="Not answered.", nearest=(nearest,))
    html = answer_html((), answer=done)
    assert NEAREST in html
    assert "/articles/abc123?start=40&end=44#quote" in html.replace("&amp;", "&")
    assert "<script" not in html


def test_withheld_sentences_are_told() -> None:
    source = hit("The dam broke.")
    done = answer(cited("It broke.", source), hits=(source,), dropped=(Dropped("It cost 5.", "no such number"),))
    text = Tags(answer_html(done.sentences, answer=done)).text
    assert "1 drafted sentence withheld" in text
    assert "no such number" in text
    assert "1.5 s" in text


def test_words_that_nothing_bears_out_are_underlined() -> None:
    source = hit("The dam broke.")
    drop = Dropped("It cost 5 & more.", "no such number", 0.1, (Span(8, 9),))
    done = answer(cited("It broke.", source), hits=(source,), dropped=(drop,))
    assert 'It cost <u title="not borne out">5</u> &amp; more.' in answer_html(done.sentences, answer=done)


def test_a_disagreement_and_the_support_are_said_in_words() -> None:
    source = hit("The dam broke.")
    (citation,) = cited("It broke.", source).citations
    sentence = Sentence("It broke.", (dataclasses.replace(citation, support=0.91),), 0.91)
    agreed, divided = (answer(sentence, hits=(source,), disagreement=differ) for differ in (False, True))
    assert "strong support (91%)" in answer_html((sentence,), answer=agreed)
    assert "disagree" not in answer_html((sentence,), answer=agreed)
    assert "The sources disagree" in answer_html((sentence,), answer=divided)


@pytest.mark.parametrize(("support", "words"), [(0.95, "strong"), (0.8, "strong"), (0.7, "fair"), (0.3, "weak")])
def test_support_is_said_in_words(support: float, words: str) -> None:
    assert support_words(support).startswith(f"{words} support (")


def test_passages_stand_under_their_articles() -> None:
    html = passages_html((hit("A.", "First"), hit("B.", "First", 10), hit("C.", "Second", article_id="def")))
    assert html.count("First") == 1
    assert html.index("First") < html.index("A.") < html.index("B.") < html.index("Second") < html.index("C.")


# ── marks, cards, conversation ───────────────────────────────────────────────────────────────────────────────────────


def supported(support: float | None, **more) -> tuple[Sentence, Answer]:
    source = hit("The dam broke.")
    (citation,) = cited("It broke.", source).citations
    sentence = Sentence("It broke.", (dataclasses.replace(citation, support=support, **more),), support)
    return sentence, answer(sentence, hits=(source,))


@pytest.mark.parametrize(("support", "word"), [(0.95, "strong"), (0.7, "fair"), (0.3, "weak")])
def test_a_mark_has_its_support_as_a_word_and_not_as_a_colour_alone(support: float, word: str) -> None:
    sentence, whole = supported(support)
    page = Tags(answer_html((sentence,), answer=whole))
    (mark,) = [attributes for tag, attributes in page.seen if tag == "a" and "data-quote" in attributes]
    assert f"cw-{word}" in (mark["class"] or "")
    assert f"1 {word}" in page.text
    assert f"{word} support" in (mark["aria-label"] or "")


def test_a_mark_that_nobody_judged_has_its_number_alone() -> None:
    sentence, whole = supported(None)
    assert not any(word in answer_html((sentence,), answer=whole) for word in ("strong", "fair", "weak"))


def test_a_mark_carries_what_its_card_shows() -> None:
    sentence, _ = supported(0.9, speaker="Hanne Morvay")
    known = {"abc123": Article("The dam broke.", "The dam", "source", outlet="The Ledger", date="2032-03-04")}
    (mark,) = [one for tag, one in Tags(answer_html((sentence,), articles=known)).seen if "data-quote" in one]
    shown = {name.removeprefix("data-"): value for name, value in mark.items() if name.startswith("data-")}
    assert shown == {
        "quote": "The dam broke.",
        "speaker": "said by Hanne Morvay",
        "title": "Title",
        "outlet": "The Ledger",
        "date": "2032-03-04",
        "support": "strong support (90%)",
    }
    assert "The Ledger · 2032-03-04" in Tags(answer_html((sentence,), articles=known)).text


def test_an_earlier_turn_is_folded_under_its_question_and_keeps_its_marks() -> None:
    _, whole = supported(0.9)
    page = Tags(conversation_html([Exchange(whole, "Did it break?")]))
    assert [tag for tag, _ in page.seen].count("details") == 2  # the turn, and its own details
    assert not any("open" in attributes for tag, attributes in page.seen if tag == "details")
    assert "Did it break?" in page.text
    assert "read as: Who?" in page.text  # the answer's question is another than what was written
    assert any("data-quote" in attributes for _, attributes in page.seen)
    assert conversation_html(()) == ""


def test_a_reading_is_shown_only_where_there_is_one() -> None:
    assert "read as" not in asked_html("Who?")
    assert Tags(asked_html("Who?", "Who broke it?")).text == "Who?read as: Who broke it?"


def test_the_prompt_is_there_on_demand_with_what_comes_before_it() -> None:
    _, whole = supported(0.9)
    prompt = (Message("system", "Use only the passages."), Message("user", "[1] The dam broke."))
    html = exchange_html(Exchange(whole, "Who?"), prompt=prompt)
    text = Tags(html).text
    assert (
        text.index("What the model was asked") < text.index("[1] The dam broke.") < text.index("Use only the passages.")
    )
    assert "What the model was asked" not in exchange_html(Exchange(whole, "Who?"))


def test_what_is_copied_is_the_answer_with_its_footnotes() -> None:
    _, whole = supported(0.9)
    one = Exchange(whole, "Who?")
    (button,) = [attributes for tag, attributes in Tags(exchange_html(one)).seen if tag == "button"]
    assert button["data-text"] == as_text([one], {}, questions=False)
    assert "<sup>[1]</sup>" in (button["data-html"] or "")


def test_an_answer_that_was_stopped_says_so() -> None:
    _, whole = supported(0.9)
    assert STOPPED in Tags(exchange_html(Exchange(whole, "Who?", stopped=True))).text
    assert STOPPED not in exchange_html(Exchange(whole, "Who?"))
