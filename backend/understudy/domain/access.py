"""Who may call the server: access tokens and what each kind of them allows."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

MAX_TOKEN_NAME = 100
MAX_TOKEN_DAYS = 3660


class Scope(StrEnum):
    """What a token lets its bearer do; each includes those before it."""

    FARM = "farm"
    ARTIST = "artist"
    ADMIN = "admin"

    def includes(self, needed: Scope) -> bool:
        """Whether this much suffices where `needed` is asked for."""
        return _ORDER.index(self) >= _ORDER.index(needed)


_ORDER = tuple(Scope)


@dataclass(frozen=True, kw_only=True, slots=True)
class AccessToken:
    """A token as it may be known, without its secret. Times are ISO 8601 in UTC, empty for never."""

    id: str
    name: str
    scope: Scope
    created_at: str
    expires_at: str
    revoked_at: str = ""
    last_used_at: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class NewToken:
    """A token at the only moment when its secret is known."""

    token: AccessToken
    secret: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """Whom the server takes the sender of a call for. The server's own token has no id."""

    token_id: str
    name: str
    scope: Scope
