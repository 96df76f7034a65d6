"""What the edits of a production solve to, through the studio and over the wire."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.drawn_tracks import drawn_faces
from tests.edit_show import FRAMES, Show, crop, mark, move, stroke
from tests.serving import TOKEN, running
from tests.test_store import shot_of

from understudy.client import Client
from understudy.domain import errors
from understudy.domain.edit import BindTrack, KeyStrength, Mark, RemoveFaces, SmoothAlignments, SplitTrack
from understudy.domain.face import save_faces
from understudy.domain.files import sha256_of
from understudy.domain.solved import FaceState
from understudy.domain.time import FrameRange


def test_solved_frames_and_curves_through_the_wire(show: Show) -> None:
    show.add(
        move(1010), mark(1012, what=Mark.HOLD_PLATE), BindTrack(track=1, person_id="Rowan"), stroke(1012)
    )
    show.add(SplitTrack(track=0, frame=1050, new_track=4))
    with running(show.studio) as server, Client(server.address, TOKEN) as client:
        whole = client.solved("sh010")
        some = client.solved("sh010", FrameRange(1009, 1012))
        curves = client.curves("sh010", 0, (13, 200))
        later = client.curves("sh010", 4, (13,), FrameRange(1049, 1051))
        with pytest.raises(errors.TrackNotFound, match="it has"):
            client.curves("sh010", 77)
        with pytest.raises(errors.BadInput, match="no landmark 478"):
            client.curves("sh010", 0, (478,))
        with pytest.raises(errors.FrameOutOfRange):
            client.curves("sh010", 0, (), FrameRange(1001, 2000))
        assert len(client.curves("sh010", 1, (), FrameRange(1060, 1070)).frame) == 0
    assert len(whole.frame) == 140 and whole.revision == 5 and set(whole.track.tolist()) == {0, 1, 4}
    row = some.row(0, 1010)
    assert row is not None and FaceState(int(some.state_N[row])) is FaceState.KEYED
    np.testing.assert_allclose(some.landmarks_NK2[row, 13], (300, 300), atol=1e-3)
    assert some.bindings == {1: show.performer.id} and some.marks[1012].mark is Mark.HOLD_PLATE
    assert some.plans[1012].hold and len(some.plans[1012].strokes) == 1
    rows = (whole.frame >= 1009) & (whole.frame <= 1012)
    np.testing.assert_allclose(whole.square_N4[rows], some.square_N4, atol=1e-3)
    assert curves.frame.tolist() == list(range(1001, 1050))
    moved = np.linalg.norm(curves.raw_NP2[:, 0] - curves.solved_NP2[:, 0], axis=1)
    assert moved[9] > 50 and moved[30] < 1e-3 and np.all(moved[5:9] > 1)
    np.testing.assert_allclose(curves.raw_NP2[:, 1], curves.solved_NP2[:, 1], atol=1e-3)
    assert later.frame.tolist() == [1050, 1051] and np.isfinite(later.raw_square_N4).all()


def test_curves_show_the_tremble_that_smoothing_takes_away(show: Show) -> None:
    show.add(SmoothAlignments(position=1, face=1), mark(1001))
    curves = show.studio.curves("sh010", 0, (4,), None)
    raw, solved = (np.abs(np.diff(path[:, 0, 0], n=2)).mean() for path in (curves.raw_NP2, curves.solved_NP2))
    assert solved < 0.5 * raw


def test_a_removed_face_is_undefined_in_the_solved_curve(show: Show) -> None:
    show.add(RemoveFaces(track=0, first=1001, last=1010))
    curves = show.studio.curves("sh010", 0, (4,), FrameRange(1001, 1020))
    assert curves.frame.tolist() == list(range(1011, 1021))
    assert show.studio.solved("sh010", None, landmarks=False, plans=False).row(0, 1005) is None


def test_every_edit_and_every_extraction_is_solved_anew(show: Show) -> None:
    first = show.studio.solver.solved(show.shot)
    assert show.studio.solver.solved(show.shot) is first
    assert show.studio.solver.solved(show.shot, only=FrameRange(1005, 1006)) is first
    show.add(crop(1010))
    second = show.studio.solver.solved(show.shot)
    assert second is not first and second.revision == 1
    show.undo()
    assert show.studio.solver.solved(show.shot).revision == 2
    target = show.folder / "shots" / "shot-1" / "again.safetensors"
    save_faces(drawn_faces({3: FRAMES}), target)
    show.add(crop(1010))
    shot = show.production.set_shot_faces("shot-1", show.production.relative(target), sha256_of(target))
    solved = show.studio.solver.solved(shot)
    assert solved.faces.tracks == (3,) and len(solved.orphans) == 1
    show.studio.solver.forget()
    assert show.studio.solver.solved(shot) is not solved


def test_a_shot_of_one_frame_and_a_track_of_three(show: Show) -> None:
    for name, frames in (("one", FrameRange(1001, 1001)), ("three", FrameRange(1001, 1003))):
        record = shot_of(show.performer.id, name, name)
        plate = replace(record.plate, first_index=0, last_index=len(frames) - 1)
        target = show.folder / "shots" / name / "faces.safetensors"
        save_faces(drawn_faces({0: frames}), target)
        path = show.production.relative(target)
        show.production.add_shot(replace(record, plate=plate, faces=path, faces_sha256=sha256_of(target)))
        show.add(crop(1001), SmoothAlignments(), stroke(1001), KeyStrength(frame=1001, value=0), shot=name)
        solved = show.studio.solved(name, None, landmarks=True, plans=True)
        assert len(solved.frame) == len(frames) and solved.plans[1001].strength == 0
        assert (
            np.isfinite(solved.landmarks_NK2).all() and FaceState(int(solved.state_N[0])) is FaceState.KEYED
        )
        assert len(show.studio.curves(name, 0, (4,), None).frame) == len(frames)
        with pytest.raises(errors.FrameOutOfRange):
            show.add(crop(1001 + len(frames)), shot=name)
