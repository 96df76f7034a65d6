"""The door of a real server: scopes, ended tokens, wrong ones, and those who take more than their share."""

from __future__ import annotations

import asyncio
import importlib
import pkgutil
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
import pytest
from google.rpc.error_details_pb2 import ErrorInfo
from grpc_status import rpc_status
from tests import fakes
from tests.fakes import FakeBackend
from tests.running_backend import wait_until
from tests.serving import TOKEN, admission, running

import understudy.v1
from understudy.admission import Admission
from understudy.client import Client
from understudy.domain import errors
from understudy.domain.access import Scope
from understudy.domain.edit_frames import Mark, MarkFrames
from understudy.domain.job import Event, EventKind, JobState
from understudy.domain.job_spec import ExtractSpec
from understudy.domain.shot import Shot
from understudy.rpc.auth import OPEN_METHODS, SCOPES
from understudy.rpc.call_limits import limits_of
from understudy.rpc.refusals import ATTEMPTS
from understudy.rpc.server import SERVICES, RunningServer
from understudy.store.production import Production
from understudy.v1 import shots_pb2

DAY_S = 86400
WATCH_EDITS, LIST_SHOTS = "/understudy.v1.EditService/WatchEdits", "/understudy.v1.ShotService/ListShots"
PUT_CLIP = "/understudy.v1.ShotService/PutClip"
HASTY = replace(limits_of(8), first_message_s=2, window_s=0.6, answer_s=1.5, grace_s=0.5, look_s=0.1)


def token(access: Admission, scope: Scope, name: str = "") -> str:
    return access.create_token(name or f"a {scope}", scope, DAY_S).secret


def bearer(secret: str) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Bearer {secret}"),) if secret else ()


def every_method() -> set[str]:
    """All methods of all services in the contract."""
    modules = [
        importlib.import_module(f"{understudy.v1.__name__}.{found.name}")
        for found in pkgutil.iter_modules(understudy.v1.__path__)
        if found.name.endswith("_pb2")
    ]
    services = [service for module in modules for service in module.DESCRIPTOR.services_by_name.values()]
    return {f"/{service.full_name}/{method.name}" for service in services for method in service.methods}


def outcome(channel: grpc.Channel, method: str, secret: str) -> tuple[grpc.StatusCode, str]:
    """How a call with one empty message ends: its code, and the error's name when it is one of ours."""
    call = channel.stream_stream(method)(iter([b""]), metadata=bearer(secret), timeout=20)
    with suppress(grpc.RpcError):
        next(call)  # what answers without end is not waited for
        call.cancel()
        return grpc.StatusCode.OK, ""
    info = ErrorInfo()
    status = rpc_status.from_call(call)
    found = [info.reason for detail in (status.details if status else ()) if detail.Unpack(info)]
    return call.code(), found[0] if found else ""


# Scopes


def test_every_method_has_a_scope_and_every_service_is_served() -> None:
    ours = {method for method in SCOPES if method.startswith("/understudy.v1.")}
    assert ours == every_method()
    assert {method.split("/")[1] for method in ours} == {f"understudy.v1.{name}" for name in SERVICES}
    assert not OPEN_METHODS & set(SCOPES)


@pytest.mark.parametrize("scope", [*Scope, None], ids=[*Scope, "nobody"])
def test_every_method_refuses_those_whom_it_is_not_for(scope: Scope | None) -> None:
    access = admission()
    secret = token(access, scope) if scope else ""
    with running(FakeBackend(), access=access) as server, grpc.insecure_channel(server.address) as channel:
        for method, needed in SCOPES.items():
            service = method.split("/")[1]
            if service not in [f"understudy.v1.{name}" for name in SERVICES]:
                continue  # reflection and health are not the same in every version of gRPC
            code, reason = outcome(channel, method, secret)
            if scope is None:
                assert reason in ("NotAuthenticated", "TooManyCalls"), method
            elif scope.includes(needed):
                assert reason not in ("NotAllowed", "NotAuthenticated"), method
                assert code is not grpc.StatusCode.PERMISSION_DENIED
            else:
                assert (code, reason) == (grpc.StatusCode.PERMISSION_DENIED, "NotAllowed"), method


def test_scopes_as_a_client_meets_them() -> None:
    access = admission()
    with running(FakeBackend(), access=access) as server, Client(server.address, TOKEN) as admin:
        made = admin.create_token("Ana", Scope.ARTIST, DAY_S)
        farm = admin.create_token("node 7", Scope.FARM, DAY_S)
        assert [entry.name for entry in admin.tokens()] == ["Ana", "node 7"]
        assert admin.caller().scope is Scope.ADMIN and admin.caller().token_id == ""
        with Client(server.address, made.secret) as ana:
            assert ana.caller().token_id == made.token.id and ana.shots() == [fakes.SHOT]
            with pytest.raises(errors.NotAllowed, match="scope admin; 'Ana' has scope artist"):
                ana.create_token("Ben", Scope.ADMIN, DAY_S)
            with pytest.raises(errors.NotAllowed):
                ana.purge_person("anybody")
            action = MarkFrames(first=1001, last=1002, mark=Mark.FLAGGED)
            entry = ana.add_edits(fakes.SHOT.id, [action], author="", seen_revision=0).entries[0]
            assert entry.author == "Ana"
        with Client(server.address, farm.secret) as node:
            assert node.takes() == [fakes.TAKE]
            with pytest.raises(errors.NotAllowed, match="scope artist"):
                node.shots()
        assert admin.tokens()[0].last_used_at
        assert admin.revoke_token("Ana").revoked_at


