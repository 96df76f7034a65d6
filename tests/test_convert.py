"""Conversion of drawn plates with an untrained network: what is written, what not, always the same bits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.drawn_plates import drawn_plate
from tests.drawn_takes import CONFIG, ONE_TRACK, SWAPPER, bits, drawn_swapper, run, twenty_frames, whole_take

from understudy.domain.errors import (
    BadSettings,
    FrameOutOfRange,
    FramesFailed,
    Stopped,
    TrackNotFound,
    WrongModelFamily,
)
from understudy.domain.face import ShotFaces
from understudy.domain.job import Event, EventKind
from understudy.domain.shot import Plate
from understudy.media.colour import to_linear
from understudy.media.colour_match import to_oklab
from understudy.media.layers import layers_path, read_layers
from understudy.media.pyramid import over
from understudy.media.video import open_plate
from understudy.stages.convert.binding import Binding
from understudy.stages.convert.neighbours import with_neighbours


@pytest.fixture(scope="module")
def shot(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plate, ShotFaces]:
    return twenty_frames(tmp_path_factory.mktemp("plate"))


@pytest.fixture(scope="module")
def take(shot: tuple[Plate, ShotFaces], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return whole_take(shot, tmp_path_factory.mktemp("take"))


def test_every_frame_gets_a_file_and_one_without_a_face_says_so(take: Path) -> None:
    assert [path.name for path in sorted(take.iterdir())] == [f"layers.{f}.exr" for f in range(1001, 1021)]
    empty, full = read_layers(layers_path(take, 1005)), read_layers(layers_path(take, 1010))
    assert empty.faces == () and empty.replaced_HW4[..., 3].max() == 0
    (patch,) = full.faces
    assert (patch.track, patch.person_id, patch.raw_SS3.shape) == (0, "ben", (64, 64, 3))


def test_the_layer_covers_the_face_and_ends_inside_its_rect(
    take: Path, shot: tuple[Plate, ShotFaces]
) -> None:
    layers = read_layers(layers_path(take, 1010))
    alpha = layers.replaced_HW4[..., 3]
    nose_x, nose_y = shot[1].landmarks_NK3[shot[1].frame == 1010][0, 4, :2]
    assert alpha[int(nose_y) - layers.rect.y, int(nose_x) - layers.rect.x] == 1
    rim = np.concatenate([alpha[0], alpha[-1], alpha[:, 0], alpha[:, -1]])
    assert rim.max() < 0.02
    assert np.isfinite(layers.replaced_HW4.astype(np.float32)).all()
    assert (layers.matte_HW <= alpha + 1e-3).all()


def test_a_few_frames_alone_have_the_bits_of_the_whole_shot(
    take: Path, shot: tuple[Plate, ShotFaces], tmp_path: Path
) -> None:
    run(shot, tmp_path, frames=(1003, 1012, 1013, 1020))
    whole = bits(take)
    assert bits(tmp_path) == {name: whole[name] for name in bits(tmp_path)}
    assert len(bits(tmp_path)) == 4


def test_a_resumed_render_makes_only_what_is_missing_and_the_same(
    take: Path, shot: tuple[Plate, ShotFaces], tmp_path: Path
) -> None:
    asked = iter([False, False, True])
    with pytest.raises(Stopped, match="frames were written"):
        run(shot, tmp_path, stopping=lambda: next(asked))
    begun = bits(tmp_path)
    assert 0 < len(begun) < 20
    layers_path(tmp_path, 1001).write_bytes(begun["layers.1001.exr"][:500])  # cut short by a full disk
    outcome = run(shot, tmp_path)
    assert len(outcome.kept) == len(begun) - 1
    assert 1001 in outcome.written
    assert bits(tmp_path) == bits(take)
    assert run(shot, tmp_path).written == ()


def test_other_settings_make_every_frame_again(shot: tuple[Plate, ShotFaces], tmp_path: Path) -> None:
    run(shot, tmp_path, frames=(1001, 1002))
    other = replace(CONFIG, erode_px=5.0)
    assert run(shot, tmp_path, frames=(1001, 1002), config=other).written == (1001, 1002)


def test_colour_of_the_result_is_the_plates(shot: tuple[Plate, ShotFaces], tmp_path: Path) -> None:
    config = replace(CONFIG, colour_window_frames=0, blend="alpha")
    run(shot, tmp_path, frames=(1002,), config=config)
    layers = read_layers(layers_path(tmp_path, 1002))
    plate = to_linear(open_plate(shot[0]).frame(1002).picture.region(layers.rect), shot[0].colour)
    inside = layers.matte_HW.astype(np.float32) > 0.99
    made = over(layers.replaced_HW4[..., :3], layers.replaced_HW4[..., 3], plate)
    difference = to_oklab(made[inside]).mean(0) - to_oklab(plate[inside]).mean(0)
    assert np.abs(difference).max() < 0.02


def test_a_plate_cut_off_fails_by_name_and_keeps_what_could_be_made(
    shot: tuple[Plate, ShotFaces], tmp_path: Path
) -> None:
    plate, faces = shot
    longer = replace(plate, last_index=plate.last_index + 2, file_frames=plate.file_frames + 2)
    last = faces.select(faces.frame == 1020)
    rows = [faces, replace(last, frame=last.frame + 1), replace(last, frame=last.frame + 2)]
    frame, track = np.concatenate([row.frame for row in rows]), np.concatenate([row.track for row in rows])
    more = faces.select(np.r_[np.arange(len(faces)), len(faces) - 1, len(faces) - 1])
    events: list[Event] = []
    with pytest.raises(FramesFailed, match="1021-1022"):
        run(
            (longer, replace(more, frame=frame, track=track)),
            tmp_path,
            frames=(1019, 1020, 1021, 1022),
            events=events,
        )
    assert [e.frame for e in events if e.kind is EventKind.FRAME_FAILED] == [1021, 1022]
    assert {e.error for e in events if e.kind is EventKind.FRAME_FAILED} == {"UnreadableMedia"}
    assert sorted(bits(tmp_path)) == ["layers.1019.exr", "layers.1020.exr"]


def test_undefined_landmarks_fail_their_frame_only(shot: tuple[Plate, ShotFaces], tmp_path: Path) -> None:
    plate, faces = shot
    copy = replace(faces, landmarks_NK3=faces.landmarks_NK3.copy())
    with pytest.raises(FramesFailed, match="1009"):
        run((plate, copy), tmp_path, frames=(1008, 1009), undefined=(1009,))
    assert sorted(bits(tmp_path)) == ["layers.1008.exr"]


def test_undefined_landmarks_of_the_machine_are_bridged(
    shot: tuple[Plate, ShotFaces], tmp_path: Path
) -> None:
    plate, faces = shot
    landmarks = faces.landmarks_NK3.copy()
    landmarks[faces.frame == 1009] = np.nan
    outcome = run((plate, replace(faces, landmarks_NK3=landmarks)), tmp_path, frames=(1008, 1009))
    assert (outcome.bridged, len(outcome.written)) == ((1009,), 2)


def test_undefined_network_output_is_never_written(shot: tuple[Plate, ShotFaces], tmp_path: Path) -> None:
    broken = drawn_swapper()
    with torch.no_grad():
        next(broken.model.decoders[1].parameters()).fill_(float("nan"))
    bindings = {0: Binding(person_id="ben", swapper=broken, person_index=1)}
    with pytest.raises(FramesFailed, match="undefined numbers"):
        run(shot, tmp_path, frames=(1001, 1002), bindings=bindings)
    assert bits(tmp_path) == {}


def test_several_faces_are_bound_by_track_in_one_pass(tmp_path: Path) -> None:
    shot = drawn_plate(tmp_path / "two.mp4", frames=3, faces=2, size_wh=(200, 120))
    both = {
        0: Binding(person_id="ben", swapper=SWAPPER, person_index=1),
        1: Binding(person_id="ana", swapper=SWAPPER, person_index=0),
    }
    run(shot, tmp_path / "both", bindings=both)
    run(shot, tmp_path / "left", bindings={0: both[0]})
    layers, left = (read_layers(layers_path(tmp_path / name, 1002)) for name in ("both", "left"))
    assert [(patch.track, patch.person_id) for patch in layers.faces] == [(0, "ben"), (1, "ana")]
    x, y = left.rect.x - layers.rect.x, left.rect.y - layers.rect.y
    clear = left.rect.width // 2  # the left half of the left face is out of the other's reach
    np.testing.assert_array_equal(
        layers.replaced_HW4[y : y + left.rect.height, x : x + clear], left.replaced_HW4[:, :clear]
    )
    for row in np.flatnonzero(shot[1].frame == 1002):
        nose_x, nose_y = shot[1].landmarks_NK3[row, 4, :2]
        assert layers.replaced_HW4[int(nose_y) - layers.rect.y, int(nose_x) - layers.rect.x, 3] == 1


@pytest.mark.parametrize("matte", ["learned", "hull-and-learned"])
def test_learned_mattes_stay_inside_what_they_are_made_from(
    shot: tuple[Plate, ShotFaces], take: Path, tmp_path: Path, matte: str
) -> None:
    sure = drawn_swapper()
    with torch.no_grad():
        sure.model.get_parameter("decoders.1.out.conv.bias")[12:] = 6.0  # the mask says face everywhere
    bindings = {0: Binding(person_id="ben", swapper=sure, person_index=1)}
    run(shot, tmp_path, frames=(1010,), bindings=bindings, config=replace(CONFIG, matte=matte))  # type: ignore[arg-type]
    learned, hull = (read_layers(layers_path(folder, 1010)) for folder in (tmp_path, take))
    assert learned.matte_HW.max() > 0.99
    alpha = learned.replaced_HW4[..., 3]
    assert max(alpha[0].max(), alpha[-1].max(), alpha[:, 0].max(), alpha[:, -1].max()) < 0.02
    if matte == "hull-and-learned":
        assert (learned.matte_HW <= hull.matte_HW + 2e-3).all()


def test_bridged_faces_are_converted_and_told(shot: tuple[Plate, ShotFaces], tmp_path: Path) -> None:
    plate, faces = shot
    events: list[Event] = []
    bridged = replace(faces, filled=(faces.frame == 1008) | (faces.frame == 1009))
    outcome = run((plate, bridged), tmp_path, frames=(1008, 1009, 1010), events=events)
    assert (outcome.bridged, len(outcome.written)) == ((1008, 1009), 3)
    assert any(e.kind is EventKind.NOTE and "1008-1009" in e.message for e in events)


def test_strength_scales_alpha(shot: tuple[Plate, ShotFaces], take: Path, tmp_path: Path) -> None:
    run(shot, tmp_path, frames=(1010,), config=replace(CONFIG, strength=0.5))
    half, full = (read_layers(layers_path(folder, 1010)) for folder in (tmp_path, take))
    np.testing.assert_allclose(half.replaced_HW4[..., 3] * 2, full.replaced_HW4[..., 3], atol=2e-3)
    np.testing.assert_allclose(half.matte_HW * 2, full.matte_HW, atol=2e-3)


def test_wrong_requests_are_refused_before_anything_is_done(
    shot: tuple[Plate, ShotFaces], tmp_path: Path
) -> None:
    folder = tmp_path / "take"
    with pytest.raises(TrackNotFound):
        run(shot, folder, bindings={7: ONE_TRACK[0]})
    with pytest.raises(FrameOutOfRange):
        run(shot, folder, frames=(999,))
    with pytest.raises(WrongModelFamily):
        run(shot, folder, bindings={0: replace(ONE_TRACK[0], person_index=2)})
    without_mask = {0: replace(ONE_TRACK[0], swapper=drawn_swapper(learn_mask=False))}
    with pytest.raises(BadSettings, match="hull"):
        run(shot, folder, bindings=without_mask, config=replace(CONFIG, matte="learned"))
    assert not folder.exists()


def test_neighbours_are_looked_at_within_track_and_camera_take() -> None:
    tracks = {frame: frozenset({0}) for frame in range(1, 30)} | {12: frozenset({1})}
    assert with_neighbours((10,), tracks, (9,), lambda _: 3) == (9, 10, 11, 13)
    assert with_neighbours((10,), tracks, (), lambda _: 0) == (10,)
    assert with_neighbours((), tracks, (), lambda _: 12) == ()


def test_a_large_face_alone_has_the_bits_of_the_whole_shot(tmp_path: Path) -> None:
    """Its crop is shrunk by halvings, which must fall on the same pixels whatever else is looked at."""
    shot = drawn_plate(tmp_path / "large.mp4", frames=5, size_wh=(402, 302), face_height_px=190)
    run(shot, tmp_path / "whole")
    run(shot, tmp_path / "alone", frames=(1003,))
    name = layers_path(tmp_path, 1003).name
    assert bits(tmp_path / "alone") == {name: bits(tmp_path / "whole")[name]}


def test_steadying_and_grain_change_the_face_and_not_where_it_is(
    shot: tuple[Plate, ShotFaces], take: Path, tmp_path: Path
) -> None:
    steadied = read_layers(layers_path(take, 1010))
    for name, change in (
        ("shimmering", {"temporal": 0.0}),
        ("clean", {"grain": 0.0}),
    ):
        run(shot, tmp_path / name, frames=(1010,), config=replace(CONFIG, **change))  # type: ignore[arg-type]
        other = read_layers(layers_path(tmp_path / name, 1010))
        assert other.rect == steadied.rect and np.array_equal(other.matte_HW, steadied.matte_HW)
        assert not np.array_equal(other.replaced_HW4, steadied.replaced_HW4), name
        assert np.array_equal(other.faces[0].raw_SS3, steadied.faces[0].raw_SS3)
