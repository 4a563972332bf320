"""Who has logged in, and how often somebody may try: both in memory, for as long as the server runs."""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import NamedTuple

from qa.web.accounts import Account

SESSION_SECONDS = 12 * 3600
_MOST_SESSIONS = 20  # of one account: the oldest ends when another begins
_MOST_FAILURES = 10
_FAILURE_SECONDS = 600.0
_MOST_ADDRESSES = 10_000  # whose failures are remembered


class _Session(NamedTuple):
    account: Account  # as it was at the login
    expires: float


class Sessions:
    """Logins by the token in their cookie.

    Tokens are random and looked up, not signed: logging out then ends a session also for whoever copied the cookie.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._sessions: dict[bytes, _Session] = {}  # by the token's hash: no memory dump logs anybody in

    def begin(self, account: Account) -> str:
        """The token of a new session."""
        now = self._clock()
        self._sessions = {token: session for token, session in self._sessions.items() if session.expires > now}
        own = [token for token, session in self._sessions.items() if session.account.name == account.name]
        for token in own[: max(0, len(own) + 1 - _MOST_SESSIONS)]:
            del self._sessions[token]
        fresh = secrets.token_urlsafe(32)
        self._sessions[_hash(fresh)] = _Session(account, now + SESSION_SECONDS)
        return fresh

    def account_of(self, token: str, accounts: Mapping[str, Account]) -> Account | None:
        """Whose session it is; nobody's once it has expired, or the account is gone or has another password."""
        session = self._sessions.get(_hash(token))
        if session is None or session.expires <= self._clock():
            return None
        account = accounts.get(session.account.name)
        return account if account and account.password == session.account.password else None

    def end(self, token: str) -> None:
        """Forget the session, if it is one."""
        self._sessions.pop(_hash(token), None)


class Attempts:
    """Attempts to log in, by the address they come from: ten failures within ten minutes, then a pause.

    By address and not by name, or else anybody could keep anybody out.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: dict[str, deque[float]] = {}

    def begin(self, address: str) -> float:
        """Seconds to wait before another attempt; 0 where one may be made.

        It counts as failed until it is forgiven, so that a thousand attempts at once are not each the first.
        """
        now = self._clock()
        if len(self._failures) >= _MOST_ADDRESSES:
            self._failures = {
                known: times for known, times in self._failures.items() if times[-1] > now - _FAILURE_SECONDS
            }
        times = self._failures.setdefault(_network(address), deque(maxlen=_MOST_FAILURES))
        if len(times) == _MOST_FAILURES and times[0] > now - _FAILURE_SECONDS:
            return times[0] + _FAILURE_SECONDS - now
        times.append(now)
        return 0.0

    def forgive(self, address: str) -> None:
        """Note that the latest attempt succeeded."""
        times = self._failures.get(_network(address))
        if times:
            times.pop()
            if not times:
                del self._failures[_network(address)]


def _network(address: str) -> str:
    """What one person can hold many addresses of: an IPv6 network."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else address


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
