"""Answers and errors as JSON: {"error": {"kind": class name, "message": what was wrong and what to do}}."""

from __future__ import annotations

import json

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from understudy.domain.errors import (
    BadInput,
    BadSettings,
    Conflict,
    ConsentRefused,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    Stopped,
    Transient,
    UnderstudyError,
)

MAX_BYTES = 16 * 2**20

_STATUS: dict[type[UnderstudyError], int] = {
    BadSettings: 400,
    BadInput: 400,
    ConsentRefused: 403,
    NotAllowed: 403,
    NotFound: 404,
    Conflict: 409,
    NotAuthenticated: 502,  # it is the daemon whom the backend does not know
    Transient: 502,
    Stopped: 503,
}
"""The nearest class of an error's line of ancestors counts; whatever is not here is a 500."""

_HTTP_KINDS = {
    400: "BadInput",
    404: "NotFound",
    405: "MethodNotAllowed",
    408: "TooSlow",
    413: "TooLarge",
    415: "NotJson",
    429: "TooManyCalls",
}


def json_answer(value: object, status: int = 200) -> Response:
    """A value as JSON. Raises: ValueError for what JSON cannot say, or more than 16 MiB of it."""
    # Escaped: a path may hold half a character, which UTF-8 cannot say.
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    if len(text) > MAX_BYTES:
        raise ValueError(f"an answer of {len(text)} bytes is too long")
    return Response(text, status_code=status, media_type="application/json")


def refusal(status: int, kind: str, message: str) -> Response:
    """An error as an answer."""
    return json_answer({"error": {"kind": kind, "message": message}}, status)


def status_of(error: UnderstudyError) -> int:
    """The HTTP status of an error."""
    return next((_STATUS[cls] for cls in type(error).__mro__ if cls in _STATUS), 500)


def tell_error(request: Request, error: Exception) -> Response:
    """What the daemon or the backend said."""
    assert isinstance(error, UnderstudyError)
    return refusal(status_of(error), type(error).__name__, str(error))


def tell_http_error(request: Request, error: Exception) -> Response:
    """No such route, wrong method, too large."""
    assert isinstance(error, HTTPException)
    status = error.status_code
    message = "there is no such request" if status == 404 else error.detail
    return refusal(status, _HTTP_KINDS.get(status, "HTTPException"), message)


def tell_unexpected(request: Request, error: Exception) -> Response:
    """A fault of the daemon; it is in its log with its trace."""
    return refusal(500, "InternalError", "the daemon met a fault of its own; its log has the details")
