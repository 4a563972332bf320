"""``/v1``: the library as programs see it that speak OpenAI's protocol."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from qa import errors
from qa.service import Service
from qa.web.server import create_app
from tests.serving import DAM, QUESTION, service_in

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::UserWarning")


@pytest.fixture(scope="module", autouse=True)
def _swept() -> Iterator[None]:
    """What Gradio leaves behind is collected here, where its complaints are passed over, not in some other test."""
    yield
    gc.collect()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with service_in(tmp_path_factory.mktemp("openai")) as service:
        service.ingest_bytes(f"Title: The “dam”\n\n{DAM}".encode(), source="dam.txt")
        yield service


@pytest.fixture(scope="module")
def client(service: Service) -> Iterator[TestClient]:
    with TestClient(create_app(service), base_url="http://localhost", raise_server_exceptions=False) as client:
        yield client


def asked(client: TestClient, question: Any = QUESTION, **more: Any) -> Any:
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": question}], **more}
    return client.post("/v1/chat/completions", json=body)


def test_the_answer_is_a_message_with_marks_and_annotations(client: TestClient, service: Service) -> None:
    reply = asked(client).json()
    assert (reply["object"], reply["model"]) == ("chat.completion", "citewire")
    (choice,) = reply["choices"]
    assert choice["finish_reason"] == "stop"
    message = choice["message"]
    answer = service.ask(QUESTION)
    assert message["content"] == f"{answer.sentences[0].text} [1]"
    (annotation,) = message["annotations"]
    assert annotation["type"] == "url_citation"
    cited = annotation["url_citation"]
    assert message["content"][cited["start_index"] : cited["end_index"]] == "[1]"
    assert cited["title"] == "The “dam”"
    page = client.get(cited["url"].removesuffix("#quote"))
    assert f'<mark id="quote">{answer.sentences[0].citations[0].quote}</mark>' in page.text
    assert cited["url"].startswith("http://localhost/articles/")
    usage = reply["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert usage["completion_tokens"] == answer.timings.output_tokens > 0


def chunks_of(reply: Any) -> list[dict[str, Any]]:
    assert reply.headers["content-type"].startswith("text/event-stream")
    *chunks, end = [line.removeprefix("data: ") for line in reply.text.split("\n") if line.startswith("data: ")]
    assert end == "[DONE]"
    return [json.loads(chunk) for chunk in chunks]


def test_a_stream_adds_up_to_the_same_message(client: TestClient) -> None:
    whole = asked(client).json()["choices"][0]["message"]
    chunks = chunks_of(asked(client, stream=True))
    assert len({chunk["id"] for chunk in chunks}) == 1
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    assert deltas[0]["role"] == "assistant"
    assert "".join(delta.get("content", "") for delta in deltas) == whole["content"]
    assert [one for delta in deltas for one in delta.get("annotations", ())] == whole["annotations"]
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks] == [None] * (len(chunks) - 1) + ["stop"]


def test_a_stream_tells_usage_where_that_is_asked_for(client: TestClient) -> None:
    *others, last = chunks_of(asked(client, stream=True, stream_options={"include_usage": True}))
    assert last["choices"] == []
    assert last["usage"]["completion_tokens"] > 0
    assert {chunk["usage"] for chunk in others} == {None}


@pytest.mark.parametrize("stream", [False, True])
def test_an_abstention_is_a_message_like_any_other(client: TestClient, service: Service, stream: bool) -> None:
    question = "Who is the president of France?"
    reply = asked(client, question, stream=stream)
    if stream:
        chunks = chunks_of(reply)
        content = "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks)
        end = chunks[-1]["choices"][0]["finish_reason"]
    else:
        (choice,) = reply.json()["choices"]
        content, end = choice["message"]["content"], choice["finish_reason"]
        assert choice["message"]["annotations"] == []
    assert (content, end) == (service.ask(question).message, "stop")


def test_the_last_message_of_the_user_is_the_question(client: TestClient) -> None:
    turns = [
        {"role": "system", "content": "Answer in verse."},
        {"role": "user", "content": "Who is the president of France?"},
        {"role": "assistant", "content": None, "tool_calls": []},
        {"role": "user", "content": [{"type": "text", "text": QUESTION}, {"type": "image_url", "image_url": {}}]},
        {"role": "assistant", "content": "Well,"},
    ]
    body = {"messages": turns, "temperature": 2, "tools": [], "seed": 1, "n": 1, "whatever": {}}
    content = client.post("/v1/chat/completions", json=body).json()["choices"][0]["message"]["content"]
    assert content.endswith("[1]")


def failure(reply: Any, status: int) -> dict[str, Any]:
    assert reply.status_code == status, reply.text
    error: dict[str, Any] = reply.json()["error"]
    assert error.keys() == {"message", "type", "param", "code"}
    return error


def test_errors_have_the_shape_that_clients_expect(client: TestClient) -> None:
    assert failure(asked(client, n=2), 400)["type"] == "invalid_request_error"
    assert "in words" in failure(asked(client, "?", stream=True), 400)["message"]
    assert failure(client.post("/v1/chat/completions", json={"messages": []}), 400)["param"] == "messages"
    only_system = {"messages": [{"role": "system", "content": "x"}]}
    assert failure(client.post("/v1/chat/completions", json=only_system), 400)["code"] == "question"
    failure(client.post("/v1/chat/completions", content=b"{}", headers={"Content-Type": "text/plain"}), 415)
    failure(client.post("/v1/chat/completions", content=b"{", headers={"Content-Type": "application/json"}), 400)
    huge = {"messages": [{"role": "user", "content": "x" * 11_000_000}]}
    failure(client.post("/v1/chat/completions", json=huge), 413)
    failure(client.get("/v1/embeddings"), 404)
    failure(client.get("/v1/chat/completions"), 405)


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (errors.QueueFullError, 503, "server_error"),
        (errors.ModelError, 503, "server_error"),
        (ZeroDivisionError, 500, "server_error"),
    ],
)
def test_a_fault_is_said_in_the_reply_or_in_the_stream(
    client: TestClient,
    service: Service,
    monkeypatch: pytest.MonkeyPatch,
    error: type[Exception],
    status: int,
    kind: str,
) -> None:
    stream = service.stream

    def broken(*given: Any, **how: Any) -> Iterator[Any]:
        yield next(iter(stream(*given, **how)))
        raise error("16 are waiting")

    monkeypatch.setattr(service, "stream", broken)
    reply = asked(client)
    assert failure(reply, status)["type"] == kind
    assert reply.headers.get("Retry-After") == ("5" if error is errors.QueueFullError else None)
    last = [line for line in asked(client, stream=True).text.split("\n") if line][-1]
    assert json.loads(last.removeprefix("data: "))["error"]["type"] == kind
    assert "[DONE]" not in last


def test_there_is_one_model(client: TestClient) -> None:
    listed = client.get("/v1/models").json()
    assert listed["object"] == "list"
    (model,) = listed["data"]
    assert (model["id"], model["object"]) == ("citewire", "model")
    assert client.get("/v1/models/citewire").json() == model
    failure(client.get("/v1/models/org/other"), 404)


def test_a_follow_up_is_read_with_what_was_said_before_and_says_so(client: TestClient, service: Service) -> None:
    before = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Why did the dam break?"},
        {"role": "assistant", "content": "The ledger says that it was old. [1]"},
    ]
    body = {"model": "x", "messages": [*before, {"role": "user", "content": "And when?"}]}
    message = client.post("/v1/chat/completions", json=body).json()["choices"][0]["message"]
    assert message["content"].startswith("Read as: When did the dam break?\n\n")
    for annotation in message["annotations"]:
        cited = annotation["url_citation"]
        assert message["content"][cited["start_index"] : cited["end_index"]] == "[1]"
    streamed = client.post("/v1/chat/completions", json={**body, "stream": True}).text
    pieces = [json.loads(line[6:]) for line in streamed.splitlines() if line.startswith("data: {")]
    told = "".join(piece["choices"][0]["delta"].get("content", "") for piece in pieces if piece["choices"])
    assert told == message["content"]
