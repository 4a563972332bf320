"""The REST service: articles, searches, questions, evaluations, and what it says when something is wrong."""

from __future__ import annotations

import gc
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from qa import errors
from qa.ingest.description import description
from qa.jsonable import answer_json, article_json, passage_json, summary_json
from qa.library import Added, Outcome
from qa.service import Refused, Service
from qa.text.normalise import normalise
from qa.types import Article, Summary
from qa.web.api import schemas
from qa.web.api.problems import PROBLEM_JSON
from qa.web.server import create_app
from tests.serving import BRIDGE, DAM, QUESTION, ask_and_go, served, service_in, waiting_model

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::UserWarning")


@pytest.fixture(scope="module", autouse=True)
def _swept() -> Iterator[None]:
    """What Gradio leaves behind is collected here, where its complaints are passed over, not in some other test."""
    yield
    gc.collect()


Clients = Callable[[Service], TestClient]


def client_of(service: Service) -> TestClient:
    return TestClient(create_app(service), base_url="http://localhost", raise_server_exceptions=False)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, TestClient]]:
    with service_in(tmp_path_factory.mktemp("api"), max_file_mb=0.1) as service, client_of(service) as client:
        yield service, client


@pytest.fixture
def service(shared: tuple[Service, TestClient]) -> Iterator[Service]:
    """The shared service with one article about a dam, and nothing else."""
    service, _ = shared
    for article in service.library.articles():
        service.library.delete(article.id)
    service.ingest_bytes(DAM.encode(), source="dam.txt")
    return service


@pytest.fixture
def client(shared: tuple[Service, TestClient], service: Service) -> TestClient:
    return shared[1]


@pytest.fixture
def dam(service: Service) -> Article:
    (article,) = service.library.articles()
    return article


def problem(reply: Any, status: int) -> schemas.Problem:
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == PROBLEM_JSON
    found = schemas.Problem.model_validate(reply.json())
    assert found.status == status
    return found


def events_of(text: str) -> list[tuple[str, Any]]:
    blocks = [dict(line.split(": ", 1) for line in block.split("\n")) for block in text.strip().split("\n\n")]
    return [(block["event"], json.loads(block["data"])) for block in blocks]


# ── articles ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_article_comes_is_read_described_anew_and_goes(client: TestClient, service: Service) -> None:
    new = {"text": "The bridge at Orlen fell.", "title": 'A "fall"', "date": "2024-05-31", "outlet": "Ledger"}
    added = client.post("/api/v1/articles", json=new)
    assert added.status_code == 201
    assert added.json()["outcome"] == "added"
    place = added.headers["Location"]
    article = client.get(place).json()
    assert {name: article[name] for name in new} == new
    assert article == article_json(service.library.get(article["id"]), text=True)
    assert client.post("/api/v1/articles", json=new).status_code == 200

    changed = client.patch(place, json={"title": "The fall", "outlet": None}).json()
    assert (changed["title"], changed["outlet"], changed["date"]) == ("The fall", None, "2024-05-31")
    assert changed["id"] == article["id"]

    assert client.delete(place).json()["title"] == "The fall"
    problem(client.get(place), 404)
    problem(client.delete(place), 404)
    found = client.get("/api/v1/search", params={"q": "bridge"}).json()["passages"]
    assert article["id"] not in {passage["article_id"] for passage in found}


def test_a_text_without_description_is_read_as_from_a_pipe(client: TestClient) -> None:
    text = "Title: The fall\nOutlet: Ledger\n\nThe bridge at Orlen fell."
    article = client.post("/api/v1/articles", json={"text": text}).json()["article"]
    assert (article["title"], article["outlet"], article["source"]) == ("The fall", "Ledger", "stdin")


LINES = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), max_size=60).map(
    lambda line: " ".join(normalise(line).split())
)


@given(title=LINES, outlet=LINES)
def test_what_is_written_beside_a_text_is_kept_to_the_letter(title: str, outlet: str) -> None:
    found = description({"title": f" {title}  ", "outlet": outlet})
    assert found == {"title": title or None, "outlet": outlet or None}


