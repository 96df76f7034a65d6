"""Conversion of drawn plates with an untrained network: what is written, what not, always the same bits."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.drawn_plates import drawn_plate

from understudy.config import ConvertConfig, TrainConfig
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
from understudy.domain.edit_stack import EditEntry
from understudy.domain.errors import (
    BadSettings,
    FrameOutOfRange,
    FramesFailed,
    Stopped,
    TrackNotFound,
    WrongModelFamily,
)
from understudy.domain.face import ShotFaces
from understudy.domain.frame import Rect
from understudy.domain.job import Event, EventKind
from understudy.domain.shot import Plate
from understudy.media.colour import to_linear
from understudy.media.colour_match import to_oklab
from understudy.media.composite import composite
from understudy.media.layers import layers_path, read_layers
from understudy.media.pyramid import over
from understudy.media.video import open_plate
from understudy.networks.card import RecipeCard
from understudy.networks.checkpoint import LoadedSwapper
from understudy.networks.families import make_swapper
from understudy.networks.inference import BFLOAT16_TOLERANCE, FaceDrawer
from understudy.solve import solve
from understudy.stages.convert import Binding, ConvertOutcome, convert, frame_fingerprints
from understudy.stages.convert.window import with_neighbours

CONFIG = ConvertConfig(colour_window_frames=4, batch=4, device="cpu", threads=2)


def drawn_swapper(family: str = "quick", *, learn_mask: bool = True) -> LoadedSwapper:
    """A swapper as it is before training."""
    size_px = 64
    model = make_swapper(family, size_px=size_px, people=2, learn_mask=learn_mask, seed=3).eval()  # type: ignore[arg-type]
    card = RecipeCard(
        family=family,
        size_px=size_px,
        crop_type="full",
        encoding="srgb",
        people=("ana", "ben"),
        learn_mask=learn_mask,
        config=TrainConfig(),
        iterations=0,
        trained_s=0,
        crops_per_s=0,
        faceset_sha256=(),
        algorithm=1,
        precision="float32",
    )
    return LoadedSwapper(card=card, model=model, device=torch.device("cpu"))


SWAPPER = drawn_swapper()
ONE_TRACK = {0: Binding(person_id="ben", swapper=SWAPPER, person_index=1)}


@pytest.fixture(scope="module")
def shot(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plate, ShotFaces]:
    """20 frames; 1005 and 1006 show nobody; a cut at 1013."""
    path = tmp_path_factory.mktemp("plate") / "plate.mp4"
    return drawn_plate(path, frames=20, without=frozenset({1005, 1006}), cuts=(1013,))


def run(
    shot: tuple[Plate, ShotFaces],
    folder: Path,
    *,
    frames: tuple[int, ...] = (),
    config: ConvertConfig = CONFIG,
    bindings: dict[int, Binding] | None = None,
    edits: tuple[Action, ...] = (),
    undefined: tuple[int, ...] = (),  # frames whose solved landmarks are made undefined
    events: list[Event] | None = None,
    stopping: Callable[[], bool] = lambda: False,
) -> ConvertOutcome:
    solved = solve(shot[1], entries(edits), frames=shot[0].frames)
    solved.faces.landmarks_NK3[np.isin(solved.faces.frame, undefined)] = np.nan
    bound = ONE_TRACK if bindings is None else bindings
    chosen = frames or tuple(shot[0].frames)
    return convert(
        shot[0],
        solved,
        bound,
        config,
        chosen,
        folder,
        fingerprints=frame_fingerprints(
            shot[0],
            solved,
            {track: (one.person_id, "c1") for track, one in bound.items()},
            config,
            chosen,
            {},
        ),
        layers={},
        emit=(events if events is not None else []).append,
        stopping=stopping,
        people=("ana",),
    )


def entries(actions: tuple[Action, ...]) -> list[EditEntry]:
    """Actions as one artist's standing edits."""
    return [
        EditEntry(revision=number, author="ada", at="2026-01-01", action=action)
        for number, action in enumerate(actions, start=1)
    ]


def bits(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def take(shot: tuple[Plate, ShotFaces], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("take")
    outcome = run(shot, folder)
    assert (len(outcome.written), outcome.kept, outcome.without_face) == (20, (), (1005, 1006))
    return folder


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


def test_a_frame_that_holds_the_plate_needs_no_landmarks(
    shot: tuple[Plate, ShotFaces], tmp_path: Path
) -> None:
    held = MarkFrames(first=1003, last=1003, mark=Mark.HOLD_PLATE)
    outcome = run(shot, tmp_path, frames=(1002, 1003), undefined=(1003,), edits=(held,))
    assert outcome.written == (1002, 1003)
    assert outcome.held == (1003,)


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


def test_a_large_face_alone_has_the_bits_of_the_whole_shot(tmp_path: Path) -> None:
    """Its crop is shrunk by halvings, which must fall on the same pixels whatever else is looked at."""
    shot = drawn_plate(tmp_path / "large.mp4", frames=5, size_wh=(402, 302), face_height_px=190)
    run(shot, tmp_path / "whole")
    run(shot, tmp_path / "alone", frames=(1003,))
    name = layers_path(tmp_path, 1003).name
    assert bits(tmp_path / "alone") == {name: bits(tmp_path / "whole")[name]}


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


@pytest.mark.parametrize("family", ["quick", pytest.param("original", marks=pytest.mark.slow)])
def test_quick_drawing_equals_the_plain_forward_pass(family: str) -> None:
    swapper = drawn_swapper(family)
    crops = np.random.default_rng(1).random((5, 64, 64, 3), np.float32)
    with torch.inference_mode():
        wanted, wanted_mask = swapper.model(torch.from_numpy(crops).permute(0, 3, 1, 2), 1)
    exact = FaceDrawer(swapper, [1], batch=4, draw_mask=True, precision="float32")
    picture, mask = exact.draw(crops, 1)
    np.testing.assert_allclose(picture, wanted.permute(0, 2, 3, 1).numpy(), atol=2e-5)
    assert mask is not None
    np.testing.assert_allclose(mask, wanted_mask[:, 0].numpy(), atol=2e-5)
    fast, no_mask = FaceDrawer(swapper, [1], batch=4, draw_mask=False, precision="bfloat16").draw(crops, 1)
    assert np.abs(fast - picture).max() < BFLOAT16_TOLERANCE
    assert np.abs(fast - picture).mean() < BFLOAT16_TOLERANCE / 10
    assert (no_mask is None) == (family == "original")


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_face_is_drawn_alike_in_whatever_company(precision: str) -> None:
    crops = np.random.default_rng(2).random((11, 64, 64, 3), np.float32)
    drawer = FaceDrawer(SWAPPER, [0, 1], batch=8, draw_mask=True, precision=precision)  # type: ignore[arg-type]
    together, _ = drawer.draw(crops, 1)
    for i in (0, 7, 8, 10):
        alone, _ = drawer.draw(crops[i : i + 1], 1)
        assert np.array_equal(alone[0], together[i])
    assert drawer.draw(crops[:0], 1)[0].shape == (0, 64, 64, 3)