# Tokens that end


@pytest.fixture
def watched() -> Iterator[FakeBackend]:
    backend = FakeBackend()
    job = backend.create_job(ExtractSpec(shot_id=fakes.SHOT.id), "r")
    backend.move(job.id, JobState.RUNNING)
    yield backend


@pytest.mark.parametrize("end", ["revoked", "expired"])
@pytest.mark.parametrize("what", ["job", "edits"])
def test_what_is_followed_ends_with_its_token(watched: FakeBackend, what: str, end: str) -> None:
    moment = [datetime(2026, 3, 1, tzinfo=UTC)]
    access = admission(lambda: moment[0])
    made = access.create_token("Ana", Scope.ARTIST, DAY_S)
    raised: list[Exception] = []
    with running(watched, access=access) as server, Client(server.address, made.secret) as client:
        job = client.jobs()[0]

        def follow() -> None:
            events = client.watch(job.id) if what == "job" else client.watch_edits(fakes.SHOT.id)
            try:
                list(events)
            except errors.UnderstudyError as error:
                raised.append(error)

        follower = threading.Thread(target=follow)
        follower.start()
        wait_until(lambda: server.calls.count == 1, seconds=20)
        if end == "revoked":
            access.revoke_token("Ana")
        else:
            moment[0] += timedelta(days=2)
        follower.join(20)
        assert [type(error) for error in raised] == [
            errors.TokenRevoked if end == "revoked" else errors.TokenExpired
        ]
        with pytest.raises(errors.NotAuthenticated, match=end if end == "revoked" else "ended at"):
            client.shots()
        assert server.calls.count == 0


# Those who try


def test_who_tries_tokens_is_turned_away_and_others_are_not() -> None:
    access = admission()
    right = access.create_token("Ana", Scope.FARM, DAY_S)
    with running(FakeBackend(), access=access) as server, grpc.insecure_channel(server.address) as channel:
        found = Counter(
            outcome(channel, LIST_SHOTS, f"ust_{right.token.id}_{number}") for number in range(ATTEMPTS + 10)
        )
        with Client(server.address, right.secret) as client:
            assert client.takes() == [fakes.TAKE]  # from the same address
    assert found == {
        (grpc.StatusCode.UNAUTHENTICATED, "NotAuthenticated"): ATTEMPTS,
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "TooManyCalls"): 10,
    }


def test_refusals_are_in_the_custody_log_counted_and_without_secrets(tmp_path: Path) -> None:
    Production.create(tmp_path / "film", "The Film")
    with Production.open(tmp_path / "film") as production:
        access = Admission(production, own_token=TOKEN, audit=production.custody.append)
        farm, gone = (access.create_token(name, Scope.FARM, DAY_S) for name in ("node", "gone"))
        access.revoke_token("gone")
        guess = "ust_0123456789abcdef_guessed-secret"
        with running(FakeBackend(), access=access) as server, grpc.insecure_channel(server.address) as line:
            for secret in [guess] * 300 + [farm.secret] * 40 + [gone.secret] * 5 + [""]:
                outcome(line, LIST_SHOTS, secret)
        entries = [entry.facts for entry in production.custody.entries() if "refused" in entry.event]
        production.custody.verify()
        production.checkpoint()
        files = [path for path in production.folder.rglob("*") if path.is_file()]
        for secret in (guess, "guessed-secret", TOKEN, farm.secret, gone.secret):
            assert not [path for path in files if secret.encode() in path.read_bytes()]
    told: Counter[tuple[object, object]] = Counter()
    for facts in entries:
        assert facts["peer"] == "127.0.0.1" and facts["method"] == LIST_SHOTS
        told[facts["reason"], facts.get("refused_id", "")] += int(str(facts["count"]))
    assert told == {
        ("NotAuthenticated", ""): ATTEMPTS,
        ("TooManyCalls", ""): 300 - ATTEMPTS + 1,
        ("NotAllowed", farm.token.id): 40,
        ("TokenRevoked", gone.token.id): 5,
    }
    assert len(entries) <= 2 * len(told)


# Those who take too much


def still_served(server: RunningServer) -> bool:
    with Client(server.address, TOKEN) as other:
        return other.shots() == [fakes.SHOT]


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
        wait_until(lambda: server.calls.count == 0, seconds=20)
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
        threading.Thread(target=lambda: told.wait(20) and access.revoke_token("Ana")).start()
        with pytest.raises((errors.TokenRevoked, errors.Transient)) as caught:
            client.put_clip("a.mov", 10**9, parts())
        assert chunks == "none" or caught.type is errors.TokenRevoked
        wait_until(lambda: server.calls.count == 0, seconds=20)


def test_a_burst_of_one_token_waits_its_turn() -> None:
    class Slow(FakeBackend):
        def shots(self) -> Sequence[Shot]:
            time.sleep(0.03)
            return super().shots()

    access = admission()
    with (
        running(Slow(), access=access) as server,
        Client(server.address, token(access, Scope.ARTIST)) as client,
        ThreadPoolExecutor(16) as threads,
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
        wait_until(lambda: server.calls.count == limits.streams_of_token, seconds=20)
        assert outcome(channel, WATCH_EDITS, mine) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "TooManyCalls")
        assert outcome(channel, LIST_SHOTS, mine)[0] is grpc.StatusCode.OK
        open_ones[0].cancel()
        wait_until(lambda: server.calls.count == limits.streams_of_token - 1, seconds=20)
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
        wait_until(lambda: server.calls.count == 0, seconds=20)
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
            wait_until(lambda: server.calls.count == 0, seconds=20)
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