def test_articles_are_listed_in_pages_and_by_outlet_and_date(client: TestClient) -> None:
    for day in range(1, 6):
        new = {"text": f"On day {day} it rained.", "outlet": f"Paper {day % 2}", "date": f"2024-05-0{day}"}
        assert client.post("/api/v1/articles", json=new).status_code == 201

    def listed(**query: Any) -> tuple[list[str | None], int]:
        page = client.get("/api/v1/articles", params=query).json()
        return [article["date"] for article in page["articles"]], page["total"]

    assert listed(limit=2, offset=1) == (["2024-05-01", "2024-05-02"], 6)
    assert listed(outlet="Paper 1") == (["2024-05-01", "2024-05-03", "2024-05-05"], 3)
    assert listed(outlet=["Paper 0", "Paper 1"], since="2024-05-02", until="2024-05-04")[1] == 3
    problem(client.get("/api/v1/articles", params={"since": "yesterday"}), 422)
    problem(client.get("/api/v1/articles", params={"limit": 0}), 422)


def test_a_file_is_added_under_its_name_but_not_its_path(client: TestClient) -> None:
    page = b"<html><head><title>Fall</title></head><body><article><p>The bridge at Orlen fell on Monday night, and "
    page += b"nobody was hurt, the mayor said.</p></article></body></html>"
    added = client.post("/api/v1/articles/files", files={"file": ("../../etc/fall.html", page)}).json()
    assert added["article"]["source"] == "fall.html"
    assert client.get(f"/api/v1/articles/{added['article']['id']}").json()["text"].startswith("The bridge at Orlen")
    named = client.post("/api/v1/articles/files", files={"file": ("a.txt", b"Rain.")}, data={"source": "desk"})
    assert named.json()["article"]["source"] == "desk"


@pytest.mark.parametrize(
    ("name", "data"), [("x.exe", b"MZ"), ("x.txt", b"\0\1\2" * 50), ("x.txt", b""), ("x.pdf", b"x")]
)
def test_a_file_without_an_article_is_refused_in_one_line(client: TestClient, name: str, data: bytes) -> None:
    refused = problem(client.post("/api/v1/articles/files", files={"file": (name, data)}), 422)
    assert refused.type == "urn:citewire:problem:ingest"
    assert refused.detail.startswith(name)


