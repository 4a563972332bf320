"""Comparisons over REST and as HTML: every side with its words, the words at issue marked, everything escaped."""

import json

import pytest
from fastapi.testclient import TestClient

from qa.jsonable import comparison_json
from qa.models.generators.asking import Asking
from qa.types import Article, Comparison, Contradiction, Difference, Reprint, SharedPoint, Side, Span, Voice
from qa.web.api import schemas
from qa.web.comparison import comparison_html
from qa.web.server import create_app
from qa.web.tabs.summarize import _compared
from tests.serving import BRIDGE, service_in

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::UserWarning")

ARTICLES = [
    Article(text="The siren <b>sounded</b> at 4:25 a.m.", title="<script>A</script>", source="a", outlet="Ledger"),
    Article(text="The siren sounded at 4:52 a.m.", title="B", source="b"),
]


def side(place, marked="", **more):
    article = ARTICLES[place]
    at = article.text.index(marked) if marked else 0
    spans = (Span(at, at + len(marked)),) if marked else ()
    words = article.text
    told = (article.id, article.title, article.outlet, None, 0, len(words), words, Voice.FACT)
    return Side(*told, marked=spans, **more)


def test_a_contradiction_marks_the_words_that_differ_and_escapes_all_others():
    html = comparison_html(ARTICLES, [Contradiction(Difference.TIME, (side(0, "4:25"), side(1, "4:52")))])
    assert "<mark>4:25</mark>" in html
    assert "<mark>4:52</mark>" in html
    assert "The times differ" in html
    assert "&lt;b&gt;sounded&lt;/b&gt;" in html
    assert "<script>" not in html


def test_a_reprint_and_one_source_repeated_are_said():
    shared = SharedPoint((side(0), side(1, repeats=ARTICLES[0].id)), 1)
    html = comparison_html(ARTICLES, [Reprint(tuple(one.id for one in ARTICLES), 0.97), shared])
    assert "A and B largely have the same text (97%)" in html
    assert "one source only, repeated" in html
    assert "in the words of A" in html


@pytest.fixture
def service(tmp_path):
    with service_in(tmp_path) as service:
        service.ingest_bytes(BRIDGE.encode(), source="one.txt")
        service.ingest_bytes(
            BRIDGE.replace("1987", "1989").encode() + b" It rained all day long in the town.", source="two.txt"
        )
        yield service


def test_over_rest_it_is_the_one_that_the_service_gives(service):
    ids = [article.id for article in service.library.articles()]
    *events, comparison = service.compare(ids, 2)
    assert isinstance(comparison, Comparison)
    with TestClient(create_app(service), base_url="http://localhost") as client:
        told = client.post("/api/v1/comparisons", json={"articles": ids, "sentences": 2}).json()
        assert {**told, "timings": None} == {**json.loads(json.dumps(comparison_json(comparison))), "timings": None}
        schemas.Comparison.model_validate(told)
        streamed = client.post("/api/v1/comparisons", json={"articles": ids, "sentences": 2, "stream": True}).text
        names = [line.removeprefix("event: ") for line in streamed.splitlines() if line.startswith("event: ")]
        assert names[-1] == "comparison"
        assert len(names) == len(events) + 1
        assert client.post("/api/v1/comparisons", json={"articles": ids[:1]}).status_code == 422
        assert client.post("/api/v1/comparisons", json={"articles": [ids[0], "f" * 12]}).status_code == 404


def test_the_page_compares_what_is_chosen(service):
    ids = [article.id for article in service.library.articles()]
    *_, (html, _) = _compared(service, ids, 2, Asking())
    assert "<strong>B</strong>" in html
    assert 'aria-label="Round-up"' in html
    *_, (refused, _) = _compared(service, ids[:1], 2, Asking())
    assert "choose at least two above" in refused
