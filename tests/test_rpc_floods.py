"""Those who take more than their share of a real server: floods, silence, slowness, giants."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

import grpc
import pytest
from tests import fakes
from tests.fakes import FakeBackend
from tests.running_backend import wait_until
from tests.serving import TOKEN, admission, running
from tests.strange_calls import (
    DAY_S,
    HASTY,
    LIST_SHOTS,
    PUT_CLIP,
    WATCH_EDITS,
    backend_with_a_job,
    bearer,
    outcome,
    still_served,
    token,
)

from understudy.client import Client
from understudy.domain import errors
from understudy.domain.access import Scope
from understudy.domain.job import Event, EventKind
from understudy.domain.shot import Shot
from understudy.rpc.call_limits import limits_of
from understudy.v1 import shots_pb2

pytestmark = pytest.mark.slow  # alone on the machine: what is counted here needs time to happen


@pytest.fixture
def watched() -> FakeBackend:
    return backend_with_a_job()


def test_thousands_of_half_open_calls_leave_others_served() -> None:
    access = admission()
    artist, farm = token(access, Scope.ARTIST), token(access, Scope.FARM)
    methods = [
        (PUT_CLIP, artist),
        (LIST_SHOTS, artist),
        (WATCH_EDITS, farm),
        ("/grpc.health.v1.Health/Check", ""),
    ]
    served: list[bool] = []

    async def flood(address: str) -> Counter[tuple[str, grpc.StatusCode]]:
        options = (("grpc.use_local_subchannel_pool", 1),)
        channels = [grpc.aio.insecure_channel(address, options=options) for _ in range(10)]
        calls = [
            (method, channels[number % 10].stream_stream(method)(metadata=bearer(secret)))
            for number in range(500)
            for method, secret in methods
        ]
        first = asyncio.gather(*(call.code() for _, call in calls))
        await asyncio.sleep(0.2)
        served.append(await asyncio.to_thread(still_served, server))
        codes = await first
        for channel in channels:
            await channel.close()
        return Counter((method, code) for (method, _), code in zip(calls, codes, strict=True))

    with running(
        FakeBackend(), access=access, limits=replace(HASTY, first_message_s=3, answer_s=20)
    ) as server:
        codes = asyncio.run(flood(server.address))
        wait_until(lambda: server.calls.count == 0, seconds=60)
        assert served == [True] and still_served(server)
    # Each was refused, or cut off when it said nothing; gRPC tells some clients of a refusal as CANCELLED.
    refused = {grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.RESOURCE_EXHAUSTED}
    assert sum(codes.values()) == 2000 and sum(codes[key] for key in codes if key[1] in refused) > 1500
    assert {code for _, code in codes} <= {*refused, grpc.StatusCode.CANCELLED, grpc.StatusCode.UNAVAILABLE}


@pytest.mark.parametrize("chunks", ["many", "none"])
def test_what_is_sent_ends_with_its_token(chunks: str) -> None:
    access = admission()
    made = access.create_token("Ana", Scope.ARTIST, DAY_S)
    told = threading.Event()

    def parts() -> Iterator[bytes]:
        yield b"x" * 100_000
        told.set()
        while chunks == "many":
            time.sleep(0.01)
            yield b"x" * 100_000
        time.sleep(3)  # longer than the grace of what does not see its end

    limits = replace(HASTY, first_message_s=20, window_s=60)
    with (
        running(FakeBackend(), access=access, limits=limits) as server,
        Client(server.address, made.secret) as client,
    ):
        threading.Thread(target=lambda: (told.wait(20), access.revoke_token("Ana"))).start()
        with pytest.raises((errors.TokenRevoked, errors.Transient)) as caught:
            client.put_clip("a.mov", 10**9, parts())
        assert chunks == "none" or caught.type is errors.TokenRevoked
        wait_until(lambda: server.calls.count == 0, seconds=60)


def test_a_burst_of_one_token_waits_its_turn() -> None:
    class Slow(FakeBackend):
        def shots(self) -> Sequence[Shot]:
            time.sleep(0.03)
            return super().shots()

    access = admission()
    with (
        running(Slow(), access=access) as server,
        Client(server.address, token(access, Scope.ARTIST)) as client,
        ThreadPoolExecutor(8) as threads,  # two more than the token's share
    ):
        assert all(threads.map(lambda _: client.shots() == [fakes.SHOT], range(48)))


def test_one_token_has_its_share_of_streams() -> None:
    access = admission()
    mine = token(access, Scope.ARTIST)
    limits = limits_of(8)
    with running(FakeBackend(), access=access) as server, grpc.insecure_channel(server.address) as channel:
        request = b"\n" + bytes([len(fakes.SHOT.id)]) + fakes.SHOT.id.encode()
        watch = channel.unary_stream(WATCH_EDITS)
        open_ones = [watch(request, metadata=bearer(mine)) for _ in range(limits.streams_of_token)]
        wait_until(lambda: server.calls.count == limits.streams_of_token, seconds=60)
        assert outcome(channel, WATCH_EDITS, mine) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "TooManyCalls")
        assert outcome(channel, LIST_SHOTS, mine)[0] is grpc.StatusCode.OK
        open_ones[0].cancel()
        wait_until(lambda: server.calls.count == limits.streams_of_token - 1, seconds=60)
        assert outcome(channel, WATCH_EDITS, mine)[1] == "BadInput"
        for call in open_ones:
            call.cancel()


def test_what_is_sent_too_slowly_is_ended() -> None:
    access = admission()

    def trickle() -> Iterator[bytes]:
        while True:
            time.sleep(0.02)
            yield b"x"

    with (
        running(FakeBackend(), access=access, limits=HASTY) as server,
        Client(server.address, token(access, Scope.ARTIST)) as client,
    ):
        with pytest.raises(errors.Transient, match="send it again"):
            client.put_clip("a.mov", 10**9, trickle())
        wait_until(lambda: server.calls.count == 0, seconds=60)
        assert still_served(server)


def test_who_does_not_read_does_not_hold_a_thread(watched: FakeBackend) -> None:
    access = admission()
    job = watched.jobs()[0]
    for number in range(40):
        event = Event(kind=EventKind.PROGRESS, done=number, total=40, unit="frames", texts={"x": "y" * 2**20})
        watched.tell(job.id, event)
    with running(watched, access=access, limits=HASTY) as server:
        with grpc.insecure_channel(server.address) as channel:
            watch = channel.unary_stream("/understudy.v1.JobService/WatchJob")
            request = b"\n" + bytes([len(job.id)]) + job.id.encode()
            answers = watch(request, metadata=bearer(token(access, Scope.FARM)))
            next(answers)
            wait_until(lambda: server.calls.count == 0, seconds=60)
            with pytest.raises(grpc.RpcError):
                list(answers)
        assert still_served(server)


def test_giant_headers_and_messages_are_refused() -> None:
    unbounded = (("grpc.max_send_message_length", -1), ("grpc.max_metadata_size", 2**24))
    with running(FakeBackend()) as server:
        with grpc.insecure_channel(server.address, options=unbounded) as channel:
            giant = channel.unary_unary("/understudy.v1.EditService/AddEdits")
            with pytest.raises(grpc.RpcError) as caught:
                giant(b"\n" + b"\xff\xff\xff\x07" + bytes(16 * 2**20), metadata=bearer(TOKEN), timeout=20)
            assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
            with pytest.raises(grpc.RpcError) as caught:
                giant(b"", metadata=(*bearer(TOKEN), ("x-giant", "x" * 2**20)), timeout=20)
            assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert still_served(server)


def test_a_flood_of_pings_is_cut_off() -> None:
    ping = struct.pack(">I", 8)[1:] + bytes([6, 0]) + struct.pack(">I", 0) + bytes(8)
    settings = bytes([0, 0, 0, 4, 0]) + struct.pack(">I", 0)
    with running(FakeBackend()) as server:
        host, _, port = server.address.rpartition(":")
        with socket.create_connection((host, int(port)), timeout=20) as line:
            line.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + settings + ping * 50)
            heard = b""
            with suppress(ConnectionResetError):
                while part := line.recv(65536):
                    heard += part
        assert b"too_many_pings" in heard
        assert still_served(server)


def test_lines_on_which_nobody_speaks_leave_others_served() -> None:
    with running(FakeBackend()) as server:
        host, _, port = server.address.rpartition(":")
        lines = [socket.create_connection((host, int(port)), timeout=20) for _ in range(200)]
        for line in lines[::2]:
            line.sendall(b"PRI * HTTP/2.0\r\n")
        assert still_served(server)
        for line in lines:
            line.close()


def test_a_stream_has_a_most_of_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("understudy.rpc.calls.MAX_STREAM_MESSAGES", 50)
    header = shots_pb2.PutClipRequest(header=shots_pb2.ClipHeader(name="a.mov", size=10**6))
    parts = [header, *[shots_pb2.PutClipRequest(data=b"x")] * 100]
    with running(FakeBackend()) as server, grpc.insecure_channel(server.address) as channel:
        put = channel.stream_unary(PUT_CLIP)
        with pytest.raises(grpc.RpcError) as caught:
            put((part.SerializeToString() for part in parts), metadata=bearer(TOKEN), timeout=20)
    assert "51 messages" in caught.value.details()
