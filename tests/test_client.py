"""The client, against a server on a port of its own: what comes back are the package's own values."""

from __future__ import annotations

import dataclasses
import gc
import inspect
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from qa.answering.answer import Evidence
from qa.client import ApiError, ArticleDescription, Client, Ingested
from qa.jsonable import answer_json, article_json
from qa.library import Added, SearchFilter
from qa.service import Service
from qa.types import Answer, Article, Hit, Passage, Sentence, Summary
from qa.web.api import schemas
from tests.serving import BRIDGE, DAM, QUESTION, served, service_in, waiting_model

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::UserWarning")


@pytest.fixture(scope="module", autouse=True)
def _swept() -> Iterator[None]:
    """What Gradio leaves behind is collected here, where its complaints are passed over, not in some other test."""
    yield
    gc.collect()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, str]]:
    with service_in(tmp_path_factory.mktemp("client")) as service, served(service) as address:
        yield service, address


@pytest.fixture
def service(running: tuple[Service, str]) -> Service:
    service, _ = running
    for article in service.library.articles():
        service.library.delete(article.id)
    service.ingest_bytes(DAM.encode(), source="dam.txt")
    return service


@pytest.fixture
def client(running: tuple[Service, str], service: Service) -> Iterator[Client]:
    with Client(running[1], timeout=10) as client:
        yield client


def bare(hit: Hit) -> Hit:
    """``hit`` as the service tells it: without the places of its sentences."""
    passage = dataclasses.replace(hit.passage, sentences=())
    return dataclasses.replace(hit, passage=passage)


def test_articles_come_and_go(client: Client, service: Service, tmp_path: Path) -> None:
    file = tmp_path / "rain.txt"
    file.write_text("Title: Rain\n\nIt rained at Orlen.")
    rain = client.add_file(file)
    assert (rain["outcome"], rain["article"]["title"], rain["article"]["source"]) == ("added", "Rain", "rain.txt")
    fall = client.add_text("The bridge fell.", title="Fall", outlet="Ledger", date="2024-05-31", source="desk")
    article = client.article(fall["article"]["id"])
    assert article == service.library.get(article.id)
    assert (article.title, article.outlet, article.date) == ("Fall", "Ledger", "2024-05-31")
    assert client.articles(limit=1, offset=1)["articles"] == [rain["article"]]
    assert client.articles(outlets=["Ledger"], since="2024-01-01")["total"] == 1
    assert client.describe(article.id, outlet=None, title="The fall")["outlet"] is None
    assert client.delete(article.id)["title"] == "The fall"
    with pytest.raises(ApiError, match="no article") as missing:
        client.article(article.id)
    assert (missing.value.status, missing.value.type) == (404, "urn:citewire:problem:not-found")


def test_a_search_finds_hits(client: Client, service: Service) -> None:
    hits = client.search("mayor", k=2)
    assert hits == [bare(hit) for hit in service.search("mayor", 2)]
    assert isinstance(hits[0].passage, Passage)
    assert client.search("mayor", where=SearchFilter(outlets=("Nobody",))) == []


@pytest.mark.parametrize("question", [QUESTION, "Who is the president of France?"])
def test_an_answer_is_the_same_value_as_without_a_server(client: Client, service: Service, question: str) -> None:
    told, own = client.ask(question), service.ask(question)
    expected = dataclasses.replace(own, hits=tuple(map(bare, own.hits)), timings=told.timings)
    assert told == expected
    assert answer_json(told) == answer_json(expected)


def test_an_answer_streams(client: Client) -> None:
    evidence, sentence, answer = client.stream(QUESTION)
    assert isinstance(evidence, Evidence)
    assert isinstance(answer, Answer)
    assert answer.sentences == (sentence,)
    assert answer.hits == evidence.hits


def test_what_stands_in_an_article_cannot_break_the_stream(client: Client) -> None:
    client.add_text("The siren\u2028sounded at nine\x85data: x, Vane said.\r\nevent: error")
    *_, answer = client.stream("When did the siren sound?")
    assert isinstance(answer, Answer)


def test_closing_a_stream_ends_the_generation(tmp_path: Path) -> None:
    with service_in(tmp_path) as service, waiting_model(service) as model:
        service.ingest_bytes(DAM.encode(), source="dam.txt")
        with served(service) as address, Client(address) as client:
            assert not client.is_ready
            events = client.stream(QUESTION)
            while not isinstance(next(events), Sentence):
                pass
            assert not model.closed.is_set()
            events.close()  # type: ignore[attr-defined]
            assert model.closed.wait(2)


