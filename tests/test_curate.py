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
from understudy.domain.facesets import FaceChoice
from understudy.domain.job import Event
from understudy.faces.align import MEAN_FACE, MEAN_FACE_POINTS, crop_transform, transform_points
from understudy.networks.faceset import FIELD, LoadedFaceset, load_faceset, save_faceset, stored_size
from understudy.stages.coverage import Shown, compare, count
from understudy.stages.curate import (
    ShotSource,
    _aligned,
    _all,
    _is_new,
    _shadows,
    choose,
    curate,
    farthest_apart,
    judge,
    stored_transform,
)

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


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 999),
    count=st.integers(1, 80),
    step=st.sampled_from([0.02, 0.5]),
    round_to=st.booleans(),
)
def test_farthest_apart_is_what_measuring_everything_finds(
    seed: int, count: int, step: float, round_to: bool
) -> None:
    random = np.random.default_rng(seed)
    features = np.cumsum(random.normal(0, step, (80, 7)), axis=0).astype(np.float32)
    features = features.round() if round_to else features  # many are equal then
    taken = [int(np.linalg.norm(features - np.median(features, axis=0), axis=1).argmin())]
    while len(taken) < count:
        away = np.linalg.norm(features[:, None] - features[taken], axis=2).min(axis=1)
        away[taken] = -1
        taken.append(int(away.argmax()))
    assert farthest_apart(features, count).tolist() == sorted(taken)


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


def wandering(count: int, *, seed: int, spread: float) -> ShotFaces:
    """Faces that change step by step in a few ways, as a performance does; some of them bad."""
    random = np.random.default_rng(seed)
    faces = faces_at([(160 + 30 * np.sin(n / 7), 120 + 15 * np.cos(n / 9)) for n in range(count)])
    ways = np.cumsum(random.normal(0, spread, (count, 4)), axis=0)
    landmarks = faces.landmarks_NK3 + np.einsum("nw,wkc->nkc", ways, random.normal(0, 1, (4, 478, 3)))
    return replace(
        faces,
        landmarks_NK3=landmarks.astype(np.float32),
        presence=random.uniform(0.5, 1, count).astype(np.float32),
        sharpness=random.uniform(0.05, 1, count).astype(np.float32),
        expression_NE=random.random((count, 52)).astype(np.float32),
        pose_N3=random.normal(0, 15, (count, 3)).astype(np.float32),
        filled=random.random(count) < 0.1,
    )


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 999), spread=st.sampled_from([0.05, 0.3, 2.0]), near=st.sampled_from([0.0, 0.5, 2.0])
)
def test_near_duplicates_are_those_that_comparing_all_finds(seed: int, spread: float, near: float) -> None:
    shot = shot_of(wandering(60, seed=seed, spread=spread))
    aligned = _aligned([shot], _all([shot]), "full")
    kept: list[int] = []
    for number, points in enumerate(aligned):
        moves = np.linalg.norm(aligned[kept] - points, axis=2).mean(axis=1)
        if not kept or moves.min() >= near:
            kept.append(number)
    assert np.flatnonzero(_is_new(aligned, near)).tolist() == kept


def test_a_shadow_never_reaches_farther_than_the_face_moved() -> None:
    shot = shot_of(wandering(40, seed=3, spread=1.0))
    aligned = _aligned([shot], _all([shot]), "full")
    shadows = _shadows(aligned)
    for number, points in enumerate(aligned):
        moved = np.linalg.norm(aligned - points, axis=2).mean(axis=1)
        assert (np.abs(shadows - shadows[:, number : number + 1]) <= moved + 1e-3).all()


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 999), most=st.integers(1, 60))
def test_every_face_has_one_verdict_and_the_first_reason_counts(seed: int, most: int) -> None:
    faces = wandering(50, seed=seed, spread=0.5)
    names = frozenset((0, frame) for frame in range(1001, 1050, 7))
    shots = [replace(shot_of(faces), dropped=names), shot_of(wandering(20, seed=seed + 1, spread=0.5))]
    config = CurateConfig(min_crops=1, max_crops=most)
    verdict = judge(shots, crop_type="full", config=config)
    assert len(verdict.choices) == 70 and set(verdict.choices) <= set(FaceChoice) and not verdict.lacking
    first = verdict.choices[:50]
    out = np.isin(faces.frame, [frame for _, frame in names])
    assert ((first == FaceChoice.DROPPED) == out).all()
    assert ((first == FaceChoice.FILLED) == (faces.filled & ~out)).all()
    unclear = (faces.presence < config.min_presence) & ~faces.filled & ~out
    assert ((first == FaceChoice.UNCLEAR) == unclear).all()
    chosen = choose(shots, crop_type="full", config=config)
    places = [(int(source), int(row)) for source, row in zip(chosen.source, chosen.row, strict=True)]
    rows = np.flatnonzero(verdict.choices == FaceChoice.CHOSEN).tolist()
    assert places == [(0, row) if row < 50 else (1, row - 50) for row in rows] and len(rows) <= most
    sharp = np.isin(verdict.choices, [1, 6, 7, 8])
    sharpness = np.concatenate([shot.faces.sharpness for shot in shots])
    assert verdict.median_sharpness == np.median(sharpness[sharp])


