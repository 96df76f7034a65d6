"""Curation on drawn plates: what is left out, what is chosen, and that crops show what they should."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.drawn_facesets import drawn_faceset

from understudy.config import CurateConfig
from understudy.domain.errors import BadFaceset, NoFaceFound, Stopped
from understudy.domain.face import ShotFaces
from understudy.domain.job import Event
from understudy.faces.align import MEAN_FACE, MEAN_FACE_POINTS, crop_transform, transform_points
from understudy.networks.faceset import FIELD, LoadedFaceset, load_faceset, save_faceset, stored_size
from understudy.stages.coverage import coverage
from understudy.stages.curate import ShotSource, curate, farthest_apart, stored_transform

WIDTH, HEIGHT = 320, 240
EVERY = CurateConfig(near_duplicate_px=0.0, min_crops=1)


@dataclass(frozen=True)
class Ramp:
    """A picture whose red and green say where a pixel lies."""

    shift: int

    def rgb8(self) -> npt.NDArray[np.uint8]:
        rgb = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        rgb[:, :, 0] = np.linspace(0, 255, WIDTH)[None, :]
        rgb[:, :, 1] = np.linspace(0, 255, HEIGHT)[:, None]
        rgb[:, :, 2] = self.shift
        return rgb


@dataclass(frozen=True)
class DrawnFrame:
    frame: int
    picture: Ramp


def faces_at(centres_N2: Sequence[tuple[float, float]], *, size_px: float = 90.0) -> ShotFaces:
    """One face a frame from 1001 on: the mean face at a place, the other landmarks inside its oval."""
    count = len(centres_N2)
    rng = np.random.default_rng(0)
    shape = rng.normal(0.5, 0.12, (478, 3))
    shape[MEAN_FACE_POINTS, :2] = MEAN_FACE
    landmarks = np.stack([(shape - 0.5) * size_px + (*centre, 0) for centre in centres_N2])
    return ShotFaces(
        frame=np.arange(1001, 1001 + count, dtype=np.int32),
        track=np.zeros(count, np.int32),
        box_N4=np.zeros((count, 4), np.float32),
        landmarks_NK3=landmarks.astype(np.float32),
        presence=np.ones(count, np.float32),
        expression_NE=np.zeros((count, 52), np.float32),
        embedding_ND=np.zeros((count, 128), np.float32),
        pose_N3=np.zeros((count, 3), np.float32),
        sharpness=np.ones(count, np.float32),
        filled=np.zeros(count, np.bool_),
    )


def shot_of(faces: ShotFaces, decoded: list[int] | None = None) -> ShotSource:
    def frames(wanted: Sequence[int]) -> Iterator[DrawnFrame]:
        for frame in wanted:
            if decoded is not None:
                decoded.append(frame)
            yield DrawnFrame(frame, Ramp(frame % 256))

    return ShotSource(shot_sha256="a" * 64, width=WIDTH, height=HEIGHT, faces=faces, frames=frames)


def curated(
    shots: Sequence[ShotSource],
    config: CurateConfig = EVERY,
    *,
    emit: Callable[[Event], None] = lambda _: None,
    stopping: Callable[[], bool] = lambda: False,
) -> LoadedFaceset:
    return curate(
        shots, person_id="anna", crop_type="full", size_px=96, config=config, emit=emit, stopping=stopping
    )


MIDDLE = [(160.0, 120.0)] * 5


def test_crops_show_the_plate_where_the_alignment_says() -> None:
    faces = faces_at([(150.0, 118.0), (170.0, 124.0)])
    faceset = curated([shot_of(faces)])
    assert faceset.side_px == 160 and faceset.frame.tolist() == [1001, 1002]
    for i in range(2):
        matrix = stored_transform(faces.landmarks_NK3[i], "full", 160)
        linear = np.linalg.inv(matrix[:, :2])
        for crop_xy in ((80.5, 80.5), (60.5, 100.5)):
            plate_xy = linear @ (np.array(crop_xy) - matrix[:, 2])
            red, green = (plate_xy - 0.5) * 255 / (np.array([WIDTH, HEIGHT]) - 1)
            pixel = faceset.crops_NKK3[i, int(crop_xy[1]), int(crop_xy[0])]
            assert abs(pixel[0] - red) < 2 and abs(pixel[1] - green) < 2
        assert faceset.crops_NKK3[i, :, :, 2].min() == (1001 + i) % 256
        wanted = transform_points(matrix, faces.landmarks_NK3[i, :, :2])
        np.testing.assert_allclose(faceset.landmarks_NL2[i], wanted, atol=1e-3)
        x, y = faceset.landmarks_NL2[i].mean(axis=0).astype(int)
        assert faceset.matte_NKK[i, y, x] == 255 and faceset.matte_NKK[i, 0, 0] == 0


@settings(max_examples=20, deadline=None)
@given(x=st.floats(60, 260), y=st.floats(60, 180), size=st.floats(40, 150))
def test_the_middle_of_a_stored_crop_is_the_networks_crop(x: float, y: float, size: float) -> None:
    landmarks = faces_at([(x, y)], size_px=size).landmarks_NK3[0]
    side = stored_size(96)
    inner = crop_transform(landmarks, "full", 96)
    outer = stored_transform(landmarks, "full", side)
    corners = np.array([[0.0, 0.0], [96.0, 96.0]])
    plate = (corners - inner[:, 2]) @ np.linalg.inv(inner[:, :2]).T
    edge = side * (1 - 1 / FIELD) / 2
    np.testing.assert_allclose(transform_points(outer, plate), [[edge, edge], [side - edge] * 2], atol=1e-6)


@pytest.mark.parametrize(
    ("column", "value", "name"),
    [("filled", True, "filled"), ("presence", 0.3, "clearly"), ("sharpness", 0.1, "sharp")],
)
def test_bad_faces_are_left_out(column: str, value: float, name: str) -> None:
    faces = faces_at(MIDDLE)
    changed = getattr(faces, column).copy()
    changed[2] = value
    faceset = curated([shot_of(replace(faces, **{column: changed}))])
    assert faceset.frame.tolist() == [1001, 1002, 1004, 1005], name


def test_faces_cut_by_the_edge_are_left_out() -> None:
    faceset = curated([shot_of(faces_at([(160, 120), (15, 120), (160, 230)]))])
    assert faceset.frame.tolist() == [1001]


def test_near_duplicates_are_told_by_motion_inside_the_face() -> None:
    faces = faces_at([(100, 120), (140, 100), (180, 120)])  # the same face, moved through the picture
    config = CurateConfig(near_duplicate_px=0.8, min_crops=1)
    assert len(curated([shot_of(faces)], config)) == 1
    moved = faces.landmarks_NK3.copy()
    loose = np.setdiff1d(np.arange(478), MEAN_FACE_POINTS)
    moved[1, loose, 1] += 6
    assert len(curated([shot_of(replace(faces, landmarks_NK3=moved))], config)) == 2


def test_only_chosen_frames_are_decoded_and_each_once() -> None:
    faces = faces_at(MIDDLE * 2)
    pose = np.zeros((10, 3), np.float32)
    pose[:, 1] = [0, 1, 40, 2, 1, -40, 0, 1, 2, 20]
    decoded: list[int] = []
    config = replace(EVERY, max_crops=4)
    faceset = curated([shot_of(replace(faces, pose_N3=pose), decoded)], config)
    assert decoded == sorted(set(decoded)) == faceset.frame.tolist()
    assert {40.0, -40.0, 20.0} < set(faceset.pose_N3[:, 1].tolist())


def test_shots_are_joined_and_told_apart() -> None:
    faceset = curated([shot_of(faces_at(MIDDLE[:2])), shot_of(faces_at(MIDDLE[:3]))])
    assert faceset.source.tolist() == [0, 0, 1, 1, 1]
    assert faceset.frame.tolist() == [1001, 1002, 1001, 1002, 1003]


def test_nothing_left_says_why() -> None:
    faces = faces_at(MIDDLE)
    with pytest.raises(NoFaceFound, match="5 found, 5 of them seen, not filled in, 0 of them clearly seen"):
        curated([shot_of(replace(faces, presence=faces.presence * 0.1))])
    with pytest.raises(NoFaceFound):
        curated([])


def test_a_face_in_three_frames_is_too_few() -> None:
    with pytest.raises(NoFaceFound, match=r"3 faces are too few .* curate\.min_crops"):
        curated([shot_of(faces_at(MIDDLE[:3]))], CurateConfig(near_duplicate_px=0.0))


def test_stopping_is_obeyed() -> None:
    with pytest.raises(Stopped):
        curated([shot_of(faces_at(MIDDLE))], stopping=lambda: True)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 999), count=st.integers(1, 20), wanted=st.integers(1, 25))
def test_farthest_apart_gives_distinct_rows_in_order(seed: int, count: int, wanted: int) -> None:
    features = np.random.default_rng(seed).integers(0, 3, (count, 2)).astype(np.float32)
    rows = farthest_apart(features, wanted)
    assert rows.tolist() == sorted(set(rows.tolist())) and len(rows) == min(count, wanted)


def test_a_faceset_is_read_back_whole(tmp_path: Path) -> None:
    faceset = drawn_faceset("anna", seed=1)
    sha = save_faceset(faceset, tmp_path / "anna.safetensors")
    back = load_faceset(tmp_path / "anna.safetensors")
    assert back.sha256 == sha and back.person_id == "anna" and back.encoding == "srgb"
    assert np.array_equal(back.crops_NKK3, faceset.crops_NKK3) and back.sources == faceset.sources


def test_damaged_facesets_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "anna.safetensors"
    save_faceset(drawn_faceset("anna", seed=1), path)
    whole = path.read_bytes()
    for data in (whole[:-10], whole + b"x", b"", b"x" * 100):
        path.write_bytes(data)
        with pytest.raises(BadFaceset):
            load_faceset(path)
    with pytest.raises(BadFaceset, match="landmarks"):
        replace(drawn_faceset("anna", seed=1), landmarks_NL2=np.zeros((3, 478, 2), np.float32))


def test_coverage_names_what_the_donor_lacks() -> None:
    performer, donor = drawn_faceset("anna", seed=1), drawn_faceset("bert", seed=2)
    pose = performer.pose_N3.copy()
    pose[:4, 1] = 38.0
    turned = replace(performer, pose_N3=pose)
    found = coverage(turned, donor)
    assert [(gap.needed, gap.there) for gap in found.gaps] == [(4, 0)]
    assert found.gaps[0].label == "yaw 30 to 45, pitch -12 to 12, mouth closed"
    assert found.covered == pytest.approx(8 / 12)
    assert coverage(turned, turned).gaps == ()
