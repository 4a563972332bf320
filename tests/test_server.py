"""The server: article pages, headers, strangers kept out."""

from __future__ import annotations

import gc
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from qa.errors import SettingsError
from qa.service import Service
from qa.settings import load_settings
from qa.web.accounts import Accounts
from qa.web.api.readiness import Readiness
from qa.web.server import _warm_up, create_app, serve

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::UserWarning")


@pytest.fixture(scope="module", autouse=True)
def _swept() -> Iterator[None]:
    """What Gradio leaves behind is collected here, where its complaints are passed over, not in some other test."""
    yield
    gc.collect()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("server") / "library"
    with Service(load_settings(engine="fake", embedder="fake", library=folder), create=True) as service:
        evil = "<script>alert(1)</script> The dam broke on Monday, said <b>Dr. Vane</b>."
        service.ingest_bytes(f"Title: <script>alert(2)</script>\n\n{evil}".encode(), source="evil.txt")
        yield service


@pytest.fixture(scope="module")
def client(service: Service) -> TestClient:
    return TestClient(create_app(service), base_url="http://localhost")


def test_the_page_is_served_under_a_policy_that_keeps_it_on_this_host(client: TestClient) -> None:
    page = client.get("/")
    assert page.status_code == 200
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "http" not in policy.replace("http-equiv", "")
    assert page.headers["X-Content-Type-Options"] == "nosniff"


def test_an_article_has_an_address_and_its_markup_is_text(client: TestClient, service: Service) -> None:
    (article,) = service.library.articles()
    start = article.text.index("The dam")
    page = client.get(f"/articles/{article.id}", params={"start": start, "end": start + 7})
    assert page.status_code == 200
    assert '<mark id="quote">The dam</mark>' in page.text
    assert "<script>" not in page.text
    assert "&lt;script&gt;alert(1)" in page.text
    assert "&lt;script&gt;alert(2)" in page.text
    assert "script-src" not in page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert client.get(f"/articles/{article.id}/fragment").text in page.text.replace('<mark id="quote">', "").replace(
        "</mark>", ""
    )


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/articles/ffffffffffff", 404),
        ("/articles/%3Cscript%3E", 404),
        ("/articles/*", 404),
        ("/articles/ffffffffffff/fragment", 404),
        ("/healthz", 200),
    ],
)
def test_unknown_articles_are_said_in_words(client: TestClient, path: str, status: int) -> None:
    reply = client.get(path)
    assert reply.status_code == status
    assert "<script>" not in reply.text
    assert status == 200 or "no article" in reply.text


def test_a_name_that_only_resolves_here_is_turned_away(client: TestClient) -> None:
    for path in ("/", "/api/v1/articles", "/v1/models", "/metrics"):
        refused = client.get(path, headers={"Host": "evil.example"})
        assert refused.status_code == 400
        assert refused.headers["X-Content-Type-Options"] == "nosniff"
        assert refused.headers["X-Request-ID"]


def test_every_door_is_behind_the_login_where_there_is_one(tmp_path: Path) -> None:
    accounts = tmp_path / "accounts.toml"
    settings = load_settings(engine="fake", embedder="fake", library=tmp_path / "library", auth_file=accounts)
    key = Accounts(accounts).add_key("robot")
    with Service(settings, create=True) as service:
        client = TestClient(create_app(service), base_url="http://localhost")
        for path in ("/api/v1/articles", "/v1/models", "/metrics", "/api/v1/openapi.json"):
            assert client.get(path).status_code == 401
            assert client.get(path, headers={"Authorization": f"Bearer {key}"}).status_code == 200
        assert client.get("/healthz").status_code == 200
        document = client.get("/api/v1/openapi.json", headers={"Authorization": f"Bearer {key}"}).json()
        assert document["security"] == [{"key": []}]


def test_it_is_ready_once_it_has_warmed_up(service: Service) -> None:
    readiness = Readiness()
    assert TestClient(create_app(service, readiness), base_url="http://localhost").get("/readyz").status_code == 503
    _warm_up(service, readiness)
    assert TestClient(create_app(service, readiness), base_url="http://localhost").get("/readyz").status_code == 200


def test_strangers_are_kept_from_an_address_that_they_reach(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="auth_file"):
        serve(load_settings(engine="fake", embedder="fake", library=tmp_path / "library", host="0.0.0.0"))


@pytest.mark.parametrize("name", ["pyproject.toml", "/etc/passwd", "indexes/default/library.db"])
def test_no_file_of_the_machine_is_served(client: TestClient, name: str) -> None:
    for route in ("/gradio_api/file=", "/file=", "/gradio_api/file/"):
        assert client.get(f"{route}{name}").status_code in (403, 404, 405)


def test_an_address_in_use_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match="--port"):
            serve(load_settings(engine="fake", embedder="fake", library=tmp_path / "library", port=port))
