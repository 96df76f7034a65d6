"""Errors on their way in: a failed call becomes the error that the backend raised."""

from __future__ import annotations

import grpc
from google.rpc.error_details_pb2 import ErrorInfo
from grpc_status import rpc_status

from understudy.domain.errors import (
    BadInput,
    NotAuthenticated,
    ServerUnreachable,
    Stopped,
    TooManyCalls,
    UnderstudyError,
    error_named,
)
from understudy.wire.limits import ERROR_DOMAIN, MAX_MESSAGE_BYTES

DROPPED = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED})
"""How a stream ends when its connection breaks or its server stops."""


def error_of(failure: grpc.RpcError, *, address: str) -> UnderstudyError:
    """The error that a failed call stands for; without an ErrorInfo it came from gRPC or the network."""
    assert isinstance(failure, grpc.Call)
    code, text = failure.code(), failure.details() or ""
    if reason := _reason(failure):
        return error_named(reason, text)
    match code:
        case grpc.StatusCode.UNAVAILABLE:
            return ServerUnreachable(f"no backend answers at {address} ({text}); is the server running?")
        case grpc.StatusCode.DEADLINE_EXCEEDED:
            return ServerUnreachable(f"the backend at {address} did not answer in time; try again")
        case grpc.StatusCode.UNAUTHENTICATED:
            return NotAuthenticated(f"the backend at {address} refused the access token: {text}")
        case grpc.StatusCode.RESOURCE_EXHAUSTED if "oncurrent" in text:
            return TooManyCalls(f"the backend at {address} has too much to do at this moment; try again")
        case grpc.StatusCode.RESOURCE_EXHAUSTED:
            limit = MAX_MESSAGE_BYTES // 2**20
            return BadInput(f"the request or its answer is too large ({text}); a message holds {limit} MiB")
        case grpc.StatusCode.UNIMPLEMENTED:
            return UnderstudyError(f"the backend at {address} does not know this request; update it ({text})")
        case grpc.StatusCode.CANCELLED if "losed" in text or "ocally" in text:  # by whoever made it
            return Stopped(f"the call was cancelled: {text}")
        case grpc.StatusCode.CANCELLED:
            return ServerUnreachable(f"the backend at {address} cut the call off ({text}); try again")
    return UnderstudyError(f"the call failed with {code.name}: {text}")


def was_dropped(failure: grpc.RpcError) -> bool:
    """True when a call ended because its connection or its server went, not because the backend said so."""
    return isinstance(failure, grpc.Call) and failure.code() in DROPPED and not _reason(failure)


def _reason(failure: grpc.Call) -> str:
    """The class name in the call's ErrorInfo, empty when it has none of ours."""
    try:
        status = rpc_status.from_call(failure)
    except ValueError:  # the trailer contradicts the status: not made by our server
        return ""
    info = ErrorInfo()
    for detail in status.details if status else ():
        if detail.Unpack(info) and info.domain == ERROR_DOMAIN:
            return str(info.reason)
    return ""
