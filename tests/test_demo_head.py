"""The synthetic performers: the head, the cast, what they do, and the footage that is kept."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from understudy.demo import regions
from understudy.demo.anchors import Anchors
from understudy.demo.develop import landmarks_of, project
from understudy.demo.figure import figure, moment
from understudy.demo.head import HeadData, expressed, posed, shaped
from understudy.demo.jobs import Camera, dump_job, load_job
from understudy.demo.movies import write_movie
from understudy.demo.people import DONOR, PERFORMER, starter_cast
from understudy.demo.performance import (
    PITCH_LIMIT_DEG,
    ROLL_LIMIT_DEG,
    YAW_LIMIT_DEG,
    Pose,
    performance,
    random_pose,
)
from understudy.demo.shots import CAMERA, HAND_INDEXES, RATE, ROWAN_PLATE, ROWAN_PLATE_HAND, SHOTS, render_job
from understudy.demo.sound import SAMPLE_RATE, voice
from understudy.demo.subdivision import linear, refinements, smooth
from understudy.demo.truth import load_truth, truth_path
from understudy.domain.errors import BadInput, ModelFileMissing
from understudy.model_files import ModelFiles

FOOTAGE = Path(__file__).parents[1] / "demo" / "footage"
STRAIGHT = Pose(expression={}, yaw_deg=0.0, pitch_deg=0.0, roll_deg=0.0)
SIZE_BUDGET = 25_000_000


@pytest.fixture(scope="module")
def data(model_files: ModelFiles) -> HeadData:
    return HeadData.load(model_files.path("head_data"))


def test_there_are_the_52_expression_units(data: HeadData) -> None:
    assert len(data.expressions) == 52
    assert {"jawOpen", "mouthSmileLeft", "eyeBlinkRight", "tongueOut"} <= set(data.expressions)


@pytest.mark.parametrize(
    ("unit", "side", "low_dm", "high_dm"),
    [("eyeBlinkLeft", 1, 6.8, 7.6), ("eyeBlinkRight", -1, 6.8, 7.6), ("mouthLowerDownLeft", 1, 6.1, 6.8)],
)
def test_a_unit_moves_only_its_region(
    data: HeadData, unit: str, side: int, low_dm: float, high_dm: float
) -> None:
    away = np.linalg.norm(expressed(data, data.vertices_V3, {unit: 1.0}) - data.vertices_V3, axis=1)
    places = data.vertices_V3[away > 0.01]
    assert (places[:, 1] > low_dm).all() and (places[:, 1] < high_dm).all()
    on_side = data.vertices_V3[:, 0] * side > 0.01
    assert away[on_side].sum() > 0.6 * away.sum() > 0


def test_an_unknown_unit_or_target_is_named(data: HeadData) -> None:
    with pytest.raises(KeyError, match="earWiggle"):
        expressed(data, data.vertices_V3, {"earWiggle": 1.0})
    with pytest.raises(BadInput, match="head/no-such"):
        data.target("head/no-such")


def test_missing_head_data_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelFileMissing, match=r"base\.obj"):
        HeadData.load(tmp_path)


def test_shaped_people_differ_where_a_face_differs(data: HeadData) -> None:
    skin = data.part == "body"
    face = skin & (regions.face_matte(data.vertices_V3) > 0.5)
    heads = [shaped(data, person)[face] for person in (PERFORMER, DONOR, *starter_cast(3))]
    for n, one in enumerate(heads):
        for other in heads[n + 1 :]:
            centred = (one - one.mean(axis=0)) - (other - other.mean(axis=0))
            assert np.linalg.norm(centred, axis=1).mean() > 0.03  # 3 mm


def test_a_turned_head_leaves_the_shoulders(data: HeadData) -> None:
    base = shaped(data, PERFORMER)
    turned = posed(data, base, {}, yaw_deg=35.0, pitch_deg=0.0, roll_deg=0.0)
    away = np.linalg.norm(turned - base, axis=1)
    assert away[(base[:, 1] < 5.2) & (base[:, 2] < 0.8)].max() < 1e-4
    eyes = turned[data.joints["left_eye"]].mean(axis=0) - turned[data.joints["right_eye"]].mean(axis=0)
    assert np.degrees(np.arctan2(-eyes[2], eyes[0])) == pytest.approx(35.0, abs=1.5)


def test_the_starter_cast_is_seeded_and_leaves_out_the_pair() -> None:
    assert starter_cast(4, seed=7) == starter_cast(4, seed=7)
    assert starter_cast(4, seed=7) != starter_cast(4, seed=8)
    assert not {p.name for p in starter_cast(12)} & {PERFORMER.name, DONOR.name}


@pytest.mark.parametrize("kind", ["learn", "plate"])
def test_the_performance_is_deterministic_and_within_limits(kind: str, data: HeadData) -> None:
    poses = [performance(kind, 3, index, Fraction(24)) for index in range(200)]  # type: ignore[arg-type]
    assert poses[17] == performance(kind, 3, 17, Fraction(24))  # type: ignore[arg-type]
    for pose in [*poses, *(random_pose(seed) for seed in range(50))]:
        assert abs(pose.yaw_deg) <= YAW_LIMIT_DEG
        assert abs(pose.pitch_deg) <= PITCH_LIMIT_DEG
        assert abs(pose.roll_deg) <= ROLL_LIMIT_DEG
        assert set(pose.expression) <= set(data.expressions)
        assert all(0.0 <= weight <= 1.0 for weight in pose.expression.values())
    steps = np.abs(np.diff([pose.yaw_deg for pose in poses]))
    assert steps.max() < 6.0  # no jump between frames
    assert max(pose.expression.get("eyeBlinkLeft", 0.0) for pose in poses) > 0.9
    assert max(pose.expression.get("jawOpen", 0.0) for pose in poses) > 0.85
    assert max(abs(pose.yaw_deg) for pose in poses) > 25.0


def test_refining_keeps_a_plane_and_never_overshoots() -> None:
    grid = np.asarray([(x, y, 0.0) for y in range(4) for x in range(4)], np.float32)
    quads = np.asarray(
        [(4 * y + x, 4 * y + x + 1, 4 * y + x + 5, 4 * y + x + 4) for y in range(3) for x in range(3)],
        np.int32,
    )
    levels = refinements(quads, 16, 2)
    fine = smooth(levels, grid)
    assert len(levels[-1].fine_4F4) == 9 * 16
    np.testing.assert_allclose(fine[:, 2], 0.0)
    np.testing.assert_allclose(fine[5], grid[5], atol=1e-6)  # an inner vertex of a flat, even grid stays
    mask = (grid[:, :1] > 1).astype(np.float32)
    values = linear(levels, mask)
    assert values.min() == 0.0 and values.max() == 1.0


def test_the_true_replacement_keeps_the_head_and_takes_the_face(data: HeadData) -> None:
    own, other = figure(data, PERFORMER), figure(data, PERFORMER, donor=DONOR)
    away = np.linalg.norm(other.base_V3 - own.base_V3, axis=1)
    skin = data.part == "body"
    radius = regions.face_radius(data.vertices_V3)
    assert away[skin & (radius > 1.0)].max() == 0.0
    assert away[skin & (radius < 0.5)].mean() > 0.03
    np.testing.assert_array_equal(own.hair_SP3, other.hair_SP3)


def test_landmarks_turn_with_the_head(data: HeadData) -> None:
    person, anchors = figure(data, DONOR), Anchors.load()
    straight = landmarks_of(person, moment(person, STRAIGHT), CAMERA, anchors)
    turned = landmarks_of(person, moment(person, replace(STRAIGHT, yaw_deg=30.0)), CAMERA, anchors)
    assert straight.shape == (478, 2)
    assert straight[263, 0] - straight[33, 0] > 60  # the eyes are that far apart, the left one on the right
    assert turned[1, 0] > straight[1, 0] + 20  # the nose goes to the picture's right
    assert abs(straight[468, 0] + straight[473, 0] - CAMERA.width_px) < 4  # the irises about the middle


def test_the_camera_puts_its_axis_in_the_middle() -> None:
    camera = Camera(width_px=640, height_px=360)
    points = np.asarray(
        [(0.0, camera.eye_dm[1], 1.1), (camera.width_dm / 2, camera.eye_dm[1], 1.1)], np.float32
    )
    np.testing.assert_allclose(project(camera, points), [(320, 180), (640, 180)], atol=1e-3)


def test_a_job_survives_json() -> None:
    job = render_job(ROWAN_PLATE_HAND, Path("heads"), Path("work"))
    assert len(job.frames) == len(HAND_INDEXES)
    assert load_job(json.loads(json.dumps(dump_job(job)))) == job


def test_sound_lasts_as_long_as_the_pictures_and_speaks_with_the_jaw() -> None:
    sound = voice("plate", 5, 48, RATE, pitch_hz=112.0)
    assert len(sound) == 2 * SAMPLE_RATE
    np.testing.assert_array_equal(sound, voice("plate", 5, 48, RATE, pitch_hz=112.0))
    assert np.abs(sound[SAMPLE_RATE // 2 :].astype(np.float64)).mean() > 200


def test_a_movie_carries_depth_colour_and_timecode(tmp_path: Path) -> None:
    target = tmp_path / "clip.mov"
    pictures = [np.full((36, 64, 3), 0.5, np.float32)] * 3
    sound = np.zeros(6000, np.int16)
    write_movie(
        target, pictures, size_px=(64, 36), rate=RATE, timecode="01:00:00:05", reel="R001C001", sound=sound
    )
    with av.open(str(target)) as movie:
        video = movie.streams.video[0]
        assert video.codec_context.pix_fmt == "yuv422p10le"
        assert movie.metadata.get("timecode") or video.metadata["timecode"] == "01:00:00:05"
        frames = [frame.to_ndarray(format="rgb48le") for frame in movie.decode(video)]
    assert len(frames) == 3
    assert abs(int(frames[1].mean()) / 65535 - 0.5) < 0.01


@pytest.mark.parametrize("shot", SHOTS, ids=lambda shot: shot.name)
def test_the_kept_footage_is_whole(shot: type(ROWAN_PLATE)) -> None:  # type: ignore[valid-type]
    movie = FOOTAGE / f"{shot.name}.mov"
    with av.open(str(movie)) as opened:
        video = opened.streams.video[0]
        assert (video.width, video.height) == (640, 360)
        assert video.codec_context.pix_fmt == "yuv422p10le"
        assert video.average_rate == RATE
        assert video.frames == shot.count
        assert video.metadata.get("timecode") == shot.timecode
        assert opened.streams.audio[0].rate == SAMPLE_RATE
    truth = load_truth(truth_path(movie))
    assert len(truth) == shot.count
    assert truth.landmarks_NK2.shape == (shot.count, 478, 2)
    assert len(truth.expression_names) == 52


@pytest.mark.parametrize("name", ["rowan_plate", "rowan_plate_hand"])
def test_the_kept_mattes_are_whole(name: str) -> None:
    with av.open(str(FOOTAGE / f"{name}_matte.mkv")) as opened:
        mattes = [frame.to_ndarray(format="gray") for frame in opened.decode(video=0)]
    truth = load_truth(truth_path(FOOTAGE / f"{name}.mov"))
    assert len(mattes) == len(truth) == ROWAN_PLATE.count
    for index in (0, 60, 119):
        x, y = truth.landmarks_NK2[index, 10]
        nose_x, nose_y = truth.landmarks_NK2[index, 1].astype(int)
        if name == "rowan_plate":
            assert mattes[index][nose_y, nose_x] > 200
        assert mattes[index][max(0, int(y) - 60), int(x)] == 0


def test_the_hand_hides_some_of_the_face() -> None:
    def area(name: str) -> float:
        with av.open(str(FOOTAGE / f"{name}_matte.mkv")) as opened:
            return float(min(frame.to_ndarray(format="gray").mean() for frame in opened.decode(video=0)))

    assert area("rowan_plate_hand") < 0.8 * area("rowan_plate")


def test_the_kept_footage_is_small() -> None:
    assert sum(file.stat().st_size for file in FOOTAGE.iterdir()) < SIZE_BUDGET
    assert "CC0" in (FOOTAGE / "LICENSE-CC0.md").read_text(encoding="utf-8")
