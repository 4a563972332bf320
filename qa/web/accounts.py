"""The file of accounts: names with the hashes of their passwords and API keys, from which neither can be told.

A line is ``name:hash``. A password is hashed by scrypt, which is slow and takes 32 MB, so that a stolen file yields no
password cheaply; the standard library has it, so no dependency is needed. A key is 32 random bytes, which nobody can
guess however fast the hash: SHA-256, since it is checked at every request. A name may have one password and many keys.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import secrets
import tempfile
import threading
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from filelock import FileLock

from qa.errors import InputError, NotFoundError, SettingsError

SHORTEST_PASSWORD = 8
_LONGEST_PASSWORD = 1024
_KEY_PREFIX = "cw_"
_NAME = re.compile(r"[\w.@-]{1,64}")
_COST, _BLOCK, _LANES = 15, 8, 3  # 2^15 blocks: as slow as OWASP's advice, in the memory of a small machine
_MOST_MEMORY = 1 << 28  # bytes that a hash in the file may ask for
_PASSWORD = re.compile(r"scrypt\$(\d{1,2})\$(\d{1,2})\$(\d{1,2})\$([\w+/]+=*)\$([\w+/]+=*)", re.ASCII)
_KEY = re.compile(r"sha256\$[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Account:
    """A name with the hashes of its password, if it has one, and of its keys."""

    name: str
    password: str | None = None
    keys: tuple[str, ...] = ()


class Accounts:
    """The accounts in a file, always as they are now; may be used from many threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._read: tuple[object, dict[str, Account]] = (None, {})

    @cached_property
    def _nobody(self) -> str:
        """The hash of a password that nobody has."""
        return hash_password(secrets.token_hex())

    def all(self) -> Mapping[str, Account]:
        """Every account by its name; none where there is no file.

        Raises:
            SettingsError: the file cannot be read, or a line is not ``name:hash``.
        """
        try:
            status = self.path.stat()
            stamp = status.st_mtime_ns, status.st_size, status.st_ino
            with self._lock:
                if self._read[0] != stamp:
                    self._read = stamp, _accounts(self._lines())
                return self._read[1]
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise SettingsError(f"{self.path} cannot be read ({reason}): correct the setting auth_file") from None
        except ValueError as error:
            raise SettingsError(f"{self.path}, {error}: write accounts with `qa accounts add NAME`") from None

    def with_password(self, name: str, password: str) -> Account | None:
        """The account of ``name`` if that is its password; takes as long where there is no such account."""
        account = self.all().get(name)
        known = account.password if account else None
        right = password_matches(password, known or self._nobody)
        return account if known and right else None

    def with_key(self, key: str) -> Account | None:
        """The account that ``key`` belongs to."""
        found = None
        hashed = _hash_key(key)
        for account in self.all().values():
            for known in account.keys:
                if hmac.compare_digest(hashed, known):
                    found = account
        return found

    # ── changes ──────────────────────────────────────────────────────────────────────────────────────────────────

    def set_password(self, name: str, password: str, *, again: bool = False) -> None:
        """Give ``name`` a password; ``again`` where it has one.

        Raises:
            InputError: the name or the password cannot be used, or there is one already and ``again`` is false.
        """
        _check_name(name)
        if len(password) < SHORTEST_PASSWORD:
            raise InputError(f"the password has {len(password)} characters: choose {SHORTEST_PASSWORD} or more")
        if len(password) > _LONGEST_PASSWORD:
            raise InputError(f"the password has more than {_LONGEST_PASSWORD} characters: choose a shorter one")
        hashed = hash_password(password)
        with self._editing() as accounts:
            account = accounts.get(name, Account(name))
            if account.password and not again:
                raise InputError(f"{name} has a password already: change it with --replace")
            accounts[name] = replace(account, password=hashed)

    def add_key(self, name: str) -> str:
        """A new key for ``name``, which is nowhere else: only its hash is kept.

        Raises:
            InputError: the name cannot be used.
        """
        _check_name(name)
        key = _KEY_PREFIX + secrets.token_urlsafe(32)
        with self._editing() as accounts:
            account = accounts.get(name, Account(name))
            accounts[name] = replace(account, keys=(*account.keys, _hash_key(key)))
        return key

    def revoke_keys(self, name: str) -> int:
        """How many keys ``name`` had; it has none any more.

        Raises:
            NotFoundError: there is no such account.
        """
        with self._editing() as accounts:
            account = self._named(name, accounts)
            accounts[name] = replace(account, keys=())
        return len(account.keys)

    def remove(self, name: str) -> None:
        """Forget ``name``, with password and keys.

        Raises:
            NotFoundError: there is no such account.
        """
        with self._editing() as accounts:
            del accounts[self._named(name, accounts).name]

    def _named(self, name: str, accounts: Mapping[str, Account]) -> Account:
        if name not in accounts:
            known = ", ".join(accounts) or "nobody yet"
            raise NotFoundError(f"no account {name!r} in {self.path} (there: {known}): see `qa accounts list`")
        return accounts[name]

    def _lines(self) -> list[str]:
        return self.path.read_text(encoding="utf-8").splitlines()

    @contextmanager
    def _editing(self) -> Iterator[dict[str, Account]]:
        """The accounts, to be changed; written at once and whole, for the owner's eyes only. Comments stay, on top."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{self.path}.lock", mode=0o600):
            accounts = dict(self.all())
            comments = [line for line in self._lines() if line.startswith("#")] if self.path.exists() else []
            yield accounts
            target = self.path.resolve()  # a link stays one
            # mkstemp makes files that only their owner may read.
            descriptor, partial = tempfile.mkstemp(prefix=f"{target.name}.", dir=target.parent)
            try:
                with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                    file.writelines(f"{line}\n" for line in (*comments, *_written(accounts)))
                    file.flush()
                    os.fsync(file.fileno())
                Path(partial).replace(target)
            except BaseException:
                Path(partial).unlink(missing_ok=True)
                raise


def hash_password(password: str) -> str:
    """``scrypt$`` with its parameters, a fresh salt and the hash."""
    salt = secrets.token_bytes(16)
    hashed = _scrypt(password, salt, _COST, _BLOCK, _LANES)
    return f"scrypt${_COST}${_BLOCK}${_LANES}${_text(salt)}${_text(hashed)}"


def password_matches(password: str, hashed: str) -> bool:
    """Whether ``hashed``, which `hash_password` once gave, is of this password."""
    match = _PASSWORD.fullmatch(hashed)
    assert match is not None  # noqa: S101 - checked where the file was read
    cost, block, lanes = map(int, match.groups()[:3])
    salt, known = map(base64.b64decode, match.groups()[3:])
    return hmac.compare_digest(_scrypt(password, salt, cost, block, lanes), known)


def _scrypt(password: str, salt: bytes, cost: int, block: int, lanes: int) -> bytes:
    # One keyboard types é as one character, another as two.
    secret = unicodedata.normalize("NFKC", password[: _LONGEST_PASSWORD + 1]).encode("utf-8", "surrogatepass")
    return hashlib.scrypt(secret, salt=salt, n=1 << cost, r=block, p=lanes, maxmem=_MOST_MEMORY, dklen=32)


def _hash_key(key: str) -> str:
    return f"sha256${hashlib.sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()}"


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise InputError(f"{name!r} cannot be a name: use 1 to 64 letters, digits, and any of . _ - @")


def _accounts(lines: list[str]) -> dict[str, Account]:
    """The accounts in the lines of a file; a ``ValueError`` names the first line that is not one."""
    accounts: dict[str, Account] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, hashed = line.strip().partition(":")
        account = accounts.get(name, Account(name))
        if not _NAME.fullmatch(name):
            raise ValueError(f"line {number}: it does not begin with a name")
        if _KEY.fullmatch(hashed):
            accounts[name] = replace(account, keys=(*account.keys, hashed))
        elif _is_password(hashed) and account.password is None:
            accounts[name] = replace(account, password=hashed)
        else:
            raise ValueError(f"line {number}: it is not name:hash, or a second password of {name}")
    return accounts


def _is_password(hashed: str) -> bool:
    match = _PASSWORD.fullmatch(hashed)
    if match is None:
        return False
    try:
        for part in match.groups()[3:]:
            base64.b64decode(part, validate=True)
    except ValueError:
        return False
    cost, block, lanes = map(int, match.groups()[:3])
    return 10 <= cost <= 20 and block >= 1 and 1 <= lanes <= 16 and (128 << cost) * block < _MOST_MEMORY


def _written(accounts: Mapping[str, Account]) -> Iterator[str]:
    for account in accounts.values():
        for hashed in (account.password, *account.keys):
            if hashed:
                yield f"{account.name}:{hashed}"
