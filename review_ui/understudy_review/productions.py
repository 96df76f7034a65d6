"""The session, invitations, and the productions of the house."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

import understudy
from understudy.domain.edit_views import MAX_AUTHOR
from understudy.domain.errors import BadInput
from understudy_review.access import SESSION, notice, own_path
from understudy_review.asked import Asked
from understudy_review.room import answer, client_of, room_of, session_of
from understudy_review.sessions import SESSION_LIFE_S


def enter(request: Request) -> Response:
    """GET /enter?key=...&next=/...: a one-time key becomes a session; then on to `next`."""
    access = room_of(request).access
    onward = RedirectResponse(own_path(request.query_params.get("next", "/")), status_code=303)
    onward.headers["cache-control"] = "no-store"
    if request.method == "HEAD":
        return Response(headers={"cache-control": "no-store"})  # who only looks uses no key up
    author = access.keys.use(request.query_params.get("key", ""))
    if author is None:
        if request.scope[SESSION] is not None:
            return onward
        text = "Run <code>understudy review</code> again, or ask a colleague in the room for an invitation."
        return notice("This link was used before, or is too old", text, status=403)
    onward.set_cookie(
        access.cookie_name,
        access.sessions.begin(author),
        max_age=int(SESSION_LIFE_S),
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
    return onward


def get_session(request: Request) -> Response:
    """-> {author, version, can_create}"""
    can_create = room_of(request).house.can_create
    return answer(
        {"author": session_of(request).author, "version": understudy.__version__, "can_create": can_create}
    )


def put_session(request: Request, asked: Asked) -> Response:
    """{author} -> {author}"""
    author = _author(asked)
    room_of(request).access.name_author(session_of(request), author)
    return answer({"author": author})


def invite(request: Request, asked: Asked) -> Response:
    """{author?, next?} -> {url}: a link that lets one more browser in, once and soon."""
    author = _author(asked) if "author" in asked else ""
    base = f"{request.url.scheme}://{request.headers['host']}"
    url = room_of(request).access.link(base, author=author, to=asked.text("next", "/"))
    return answer({"url": url}, 201)


def list_productions(request: Request) -> Response:
    """-> [{key, name, folder, state}]"""
    return answer(list(room_of(request).house.productions()))


def create_production(request: Request, asked: Asked) -> Response:
    """{name} -> {key}"""
    return answer({"key": room_of(request).house.create(asked.text("name", most=200))}, 201)


def open_production(request: Request, asked: Asked) -> Response:
    """-> the production, once its server answers"""
    room_of(request).house.open(request.path_params["p"])
    return get_production(request)


def get_production(request: Request) -> Response:
    return answer(client_of(request).get_production())


def list_custody(request: Request) -> Response:
    """?after=&limit= -> [entry]"""
    asked = Asked.of_query(request)
    entries = client_of(request).custody_entries(
        asked.whole("after", 0), asked.whole("limit", 100, least=1, most=1000)
    )
    return answer(entries)


def get_custody_state(request: Request) -> Response:
    """-> {entries, head}: the whole log is checked for it"""
    return answer(client_of(request).verify_custody())


def _author(asked: Asked) -> str:
    author = asked.text("author", most=MAX_AUTHOR).strip()
    if not author or not author.isprintable():
        raise BadInput("author must be a name")
    return author
