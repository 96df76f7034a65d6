"""Errors as JSON: {"error": class name, "message": what was wrong and what to do}."""

from __future__ import annotations

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from understudy.domain.errors import (
    BadInput,
    BadSettings,
    Conflict,
    ConsentRefused,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    Stopped,
    TooManyCalls,
    Transient,
    UnderstudyError,
)
from understudy_review.page_files import nothing

_STATUS: dict[type[UnderstudyError], int] = {
    BadSettings: 400,
    BadInput: 400,
    ConsentRefused: 403,
    NotFound: 404,
    Conflict: 409,
    NotAllowed: 403,
    NotAuthenticated: 502,  # it is the gateway whom the backend does not know
    TooManyCalls: 429,
    Stopped: 503,
    Transient: 503,
}
"""The nearest class of an error's line of ancestors counts; whatever is not here is a 500."""

_HTTP_NAMES = {404: "NotFound", 405: "MethodNotAllowed", 413: "TooLarge"}


def refusal(status: int, error: str, message: str) -> JSONResponse:
    """An error that the gateway itself has to tell."""
    return JSONResponse(
        {"error": error, "message": message}, status_code=status, headers={"cache-control": "no-store"}
    )


def status_of(error: UnderstudyError) -> int:
    """The HTTP status of an error."""
    return next((_STATUS[cls] for cls in type(error).__mro__ if cls in _STATUS), 500)


def tell_error(request: Request, error: Exception) -> Response:
    """What the backend or the reading of a request said."""
    assert isinstance(error, UnderstudyError)
    return refusal(status_of(error), type(error).__name__, str(error))


def tell_http_error(request: Request, error: Exception) -> Response:
    """No such route, wrong method, too large."""
    assert isinstance(error, HTTPException)
    if error.status_code == 404 and _is_a_person(request):
        return nothing(request)
    name = _HTTP_NAMES.get(error.status_code, HTTPStatus(error.status_code).phrase.title().replace(" ", ""))
    message = error.detail if error.status_code != 404 else f"there is nothing at {request.url.path}"
    answer = refusal(error.status_code, name, message)
    answer.headers.update(error.headers or {})
    return answer


def _is_a_person(request: Request) -> bool:
    """Whether somebody typed an address, rather than the page asking for something."""
    path = request.url.path
    asks_for_a_page = "text/html" in request.headers.get("accept", "")
    return asks_for_a_page and not path.startswith(("/api", "/page/"))


def tell_unexpected(request: Request, error: Exception) -> Response:
    """A fault of the gateway; it is in its log with its trace."""
    return refusal(500, "InternalError", "the review room met a fault of its own; its log has the details")
