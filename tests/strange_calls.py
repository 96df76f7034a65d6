"""Calls of a real server as strangers make them, without a client of ours."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import grpc
from google.rpc.error_details_pb2 import ErrorInfo
from grpc_status import rpc_status
from tests import fakes
from tests.fakes import FakeBackend
from tests.serving import TOKEN

from understudy.admission import Admission
from understudy.client import Client
from understudy.domain.access import Scope
from understudy.domain.job import JobState
from understudy.domain.job_spec import ExtractSpec
from understudy.rpc.call_limits import limits_of
from understudy.rpc.server import RunningServer

DAY_S = 86400
WATCH_EDITS, LIST_SHOTS = "/understudy.v1.EditService/WatchEdits", "/understudy.v1.ShotService/ListShots"
PUT_CLIP = "/understudy.v1.ShotService/PutClip"
HASTY = replace(limits_of(8), first_message_s=2, window_s=0.6, answer_s=1.5, grace_s=0.5, look_s=0.1)


def token(access: Admission, scope: Scope, name: str = "") -> str:
    return access.create_token(name or f"a {scope}", scope, DAY_S).secret


def bearer(secret: str) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Bearer {secret}"),) if secret else ()


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


def still_served(server: RunningServer) -> bool:
    with Client(server.address, TOKEN) as other:
        return other.shots() == [fakes.SHOT]


def backend_with_a_job() -> FakeBackend:
    """A backend whose one job runs and runs."""
    backend = FakeBackend()
    job = backend.create_job(ExtractSpec(shot_id=fakes.SHOT.id), "r")
    backend.move(job.id, JobState.RUNNING)
    return backend
