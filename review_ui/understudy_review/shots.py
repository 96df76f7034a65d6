"""Shots, and clips on their way in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from understudy.domain.errors import BadInput, Stopped, UnderstudyError
from understudy.domain.plain import to_plain
from understudy_review.asked import Asked
from understudy_review.room import answer, client_of

_PART_BYTES = 512 * 1024
_DRAIN_BYTES = 64 * 2**20
_MOST_BYTES = 2**53
_PATIENCE_S = 60.0  # for the next bytes of a clip: few can come in at once


def list_shots(request: Request) -> Response:
    """-> [shot with its tracks]"""
    client = client_of(request)
    return answer(
        [
            {**to_plain(shot), "tracks": to_plain(client.tracks(shot.id)) if shot.faces else []}
            for shot in client.shots()
        ]
    )


def get_shot(request: Request) -> Response:
    """-> {shot, tracks, takes}"""
    client = client_of(request)
    shot = client.shot(request.path_params["s"])
    tracks = client.tracks(shot.id) if shot.faces else []
    return answer({"shot": shot, "tracks": tracks, "takes": client.takes(shot.id)})


async def put_clip(request: Request) -> Response:
    """?name=&size=, the file as the raw body -> {path, sha256}. No whole file is ever held."""
    asked = Asked.of_query(request)
    name, size = asked.text("name", most=200), asked.whole("size", most=_MOST_BYTES)
    told = request.headers.get("content-length")
    if told is not None and told != str(size):
        raise BadInput(f"size says {size} bytes, the request has {told}")
    client = await run_in_threadpool(client_of, request)
    parts = _parts(request)
    idle = False
    loop = asyncio.get_running_loop()

    async def next_part() -> bytes:
        nonlocal idle
        try:
            async with asyncio.timeout(_PATIENCE_S):
                return await anext(parts, b"")
        except TimeoutError as cause:
            idle = True
            raise Stopped(f"nothing came of the clip for {_PATIENCE_S:.0f} seconds; send it again") from cause

    def chunks() -> Iterator[bytes]:
        """The parts, taken from a thread; the next one is read only when it is wanted."""
        while part := asyncio.run_coroutine_threadsafe(next_part(), loop).result():
            yield part

    try:
        stored = await run_in_threadpool(client.put_clip, name, size, chunks())
    except ClientDisconnect as left:
        raise Stopped("the clip was not sent to its end") from left
    except UnderstudyError:
        if not idle:
            await _drain(parts)
        raise
    return answer(stored, 201)


async def _parts(request: Request) -> AsyncIterator[bytes]:
    """The body in parts of half a MiB, each with fewer changes of thread than the network's pieces."""
    held = bytearray()
    async for piece in request.stream():
        held += piece
        while len(held) >= _PART_BYTES:
            yield bytes(held[:_PART_BYTES])
            del held[:_PART_BYTES]
    if held:
        yield bytes(held)


async def _drain(parts: AsyncIterator[bytes]) -> None:
    """Read what still comes, up to a point: a browser that is still sending does not hear the answer."""
    read = 0
    try:
        async for part in parts:
            read += len(part)
            if read > _DRAIN_BYTES:
                return
    except (ClientDisconnect, RuntimeError):
        return  # it left, or the failed call still holds the body
