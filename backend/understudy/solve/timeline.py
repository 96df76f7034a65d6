"""A shot's timeline: what the edits come to on every frame, without solving a single landmark."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from understudy.domain.edit_stack import EditEntry
from understudy.domain.edit_views import MARK_NUMBERS, MATTE_NUMBERS, Timeline, TimelineFlag
from understudy.domain.face import NO_TRACK, ShotFaces
from understudy.domain.solved import FaceState, FrameMark, FramePlan, MatteState, Shape
from understudy.domain.time import FrameRange
from understudy.solve.anchoring import AnchoredKeys, anchored
from understudy.solve.corrections import face_states
from understudy.solve.face_rows import FaceRows, face_rows
from understudy.solve.plans import frame_plans
from understudy.solve.shapes import ShapeRun, shape_runs
from understudy.solve.solve import Replay, replay, standing
from understudy.solve.steady import smoothed_rows

Column = npt.NDArray[np.uint8]


def timeline(
    faces: ShotFaces, entries: Sequence[EditEntry], *, frames: FrameRange, pixel_aspect: float = 1.0
) -> Timeline:
    """The timeline of a shot with its whole list of edits.

    It says the same as the solved shot: where its faces and mattes come from, its marks, its orphans.
    """
    state = replay(faces, standing(entries), frames=frames, pixel_aspect=pixel_aspect)
    rows = face_rows(state.tracks, pixel_aspect=pixel_aspect)
    keys = anchored(state.keys, rows)
    numbers = np.arange(frames.first, frames.last + 1)
    takes = np.searchsorted(np.array(faces.cuts, np.int64), numbers, side="right")
    runs, lost = shape_runs(state.mattes.shapes, rows, numbers, takes)
    plans = frame_plans(state.ranges, state.mattes, _outlines(runs), frames, frames, faces.cuts)
    counts, face_state = _face_columns(rows, keys, state, frames)
    mattes, flags, strengths = _plan_columns(plans.plans, frames)
    flags[face_state == FaceState.KEYED + 1] |= np.uint8(TimelineFlag.ALIGNMENT_KEY)
    flags[[key - frames.first for key in state.mattes.strength]] |= np.uint8(TimelineFlag.STRENGTH_KEY)
    orphans = (*state.orphans, *keys.orphans, *lost, *plans.orphans)
    return Timeline(
        revision=len(entries),
        frames=frames,
        faces=counts.tobytes(),
        face_states=face_state.tobytes(),
        matte_states=mattes.tobytes(),
        marks=_mark_column(plans.marks, frames).tobytes(),
        flags=flags.tobytes(),
        strengths=strengths.tobytes(),
        cuts=tuple(cut for cut in faces.cuts if cut in frames),
        notes=plans.marks,
        bindings=dict(sorted(state.tracks.bindings.items())),
        orphans=tuple(sorted(orphans, key=lambda orphan: orphan.revision)),
    )


def _face_columns(
    rows: FaceRows, keys: AnchoredKeys, replayed: Replay, frames: FrameRange
) -> tuple[Column, Column]:
    """How many tracked faces each frame has, and the state of the one that was changed most, from 1 on."""
    all_rows = np.arange(len(rows))
    state = face_states(rows, keys, all_rows, smoothed_rows(rows, all_rows, replayed.smoothing))
    seen = (rows.track_N != NO_TRACK) & (rows.frame_N >= frames.first) & (rows.frame_N <= frames.last)
    at = rows.frame_N[seen] - frames.first
    strongest = np.zeros(len(frames), np.uint8)
    np.maximum.at(strongest, at, (state[seen] + 1).astype(np.uint8))
    counts = np.minimum(np.bincount(at, minlength=len(frames)), 255)
    return counts.astype(np.uint8), strongest


def _outlines(runs: Iterable[ShapeRun]) -> dict[int, list[Shape]]:
    """On which frames shapes stand, and whether they are keyed there; their points stay where a key is."""
    shapes: dict[int, list[Shape]] = {}
    for run in runs:
        action = run.keys[0].action
        between = Shape(
            name=run.name,
            mode=action.mode,
            points=action.points,
            curve=action.curve,
            feather_px=action.feather_px,
            keyed=False,
        )
        on_key = replace(between, keyed=True)
        for frame, keyed in zip(run.at_N.tolist(), np.isin(run.at_N, run.frames_F), strict=True):
            shapes.setdefault(frame, []).append(on_key if keyed else between)
    return shapes


def _plan_columns(plans: dict[int, FramePlan], frames: FrameRange) -> tuple[Column, Column, Column]:
    """Matte states, flags and strengths."""
    mattes = np.full(len(frames), MATTE_NUMBERS[MatteState.MACHINE], np.uint8)
    flags, strengths = np.zeros(len(frames), np.uint8), np.full(len(frames), 255, np.uint8)
    for frame, plan in plans.items():
        at = frame - frames.first
        mattes[at] = MATTE_NUMBERS[plan.matte]
        flags[at] = _flags(plan)
        strengths[at] = round(255 * min(max(plan.strength, 0.0), 1.0))
    return mattes, flags, strengths


def _flags(plan: FramePlan) -> int:
    return (
        TimelineFlag.STROKES.value * bool(plan.strokes)
        + TimelineFlag.SHAPE_KEY.value * any(shape.keyed for shape in plan.shapes)
        + TimelineFlag.SETTINGS.value * bool(plan.settings)
        + TimelineFlag.HOLD.value * plan.hold
        + TimelineFlag.LAYER.value * bool(plan.layers)
    )


def _mark_column(marks: dict[int, FrameMark], frames: FrameRange) -> Column:
    column = np.zeros(len(frames), np.uint8)
    for frame, mark in marks.items():
        column[frame - frames.first] = MARK_NUMBERS[mark.mark]
    return column
