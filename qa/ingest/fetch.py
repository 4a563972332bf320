"""Articles from the web: pages fetched by address, from public machines only, within limits of time and size.

Redirects, ``robots.txt`` and feeds go the same way as pages: through :class:`Fetcher`, which checks each host's address
in the very call that connects to it. A name that answers with another address the next time gains nothing by it.
Built on httpcore2 rather than on a client above it, because its network backend is a public seam: the URL keeps its
host, so the ``Host`` header, SNI and the certificate are checked as ever, while the backend alone decides which IP
address the socket goes to and how long each read may last. It knows no cookies, redirects and proxies of its own.
"""

from __future__ import annotations

import dataclasses
import ssl
import time
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from typing import Any, NamedTuple, Protocol

import httpcore2

from qa import __version__
from qa.errors import FetchError, IngestError
from qa.ingest.addresses import PUBLIC, Reach, Resolve, WebAddress, read_address, resolve, resolve_within, shown
from qa.ingest.encoding import decode
from qa.ingest.read import read_bytes
from qa.ingest.robots import MOST_BYTES, Robots
from qa.settings import Settings
from qa.types import Article

AGENT = "citewire"
ARTICLE_KINDS: Mapping[str, str] = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "text/plain": ".txt",
    "text/markdown": ".md",
    "application/pdf": ".pdf",
}
"""The media types that may hold an article, each with the ending of such files."""

_MOST_REDIRECTS = 5
_CONNECT_SECONDS = 5.0  # for one of several addresses, so that a dead one does not use up all the time
_MEGABYTE = 1_000_000
_INSTEAD = "save the page in a browser and add the file"
_REDIRECTS = {301, 302, 303, 307, 308}
_REASONS = {
    401: f"asks for a login; {_INSTEAD}",
    402: f"asks for payment; {_INSTEAD}",
    403: f"its site refuses programs; {_INSTEAD}",
    404: "no such page; check the address",
    410: "no longer there; check the address",
    429: "its site has been asked too often; try again later",
    451: f"withheld for legal reasons; {_INSTEAD}",
}


class Stamp(NamedTuple):
    """What a server says of the state of a page: sent along, it lets the server answer that nothing has changed."""

    etag: str | None = None
    modified: str | None = None


NO_STAMP = Stamp()


@dataclass(frozen=True, slots=True)
class Page:
    """What a web address held: ``url`` is where it was found in the end, ``kind`` its media type."""

    url: str
    body: bytes
    kind: str
    charset: str | None = None
    stamp: Stamp = NO_STAMP


class Web(Protocol):
    """Where pages come from."""

    def get(self, url: str, kinds: Collection[str]) -> Page:
        """The page at ``url``.

        Raises:
            FetchError: ``url`` may not be fetched, cannot be, or holds none of ``kinds``.
        """

    def renewed(self, url: str, kinds: Collection[str], stamp: Stamp) -> Page | None:
        """The page at ``url``, or ``None`` where it is still the one of ``stamp``; else as :meth:`get`."""


class FakeWeb:
    """A :class:`Web` of the ``pages`` given, by address; it notes in ``asked`` what it was asked for."""

    def __init__(self, pages: Mapping[str, Page] | None = None) -> None:
        self.pages = dict(pages or {})
        self.asked: list[str] = []

    def get(self, url: str, kinds: Collection[str]) -> Page:
        """The page given for ``url``; see :meth:`Web.get`."""
        self.asked.append(url)
        page = self.pages.get(url)
        if page is None:
            raise FetchError(f"{shown(url)}: {_REASONS[404]}")
        if page.kind not in kinds:
            raise FetchError(f"{shown(url)}: {_wrong_kind(page.kind)}")
        return page

    def renewed(self, url: str, kinds: Collection[str], stamp: Stamp) -> Page | None:
        """The page given for ``url`` if its stamp is another; see :meth:`Web.renewed`."""
        page = self.get(url, kinds)
        return None if page.stamp == stamp != NO_STAMP else page


def fetch_article(url: str, web: Web) -> Article:
    """The article at ``url``; its source is the address where it was found in the end, whatever its text says.

    Raises:
        FetchError: ``url`` may not or cannot be fetched.
        IngestError: the page holds no article.
    """
    page = web.get(url, ARTICLE_KINDS)
    article = read_bytes(_as_utf8(page), source=page.url, suffix=ARTICLE_KINDS[page.kind])
    return dataclasses.replace(article, source=page.url)


