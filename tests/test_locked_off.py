"""The head that keeps still: its truth, and what solving makes of it."""

from __future__ import annotations

import numpy as np
import pytest
from tests.face_pictures import numbered
from tests.solved_faces import done

from understudy.config import ExtractConfig
from understudy.demo.locked_off import LockedOff, make_locked_off, sensed
from understudy.domain.edit import SmoothAlignments
from understudy.domain.time import FrameRange
from understudy.faces.face_models import FaceModels
from understudy.model_files import ModelFiles
from understudy.solve import solve
from understudy.stages.extract import extract

COUNT = 60


@pytest.fixture(scope="module")
def clip(model_files: ModelFiles) -> LockedOff:
    return make_locked_off(model_files.path("head_data"), frames=COUNT)


def test_only_lids_and_jaw_move(clip: LockedOff) -> None:
    truth = clip.truth.landmarks_NK2
    nose, lid, lip = (np.abs(truth[:, point] - truth[0, point]).max() for point in (6, 159, 17))
    assert nose < 0.1 and lid > 2 and lip > 5
    assert 130 < clip.truth.box_N4[0, 3] < 200


def test_every_frame_has_noise_of_its_own(clip: LockedOff) -> None:
    one, other = clip.pictures[0].astype(int), clip.pictures[1].astype(int)
    assert 2 < (one - other).std() < 6
    flat = np.full((40, 40, 3), 0.5, np.float32)
    np.testing.assert_array_equal(sensed(flat, seed=(1, 2)), sensed(flat, seed=(1, 2)))
    bright = sensed(np.full((80, 80, 3), 0.8, np.float32), seed=(1, 2)).std()
    assert bright > sensed(np.full((80, 80, 3), 0.1, np.float32), seed=(1, 2)).std()


def test_solving_steadies_what_extraction_finds(clip: LockedOff, model_files: ModelFiles) -> None:
    frames = FrameRange(1001, 1000 + COUNT)
    faces = extract(
        numbered(clip.pictures),
        FaceModels.load(model_files, threads=1),
        ExtractConfig(),
        frame_range=frames,
        emit=lambda event: None,
        stopping=lambda: False,
    )
    solved = solve(faces, done(SmoothAlignments()), frames=frames).faces
    truth = clip.truth.landmarks_NK2
    still = np.abs(np.diff(truth, 2, axis=0)).max((1, 2)) < 1e-3
    machine, steady = (record.landmarks_NK3[:, :, :2] for record in (faces, solved))
    jitter = [np.sqrt(np.square(np.diff(p, 2, axis=0)[still]).mean()) for p in (machine, steady)]
    assert jitter[1] < 0.3 * jitter[0]
    error = [np.sqrt(np.square(p - truth).mean()) for p in (machine, steady)]
    assert error[1] <= error[0]
    for upper, lower in ((159, 145), (13, 14)):
        gaps = [np.linalg.norm(p[:, upper] - p[:, lower], axis=1) for p in (machine, steady)]
        snaps = [np.flatnonzero(np.diff(gap > (gap.min() + gap.max()) / 2)) for gap in gaps]
        np.testing.assert_array_equal(snaps[0], snaps[1])
