"""The gate before everything: who may ask from where, and what every answer tells the browser.

In this order: the Host must be a name of ours (421, against DNS rebinding), the Origin our own wherever
something may change or a stream is opened (403), the asker known by cookie or bearer token (401), and a write
must carry `X-Understudy: 1`, which no foreign page can send unasked (403).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from urllib.parse import quote

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from understudy_review.errors import refusal
from understudy_review.sessions import Keys, Session, Sessions

LOCAL_NAMES = ("127.0.0.1", "localhost", "[::1]")
WRITE_HEADER = "x-understudy"
ENTER_PATH = "/enter"
SESSION = "understudy.session"
"""Where the gate leaves the `Session` in a request's scope."""
BEARER_ID = "bearer"

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "connect-src 'self'",
        "media-src 'self' blob:",
        "worker-src 'self'",
        "font-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'none'",
    )
)
SAFETY_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}

_READS = frozenset({"GET", "HEAD"})
_NOTICE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Understudy</title>{head}</head>'
    "<body><main><h1>{title}</h1><p>{text}</p></main></body></html>"
)


@dataclass(kw_only=True)
class Access:
    """Who may come in. `token` is the bearer token of the bridge, `author` whom it and the owner work as."""

    token: str = field(repr=False)
    author: str
    host_names: Collection[str] = ()
    cookie_name: str = "understudy"
    keys: Keys = field(default_factory=Keys)
    sessions: Sessions = field(default_factory=Sessions)

    def __post_init__(self) -> None:
        self._names = frozenset(name.lower() for name in (*LOCAL_NAMES, *self.host_names))
        self._token_sha256 = hashlib.sha256(self.token.encode()).digest()

    def link(self, base: str, *, author: str, to: str = "/") -> str:
        """A link that lets one browser in, once."""
        return f"{base}{ENTER_PATH}?key={self.keys.make(author)}&next={quote(own_path(to), safe='/')}"

    def is_ours(self, host: str) -> bool:
        """Whether a Host header names us; its port does not matter."""
        name, colon, port = host.lower().rpartition(":")
        if not colon or not (port.isdigit() or not port):
            name = host.lower()
        return name in self._names

    def is_token(self, text: str) -> bool:
        """Whether this is the bearer token, in constant time."""
        given = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
        return bool(self.token) and hmac.compare_digest(given, self._token_sha256)

    def name_author(self, session: Session, author: str) -> None:
        """Say who works in a session."""
        if session.id == BEARER_ID:
            self.author = author
        else:
            self.sessions.rename(session.id, author)

    def session_of(self, connection: HTTPConnection) -> Session | None:
        """Who asks: a bearer token counts before a cookie."""
        scheme, _, text = connection.headers.get("authorization", "").partition(" ")
        if scheme:
            known = scheme.lower() == "bearer" and self.is_token(text.strip())
            return Session(id=BEARER_ID, author=self.author, until=float("inf")) if known else None
        return self.sessions.of_cookie(connection.cookies.get(self.cookie_name, ""))


def own_path(text: str) -> str:
    """`text` when it is a path of ours to go on to, else the first page."""
    plain = text.isprintable() and "\\" not in text
    return text if plain and text.startswith("/") and not text.startswith("//") else "/"


class Gate:
    """The ASGI application that stands before the review room. `close` ends what would go on for ever."""

    def __init__(self, app: ASGIApp, access: Access, *, closing: Callable[[], None] = lambda: None) -> None:
        self.app, self.access, self.close = app, access, closing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(SAFETY_HEADERS)
            await send(message)

        refused = self._refusal(scope)
        await (refused or self.app)(scope, receive, send_safely)

    def _refusal(self, scope: Scope) -> Response | None:
        """Why a request is turned away; None lets it in, with its session in the scope."""
        asked = HTTPConnection(scope)
        writes = scope["method"] not in _READS
        host = asked.headers.get("host", "")
        if not self.access.is_ours(host):
            return refusal(421, "WrongHost", "this is not a name of this server; see --host-name")
        scope[SESSION] = session = self.access.session_of(asked)
        by_bearer = session is not None and session.id == BEARER_ID
        origin = asked.headers.get("origin")
        streams = "text/event-stream" in asked.headers.get("accept", "") or scope["path"].endswith("/live")
        foreign = origin is not None and origin.lower() != f"{scope['scheme']}://{host}".lower()
        if (writes or streams) and (foreign or (writes and origin is None and not by_bearer)):
            return refusal(403, "WrongOrigin", "only the review room's own page may ask this")
        if session is None and not (scope["path"] == ENTER_PATH and not writes):
            return _shut_out(asked)
        if writes and asked.headers.get(WRITE_HEADER) != "1":
            return refusal(403, "HeaderMissing", f"a request that changes something needs {WRITE_HEADER}: 1")
        return None


def _shut_out(asked: HTTPConnection) -> Response:
    """401, as a page where a person sees it.

    A browser that follows a link from another site leaves the strict cookie out; our own page asks it to load
    the same address again, now with the cookie.
    """
    message = (
        "open the link that `understudy review` printed, or ask a colleague in the room for an invitation"
    )
    if asked.headers.get("sec-fetch-mode") != "navigate" and "text/html" not in asked.headers.get(
        "accept", ""
    ):
        return refusal(401, "NotAuthenticated", message)
    from_elsewhere = asked.headers.get("sec-fetch-site") == "cross-site"
    head = '<meta http-equiv="refresh" content="0">' if from_elsewhere else ""
    return notice("You are not in yet", message[0].upper() + message[1:] + ".", status=401, head=head)


def notice(title: str, text: str, *, status: int, head: str = "") -> Response:
    """A page for people, without script or style."""
    page = _NOTICE.format(title=title, text=text, head=head)
    return HTMLResponse(page, status_code=status, headers={"cache-control": "no-store"})
