"""Fetching from the web: public machines only, within limits, politely. The sites are real servers on 127.0.0.1."""

from __future__ import annotations

import contextlib
import gzip
import ipaddress
import re
import socket
import socketserver
import ssl
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import pytest
import trustme
from fpdf import FPDF
from hypothesis import given, settings
from hypothesis import strategies as st

from qa import __version__
from qa.errors import FetchError, IngestError
from qa.ingest.addresses import PUBLIC, Reach, is_public, read_address, resolve, resolve_within, shown
from qa.ingest.fetch import ARTICLE_KINDS, NO_STAMP, FakeWeb, Fetcher, Page, Stamp, fetch_article
from qa.settings import Settings

STORY = "The gate failed before dawn. “We heard it,” said Tom. Nobody in the lower town slept that night."
HTML = f"<html><head><title>The dam</title></head><body><article><p>{STORY}</p></article></body></html>"

Route = Callable[[str], bytes | Iterable[bytes]]


def reply(
    body: bytes | str = HTML, kind: str = "text/html; charset=utf-8", status: str = "200 OK", **more: str
) -> bytes:
    data = body.encode() if isinstance(body, str) else body
    headers = {"Content-Type": kind, "Content-Length": str(len(data))}
    headers |= {name.replace("_", "-"): value for name, value in more.items()}
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + data


def moved(target: str, status: str = "302 Found") -> bytes:
    return reply(b"", status=status, Location=target)


class Site(socketserver.ThreadingTCPServer):
    """A web server on ``host`` that answers with what ``routes`` say, and notes the ``requests``."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self.routes: dict[str, bytes | Route] = {}
        self.requests: list[str] = []
        self.stopped = threading.Event()
        self._tls = tls
        super().__init__((host, port), self._serve)
        self.port = int(self.server_address[1])
        self._thread = threading.Thread(target=lambda: self.serve_forever(0.01))
        self._thread.start()

    def url(self, path: str = "/story", host: str = "paper.example") -> str:
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}{path}"

    def paths(self) -> list[str]:
        return [request.split()[1] for request in self.requests]

    def _serve(self, request: Any, client: Any, server: Any) -> None:
        with contextlib.suppress(OSError):
            connection = self._tls.wrap_socket(request, server_side=True) if self._tls else request
            with connection:
                head = b""
                while b"\r\n\r\n" not in head and head[:1] in b"G":
                    part = connection.recv(65_536)
                    if not part:
                        return
                    head += part
                if head[:1] != b"G":
                    connection.sendall(reply(b"", status="400 Bad Request"))
                    return
                self.requests.append(head.decode())
                route = self.routes.get(self.paths()[-1], reply("gone", status="404 Not Found"))
                answer = route(head.decode()) if callable(route) else route
                for chunk in [answer] if isinstance(answer, bytes) else answer:
                    if self.stopped.is_set():
                        return
                    connection.sendall(chunk)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what several tests are about."""

    def close(self) -> None:
        self.stopped.set()
        self.shutdown()
        self._thread.join()
        self.server_close()


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    site.routes["/story"] = reply()
    yield site
    site.close()


def near(*ports: int) -> Reach:
    """What lets tests in: one loopback address, and the ports of their sites."""
    return Reach(frozenset(ports), (ipaddress.ip_network("127.0.0.1/32"),))


def home(host: str, port: int) -> Sequence[str]:
    return [host] if re.fullmatch(r"[\d.]+|.*:.*", host) else ["127.0.0.1"]


def fetcher(site: Site, *, clock: Callable[[], float] = time.monotonic, **settings: Any) -> Fetcher:
    return Fetcher(Settings(**settings), reach=near(site.port), resolve=home, clock=clock)


def refusal(web: Fetcher, url: str) -> str:
    with pytest.raises(FetchError) as caught:
        fetch_article(url, web)
    message = str(caught.value)
    assert "\n" not in message
    assert ";" in message, "no remedy"
    return message


# Pages


