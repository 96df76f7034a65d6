"""The daemon's requests, as `docs/bridge.md` has them: each calls one method of `Bridge` in a thread."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import anyio
import anyio.to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from understudy.domain.errors import BadInput, NotFound, UnderstudyError
from understudy_bridge.daemon.answers import json_answer, tell_error, tell_http_error, tell_unexpected
from understudy_bridge.daemon.bodies import int_of, read_body, table_of
from understudy_bridge.daemon.bridge import MOST_WAIT_S, Bridge, Table

CALLS = 32
"""Calls that are worked on at once; further ones wait their turn."""
WAITS = 64
"""Panels that may wait for news at once; further ones are answered without waiting."""
MOST_PICTURE_PX = 1920

_ID = re.compile(r"[0-9A-Za-z_-]{1,100}")
_SENDING = "/v1/sendings/{id}"
Endpoint = Callable[[Request], Any]


class Door:
    """The endpoints over one `Bridge`."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        # Apart, so that panels that wait for news never keep a call from being answered.
        self._calls = anyio.CapacityLimiter(CALLS)
        self.waits = anyio.CapacityLimiter(WAITS)

    def routes(self) -> list[Route]:
        bridge = self._bridge
        return [
            Route("/v1/hello", self._gets(bridge.hello)),
            Route("/v1/presets", self._gets(bridge.presets)),
            Route("/v1/people", self._gets(bridge.people)),
            _post("/v1/check", self._takes(bridge.check)),
            Route("/v1/sendings", self._list),
            _post("/v1/sendings", self._takes(bridge.create)),
            Route(_SENDING, self._gets_one(bridge.get)),
            _post(_SENDING + "/cancel", self._takes_one(lambda id, _: bridge.cancel(id))),
            _post(_SENDING + "/retry", self._takes_one(lambda id, _: bridge.retry(id))),
            _post(_SENDING + "/render", self._takes_one(bridge.render)),
            _post(_SENDING + "/fetch", self._takes_one(bridge.fetch)),
            _post(_SENDING + "/plan", self._takes_one(bridge.plan)),
            _post(_SENDING + "/room", self._takes_one(bridge.room)),
            Route(_SENDING + "/picture.jpg", self._picture),
            _post("/v1/plans/{id}/read", self._takes_one(bridge.read)),
        ]

    def _gets(self, call: Callable[[], Table]) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            return await self._answered(lambda: json_answer(call()))

        return endpoint

    def _gets_one(self, call: Callable[[str], Table]) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            name = _id_of(request)
            return await self._answered(lambda: json_answer(call(name)))

        return endpoint

    def _takes(self, call: Callable[[Table], Table]) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            body = await read_body(request)
            return await self._answered(lambda: json_answer(call(table_of(body))))

        return endpoint

    def _takes_one(self, call: Callable[[str, Table], Table]) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            name, body = _id_of(request), await read_body(request)
            return await self._answered(lambda: json_answer(call(name, table_of(body))))

        return endpoint

    async def _list(self, request: Request) -> Response:
        query = request.query_params
        project, after = query.get("project", ""), int_of(query.get("after", "0"))
        wait_s = _seconds(query.get("wait", "0"))
        if self.waits.available_tokens < 1:
            wait_s = 0.0
        return await self._answered(
            lambda: json_answer(self._bridge.list(project, after, wait_s)),
            self.waits if wait_s else self._calls,
        )

    async def _picture(self, request: Request) -> Response:
        name, width = _id_of(request), int_of(request.query_params.get("width", "320"))
        if not 1 <= width <= MOST_PICTURE_PX:
            raise BadInput(f"width must lie between 1 and {MOST_PICTURE_PX}")
        return await self._answered(
            lambda: Response(self._bridge.picture(name, width), media_type="image/jpeg")
        )

    async def _answered(
        self, answer: Callable[[], Response], limiter: anyio.CapacityLimiter | None = None
    ) -> Response:
        return await anyio.to_thread.run_sync(answer, limiter=limiter or self._calls)


def create_app(bridge: Bridge) -> Starlette:
    """All requests as an ASGI application; `Gate` belongs before it."""
    door = Door(bridge)
    app = Starlette(
        routes=door.routes(),
        exception_handlers={
            UnderstudyError: tell_error,
            HTTPException: tell_http_error,
            Exception: tell_unexpected,
        },
    )
    app.router.redirect_slashes = False
    app.state.door = door
    return app


def _post(path: str, endpoint: Endpoint) -> Route:
    return Route(path, endpoint, methods=["POST"])


def _id_of(request: Request) -> str:
    """The id in a path, which never looks like anything else. Raises: NotFound."""
    name = str(request.path_params["id"])
    if not _ID.fullmatch(name):
        raise NotFound("there is no such id")
    return name


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError as cause:
        raise BadInput(f"{text[:40]!r} is no number of seconds") from cause
    if not 0.0 <= seconds <= 3600.0:
        raise BadInput("wait must lie between 0 and 25 s")
    return min(seconds, MOST_WAIT_S)
