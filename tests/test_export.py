"""Exports: every footnote leads to its words, and what comes from outside stays text in every form."""

import json
import re
import unicodedata
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from qa.answering.export import (
    Exchange,
    as_html,
    as_json,
    as_markdown,
    as_text,
    html_fragment,
    html_text,
    markdown_text,
    web_address,
)
from qa.answering.mentions import clean
from qa.types import Abstention, Answer, Article, Citation, Hit, ModelInfo, Passage, Sentence, Span, Timings
from qa.wording import NEAREST

EVIL = "<script>alert(1)</script> [x](javascript:alert(2)) ![i](http://evil.example/i.png) `c` **b** [^9] https://evil.example"
MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
OUR_HTML = {
    "a", "bdi", "body", "footer", "h1", "h2", "head", "html", "li", "meta", "ol", "p", "section", "style", "sup",
    "title",
}  # fmt: skip


def article_of(text: str, source: str = "https://ledger.example/dam", **more: str) -> Article:
    return Article(text, more.pop("title", "The dam"), source, **more)  # type: ignore[arg-type]


def citation_of(article: Article, start: int, end: int, mark: int = 1, **more) -> Citation:
    return Citation(mark, article.id, article.title, start, end, article.text[start:end], **more)


def answer_of(article: Article, *sentences: Sentence, question: str = "Who?", **more) -> Answer:
    text = article.text
    hit = Hit(Passage(article.id, 0, len(text), text, (Span(0, len(text)),)), article.title, 1.0)
    return Answer(question, sentences, (hit,), ModelInfo("fake", "fake"), Timings(), **more)


def conversation_of(text: str, question: str | None = None) -> tuple[list[Exchange], dict[str, Article]]:
    """Two exchanges, an abstention the second, with ``text`` wherever something comes from outside."""
    article = article_of(f"{text}. The gate failed.", title=text, outlet=text, date="2032-03-04", source=text)
    whole = citation_of(article, 0, len(text) + 1, speaker=text, support=0.9)
    gate = citation_of(article, len(text) + 2, len(article.text))
    asked = text if question is None else question
    told = answer_of(article, Sentence(text, (whole, gate)), Sentence("It failed.", (gate,)), question=asked)
    silent = answer_of(article, question=asked, reason=Abstention.REFUSED, message=text, nearest=(whole,))
    return [Exchange(told, text), Exchange(silent, "Why?")], {article.id: article}