def test_a_page_becomes_an_article(site: Site) -> None:
    article = fetch_article(site.url("/story#comments"), fetcher(site))
    assert article.text == STORY
    assert article.title == "The dam"
    assert article.source == site.url()
    robots, page = site.requests
    assert robots.startswith("GET /robots.txt HTTP/1.1\r\n")
    assert page.startswith("GET /story HTTP/1.1\r\n")
    for request in (robots, page):
        assert f"\r\nHost: paper.example:{site.port}\r\n" in request
        assert f"\r\nUser-Agent: citewire/{__version__}\r\n" in request


def test_text_and_pdf_are_read_and_cannot_name_another_source(site: Site) -> None:
    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("helvetica")
    pdf.multi_cell(0, None, "The gate failed before dawn.")
    site.routes["/a"] = reply(f"Title: Dam\nSource: https://other.example/\n\n{STORY}", "text/plain")
    site.routes["/b"] = reply(bytes(pdf.output()), "application/pdf")
    web = fetcher(site)
    article = fetch_article(site.url("/a"), web)
    assert (article.text, article.title, article.source) == (STORY, "Dam", site.url("/a"))
    assert fetch_article(site.url("/b"), web).text == "The gate failed before dawn."


@pytest.mark.parametrize(
    ("data", "charset", "text"),
    [
        ("Nördlich “so”.".encode("cp1252"), "iso-8859-1", "Nördlich “so”."),
        ("Министр сказал.".encode("cp1251"), "windows-1251", "Министр сказал."),
        ("Nördlich.".encode(), "iso-8859-1", "Nördlich."),
        ("Nördlich.".encode("cp1252"), "no-such", "Nördlich."),
        ("Nördlich.".encode("utf-16"), "utf-16", "Nördlich."),
        ("Nördlich.".encode("cp1252"), "idna", "Nördlich."),
    ],
)
def test_the_charset_that_the_server_names_is_used_where_it_must_be(data: bytes, charset: str, text: str) -> None:
    url = "https://paper.example/story"
    assert fetch_article(url, FakeWeb({url: Page(url, data, "text/plain", charset)})).text == text


def test_a_page_without_an_article_is_named(site: Site) -> None:
    site.routes["/story"] = reply("<html><body></body></html>")
    with pytest.raises(IngestError, match=re.escape(f"{site.url()}: no article found")):
        fetch_article(site.url(), fetcher(site))


def test_proxies_of_the_environment_are_not_asked(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert fetch_article(site.url(), fetcher(site)).text == STORY


def test_a_page_that_has_not_changed_is_not_sent_again(site: Site) -> None:
    def answer(request: str) -> bytes:
        known = 'If-None-Match: "a"\r\n' in request and "If-Modified-Since: Mon\r\n" in request
        if known:
            return reply(b"", status="304 Not Modified")
        return reply(ETag='"a"', Last_Modified="Mon")

    site.routes["/story"] = answer
    web = fetcher(site)
    page = web.get(site.url(), ARTICLE_KINDS)
    assert page.stamp == Stamp('"a"', "Mon")
    assert web.renewed(site.url(), ARTICLE_KINDS, page.stamp) is None
    assert web.renewed(site.url(), ARTICLE_KINDS, NO_STAMP) == page


def test_a_stamp_that_could_not_be_sent_back_is_dropped(site: Site) -> None:
    site.routes["/story"] = reply(ETag='"ä"')
    assert fetcher(site).get(site.url(), ARTICLE_KINDS).stamp == NO_STAMP


def test_the_fake_answers_as_the_web_does() -> None:
    url = "https://paper.example/story"
    web = FakeWeb({url: Page(url, HTML.encode(), "text/html", stamp=Stamp("a"))})
    assert fetch_article(url, web).source == url
    assert web.renewed(url, ARTICLE_KINDS, Stamp("a")) is None
    assert web.renewed(url, ARTICLE_KINDS, Stamp("b")) == web.pages[url]
    for wrong, kinds, reason in (("https://paper.example/", ARTICLE_KINDS, "no such page"), (url, (), "not read")):
        with pytest.raises(FetchError, match=reason):
            web.get(wrong, kinds)
    assert web.asked[-1] == url


# Redirects


def test_redirects_are_followed_without_cookies_to_the_address_that_counts(site: Site) -> None:
    site.routes["/a"] = reply(b"", status="301 Moved", Location="b/../c?q=ü", Set_Cookie="id=1")
    site.routes["/c?q=%C3%BC"] = moved(f"//other.example:{site.port}/story")
    assert fetch_article(site.url("/a"), fetcher(site)).source == site.url("/story", "other.example")
    assert not any("cookie" in request.lower() for request in site.requests)


@pytest.mark.parametrize(("hops", "followed"), [(5, True), (6, False)])
def test_five_redirects_are_followed(site: Site, hops: int, followed: bool) -> None:
    for hop in range(hops):
        site.routes[f"/{hop}"] = moved(f"/{hop + 1}" if hop + 1 < hops else "/story")
    if followed:
        assert fetch_article(site.url("/0"), fetcher(site)).text == STORY
    else:
        assert "sent on more than 5 times" in refusal(fetcher(site), site.url("/0"))
        assert "/story" not in site.paths()


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("http://10.0.0.1:PORT/", "private or reserved"),
        ("http://169.254.169.254:PORT/latest/meta-data", "private or reserved"),
        ("http://[fd00:ec2::254]:PORT/", "private or reserved"),
        ("http://[::1]:PORT/secret", "private or reserved"),
        ("http://[::ffff:127.0.0.1]:PORT/secret", "private or reserved"),
        ("http://127.0.0.2:PORT/secret", "private or reserved"),
        ("http://0x7f.2:PORT/secret", "private or reserved"),
        ("http://paper.example:22/", "port 22"),
        ("http://paper.example/", "port 80"),
        ("https://user:pw@paper.example/", "user name or password"),
        ("file:///etc/passwd", "only http and https"),
        ("gopher://paper.example/", "only http and https"),
        ("http://[/", "not a web address"),
    ],
)
def test_redirects_to_elsewhere_are_not_followed(site: Site, target: str, reason: str) -> None:
    inside = Site("127.0.0.2", site.port)
    site.routes["/story"] = moved(target.replace("PORT", str(site.port)))
    try:
        message = refusal(fetcher(site), site.url())
    finally:
        inside.close()
    assert message.startswith(site.url())
    assert reason in message
    assert "pw" not in message
    assert inside.requests == []


