"""A real server on loopback and a real client, over a backend that lives in memory."""

from __future__ import annotations

import hashlib
import hmac
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from tests import fakes
from tests.fakes import FakeBackend

from understudy.client import Client
from understudy.domain import errors
from understudy.domain.job import Event, EventKind, JobState
from understudy.domain.job_spec import ConvertSpec, ExtractSpec, TrainSpec
from understudy.domain.people import Basis, Consent, Need, Use
from understudy.domain.server_file import (
    ServerLocation,
    read_server_file,
    remove_server_file,
    write_server_file,
)
from understudy.domain.summary import Layer
from understudy.rpc.server import RunningServer, is_local, serve

TOKEN = "correct-horse-battery-staple"
EXTRACT = ExtractSpec(shot_id=fakes.SHOT.id, settings={"batch": 4})


def token_check(token: str) -> bool:
    digests = [hashlib.sha256(text.encode()).digest() for text in (token, TOKEN)]
    return hmac.compare_digest(*digests)


@dataclass(frozen=True)
class House:
    backend: FakeBackend
    server: RunningServer
    client: Client


@contextmanager
def running(
    backend: FakeBackend, address: str = "127.0.0.1:0", max_workers: int = 8
) -> Iterator[RunningServer]:
    server = serve(backend, token_check=token_check, address=address, max_workers=max_workers)
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    backend = FakeBackend()
    with running(backend) as server, Client(server.address, TOKEN) as client:
        yield House(backend, server, client)


def every_error() -> list[type[errors.UnderstudyError]]:
    found = [errors.UnderstudyError]
    for cls in found:
        found += cls.__subclasses__()
    return [cls for cls in found if cls.__module__ == errors.__name__]


# Verbs


def test_people_and_consents(house: House) -> None:
    client = house.client
    person = client.create_person("Ada")
    assert client.people() == [person]
    with pytest.raises(errors.Conflict, match="Ada"):
        client.create_person("Ada")
    consent = Consent(
        id="",
        person_id=person.id,
        production_id="",
        basis=Basis.EVALUATION,
        uses=frozenset({Use.TRAIN, Use.REPLACE}),
        valid_from=date(2026, 1, 1),
        valid_to=date(2026, 12, 31),
        description="trial",
        footage=(("ab" * 32, "a public clip"),),
    )
    kept = client.record_consent(consent)
    assert kept == replace(consent, id=kept.id, production_id="prod")
    assert client.consents(person.id) == [kept]
    needs = [Need(person_id=person.id, use=Use.TRAIN)]
    assert client.check_consent(needs).consent_ids == (kept.id,)
    assert client.revoke_consent(kept.id, "asked for it").revoked_why == "asked for it"
    with pytest.raises(errors.ConsentMissing, match="train"):
        client.check_consent(needs)
    assert client.purge_person(person.id).outside == (fakes.PLATE.path,)
    assert client.people() == []


def test_what_the_production_has(house: House) -> None:
    client = house.client
    assert client.get_production() == house.backend.get_production()
    assert client.shots() == [fakes.SHOT] and client.shot("A010") == fakes.SHOT
    assert client.tracks(fakes.SHOT.id)[0].faces == 84
    assert client.models() == [fakes.MODEL] and client.model("swap") == fakes.MODEL
    assert client.takes(fakes.SHOT.id) == [fakes.TAKE] and client.take(fakes.TAKE.id) == fakes.TAKE
    assert client.deliveries() == [fakes.DELIVERY] and client.deliveries("another") == []
    assert client.verify_custody().entries == 250
    assert [entry.sequence for entry in client.custody_entries(after=240, limit=20)] == list(range(241, 251))
    with pytest.raises(errors.NotFound, match="nothing"):
        client.take("nothing")


def test_pictures(house: House) -> None:
    job = house.client.create_job(EXTRACT)
    assert house.client.job_preview(job.id) == fakes.JPEG
    picture = house.client.frame_picture(
        take_id=fakes.TAKE.id, frame=1002, layer=Layer.MATTE, max_width_px=640
    )
    assert picture.endswith(b"matte 1002 640")
    with pytest.raises(errors.FrameOutOfRange, match="1001-1084"):
        house.client.frame_picture(shot_id=fakes.SHOT.id, frame=7, layer=Layer.PLATE)
    with pytest.raises(errors.BadInput, match="which shot or take"):
        house.client.frame_picture(frame=1001, layer=Layer.PLATE)


def test_the_same_request_makes_one_job(house: House) -> None:
    spec = TrainSpec(name="m", people=("a", "b"), shot_ids=("s",), settings={"iterations": 10})
    first, again = (house.client.create_job(spec, "request-1") for _ in range(2))
    assert first == again == house.client.job(first.id)
    assert house.backend.job(first.id).spec["settings"] == {"iterations": 10}
    with pytest.raises(errors.Conflict, match="request-1"):
        house.client.create_job(EXTRACT, "request-1")


