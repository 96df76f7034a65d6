"""Every method of the service is sent what no client of ours would send: a named error comes, in time."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator

import grpc
import pytest
from grpc_status import rpc_status
from tests.edit_show import Show
from tests.hostile_messages import Hostile, Method, every_method
from tests.serving import TOKEN, running

from understudy.client import Client
from understudy.rpc.server import RunningServer

METHODS = tuple(every_method())
PATIENCE_S = 60.0  # generous: it is hanging that is looked for
FEW, MANY, MANY_WATCHED = 12, 400, 40  # a stream that stays open costs a second
MOST_ANSWERS = 20
MOST_GROWTH_KIB = 600 << 10


@pytest.fixture
def server(show: Show) -> Iterator[RunningServer]:
    with running(show.studio, max_workers=16) as server:
        yield server


def asked(channel: grpc.Channel, method: Method, hostile: Hostile) -> str:
    """Send one message; an empty text when it was answered or refused by name, else what went wrong."""
    metadata = (("authorization", f"Bearer {TOKEN}"),)
    sends, gives = method.descriptor.client_streaming, method.descriptor.server_streaming
    kind = "stream" if sends else "unary", "stream" if gives else "unary"
    stub = getattr(channel, "_".join(kind))(
        method.path,
        request_serializer=method.request.SerializeToString,
        response_deserializer=method.response.FromString,
    )
    message = hostile.message(method.request)
    request = iter([message, *(hostile.message(method.request) for _ in range(3))]) if sends else message
    try:
        if gives:
            answers = stub(request, metadata=metadata, timeout=1.0)
            for _, _ in zip(range(MOST_ANSWERS), answers, strict=False):
                pass
            answers.cancel()
        else:
            stub(request, metadata=metadata, timeout=PATIENCE_S)
    except grpc.RpcError as failure:
        return _complaint(failure, message, watched=gives)
    return ""


def _complaint(failure: grpc.RpcError, message: object, *, watched: bool) -> str:
    assert isinstance(failure, grpc.Call)
    if failure.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
        return "" if watched else f"no answer within {PATIENCE_S} s to {str(message)[:2000]}"
    if failure.code() is grpc.StatusCode.CANCELLED and watched:
        return ""
    if "unexpected error" in (failure.details() or "") or rpc_status.from_call(failure) is None:
        return f"{failure.code()}: {failure.details()} to {str(message)[:2000]}"
    return ""


def besiege(show: Show, server: RunningServer, method: Method, *, times: int) -> None:
    known = ("sh010", "shot-1", "sh020", show.performer.id, "Rowan", "Ann", "0", "1")
    outside = sorted(show.folder.parent.iterdir())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with grpc.insecure_channel(server.address) as channel:
        for seed in range(times):
            complaint = asked(channel, method, Hostile(seed, known))
            assert not complaint, f"{method.path}, seed {seed}: {complaint}"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MOST_GROWTH_KIB
    assert sorted(show.folder.parent.iterdir()) == outside
    with Client(server.address, TOKEN) as client:
        started = time.monotonic()
        client.get_production()
        assert time.monotonic() - started < PATIENCE_S


@pytest.mark.parametrize("service", sorted({method.service for method in METHODS}))
def test_a_service_withstands_a_few_messages(show: Show, server: RunningServer, service: str) -> None:
    for method in METHODS:
        if method.service == service:
            besiege(show, server, method, times=FEW)


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.path[15:])
def test_a_method_withstands_many_messages(show: Show, server: RunningServer, method: Method) -> None:
    besiege(show, server, method, times=MANY_WATCHED if method.descriptor.server_streaming else MANY)


@pytest.mark.parametrize(
    "data", [b"\xff" * 40, b"\x0a\xff\xff\xff\xff\x0f", b"\0"], ids=["tags", "length", "nul"]
)
def test_bytes_that_are_no_message_are_refused(server: RunningServer, data: bytes) -> None:
    with grpc.insecure_channel(server.address) as channel:
        for method in METHODS:
            if method.descriptor.client_streaming or method.descriptor.server_streaming:
                continue
            call = channel.unary_unary(method.path)
            try:
                call(data, metadata=(("authorization", f"Bearer {TOKEN}"),), timeout=PATIENCE_S)
            except grpc.RpcError as failure:
                assert isinstance(failure, grpc.Call)
                assert failure.code() is not grpc.StatusCode.DEADLINE_EXCEEDED, method.path
                assert failure.code() is not grpc.StatusCode.UNAVAILABLE, method.path
