"""The quick renderer and the tiny shot made with it."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from understudy.demo.rasteriser import Camera, rasterise, triangles_of, vertex_normals
from understudy.demo.tiny_shot import RATE, TIMECODE, TinyShot, make_tiny_shot
from understudy.demo.truth import load_truth, truth_path
from understudy.model_files import ModelFiles

CAMERA = Camera(width_px=20, height_px=20, scale_px=4, centre_px=(10, 10), target=(0, 0, 0))


def _square(half: float, z: float) -> np.ndarray:
    return np.asarray([(-half, -half, z), (half, -half, z), (half, half, z), (-half, half, z)], np.float32)


def test_nearer_square_hides_the_farther_one() -> None:
    points = np.concatenate([_square(2, 0), _square(1, 1)])
    triangles = triangles_of(np.asarray([(0, 1, 2, 3), (4, 5, 6, 7)], np.int32))
    xy, near = CAMERA.project(points)
    hits = rasterise(xy, near, triangles, width_px=20, height_px=20)
    quad = np.full(400, -1)
    quad[hits.pixel_N] = hits.triangle_N % 2
    picture = quad.reshape(20, 20)
    assert len(hits.pixel_N) == 16 * 16  # a square of 4 dm at 4 px/dm
    assert (picture[6:14, 6:14] == 1).all()
    assert picture[2, 2] == 0 and picture[1, 1] == -1


def test_back_of_a_surface_is_not_drawn() -> None:
    xy, near = CAMERA.project(_square(2, 0))
    back = triangles_of(np.asarray([(3, 2, 1, 0)], np.int32))
    assert len(rasterise(xy, near, back, width_px=20, height_px=20).pixel_N) == 0


def test_interpolation_gives_back_the_picture_position() -> None:
    points = _square(2, 0)
    triangles = triangles_of(np.asarray([(0, 1, 2, 3)], np.int32))
    xy, near = CAMERA.project(points)
    hits = rasterise(xy, near, triangles, width_px=20, height_px=20)
    centres = np.stack([hits.pixel_N % 20, hits.pixel_N // 20], axis=1) + 0.5
    np.testing.assert_allclose(hits.mix(xy, triangles), centres, atol=1e-3)
    np.testing.assert_allclose(vertex_normals(points, triangles), np.tile((0, 0, 1), (4, 1)), atol=1e-6)


def test_movies_have_their_frames_sound_and_timecode(tiny_shot: TinyShot) -> None:
    for movie in (
        tiny_shot.performer_learn,
        tiny_shot.donor_learn,
        tiny_shot.plate,
        tiny_shot.true_replacement,
    ):
        with av.open(str(movie)) as container:
            video, audio = container.streams.video[0], container.streams.audio[0]
            assert video.metadata["timecode"] == TIMECODE
            assert video.average_rate == RATE
            assert sum(1 for _ in container.decode(video)) == tiny_shot.frames
            assert audio.duration and audio.time_base
            assert audio.duration * audio.time_base == tiny_shot.frames / RATE
        assert len(load_truth(truth_path(movie))) == tiny_shot.frames


def test_matte_lies_where_the_truth_has_the_face(tiny_shot: TinyShot) -> None:
    truth = load_truth(tiny_shot.truth)
    with av.open(str(tiny_shot.matte)) as container:
        mattes = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
    assert len(mattes) == tiny_shot.frames
    for matte, landmarks in zip(mattes, truth.landmarks_NK2, strict=True):
        nose = landmarks[4].astype(int)
        assert matte[nose[1], nose[0]] == 255
        assert matte[:, : int(landmarks[:, 0].min()) - 12].max() == 0


def test_plate_and_true_replacement_share_pose_and_expression(tiny_shot: TinyShot) -> None:
    plate, true = load_truth(tiny_shot.truth), load_truth(tiny_shot.true_truth)
    np.testing.assert_array_equal(plate.expression_NE, true.expression_NE)
    np.testing.assert_array_equal(plate.pose_N3, true.pose_N3)
    assert len(plate.expression_names) == 52
    assert np.abs(plate.landmarks_NK2 - true.landmarks_NK2).mean() > 0.5  # another face shape


@pytest.mark.slow
def test_same_arguments_give_the_same_pictures(tmp_path: Path, model_files: ModelFiles) -> None:
    pictures = []
    for name in ("one", "two"):
        shot = make_tiny_shot(
            tmp_path / name, head_data=model_files.path("head_data"), frames=1,
            width_px=128, height_px=96, pixel_format="yuv422p10le",
        )  # fmt: skip
        with av.open(str(shot.plate)) as container:
            frame = next(container.decode(video=0))
            assert frame.format.name == "yuv422p10le"
            pictures.append(frame.to_ndarray(format="rgb24"))
    np.testing.assert_array_equal(pictures[0], pictures[1])
