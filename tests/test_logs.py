"""The log: one line a request, ids that go through, and nothing that anybody asked or read."""

import asyncio
import io
import json
import logging
import socket
import sys
import threading
import time

import pytest
import structlog
import uvicorn
from fastapi import FastAPI, Request, WebSocket
from fastapi.responses import PlainTextResponse, StreamingResponse
from fastapi.testclient import TestClient
from starlette.applications import Starlette
from starlette.routing import Route

from qa.errors import LibraryError
from qa.settings import load_settings
from qa.web.access import install_access
from qa.web.accounts import Accounts
from qa.web.logs import RequestLog, configure_logging, install_logging

QUESTION = "Who leaked the memo of Tolvin?"


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Written:
    """All that has gone to standard error."""

    def __init__(self, capsys):
        self._capsys, self._text = capsys, ""

    def getvalue(self):
        self._text += self._capsys.readouterr().err
        return self._text


@pytest.fixture
def written(capsys):
    """What goes to standard error; restores what logging was before."""
    root, qa, access = (logging.getLogger(name) for name in ("", "qa", "uvicorn.access"))
    before = list(root.handlers), qa.level, access.disabled
    yield Written(capsys)
    root.handlers[:], access.disabled = before[0], before[2]
    qa.setLevel(before[1])
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def lines(stream):
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def logged_app(**settings):
    app = FastAPI()

    @app.get("/articles/{article_id}")
    def article(article_id: str, request: Request) -> str:
        logging.getLogger("qa.library").info("opened")
        structlog.get_logger("qa.service").info("asked", question=QUESTION, k=8)
        return request.state.request_id

    @app.get("/stream")
    def stream() -> StreamingResponse:
        return StreamingResponse(iter(["a", "b"]))

    @app.get("/healthz")
    def health() -> str:
        return "ok"

    @app.get("/broken")
    def broken() -> str:
        raise ValueError(QUESTION)

    @app.websocket("/talk")
    async def talk(socket: WebSocket) -> None:
        await socket.accept()
        await socket.close()

    app.mount("/files", Starlette(routes=[Route("/{name}", lambda _: PlainTextResponse("inside"))]))
    install_logging(app, load_settings(**settings))
    return app


def test_a_request_is_a_line(written):
    client = TestClient(logged_app())
    reply = client.get("/articles/7", params={"q": QUESTION})
    opened, asked, request = lines(written)
    assert set(request) == {"event", "level", "timestamp", "request_id", "method", "route", "status", "ms"}
    assert (request["event"], request["method"], request["status"]) == ("request", "GET", 200)
    assert request["route"] == "/articles/{article_id}"  # not the address
    assert request["ms"] >= 0
    assert request["timestamp"].endswith("Z")
    # Every line written meanwhile has the id of the request, through either library.
    assert opened["event"] == "opened"
    assert opened["request_id"] == asked["request_id"] == request["request_id"] == reply.json()
    assert reply.headers["x-request-id"] == reply.json()


def test_the_time_is_that_of_the_whole_answer(written):
    configure_logging(load_settings())
    ticks = iter([10.0, 11.2346])

    async def answer(scope, receive, send):
        await send({"type": "http.response.start", "status": 204, "headers": []})

    assert TestClient(RequestLog(answer, clock=lambda: next(ticks))).get("/").status_code == 204
    (line,) = lines(written)
    assert line["ms"] == 1234.6
    assert line["status"] == 204


@pytest.mark.parametrize(("given", "kept"), [
    ("0af7651916cd43dd", True), ("a-b_c.d", True), ("x" * 64, True),
    ("x" * 65, False), ("", False), ("a b", False), ('{"a":1}', False), ("é".encode(), False),
])  # fmt: skip
def test_an_id_from_outside_is_kept_if_it_is_sane(written, given, kept):
    reply = TestClient(logged_app()).get("/articles/7", headers={"X-Request-ID": given})
    assert (reply.headers["x-request-id"] == given) is kept
    assert reply.headers["x-request-id"].isascii()
    assert lines(written)[-1]["request_id"] == reply.headers["x-request-id"]


def test_a_request_inherits_nothing_from_the_one_before(written):
    configure_logging(load_settings())
    structlog.contextvars.bind_contextvars(requester="somebody else")

    async def answer(scope, receive, send):
        await send({"type": "http.response.start", "status": 204, "headers": []})

    scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    asyncio.run(RequestLog(answer)(scope, None, lambda _: asyncio.sleep(0)))
    assert "requester" not in lines(written)[0]


def test_made_ids_differ(written):
    client = TestClient(logged_app())
    assert len({client.get("/stream").headers["x-request-id"] for _ in range(20)}) == 20


