"""What sites let programs fetch, as their ``robots.txt`` says (RFC 9309)."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable

from protego import Protego

from qa.errors import FetchError
from qa.ingest.addresses import WebAddress

MOST_BYTES = 500 * 1024
"""What is read of a ``robots.txt``; RFC 9309 asks for no less."""

_SECONDS = 3600.0
_MOST_SITES = 256
_MOST_WORK = 5_000_000  # the parser writes each rule down for each agent of its group
_AGENT_LINE = re.compile(r"^\s*user[ -]?agent", re.IGNORECASE | re.MULTILINE)


class Robots:
    """The rules of the sites visited last, each read at most once an hour, for the program named ``agent``.

    ``clock`` gives seconds that never go back. Safe to use from many threads.
    """

    def __init__(self, agent: str, clock: Callable[[], float]) -> None:
        self._agent = agent
        self._clock = clock
        self._lock = threading.Lock()
        self._sites: dict[str, tuple[float, Protego]] = {}

    def allow(self, page: WebAddress, read: Callable[[WebAddress], bytes]) -> bool:
        """Whether ``page`` may be fetched; ``read`` fetches a ``robots.txt``, empty where the site has none.

        What ``read`` raises is passed on and not remembered: next time the site is asked again.

        Raises:
            FetchError: the rules are too many to weigh.
        """
        now = self._clock()
        with self._lock:
            read_at, rules = self._sites.get(page.origin, (0.0, None))
        if rules is None or now - read_at >= _SECONDS:
            rules = self._parsed(read(page._replace(target="/robots.txt")), page)
            self._keep(page.origin, now, rules)
        return rules.can_fetch(str(page), self._agent)

    def _parsed(self, data: bytes, page: WebAddress) -> Protego:
        text = data[:MOST_BYTES].decode("utf-8-sig", "replace")
        if len(_AGENT_LINE.findall(text)) * len(text.splitlines()) > _MOST_WORK:
            raise FetchError(f"{page.origin}/robots.txt: too many rules to weigh; save the page and add the file")
        return Protego.parse(text)

    def _keep(self, site: str, now: float, rules: Protego) -> None:
        with self._lock:
            self._sites.pop(site, None)
            while len(self._sites) >= _MOST_SITES:
                del self._sites[next(iter(self._sites))]  # the one read longest ago
            self._sites[site] = now, rules