def test_jobs_come_page_by_page() -> None:
    backend = FakeBackend()
    made = [backend.create_job(EXTRACT, f"r{n}").id for n in range(230)]
    backend.cancel_job(made[5])
    with running(backend) as server, Client(server.address, TOKEN) as client:
        assert [job.id for job in client.jobs()] == sorted(made)
        assert [job.id for job in client.jobs([JobState.CANCELLED])] == [made[5]]


# Errors


@pytest.mark.parametrize("cls", every_error())
def test_every_error_crosses_as_itself(house: House, cls: type[errors.UnderstudyError]) -> None:
    house.backend.failure = cls("the plate is »gone«; look for it")
    with pytest.raises(errors.UnderstudyError, match="»gone«") as caught:
        house.client.retry_job("any")
    assert type(caught.value) is cls


def test_what_changes_nothing_is_asked_again_after_a_passing_trouble(house: House) -> None:
    house.backend.failure = errors.DeviceOutOfMemory("no memory left just now")
    assert house.client.shots() == [fakes.SHOT]


def test_a_long_error_message_is_cut_and_arrives(house: House) -> None:
    house.backend.failure = errors.FramesFailed("frames are missing: " + "木" * 20_000)
    with pytest.raises(errors.FramesFailed, match=r"^frames are missing: 木+ …$"):
        house.client.shots()


def test_a_fault_in_the_server_tells_only_a_number(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.backend.failure = KeyError("secret")
    with (
        caplog.at_level(logging.ERROR),
        pytest.raises(errors.UnderstudyError, match="unexpected error") as caught,
    ):
        house.client.shots()
    number = str(caught.value).split()[2]
    assert "secret" not in str(caught.value)
    assert number in caplog.text and "KeyError" in caplog.text


def test_too_large_a_request_or_picture_is_named(house: House) -> None:
    with pytest.raises(errors.BadInput, match="4 MiB"):
        house.client.create_job(replace(EXTRACT, settings={"note": "x" * (5 * 2**20)}))
    house.backend.picture = b"x" * (4 * 2**20)
    try:
        with pytest.raises(errors.BadInput, match="smaller width"):
            house.client.frame_picture(shot_id="A010", frame=1001, layer=Layer.PLATE)
    finally:
        house.backend.picture = fakes.JPEG


# Who may call


@pytest.mark.parametrize("token", ["", "wrong", TOKEN + "x"])
def test_a_wrong_token_is_refused(house: House, token: str) -> None:
    with Client(house.server.address, token) as client:
        with pytest.raises(errors.NotAuthenticated):
            client.shots()
        with pytest.raises(errors.NotAuthenticated):
            list(client.watch("any"))


def test_health_is_open_and_reflection_wants_the_token(house: House) -> None:
    names = reflection_pb2.ServerReflectionRequest(list_services="")
    with grpc.insecure_channel(house.server.address) as channel:
        health: Any = health_pb2_grpc.HealthStub(channel)
        request = health_pb2.HealthCheckRequest(service="understudy.v1.JobService")
        assert health.Check(request).status == health_pb2.HealthCheckResponse.SERVING
        reflection: Any = reflection_pb2_grpc.ServerReflectionStub(channel)
        reflect = reflection.ServerReflectionInfo
        with pytest.raises(grpc.RpcError) as caught:
            next(reflect(iter([names])))
        assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
        answer = next(reflect(iter([names]), metadata=(("authorization", f"Bearer {TOKEN}"),)))
    services = {service.name for service in answer.list_services_response.service}
    assert {"understudy.v1.JobService", "grpc.health.v1.Health"} <= services


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("127.0.0.1:0", True),
        ("localhost:50051", True),
        ("[::1]:50051", True),
        ("unix:/run/understudy.sock", True),
        ("0.0.0.0:50051", False),
        ("[::]:50051", False),
        ("renderbox:50051", False),
    ],
)
def test_only_local_addresses_go_without_tls(address: str, local: bool) -> None:
    assert is_local(address) is local
    if not local:
        with pytest.raises(errors.BadSettings, match="TLS"):
            serve(FakeBackend(), token_check=token_check, address=address)


def test_a_taken_port_is_named(house: House) -> None:
    with pytest.raises(errors.Conflict, match=house.server.address):
        serve(FakeBackend(), token_check=token_check, address=house.server.address)


def test_tls_opens_the_server_to_the_network(tmp_path: Path) -> None:
    key, certificate = self_signed("localhost")
    credentials = grpc.ssl_server_credentials([(key, certificate)])
    server = serve(FakeBackend(), token_check=token_check, address="0.0.0.0:0", credentials=credentials)
    port = int(server.address.rpartition(":")[2])
    try:
        location = ServerLocation(
            address=f"localhost:{port}", token=TOKEN, pid=1, certificate=certificate.decode()
        )
        write_server_file(tmp_path, location)
        with Client.of_production(tmp_path) as client:
            assert client.shots() == [fakes.SHOT]
        with Client(location.address, TOKEN) as plain, pytest.raises(errors.ServerUnreachable):
            plain.shots()
    finally:
        server.stop()