def test_an_address_is_fetched_by_the_service(
    client: TestClient, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def add_url(url: str) -> Added | Refused:
        asked.append(url)
        if "good" in url:
            return Added(Article(text="It rained.", title="Rain", source=url), Outcome.ADDED, 1)
        return Refused(f"{url}: not to be fetched")

    monkeypatch.setattr(service, "add_url", add_url, raising=False)
    added = client.post("/api/v1/articles/urls", json={"url": "https://good.example/a"})
    assert (added.status_code, added.json()["article"]["source"]) == (201, "https://good.example/a")
    assert (
        "not to be fetched"
        in problem(client.post("/api/v1/articles/urls", json={"url": "http://bad.example"}), 422).detail
    )
    for url in ("file:///etc/passwd", "javascript:alert(1)", "https://a b", ""):
        problem(client.post("/api/v1/articles/urls", json={"url": url}), 422)
    assert asked == ["https://good.example/a", "http://bad.example"]


@pytest.mark.parametrize(
    "change", [{"title": None}, {"title": " "}, {"text": "other"}, {"date": "May"}, {"source": "x"}]
)
def test_what_cannot_be_changed_is_refused(client: TestClient, dam: Article, change: dict[str, Any]) -> None:
    problem(client.patch(f"/api/v1/articles/{dam.id}", json=change), 422)
    assert client.get(f"/api/v1/articles/{dam.id}").json() == article_json(dam, text=True)


def test_the_beginning_of_an_id_is_not_enough(client: TestClient, dam: Article) -> None:
    problem(client.delete(f"/api/v1/articles/{dam.id[:6]}"), 422)
    assert client.get(f"/api/v1/articles/{dam.id}").status_code == 200


# ── searches and questions ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_search_prints_what_the_command_line_prints(client: TestClient, service: Service, dam: Article) -> None:
    found = client.get("/api/v1/search", params={"q": "mayor", "k": 3, "article": dam.id}).json()
    hits = service.search("mayor", 3)
    assert found == {"query": "mayor", "passages": [passage_json(mark, hit) for mark, hit in enumerate(hits, start=1)]}
    assert found["passages"]
    assert client.get("/api/v1/search", params={"q": "mayor", "until": "1999-01-01"}).json()["passages"] == []
    problem(client.get("/api/v1/search", params={"q": "mayor", "article": "ffffffffffff"}), 404)
    problem(client.get("/api/v1/search"), 422)


def test_an_answer_is_the_one_that_the_command_line_prints(client: TestClient, service: Service) -> None:
    told = client.post("/api/v1/ask", json={"question": QUESTION}).json()
    expected = answer_json(service.ask(QUESTION))
    assert {**told, "timings": None} == {**json.loads(json.dumps(expected)), "timings": None}
    assert told["sentences"]
    schemas.Answer.model_validate(told)


@pytest.mark.parametrize("how", [{"stream": True}, {}])
def test_an_answer_comes_as_events(client: TestClient, how: dict[str, Any]) -> None:
    headers = {} if how else {"Accept": "text/event-stream"}
    reply = client.post("/api/v1/ask", json={"question": QUESTION, **how}, headers=headers)
    assert reply.headers["content-type"].startswith("text/event-stream")
    events = events_of(reply.text)
    assert [name for name, _ in events] == ["evidence", "sentence", "answer"]
    answer = events[-1][1]
    schemas.Answer.model_validate(answer)
    assert events[1][1] == answer["sentences"][0]
    assert events[0][1]["passages"] == answer["passages"]


def test_a_question_stays_within_its_scope(client: TestClient, dam: Article) -> None:
    inside = client.post("/api/v1/ask", json={"question": QUESTION, "articles": [dam.id]}).json()
    assert not inside["abstained"]
    outside = client.post("/api/v1/ask", json={"question": QUESTION, "outlets": ["Nobody"]}).json()
    assert (outside["abstained"], outside["reason"]) == (True, "nothing_retrieved")


def test_a_question_that_cannot_be_asked_is_a_problem_even_for_a_stream(client: TestClient) -> None:
    for question in (" ", "?", "x" * 1001):
        for stream in (True, False):
            found = problem(client.post("/api/v1/ask", json={"question": question, "stream": stream}), 422)
            assert found.type == "urn:citewire:problem:question"


def test_a_fault_in_the_midst_of_a_stream_is_its_last_event(
    client: TestClient, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = service.stream

    def broken(*given: Any, **how: Any) -> Iterator[Any]:
        yield next(iter(stream(*given, **how)))
        raise errors.QueueFullError("16 questions are waiting already")

    monkeypatch.setattr(service, "stream", broken)
    events = events_of(client.post("/api/v1/ask", json={"question": QUESTION, "stream": True}).text)
    assert [name for name, _ in events] == ["evidence", "error"]
    fault = schemas.Problem.model_validate(events[1][1])
    assert (fault.status, fault.retry_after) == (503, 5)


# ── summaries ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def bridge(service: Service) -> Article:
    added = service.ingest_bytes(BRIDGE.encode(), source="bridge.txt")
    assert isinstance(added, Added)
    return added.article


def test_a_summary_is_the_one_that_the_command_line_prints(
    client: TestClient, service: Service, bridge: Article
) -> None:
    told = client.post("/api/v1/summaries", json={"articles": [bridge.id], "sentences": 2}).json()
    *_, expected = service.summarize([bridge.id], 2)
    assert isinstance(expected, Summary)
    assert {**told, "timings": None} == {**json.loads(json.dumps(summary_json(expected))), "timings": None}
    assert told["sentences"]
    schemas.Summary.model_validate(told)


@pytest.mark.parametrize("how", [{"stream": True}, {}])
def test_a_summary_comes_as_events(client: TestClient, bridge: Article, how: dict[str, Any]) -> None:
    headers = {} if how else {"Accept": "text/event-stream"}
    reply = client.post("/api/v1/summaries", json={"articles": [bridge.id], "sentences": 2, **how}, headers=headers)
    assert reply.headers["content-type"].startswith("text/event-stream")
    events = events_of(reply.text)
    assert [name for name, _ in events] == ["sentence", "sentence", "summary"]
    assert [sentence for _, sentence in events[:-1]] == events[-1][1]["sentences"]
    schemas.Summary.model_validate(events[-1][1])


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"articles": []}, 422),
        ({"articles": ["0" * 12] * 21}, 422),
        ({"articles": ["short"]}, 422),
        ({"articles": ["f" * 12], "sentences": 0}, 422),
        ({"articles": ["f" * 12], "sentence": 3}, 422),
        ({"articles": ["f" * 12]}, 404),
    ],
)
def test_what_cannot_be_summarized_is_a_problem_even_for_a_stream(
    client: TestClient, wrong: dict[str, Any], status: int, stream: bool
) -> None:
    problem(client.post("/api/v1/summaries", json={**wrong, "stream": stream}), status)