@pytest.mark.parametrize(("path", "route", "status"), [
    ("/stream", "/stream", 200), ("/files/secret-plan", "/files/{name}", 200), (f"/{QUESTION}", None, 404),
])  # fmt: skip
def test_only_the_pattern_of_an_address_is_told(written, path, route, status):
    assert TestClient(logged_app()).get(path).status_code == status
    (line,) = lines(written)
    assert (line["route"], line["status"]) == (route, status)


def test_sockets_are_logged(written):
    with TestClient(logged_app()).websocket_connect("/talk"):
        pass
    (line,) = lines(written)
    assert (line["method"], line["route"], line["status"]) == ("WEBSOCKET", "/talk", 101)


def test_what_watches_the_server_is_not_logged(written):
    assert TestClient(logged_app()).get("/healthz").headers["x-request-id"]
    assert lines(written) == []


def test_who_asks_is_logged_and_a_refusal_too(written, tmp_path):
    accounts = Accounts(tmp_path / "accounts")
    bearer = {"Authorization": f"Bearer {accounts.add_key('robot')}"}
    app = logged_app()
    install_access(app, load_settings(auth_file=accounts.path))
    client = TestClient(app)
    assert client.get("/stream", headers=bearer).status_code == 200
    assert client.get("/stream").headers["x-request-id"]
    known, unknown = lines(written)
    assert known["requester"] == "robot"
    assert (unknown["status"], unknown.get("requester")) == (401, None)


def test_nothing_asked_read_or_secret_is_logged(written):
    TestClient(logged_app()).get("/articles/7")
    log = structlog.get_logger("qa.web")
    log.info("login", password="hunter2", token="t0ken", text="The dam broke.", name="ana")
    asked, login = lines(written)[1], lines(written)[-1]
    assert asked["question"] == f"({len(QUESTION)} characters)"
    assert asked["k"] == 8
    assert (login["password"], login["token"], login["text"]) == ("(secret)", "(secret)", "(14 characters)")
    assert login["name"] == "ana"


def test_questions_are_logged_where_the_setting_allows_it_but_no_secret(written):
    client = TestClient(logged_app(log_questions=True), raise_server_exceptions=False)
    client.get("/articles/7")
    structlog.get_logger("qa.web").info("login", password="hunter2")
    assert lines(written)[1]["question"] == QUESTION
    assert lines(written)[-1]["password"] == "(secret)"


def test_a_fault_is_told_by_its_kind_and_place_but_not_its_words(written):
    reply = TestClient(logged_app(), raise_server_exceptions=False).get("/broken")
    assert reply.status_code == 500
    (line,) = lines(written)
    assert (line["level"], line["status"]) == ("error", 500)
    assert reply.headers["x-request-id"] == line["request_id"]  # also where starlette answers for a broken app
    try:
        raise ValueError(QUESTION)
    except ValueError:
        logging.getLogger("qa").exception("it failed")
    line = lines(written)[-1]
    assert line["fault"] == "builtins.ValueError"
    assert "test_logs.py:" in line["where"][-1]
    assert "message" not in line
    assert QUESTION not in written.getvalue()


@pytest.mark.parametrize("fault", [LibraryError("the store is damaged: rebuild it"), OSError(28, "No space left")])
def test_a_fault_of_the_machine_or_our_own_is_told_in_words(written, fault):
    configure_logging(load_settings())
    logging.getLogger("qa").error("it failed", exc_info=fault)
    assert lines(written)[-1]["message"] == str(fault)


def test_a_terminal_gets_lines_for_the_eye(written, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    TestClient(logged_app()).get("/articles/7", params={"q": QUESTION})
    said = terminal.getvalue()
    assert len(said.splitlines()) == 3
    assert "request" in said
    assert "{article_id}" in said
    assert QUESTION not in said
    with pytest.raises(json.JSONDecodeError):
        json.loads(said.splitlines()[0])


def test_configuring_twice_writes_once(written):
    for _ in range(3):
        configure_logging(load_settings())
    logging.getLogger("qa").info("once")
    assert [line["event"] for line in lines(written)] == ["once"]


def test_under_the_real_server_a_fault_has_the_id_of_its_request_and_no_address_is_written(written):
    app = logged_app()
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        with socket.create_connection(listener.getsockname()) as connection:
            connection.sendall(
                b"GET /broken?q=memo HTTP/1.1\r\nHost: here\r\nX-Request-ID: abc\r\nConnection: close\r\n\r\n"
            )
            reply = b""
            while part := connection.recv(4096):
                reply += part
        deadline = time.monotonic() + 30
        while len(written.getvalue().splitlines()) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.005)
    finally:
        server.should_exit = True
        thread.join(30)
        listener.close()
    assert b"x-request-id: abc" in reply.lower()
    request, fault = lines(written)
    assert (request["route"], request["status"]) == ("/broken", 500)
    assert fault["request_id"] == request["request_id"] == "abc"
    assert fault["fault"] == "builtins.ValueError"
    assert "memo" not in written.getvalue()
