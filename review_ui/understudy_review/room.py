"""What every part of the API holds: the house, the gate, the live streams; and how it answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from understudy.client import Client
from understudy.domain.errors import BadInput
from understudy.domain.plain import to_plain
from understudy_review.access import SESSION, Access
from understudy_review.house import House
from understudy_review.live import Live
from understudy_review.sessions import Session


@dataclass(frozen=True, kw_only=True, slots=True)
class Room:
    """The parts that a request is answered from."""

    house: House
    access: Access
    live: Live


def room_of(request: Request) -> Room:
    room = request.app.state.room
    assert isinstance(room, Room)
    return room


def client_of(request: Request) -> Client:
    """The client of the production in the address. Raises: NotFound, ServerUnreachable."""
    return room_of(request).house.client(request.path_params["p"])


def session_of(request: Request) -> Session:
    session = request.scope[SESSION]
    assert isinstance(session, Session)
    return session


def author_of(request: Request) -> str:
    """Who works in this session. Raises: BadInput while nobody said."""
    author = session_of(request).author
    if not author:
        raise BadInput("say first who works here: PUT /api/session with an author")
    return author


class JsonAnswer(Response):
    """JSON without spaces that is asked for anew every time."""

    media_type = "application/json"

    def __init__(self, content: Any, status_code: int = 200) -> None:
        super().__init__(content, status_code, {"cache-control": "no-store"})

    def render(self, content: Any) -> bytes:
        return json_text(content).encode()


def json_text(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def answer(record: object, status_code: int = 200) -> Response:
    """A record, a list of records or plain data as JSON."""
    return JsonAnswer(to_plain(record), status_code)


def jpeg(picture: bytes, headers: Mapping[str, str], *, cache: str = "no-store") -> Response:
    return Response(picture, media_type="image/jpeg", headers={"cache-control": cache, **headers})