def self_signed(host: str) -> tuple[bytes, bytes]:
    """A private key and its own certificate for `host`, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    today = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private, certificate.public_bytes(serialization.Encoding.PEM)


def test_nobody_there_is_named() -> None:
    with (
        Client("127.0.0.1:1", TOKEN) as client,
        pytest.raises(errors.ServerUnreachable, match=r"127\.0\.0\.1:1"),
    ):
        client.shots()


# Following jobs


def progress(done: int) -> Event:
    return Event(kind=EventKind.PROGRESS, done=done, total=4, unit="frames", values={"sharp": 0.5})


def test_waiting_tells_events_and_gives_the_job(house: House) -> None:
    backend = house.backend
    job = house.client.create_job(EXTRACT)
    heard: list[Event] = []

    def work() -> None:
        backend.move(job.id, JobState.RUNNING)
        for done in range(1, 5):
            backend.tell(job.id, progress(done))
        backend.move(job.id, JobState.DONE)

    worker = threading.Timer(0.1, work)
    worker.start()
    ended = house.client.wait(job.id, heard.append)
    worker.join()
    assert ended.state is JobState.DONE
    assert [event.sequence for event in heard] == [1, 2, 3, 4, 5, 6]
    assert [event.done for event in heard if event.kind is EventKind.PROGRESS] == [1, 2, 3, 4]
    assert [event.sequence for event in house.client.watch(job.id, after_sequence=4)] == [5, 6]


def test_waiting_raises_what_ended_the_job(house: House) -> None:
    backend, client = house.backend, house.client
    failed = client.create_job(ConvertSpec(shot_id="s", model_id="m"))
    backend.move(failed.id, JobState.RUNNING)
    backend.move(failed.id, JobState.FAILED, errors.DeviceOutOfMemory("no memory left; use a smaller batch"))
    with pytest.raises(errors.DeviceOutOfMemory, match="smaller batch"):
        client.wait(failed.id)
    assert client.retry_job(failed.id).state is JobState.QUEUED
    assert client.cancel_job(failed.id).state is JobState.CANCELLED
    with pytest.raises(errors.Stopped):
        client.wait(failed.id)
    with pytest.raises(errors.NotFound):
        client.wait("nothing")


@pytest.mark.parametrize("same_port", [True, False], ids=["same port", "another port"])
def test_following_survives_a_restarted_server(tmp_path: Path, same_port: bool) -> None:
    backend = FakeBackend()
    job = backend.create_job(EXTRACT, "r")
    backend.move(job.id, JobState.RUNNING)
    heard: list[int] = []
    with running(backend) as first:
        write_server_file(tmp_path, ServerLocation(address=first.address, token=TOKEN, pid=1))
        client = Client.of_production(tmp_path)
        follower = threading.Thread(target=lambda: heard.extend(e.sequence for e in client.watch(job.id)))
        follower.start()
        backend.tell(job.id, progress(1))
        time.sleep(0.2)
    backend.tell(job.id, progress(2))  # while nobody serves
    time.sleep(0.3)
    with running(backend, first.address if same_port else "127.0.0.1:0") as second:
        write_server_file(tmp_path, ServerLocation(address=second.address, token=TOKEN, pid=2))
        backend.tell(job.id, progress(3))
        backend.move(job.id, JobState.DONE)
        follower.join(10)
        assert not follower.is_alive()
        assert heard == [1, 2, 3, 4, 5]
        assert client.shots() == [fakes.SHOT]
        client.close()


def test_following_gives_up_in_the_end() -> None:
    backend = FakeBackend()
    job = backend.create_job(EXTRACT, "r")
    with running(backend) as server, Client(server.address, TOKEN) as client:
        events = client.watch(job.id, patience_s=0.5)
        backend.tell(job.id, progress(1))
        assert next(events).done == 1
        server.stop()
        with pytest.raises(errors.ServerUnreachable, match="from event 1"):
            next(events)


def test_followers_leave_threads_for_others() -> None:
    backend = FakeBackend()
    job = backend.create_job(EXTRACT, "r")
    backend.tell(job.id, progress(1))
    with running(backend, max_workers=4) as server, Client(server.address, TOKEN) as client:
        followers = [client.watch(job.id) for _ in range(2)]
        assert [next(events).done for events in followers] == [1, 1]
        third = client.watch(job.id, patience_s=0.0)
        with pytest.raises(errors.ServerUnreachable):
            next(third)
        assert client.shots() == [fakes.SHOT]
        followers[0].close()  # type: ignore[attr-defined]
        assert next(client.watch(job.id)).done == 1


# The server file


def test_the_server_file_is_private_and_leaves_with_its_server(tmp_path: Path) -> None:
    location = ServerLocation(address="127.0.0.1:5", token=TOKEN, pid=77)
    write_server_file(tmp_path, location)
    path = tmp_path / "server.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_server_file(tmp_path) == location
    assert TOKEN not in repr(location)
    remove_server_file(tmp_path, pid=78)
    assert path.exists()
    remove_server_file(tmp_path, pid=77)
    assert not path.exists()
    with pytest.raises(errors.ServerUnreachable, match="understudy serve"):
        Client.of_production(tmp_path)
    path.write_text("{}")
    with pytest.raises(errors.ServerUnreachable, match="start the server again"):
        read_server_file(tmp_path)