# Addresses


def test_what_is_near_is_out_of_reach_by_default(site: Site) -> None:
    assert f"port {site.port}" in refusal(Fetcher(Settings(), resolve=home), site.url())
    public = Reach(frozenset({site.port}))
    for host in ("paper.example", "127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]"):
        web = Fetcher(Settings(), reach=public, resolve=lambda host, port: ["127.0.0.1"])
        assert "private or reserved" in refusal(web, site.url(host=host))
    assert "private or reserved" in refusal(Fetcher(Settings(), reach=public), site.url(host="localhost"))
    assert site.requests == []


def test_a_name_that_changes_its_address_gains_nothing(site: Site) -> None:
    inside = Site("127.0.0.2", site.port)
    inside.routes["/story"] = reply("<p>secret</p>")
    answers = iter([["127.0.0.1"], ["127.0.0.2"]])
    asked: list[str] = []

    def rebinding(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return next(answers)

    try:
        message = refusal(Fetcher(Settings(), reach=near(site.port), resolve=rebinding), site.url())
    finally:
        inside.close()
    assert "private or reserved" in message
    assert "127.0.0.2" not in message, "strangers need not learn what lies inside"
    assert asked == ["paper.example"] * 2, "a connection asks once, and goes where the answer was checked"
    assert (site.paths(), inside.requests) == (["/robots.txt"], [])


def test_of_several_addresses_the_first_that_is_public_and_answers_is_taken(site: Site) -> None:
    reach = Reach(frozenset({site.port}), (ipaddress.ip_network("127.0.0.0/30"),))
    for addresses in (["10.0.0.1", "127.0.0.1"], ["127.0.0.3", "127.0.0.1"], ["nonsense", "fe80::1%lo", "127.0.0.1"]):
        web = Fetcher(Settings(), reach=reach, resolve=lambda host, port, addresses=addresses: addresses)
        assert fetch_article(site.url(), web).text == STORY
    closed = Fetcher(Settings(), reach=reach, resolve=lambda host, port: ["127.0.0.3"])
    assert "cannot be reached (Connection refused)" in refusal(closed, site.url())


def test_a_host_that_is_not_there(site: Site) -> None:
    def unknown(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(-2, "Name or service not known")

    assert "no such host" in refusal(Fetcher(Settings(), reach=near(site.port), resolve=unknown), site.url())


def spellings(address: ipaddress.IPv4Address) -> st.SearchStrategy[str]:
    """The ways to write ``address``: each of its parts in any base, the last parts joined into one, or as IPv6."""
    number = int(address)
    bases: list[Callable[[int], str]] = [str, lambda n: f"0{n:o}", lambda n: f"0x{n:x}", lambda n: f"0X{n:04X}"]
    base = st.sampled_from(bases)

    def dotted(length: int) -> st.SearchStrategy[str]:
        heads = [number >> 8 * (3 - place) & 255 for place in range(length - 1)]
        parts = [*heads, number & (1 << 8 * (5 - length)) - 1]
        return st.tuples(*[base for _ in parts]).map(
            lambda chosen: ".".join(spell(part) for spell, part in zip(chosen, parts, strict=True))
        )

    wide = str.maketrans("0123456789.", "０１２３４５６７８９。")
    plain = st.integers(1, 4).flatmap(dotted)
    hexed = f"{number >> 16:x}:{number & 65535:x}"
    prefixes = ("::ffff:", "0:0:0:0:0:FFFF:", "64:ff9b::", "64:ff9b:1::", "::")
    six = st.sampled_from(
        [f"[{prefix}{end}]" for prefix in prefixes for end in (address, hexed)] + [f"[2002:{hexed}::1]"]
    )
    return st.one_of(plain, plain.map(lambda host: f"{host}."), plain.map(lambda host: host.translate(wide)), six)


INSIDE = ["127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10"]
INSIDE += ["0.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4", "192.0.0.0/24", "198.18.0.0/15", "168.63.129.16/32"]
PRIVATE = st.sampled_from(INSIDE).flatmap(lambda network: st.ip_addresses(network=network))


@settings(deadline=None)
@given(PRIVATE.flatmap(spellings))
def test_no_spelling_of_a_private_address_gets_through(host: str) -> None:
    connected: list[str] = []

    def numeric(host: str, port: int) -> Sequence[str]:
        """The real resolver, which must not be asked for names: tests are offline."""
        connected.append(host)
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        return [str(entry[4][0]) for entry in found]

    with pytest.raises(FetchError, match="private or reserved"):
        Fetcher(Settings(), resolve=numeric).get(f"http://{host}/", ARTICLE_KINDS)
    assert len(connected) == 1


@settings(deadline=None)
@given(st.ip_addresses())
def test_nothing_is_public_that_python_knows_to_be_otherwise(address: ipaddress.IPv4Address) -> None:
    carried = str(address).startswith(("::ffff:", "64:ff9b::"))
    seen = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF) if carried else address
    closed = seen.is_private or seen.is_multicast or seen.is_reserved or seen.is_loopback or seen.is_link_local
    assert not (closed and is_public(address))


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:4700::1111", True),
        ("::ffff:93.184.216.34", True),
        ("64:ff9b::93.184.216.34", True),
        ("2002:5db8:d822::1", True),
        ("fd00:ec2::254", False),
        ("fe80::1", False),
        ("ff02::1", False),
        ("::", False),
        ("2001:0:5db8:d822::1", False),
        ("2001:db8::1", False),
        ("64:ff9b::10.0.0.1", False),
        ("64:ff9b:1::93.184.216.34", False),
        ("2002:7f00:1::1", False),
        ("100.100.100.200", False),
        ("192.0.0.192", False),
        ("255.255.255.255", False),
        ("fe80::1%eth0", False),
        ("nonsense", False),
    ],
)
def test_what_is_public(address: str, public: bool) -> None:
    assert PUBLIC.allows(address) is public


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("https://paper.example", "https://paper.example/"),
        ("  HTTPS://Paper.Example:443/A?b=c#d\n", "https://paper.example/A?b=c"),
        ("http://paper.example.:80/", "http://paper.example/"),
        ("http://paper.example:8080/", "http://paper.example:8080/"),
        ("https://münchen.example/straße?ö=ü&x=%20", "https://xn--mnchen-3ya.example/stra%C3%9Fe?%C3%B6=%C3%BC&x=%20"),
        ("https://例え.テスト/", "https://xn--r8jz45g.xn--zckzah/"),
        ("https://ｐａｐｅｒ。example/", "https://paper.example/"),
        ("https://my_paper.example/a b", "https://my_paper.example/a%20b"),
        ("http://[2606:4700:0::1111]/", "http://[2606:4700::1111]/"),
        ("http://0x5d.0270.55330/", "http://93.184.216.34/"),
    ],
)
def test_addresses_are_read_as_they_are_meant(written: str, read: str) -> None:
    assert str(read_address(written)) == read
    assert str(read_address(read)) == read


