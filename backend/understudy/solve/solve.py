"""The solve: what the machine found and what artists changed, put together. A pure function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from understudy.domain.edit import (
    Action,
    AddFace,
    AdjustConvert,
    BindTrack,
    ClearMatte,
    ComposeMatte,
    CurateFaces,
    KeyShape,
    KeyStrength,
    MarkFrames,
    MergeTracks,
    MoveLandmarks,
    PaintStroke,
    PlaceCrop,
    RemoveFaces,
    RemoveKeys,
    RemoveShape,
    RemoveStrength,
    SmoothAlignments,
    SplitTrack,
    UseLayer,
)
from understudy.domain.edit_stack import EditEntry, frames_of, stack_of
from understudy.domain.face import ShotFaces
from understudy.domain.solved import Orphan, Shape, SolvedShot
from understudy.domain.time import FrameRange
from understudy.faces.align import squeezed
from understudy.solve.alignment_keys import AlignmentKeys
from understudy.solve.anchoring import AnchoredKeys, anchored
from understudy.solve.corrections import face_states, move_landmarks, place_crops, rows_with_keys
from understudy.solve.face_rows import FaceRows, columns_of, face_rows
from understudy.solve.matte_edits import MatteEdits
from understudy.solve.plans import frame_plans
from understudy.solve.shapes import ShapeRun, drawn, shape_runs
from understudy.solve.steady import Alignment, steadied
from understudy.solve.track_edits import Tracks

Int = npt.NDArray[np.int64]
Float32 = npt.NDArray[np.float32]


@dataclass(kw_only=True, slots=True)
class Replay:
    """All edits taken in, in order, before anything is interpolated or smoothed."""

    tracks: Tracks
    keys: AlignmentKeys = field(default_factory=AlignmentKeys)
    mattes: MatteEdits = field(default_factory=MatteEdits)
    ranges: list[EditEntry] = field(default_factory=list)
    smoothing: SmoothAlignments | None = None
    orphans: list[Orphan] = field(default_factory=list)
    revision: int = 0
    order: int = 0

    def take_in(self, entry: EditEntry, frames: FrameRange) -> None:
        """One edit; it becomes an orphan where it finds nothing to apply to."""
        self.order += 1
        self.revision = max(self.revision, entry.revision)
        if entry.action is None:
            return
        reason = outside(entry.action, frames) or self._apply(entry.action, entry)
        if reason:
            self.orphans.append(Orphan(revision=entry.revision, reason=reason))

    def _apply(self, action: Action, entry: EditEntry) -> str:
        match action:
            case AddFace() | RemoveFaces() | BindTrack() | CurateFaces():
                return self.tracks.apply(action, self.order)
            case MergeTracks() | SplitTrack():
                return self._renumber(action)
            case MoveLandmarks():
                self.keys.move(action, entry.revision)
            case PlaceCrop():
                self.keys.place(action, entry.revision)
            case RemoveKeys():
                if not self.keys.remove(action):
                    return f"track {action.track} has no such key in frames {action.first}-{action.last}"
            case SmoothAlignments():
                self.smoothing = action
            case PaintStroke() | KeyShape() | RemoveShape() | KeyStrength() | RemoveStrength():
                return self.mattes.apply(action, entry.revision, self.order)
            case ClearMatte():
                self.ranges.append(entry)
                return self.mattes.apply(action, entry.revision, self.order)
            case UseLayer() | ComposeMatte() | AdjustConvert() | MarkFrames():
                self.ranges.append(entry)
        return ""

    def _renumber(self, action: MergeTracks | SplitTrack) -> str:
        reason = self.tracks.apply(action, self.order)
        if reason:
            return reason
        if isinstance(action, MergeTracks):
            self.keys.renumber(action.other, action.track)
            self.mattes.renumber(action.other, action.track)
        else:
            self.keys.renumber(action.track, action.new_track, first=action.frame)
            self.mattes.renumber(action.track, action.new_track, first=action.frame)
        return ""


def replay(
    faces: ShotFaces, edits: Sequence[EditEntry], *, frames: FrameRange, pixel_aspect: float = 1.0
) -> Replay:
    """Take all edits in."""
    state = Replay(tracks=Tracks.of(faces), keys=AlignmentKeys(pixel_aspect=pixel_aspect))
    for entry in edits:
        state.take_in(entry, frames)
    return state


def outside(action: Action, frames: FrameRange) -> str:
    """Says that an edit lies outside the plate, or nothing."""
    named = frames_of(action)
    if named is None or (named[0] <= frames.last and named[1] >= frames.first):
        return ""
    where = f"frame {named[0]}" if named[0] == named[1] else f"frames {named[0]}-{named[1]}"
    return f"the plate has frames {frames}, not {where}"


def solve(
    faces: ShotFaces,
    edits: Sequence[EditEntry],
    *,
    frames: FrameRange,
    only: FrameRange | None = None,
    pixel_aspect: float = 1.0,
) -> SolvedShot:
    """Alignments, mattes and states of a shot from its base layer and its standing edits, in their order.

    frames, pixel_aspect: the plate's. Landmarks, shapes and strokes are its pixels; crop keys and squares
    are unsqueezed (see `SolvedShot`), and there movement is smoothed, turned and interpolated.
    only: solve these frames; the result is the same, bit for bit, as that part of the whole. Without edits
    every landmark is exactly the machine's. Nothing is smoothed unless an edit says so.
    An edit whose frame, track or face is gone is skipped and named among the orphans. A key goes to its
    track's face at its frame, and where the track was renumbered to the face that lies there
    (see `anchoring`); an added face that covers a face of a renumbered track takes its place.
    """
    state = replay(faces, edits, frames=frames, pixel_aspect=pixel_aspect)
    part = frames if only is None else only
    rows = face_rows(state.tracks, pixel_aspect=pixel_aspect)
    keys = anchored(state.keys, rows)
    wanted = np.flatnonzero((rows.frame_N >= part.first) & (rows.frame_N <= part.last))
    if only is None:
        wanted = np.arange(len(rows))
    at = np.arange(part.first, part.last + 1)
    takes = np.searchsorted(np.array(faces.cuts, np.int64), at, side="right")
    runs, lost = shape_runs(state.mattes.shapes, rows, at, takes)
    needed = np.unique(np.concatenate([wanted, *(run.needed_rows for run in runs)]))
    alignment, states, changed = _aligned(rows, keys, needed, state.smoothing)
    plans = frame_plans(state.ranges, state.mattes, _by_frame(runs, alignment), frames, part, faces.cuts)
    chosen = np.searchsorted(alignment.rows_M, wanted)
    landmarks = _in_plate(rows, wanted, alignment.landmarks_MK3[chosen], changed[chosen])
    orphans = sorted(
        (*state.orphans, *keys.orphans, *lost, *plans.orphans), key=lambda orphan: orphan.revision
    )
    return SolvedShot(
        faces=columns_of(rows, wanted, landmarks, changed[chosen], state.tracks),
        square_N4=alignment.squares_M4[chosen],
        state_N=states[chosen],
        plans=plans.plans,
        bindings=dict(sorted(state.tracks.bindings.items())),
        marks=plans.marks,
        orphans=tuple(orphans),
        revision=state.revision,
        pixel_aspect=pixel_aspect,
    )


def _in_plate(
    rows: FaceRows, wanted_M: Int, landmarks_MK3: Float32, changed_M: npt.NDArray[np.bool_]
) -> Float32:
    """Solved landmarks in plate pixels; those that nothing has changed exactly as they were found."""
    if rows.pixel_aspect == 1.0:
        return landmarks_MK3
    return np.where(
        changed_M[:, None, None], squeezed(landmarks_MK3, rows.pixel_aspect), rows.in_plate(wanted_M)
    )


def standing(entries: Sequence[EditEntry]) -> tuple[EditEntry, ...]:
    """The edits of a list that are done and not undone."""
    return stack_of(entries).done


def solve_list(
    faces: ShotFaces,
    entries: Sequence[EditEntry],
    *,
    frames: FrameRange,
    only: FrameRange | None = None,
    pixel_aspect: float = 1.0,
    chosen: Callable[[Sequence[EditEntry]], Sequence[EditEntry]] = standing,
) -> SolvedShot:
    """A shot with what stands of its whole list of edits, or what `chosen` makes of it; see `solve`.

    Its revision is that of the list.
    """
    solved = solve(faces, chosen(entries), frames=frames, only=only, pixel_aspect=pixel_aspect)
    return replace(solved, revision=len(entries))


def _aligned(
    rows: FaceRows, keys: AnchoredKeys, needed_M: Int, smoothing: SmoothAlignments | None
) -> tuple[Alignment, npt.NDArray[np.int8], npt.NDArray[np.bool_]]:
    """The needed rows (and those they depend on) smoothed and keyed; their states; which are not as found."""
    alignment = steadied(rows, rows_with_keys(rows, keys, needed_M), smoothing)
    state = face_states(rows, keys, alignment.rows_M, alignment.smoothed_M)
    changed = move_landmarks(rows, keys, alignment) | alignment.smoothed_M
    place_crops(rows, keys, alignment)
    return alignment, state, changed


def _by_frame(runs: Sequence[ShapeRun], alignment: Alignment) -> dict[int, list[Shape]]:
    shapes: dict[int, list[Shape]] = {}
    for run in runs:
        for frame, shape in zip(run.at_N.tolist(), drawn(run, alignment), strict=True):
            shapes.setdefault(frame, []).append(shape)
    return shapes
