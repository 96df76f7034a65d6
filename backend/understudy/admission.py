"""Who may come in: the server's own token, and those that were given out for this production."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from understudy.domain.access import MAX_TOKEN_DAYS, MAX_TOKEN_NAME, AccessToken, Caller, NewToken, Scope
from understudy.domain.errors import (
    BadInput,
    Conflict,
    NotFound,
    TokenExpired,
    TokenRevoked,
    UnderstudyError,
)
from understudy.domain.refusals import Refusals
from understudy.store.access_tables import AccessTables
from understudy.trust.tokens import NOBODYS_SHA256, id_of, is_token, new_named_token, token_sha256

log = logging.getLogger(__name__)

OWN_NAME = "the user who runs the server"
_USE_WRITTEN_EVERY = timedelta(minutes=1)


class Admission:
    """Implements `rpc.access_backend.AccessBackend` over one production. Used from many threads.

    Only this server changes the tokens, so they are kept in memory: a flood of wrong ones reads no database.
    """

    def __init__(
        self,
        tables: AccessTables,
        *,
        own_token: str,
        audit: Callable[..., object],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`audit` writes an event and its facts to the custody log."""
        self._tables, self._audit, self._now = tables, audit, now
        self._own_sha256 = token_sha256(own_token)
        self._guard = threading.Lock()
        self._known = {token.id: (token, sha256) for token, sha256 in tables.tokens()}

    # At the door

    def caller(self, token: str) -> Caller | None:
        """Whom a token belongs to, in time that does not tell how nearly right it was; None for nobody."""
        if is_token(token, self._own_sha256):
            return Caller(token_id="", name=OWN_NAME, scope=Scope.ADMIN)
        kept, sha256 = self._known.get(id_of(token), (None, NOBODYS_SHA256))
        if not is_token(token, sha256) or kept is None:
            return None
        return Caller(token_id=kept.id, name=kept.name, scope=kept.scope)

    def check(self, caller: Caller) -> None:
        """Raises: TokenRevoked, TokenExpired."""
        if not caller.token_id:
            return
        token = self._known[caller.token_id][0]
        if token.revoked_at:
            raise TokenRevoked(
                f"the access token {token.name!r} was revoked at {_told(token.revoked_at)}; ask for a new one"
            )
        if _moment(token.expires_at) <= self._now():
            raise TokenExpired(
                f"the access token {token.name!r} ended at {_told(token.expires_at)}; ask for a new one"
            )

    def was_used(self, caller: Caller) -> None:
        """Remember that a token was used just now, within a minute."""
        if not caller.token_id:
            return
        with self._guard:
            token, sha256 = self._known[caller.token_id]
            now = self._now()
            if token.last_used_at and abs(now - _moment(token.last_used_at)) < _USE_WRITTEN_EVERY:
                return
            used = replace(token, last_used_at=_text(now))
            self._known[token.id] = (used, sha256)
        try:
            self._tables.note_use(used.id, used.last_used_at)
        except UnderstudyError as error:  # a full disk is no reason to send anybody away
            log.warning("could not note that token %s was used: %s", token.id, error)

    def record_refusals(self, refusals: Refusals) -> None:
        """Write to the custody log whom the server refused, and how often."""
        self._audit("access.refused", **refusals.facts())

    # Tokens

    def create_token(self, name: str, scope: Scope, valid_s: int) -> NewToken:
        """Raises: BadInput, Conflict while another token of that name is good."""
        name = name.strip()
        if not name or len(name) > MAX_TOKEN_NAME or not name.isprintable():
            raise BadInput(f"a token needs a name of up to {MAX_TOKEN_NAME} readable characters")
        if not 1 <= valid_s <= MAX_TOKEN_DAYS * 86400:
            raise BadInput(f"a token is good for one second to {MAX_TOKEN_DAYS} days, not for {valid_s} s")
        now = self._now()
        token_id, secret = new_named_token()
        token = AccessToken(
            id=token_id,
            name=name,
            scope=scope,
            created_at=_text(now),
            expires_at=_text(now + timedelta(seconds=valid_s)),
        )
        with self._guard:
            if any(self._is_good(kept) and kept.name == name for kept, _ in self._known.values()):
                raise Conflict(f"there is a token {name!r} already; revoke it first, or choose another name")
            self._tables.add_token(token, token_sha256(secret))
            self._known[token_id] = (token, token_sha256(secret))
        facts = {"created_id": token_id, "scope": str(scope), "expires_at": token.expires_at}
        self._audit("token.created", **facts)
        return NewToken(token=token, secret=secret)

    def tokens(self) -> list[AccessToken]:
        """All tokens, oldest first."""
        with self._guard:
            return [token for token, _ in self._known.values()]

    def revoke_token(self, id_or_name: str) -> AccessToken:
        """End a token now. A name means the good token of that name. Raises: NotFound."""
        with self._guard:
            token, sha256 = self._find(id_or_name)
            if token.revoked_at:
                return token
            revoked = replace(token, revoked_at=_text(self._now()))
            self._tables.change_token(revoked)
            self._known[token.id] = (revoked, sha256)
        self._audit("token.revoked", revoked_id=token.id)
        return revoked

    def _find(self, id_or_name: str) -> tuple[AccessToken, str]:
        if id_or_name in self._known:
            return self._known[id_or_name]
        for token, sha256 in self._known.values():
            if token.name == id_or_name and self._is_good(token):
                return token, sha256
        raise NotFound(f"there is no token {id_or_name!r}; `understudy token list` shows all")

    def _is_good(self, token: AccessToken) -> bool:
        return not token.revoked_at and _moment(token.expires_at) > self._now()


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _told(text: str) -> str:
    return f"{_moment(text):%Y-%m-%d %H:%M} UTC"