def test_a_fault_in_the_midst_of_a_summary_is_its_last_event(
    client: TestClient, service: Service, bridge: Article, monkeypatch: pytest.MonkeyPatch
) -> None:
    summarize = service.summarize

    def broken(*given: Any) -> Iterator[Any]:
        yield next(iter(summarize(*given)))
        raise errors.TimeLimitError("summarizing took longer than 300 s: ask for fewer sentences")

    monkeypatch.setattr(service, "summarize", broken)
    body = {"articles": [bridge.id], "stream": True}
    events = events_of(client.post("/api/v1/summaries", json=body).text)
    assert [name for name, _ in events] == ["sentence", "error"]
    fault = schemas.Problem.model_validate(events[1][1])
    assert (fault.status, fault.type) == (503, "urn:citewire:problem:time-limit")


# ── problems ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.QuestionError, 422),
        (errors.IngestError, 422),
        (errors.FetchError, 422),
        (errors.CaseError, 422),
        (errors.InputError, 422),
        (errors.SettingsError, 422),
        (errors.QueueFullError, 503),
        (errors.TimeLimitError, 503),
        (errors.WithdrawnError, 503),
        (errors.NotFoundError, 503),  # a model: what was asked for has no address
        (errors.ModelError, 503),
        (errors.HashMismatchError, 503),
        (errors.GenerationError, 500),
        (errors.LibraryError, 500),
        (errors.CorruptLibraryError, 500),
        (ZeroDivisionError, 500),
    ],
)
def test_every_error_has_its_status_and_tells_no_internals(
    client: TestClient, service: Service, monkeypatch: pytest.MonkeyPatch, error: type[Exception], status: int
) -> None:
    place = str(service.settings.library)

    def fail(*_: Any, **__: Any) -> Any:
        raise error(f"trouble in {place}/file")

    monkeypatch.setattr(service, "stream", fail)
    reply = client.post("/api/v1/ask", json={"question": QUESTION})
    found = problem(reply, status)
    assert place not in reply.text
    assert ("trouble" in found.detail) == (status < 500 or status == 503)
    assert found.instance == "/api/v1/ask"
    passing = error in (errors.QueueFullError, errors.TimeLimitError)
    assert ("Retry-After" in reply.headers) == passing


def test_what_is_not_of_its_form_is_named_and_not_repeated(client: TestClient) -> None:
    reply = client.post("/api/v1/ask", json={"question": ["secret"], "k": 99, "extra": 1})
    found = problem(reply, 422)
    assert {fault.pointer for fault in found.errors or ()} == {"/body/question", "/body/k", "/body/extra"}
    assert "secret" not in reply.text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/api/v2/articles", 404),
        ("GET", "/api/v1/articles/", 404),
        ("PUT", "/api/v1/articles", 405),
        ("POST", "/api/v1/search", 405),
        ("GET", "/api/v1/evaluations/0123456789ab", 404),
        ("GET", "/api/v1/articles/..%2f..%2fetc", 404),
    ],
)
def test_an_address_that_is_none_is_a_problem(client: TestClient, method: str, path: str, status: int) -> None:
    problem(client.request(method, path), status)