class Read(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


anything = st.text(min_size=1, max_size=80).filter(lambda text: text.strip() and clean(text))
markdown_like = st.lists(
    st.sampled_from([*"*_`[]()<>#|~&^$@!:-+=.\\", "1.", "http://", "www.", "[^1]:", "&lt;", "a", " ", "\n", "\u202e"]),
    min_size=1,
    max_size=25,
).map("".join).filter(lambda text: bool(clean(text)))  # fmt: skip
outside = st.one_of(anything, markdown_like)


@given(outside)
def test_every_footnote_number_leads_to_its_words(text: str) -> None:
    conversation, articles = conversation_of(text)
    cited = {
        (c.article_id, c.start, c.end): clean(c.quote)
        for one in conversation
        for citations in (*(sentence.citations for sentence in one.answer.sentences), one.answer.nearest)
        for c in citations
    }
    page = as_html(conversation, articles)
    tags = Read(page).tags
    linked = {attributes["href"] for tag, attributes in tags if (attributes.get("href") or "").startswith("#note-")}
    assert linked == {f"#{attributes['id']}" for tag, attributes in tags if tag == "li"}
    assert len(linked) == len(cited)
    markdown = as_markdown(conversation, articles)
    used = set(re.findall(r"(?<!\\)\[\^(\d+)\](?!:)", markdown))
    assert used == set(re.findall(r"^\[\^(\d+)\]: ", markdown, re.MULTILINE)) == {str(n + 1) for n in range(len(cited))}
    footnotes = re.findall(r"^\[(\d+)\] “(.*)” — ", as_text(conversation, articles), re.MULTILINE)
    assert [int(number) for number, _ in footnotes[-len(cited) :]] == list(range(1, len(cited) + 1))


@given(outside)
def test_nothing_from_outside_becomes_markup_in_html(text: str) -> None:
    conversation, articles = conversation_of(text)
    for page in (as_html(conversation, articles), html_fragment(conversation[0], articles)):
        read = Read(page)
        for tag, attributes in read.tags:
            assert tag in OUR_HTML
            assert not any(name.startswith("on") for name in attributes)
            assert re.match(r"#note-\d+\Z|https?://", attributes.get("href") or "#note-1")
            assert "src" not in attributes
        assert clean(text) in read.text


@given(outside)
def test_nothing_from_outside_becomes_markup_in_markdown(text: str) -> None:
    tokens = MARKDOWN.parse(markdown_text(text))
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    children = tokens[1].children or []
    assert {child.type for child in children} <= {"text", "text_special"}
    assert "".join(child.content for child in children) == clean(text)


@given(outside)
def test_a_whole_document_in_markdown_has_only_our_blocks(text: str) -> None:
    conversation, articles = conversation_of(text)
    blocks = {
        token.type.removesuffix("_open").removesuffix("_close")
        for token in MARKDOWN.parse(as_markdown(conversation, articles))
    }
    assert blocks <= {"heading", "paragraph", "inline"}


@given(outside)
def test_no_export_carries_characters_that_cannot_be_seen(text: str) -> None:
    conversation, articles = conversation_of(text)
    for export in (as_text, as_markdown, as_html):
        seen = export(conversation, articles).replace("\n", "")
        assert not [c for c in seen if unicodedata.category(c)[0] == "C" and c not in "\u200c\u200d"]


def test_a_footnote_says_who_where_and_when() -> None:
    article = article_of("The gate failed at dawn.", outlet="The Ledger", date="2032-03-04")
    cited = citation_of(article, 4, 15, speaker="Hanne Morvay", support=0.9)
    one = Exchange(answer_of(article, Sentence("It failed.", (cited,))), "Who?")
    text = as_text([one], {article.id: article})
    assert text == (
        "Who?\n\nIt failed. [1]\n\n[1] “gate failed” — said by Hanne Morvay, The dam, The Ledger, 2032-03-04, "
        f"https://ledger.example/dam, article {article.id}, characters 4 to 15, strong support (90%)\n"
    )
    assert as_text([one], {}, questions=False).startswith(
        "It failed. [1]\n\n[1] “gate failed” — said by Hanne Morvay, "
    )


def test_the_reading_stands_beside_what_was_written() -> None:
    conversation, articles = conversation_of("Who broke it?", question="Who broke the gate?")
    assert "(read as: Who broke the gate?)" in as_text(conversation, articles)
    assert "*Read as:* Who broke the gate?" in as_markdown(conversation, articles)
    assert "Read as: <bdi>Who broke the gate?</bdi>" in as_html(conversation, articles)
    assert "Read as" not in as_html([conversation[0]._replace(written="Who  broke the gate?")], articles)


def test_an_abstention_is_exported_with_the_nearest_words() -> None:
    conversation, articles = conversation_of("Nobody said.")
    for export in (as_text, as_markdown, as_html):
        assert NEAREST in export(conversation, articles)


def test_json_is_the_answers_and_the_articles_without_places_on_this_machine() -> None:
    conversation, articles = conversation_of("/home/somebody/dam.txt")
    made = json.loads(json.dumps(as_json(conversation, articles)))
    assert [one["written"] for one in made["answers"]] == ["/home/somebody/dam.txt", "Why?"]
    assert made["answers"][0]["sentences"][0]["citations"][0]["start"] == 0
    assert [one["source"] for one in made["articles"]] == [None]
    article = article_of("The gate failed.", source="/home/somebody/dam.txt")
    one = Exchange(answer_of(article, Sentence("It failed.", (citation_of(article, 0, 16),))), "What failed?")
    for export in (as_text, as_markdown, as_html):
        assert "/home/somebody" not in export([one], {article.id: article})


@pytest.mark.parametrize(
    ("source", "address"),
    [
        ("https://ledger.example/a?b=1&c=2", "https://ledger.example/a?b=1&c=2"),
        ("https://ledger.example/a<script>", "https://ledger.example/a%3Cscript%3E"),
        ("https://ledger.example/ä", "https://ledger.example/%C3%A4"),
        ("https://ledger.example/a b", None),
        ("javascript:alert(1)", None),
        ("/home/somebody/dam.txt", None),
        ("stdin", None),
    ],
)
def test_only_addresses_on_the_web_are_told(source: str, address: str | None) -> None:
    assert web_address(article_of("Text.", source=source)) == address


def test_a_hostile_text_is_shown_to_the_letter() -> None:
    assert Read(html_text(EVIL)).text == EVIL
    assert MARKDOWN.renderInline(markdown_text(EVIL)) == EVIL.replace("<", "&lt;").replace(">", "&gt;")
