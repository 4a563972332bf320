"""The summary as HTML: escaped, linked to its words, its voice in words; and the page's events."""

import re

import pytest

from qa.models.generators.asking import Asking
from qa.service import Service
from qa.settings import load_settings
from qa.summarizing.beside import loaded_places
from qa.types import Article, Citation, LoadedPlace, SummarySentence, Voice
from qa.web.summary import source_html, summary_html
from qa.web.tabs.summarize import _summarized
from tests.conftest import SEEDS

ARTICLE = Article(text="A <b>dramatic</b> step & a shocking one.", title="<script>x</script>", source="s")


def sentence(start, end, voice=Voice.REPORTED):
    citation = Citation(1, ARTICLE.id, ARTICLE.title, start, end, ARTICLE.text[start:end], support=1.0)
    return SummarySentence("Ann <i>Lee</i> said that it fell.", voice, 0.9, (citation,))


def test_everything_is_escaped():
    html = summary_html([sentence(0, 8)]) + source_html(ARTICLE, loaded_places(ARTICLE), [sentence(0, 8)])
    assert "<script>" not in html
    assert "<i>" not in html
    assert "<b>" not in html
    assert "Ann &lt;i&gt;Lee" in html


@pytest.mark.parametrize(
    ("voice", "words"),
    [(Voice.REPORTED, "reported"), (Voice.ASSERTED, "the article’s own claim"), (Voice.FACT, "stated as a fact")],
)
def test_the_voice_is_said_in_words(voice, words):
    html = summary_html([sentence(0, 8, voice)])
    assert f">{words}<" in html
    assert f'href="/articles/{ARTICLE.id}?start=0&end=8#quote"' in html.replace("&amp;", "&")


def test_the_source_keeps_its_text_whole_with_marks_and_underlines_nested_rightly():
    start = ARTICLE.text.index("dramatic")
    loaded = [LoadedPlace(ARTICLE.id, start, start + 8, "dramatic", "evaluative", quoted=False, alternative=None)]
    html = source_html(ARTICLE, loaded, [sentence(0, 17), sentence(5, 12), sentence(18, 22)])
    body = html[html.index('<div class="cw-text"') :]
    shown = re.sub(r"<[^>]+>", "", body).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert shown == ARTICLE.text
    assert body.count("<mark") == 2  # the second lies in the first
    assert '<u class="cw-loaded-word" title="evaluative">dramatic</u>' in body
    assert re.sub(r"<(\w+)[^>]*>", r"<\1>", body).count("<mark>A &lt;b&gt;<u>dramatic</u>") == 1


def test_words_that_the_article_quotes_are_not_underlined():
    quoted = [LoadedPlace(ARTICLE.id, 5, 13, "dramatic", "evaluative", quoted=True, alternative=None)]
    assert "<u" not in source_html(ARTICLE, quoted, [])


@pytest.fixture
def service(tmp_path):
    settings = load_settings(library=tmp_path / "library", engine="fake")
    with Service(settings, create=True) as service:
        list(service.ingest([SEEDS / "dam-rattle.txt"]))
        yield service


def test_the_page_shows_sentences_one_by_one_and_then_what_stands_beside(service):
    (article,) = service.library.articles()
    *before, (summary, source) = _summarized(service, [article.id], 3, Asking())
    assert 'role="status"' in before[0][0]
    assert summary.count("<li><p>") == 3
    assert "Who says what" in summary
    assert 'class="cw-loaded-word"' in source
    assert 'role="status"' not in summary


def test_the_page_says_what_is_wrong(service):
    ((nothing, _),) = _summarized(service, [], 3, Asking())
    assert "choose one above" in nothing
    ((gone, _),) = _summarized(service, ["0" * 12], 3, Asking())
    assert 'role="alert"' in gone
