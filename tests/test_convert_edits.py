"""Edits and conversion: what they do to the picture, and exactly which frames are made again."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.drawn_plates import drawn_plate
from tests.drawn_takes import CONFIG, ONE_TRACK, SWAPPER, bits, entries, run, twenty_frames, whole_take

from understudy.domain.edit import (
    Action,
    AdjustConvert,
    ComposeMatte,
    Curve,
    KeyShape,
    KeyStrength,
    Mark,
    MarkFrames,
    Mode,
    MoveLandmarks,
    PaintStroke,
)
from understudy.domain.face import ShotFaces
from understudy.domain.frame import Rect
from understudy.domain.shot import Plate
from understudy.media.composite import composite
from understudy.media.layers import layers_path, read_layers
from understudy.media.video import open_plate
from understudy.solve import solve
from understudy.stages.convert.binding import Binding
from understudy.stages.convert.fingerprint import frame_fingerprints


@pytest.fixture(scope="module")
def shot(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plate, ShotFaces]:
    return twenty_frames(tmp_path_factory.mktemp("plate"))


@pytest.fixture(scope="module")
def take(shot: tuple[Plate, ShotFaces], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return whole_take(shot, tmp_path_factory.mktemp("take"))


def test_a_frame_that_holds_the_plate_needs_no_landmarks(
    shot: tuple[Plate, ShotFaces], tmp_path: Path
) -> None:
    held = MarkFrames(first=1003, last=1003, mark=Mark.HOLD_PLATE)
    outcome = run(shot, tmp_path, frames=(1002, 1003), undefined=(1003,), edits=(held,))
    assert outcome.written == (1002, 1003)
    assert outcome.held == (1003,)


def test_the_fingerprint_follows_what_decides_the_picture(shot: tuple[Plate, ShotFaces]) -> None:
    plate, bound = shot[0], {0: ("ben", "c1")}
    solved = solve(shot[1], [], frames=plate.frames)
    moved = solve(shot[1], entries((nudge(1002, shot[1]),)), frames=plate.frames)

    def of(plate=plate, solved=solved, bound=bound, config=CONFIG) -> str:  # type: ignore[no-untyped-def]
        return frame_fingerprints(plate, solved, bound, config, (1002,), {})[1002]

    first = of()
    assert first == of(plate=replace(plate, path="/elsewhere.mp4"), config=replace(CONFIG, batch=9))
    others = [
        of(solved=moved),
        of(bound={0: ("ben", "c2")}),
        of(bound={1: ("ben", "c1")}),
        of(config=replace(CONFIG, erode_px=5.0)),
        of(plate=replace(plate, sha256="0")),
    ]
    assert len({first, *others}) == 6


def nudge(frame: int, faces: ShotFaces, *, reach_frames: int = 0) -> MoveLandmarks:
    """A landmark key that moves the nose by a pixel."""
    x, y = faces.landmarks_NK3[faces.frame == frame][0, 4, :2]
    return MoveLandmarks(
        track=0, frame=frame, points=(4,), to=(float(x) + 1, float(y)), reach_frames=reach_frames
    )


def test_after_an_edit_exactly_the_frames_it_touches_are_made_again(
    shot: tuple[Plate, ShotFaces], take: Path, tmp_path: Path
) -> None:
    """The window is 4 frames to either side, 1005-1006 show nobody, and nothing crosses the cut at 1013."""
    plate, faces = shot
    folder = tmp_path / "take"
    shutil.copytree(take, folder)

    def written_after(*edits: Action) -> tuple[int, ...]:
        return run((plate, faces), folder, edits=edits).written

    assert written_after() == ()
    alone = AdjustConvert(first=1010, last=1011, settings={"erode_px": 6.0})
    assert written_after(alone) == (1010, 1011)  # settings are a frame's own
    assert written_after() == (1010, 1011)  # undone: as it was
    assert bits(folder) == bits(take)
    assert written_after(KeyStrength(frame=1019, value=1.0), KeyStrength(frame=1020, value=0.5)) == (1020,)
    assert written_after() == (1020,)
    assert written_after(nudge(1012, faces)) == (1008, 1009, 1010, 1011, 1012)  # its colours reach 4 frames
    assert written_after() == (1008, 1009, 1010, 1011, 1012)
    stroke = PaintStroke(frame=1014, mode=Mode.EXCLUDE, points=(80.0, 60.0, 85.0, 64.0), radius_px=4)
    assert written_after(stroke) == (1013, 1014, 1015, 1016, 1017, 1018)
    assert written_after() == (1013, 1014, 1015, 1016, 1017, 1018)
    held = MarkFrames(first=1003, last=1003, mark=Mark.HOLD_PLATE)
    assert written_after(held) == (1003,)
    assert read_layers(layers_path(folder, 1003)).faces == ()
    assert written_after(held, nudge(1002, faces)) == (1001, 1002, 1004)  # what is held needs nothing anew
    nobody_there = PaintStroke(frame=1005, mode=Mode.EXCLUDE, points=(80.0, 60.0), radius_px=4)
    assert written_after(held, nudge(1002, faces), nobody_there) == ()
    assert written_after() == (1001, 1002, 1003, 1004)
    assert bits(folder) == bits(take)


def test_what_is_cut_out_of_the_matte_keeps_the_plate_to_the_bit(
    shot: tuple[Plate, ShotFaces], take: Path, tmp_path: Path
) -> None:
    plate, faces = shot
    x, y = (float(v) for v in faces.landmarks_NK3[faces.frame == 1010][0, 4, :2])
    square = (x - 8, y - 8, x + 8, y - 8, x + 8, y + 8, x - 8, y + 8)
    hole = KeyShape(
        shape="hand", frame=1010, mode=Mode.EXCLUDE, points=square, curve=Curve.POLYGON, feather_px=1
    )
    run(shot, tmp_path, frames=(1010,), edits=(hole,))
    layers = read_layers(layers_path(tmp_path, 1010))
    middle = np.s_[
        int(y) - 5 - layers.rect.y : int(y) + 5 - layers.rect.y,
        int(x) - 5 - layers.rect.x : int(x) + 5 - layers.rect.x,
    ]
    assert layers.replaced_HW4[..., 3][middle].max() == 0
    picture = open_plate(plate).frame(1010).picture
    inside = Rect(int(x) - 4, int(y) - 4, 8, 8)
    np.testing.assert_array_equal(composite(picture, layers).region(inside), picture.region(inside))
    without = read_layers(layers_path(take, 1010))
    far = np.s_[: int(y) - 20 - layers.rect.y]
    np.testing.assert_allclose(layers.replaced_HW4[..., 3][far], without.replaced_HW4[..., 3][far], atol=2e-3)


def test_a_neighbours_edge_settings_count_where_something_is_in_front_of_it(
    shot: tuple[Plate, ShotFaces],
) -> None:
    """They move what its colours are measured on; its other settings are its own."""
    plate, faces = shot
    stroke = PaintStroke(frame=1018, mode=Mode.EXCLUDE, points=(80.0, 60.0), radius_px=6)

    def changed_by(settings: dict[str, float | str], *drawn: Action) -> list[int]:
        adjust = AdjustConvert(first=1018, last=1018, settings=settings)
        before, after = (
            frame_fingerprints(
                plate,
                solve(faces, entries(edits), frames=plate.frames),
                {0: ("ben", "c1")},
                CONFIG,
                tuple(plate.frames),
                {},
            )
            for edits in (drawn, (*drawn, adjust))
        )
        return [frame for frame in before if before[frame] != after[frame]]

    near = [1014, 1015, 1016, 1017, 1018, 1019, 1020]
    assert changed_by({"edge_erode_px": 3.0}, stroke) == near
    assert changed_by({"edge_erode_px": 3.0}) == [1018]
    assert changed_by({"grain": 0.0, "erode_px": 8.0}, stroke) == [1018]
    union = ComposeMatte(first=1018, last=1018, expression="keep - cut + face")
    assert changed_by({"erode_px": 8.0}, stroke, union) == near


def test_what_is_painted_at_one_face_is_not_covered_by_the_next(tmp_path: Path) -> None:
    """The crop of the second face reaches over the first; a stroke at the first is the first's alone."""
    plate, faces = drawn_plate(
        tmp_path / "two.mp4", frames=2, faces=2, size_wh=(280, 160), face_height_px=100
    )
    x, y = faces.landmarks_NK3[(faces.frame == 1002) & (faces.track == 0), :468, :2][0].max(0) - (6, 50)
    stroke = PaintStroke(frame=1002, mode=Mode.INCLUDE, points=(float(x), float(y)), radius_px=8)
    wide = replace(SWAPPER, card=replace(SWAPPER.card, crop_type="head"))
    bound = {
        0: Binding(person_id="ben", swapper=wide, person_index=1),
        1: Binding(person_id="ana", swapper=wide, person_index=0),
    }
    painted = []
    for name, bindings in (("one", {0: bound[0]}), ("both", bound)):
        run((plate, faces), tmp_path / name, frames=(1002,), bindings=bindings, edits=(stroke,))
        picture = composite(
            open_plate(plate).frame(1002).picture, read_layers(layers_path(tmp_path / name, 1002))
        )
        painted.append(picture.region(Rect(int(x) - 5, int(y) - 5, 8, 10)))
    np.testing.assert_allclose(painted[0], painted[1], atol=2.1 / 255)


def test_binding_another_track_makes_only_its_own_frames_again(tmp_path: Path) -> None:
    plate, faces = drawn_plate(tmp_path / "two.mp4", frames=6, faces=2, size_wh=(240, 120))
    faces = faces.select((faces.track == 0) | (faces.frame >= 1005))
    run((plate, faces), tmp_path / "take")
    other = Binding(person_id="ana", swapper=SWAPPER, person_index=0)
    assert run((plate, faces), tmp_path / "take", bindings={**ONE_TRACK, 1: other}).written == (1005, 1006)