@pytest.mark.parametrize(
    "written",
    [
        "",
        "paper.example/story",
        "//paper.example/story",
        "javascript:alert(1)",
        "data:text/html,x",
        "http://",
        "http:///etc/passwd",
        "http://paper.example:port/",
        "http://paper.example:99999/",
        "http://user@paper.example/",
        "http://paper.example\\@127.0.0.1/",
        "http://paper .example/",
        "http://paper.example/\x00",
        "http://paper.example/a\r\nHost: evil",
        "http://-paper.example/",
        "http://paper..example/",
        "http://paper.example%2f@evil/",
        "http://127.0.0.1%00.example/",
        "http://1.2.3.256/",
        "http://1.2.3.4.5/",
        "http://paper.0x1g.1/",
        "http://[::1%25lo]/",
        "http://[v1.x]/",
        "http://[::1/",
        "http://" + "a" * 64 + ".example/",
        "http://paper.example/" + "a" * 5000,
        "http://ｅｖｉｌ／ａ.example/",
    ],
)
def test_what_is_no_web_address_is_refused_in_one_line(written: str) -> None:
    with pytest.raises(FetchError) as caught:
        read_address(written)
    message = str(caught.value)
    assert "\n" not in message
    assert "\r" not in message
    assert ";" in message
    assert len(message) < 400


