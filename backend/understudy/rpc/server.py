"""Opening the ports: services, health, reflection, limits and the two interceptors."""

from __future__ import annotations

import ipaddress
import threading
from concurrent import futures
from dataclasses import dataclass

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from understudy.domain.errors import BadSettings, Conflict
from understudy.rpc import services
from understudy.rpc.access_backend import AccessBackend
from understudy.rpc.access_service import AccessService
from understudy.rpc.auth import AccessInterceptor
from understudy.rpc.backend import Backend
from understudy.rpc.call_limits import CallLimits, limits_of
from understudy.rpc.calls import LiveCalls
from understudy.rpc.edit_service import EditService
from understudy.rpc.errors import ErrorInterceptor
from understudy.rpc.faceset_service import FacesetService
from understudy.rpc.job_service import JobService
from understudy.rpc.media_service import MediaService
from understudy.rpc.picture_service import PreviewService
from understudy.rpc.refusals import Attempts, RefusalLog
from understudy.v1 import (
    access_pb2_grpc,
    consent_pb2_grpc,
    custody_pb2_grpc,
    edits_pb2_grpc,
    facesets_pb2_grpc,
    jobs_pb2_grpc,
    mattes_pb2_grpc,
    media_pb2_grpc,
    models_pb2_grpc,
    people_pb2_grpc,
    preview_pb2_grpc,
    production_pb2_grpc,
    shots_pb2_grpc,
    takes_pb2_grpc,
)
from understudy.wire.limits import MAX_MESSAGE_BYTES, MAX_METADATA_BYTES

SERVICES = (
    "ProductionService", "PeopleService", "ConsentService", "ShotService", "JobService", "ModelService",
    "TakeService", "MatteService", "PreviewService", "CustodyService",
    "EditService", "FacesetService", "AccessService", "MediaService",
)  # fmt: skip