@pytest.mark.parametrize("path", ["articles", "articles/urls", "ask", "evaluations"])
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None])
def test_only_json_is_taken_for_json(client: TestClient, path: str, kind: str | None) -> None:
    headers = {"Content-Type": kind} if kind else {}
    body = json.dumps({"text": "It rained.", "question": QUESTION, "suite": "seeds", "url": "https://a.example"})
    problem(client.post(f"/api/v1/{path}", content=body.encode(), headers=headers), 415)


def test_only_a_form_is_taken_for_a_file(client: TestClient) -> None:
    problem(client.post("/api/v1/articles/files", json={"file": "It rained."}), 415)


@pytest.mark.parametrize(
    "body", [b"{", b'{"text": "\xff"}', b'{"text": "\\ud800"}', b"[" * 100_000, b"1" * 5000, b"null"]
)
def test_bytes_that_are_no_json_are_the_fault_of_whoever_sent_them(client: TestClient, body: bytes) -> None:
    reply = client.post("/api/v1/articles", content=body, headers={"Content-Type": "application/json"})
    assert reply.status_code in (400, 422)
    problem(reply, reply.status_code)


def test_a_body_that_is_too_large_is_not_read_to_its_end(client: TestClient) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        yield b'{"text": "'
        for _ in range(10_000):
            sent += 1
            yield b"a" * 1000

    headers = {"Content-Type": "application/json"}
    problem(client.post("/api/v1/articles", content=b"a" * 200_000, headers=headers), 413)
    problem(client.post("/api/v1/articles", content=endless(), headers=headers), 413)
    for path in ("articles/files", "evaluations/files"):
        problem(client.post(f"/api/v1/{path}", files={"file": ("a.txt", b"a" * 200_000)}), 413)
    # Within what a body may have, but not within what a file may.
    assert (
        "0.1 MB"
        in problem(client.post("/api/v1/articles/files", files={"file": ("a.txt", b"a" * 120_000)}), 413).detail
    )


def test_a_page_of_another_host_cannot_post(client: TestClient) -> None:
    files = {"file": ("a.txt", b"Planted.")}
    problem(client.post("/api/v1/articles/files", files=files, headers={"Origin": "https://evil.example"}), 403)


# ── work that takes long ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Service]:
    with service_in(tmp_path, queue_limit=1) as service:
        service.ingest_bytes(DAM.encode(), source="dam.txt")
        yield service


@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_goes_ends_its_generation(fresh: Service, stream: bool) -> None:
    with waiting_model(fresh) as model, served(fresh) as address:
        body = {"question": QUESTION, "stream": stream}
        if stream:
            with httpx.stream("POST", f"{address}/api/v1/ask", json=body, timeout=10) as reply:
                lines = reply.iter_lines()
                while not next(lines).startswith("event: sentence"):
                    pass
                assert not model.closed.is_set()
        else:
            with pytest.raises(httpx.ReadTimeout):
                httpx.post(f"{address}/api/v1/ask", json=body, timeout=1)
            assert model.begun.is_set()
        assert model.closed.wait(2)
        assert 'citewire_questions_total{outcome="withdrawn"} 1.0' in _soon(
            lambda: httpx.get(f"{address}/metrics").text, "withdrawn"
        )


@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_goes_ends_the_generation_of_its_summary(fresh: Service, stream: bool) -> None:
    added = fresh.ingest_bytes(BRIDGE.encode(), source="bridge.txt")
    assert isinstance(added, Added)
    with waiting_model(fresh) as model, served(fresh) as address:
        ask_and_go(model, f"{address}/api/v1/summaries", {"articles": [added.article.id], "stream": stream})
        assert model.closed.wait(5)


def test_a_summary_that_waits_says_so_meanwhile(fresh: Service) -> None:
    added = fresh.ingest_bytes(BRIDGE.encode(), source="bridge.txt")
    assert isinstance(added, Added)
    body = {"articles": [added.article.id], "sentences": 2, "stream": True}
    with waiting_model(fresh) as model, served(fresh) as address:
        asker = threading.Thread(
            target=httpx.post, args=(f"{address}/api/v1/ask",), kwargs={"json": {"question": QUESTION}}
        )
        asker.start()
        assert model.begun.wait(5)
        with httpx.stream("POST", f"{address}/api/v1/summaries", json=body, timeout=5) as reply:
            lines = reply.iter_lines()
            assert [next(lines), next(lines), next(lines)] == ["event: waiting", 'data: {"ahead": 1}', ""]
            model.finish.set()
            events = events_of("\n".join(lines))
        asker.join(5)
    assert [name for name, _ in events if name != "waiting"] == ["sentence", "sentence", "summary"]