def test_passwords_are_not_repeated() -> None:
    assert shown("http://me:secret@paper.example/") == "http://…@paper.example/"
    with pytest.raises(FetchError) as caught:
        read_address("http://me:sec@ret@paper.example/")
    assert "ret" not in str(caught.value).partition(":")[0]
    assert "sec" not in str(caught.value)


def test_the_system_resolver_is_asked() -> None:
    assert "127.0.0.1" in resolve("127.0.0.1", 80)
    with pytest.raises(OSError, match=r".+"):
        resolve_within(5, lambda host, port: resolve("a" * 70 + ".example", port), "x", 80)


# Limits


def test_dripping_bytes_do_not_stretch_the_time(site: Site) -> None:
    def drip(begin: bytes) -> Route:
        def dripping(_: str) -> Iterator[bytes]:
            yield begin
            while not site.stopped.wait(0.02):
                yield b"x"

        return dripping

    site.routes["/head"] = drip(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    site.routes["/body"] = drip(reply(b"", Content_Length="100000"))
    site.routes["/informing"] = drip(b"HTTP/1.1 100 Continue\r\n\r\n" * 3 + b"HTTP/1.1 2")
    for path in ("/head", "/body", "/informing"):
        began = time.monotonic()
        assert "no answer within 0.3 s" in refusal(fetcher(site, fetch_seconds=0.3), site.url(path))
        assert time.monotonic() - began < 5


def test_the_time_is_that_of_all_hops_together(site: Site) -> None:
    def slow(_: str) -> bytes:
        site.stopped.wait(0.25)
        return moved("/a")

    site.routes["/a"] = slow
    assert "no answer within 0.6 s" in refusal(fetcher(site, fetch_seconds=0.6), site.url("/a"))
    assert site.paths().count("/a") < 4


def test_a_resolver_that_does_not_answer_is_not_waited_for(site: Site) -> None:
    def stuck(host: str, port: int) -> Sequence[str]:
        site.stopped.wait(5)
        return ["127.0.0.1"]

    web = Fetcher(Settings(fetch_seconds=0.1), reach=near(site.port), resolve=stuck)
    assert "no answer within 0.1 s" in refusal(web, site.url())


def test_a_bomb_is_not_unpacked(site: Site) -> None:
    site.routes["/story"] = reply(gzip.compress(b"<p>" + b" " * 60_000_000), Content_Encoding="gzip")
    web = fetcher(site, max_file_mb=0.1)
    tracemalloc.start()
    message = refusal(web, site.url())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "larger than 0.1 MB; raise the setting max_file_mb" in message
    assert peak < 10_000_000


def test_a_body_without_end_is_cut_off(site: Site) -> None:
    def endless(_: str) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"
        while True:
            yield b"word " * 1000

    site.routes["/story"] = endless
    assert "larger than 0.1 MB" in refusal(fetcher(site, max_file_mb=0.1), site.url())


def test_the_largest_body_is_taken_whole(site: Site) -> None:
    data = b"word " * 20_000
    for body, encoding in ((data, "identity"), (gzip.compress(data), "gzip")):
        site.routes["/story"] = reply(body, "text/plain", Content_Encoding=encoding)
        assert fetcher(site, max_file_mb=0.1).get(site.url(), ARTICLE_KINDS).body == data
        assert "larger" in refusal(fetcher(site, max_file_mb=0.099999), site.url())


def test_packed_bodies_are_unpacked_whole_or_not_at_all(site: Site) -> None:
    pieces = gzip.compress(STORY[:30].encode()) + gzip.compress(STORY[30:].encode())
    site.routes["/pieces"] = reply(pieces, "text/plain", Content_Encoding="GZIP")
    assert fetch_article(site.url("/pieces"), fetcher(site)).text == STORY
    site.routes["/cut"] = reply(pieces[:-9], "text/plain", Content_Encoding="gzip")
    site.routes["/damaged"] = reply(b"no gzip", "text/plain", Content_Encoding="gzip")
    site.routes["/other"] = reply(b"?", "text/plain", Content_Encoding="br")
    site.routes["/short"] = reply(b"text", "text/plain", Content_Length="9")
    for path, reason in {"/cut": "damaged", "/damaged": "damaged", "/other": "(br)", "/short": "broke off"}.items():
        assert reason in refusal(fetcher(site), site.url(path))


@pytest.mark.parametrize("kind", ["image/png", "application/zip", "application/json", "video/mp4", "", "text/html2"])
def test_other_kinds_are_not_read(site: Site, kind: str) -> None:
    site.routes["/story"] = reply(HTML, kind)
    assert f"holds {kind or 'something'}" in refusal(fetcher(site), site.url())


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("204 No Content", "answers 204"),
        ("304 Not Modified", "answers 304"),
        ("300 Multiple Choices", "answers 300"),
        ("302 Found", "answers 302"),
        ("403 Forbidden", "refuses programs"),
        ("404 Not Found", "no such page; check the address"),
        ("410 Gone", "no longer there"),
        ("429 Too Many Requests", "too often"),
        ("503 Service Unavailable", "answers 503; try again later"),
    ],
)
def test_other_answers_are_told_apart(site: Site, status: str, reason: str) -> None:
    site.routes["/story"] = reply(b"", status=status)
    assert reason in refusal(fetcher(site), site.url())


