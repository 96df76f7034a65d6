"""The looks that need no network: whose face they are for."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from tests.drawn_plates import drawn_plate

from understudy.config import ConvertConfig
from understudy.domain.edit import Action, AdjustConvert, BindTrack
from understudy.domain.edit_stack import EditEntry, entry_to_table
from understudy.domain.face import ShotFaces, save_faces
from understudy.domain.files import sha256_of
from understudy.domain.shot import Plate
from understudy.domain.summary import Layer
from understudy.stages.convert.desk import PreviewDesk
from understudy.work import PreviewTask


@pytest.fixture(scope="module")
def shot(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plate, ShotFaces, Path]:
    """Four frames of two faces; track 0 is seen on two of them only, and track 1 not on the last."""
    folder = tmp_path_factory.mktemp("desk")
    plate, faces = drawn_plate(folder / "two.mp4", frames=4, faces=2, size_wh=(240, 120))
    seen = ((faces.track == 0) & (faces.frame >= 1003)) | ((faces.track == 1) & (faces.frame <= 1003))
    faces = faces.select(seen)
    save_faces(faces, folder / "faces.safetensors")
    return plate, faces, folder / "faces.safetensors"


def looked_at(
    shot: tuple[Plate, ShotFaces, Path],
    frame: int,
    layer: Layer,
    *edits: Action,
    tried: dict[str, float | str] | None = None,
) -> npt.NDArray[np.uint8]:
    """What a fresh desk shows of a frame."""
    plate, _, path = shot
    entries = [EditEntry(revision=n, author="ada", at="", action=a) for n, a in enumerate(edits, start=1)]
    task = PreviewTask(
        shot_id="s1",
        plate=plate,
        faces=str(path),
        faces_sha256=sha256_of(path),
        edits_after=0,
        edits=[entry_to_table(entry) for entry in entries],
        frame=frame,
        layer=layer,
        bindings=(),
        config=ConvertConfig(),
        layers={},
        marked=False,
        max_width_px=0,
        tried=tried or {},
    )
    shown = PreviewDesk(threads=1).show(task)
    assert shown.revision == len(edits)
    return np.asarray(cv2.imdecode(np.frombuffer(shown.jpeg, np.uint8), cv2.IMREAD_GRAYSCALE), np.uint8)


def matte_at_noses(shot: tuple[Plate, ShotFaces, Path], frame: int, *edits: Action) -> dict[int, bool]:
    """Whether the matte is there where each face of the frame has its nose, by track."""
    matte, faces = looked_at(shot, frame, Layer.MATTE, *edits), shot[1]
    noses = {
        int(faces.track[row]): faces.landmarks_NK3[row, 4, :2] for row in np.flatnonzero(faces.frame == frame)
    }
    return {track: bool(matte[int(y), int(x)] > 200) for track, (x, y) in noses.items()}


def test_with_nobody_bound_the_matte_is_for_the_longest_track(shot: tuple[Plate, ShotFaces, Path]) -> None:
    assert shot[1].tracks == (1, 0)
    assert matte_at_noses(shot, 1003) == {0: False, 1: True}
    assert matte_at_noses(shot, 1003, BindTrack(track=0, person_id="ben")) == {0: True, 1: False}
    assert matte_at_noses(shot, 1004) == {0: True}  # the longest one is not here


def test_with_nobody_bound_the_crop_is_of_the_longest_track(shot: tuple[Plate, ShotFaces, Path]) -> None:
    shorter, longest = (
        looked_at(shot, 1003, Layer.CROP, BindTrack(track=track, person_id="ben")) for track in (0, 1)
    )
    assert not np.array_equal(shorter, longest)
    assert np.array_equal(looked_at(shot, 1003, Layer.CROP), longest)


def test_what_is_tried_counts_over_the_settings_of_the_frame(shot: tuple[Plate, ShotFaces, Path]) -> None:
    def area(tried: dict[str, float | str] | None, *edits: Action) -> int:
        return int((looked_at(shot, 1003, Layer.MATTE, *edits, tried=tried) > 128).sum())

    drawn_in = AdjustConvert(first=1003, last=1003, settings={"erode_px": 20.0})
    assert area(None, drawn_in) < area(None)
    assert area({"erode_px": 4.0}, drawn_in) == area({"erode_px": 4.0})
    assert area({"erode_px": 20.0}) == area(None, drawn_in)
