"""Edits, and what they solve to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from understudy.domain.edit import ACTIONS, Action, action_name
from understudy.domain.edit_stack import EditEntry, Step
from understudy.domain.edit_views import Curves, EditList, EditsAdded, SolvedFrames
from understudy.domain.errors import BadEdit, BadRecord
from understudy.domain.face import LANDMARKS
from understudy.domain.solved import FaceState, FrameMark, FramePlan, Orphan
from understudy.v1 import edits_pb2 as pb
from understudy.wire.enums import enum_from_wire, enum_to_wire
from understudy.wire.named import enum_name_on_wire, fill_message, read_message
from understudy.wire.time import frame_range_from_wire, frame_range_to_wire

States = npt.NDArray[np.int8]
_SQUARE = ("centre_x", "centre_y", "side_px", "angle_deg")
_STATE_TO_WIRE: dict[FaceState, Any] = {
    state: pb.FaceState.Value(enum_name_on_wire(state)) for state in FaceState
}
_STATE_FROM_WIRE = {number: state for state, number in _STATE_TO_WIRE.items()}


def edit_action_to_wire(action: Action) -> pb.EditAction:
    message = pb.EditAction()
    inner = getattr(message, action_name(action))
    inner.SetInParent()  # an edit without any value is one as well
    try:
        fill_message(inner, action)
    except BadRecord as cause:
        raise BadEdit(str(cause)) from cause
    return message


def edit_action_from_wire(message: pb.EditAction) -> Action:
    """Raises: BadEdit, BadRecord."""
    name = message.WhichOneof("action")
    if name is None:
        raise BadEdit(f"an edit says nothing, or something not known here; known: {', '.join(ACTIONS)}")
    return read_message(ACTIONS[name], getattr(message, name))


def edit_entry_to_wire(entry: EditEntry) -> pb.EditEntry:
    return pb.EditEntry(
        revision=entry.revision,
        author=entry.author,
        at=entry.at,
        step=enum_to_wire(entry.step, pb.Step, prefix="STEP"),
        action=None if entry.action is None else edit_action_to_wire(entry.action),
    )


def edit_entry_from_wire(message: pb.EditEntry) -> EditEntry:
    return EditEntry(
        revision=message.revision,
        author=message.author,
        at=message.at,
        step=enum_from_wire(message.step, pb.Step, Step, prefix="STEP"),
        action=edit_action_from_wire(message.action) if message.HasField("action") else None,
    )


def edit_list_to_wire(edits: EditList) -> pb.ListEditsResponse:
    return pb.ListEditsResponse(
        entries=map(edit_entry_to_wire, edits.entries), revision=edits.revision, standing=edits.standing
    )


def edit_list_from_wire(message: pb.ListEditsResponse) -> EditList:
    return EditList(
        entries=tuple(map(edit_entry_from_wire, message.entries)),
        revision=message.revision,
        standing=tuple(message.standing),
    )


def edits_added_to_wire(added: EditsAdded) -> pb.AddEditsResponse:
    return pb.AddEditsResponse(entries=map(edit_entry_to_wire, added.entries), revision=added.revision)


def edits_added_from_wire(message: pb.AddEditsResponse) -> EditsAdded:
    return EditsAdded(entries=tuple(map(edit_entry_from_wire, message.entries)), revision=message.revision)


def solved_frames_to_wire(solved: SolvedFrames) -> pb.GetSolvedResponse:
    return pb.GetSolvedResponse(
        revision=solved.revision,
        frames=frame_range_to_wire(solved.frames),
        faces=(_wire_face(solved, row) for row in range(len(solved.frame))),
        plans={frame: fill_message(pb.FramePlan(), plan) for frame, plan in solved.plans.items()},
        marks={frame: fill_message(pb.FrameMark(), mark) for frame, mark in solved.marks.items()},
        bindings=solved.bindings,
        orphans=[fill_message(pb.Orphan(), orphan) for orphan in solved.orphans],
    )


def solved_frames_from_wire(message: pb.GetSolvedResponse) -> SolvedFrames:
    faces = message.faces
    landmarks = [np.array(face.landmarks, np.float32) for face in faces if face.landmarks]
    if len(landmarks) not in (0, len(faces)):
        raise BadEdit("some solved faces came with landmarks and some without; ask again")
    squares = [[getattr(face.square, name) for name in _SQUARE] for face in faces]
    return SolvedFrames(
        revision=message.revision,
        frames=frame_range_from_wire(message.frames),
        frame=np.array([face.frame for face in faces], np.int32),
        track=np.array([face.track for face in faces], np.int32),
        state_N=_states_from_wire(face.state for face in faces),
        presence=np.array([face.presence for face in faces], np.float32),
        filled=np.array([face.filled for face in faces], np.bool_),
        square_N4=np.array(squares, np.float64).reshape(-1, 4),
        landmarks_NK2=np.array(landmarks, np.float32).reshape(-1, LANDMARKS, 2),
        plans={frame: read_message(FramePlan, plan) for frame, plan in sorted(message.plans.items())},
        marks={frame: read_message(FrameMark, mark) for frame, mark in sorted(message.marks.items())},
        bindings=dict(sorted(message.bindings.items())),
        orphans=tuple(read_message(Orphan, orphan) for orphan in message.orphans),
    )


def _wire_face(solved: SolvedFrames, row: int) -> pb.SolvedFace:
    landmarks = solved.landmarks_NK2[row].ravel().tolist() if len(solved.landmarks_NK2) else ()
    return pb.SolvedFace(
        track=int(solved.track[row]),
        frame=int(solved.frame[row]),
        state=_STATE_TO_WIRE[FaceState(int(solved.state_N[row]))],
        presence=float(solved.presence[row]),
        filled=bool(solved.filled[row]),
        square=pb.Square(**dict(zip(_SQUARE, map(float, solved.square_N4[row]), strict=True))),
        landmarks=landmarks,
    )


def curves_to_wire(curves: Curves) -> pb.GetCurvesResponse:
    """The track is not in it, since the request named it."""
    return pb.GetCurvesResponse(
        revision=curves.revision,
        frames=curves.frame.tolist(),
        states=[_STATE_TO_WIRE[FaceState(int(state))] for state in curves.state_N],
        raw_squares=curves.raw_square_N4.ravel().tolist(),
        squares=curves.square_N4.ravel().tolist(),
        landmarks=[
            pb.LandmarkCurve(
                point=point,
                raw=curves.raw_NP2[:, at].ravel().tolist(),
                solved=curves.solved_NP2[:, at].ravel().tolist(),
            )
            for at, point in enumerate(curves.points)
        ],
    )


def curves_from_wire(message: pb.GetCurvesResponse, *, track: int) -> Curves:
    paths = message.landmarks
    shape = (len(paths), len(message.frames), 2)
    raw = np.array([path.raw for path in paths], np.float32).reshape(shape)
    solved = np.array([path.solved for path in paths], np.float32).reshape(shape)
    return Curves(
        revision=message.revision,
        track=track,
        points=tuple(path.point for path in paths),
        frame=np.array(message.frames, np.int32),
        state_N=_states_from_wire(message.states),
        raw_square_N4=np.array(message.raw_squares, np.float64).reshape(-1, 4),
        square_N4=np.array(message.squares, np.float64).reshape(-1, 4),
        raw_NP2=raw.transpose(1, 0, 2),
        solved_NP2=solved.transpose(1, 0, 2),
    )


def _states_from_wire(states: Iterable[Any]) -> States:
    numbers = list(states)
    if unknown := set(numbers) - set(_STATE_FROM_WIRE):
        raise BadEdit(f"face state {unknown.pop()} is not known here; update this program")
    return np.array([_STATE_FROM_WIRE[number] for number in numbers], np.int8)
