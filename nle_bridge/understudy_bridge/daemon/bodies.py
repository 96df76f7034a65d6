"""The JSON object of a request: bounded in bytes, time, depth and numbers."""

from __future__ import annotations

from typing import Any

import anyio
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from understudy.domain.errors import BadInput
from understudy.domain.outside_text import json_value
from understudy_bridge.daemon.answers import MAX_BYTES

BODY_S = 20.0
"""How long a body may take to arrive; editor and daemon are one machine."""
MOST_DEEP = 32
MOST_WHOLE = 2**53 - 1
MOST_VALUES = 2_000_000


async def read_body(request: Request, *, within_s: float = BODY_S) -> bytes:
    """The body of a request, of JSON type unless there is none. Raises: HTTPException 400, 408, 413, 415."""
    length = int_of(request.headers.get("content-length", "0"))
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and (length or "transfer-encoding" in request.headers):
        raise HTTPException(415, "send JSON, with Content-Type: application/json")
    if length > MAX_BYTES:
        raise HTTPException(413, "a request may have 16 MiB")
    body = bytearray()
    try:
        with anyio.fail_after(within_s):
            async for part in request.stream():
                body += part
                if len(body) > MAX_BYTES:
                    raise HTTPException(413, "a request may have 16 MiB")
    except TimeoutError as cause:
        raise HTTPException(408, "the request took too long to arrive") from cause
    except ClientDisconnect as cause:
        raise HTTPException(400, "the request ended in the middle") from cause
    return bytes(body)


def table_of(body: bytes) -> dict[str, Any]:
    """The JSON object that a body is, an empty one without a body. Raises: BadInput."""
    try:
        value = json_value(body.decode("utf-8")) if body else {}
        _check(value)
    except ValueError as cause:
        raise BadInput(f"the request is not JSON as it should be: {cause}") from cause
    if not isinstance(value, dict):
        raise BadInput("the request must be a JSON object")
    return value


def int_of(text: str) -> int:
    """A whole number that is not below 0. Raises: BadInput."""
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise BadInput(f"{text[:40]!r} is not a whole number")
    return int(text)


def _check(value: object) -> None:
    """Level by level, so that no nesting is too deep to be looked at. Raises: ValueError."""
    level, seen = [value], 0
    for _ in range(MOST_DEEP + 1):
        below: list[object] = []
        for one in level:
            if isinstance(one, dict):
                _check_names(one)
                below += one.values()
            elif isinstance(one, list):
                below += one
            else:
                _check_plain(one)
        seen += len(below)
        if seen > MOST_VALUES:
            raise ValueError("it has too many values")
        if not below:
            return
        level = below
    raise ValueError("it is nested too deeply")


def _check_names(table: dict[str, object]) -> None:
    for name in table:
        _check_plain(name)


def _check_plain(value: object) -> None:
    if isinstance(value, str):
        if not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
            raise ValueError("it holds half a character")
    elif isinstance(value, float):
        if not abs(value) <= MOST_WHOLE:  # neither NaN nor infinite
            raise ValueError(f"the number {value} is out of range")
    elif isinstance(value, int) and abs(value) > MOST_WHOLE:
        raise ValueError(f"the number {str(value)[:20]} is out of range")
