"""Who may call: every call carries `authorization: Bearer TOKEN`, except the plain health check."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import grpc

from understudy.domain.errors import NotAuthenticated
from understudy.rpc.errors import abort_with

HEADER = "authorization"
SCHEME = "bearer "
OPEN_METHODS = frozenset({"/grpc.health.v1.Health/Check"})
"""A load balancer asks this; the answer says nothing about the production."""


class TokenInterceptor(grpc.ServerInterceptor):  # type: ignore[misc,unused-ignore]
    """Refuses calls whose token `token_check` does not accept. The check must take constant time."""

    def __init__(self, token_check: Callable[[str], bool]) -> None:
        self._token_check = token_check

    def intercept_service(self, continuation: Any, handler_call_details: Any) -> Any:
        if handler_call_details.method in OPEN_METHODS:
            return continuation(handler_call_details)
        token = bearer_token(handler_call_details.invocation_metadata)
        if token and self._token_check(token):
            return continuation(handler_call_details)
        # On the wire all four kinds of call look alike, so this one refuses them all.
        return grpc.stream_stream_rpc_method_handler(_refuse)


def bearer_token(metadata: Any) -> str:
    """The token of a call's metadata, empty when there is none."""
    for key, value in metadata or ():
        if key == HEADER and isinstance(value, str) and value.lower().startswith(SCHEME):
            return value[len(SCHEME) :].strip()
    return ""


def _refuse(_requests: Iterator[Any], context: grpc.ServicerContext) -> Iterator[Any]:
    abort_with(
        context,
        NotAuthenticated(
            "the access token is missing or wrong; take the one in server.json of the production"
        ),
    )
