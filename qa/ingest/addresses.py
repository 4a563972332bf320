"""Web addresses, read strictly, and which machines of the internet they may lead to."""

from __future__ import annotations

import ipaddress
import queue
import re
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import SplitResult, quote, urljoin, urlsplit

import idna

from qa.errors import FetchError

MachineAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolve = Callable[[str, int], Sequence[str]]
"""From a host and a port to the addresses of its machines, in the order in which to try them."""

_PORTS = {"http": 80, "https": 443}
_MOST_CHARACTERS = 4096
_MOST_SHOWN = 200
_REMEDY = "give the whole address of one page, as in https://paper.example/story"
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_NUMBER = re.compile(r"(?:.*\.)?(?:\d+|0x[0-9a-f]*)")  # no name ends so: browsers and inet_aton read it as IPv4
_SAFE = "%/?:@!$&'()*+,;=~-._[]"

# The special-purpose registries of IANA, and what clouds answer on: `ipaddress.is_global` differs between Pythons.
_CLOSED = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT, and metadata at Alibaba
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # Azure's own services, at a public address
        "169.254.0.0/16",  # link-local, and metadata at most clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # IETF protocols, and metadata at Oracle
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarking
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
        "2001::/23",  # IETF protocols: Teredo, benchmarking, ORCHID
        "2001:db8::/32",  # documentation
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)
_UNICAST = ipaddress.IPv6Network("2000::/3")  # the only part of IPv6 that is handed out
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class WebAddress(NamedTuple):
    """Where a page lies: ``host`` in ASCII and small letters, IPv6 without brackets; ``target`` is path and query."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """Host and port as the ``Host`` header has them: the port only where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """The site: the address without its target."""
        return f"{self.scheme}://{self.authority}"

    def __str__(self) -> str:
        return self.origin + self.target


def read_address(written: str, base: WebAddress | None = None) -> WebAddress:
    """The web address that ``written`` is, relative to ``base`` if there is one; a fragment is left off.

    Raises:
        FetchError: another scheme than http and https, credentials, or no web address at all.
    """
    written = written.strip()
    if len(written) > _MOST_CHARACTERS or _CONTROLS.search(written):
        raise FetchError(f"{shown(written)}: too long or with control characters in it; {_REMEDY}")
    try:
        parts = urlsplit(urljoin(str(base), written) if base else written)
        port = parts.port
    except ValueError:  # brackets that do not match, a port that is no number, letters that fold into separators
        raise FetchError(f"{shown(written)}: not a web address; {_REMEDY}") from None
    if parts.scheme not in _PORTS:
        raise FetchError(f"{shown(written)}: only http and https are fetched; {_REMEDY}")
    if "@" in parts.netloc:
        raise FetchError(f"{shown(written)}: holds a user name or password; leave out what stands before the @")
    target = quote(parts.path or "/", _SAFE) + (f"?{quote(parts.query, _SAFE)}" if parts.query else "")
    return WebAddress(parts.scheme, _host(parts, written), _PORTS[parts.scheme] if port is None else port, target)


def _host(parts: SplitResult, written: str) -> str:
    """The host, numbers as the address that they spell: ``0x7f.1`` is ``127.0.0.1``."""
    name = (parts.hostname or "").removesuffix(".")
    try:
        if parts.netloc.startswith("["):
            return str(ipaddress.IPv6Address(name if "%" not in name else ""))
        if not name.isascii():
            name = idna.encode(name, uts46=True, std3_rules=True).decode("ascii").removesuffix(".")
        if _NUMBER.fullmatch(name):
            return str(ipaddress.IPv4Address(socket.inet_aton(name)))
    except (ValueError, OSError):  # idna.IDNAError is a ValueError
        name = ""
    if len(name) > 253 or not _NAME.fullmatch(name):
        raise FetchError(f"{shown(written)}: no host that there can be; {_REMEDY}")
    return name


def shown(written: str) -> str:
    """``written`` fit for an error: one line, cut to 200 characters, without user name and password."""
    line = re.sub(r"//[^/?#]*@", "//…@", _CONTROLS.sub("�", written.strip()))
    return (line if len(line) <= _MOST_SHOWN else f"{line[:_MOST_SHOWN]}…") or "the address"


def is_public(address: MachineAddress) -> bool:
    """Whether ``address`` is one of the open internet; an IPv4 address inside an IPv6 one counts as itself."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = _carried(address)
        if inner is not None:
            return is_public(inner)
        if address not in _UNICAST:
            return False
    return not any(address in network for network in _CLOSED)


def _carried(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour


@dataclass(frozen=True, slots=True)
class Reach:
    """What may be connected to: public machines and those in the networks ``also``, on ``ports``."""

    ports: frozenset[int] = frozenset({80, 443, 8080, 8443})
    also: tuple[Network, ...] = ()

    def allows(self, address: str) -> bool:
        """Whether the machine at ``address``, as a resolver gave it, may be connected to."""
        try:
            machine = ipaddress.ip_address(address)
        except ValueError:
            return False
        return is_public(machine) or any(machine in network for network in self.also)


PUBLIC = Reach()


def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses that the system's resolver gives for ``host``; see :data:`Resolve`.

    Raises:
        OSError: there is no such host.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def resolve_within(seconds: float, resolve: Resolve, host: str, port: int) -> Sequence[str]:
    """What ``resolve`` answers, if it does within ``seconds``: the system's resolver heeds no time limit.

    Raises:
        OSError: there is no such host.
        TimeoutError: it takes longer; its thread is left to itself.
    """
    outcome: queue.SimpleQueue[Sequence[str] | OSError] = queue.SimpleQueue()

    def run() -> None:
        try:
            outcome.put(resolve(host, port))
        except (OSError, UnicodeError) as error:  # a label that the codec of the socket module refuses
            outcome.put(error if isinstance(error, OSError) else OSError(str(error)))

    threading.Thread(target=run, name="resolve", daemon=True).start()
    try:
        answer = outcome.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError from None
    if isinstance(answer, OSError):
        raise answer
    return answer