def _soon(look: Callable[[], str], word: str) -> str:
    for _ in range(100):
        if word in (text := look()):
            return text
        time.sleep(0.02)
    return text


def test_searching_and_reading_do_not_wait_for_a_generation_and_the_queue_is_bounded(fresh: Service) -> None:
    with waiting_model(fresh, limit=1) as model, client_of(fresh) as client:
        replies: list[Any] = []

        def ask() -> None:
            replies.append(client.post("/api/v1/ask", json={"question": QUESTION}))

        askers = [threading.Thread(target=ask) for _ in range(6)]
        askers[0].start()
        assert model.begun.wait(5)
        for asker in askers[1:]:
            asker.start()
        for _ in range(500):
            if len(replies) == 4:  # one writes, one waits, the others are refused
                break
            time.sleep(0.01)
        assert client.get("/api/v1/search", params={"q": "mayor"}).json()["passages"]
        assert client.get("/api/v1/articles").json()["total"] == 1
        assert client.post("/api/v1/articles", json={"text": "It rained."}).status_code == 201
        measures = client.get("/metrics").text
        assert len(replies) == 4
        for refused in list(replies):
            assert problem(refused, 503).type == "urn:citewire:problem:queue-full"
            assert refused.headers["Retry-After"] == "5"
        model.finish.set()
        for asker in askers:
            asker.join(5)
        assert [reply.status_code for reply in replies[4:]] == [200, 200]
        assert "citewire_queue_depth 0.0" in measures  # not looked at before the first answer
        assert "citewire_queue_depth 0.0" in client.get("/metrics").text


def test_more_questions_than_threads_are_refused_at_once(fresh: Service) -> None:
    with waiting_model(fresh, limit=1000) as model, client_of(fresh) as client:
        replies: list[Any] = []
        askers = [
            threading.Thread(
                target=lambda: replies.append(client.post("/api/v1/ask", json={"question": QUESTION}).status_code)
            )
            for _ in range(20)
        ]
        for asker in askers:
            asker.start()
        for _ in range(500):
            if replies:
                break
            time.sleep(0.01)
        assert set(replies) == {503}  # 2 · queue_limit + 16 = 18 are under way
        model.finish.set()
        for asker in askers:
            asker.join(10)
        assert sorted(replies) == [200] * 18 + [503] * 2


# ── evaluations ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _finished(client: TestClient, place: str) -> dict[str, Any]:
    for _ in range(500):
        run: dict[str, Any] = client.get(place).json()
        if run["finished"]:
            return run
        time.sleep(0.01)
    raise AssertionError(f"{run} does not end")


def test_an_evaluation_runs_in_the_background_and_reports(client: TestClient) -> None:
    started = client.post("/api/v1/evaluations", json={"suite": "seeds", "limit": 4, "seed": 1, "judge": "gate"})
    assert (started.status_code, started.json()["total"]) == (202, 4)
    run = _finished(client, started.headers["Location"])
    assert (run["state"], run["done"], run["error"]) == ("done", 4, None)
    (suite,) = run["report"]["suites"]
    assert (suite["name"], len(suite["cases"])) == ("seeds", 4)
    assert run["report"]["provenance"]["seed"] == 1
    listed = client.get("/api/v1/evaluations").json()["evaluations"]
    assert listed[0] == {name: value for name, value in run.items() if name != "report"}
    assert client.delete(started.headers["Location"]).json()["state"] == "done"


def test_a_case_file_is_evaluated_over_the_library(client: TestClient, dam: Article) -> None:
    case = {"question": QUESTION, "answers": ["Monday"], "evidence": [[{"article": dam.id, "quote": "on Monday"}]]}
    files = {"file": ("../my cases.jsonl", json.dumps(case).encode())}
    started = client.post("/api/v1/evaluations/files", files=files, data={"only": "retrieval"})
    assert (started.status_code, started.json()["suite"]) == (202, "my-cases")
    run = _finished(client, started.headers["Location"])
    assert run["report"]["suites"][0]["metrics"]["recall_at_8"]["value"] == 1


