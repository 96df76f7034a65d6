"""The faceset service over a real connection, on a backend in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

import numpy as np
import pytest
from tests.fakes import FakeBackend
from tests.serving import TOKEN, running

from understudy.client import Client
from understudy.domain.errors import BadInput, NotFound
from understudy.domain.facesets import FaceChoice, FaceName, PersonFaces
from understudy.v1 import facesets_pb2 as pb
from understudy.wire.facesets import person_faces_from_wire, person_faces_to_wire


@pytest.fixture(scope="module")
def backend() -> FakeBackend:
    return FakeBackend()


@pytest.fixture(scope="module")
def client(backend: FakeBackend) -> Iterator[Client]:
    with running(backend) as server, Client(server.address, TOKEN) as connected:
        yield connected


def test_a_list_of_faces_arrives_column_by_column(client: Client, backend: FakeBackend) -> None:
    sent, got = backend.facesets.person_faces("Anna"), client.person_faces("Anna")
    for field in fields(PersonFaces):
        mine, theirs = getattr(got, field.name), getattr(sent, field.name)
        if isinstance(theirs, np.ndarray):
            assert mine.dtype == theirs.dtype and np.array_equal(mine, theirs), field.name
        else:
            assert mine == theirs, field.name
    assert client.person_faces("Anna", ["x", "y"]).shot_ids == ("x", "y")


def test_names_of_choices_are_those_of_the_contract() -> None:
    named = {name.removeprefix("FACE_CHOICE_"): number for name, number in pb.FaceChoice.items()}
    assert named == {"UNSPECIFIED": 0, **{choice.name: choice.value for choice in FaceChoice}}


def test_pictures_and_coverage(client: Client, backend: FakeBackend) -> None:
    faces = [FaceName(shot_id="a", frame=1001, track=0), FaceName(shot_id="b", frame=-3, track=7)]
    pictures = client.face_pictures(faces, 96)
    assert pictures.columns == 3 and pictures.jpeg.startswith(b"\xff\xd8")
    assert backend.facesets.asked == (tuple(faces), 96)
    assert client.coverage("Anna", "Bert") == backend.facesets.coverage("Anna", "Bert")


def test_errors_come_by_name(client: Client) -> None:
    with pytest.raises(NotFound):
        client.person_faces("Nobody")
    for call in (lambda: client.person_faces(""), lambda: client.coverage("Anna", "")):
        with pytest.raises(BadInput, match="does not say which"):
            call()
    with pytest.raises(BadInput, match="same"):
        client.coverage("Anna", "Anna")


def test_a_list_of_another_version_is_refused(backend: FakeBackend) -> None:
    message = person_faces_to_wire(backend.facesets.person_faces("Anna"))
    message.choices[0] = 99  # type: ignore[call-overload]
    with pytest.raises(BadInput, match="update"):
        person_faces_from_wire(message)
    message.choices[0] = pb.FACE_CHOICE_CHOSEN
    del message.smile[-1]
    with pytest.raises(BadInput, match="equally long"):
        person_faces_from_wire(message)
