"""Solved shots for looking at: the latest few are kept, since one edit is looked at from many sides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from understudy.domain.edit import AddFace, MergeTracks, RemoveFaces, SmoothAlignments, SplitTrack
from understudy.domain.edit_stack import EditEntry, stack_of
from understudy.domain.edit_views import Curves, SolvedFrames, Timeline
from understudy.domain.errors import BadInput, FrameOutOfRange
from understudy.domain.face import LANDMARKS, ShotFaces, load_faces, no_faces
from understudy.domain.latest import Latest
from understudy.domain.shot import Shot
from understudy.domain.solved import FaceState, SolvedShot
from understudy.domain.time import FrameRange
from understudy.solve import solve_list, standing
from understudy.solve.timeline import timeline
from understudy.store.production import Production

SHORT_FRAMES = 64  # so few are solved by themselves when the whole shot is not solved yet

Real = TypeVar("Real", np.float32, np.float64)

_UNSMOOTHED = SmoothAlignments(position=0, rotation=0, scale=0, face=0, mouth=0, eyes=0)
_TRACK_EDITS = (AddFace, RemoveFaces, MergeTracks, SplitTrack)


class Solver:
    """Solves the shots of a production as they are at this moment. Used from many threads."""

    def __init__(self, production: Production) -> None:
        self._production = production
        self._faces: Latest[tuple[str, str], ShotFaces] = Latest(3)
        self._whole: Latest[tuple[object, ...], SolvedShot] = Latest(4)
        self._short: Latest[tuple[object, ...], SolvedShot] = Latest(16)
        self._timelines: Latest[tuple[object, ...], Timeline] = Latest(4)

    def forget(self) -> None:
        """Keep nothing in memory of what was looked at, since somebody was purged."""
        for kept in (self._faces, self._whole, self._short, self._timelines):
            kept.clear()

    def faces(self, shot: Shot) -> ShotFaces:
        """What extraction found; no face before it."""
        key = (shot.faces, shot.faces_sha256)
        if (known := self._faces.get(key)) is not None:
            return known
        found = load_faces(self._production.path(shot.faces)) if shot.faces else no_faces()
        return self._faces.put(key, found)

    def solved(self, shot: Shot, *, only: FrameRange | None = None) -> SolvedShot:
        """The shot with all its standing edits; its revision is that of the shot's list.

        `only` says which frames are looked at; few of them may be solved without the rest.
        """
        return self._solved(shot, only, standing, kind="solved")

    def raw(self, shot: Shot, *, only: FrameRange | None = None) -> SolvedShot:
        """The same tracks as the machine found them: without keys, without smoothing."""
        return self._solved(shot, only, _only_tracks, kind="raw")

    def _solved(
        self,
        shot: Shot,
        only: FrameRange | None,
        chosen: Callable[[Sequence[EditEntry]], Sequence[EditEntry]],
        *,
        kind: str,
    ) -> SolvedShot:
        few = only is not None and len(only) <= SHORT_FRAMES and len(only) < len(shot.plate.frames)
        part = only if few else None
        known = self._kept(shot, self._production.edit_revision(shot.id), kind, part)
        if known is not None:
            return known
        entries = self._production.edits(shot.id)
        solved = solve_list(
            self.faces(shot),
            entries,
            frames=shot.plate.frames,
            only=part,
            pixel_aspect=float(shot.plate.pixel_aspect),
            chosen=chosen,
        )
        key = (shot.id, shot.faces_sha256, len(entries), kind)
        return self._whole.put(key, solved) if part is None else self._short.put((*key, part), solved)

    def _kept(self, shot: Shot, revision: int, kind: str, part: FrameRange | None) -> SolvedShot | None:
        key = (shot.id, shot.faces_sha256, revision, kind)
        known = self._whole.get(key)
        return known if known is not None or part is None else self._short.get((*key, part))

    def frames(self, shot: Shot, frames: FrameRange | None, *, landmarks: bool, plans: bool) -> SolvedFrames:
        """Solved faces and plans of some frames. Raises: FrameOutOfRange."""
        wanted = _within(shot, frames)
        whole = self.solved(shot, only=wanted)
        faces = whole.faces
        rows = np.flatnonzero((faces.frame >= wanted.first) & (faces.frame <= wanted.last))
        points = faces.landmarks_NK3[rows if landmarks else [], :, :2]
        return SolvedFrames(
            revision=whole.revision,
            frames=wanted,
            frame=faces.frame[rows],
            track=faces.track[rows],
            state_N=whole.state_N[rows],
            presence=faces.presence[rows],
            filled=faces.filled[rows],
            square_N4=whole.square_N4[rows],
            landmarks_NK2=np.ascontiguousarray(points),
            plans={f: plan for f, plan in sorted(whole.plans.items()) if plans and f in wanted},
            marks={f: mark for f, mark in sorted(whole.marks.items()) if f in wanted},
            bindings=dict(sorted(whole.bindings.items())),
            orphans=whole.orphans,
        )

    def timeline(self, shot: Shot) -> Timeline:
        """What the edits come to on every frame; nothing is solved for it."""
        key = (shot.id, shot.faces_sha256, self._production.edit_revision(shot.id))
        if (known := self._timelines.get(key)) is not None:
            return known
        entries = self._production.edits(shot.id)
        aspect = float(shot.plate.pixel_aspect)
        made = timeline(self.faces(shot), entries, frames=shot.plate.frames, pixel_aspect=aspect)
        return self._timelines.put((*key[:2], len(entries)), made)

    def curves(self, shot: Shot, track: int, points: Sequence[int], frames: FrameRange | None) -> Curves:
        """A track as found and as solved. Raises: TrackNotFound, FrameOutOfRange, BadInput."""
        if wrong := [point for point in points if not 0 <= point < LANDMARKS]:
            raise BadInput(f"there is no landmark {wrong[0]}; they are 0..{LANDMARKS - 1}")
        wanted = _within(shot, frames)
        solved, raw = self.solved(shot, only=wanted), self.raw(shot, only=wanted)
        now, found = _rows(solved, track, wanted), _rows(raw, track, wanted)
        if not now and not found:
            self.solved(shot).faces.of_track(track)  # it may have its faces elsewhere
        numbers = sorted({*now, *found})
        states = [int(solved.state_N[now[n]]) if n in now else int(FaceState.MACHINE) for n in numbers]
        return Curves(
            revision=solved.revision,
            track=track,
            points=tuple(points),
            frame=np.array(numbers, np.int32),
            state_N=np.array(states, np.int8),
            raw_square_N4=_column(raw.square_N4, found, numbers),
            square_N4=_column(solved.square_N4, now, numbers),
            raw_NP2=_column(raw.faces.landmarks_NK3[:, list(points), :2], found, numbers),
            solved_NP2=_column(solved.faces.landmarks_NK3[:, list(points), :2], now, numbers),
        )


def _only_tracks(entries: Sequence[EditEntry]) -> Sequence[EditEntry]:
    tracks = [entry for entry in stack_of(entries).done if isinstance(entry.action, _TRACK_EDITS)]
    return [*tracks, EditEntry(revision=len(entries) + 1, author="", at="", action=_UNSMOOTHED)]


def _within(shot: Shot, frames: FrameRange | None) -> FrameRange:
    all_frames = shot.plate.frames
    if frames is None:
        return all_frames
    for frame in (frames.first, frames.last):
        if frame not in all_frames:
            raise FrameOutOfRange(f"frame {frame} is not in shot {shot.name}; it has {all_frames}")
    return frames


def _rows(solved: SolvedShot, track: int, frames: FrameRange) -> dict[int, int]:
    faces = solved.faces
    rows = np.flatnonzero(
        (faces.track == track) & (faces.frame >= frames.first) & (faces.frame <= frames.last)
    )
    return {int(faces.frame[row]): int(row) for row in rows}


def _column(values: npt.NDArray[Real], rows: dict[int, int], numbers: Sequence[int]) -> npt.NDArray[Real]:
    """Values of the faces on these frames, undefined where there is none."""
    column = np.full((len(numbers), *values.shape[1:]), np.nan, values.dtype)
    for at, number in enumerate(numbers):
        if number in rows:
            column[at] = values[rows[number]]
    return column