def test_what_is_no_http_is_told(site: Site) -> None:
    site.routes["/story"] = b"SSH-2.0-OpenSSH_9.6\r\n"
    assert "no HTTP" in refusal(fetcher(site), site.url())


def test_nothing_is_fetched_where_fetching_is_off(site: Site) -> None:
    web = fetcher(site, fetching=False)
    assert "fetching is switched off; set `fetching`" in refusal(web, site.url())
    with pytest.raises(FetchError, match="switched off"):
        web.renewed(site.url(), ARTICLE_KINDS, Stamp("a"))
    assert site.requests == []


# robots.txt


@pytest.mark.parametrize(
    ("robots", "allowed"),
    [
        ("User-agent: *\nDisallow: /", False),
        ("User-agent: citewire\nDisallow: /story", False),
        ("User-agent: Citewire\nDisallow: /*ory$", False),
        ("\ufeffUser-agent: *\nDisallow: /st", False),
        ("User-agent: *\nDisallow: /\nAllow: /story", True),
        ("User-agent: *\nDisallow: /\n\nUser-agent: citewire\nDisallow: /private", True),
        ("User-agent: otherbot\nDisallow: /", True),
        ("User-agent: *\nDisallow:", True),
        ("<html>Not found</html>", True),
        ("", True),
    ],
)
def test_sites_say_what_may_be_fetched(site: Site, robots: str, allowed: bool) -> None:
    site.routes["/robots.txt"] = reply(robots, "text/plain")
    if allowed:
        assert fetch_article(site.url(), fetcher(site)).text == STORY
    else:
        assert "robots.txt); save the page in a browser" in refusal(fetcher(site), site.url())
        assert site.paths() == ["/robots.txt"]