def test_faces_that_artists_keep_out_are_left_out_first_and_told() -> None:
    faces = faces_at(MIDDLE)
    out = replace(shot_of(faces), dropped=frozenset({(0, 1002), (7, 1003)}))
    told: list[str] = []
    faceset = curated([out, shot_of(faces)], emit=lambda event: told.append(event.message))
    assert faceset.frame.tolist() == [1001, 1003, 1004, 1005, 1001, 1002, 1003, 1004, 1005]
    assert told[0] == "9 of 10 faces chosen to learn anna from; artists keep 1 out"
    sharpness = np.array([1, 100, 100, 100, 1], np.float32)  # with all of them the first were blurred
    hidden = replace(
        shot_of(replace(faces, sharpness=sharpness)), dropped=frozenset((0, 1001 + n) for n in (1, 2, 3))
    )
    assert curated([hidden]).frame.tolist() == [1001, 1005]


def shown(**columns: Sequence[float]) -> Shown:
    count = len(next(iter(columns.values())))
    names = ("yaw_deg", "pitch_deg", "mouth_open", "eyes_closed", "smile")
    values = {name: np.array(columns.get(name, [0.0] * count), np.float32) for name in names}
    shots = np.array([n % 2 for n in range(count)], np.int32)
    return Shown(**values, shot_N=shots, shots=("sc010", "sc020"))


def test_coverage_counts_every_face_once() -> None:
    yaw = [-90.0, -60, -45, -44, 0, 14, 15, 59, 60, 90]
    counted = count(shown(yaw_deg=yaw, pitch_deg=[-35.0, -30, -20, 0, 0, 0, 10, 29, 30, 90]), "p")
    poses = np.array(counted.poses).reshape(6, 8)
    assert poses.sum(axis=0).tolist() == [2, 2, 0, 0, 2, 1, 0, 3]
    assert poses.sum(axis=1).tolist() == [2, 1, 0, 3, 1, 3] and counted.person_id == "p"
    steps = count(shown(mouth_open=[0.0, 0.09, 0.1, 0.55, 0.999, 1.0]), "p").mouth_open
    assert steps == (2, 1, 0, 0, 0, 1, 0, 0, 0, 2)


def test_coverage_names_what_the_donor_lacks() -> None:
    performer = shown(yaw_deg=[-40.0] * 6 + [0.0] * 20, smile=[0.0] * 6 + [0.6] * 3 + [0.0] * 17)
    donor = shown(yaw_deg=[-20.0] * 5 + [0.0] * 9, smile=[0.4] * 5 + [0.8] + [0.0] * 8)
    report = compare(performer, donor, performer_id="p", donor_id="d")
    assert report.lacking == (
        "the donor never looks left beyond 30 degrees; the performer does in 6 frames of sc010, sc020",
        "the donor smiles beyond 0.5 only once; the performer does in 3 frames of sc010, sc020",
    )
    assert compare(performer, performer, performer_id="p", donor_id="d").lacking == ()


def test_coverage_names_a_pose_within_the_donors_reach() -> None:
    performer = shown(yaw_deg=[20.0] * 4, pitch_deg=[12.0] * 4)
    donor = shown(yaw_deg=[40.0] * 4 + [0.0] * 4, pitch_deg=[0.0] * 4 + [25.0] * 4)
    assert compare(performer, donor, performer_id="p", donor_id="d").lacking == (
        "the donor never looks 15 to 30 degrees right and 10 to 20 degrees down; "
        "the performer does in 4 frames of sc010, sc020",
    )
    nobody = compare(performer, shown(yaw_deg=[]), performer_id="p", donor_id="d")
    assert nobody.lacking == (
        "no face of the donor can be learnt from; bring footage of them, or let faces in again",
    )
    assert compare(shown(yaw_deg=[]), donor, performer_id="p", donor_id="d").lacking == ()