OPTIONS = (
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_metadata_size", MAX_METADATA_BYTES),
    ("grpc.so_reuseport", 0),  # two servers on one port would share its calls by chance
    ("grpc.keepalive_time_ms", 60_000),  # notices a client that is gone in the middle of sending a clip
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),  # clients that follow jobs ping
    ("grpc.http2.max_ping_strikes", 2),  # who pings more often is told to calm down and cut off
    ("grpc.max_concurrent_streams", 256),  # of one connection; more wait on the client's side
    ("grpc.max_connection_idle_ms", 15 * 60_000),  # a client that comes back opens a new one
    ("grpc.server_handshake_timeout_ms", 10_000),  # a line on which nobody says what it is for
    # Beyond these gRPC cuts off anybody's calls at random; we refuse those of whoever makes too many.
    ("grpc.server.max_pending_requests", 16_384),
    ("grpc.server.max_pending_requests_hard_limit", 32_768),
)
MOST_CALLS = 4096
"""More calls at once, most of them waiting to be refused, are turned away before they cost memory."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RunningServer:
    """A server that answers. `address` is host:port with the port it really has.

    `local_address` is where clients on this machine find it, without TLS.
    """

    server: grpc.Server
    health: health.HealthServicer
    address: str
    local_address: str
    calls: LiveCalls
    refusals: RefusalLog

    def stop(self, grace_s: float | None = None) -> None:
        """Take no more calls, give those under way `grace_s` to end, and return when all have ended."""
        self.health.enter_graceful_shutdown()
        self.server.stop(grace_s).wait()
        self.calls.stop()
        self.refusals.stop()

    def wait_for_termination(self, timeout_s: float | None = None) -> bool:
        """Sleep until somebody stops the server; True when the time ran out before."""
        return bool(self.server.wait_for_termination(timeout_s))


def serve(
    backend: Backend,
    *,
    access: AccessBackend,
    address: str = "127.0.0.1:0",
    max_workers: int = 64,
    credentials: grpc.ServerCredentials | None = None,
    limits: CallLimits | None = None,
) -> RunningServer:
    """Serve a backend until `stop`. Half of `max_workers` calls may follow jobs and shots, an eighth make
    strips, an eighth send clips; `limits` says how many of them one peer and one token may have.

    Without TLS `credentials` only this machine can be served, since the token would travel readable.
    With them it is served at a port of its own, since no certificate names it and only its users reach it.
    Raises: BadSettings for an address that is not possible, Conflict when it is taken.
    """
    if credentials is None and not is_local(address):
        raise BadSettings(
            f"the address {address} is open to the network; give a TLS certificate, or use 127.0.0.1"
        )
    calls = LiveCalls(limits or limits_of(max_workers), check=access.check)
    refusals = RefusalLog(access.record_refusals)
    door = AccessInterceptor(access, calls=calls, attempts=Attempts(), refusals=refusals)
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers, thread_name_prefix="rpc"),
        interceptors=[door, ErrorInterceptor()],
        options=OPTIONS,
        maximum_concurrent_rpcs=MOST_CALLS,
    )
    _add_services(server, backend, max_workers)
    access_pb2_grpc.add_AccessServiceServicer_to_server(AccessService(access), server)
    answers_health = _add_health_and_reflection(server)
    here = _bind(server, address, credentials)
    local = here if credentials is None else _bind(server, "127.0.0.1:0", None)
    server.start()
    calls.start()
    refusals.start()
    return RunningServer(
        server=server,
        health=answers_health,
        address=here,
        local_address=local,
        calls=calls,
        refusals=refusals,
    )


def is_local(address: str) -> bool:
    """True when only this machine can reach the address. Raises: BadSettings when it names no port."""
    if address.startswith("unix:"):
        return True
    host, separator, port = address.rpartition(":")
    if not separator or not port.isdigit():
        raise BadSettings(f"{address!r} is not an address; write host:port, such as 127.0.0.1:0")
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _bind(server: grpc.Server, address: str, credentials: grpc.ServerCredentials | None) -> str:
    """Listen there; gives the address with the port that it really has."""
    try:
        if credentials is None:
            port = server.add_insecure_port(address)
        else:
            port = server.add_secure_port(address, credentials)
    except RuntimeError as cause:
        raise Conflict(f"cannot listen on {address}: {cause}; choose another address") from cause
    if port == 0:  # how older versions of grpc say it
        raise Conflict(f"cannot listen on {address}; it is taken or not this machine's, choose another")
    return address if address.startswith("unix:") else f"{address.rpartition(':')[0]}:{port}"


def _add_services(server: grpc.Server, backend: Backend, max_workers: int) -> None:
    watchers, strips, uploads = (threading.BoundedSemaphore(max(1, max_workers // n)) for n in (2, 8, 8))
    production_pb2_grpc.add_ProductionServiceServicer_to_server(services.ProductionService(backend), server)
    people_pb2_grpc.add_PeopleServiceServicer_to_server(services.PeopleService(backend), server)
    consent_pb2_grpc.add_ConsentServiceServicer_to_server(services.ConsentService(backend), server)
    shots_pb2_grpc.add_ShotServiceServicer_to_server(services.ShotService(backend, uploads=uploads), server)
    jobs_pb2_grpc.add_JobServiceServicer_to_server(JobService(backend, watchers=watchers), server)
    models_pb2_grpc.add_ModelServiceServicer_to_server(services.ModelService(backend), server)
    takes_pb2_grpc.add_TakeServiceServicer_to_server(services.TakeService(backend), server)
    mattes_pb2_grpc.add_MatteServiceServicer_to_server(services.MatteService(backend), server)
    preview_pb2_grpc.add_PreviewServiceServicer_to_server(PreviewService(backend, strips=strips), server)
    custody_pb2_grpc.add_CustodyServiceServicer_to_server(services.CustodyService(backend), server)
    edits_pb2_grpc.add_EditServiceServicer_to_server(EditService(backend, watchers=watchers), server)
    facesets_pb2_grpc.add_FacesetServiceServicer_to_server(FacesetService(backend.facesets), server)
    media_pb2_grpc.add_MediaServiceServicer_to_server(MediaService(backend, transfers=uploads), server)


def _add_health_and_reflection(server: grpc.Server) -> health.HealthServicer:
    names = [f"understudy.v1.{name}" for name in SERVICES]
    answers_health = health.HealthServicer()
    for name in names:
        answers_health.set(name, health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(answers_health, server)
    reflection.enable_server_reflection([*names, health.SERVICE_NAME, reflection.SERVICE_NAME], server)
    return answers_health