def test_evaluations_are_started_and_watched(client: Client, service: Service, tmp_path: Path) -> None:
    (article,) = service.library.articles()
    cases = tmp_path / "mine.jsonl"
    cases.write_text(json.dumps({"question": QUESTION, "evidence": [[{"article": article.id, "quote": "on Monday"}]]}))
    run = client.start_evaluation(cases, only="retrieval")
    while not (found := client.evaluation(run["id"]))["finished"]:
        pass
    assert found["report"] is not None
    assert found["report"]["suites"][0]["name"] == "mine"
    assert [one["id"] for one in client.evaluations()] == [run["id"]]
    assert client.cancel_evaluation(run["id"])["state"] == "done"
    with pytest.raises(ApiError, match="squad2"):
        client.start_evaluation("squad2")


def test_a_refusal_is_one_error_with_its_reason(client: Client) -> None:
    with pytest.raises(ApiError, match="ask it in words") as refused:
        client.ask("?")
    assert (refused.value.status, refused.value.title) == (422, "Question that cannot be asked")
    with pytest.raises(ApiError, match="ask it in words"):
        next(client.stream("?"))
    with pytest.raises(ApiError, match="is no id"):
        client.delete("../search")
    with pytest.raises(ApiError, match="cannot be read"):
        client.add_file(Path("missing.txt"))


def test_a_server_that_is_not_there_is_one_error_too() -> None:
    with Client("http://127.0.0.1:9", timeout=1) as nobody:
        assert not nobody.is_ready
        with pytest.raises(ApiError, match="cannot be reached") as lost:
            nobody.ask(QUESTION)
        assert lost.value.status is None


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (httpx.Response(200, text="<html>"), "no reply of citewire"),
        (httpx.Response(502, text="Bad Gateway"), "no reply of citewire"),
        (httpx.Response(200, json=[]), "no reply of citewire"),
        (httpx.Response(429, json={}), "does not say why"),
    ],
)
def test_a_reply_of_something_else_is_said_to_be_so(reply: httpx.Response, said: str) -> None:
    with Client("http://elsewhere", transport=httpx.MockTransport(lambda _: reply)) as client:
        with pytest.raises(ApiError, match=said):
            client.search("x")
        with pytest.raises(ApiError, match=said if reply.status_code != 200 else "."):
            list(client.stream("x"))


def test_a_stream_that_breaks_off_is_an_error() -> None:
    reply = httpx.Response(200, text=": waiting\n\n", headers={"content-type": "text/event-stream"})
    client = Client("http://broken", transport=httpx.MockTransport(lambda _: reply))
    with client, pytest.raises(ApiError, match="broke the answer off"):
        list(client.stream("x"))


def test_the_key_goes_with_every_request() -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["Authorization"])
        return httpx.Response(200, json={"evaluations": []})

    with Client("http://keyed", "cw-1", transport=httpx.MockTransport(answer)) as client:
        client.evaluations()
    assert seen == ["Bearer cw-1"]


def test_the_typed_dicts_are_those_of_the_service() -> None:
    article = article_json(Article(text="It rained.", title="Rain", source="x"))
    assert ArticleDescription.__annotations__.keys() == article.keys()
    assert Ingested.__annotations__.keys() == schemas.Ingested.model_fields.keys()
    signature = inspect.signature(Client.add_text).parameters
    assert signature.keys() - {"self"} == schemas.NewText.model_fields.keys()


def test_a_summary_comes_whole_and_sentence_by_sentence(client: Client, service: Service) -> None:
    added = service.ingest_bytes(BRIDGE.encode(), source="bridge.txt")
    assert isinstance(added, Added)
    whole = client.summarize([added.article.id], 2)
    *_, expected = service.summarize([added.article.id], 2)
    assert isinstance(expected, Summary)
    assert len(whole.sentences) == 2
    assert dataclasses.replace(whole, timings=expected.timings) == expected
    *sentences, last = client.stream_summary([added.article.id], 2)
    assert tuple(sentences) == whole.sentences == last.sentences
    with pytest.raises(ApiError, match="no article"):
        list(client.stream_summary(["ffffffffffff"]))