def _as_utf8(page: Page) -> bytes:
    """The body, as UTF-8 where the charset that the server names had to be used: the readers do not know it."""
    if page.charset is None or page.kind == "application/pdf":
        return page.body
    western = page.charset in ("iso-8859-1", "latin-1", "us-ascii", "ascii")  # as browsers read them
    try:
        decoded = decode(page.body, page.url, "cp1252" if western else page.charset)
    except IngestError:
        return page.body
    return page.body if decoded.guessed else decoded.text.encode("utf-8", "surrogatepass")


class Fetcher:
    """The :class:`Web` as it is, within the limits of ``settings``. Safe to use from many threads.

    ``reach`` and ``resolve`` say which machines it may ask, ``certificates`` whom it trusts (the system's authorities
    by default), ``clock`` gives seconds that never go back.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        reach: Reach = PUBLIC,
        resolve: Resolve = resolve,
        certificates: ssl.SSLContext | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._most_bytes = round(settings.max_file_mb * _MEGABYTE)
        self._reach = reach
        self._resolve = resolve
        self._certificates = certificates
        self._clock = clock
        self._robots = Robots(AGENT, clock)

    def get(self, url: str, kinds: Collection[str]) -> Page:
        """The page at ``url``; see :meth:`Web.get`. The ``robots.txt`` of each site on the way is heeded."""
        with self._answer(url, kinds, {}) as (found, response):
            return self._page(found, response, kinds)

    def renewed(self, url: str, kinds: Collection[str], stamp: Stamp) -> Page | None:
        """The page at ``url`` if it has changed since ``stamp``; see :meth:`Web.renewed`."""
        given = {"If-None-Match": stamp.etag, "If-Modified-Since": stamp.modified}
        headers = {name: value for name, value in given.items() if value}
        with self._answer(url, kinds, headers) as (found, response):
            return None if response.status == 304 and headers else self._page(found, response, kinds)

    @contextmanager
    def _answer(
        self, url: str, kinds: Collection[str], headers: Mapping[str, str]
    ) -> Iterator[tuple[WebAddress, httpcore2.Response]]:
        if not self._settings.fetching:
            raise FetchError(f"{shown(url)}: fetching is switched off; set `fetching` (QA_FETCHING), or add a file")
        address = read_address(url)
        accept = {"Accept": ", ".join([*kinds, "*/*;q=0.1"])}
        with self._visit(address) as visit, visit.open(address, accept | dict(headers), self._permit) as answer:
            yield answer

    @contextmanager
    def _visit(self, address: WebAddress) -> Iterator[_Visit]:
        """Connections for fetching ``address``, with every fault on the way said as a :class:`FetchError`."""
        visit = _Visit(self._reach, self._resolve, self._certificates, self._clock, self._settings.fetch_seconds)
        try:
            with visit.pool:
                yield visit
        except _RefusalError as refusal:
            raise FetchError(f"{visit.name(address)}: {refusal}") from None
        except httpcore2.TimeoutException:
            limit = f"{self._settings.fetch_seconds:g} s"
            raise FetchError(
                f"{visit.name(address)}: no answer within {limit}; try again, or raise fetch_seconds"
            ) from None
        except (httpcore2.NetworkError, httpcore2.ProtocolError) as error:
            raise FetchError(f"{visit.name(address)}: {_fault(error)}") from None

    def _permit(self, visit: _Visit, page: WebAddress) -> None:
        def read(robots: WebAddress) -> bytes:
            with visit.open(robots, {"Accept": "text/plain, */*;q=0.1"}) as (_, response):
                if response.status >= 500 or response.status == 429:
                    raise _RefusalError(
                        f"what its site allows is not known (robots.txt: {response.status}); try again later"
                    )
                return _body(response, MOST_BYTES, whole=False) if response.status == 200 else b""

        if not self._robots.allow(page, read):
            raise _RefusalError(f"its site does not let programs fetch it (robots.txt); {_INSTEAD}")

    def _page(self, found: WebAddress, response: httpcore2.Response, kinds: Collection[str]) -> Page:
        if response.status != 200:
            reason = _REASONS.get(response.status, f"its site answers {response.status}; try again later")
            raise _RefusalError(reason)
        headers = _headers(response)
        kind, charset = _media_type(headers.get("content-type", ""))
        if kind not in kinds:
            raise _RefusalError(_wrong_kind(kind))
        body = _body(response, self._most_bytes)
        return Page(str(found), body, kind, charset, _stamp(headers))


class _RefusalError(Exception):
    """Why a page is not fetched, without its address."""


Permit = Callable[["_Visit", WebAddress], None]


class _Visit:
    """The connections of one fetch, all of them closed ``seconds`` after it began."""

    def __init__(
        self,
        reach: Reach,
        resolve: Resolve,
        certificates: ssl.SSLContext | None,
        clock: Callable[[], float],
        seconds: float,
    ) -> None:
        self._ports = reach.ports
        self._at: WebAddress | None = None
        deadline = _Deadline(clock, seconds)
        self.pool = httpcore2.ConnectionPool(
            ssl_context=certificates, network_backend=_CheckedBackend(reach, resolve, deadline)
        )

    @contextmanager
    def open(
        self, address: WebAddress, headers: Mapping[str, str], permit: Permit | None = None
    ) -> Iterator[tuple[WebAddress, httpcore2.Response]]:
        """The response to which ``address`` leads, unread, with the address it has; ``permit`` may veto each hop."""
        for _ in range(_MOST_REDIRECTS + 1):
            if address.port not in self._ports:
                raise _RefusalError(f"port {address.port} is not one of the web's; {_INSTEAD}")
            if permit:
                self._at = address
                permit(self, address)
            with self._ask(address, headers) as response:
                target = _headers(response).get("location")
                if response.status not in _REDIRECTS or target is None:
                    yield address, response
                    return
            address = self._next(target, address)
        raise _RefusalError(f"sent on more than {_MOST_REDIRECTS} times; {_INSTEAD}")

    def name(self, asked: WebAddress) -> str:
        """``asked`` as errors call it, with where it led to."""
        moved = self._at not in (None, asked)
        return shown(str(asked)) + (f" (sent on to {shown(str(self._at))})" if moved else "")

    def _ask(self, address: WebAddress, headers: Mapping[str, str]) -> Any:
        url = httpcore2.URL(
            scheme=address.scheme.encode(),
            host=address.host.encode(),
            port=address.port,
            target=address.target.encode(),
        )
        own = {
            "Host": address.authority,
            "User-Agent": f"{AGENT}/{__version__}",
            "Accept-Encoding": "gzip",
            "Connection": "close",
        }
        return self.pool.stream("GET", url, headers=list((own | dict(headers)).items()))

    @staticmethod
    def _next(target: str, address: WebAddress) -> WebAddress:
        try:
            return read_address(target, base=address)
        except FetchError as error:
            raise _RefusalError(f"sends on to {error}") from None


class _Deadline:
    """The moment at which a fetch must be over."""

    def __init__(self, clock: Callable[[], float], seconds: float) -> None:
        self._clock = clock
        self._end = clock() + seconds

    def left(self) -> float:
        """The seconds until then, more than none.

        Raises:
            httpcore2.TimeoutException: it has passed.
        """
        left = self._end - self._clock()
        if left <= 0:
            raise httpcore2.ReadTimeout
        return left


class _CheckedBackend(httpcore2.NetworkBackend):
    """Connects to addresses that ``reach`` allows, and to the very ones that it was asked about."""

    def __init__(self, reach: Reach, resolve: Resolve, deadline: _Deadline) -> None:
        self._reach = reach
        self._resolve = resolve
        self._deadline = deadline
        self._sockets = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """A stream to the first of the host's addresses that may be connected to and answers."""
        fault: httpcore2.NetworkError | httpcore2.TimeoutException = httpcore2.ConnectError("no address")
        for address in self._allowed(host, port):
            seconds = min(_CONNECT_SECONDS, self._deadline.left())
            try:
                stream = self._sockets.connect_tcp(address, port, seconds, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                fault = error
            else:
                return _TimedStream(stream, self._deadline)
        raise fault

    def _allowed(self, host: str, port: int) -> list[str]:
        try:
            addresses = resolve_within(self._deadline.left(), self._resolve, host, port)
        except TimeoutError:
            raise httpcore2.ConnectTimeout from None
        except OSError:
            raise _RefusalError("no such host; check the address and the connection to the internet") from None
        allowed = [address for address in addresses if self._reach.allows(address)]
        if not allowed:  # not which address: that would tell strangers about the network here
            raise _RefusalError(f"leads to a private or reserved address, which is never fetched; {_INSTEAD}")
        return allowed


class _TimedStream(httpcore2.NetworkStream):
    """``stream``, no read or write of which lasts beyond ``deadline``, however slowly bytes drip in."""

    def __init__(self, stream: httpcore2.NetworkStream, deadline: _Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        secure = self._stream.start_tls(ssl_context, server_hostname, self._deadline.left())
        return _TimedStream(secure, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _headers(response: httpcore2.Response) -> dict[str, str]:
    """The headers by name in small letters; of two of one name the last counts."""
    return {name.decode("latin-1").lower(): value.decode("utf-8", "replace") for name, value in response.headers}


def _media_type(content_type: str) -> tuple[str, str | None]:
    """The media type and the charset that a ``Content-Type`` header names, in small letters."""
    message = Message()
    message["content-type"] = " ".join(content_type.split())
    return content_type.partition(";")[0].strip().lower(), message.get_content_charset()


def _stamp(headers: Mapping[str, str]) -> Stamp:
    """The stamp in ``headers``, as far as it could be sent back."""
    etag, modified = (headers.get(name) for name in ("etag", "last-modified"))
    return Stamp(*(value if value and value.isascii() and value.isprintable() else None for value in (etag, modified)))


def _wrong_kind(kind: str) -> str:
    found = shown(kind) if kind else "something that its site does not name"
    return f"holds {found}, which is not read; give the address of a web page, text or PDF"


def _body(response: httpcore2.Response, limit: int, *, whole: bool = True) -> bytes:
    """The body, unpacked, of which one more than ``limit`` bytes are held at most; beyond it cut unless ``whole``."""
    data = bytearray()
    unpack = _unpacker(_headers(response).get("content-encoding", ""))
    for chunk in response.iter_stream():
        data += unpack.fed(chunk, limit + 1 - len(data))
        if len(data) > limit and whole:
            raise _RefusalError(f"larger than {limit / _MEGABYTE:g} MB; raise the setting max_file_mb, or {_INSTEAD}")
        if len(data) > limit:
            return bytes(data[:limit])
    if not unpack.done:
        raise _RefusalError("damaged on the way; try again later")
    return bytes(data)


def _unpacker(encoding: str) -> _Plain | _Gzip:
    if encoding.strip().lower() in ("", "identity"):
        return _Plain()
    if encoding.strip().lower() in ("gzip", "x-gzip"):
        return _Gzip()
    raise _RefusalError(f"packed in a way that was not asked for ({shown(encoding)}); {_INSTEAD}")


class _Plain:
    """A body that is not packed."""

    done = True

    def fed(self, chunk: bytes, most: int) -> bytes:
        return chunk[:most]


class _Gzip:
    """A body packed with gzip, in one piece or several; ``done`` once the last piece begun is whole."""

    def __init__(self) -> None:
        self._unzip = zlib.decompressobj(zlib.MAX_WBITS | 16)
        self.done = True

    def fed(self, chunk: bytes, most: int) -> bytes:
        """What ``chunk`` unpacks to, at most ``most`` bytes of it: a bomb goes off no further than that."""
        data = b""
        while chunk and len(data) < most:
            if self._unzip.eof:
                self._unzip = zlib.decompressobj(zlib.MAX_WBITS | 16)
            try:
                data += self._unzip.decompress(chunk, most - len(data))
            except zlib.error:
                raise _RefusalError("damaged on the way; try again later") from None
            chunk = self._unzip.unused_data
            self.done = self._unzip.eof
        return data


def _fault(error: Exception) -> str:
    """What went wrong between the machines, and what to do about it."""
    cause = error.args[0] if error.args else None  # httpcore2 takes the cause itself away
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate is not valid ({cause.verify_message}); {_INSTEAD} if you trust it"
    if isinstance(cause, ssl.SSLError):
        return f"no secure connection ({cause.reason or 'TLS'}); check the address"
    if isinstance(error, httpcore2.ConnectError):
        reason = getattr(cause, "strerror", None) or "no connection"
        return f"cannot be reached ({reason}); check the address and the connection to the internet"
    return "its site broke off or answered what is no HTTP; try again later"
