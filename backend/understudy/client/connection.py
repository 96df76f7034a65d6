"""One channel to the backend: token, limits, retries, deadlines, and finding a server that has moved."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

import grpc
from google.protobuf.message import Message

from understudy.client.failures import error_of, was_dropped
from understudy.client.line_check import line_fault
from understudy.domain.errors import (
    BadSettings,
    NotAuthenticated,
    ServerUnreachable,
    TooManyCalls,
    Transient,
    UnderstudyError,
)
from understudy.domain.server_file import ServerLocation
from understudy.wire.limits import MAX_MESSAGE_BYTES, MAX_METADATA_BYTES

Response = TypeVar("Response", bound=Message)

REPEATABLE = (
    "ProductionService/GetProduction", "PeopleService/ListPeople", "ConsentService/ListConsents",
    "ConsentService/CheckConsent", "ShotService/GetShot", "ShotService/ListShots", "ShotService/ListTracks",
    "JobService/CreateJob", "JobService/GetJob", "JobService/ListJobs", "ModelService/ListModels",
    "ModelService/GetModel", "TakeService/ListTakes", "TakeService/GetTake", "TakeService/ListDeliveries",
    "MatteService/ListMatteLayers", "MatteService/GetMeasures", "PreviewService/GetJobPreview",
    "PreviewService/GetFrame", "PreviewService/GetPixels", "PreviewService/GetStrip",
    "PreviewService/GetSound", "CustodyService/ListEntries",
    "CustodyService/Verify", "EditService/AddEdits", "EditService/UndoEdit", "EditService/RedoEdit",
    "EditService/ListEdits", "EditService/GetSolved", "EditService/GetCurves",
    "FacesetService/ListFaces", "FacesetService/GetFacePictures", "FacesetService/GetCoverage",
    "EditService/GetTimeline", "TakeService/ListTakeFrames", "JobService/ListEvents", "JobService/GetLog",
    "JobService/ListSettings", "AccessService/ListTokens", "AccessService/RevokeToken",
    "AccessService/GetCaller", "MediaService/FindChunks",
)  # fmt: skip
"""Calls that may be sent twice: they change nothing, or carry a request id."""

PAUSES_S = (0.1, 0.3, 0.9)
"""Between attempts when the server says that too many of our calls are under way."""

_RETRY = {
    "maxAttempts": 4,
    "initialBackoff": "0.1s",
    "maxBackoff": "1s",
    "backoffMultiplier": 2,
    "retryableStatusCodes": ["UNAVAILABLE"],
}


def service_config() -> str:
    """The retry policy in gRPC's own JSON."""
    names = [dict(zip(("service", "method"), path.split("/"), strict=True)) for path in REPEATABLE]
    ours = [{"service": f"understudy.v1.{name['service']}", "method": name["method"]} for name in names]
    return json.dumps({"methodConfig": [{"name": ours, "retryPolicy": _RETRY}]})


OPTIONS = (
    ("grpc.service_config", service_config()),
    ("grpc.enable_retries", 1),
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_metadata_size", MAX_METADATA_BYTES),
    ("grpc.keepalive_time_ms", 30_000),  # notices a dead line while following a job
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    ("grpc.enable_http_proxy", 0),  # backends live in the house, not behind a web proxy
)


