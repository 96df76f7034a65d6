"""The gate before the daemon's door: who may ask, from where, and how much.

In this order: the Host must be this machine's own (403, against DNS rebinding), no web page may ask (403),
the method is GET or POST (405), the token is right (401). Wrong tokens are counted and answered ever more
slowly. Every answer ends its connection; none has a CORS header, so no browser hands one to a page.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import anyio
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from understudy_bridge.daemon.answers import refusal

MOST_SLOWED = 16
"""Wrong tokens that are kept waiting at once; more are turned away without waiting."""
FREE_TRIES = 3
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 5.0

# Panels that are web pages of an editor's own: they come from its files, not from the web.
_EDITORS_ORIGINS = ("file", "uxp")
_METHODS = frozenset({"GET", "POST"})
_SAFETY_HEADERS = {
    "connection": "close",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
}
_log = logging.getLogger(__name__)


class Gate:
    """The ASGI application that stands before the daemon's. `pause` waits, in seconds."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        token: str,
        port: int,
        pause: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        self._app, self._pause = app, pause
        self._token_sha256 = hashlib.sha256(token.encode()).digest()
        self._hosts = frozenset(f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]"))
        self._wrong = 0
        self._slowed = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_SAFETY_HEADERS)
            await send(message)

        headers = Headers(scope=scope)
        refused = self._misplaced(scope["method"], headers)
        if refused is None and not self._is_token(headers.getlist("authorization")):
            refused = await self._wrong_token()
        await (refused or self._app)(scope, receive, send_safely)

    def _misplaced(self, method: str, headers: Headers) -> Response | None:
        if headers.get("host", "").lower() not in self._hosts:
            return refusal(403, "WrongHost", "this is not a name of this machine's daemon")
        if not all(_is_editors(origin) for origin in headers.getlist("origin")):
            return refusal(403, "WrongOrigin", "web pages may not ask the daemon")
        if method not in _METHODS:
            return refusal(405, "MethodNotAllowed", "only GET and POST are answered")
        return None

    def _is_token(self, given: list[str]) -> bool:
        """Whether there is one bearer token, the right one; in constant time: hashes have one length."""
        scheme, _, text = (given[0] if len(given) == 1 else "").partition(" ")
        sha256 = hashlib.sha256(text.strip().encode("utf-8", "surrogatepass")).digest()
        right = hmac.compare_digest(sha256, self._token_sha256)
        return right and scheme.lower() == "bearer"

    async def _wrong_token(self) -> Response:
        self._wrong += 1
        if self._wrong in (1, 10, 100) or self._wrong % 1000 == 0:
            _log.warning("requests with a wrong token or none so far: %d", self._wrong)
        if self._slowed >= MOST_SLOWED:
            return refusal(429, "TooManyCalls", "too many requests with a wrong token")
        self._slowed += 1
        try:
            await self._pause(_pause_s(self._wrong))
        finally:
            self._slowed -= 1
        return refusal(401, "NotAuthenticated", "the token is not that of the daemon's bridge.json")


def _pause_s(wrong: int) -> float:
    """How long the n-th wrong token waits for its answer; the first few are a restarted daemon's panels."""
    steps = min(max(wrong - FREE_TRIES, 0), 10)
    return min(FIRST_PAUSE_S * 2.0 ** (steps - 1), LONGEST_PAUSE_S) if steps else 0.0


def _is_editors(origin: str) -> bool:
    try:
        return origin == "null" or urlsplit(origin).scheme in _EDITORS_ORIGINS
    except ValueError:
        return False
