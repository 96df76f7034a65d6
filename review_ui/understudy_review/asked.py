"""The values of a request, checked as they are taken: BadInput names the one that is wrong."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from understudy.domain.errors import BadInput
from understudy.domain.time import FrameRange

MAX_JSON_BYTES = 4 * 2**20
MAX_WHOLE = 2**31 - 1

Word = TypeVar("Word", bound=StrEnum)
Answer = Callable[[Request], Response]


class Asked:
    """Named values of a query (all text) or of a JSON object."""

    def __init__(self, values: Mapping[str, Any], *, typed: bool) -> None:
        self._values, self._typed = values, typed

    @classmethod
    def of_query(cls, request: Request) -> Asked:
        return cls(request.query_params, typed=False)

    @classmethod
    def of_json(cls, text: bytes) -> Asked:
        """Raises: BadInput when it is no JSON object. An empty body is an empty object."""
        try:
            values = json.loads(text.decode(), parse_constant=_refuse_constant) if text.strip() else {}
            if b"\\ud" in text.lower():  # half a surrogate pair is text that nobody can send on
                json.dumps(values, ensure_ascii=False).encode()
        except (ValueError, RecursionError) as cause:
            raise BadInput(f"the body of the request is not JSON: {cause}") from cause
        if not isinstance(values, dict):
            raise BadInput("the body of the request must be a JSON object")
        return cls(values, typed=True)

    def __contains__(self, name: str) -> bool:
        return self._values.get(name) is not None

    def text(self, name: str, default: str | None = None, *, most: int = 4000) -> str:
        value = self._value(name, default)
        if not isinstance(value, str) or len(value) > most:
            raise BadInput(f"{name} must be text of at most {most} characters")
        return value

    def whole(self, name: str, default: int | None = None, *, least: int = 0, most: int = MAX_WHOLE) -> int:
        value = self._value(name, default)
        if not self._typed and isinstance(value, str):
            value = _whole_of(value)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise BadInput(f"{name} must be a whole number, {least} to {most}")
        return value

    def switch(self, name: str, default: bool = False) -> bool:
        value = self._value(name, default)
        if not self._typed and isinstance(value, str):
            value = {"1": True, "true": True, "0": False, "false": False}.get(value.lower())
        if not isinstance(value, bool):
            raise BadInput(f"{name} must be {'true or false' if self._typed else '1 or 0'}")
        return value

    def word(self, name: str, words: type[Word], default: Word | None = None) -> Word:
        value = self._value(name, default)
        try:
            return words(value)
        except ValueError as cause:
            raise BadInput(f"{name} must be one of: {', '.join(words)}") from cause

    def words(self, name: str, words: type[Word]) -> tuple[Word, ...]:
        """Several words; none when they are not given."""
        try:
            return tuple(words(text) for text in self.texts(name))
        except ValueError as cause:
            raise BadInput(f"{name} must be some of: {', '.join(words)}") from cause

    def texts(self, name: str) -> tuple[str, ...]:
        """Several texts, in a query with commas between; none when they are not given."""
        value = self._values.get(name)
        if value is None:
            return ()
        if not self._typed and isinstance(value, str):
            return tuple(part for part in value.split(",") if part)
        if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
            raise BadInput(f"{name} must be a list of texts")
        return tuple(value)

    def wholes(self, name: str, *, most: int = 1000) -> tuple[int, ...]:
        """Several whole numbers; none when they are not given."""
        value = self._values.get(name)
        if value is None:
            return ()
        if not self._typed and isinstance(value, str):
            value = [_whole_of(part) for part in value.split(",") if part]
        fits = isinstance(value, list) and all(type(part) is int and 0 <= part <= MAX_WHOLE for part in value)
        if not fits or len(value) > most:
            raise BadInput(f"{name} must be a list of at most {most} whole numbers")
        return tuple(value)

    def table(self, name: str) -> dict[str, Any]:
        """A JSON object; empty when it is not given."""
        value = self._values.get(name)
        if value is not None and not isinstance(value, dict):
            raise BadInput(f"{name} must be a JSON object")
        return value or {}

    def tables(self, name: str, *, most: int = 1000) -> list[dict[str, Any]]:
        """A list of JSON objects. Raises: BadInput also when it is not given."""
        value = self._value(name, None)
        if not isinstance(value, list) or not all(isinstance(part, dict) for part in value):
            raise BadInput(f"{name} must be a list of JSON objects")
        if len(value) > most:
            raise BadInput(f"{name} may have {most} entries")
        return value

    def everything(self) -> dict[str, Any]:
        return dict(self._values)

    def frames(self) -> FrameRange | None:
        """`first` and `last`, both or neither. Raises: BadInput, BadSettings when they run backwards."""
        if "first" not in self and "last" not in self:
            return None
        return FrameRange(self.whole("first"), self.whole("last"))

    def _value(self, name: str, default: object) -> Any:
        value = self._values.get(name)
        if value is None:
            value = default
        if value is None:
            raise BadInput(f"{name} is missing")
        return value


def reads_json(answer: Callable[[Request, Asked], Response]) -> Callable[[Request], Any]:
    """An endpoint that reads a bounded JSON object, then waits for the backend in a thread."""

    async def endpoint(request: Request) -> Response:
        asked = Asked.of_json(await _bounded(request))
        return await run_in_threadpool(answer, request, asked)

    return endpoint


async def _bounded(request: Request) -> bytes:
    """The body. Raises: HTTPException 413."""
    told = request.headers.get("content-length", "0")
    body = bytearray()
    if told.isdigit() and int(told) <= MAX_JSON_BYTES:
        async for part in request.stream():
            body += part
            if len(body) > MAX_JSON_BYTES:
                break
        else:
            return bytes(body)
    raise HTTPException(413, f"a request may have {MAX_JSON_BYTES // 2**20} MiB; send several")


def _whole_of(text: str) -> int | None:
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) <= 10 else None


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")


def finite(value: float) -> float | None:
    """A number for JSON, which has no NaN."""
    return value if math.isfinite(value) else None
