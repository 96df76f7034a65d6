"""Who is let in: one-time keys that links carry, and the sessions that come of them.

Only hashes of keys and cookies are kept, so neither memory nor the file lets anybody in.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from understudy.domain.files import write_bytes

KEY_LIFE_S = 600.0
SESSION_LIFE_S = 30 * 86400.0
_MOST_KEYS = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """A browser that was let in. `id` may be told to others: it is a part of the cookie's hash."""

    id: str
    author: str
    until: float


class Keys:
    """Keys that open the room once, within `KEY_LIFE_S`."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._guard = threading.Lock()
        self._keys: dict[str, tuple[float, str]] = {}

    def make(self, author: str) -> str:
        """A fresh key; whoever uses it works as `author`, or says who it is when that is empty."""
        key = secrets.token_urlsafe(32)
        with self._guard:
            self._forget_old()
            while len(self._keys) >= _MOST_KEYS:
                self._keys.pop(next(iter(self._keys)))
            self._keys[_hash(key)] = (self._clock() + KEY_LIFE_S, author)
        return key

    def use(self, key: str) -> str | None:
        """The author of a key that is still good, which it then is no longer; else None."""
        with self._guard:
            self._forget_old()
            found = self._keys.pop(_hash(key), None)
        return None if found is None else found[1]

    def _forget_old(self) -> None:
        now = self._clock()
        self._keys = {name: kept for name, kept in self._keys.items() if kept[0] > now}


class Sessions:
    """Sessions by cookie. With a `file` (mode 0600) they outlive the gateway, so that an open tab goes on."""

    def __init__(self, file: Path | None = None, clock: Callable[[], float] = time.time) -> None:
        self._file, self._clock = file, clock
        self._guard = threading.Lock()
        self._sessions = _read(file, clock()) if file else {}

    def begin(self, author: str) -> str:
        """A new session; returns the text of its cookie."""
        cookie = secrets.token_urlsafe(32)
        name = _hash(cookie)
        session = Session(id=name[:16], author=author, until=self._clock() + SESSION_LIFE_S)
        with self._guard:
            now = self._clock()
            self._sessions = {key: kept for key, kept in self._sessions.items() if kept.until > now}
            self._sessions[name] = session
            self._write()
        return cookie

    def of_cookie(self, cookie: str) -> Session | None:
        """The session of a cookie. It is found by its hash, so the time taken says nothing about it."""
        with self._guard:
            session = self._sessions.get(_hash(cookie))
        return session if session and session.until > self._clock() else None

    def rename(self, session_id: str, author: str) -> None:
        """Say who works in a session."""
        with self._guard:
            for name, session in self._sessions.items():
                if session.id == session_id:
                    self._sessions[name] = replace(session, author=author)
            self._write()

    def _write(self) -> None:
        if self._file is not None:
            table = {name: asdict(session) for name, session in self._sessions.items()}
            write_bytes(self._file, json.dumps(table, indent=1).encode(), mode=0o600)


def _read(file: Path, now: float) -> dict[str, Session]:
    """What was kept; a damaged file lets nobody in."""
    try:
        kept = {name: Session(**table) for name, table in json.loads(file.read_bytes()).items()}
        return {name: session for name, session in kept.items() if session.until > now}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