@pytest.mark.parametrize("line", [b"{", b"[]", b'{"question": ""}', b"\xff", b"", b'{"question": "\\ud800?"}'])
def test_a_case_file_that_is_none_is_refused_by_its_name(client: TestClient, line: bytes) -> None:
    found = problem(client.post("/api/v1/evaluations/files", files={"file": ("mine.jsonl", line)}), 422)
    assert found.type == "urn:citewire:problem:case"
    assert found.detail.startswith("mine.jsonl")


@pytest.mark.parametrize("suite", ["nothing", "squad2", "../../etc/passwd", "seeds.jsonl"])
def test_only_bundled_suites_are_run_by_name(client: TestClient, suite: str) -> None:
    problem(client.post("/api/v1/evaluations", json={"suite": suite}), 422)


def test_one_evaluation_at_a_time_and_each_can_be_cancelled(fresh: Service) -> None:
    with waiting_model(fresh) as model, client_of(fresh) as client:
        started = client.post("/api/v1/evaluations", json={"suite": "seeds"})
        place = started.headers["Location"]
        problem(client.post("/api/v1/evaluations", json={"suite": "seeds"}), 409)
        assert model.begun.wait(5)
        assert client.delete(place).json()["state"] == "cancelling"
        model.finish.set()
        run = _finished(client, place)
        assert (run["state"], run["report"]) == ("cancelled", None)
        assert run["done"] < run["total"]
        assert client.post("/api/v1/evaluations", json={"suite": "seeds", "limit": 1}).status_code == 202


# ── health ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_it_is_ready_once_the_models_are_loaded(fresh: Service) -> None:
    with client_of(fresh) as client:
        assert client.get("/healthz").json() == {"status": "ok"}
        waiting = client.get("/readyz")
        assert (waiting.status_code, waiting.json()) == (503, {"status": "loading"})
        assert "citewire_ready 0.0" in client.get("/metrics").text
        client.post("/api/v1/ask", json={"question": QUESTION})
        assert client.get("/readyz").status_code == 200
        assert "citewire_ready 1.0" in client.get("/metrics").text


def test_measures_count_and_tell_nothing(fresh: Service) -> None:
    with client_of(fresh) as client:
        client.post("/api/v1/ask", json={"question": QUESTION})
        client.post("/api/v1/ask", json={"question": QUESTION, "outlets": ["Nobody"]})
        client.post("/api/v1/ask", json={"question": "?"})
        client.get("/api/v1/articles/ffffffffffff")
        client.get("/secret-address")
        client.request("BREW", "/api/v1/articles")
        text = client.get("/metrics").text
    for line in (
        'citewire_requests_total{method="POST",route="/api/v1/ask",status="200"} 2.0',
        'citewire_requests_total{method="POST",route="/api/v1/ask",status="422"} 1.0',
        'citewire_requests_total{method="GET",route="/api/v1/articles/{article_id}",status="404"} 1.0',
        'citewire_questions_total{outcome="answered"} 1.0',
        'citewire_questions_total{outcome="abstained"} 1.0',
        'citewire_questions_total{outcome="failed"} 1.0',
        'citewire_abstentions_total{reason="nothing_retrieved"} 1.0',
        "citewire_question_seconds_count 2.0",
        "citewire_first_sentence_seconds_count 1.0",
    ):
        assert line in text
    assert "citewire_generated_tokens_total 0.0" not in text
    for word in ("dam", "Monday", "Nobody", "secret", "ffff", "BREW"):
        assert word not in text


def test_the_document_is_served_and_no_page_that_needs_another_host(client: TestClient) -> None:
    document = client.get("/api/v1/openapi.json").json()
    assert document["servers"] == [{"url": "/api"}]
    assert "/v1/ask" in document["paths"]
    problem(client.get("/api/docs"), 404)
    problem(client.get("/api/v1/docs"), 404)