class Connection:
    """A channel to the place that `locate` names; it is asked again when nobody answers there any more."""

    def __init__(self, locate: Callable[[], ServerLocation]) -> None:
        self._locate = locate
        self._lock = threading.Lock()
        self._location = locate()
        self._channel = _open(self._location)
        self.closed = False

    @property
    def address(self) -> str:
        return self._location.address

    def close(self) -> None:
        with self._lock:
            self.closed = True
            self._channel.close()

    def call(self, path: str, request: Message, response: type[Response], *, deadline_s: float) -> Response:
        """One request, one answer. `path` is Service/Method. Raises: the backend's errors."""
        try:
            return self._call_in_turn(path, request, response, deadline_s)
        except (ServerUnreachable, NotAuthenticated, TooManyCalls) as error:  # too many with an old token
            repeatable = path in REPEATABLE or not isinstance(error, ServerUnreachable)
            if not (self.follow_server() and repeatable):
                raise
        return self._call_once(path, request, response, deadline_s)

    def _call_in_turn(
        self, path: str, request: Message, response: type[Response], deadline_s: float
    ) -> Response:
        """The call; asked again after a while when it was one too many at a time."""
        for pause_s in PAUSES_S if path in REPEATABLE else ():
            try:
                return self._call_once(path, request, response, deadline_s)
            except TooManyCalls:
                time.sleep(pause_s)
        return self._call_once(path, request, response, deadline_s)

    def _call_once(
        self, path: str, request: Message, response: type[Response], deadline_s: float
    ) -> Response:
        location, channel = self._location, self._channel
        method = channel.unary_unary(
            f"/understudy.v1.{path}",
            request_serializer=type(request).SerializeToString,
            response_deserializer=response.FromString,
        )
        try:
            return method(request, timeout=deadline_s, metadata=_authorization(location))
        except grpc.RpcError as failure:
            raise _fault_of(failure, location) from failure
        except ValueError as closed:  # gRPC's word for a channel that was closed
            raise ServerUnreachable(
                f"the connection to {location.address} is closed; connect again"
            ) from closed

    def stream(self, path: str, request: Message, response: type[Response]) -> Iterator[Response]:
        """One request, many answers, without a deadline. Raises: Transient when the line drops, or others."""
        location, channel = self._location, self._channel
        method = channel.unary_stream(
            f"/understudy.v1.{path}",
            request_serializer=type(request).SerializeToString,
            response_deserializer=response.FromString,
        )
        try:
            answers = method(request, metadata=_authorization(location))
        except ValueError as closed:
            raise ServerUnreachable(
                f"the connection to {location.address} is closed; connect again"
            ) from closed
        try:
            yield from answers
        except grpc.RpcError as failure:
            if was_dropped(failure):
                told = Transient(f"the line to {location.address} dropped")
                raise (line_fault(location) or told) from failure
            raise error_of(failure, address=location.address) from failure
        finally:
            answers.cancel()

    def send(self, path: str, requests: Iterator[Message], response: type[Response]) -> Response:
        """Many requests, one answer, without a deadline; what `requests` raises is raised here.

        Raises: Transient when the line drops, the backend's errors.
        """
        location, channel = self._location, self._channel
        broken: list[BaseException] = []

        def told() -> Iterator[Message]:
            try:
                yield from requests
            except BaseException as error:  # gRPC reads them on a thread of its own and would only log it
                broken.append(error)
                raise

        method = channel.stream_unary(
            f"/understudy.v1.{path}",
            request_serializer=_serialized,
            response_deserializer=response.FromString,
        )
        try:
            answer: Response = method(told(), metadata=_authorization(location))
            return answer
        except grpc.RpcError as failure:
            if broken:
                raise broken[0] from None
            if was_dropped(failure):
                told_error = Transient(f"the line to {location.address} dropped; send it again")
                raise (line_fault(location) or told_error) from failure
            raise error_of(failure, address=location.address) from failure
        except ValueError as closed:
            raise ServerUnreachable(
                f"the connection to {location.address} is closed; connect again"
            ) from closed

    def follow_server(self) -> bool:
        """Look again where the server is; True when it has moved or has another token, and we with it."""
        try:
            location = self._locate()
        except ServerUnreachable:  # no server at present; the caller says so
            return False
        with self._lock:
            if self.closed or location == self._location:
                return False
            self._channel.close()
            self._channel = _open(location)
            self._location = location
        return True


def _open(location: ServerLocation) -> grpc.Channel:
    if bool(location.client_certificate) != bool(location.client_key):
        raise BadSettings("a client certificate and its key belong together; give both or neither")
    if location.client_certificate and not location.certificate:
        raise BadSettings("a client certificate is for TLS; say with --certificate whose servers to trust")
    if location.certificate:
        credentials = grpc.ssl_channel_credentials(
            root_certificates=location.certificate.encode(),
            private_key=location.client_key.encode() or None,
            certificate_chain=location.client_certificate.encode() or None,
        )
        return grpc.secure_channel(location.address, credentials, options=OPTIONS)
    return grpc.insecure_channel(location.address, options=OPTIONS)


def _fault_of(failure: grpc.RpcError, location: ServerLocation) -> UnderstudyError:
    """The backend's error; when there was no line to it, what is wrong with the line."""
    fault = line_fault(location) if was_dropped(failure) else None
    return fault or error_of(failure, address=location.address)


def _serialized(request: Message) -> bytes:
    return request.SerializeToString()


def _authorization(location: ServerLocation) -> tuple[tuple[str, str], ...]:
    if not location.token.isascii() or not location.token.isprintable():
        raise BadSettings("the access token has characters that no token has; copy it again")
    return (("authorization", f"Bearer {location.token}"),)