@pytest.mark.parametrize(
    ("status", "allowed"), [("404 Gone", True), ("403 No", True), ("503 Down", False), ("429 x", False)]
)
def test_a_site_that_cannot_say_is_left_alone(site: Site, status: str, allowed: bool) -> None:
    site.routes["/robots.txt"] = reply("User-agent: *\nDisallow: /", "text/plain", status)
    if allowed:
        assert fetch_article(site.url(), fetcher(site)).text == STORY
    else:
        assert "try again later" in refusal(fetcher(site), site.url())
        assert "/story" not in site.paths()


def test_rules_are_kept_for_an_hour(site: Site) -> None:
    now = [0.0]
    web = fetcher(site, clock=lambda: now[0])
    for moment, reads in ((0, 1), (3599, 1), (3600, 2)):
        now[0] = moment
        fetch_article(site.url(), web)
        assert site.paths().count("/robots.txt") == reads


def test_a_site_that_could_not_say_is_asked_again(site: Site) -> None:
    web = fetcher(site)
    site.routes["/robots.txt"] = reply("", status="500 Fault")
    refusal(web, site.url())
    del site.routes["/robots.txt"]
    assert fetch_article(site.url(), web).text == STORY


def test_rules_are_heeded_on_every_hop_and_found_behind_redirects(site: Site) -> None:
    other = Site()
    other.routes = {
        "/story": reply(),
        "/robots.txt": moved("/rules"),
        "/rules": reply("User-agent: *\nDisallow: /story"),
    }
    site.routes["/story"] = moved(other.url(host="other.example"))
    web = Fetcher(Settings(), reach=near(site.port, other.port), resolve=home)
    try:
        message = refusal(web, site.url())
    finally:
        other.close()
    assert message.startswith(f"{site.url()} (sent on to {other.url(host='other.example')}): its site does not let")
    assert other.paths() == ["/robots.txt", "/rules"]


def test_rules_are_read_to_a_bound(site: Site) -> None:
    rules = "User-agent: *\nDisallow: /story\n"
    site.routes["/robots.txt"] = reply(rules + "#" * 20_000_000, "text/plain")
    assert "robots.txt" in refusal(fetcher(site), site.url())
    site.routes["/robots.txt"] = reply("#" * 600_000 + "\n" + rules, "text/plain")
    assert fetch_article(site.url(), fetcher(site)).text == STORY
    site.routes["/robots.txt"] = reply("User-agent: a\n" * 10_000 + "Disallow: /b\n" * 10_000, "text/plain")
    assert "too many rules" in refusal(fetcher(site), site.url())


# TLS


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def secure(authority: trustme.CA) -> Iterator[Site]:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("paper.example").configure_cert(tls)
    site = Site(tls=tls)
    site.routes["/story"] = reply()
    yield site
    site.close()


def test_the_certificate_is_checked_against_the_name_and_not_the_address(authority: trustme.CA, secure: Site) -> None:
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    web = Fetcher(Settings(), reach=near(secure.port), resolve=home, certificates=trusting)
    assert fetch_article(secure.url(), web).source == secure.url()
    message = refusal(web, secure.url(host="other.example"))
    assert "its certificate is not valid (Hostname mismatch, certificate is not valid for 'other.example'.)" in message
    assert secure.paths() == ["/robots.txt", "/story"]


def test_a_certificate_of_a_stranger_is_not_trusted(secure: Site) -> None:
    message = refusal(fetcher(secure), secure.url())
    assert "its certificate is not valid (unable to get local issuer certificate)" in message
    assert secure.requests == []


def test_plain_http_on_a_secure_port_is_told(site: Site) -> None:
    message = refusal(fetcher(site), site.url().replace("http:", "https:"))
    assert "no secure connection (WRONG_VERSION_NUMBER)" in message
