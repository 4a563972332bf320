"""Accounts, logins, keys, and pages of other hosts: over apps that show what came through."""

import json
import socket
import stat
import threading
import time
from contextlib import contextmanager

import pytest
import uvicorn
from click.testing import CliRunner
from fastapi import FastAPI, Request, WebSocket
from fastapi.responses import StreamingResponse
from fastapi.testclient import TestClient
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.websockets import WebSocketDisconnect

from qa.commands.accounts import accounts as accounts_command
from qa.errors import InputError, NotFoundError, SettingsError
from qa.models.generators import FakeGenerator, QueuedGenerator
from qa.models.generators.asking import asking
from qa.settings import load_settings
from qa.types import Message
from qa.web import accounts as accounts_module
from qa.web.access import Access, check_binding, install_access, requester_of
from qa.web.accounts import Accounts, hash_password, password_matches
from qa.web.sessions import SESSION_SECONDS, Attempts, Sessions

PASSWORD = "correct horse battery"
SAME = {"Origin": "http://testserver"}
FOREIGN = {"Origin": "http://evil.example"}


class Clock:
    """A clock that goes when told to."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture(autouse=True)
def _quick_hashes(monkeypatch):
    monkeypatch.setattr(accounts_module, "_COST", 10)


@pytest.fixture
def accounts(tmp_path):
    """A file with Ana, who has a password, and the robot, which has none."""
    known = Accounts(tmp_path / "private" / "accounts")
    known.set_password("ana", PASSWORD)
    return known


def app_behind(accounts, **parts):
    """An app that says who it takes its caller for, on a route, below a mount, in a stream and a socket."""
    app = FastAPI()
    app.add_middleware(Access, accounts=accounts, **parts)

    @app.api_route("/whoami", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    @app.api_route("/api/whoami", methods=["GET", "POST"])
    @app.api_route("/v1/whoami", methods=["GET", "POST"])
    @app.get("/healthz")
    @app.get("/readyz")
    @app.get("/")
    def whoami(request: Request) -> str:
        assert asking.get().requester == requester_of(request)
        return requester_of(request)

    @app.get("/events")
    def events() -> StreamingResponse:
        return StreamingResponse(f"data: {asking.get().requester}\n\n" for _ in range(2))

    @app.websocket("/socket")
    async def talk(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text(socket.scope["state"]["requester"])
        await socket.close()

    app.mount("/mounted", Starlette(routes=[Route("/page", lambda _: PlainTextResponse("inside"))]))
    return app


def client_of(accounts, **parts):
    return TestClient(app_behind(accounts, **parts), follow_redirects=False)


@pytest.fixture
def client(accounts):
    return client_of(accounts)


def log_in(client, name="ana", password=PASSWORD, **more):
    return client.post("/login", data={"name": name, "password": password, **more}, headers=SAME)


# ── the file ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_password_is_kept_as_a_hash_that_only_its_owner_may_read(accounts):
    written = accounts.path.read_text()
    assert PASSWORD not in written
    assert written.startswith("ana:scrypt$")
    assert stat.S_IMODE(accounts.path.stat().st_mode) == 0o600
    assert accounts.with_password("ana", PASSWORD).name == "ana"
    assert accounts.with_password("ana", PASSWORD + " ") is None
    assert accounts.with_password("nobody", PASSWORD) is None


def test_hashes_are_salted_and_carry_their_parameters(monkeypatch):
    first, second = hash_password(PASSWORD), hash_password(PASSWORD)
    assert first != second
    monkeypatch.setattr(accounts_module, "_COST", 11)  # what was hashed before still counts
    assert password_matches(PASSWORD, first)
    assert password_matches(PASSWORD, second)
    assert hash_password(PASSWORD).startswith("scrypt$11$8$3$")


def test_a_password_is_the_same_however_its_letters_are_typed():
    assert password_matches("cafe\u0301 cre\u0300me", hash_password("caf\u00e9 cr\u00e8me"))


def test_a_key_is_told_once_and_belongs_to_its_account(accounts):
    key, other = accounts.add_key("robot"), accounts.add_key("robot")
    assert key not in accounts.path.read_text()
    assert accounts.with_key(key).name == accounts.with_key(other).name == "robot"
    assert accounts.with_key(key[:-1]) is None
    assert accounts.with_key("") is None
    assert accounts.with_password("robot", "") is None
    assert accounts.revoke_keys("robot") == 2
    assert accounts.with_key(key) is None


def test_changes_made_elsewhere_count_at_once(accounts):
    elsewhere = Accounts(accounts.path)
    assert set(accounts.all()) == {"ana"}
    elsewhere.set_password("ben", PASSWORD)
    assert set(accounts.all()) == {"ana", "ben"}
    elsewhere.remove("ana")
    assert accounts.with_password("ana", PASSWORD) is None
    accounts.path.unlink()
    assert accounts.all() == {}


def test_changes_at_once_lose_nothing_and_comments_stay(accounts):
    accounts.path.write_text("# ours\n" + accounts.path.read_text())
    threads = [threading.Thread(target=Accounts(accounts.path).add_key, args=(f"robot-{n}",)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(accounts.all()) == {"ana", *(f"robot-{n}" for n in range(12))}
    assert accounts.path.read_text().startswith("# ours\n")
    assert sorted(path.name for path in accounts.path.parent.iterdir() if path.suffix != ".lock") == ["accounts"]


@pytest.mark.parametrize("name", ["", "a:b", "a\nb", "a b", "x" * 65, "<script>"])
def test_names_that_would_break_the_file_are_refused(accounts, name):
    with pytest.raises(InputError, match="cannot be a name"):
        accounts.set_password(name, PASSWORD)
    with pytest.raises(InputError, match="cannot be a name"):
        accounts.add_key(name)


def test_bad_passwords_and_unknown_names_are_refused(accounts):
    before = accounts.path.read_text()
    with pytest.raises(InputError, match="8 or more"):
        accounts.set_password("ben", "short")
    with pytest.raises(InputError, match="--replace"):
        accounts.set_password("ana", "another password")
    for change in (accounts.remove, accounts.revoke_keys):
        with pytest.raises(NotFoundError, match="there: ana"):
            change("ben")
    assert accounts.path.read_text() == before


@pytest.mark.parametrize(
    "line",
    [
        "ana",
        "ana:secret",
        "ana:scrypt$10$8$3$AAAA$B",  # no base64
        "ana:scrypt$40$8$3$AAAA$AAAA",  # would take a terabyte
        "ana:sha256$00",
        ":sha256$" + 64 * "0",
    ],
)
def test_a_line_that_is_no_account_is_named(accounts, line):
    accounts.path.write_text(f"{accounts.path.read_text()}\n{line}\n")
    with pytest.raises(SettingsError, match="line 3"):
        accounts.all()


# ── the door ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_person_is_led_to_the_login_and_back(client):
    page = client.get("/articles/7?start=1&end=2", headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["location"]) == (303, "/login?next=/articles/7%3Fstart%3D1%26end%3D2")
    form = client.get(page.headers["location"])
    assert form.status_code == 200
    assert 'name="next" value="/articles/7?start=1&amp;end=2"' in form.text
    entered = log_in(client, next="/articles/7?start=1&end=2")
    assert (entered.status_code, entered.headers["location"]) == (303, "/articles/7?start=1&end=2")
    assert client.get("/whoami").json() == "ana"


def test_the_cookie_is_for_this_host_only(accounts):
    cookie = log_in(client_of(accounts)).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Secure" not in cookie
    with TestClient(app_behind(accounts), base_url="https://testserver", follow_redirects=False) as secure:
        assert "Secure" in secure.post("/login", data={"name": "ana", "password": PASSWORD}).headers["set-cookie"]


def test_the_login_page_needs_nothing_from_elsewhere_and_can_be_read_by_machines(client):
    page = client.get("/login", params={"next": '/"><script>alert(1)</script>'})
    assert "<script" not in page.text
    assert "http" not in page.text
    assert page.text.count("<label for=") == 2
    assert "color-scheme: light dark" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    # With no-referrer a browser would send `Origin: null` to its own host.
    assert page.headers["referrer-policy"] == "same-origin"
    assert page.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil.example", "evil", ""]
)
def test_a_login_sends_nobody_to_another_host(client, target):
    assert log_in(client, next=target).headers["location"] == "/"


@pytest.mark.parametrize(("name", "password"), [("ana", "wrong password"), ("nobody", PASSWORD), ("", "")])
def test_a_wrong_login_says_the_same_of_names_and_passwords(client, name, password):
    refused = log_in(client, name, password)
    assert refused.status_code == 401
    assert '<p role="alert">The name or the password is wrong.</p>' in refused.text
    assert "set-cookie" not in refused.headers
    assert client.get("/whoami").status_code == 401


def test_a_login_form_is_small(client):
    assert client.post("/login", content=b"name=" + b"x" * 9000).status_code == 400
    assert client.post("/login", content=b"\xff\xfe").status_code == 400


@pytest.mark.parametrize("path", ["/whoami", "/mounted/page", "/events", "/", "/nowhere", "/api/whoami"])
def test_without_a_login_nothing_opens(client, path):
    refused = client.get(path)
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Bearer")
    assert "ana" not in refused.text
    log_in(client)
    assert client.get(path).status_code == (404 if path == "/nowhere" else 200)


def test_what_watches_the_server_needs_no_login(client):
    assert client.get("/healthz").status_code == client.get("/readyz").status_code == 200
    assert client.get("/healthz/../whoami").status_code == 401
    assert client.get("/healthz/more").status_code == 401


@pytest.mark.parametrize("path", ["/api/whoami", "/mcp", "/api"])
def test_programs_are_refused_in_their_own_form(client, path):
    refused = client.get(path, headers={"Accept": "text/html"})
    assert refused.status_code == 401
    assert refused.headers["content-type"] == "application/problem+json"
    assert set(refused.json()) == {"type", "title", "status", "detail", "instance"}
    assert refused.json()["instance"] == path
    assert refused.json()["status"] == 401


def test_a_part_of_a_page_is_refused_rather_than_led_to_the_login(client):
    part = client.get("/articles/7/fragment", headers={"Accept": "text/html", "Sec-Fetch-Mode": "cors"})
    assert part.status_code == 401
    assert "<form" not in part.text


def test_a_session_ends_by_logging_out_for_every_copy_of_its_cookie(accounts):
    client = client_of(accounts)
    log_in(client)
    copy = dict(client.cookies)
    assert client.get("/logout").status_code == 405
    left = client.post("/logout", headers=SAME)
    assert (left.status_code, left.headers["location"]) == (303, "/login")
    client.cookies.update(copy)
    assert client.get("/whoami").status_code == 401


def test_a_session_ends_by_time(accounts):
    clock = Clock()
    client = client_of(accounts, sessions=Sessions(clock))
    log_in(client)
    clock.now += SESSION_SECONDS - 1
    assert client.get("/whoami").status_code == 200
    clock.now += 1
    assert client.get("/whoami").status_code == 401


@pytest.mark.parametrize("change", ["password", "removal", "file"])
def test_a_session_ends_with_its_account(accounts, client, change):
    log_in(client)
    assert client.get("/whoami").status_code == 200
    if change == "password":
        accounts.set_password("ana", "another password", again=True)
    elif change == "removal":
        accounts.remove("ana")
    else:
        accounts.path.unlink()
    assert client.get("/whoami").status_code == 401


def test_sessions_do_not_outlive_the_process_nor_pile_up(accounts):
    account = accounts.all()["ana"]
    sessions = Sessions()
    tokens = [sessions.begin(account) for _ in range(25)]
    known = [sessions.account_of(token, accounts.all()) is not None for token in tokens]
    assert known == [False] * 5 + [True] * 20
    assert Sessions().account_of(tokens[-1], accounts.all()) is None


def test_a_broken_file_of_accounts_lets_nobody_in(accounts, client, caplog):
    log_in(client)
    accounts.path.write_text("nonsense\n")
    refused = client.get("/whoami")
    assert refused.status_code == 503
    assert str(accounts.path) not in refused.text
    assert "line 1" in caplog.text


def test_guessing_is_slowed_down(accounts):
    clock = Clock()
    client = client_of(accounts, attempts=Attempts(clock))
    for _ in range(9):
        assert log_in(client, password="wrong password").status_code == 401
    assert log_in(client).status_code == 303  # a success does not count
    assert log_in(client, password="wrong password").status_code == 401
    for password in ("wrong password", PASSWORD):
        refused = log_in(client, password=password)
        assert refused.status_code == 429
        assert refused.headers["retry-after"] == "600"
        assert "Try again in 10 minutes." in refused.text
    clock.now += 600
    assert log_in(client).status_code == 303


def test_guesses_are_counted_by_network_and_before_they_are_judged():
    attempts = Attempts(Clock())
    assert [attempts.begin(f"2001:db8::{n}") for n in range(10)] == [0.0] * 10
    assert attempts.begin("2001:db8::ffff") > 0
    assert attempts.begin("2001:db8:0:1::1") == attempts.begin("192.0.2.1") == attempts.begin("testclient") == 0


def test_a_key_opens_every_route_but_only_a_whole_one(accounts, client):
    key = accounts.add_key("robot")
    bearer = {"Authorization": f"Bearer {key}"}
    assert client.get("/api/whoami", headers=bearer).json() == "robot"
    assert client.post("/v1/whoami", headers=bearer).json() == "robot"  # programs send no Origin
    assert client.get("/mounted/page", headers=bearer).text == "inside"
    assert client.get("/events", headers=bearer).text == "data: robot\n\n" * 2
    for wrong in (f"Bearer {key[:-1]}", "Bearer", f"Basic {key}", key, f"Bearer {accounts.all()['robot'].keys[0]}"):
        assert client.get("/api/whoami", headers={"Authorization": wrong}).status_code == 401
    log_in(client)
    assert client.get("/api/whoami", headers={"Authorization": "Bearer wrong"}).status_code == 401


def test_sockets_are_guarded_too(accounts, client):
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/socket"):
        pass
    bearer = {"Authorization": f"Bearer {accounts.add_key('robot')}"}
    with client.websocket_connect("/socket", headers=bearer) as talk:
        assert talk.receive_text() == "robot"
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/socket", headers={**bearer, **FOREIGN}):
        pass
    log_in(client)
    with client.websocket_connect("/socket", headers=SAME) as talk:
        assert talk.receive_text() == "ana"
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/socket"):
        pass


def test_behind_a_path_of_a_proxy(accounts):
    with TestClient(app_behind(accounts), root_path="/news", follow_redirects=False) as client:
        page = client.get("/news/whoami", headers={"Accept": "text/html"})
        assert page.headers["location"] == "/news/login?next=/whoami"
        assert 'action="/news/login"' in client.get("/news/login").text
        entered = client.post("/news/login", data={"name": "ana", "password": PASSWORD, "next": "/whoami"})
        assert entered.headers["location"] == "/news/whoami"
        assert client.get("/news/whoami").json() == "ana"
        assert client.get("/news/api/whoami", headers={"Authorization": "Bearer x"}).status_code == 401


# ── pages of other hosts ─────────────────────────────────────────────────────────────────────────────────────────────

ELSEWHERE = [
    FOREIGN,
    {"Origin": "null"},
    {"Origin": "http://testserver:81"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", **SAME},
]
HERE = [SAME, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "same-origin", "Origin": "null"}]


@pytest.mark.parametrize("known", [True, False], ids=["login", "no login"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_another_page_changes_nothing(accounts, known, method):
    client = client_of(accounts if known else None)
    if known:
        log_in(client)
    for headers in ELSEWHERE:
        refused = client.request(method, "/whoami", headers=headers)
        assert refused.status_code == 403, headers
        assert 'role="alert"' in refused.text
    for headers in HERE:
        assert client.request(method, "/whoami", headers=headers).status_code == 200, headers


def test_another_page_cannot_log_anybody_in_nor_use_a_key(accounts, client):
    for headers in ELSEWHERE:
        assert client.post("/login", data={"name": "ana", "password": PASSWORD}, headers=headers).status_code == 403
        bearer = {"Authorization": f"Bearer {accounts.add_key('robot')}"}
        assert client.post("/api/whoami", headers={**bearer, **headers}).json()["status"] == 403


def test_a_change_by_cookie_must_say_where_it_comes_from(client):
    log_in(client)
    assert client.post("/whoami").status_code == 403
    assert client.get("/whoami").status_code == 200
    client.cookies.clear()
    assert client_of(None).post("/whoami").status_code == 200  # as curl does, where nobody logs in


def test_another_page_may_link_here_but_not_read(client):
    log_in(client)
    link = {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "navigate"}
    assert client.get("/whoami", headers=link).json() == "ana"
    assert client.get("/whoami", headers={**link, "Sec-Fetch-Mode": "no-cors"}).status_code == 401
    assert client.get("/whoami", headers=FOREIGN).status_code == 403


# ── where it listens ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_clients_of_openai_are_refused_in_its_form(accounts):
    with TestClient(app_behind(accounts)) as client:
        refused = client.post("/v1/whoami", headers={"Authorization": "Bearer wrong"})
        assert refused.status_code == 401
        assert refused.json()["error"]["code"] == "invalid_api_key"
        assert "send a key" in refused.json()["error"]["message"]
        assert client.post("/api/whoami").headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(("host", "refused"), [
    ("127.0.0.1", False), ("127.8.0.1", False), ("localhost", False), ("::1", False),
    ("0.0.0.0", True), ("::", True), ("192.168.1.5", True), ("newsroom.example", True),
])  # fmt: skip
def test_strangers_are_served_only_on_purpose(accounts, host, refused):
    if refused:
        with pytest.raises(SettingsError, match=r"auth_file.*public"):
            check_binding(load_settings(host=host))
    else:
        check_binding(load_settings(host=host))
    check_binding(load_settings(host=host, public=True))
    check_binding(load_settings(host=host, auth_file=accounts.path))


def test_a_login_that_nobody_has_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="qa accounts add"):
        check_binding(load_settings(auth_file=tmp_path / "accounts"))


def test_without_accounts_everyone_is_known_by_their_address():
    app = app_behind(None)
    assert TestClient(app, client=("192.0.2.7", 1)).get("/whoami").json() == "192.0.2.7"
    assert TestClient(app).get("/login").status_code == 404


def test_it_is_installed_before_whatever_is_mounted_earlier(accounts):
    app = FastAPI()
    app.mount("/", Starlette(routes=[Route("/page", lambda request: PlainTextResponse(requester_of(request)))]))
    install_access(app, load_settings(auth_file=accounts.path))
    client = TestClient(app, follow_redirects=False)
    assert client.get("/page").status_code == 401
    assert client.get("/login").status_code == 200
    log_in(client)
    assert client.get("/page").text == "ana"


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::UserWarning")
def test_a_gradio_page_knows_who_asks_and_is_nobodys_request(accounts):
    import gradio as gr

    def ask(question: str, request: gr.Request) -> str:
        return f"{requester_of(request)} asks {question}, {asking.get()}"

    app = FastAPI()
    install_access(app, load_settings(auth_file=accounts.path))
    with gr.Blocks(analytics_enabled=False) as pages:
        box = gr.Textbox()
        box.submit(ask, box, box, api_name="ask")
    app = gr.mount_gradio_app(app, pages, path="/", ssr_mode=False)
    with TestClient(app, follow_redirects=False) as client:
        assert client.get("/gradio_api/info").status_code == 401
        assert client.post("/gradio_api/call/ask", json={"data": ["why"]}).status_code == 401
        log_in(client)
        assert client.get("/gradio_api/startup-events").status_code == 200  # begins a loop in this very request
        event = client.post("/gradio_api/call/ask", json={"data": ["why"]}, headers=SAME).json()["event_id"]
        said = client.get(f"/gradio_api/call/ask/{event}").text
    assert json.loads(said.split("data: ")[1]) == ["ana asks why, None"]


# ── leaving ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def served(app):
    """The app on a port of its own, as it really runs."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off"))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        yield listener.getsockname()
    finally:
        server.should_exit = True
        thread.join(30)
        listener.close()


