"""Carrying mattes: past the drawn fingers, between keys, over cuts, and every way it must refuse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.occluded_plates import FIRST, occluded_shot, solved_of

from understudy.config import PropagateConfig
from understudy.demo.occluder import make_occluded_clip
from understudy.demo.tiny_shot import TinyShot
from understudy.demo.truth import Truth, load_truth
from understudy.domain.errors import BadMatte, BadSettings, FrameOutOfRange, Stopped
from understudy.domain.job import Event, EventKind
from understudy.domain.shot import Plate
from understudy.domain.solved import FramePlan, MatteState, SolvedShot
from understudy.matte.carry import CarriedLayer, Measures, parts_of
from understudy.matte.drift import drift_score
from understudy.matte.layer import LayerOutcome, frame_done, layer_index, read_layer
from understudy.matte.propagate import Carried, blended, overlap
from understudy.matte.work_region import face_region
from understudy.media.video import open_plate
from understudy.stages.ingest import ingest
from understudy.stages.propagate import plan_spans, propagate

FRAMES, HEIGHT, SEED = 40, 216, 2
KEY = 26


@dataclass(frozen=True)
class Clip:
    plate: Plate
    truth: Truth
    fingers: np.ndarray  # (N, H, W) 0..1

    def shot(self, *keys: int, cuts: tuple[int, ...] = ()) -> SolvedShot:
        return occluded_shot(self.truth, keys, seed=SEED, height=HEIGHT, cuts=cuts)


@pytest.fixture(scope="module")
def clip(tiny_shot: TinyShot, tmp_path_factory: pytest.TempPathFactory) -> Clip:
    folder = tmp_path_factory.mktemp("occluded")
    made = make_occluded_clip(
        tiny_shot.plate, tiny_shot.matte, folder, frames=FRAMES, seed=SEED, noise_codes=1.0
    )
    video = cv2.VideoCapture(str(made.occluder))
    fingers = np.stack([video.read()[1][..., 0] for _ in range(FRAMES)]) / np.float32(255)
    return Clip(ingest(made.plate), load_truth(made.truth), fingers)


def run(
    clip: Clip,
    solved: SolvedShot,
    folder: Path,
    *,
    keys: tuple[int, ...] = (),
    frames: tuple[int, ...] = (),
    source: str = "cut",
    config: PropagateConfig | None = None,
    emit: Callable[[Event], None] = lambda event: None,
    stopping: Callable[[], bool] = lambda: False,
) -> LayerOutcome:
    return propagate(
        clip.plate, solved, keys=keys, frames=frames, source=source, layers={},
        config=config or PropagateConfig(max_frames=8, threads=1), folder=folder, people=("rowan",),
        emit=emit, stopping=stopping,
    )  # fmt: skip


def likeness(clip: Clip, folder: Path, frame: int) -> float:
    """IoU of the carried fingers with the true ones near the face."""
    x, y, width, height = clip.truth.box_N4[frame - FIRST].astype(int)
    area = np.s_[max(0, y) : y + height, max(0, x) : x + width]
    carried = read_layer(folder, frame, clip.plate.display_window)
    return overlap(carried[area], clip.fingers[frame - FIRST][area])


def test_fingers_are_followed_both_ways(clip: Clip, tmp_path: Path) -> None:
    events: list[Event] = []
    outcome = run(clip, clip.shot(KEY), tmp_path, emit=events.append)
    key = FIRST + KEY
    assert outcome.frames == (*range(key - 8, key), *range(key + 1, key + 9))
    assert min(likeness(clip, tmp_path, frame) for frame in outcome.frames) > 0.85
    still = clip.fingers[KEY]
    assert overlap(still, clip.fingers[KEY + 8]) < 0.7  # they did move
    assert max(outcome.scores.values()) < 0.5 and outcome.notes == ()
    index = layer_index(tmp_path)
    assert index.people == ("rowan",) and set(index.frames) == set(outcome.frames)
    assert [e.done for e in events if e.kind is EventKind.PROGRESS][-1] == 16


@pytest.mark.slow
def test_the_same_bits_come_out_again(clip: Clip, tmp_path: Path) -> None:
    shot, config = clip.shot(KEY), PropagateConfig(max_frames=3, threads=1)
    run(clip, shot, tmp_path / "one", config=config)
    run(clip, shot, tmp_path / "two", config=config)
    one, two = (layer_index(tmp_path / name).frames for name in ("one", "two"))
    assert one == two


def test_between_two_keys_both_directions_meet(clip: Clip, tmp_path: Path) -> None:
    outcome = run(clip, clip.shot(KEY, KEY + 6), tmp_path, frames=tuple(range(FIRST + KEY, FIRST + KEY + 7)))
    assert outcome.frames == tuple(range(FIRST + KEY + 1, FIRST + KEY + 6))
    assert min(likeness(clip, tmp_path, frame) for frame in outcome.frames) > 0.9


def test_nothing_is_carried_over_a_cut(clip: Clip, tmp_path: Path) -> None:
    cut = FIRST + KEY + 3
    outcome = run(clip, clip.shot(KEY, cuts=(cut,)), tmp_path)
    assert max(outcome.frames) == cut - 1 and min(outcome.frames) == FIRST + KEY - 8


def test_a_picture_without_the_layer_is_doubted(clip: Clip) -> None:
    with open_plate(clip.plate) as reader:
        first = reader.frame(FIRST + KEY).picture.region(clip.plate.display_window)
    layer = CarriedLayer(first, clip.fingers[KEY])
    noise = np.random.default_rng(1).uniform(0, 1, first.shape).astype(np.float32)
    assert drift_score(layer.step(noise).measures) > 0.5


@pytest.mark.slow
def test_drift_over_the_limit_ends_a_direction_and_is_told(clip: Clip, tmp_path: Path) -> None:
    free = run(clip, clip.shot(KEY), tmp_path / "free", config=PropagateConfig(threads=1, drift_limit=1.0))
    limit = 0.1
    first, last = (
        next(frame for frame in frames if free.scores[frame] > limit)
        for frames in (range(FIRST + KEY - 1, FIRST - 1, -1), range(FIRST + KEY + 1, FIRST + FRAMES))
    )
    notes: list[str] = []

    def listen(event: Event) -> None:
        if event.kind is EventKind.NOTE:
            notes.append(event.message)

    config = PropagateConfig(threads=1, drift_limit=limit)
    outcome = run(clip, clip.shot(KEY), tmp_path / "held", config=config, emit=listen)
    assert set(outcome.frames) == set(range(first + 1, last)) - {FIRST + KEY}
    assert list(outcome.notes) == notes == list(layer_index(tmp_path / "held").notes)
    assert [f"frame {frame}," in note for note, frame in zip(notes, (first, last), strict=True)] == [True] * 2


def test_stopped_work_leaves_whole_frames(clip: Clip, tmp_path: Path) -> None:
    looks = iter([False] * 4 + [True] * 100)
    with pytest.raises(Stopped):
        run(clip, clip.shot(KEY), tmp_path, stopping=lambda: next(looks))
    done = [frame for frame in clip.plate.frames if frame_done(tmp_path, frame)]
    assert done and not (tmp_path / "layer.json").exists()
    outcome = run(clip, clip.shot(KEY), tmp_path)
    assert len(outcome.frames) == 16


def test_the_whole_matte_is_carried_as_face_less_fingers(clip: Clip, tmp_path: Path) -> None:
    config = PropagateConfig(max_frames=4, threads=1)
    outcome = run(clip, clip.shot(KEY), tmp_path, source="matte", config=config)
    for frame in outcome.frames:
        matte = read_layer(tmp_path, frame, clip.plate.display_window)
        fingers = clip.fingers[frame - FIRST]
        x, y = clip.truth.landmarks_NK2[frame - FIRST][8].astype(int)  # between the brows
        assert matte[y, x] > 0.9
        assert matte[fingers > 0.99].mean() < 0.05


def test_a_shape_on_frames_without_a_face_is_carried_where_it_was_drawn(clip: Clip, tmp_path: Path) -> None:
    solved = clip.shot(KEY)
    nobody = solved.select(np.zeros(len(solved.faces), np.bool_))
    outcome = run(clip, nobody, tmp_path, config=PropagateConfig(max_frames=3, threads=1))
    assert len(outcome.frames) == 6
    assert min(likeness(clip, tmp_path, frame) for frame in outcome.frames) > 0.85


def test_a_large_face_is_worked_on_smaller(clip: Clip) -> None:
    solved = clip.shot(KEY)
    large = replace(solved, square_N4=solved.square_N4 * [1, 1, 10, 1])
    region = face_region(large, [FIRST], clip.plate.display_window, margin=0.1)
    assert region is not None and region.scale < 0.7
    small = replace(solved, square_N4=solved.square_N4 * [1, 1, 0.3, 1])
    enlarged = face_region(small, [FIRST], clip.plate.display_window, margin=0.5)
    assert enlarged is not None and enlarged.scale > 1.5


def test_it_refuses_what_cannot_be_carried(clip: Clip, tmp_path: Path) -> None:
    shot, unkeyed = clip.shot(KEY), solved_of(clip.truth, {})
    empty = solved_of(clip.truth, {FIRST + KEY: FramePlan(matte=MatteState.KEYED)})
    with pytest.raises(BadMatte, match="no frame of the shot is keyed"):
        run(clip, unkeyed, tmp_path)
    with pytest.raises(BadMatte, match=f"1003 are not keyed .*{FIRST + KEY}"):
        run(clip, shot, tmp_path, keys=(1003,))
    with pytest.raises(BadMatte, match="draws a cut"):
        run(clip, empty, tmp_path)
    with pytest.raises(BadSettings, match="hull"):
        run(clip, shot, tmp_path, source="hull")
    with pytest.raises(FrameOutOfRange):
        run(clip, shot, tmp_path, keys=(99,))
    with pytest.raises(FrameOutOfRange):
        run(clip, shot, tmp_path, frames=(5000,))
    with pytest.raises(BadMatte, match="no frame to carry"):
        run(clip, shot, tmp_path, frames=(FIRST + KEY,))
    single = replace(clip.plate, first_index=KEY, last_index=KEY, first_frame=FIRST + KEY)
    with pytest.raises(BadMatte, match="no frame to carry"):
        plan_spans(single, shot, keys=(), frames=(), source="cut", config=PropagateConfig())


@settings(max_examples=60, deadline=None)
@given(
    keys=st.sets(st.integers(0, FRAMES - 1), min_size=1, max_size=6),
    cuts=st.sets(st.integers(1, FRAMES - 1), max_size=3),
    reach=st.integers(1, 30),
)
def test_spans_never_pass_a_key_or_cut(keys: set[int], cuts: set[int], reach: int) -> None:
    plate = Plate(
        path="x", sha256="", width=8, height=8, rate=Fraction(24), file_frames=FRAMES, first_index=0,
        last_index=FRAMES - 1,
    )  # fmt: skip
    truth = Truth(
        landmarks_NK2=np.random.default_rng(1).uniform(0, 9, (1, 478, 2)).astype(np.float32),
        pose_N3=np.zeros((1, 3), np.float32),
        expression_NE=np.zeros((1, 2), np.float32),
        expression_names=("a", "b"),
        box_N4=np.zeros((1, 4), np.float32),
    )
    plans = {FIRST + key: FramePlan(matte=MatteState.KEYED) for key in keys}
    solved = solved_of(truth, plans, cuts=tuple(FIRST + cut for cut in sorted(cuts)))
    config = PropagateConfig(max_frames=reach)
    try:
        spans = plan_spans(plate, solved, keys=(), frames=(), source="cut", config=config)
    except BadMatte:
        spans = []
    made = [frame - FIRST for span in spans for frame in span.frames]
    assert len(made) == len(set(made)) and not set(made) & keys

    def reaches(key: int, frame: int) -> bool:
        low, high = sorted((key, frame))
        crossed = any(low < cut <= high for cut in cuts) or any(low < other < high for other in keys)
        return not crossed and high - low <= reach

    assert set(made) == {n for n in range(FRAMES) if n not in keys and any(reaches(key, n) for key in keys)}


@given(
    values=st.lists(st.floats(0, 4), min_size=6, max_size=6),
    more=st.floats(0, 2),
    which=st.sampled_from(("trip_px", "unlike", "spill", "stray_px", "scale")),
    before=st.floats(0, 1),
)
def test_drift_rises_with_every_doubt(values: list[float], more: float, which: str, before: float) -> None:
    names = ("trip_px", "left", "unlike", "spill", "stray_px", "scale")
    less = Measures(**dict(zip(names, values, strict=True)))
    worse = replace(less, **{which: getattr(less, which) + more})
    assert 0 <= drift_score(less, before=before) <= drift_score(worse, before=before) <= 1
    assert drift_score(less, before=before) >= 0.9 * before


def test_blending_trusts_the_nearer_and_the_surer() -> None:
    ones, zeros = np.ones((4, 4), np.float32), np.zeros((4, 4), np.float32)
    sure, lost = Carried(frame=1, matte_HW=ones, drift=0.0), Carried(frame=1, matte_HW=zeros, drift=0.9)
    assert blended(sure, replace(lost, drift=0.0), 0.25).matte_HW.mean() == pytest.approx(0.75)
    assert blended(sure, lost, 0.5).matte_HW.mean() > 0.85
    assert blended(sure, replace(lost, drift=0.0), 0.5).drift == 1.0  # they contradict each other
    assert blended(sure, sure, 0.5).drift == 0.0


def test_pieces_of_a_layer_are_told_apart_and_specks_go_along() -> None:
    plane = np.zeros((60, 80), np.float32)
    plane[5:30, 5:20] = plane[20:50, 40:70] = 1
    plane[52, 44] = 1
    parts = parts_of(plane)
    assert len(parts) == 2
    assert np.array_equal(np.maximum(*parts), plane)
    assert parts_of(np.zeros((9, 9), np.float32)) == []
