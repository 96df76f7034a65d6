"""Errors on their way out: an `UnderstudyError` becomes its status, its class name rides in an ErrorInfo."""

from __future__ import annotations

import logging
import string
import uuid
from collections.abc import Callable, Iterator
from typing import Any, NoReturn
from urllib.parse import quote

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

from understudy.domain.errors import UnderstudyError
from understudy.wire.limits import ERROR_DOMAIN, MAX_ERROR_BYTES

log = logging.getLogger(__name__)

_PLAIN = string.ascii_letters + string.digits + string.punctuation.replace("%", "") + " "
OUR_METHODS = "/understudy.v1."


def abort_with(context: grpc.ServicerContext, error: UnderstudyError) -> NoReturn:
    """End a call with an error that the client can rebuild."""
    detail = AnyMessage()
    detail.Pack(ErrorInfo(reason=type(error).__name__, domain=ERROR_DOMAIN))
    code = grpc.StatusCode[error.status]
    status = Status(code=code.value[0], message=shortened(str(error)), details=[detail])
    context.abort_with_status(rpc_status.to_status(status))
    raise AssertionError("abort_with_status raises")


def shortened(text: str) -> str:
    """The text, cut to what fits into a trailer."""
    text = text.encode("utf-8", errors="replace").decode()
    if _weight(text) <= MAX_ERROR_BYTES:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if _weight(text[:middle] + " …") <= MAX_ERROR_BYTES else (low, middle - 1)
    return text[:low] + " …"


def _weight(text: str) -> int:
    """Bytes that a text takes in the trailers: percent-encoded, and in a message in base 64."""
    return len(quote(text, safe=_PLAIN)) + len(text.encode()) * 4 // 3


class ErrorInterceptor(grpc.ServerInterceptor):  # type: ignore[misc,unused-ignore]
    """Guards every method of ours, so that services simply raise."""

    def intercept_service(self, continuation: Any, handler_call_details: Any) -> Any:
        handler = continuation(handler_call_details)
        method = handler_call_details.method
        if handler is None or not method.startswith(OUR_METHODS):
            return handler
        if handler.response_streaming:
            return handler._replace(unary_stream=_guard_stream(handler.unary_stream, method))
        if handler.request_streaming:
            return handler._replace(stream_unary=_guard_unary(handler.stream_unary, method))
        return handler._replace(unary_unary=_guard_unary(handler.unary_unary, method))


def _guard_unary(behaviour: Callable[..., Any], method: str) -> Callable[..., Any]:
    def guarded(request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return behaviour(request, context)
        except Exception as error:  # whatever it is, the client must get an answer
            abort_with(context, _told(error, method))

    return guarded


def _guard_stream(behaviour: Callable[..., Iterator[Any]], method: str) -> Callable[..., Iterator[Any]]:
    def guarded(request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        try:
            yield from behaviour(request, context)
        except Exception as error:  # whatever it is, the client must get an answer
            abort_with(context, _told(error, method))

    return guarded


def _told(error: Exception, method: str) -> UnderstudyError:
    """What the client may know: our own errors as they are, of a fault in the program only a number."""
    if isinstance(error, UnderstudyError):
        return error
    number = uuid.uuid4().hex[:12]
    log.error("unexpected error %s in %s", number, method, exc_info=error)
    return UnderstudyError(f"unexpected error {number} in the server; its log says more under this number")
