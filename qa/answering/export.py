"""A conversation to take along: Markdown, HTML, JSON or plain text, every sentence with footnotes of its exact words.

What comes from articles, questions and models is text in all of them: escaped, on one line, without characters that
cannot be seen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import NamedTuple
from urllib.parse import quote

from qa.answering.mentions import clean
from qa.jsonable import Json, answer_json, article_json
from qa.types import Answer, Article, Citation
from qa.wording import DISAGREEMENT, NEAREST, said_by, support_words

Articles = Mapping[str, Article]
"""The cited articles by their ids, for outlet, date and address; one that is missing leaves those out."""

_STYLE = (
    "body{max-width:44rem;margin:2rem auto;padding:0 1rem;font:1rem/1.6 system-ui,sans-serif}h1{font-size:1.3rem}"
    "h2{font-size:1.1rem;margin-top:2rem}sup a{text-decoration:none}.read,.small,footer{color:#57606a;font-size:.9rem}"
    "li{margin:.4rem 0;overflow-wrap:anywhere}:target{background:#fff3c4}:root{color-scheme:light dark}"
    "@media(prefers-color-scheme:dark){.read,.small,footer{color:#a3adba}:target{background:#4d3d00}}"
)
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


STOPPED = "Stopped before its end: what was proven until then stands here."


class Exchange(NamedTuple):
    """An answer with its question as it was ``written``, which may have been read otherwise.

    ``stopped`` tells that the asker did not let it come to its end.
    """

    answer: Answer
    written: str
    stopped: bool = False

    @property
    def read_as(self) -> str | None:
        """The question as it was read, where that is not as it was written."""
        return None if clean(self.answer.question) == clean(self.written) else clean(self.answer.question)


class Footnote(NamedTuple):
    """Exact words of an article under their number."""

    number: int
    citation: Citation
    article: Article | None


@dataclass(slots=True)
class _Notes:
    """The footnotes of a document, numbered from 1 as their words are first cited."""

    articles: Articles
    notes: dict[tuple[str, int, int], Footnote] = field(default_factory=dict)

    def number(self, citation: Citation) -> int:
        place = (citation.article_id, citation.start, citation.end)
        if place not in self.notes:
            article = self.articles.get(citation.article_id)
            self.notes[place] = Footnote(len(self.notes) + 1, citation, article)
        return self.notes[place].number

    def numbers(self, citations: Iterable[Citation]) -> list[int]:
        return list(dict.fromkeys(map(self.number, citations)))


# ── the forms ────────────────────────────────────────────────────────────────────────────────────────────────────────


def as_json(conversation: Sequence[Exchange], articles: Articles) -> Json:
    """The whole of a conversation for programs: each answer in its JSON form, and the articles that they cite."""
    cited = dict.fromkeys(citation.article_id for one in conversation for citation in _citations(one.answer))
    return {
        "answers": [
            {"written": one.written, "stopped": one.stopped, **answer_json(one.answer)} for one in conversation
        ],
        "articles": [
            {**article_json(articles[name]), "source": web_address(articles[name])}
            for name in cited
            if name in articles
        ],
    }


def as_text(conversation: Sequence[Exchange], articles: Articles, *, questions: bool = True) -> str:
    """Plain text, the footnotes at its end."""
    notes = _Notes(articles)
    parts: list[str] = []
    for one in conversation:
        if questions:
            read = f"\n(read as: {one.read_as})" if one.read_as else ""
            parts.append(f"{clean(one.written)}{read}")
        parts += _told(one, notes, clean, lambda number: f"[{number}]", " ")
    footnotes = "\n".join(f"[{note.number}] {_described(note, clean, clean)}" for note in notes.notes.values())
    return "\n\n".join(filter(None, (*parts, footnotes))) + "\n"


def as_markdown(conversation: Sequence[Exchange], articles: Articles) -> str:
    """Markdown with footnotes (``[^1]``), as GitHub, Pandoc and most editors read them."""
    notes = _Notes(articles)
    parts: list[str] = []
    for one in conversation:
        parts.append(f"## {markdown_text(one.written)}")
        if one.read_as:
            parts.append(f"*Read as:* {markdown_text(one.read_as)}")
        parts += _told(one, notes, markdown_text, lambda number: f"[^{number}]", "")
    parts += [
        f"[^{note.number}]: {_described(note, markdown_text, lambda url: f'<{url}>')}" for note in notes.notes.values()
    ]
    return "\n\n".join(parts) + "\n"


def as_html(conversation: Sequence[Exchange], articles: Articles) -> str:
    """A page of its own: no script, nothing fetched from anywhere."""
    notes = _Notes(articles)
    sections = "".join(_section(one, notes) for one in conversation)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Answers from your articles</title><style>{_STYLE}</style></head>"
        f"<body><h1>Answers from your articles</h1>{sections}{_footnotes(notes)}"
        "<footer><p>Every sentence rests on the words of its footnotes, cut from the article by citewire.</p></footer>"
        "</body></html>\n"
    )


def html_fragment(exchange: Exchange, articles: Articles) -> str:
    """An answer with its footnotes, to be pasted into a document."""
    notes = _Notes(articles)
    told = _told(exchange, notes, html_text, lambda number: f"<sup>[{number}]</sup>", "")
    listed = "".join(f"<p>[{note.number}] {_described(note, html_text, _link)}</p>" for note in notes.notes.values())
    return "".join(f"<p>{part}</p>" for part in told) + listed


def _section(one: Exchange, notes: _Notes) -> str:
    read = f'<p class="read">Read as: {html_text(one.read_as)}</p>' if one.read_as else ""
    told = _told(one, notes, html_text, lambda n: f'<sup><a href="#note-{n}">[{n}]</a></sup>', "")
    body = "".join(f"<p>{part}</p>" for part in told)
    return f"<section><h2>{html_text(one.written)}</h2>{read}{body}</section>"


def _footnotes(notes: _Notes) -> str:
    items = "".join(
        f'<li id="note-{note.number}">{_described(note, html_text, _link)}</li>' for note in notes.notes.values()
    )
    return f'<section aria-label="Footnotes"><h2>Footnotes</h2><ol>{items}</ol></section>' if items else ""


# ── what they share ──────────────────────────────────────────────────────────────────────────────────────────────────

_Escape = Callable[[str], str]


def _told(one: Exchange, notes: _Notes, text: _Escape, mark: Callable[[int], str], space: str) -> Iterator[str]:
    """The paragraphs of an answer with its marks: its sentences, or why there are none and the nearest words."""
    answer = one.answer

    def marked(words: str, citations: Iterable[Citation]) -> str:
        marks = space.join(mark(number) for number in notes.numbers(citations))
        return f"{text(words)}{space}{marks}"

    if answer.sentences:
        yield " ".join(marked(sentence.text, sentence.citations) for sentence in answer.sentences)
    elif answer.message:
        yield text(answer.message)
    if one.stopped:
        yield text(STOPPED)
    if answer.disagreement:
        yield text(DISAGREEMENT)
    if answer.nearest:
        yield text(NEAREST)
        for citation in answer.nearest:
            yield marked(f"“{clean(citation.quote)}”", (citation,))


def _described(note: Footnote, text: _Escape, link: _Escape) -> str:
    """A footnote in words: “quote” — who says so, title, outlet, date, where it stands, how strongly it supports."""
    citation, article = note.citation, note.article
    url = web_address(article) if article else None
    about = (
        text(said_by(citation.speaker)) if citation.speaker else "",
        text(citation.title),
        text(article.outlet) if article and article.outlet else "",
        text(article.date) if article and article.date else "",
        link(url) if url else "",
        text(f"article {citation.article_id}, characters {citation.start} to {citation.end}"),
        text(support_words(citation.support)) if citation.support is not None else "",
    )
    return f"{text(f'“{clean(citation.quote)}”')} — {', '.join(filter(None, about))}"


def _citations(answer: Answer) -> Iterator[Citation]:
    for sentence in answer.sentences:
        yield from sentence.citations
    yield from answer.nearest


def web_address(article: Article) -> str | None:
    """Where ``article`` stands on the web, every unusual character encoded; ``None`` for files of this machine."""
    source = clean(article.source)
    if not re.match(r"https?://[^/\s]", source) or " " in source:
        return None
    return quote(source, safe="/:?#@!$&*+,;=%~-._")


# ── escaping ─────────────────────────────────────────────────────────────────────────────────────────────────────────

_MARKDOWN = re.compile(
    r"[\\`*_{}\[\]<>#|~^$@]|&(?=#?\w+;)|:(?=//|\w+:)|(?<=\b[wW]{3})\."  # what means something anywhere
    r"|\A[-+=]|(?<=\d)[.)](?= |\Z)"  # or where a line begins
)


def markdown_text(text: str) -> str:
    """``text`` as Markdown that shows it to the letter: no markup, no link, no footnote of its own."""
    return _MARKDOWN.sub(lambda match: f"\\{match.group()}", clean(text))


def html_text(text: str) -> str:
    """``text`` as HTML that shows it to the letter, its direction kept to itself."""
    return f"<bdi>{escape(clean(text))}</bdi>"


def _link(url: str) -> str:
    return f'<a href="{escape(url)}" rel="noreferrer noopener">{escape(url)}</a>'
