"""A hand in front of the face, through a real server: one key, carried on, exported, taken away again."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from tests.running_backend import RunningBackend

from understudy.client import Client
from understudy.demo.tiny_shot import TinyShot
from understudy.domain.edit import Curve, KeyShape, Mode
from understudy.domain.errors import BadMatte, ConsentMissing, NotFound
from understudy.domain.job_spec import (
    ExportSpec,
    ExtractSpec,
    ImportMatteSpec,
    IngestSpec,
    PropagateSpec,
)
from understudy.domain.people import Basis, Consent, Use
from understudy.domain.time import FrameRange, parse_frames
from understudy.store.production import Production

KEY, FIRST, LAST = 1012, 1009, 1015


@dataclass(frozen=True)
class House:
    backend: RunningBackend
    shot: str
    person: str

    @property
    def client(self) -> Client:
        return self.backend.client


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, tiny_shot: TinyShot) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("mattes") / "production"
    Production.create(folder, "Mattes")
    backend = RunningBackend.start(folder)
    try:
        person = backend.client.create_person("performer")
        ingested = backend.do(IngestSpec(path=str(tiny_shot.plate), name="plate", person_id=person.id))
        shot = str(ingested.result["shot_id"])
        backend.do(ExtractSpec(shot_id=shot))
        yield House(backend, shot, person.id)
    finally:
        backend.stop()


def record_consent(house: House) -> None:
    consent = Consent(
        id="",
        person_id=house.person,
        production_id="",
        basis=Basis.SYNTHETIC,
        uses=frozenset({Use.REPLACE}),
        valid_from=date(2020, 1, 1),
        valid_to=date(2090, 1, 1),
        description="A made-up performer.",
    )
    house.client.record_consent(consent)


def face_at(house: House, frame: int) -> tuple[float, float, float]:
    """Centre and side of the face's square."""
    x, y, side, _ = house.client.solved(house.shot, FrameRange(frame, frame)).square_N4[0]
    return float(x), float(y), float(side)


def shape_over_the_mouth(house: House) -> KeyShape:
    x, y, side = face_at(house, KEY)
    left, right, top, bottom = x - 0.2 * side, x + 0.2 * side, y + 0.1 * side, y + 0.35 * side
    points = (left, top, right, top, right, bottom, left, bottom)
    return KeyShape(
        shape="hand", frame=KEY, mode=Mode.EXCLUDE, points=points, curve=Curve.POLYGON, feather_px=0
    )


def layers_at(house: House, frame: int) -> tuple[str, ...]:
    plan = house.client.solved(house.shot, FrameRange(frame, frame)).plans.get(frame)
    return tuple(use.layer_id for use in plan.layers) if plan else ()


def exported(house: House, folder: Path, frames: str) -> dict[int, npt.NDArray[np.float32]]:
    job = house.backend.do(ExportSpec(shot_id=house.shot, format="png", frames=frames, folder=str(folder)))
    place = Path(str(job.result["folder"]))
    files = [place / name for name in job.result["files"]]  # type: ignore[attr-defined]
    pictures = [cv2.imread(str(path), cv2.IMREAD_UNCHANGED) for path in files]
    return {
        frame: np.asarray(picture, np.float32) / np.float32(65535)
        for frame, picture in zip(parse_frames(frames), pictures, strict=True)
        if picture is not None
    }


def value_at(matte_HW: npt.NDArray[np.float32], x: float, y: float) -> float:
    return float(matte_HW[int(y), int(x)])


def test_a_key_is_carried_used_exported_and_taken_away(house: House, tmp_path: Path) -> None:
    client = house.client
    spec = PropagateSpec(shot_id=house.shot, frames=f"{FIRST}-{LAST}", name="hand", author="ben")
    with pytest.raises(BadMatte, match="no keyed frame"):
        house.backend.do(spec)
    client.add_edits(house.shot, [shape_over_the_mouth(house)], author="ann", seen_revision=0)
    with pytest.raises(ConsentMissing, match="performer"):
        house.backend.do(spec)
    record_consent(house)
    done = house.backend.do(spec)
    made = parse_frames(str(done.result["frames"]))
    assert {KEY - 1, KEY + 1} <= set(made) <= set(range(FIRST, LAST + 1))

    mattes = client.shot_mattes(house.shot)
    (entry,) = mattes.layers
    assert mattes.keyed == str(KEY)
    assert entry.layer.id == done.result["layer_id"] == done.id
    assert entry.used == entry.layer.frames == done.result["frames"]
    used_on = KEY + 2
    assert layers_at(house, used_on) == (done.id,)

    x, y, side = face_at(house, used_on)
    before = exported(house, tmp_path / "with", f"{used_on}")[used_on]
    assert value_at(before, x, y + 0.2 * side) < 0.1, "the hand is not cut out"
    assert value_at(before, x - 0.1 * side, y - 0.1 * side) > 0.9, "the rest of the face is gone"

    seen = client.edits(house.shot).revision
    undone = client.undo_edit(house.shot, author="ben", seen_revision=seen)
    assert layers_at(house, used_on) == ()
    assert client.shot_mattes(house.shot).layers[0].used == ""
    client.redo_edit(house.shot, author="ben", seen_revision=undone.revision)
    assert layers_at(house, used_on) == (done.id,)


@pytest.mark.slow
def test_exported_mattes_come_back_as_a_layer(house: House, tmp_path: Path) -> None:
    record_consent(house)
    mattes = exported(house, tmp_path, "1001-1003")
    (folder,) = tmp_path.iterdir()
    brought = house.backend.do(
        ImportMatteSpec(shot_id=house.shot, path=str(folder / "plate.matte.####.png"), name="comp")
    )
    assert brought.result["frames"] == "1001-1003"
    again = exported(house, tmp_path / "again", "1002")[1002]
    assert np.abs(again - mattes[1002] ** 2).max() < 0.02, "face & face is not the face squared"
    assert layers_at(house, 1002) == (brought.id,)


def test_alignments_and_lists_on_the_command_line(house: House, tmp_path: Path) -> None:
    record_consent(house)
    answers = run(house, "export", "plate", "alignments", "--to", str(tmp_path), "-F", "1001-1004")
    (path,) = tmp_path.rglob("*.json")
    record = json.loads(path.read_text())
    assert [face["frame"] for face in record["faces"]] == [1001, 1002, 1003, 1004]
    assert json.loads(answers[-1])["state"] == "done"
    (listed,) = run(house, "mattes", "plate")
    assert "keyed" in json.loads(listed)


def run(house: House, *arguments: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-m", "understudy", "-p", str(house.backend.folder), "--json", *arguments],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return done.stdout.splitlines()


def test_layers_that_are_not_there_are_named(house: House) -> None:
    with pytest.raises(NotFound, match="nowhere"):
        house.client.shot_mattes("nowhere")
    with pytest.raises(NotFound, match="nothing"):
        house.client.take_measures("nothing")