def until(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_client_that_goes_away_frees_its_place_while_the_model_is_busy():
    class Slow(FakeGenerator):
        gate = threading.Event()

        def generate(self, messages, **how):
            assert self.gate.wait(30)
            yield from super().generate(messages, **how)

    queued = QueuedGenerator(Slow("A cat. [1]"), limit=4)
    app = FastAPI()
    install_access(app, load_settings())

    @app.get("/ask")
    def ask() -> StreamingResponse:
        pieces = queued.generate([Message("user", "?")], grammar="", max_tokens=9)
        return StreamingResponse(piece.text for piece in pieces)

    with served(app) as address:
        first, second = socket.create_connection(address), socket.create_connection(address)
        for place, connection in enumerate((first, second)):
            connection.sendall(b"GET /ask HTTP/1.1\r\nHost: testserver\r\n\r\n")
            until(lambda place=place: (queued.running, queued.depth) == (1, place))
        second.close()
        until(lambda: queued.depth == 0)
        assert queued.running == 1
        queued._generator.gate.set()
        reply = b""
        while not reply.endswith(b"0\r\n\r\n"):
            reply += first.recv(4096)
        first.close()
    assert b"cat." in reply
    assert (queued.running, queued.depth) == (0, 0)


# ── the commands ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def qa(monkeypatch, tmp_path):
    """Runs ``qa accounts`` with what is typed; its standard output, or the error it raises."""
    monkeypatch.setenv("QA_AUTH_FILE", str(tmp_path / "accounts"))

    def run(*arguments, typed=None):
        done = CliRunner().invoke(accounts_command, arguments, input=typed, obj={}, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.stdout

    run.file = Accounts(tmp_path / "accounts")
    return run


def test_add_asks_twice_and_shows_nothing(qa):
    said = qa("add", "ana", typed=f"{PASSWORD}\n{PASSWORD}\n")
    assert said.strip() == "ana can log in"
    assert qa.file.with_password("ana", PASSWORD)
    assert stat.S_IMODE(qa.file.path.stat().st_mode) == 0o600
    qa("add", "ben", typed=f"{PASSWORD}\nsomething else\n{PASSWORD}\n{PASSWORD}\n")  # asked again until they agree
    assert qa.file.with_password("ben", PASSWORD)


def test_add_reads_a_password_from_standard_input_and_replaces_it_when_told(qa):
    qa("add", "ana", "--stdin", typed=f"{PASSWORD}\n")
    with pytest.raises(InputError, match="--replace"):
        qa("add", "ana", "--stdin", typed="another password\n")
    qa("add", "ana", "--stdin", "--replace", typed="another password")
    assert qa.file.with_password("ana", "another password")
    with pytest.raises(InputError, match="8 or more"):
        qa("add", "ben", "--stdin", typed="")


def test_key_prints_a_key_that_works_and_revokes_it(qa):
    key = qa("key", "robot").strip()
    assert qa.file.with_key(key).name == "robot"
    assert qa("key", "robot", "--revoke").strip() == "revoked 1 key(s) of robot"
    assert qa.file.with_key(key) is None


def test_list_and_remove(qa):
    assert qa("list") == ""
    qa("add", "ana", "--stdin", typed=PASSWORD)
    qa("key", "robot")
    assert json.loads(qa("list", "--json")) == [
        {"name": "ana", "password": True, "keys": 0},
        {"name": "robot", "password": False, "keys": 1},
    ]
    assert qa("list") == "ana\tpassword\t0 key(s)\nrobot\tno password\t1 key(s)\n"
    qa("remove", "ana")
    assert set(qa.file.all()) == {"robot"}
    with pytest.raises(NotFoundError, match="robot"):
        qa("remove", "ana")


def test_without_a_file_the_setting_is_named(qa, monkeypatch):
    monkeypatch.delenv("QA_AUTH_FILE")
    with pytest.raises(SettingsError, match="auth_file"):
        qa("list")
