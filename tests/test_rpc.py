"""The verbs, the errors and the token: a real server and a real client over a backend in memory."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import grpc
import numpy as np
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from tests import fakes
from tests.fake_pictures import JPEG
from tests.fakes import FakeBackend
from tests.serving import TOKEN, running

from understudy.client import Client
from understudy.domain import errors
from understudy.domain.frame import Rect
from understudy.domain.job import JobState
from understudy.domain.job_spec import ExtractSpec, TrainSpec
from understudy.domain.people import Basis, Consent, Need, Use
from understudy.domain.pictures import Encoding, Pixels
from understudy.domain.summary import Layer
from understudy.domain.time import FrameRange
from understudy.rpc.server import RunningServer

EXTRACT = ExtractSpec(shot_id=fakes.SHOT.id, settings={"batch": 4})


@dataclass(frozen=True)
class House:
    backend: FakeBackend
    server: RunningServer
    client: Client


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


def test_mattes_and_measures(house: House) -> None:
    client = house.client
    assert client.shot_mattes("A010").layers[0].layer == fakes.LAYER
    by_frame = client.take_measures(fakes.TAKE.id, frames="1001-1010", limit=3, by_frame=True)
    assert [row.frame for row in by_frame.frames] == [1001, 1002, 1003]
    assert (by_frame.contact_sheet, by_frame.frames[0].values) == ("1001-1010", {"seam": 1001.0})
    assert client.take_measures(fakes.TAKE.id, limit=1).frames[0].frame == 1084
    with pytest.raises(errors.BadInput, match="page of -1"):
        client.take_measures(fakes.TAKE.id, limit=-1)
    with pytest.raises(errors.BadInput, match="which take"):
        client.take_measures("")


def test_pictures(house: House) -> None:
    job = house.client.create_job(EXTRACT)
    assert house.client.job_preview(job.id) == JPEG
    picture = house.client.frame_picture(
        take_id=fakes.TAKE.id, frame=1002, layer=Layer.MATTE, max_width_px=640
    )
    assert picture.jpeg.endswith(b"matte 1002 640") and picture.version == "ab" * 8
    with pytest.raises(errors.FrameOutOfRange, match="1001-1084"):
        house.client.frame_picture(shot_id=fakes.SHOT.id, frame=7, layer=Layer.PLATE)
    with pytest.raises(errors.BadInput, match="which shot or take"):
        house.client.frame_picture(frame=1001, layer=Layer.PLATE)


def test_large_pixels_come_in_several_messages(house: House) -> None:
    def rows(rect: Rect, layer: Layer = Layer.PLATE) -> tuple[Pixels, list[float]]:
        found = house.client.pixels(
            shot_id="A010", frame=1001, layer=layer, rect=rect, encoding=Encoding.CODE
        )
        values = np.frombuffer(found.halfs, "<f2").reshape(found.height, -1)
        assert values.shape == (found.height, found.width * found.channels)
        assert (values == values[:, :1]).all()
        return found, values[:, 0].tolist()

    found, numbers = rows(Rect(500, 40, 1024, 1024))
    assert (found.y, found.height, found.width) == (40, 1024, 1024)
    assert numbers == list(range(40, 1064))
    assert rows(Rect(0, 398, 1024, 1024))[1] == list(range(398, 1080))  # ends with the first message
    assert rows(Rect(0, 300, 1024, 1024))[1] == list(range(300, 1080))
    assert rows(Rect(-5, -5, 1024, 1024), Layer.MATTE)[1] == list(range(1019))
    with pytest.raises(errors.BadInput, match="beside"):
        rows(Rect(0, 1080, 4, 4))


def test_strips_sound_and_earlier_previews(house: House) -> None:
    strip = house.client.strip(take_id=fakes.TAKE.id, frames=(1003, 1001), height_px=40)
    assert strip.width_px == 80 and strip.jpeg.endswith(b"(1003, 1001)")
    with pytest.raises(errors.BadInput, match="which shot or take"):
        house.client.strip(frames=(1001,), height_px=40)
    assert house.client.sound("A010", FrameRange(1001, 1010)) == b"RIFF 1001-1010"
    job = house.client.create_job(EXTRACT)
    assert house.client.job_preview(job.id, 7) == JPEG + b"7"


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
        house.backend.picture = JPEG


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
