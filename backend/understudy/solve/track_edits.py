"""Edits of tracks, replayed in order on the base layer's rows: added, removed, merged, split, bound, curated.

Nothing here touches landmarks; `face_rows` puts the rows together afterwards.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from understudy.domain.edit import AddFace, BindTrack, CurateFaces, MergeTracks, RemoveFaces, SplitTrack
from understudy.domain.face import NO_TRACK, ShotFaces
from understudy.faces.roi import box_of_mesh, box_overlap

_FAR_APART = (33, 263, 152)  # outer corners of the eyes, chin
_SAME_FACE_OVERLAP = 0.5  # an added face that covers one of another number so far is that face, renumbered

TrackEdit = AddFace | RemoveFaces | MergeTracks | SplitTrack | BindTrack | CurateFaces


@dataclass(frozen=True, kw_only=True, slots=True)
class Added:
    """A face an artist drew. `order` counts the edits of the solve."""

    order: int
    landmarks_K2: npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Removal:
    """A track's faces taken away in a range."""

    order: int
    track: int
    first: int
    last: int


@dataclass(kw_only=True, slots=True)
class Tracks:
    """The base layer's tracks as edited so far.

    track_B: track number of each base row. alive_B: not removed. sound_B: its landmarks are all defined and
    can be aligned. dropped_B: no model learns from it.
    """

    base: ShotFaces
    track_B: npt.NDArray[np.int32]
    alive_B: npt.NDArray[np.bool_]
    sound_B: npt.NDArray[np.bool_]
    dropped_B: npt.NDArray[np.bool_]
    added: dict[tuple[int, int], Added] = field(default_factory=dict)
    removals: list[Removal] = field(default_factory=list)
    bindings: dict[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, base: ShotFaces) -> Tracks:
        """The base layer as it stands. A sum is undefined where any landmark is."""
        with np.errstate(invalid="ignore", over="ignore"):
            total_B = base.landmarks_NK3.sum((1, 2))
            spread_B = np.ptp(base.landmarks_NK3[:, _FAR_APART, :2], axis=1).max(1)
        return cls(
            base=base,
            track_B=base.track.copy(),
            alive_B=np.ones(len(base), np.bool_),
            sound_B=np.isfinite(total_B) & (spread_B > 0),
            dropped_B=np.zeros(len(base), np.bool_),
        )

    def take(self, frame: int) -> int:
        """Number of the camera take that a frame belongs to."""
        return bisect_right(self.base.cuts, frame)

    def row(self, track: int, frame: int) -> int | None:
        """The base row of a track's face at a frame."""
        start, end = np.searchsorted(self.base.frame, (frame, frame + 1))
        here = np.flatnonzero(self.alive_B[start:end] & (self.track_B[start:end] == track))
        return int(start + here[0]) if len(here) else None

    def frames(self, track: int) -> npt.NDArray[np.int64]:
        """Frames of a track's faces, rising; added ones too, those interpolated between them not."""
        base = self.base.frame[self.alive_B & (self.track_B == track)]
        drawn = [frame for number, frame in self.added if number == track]
        return np.unique(np.concatenate([base.astype(np.int64), np.array(drawn, np.int64)]))

    def takes(self, track: int) -> set[int]:
        return {self.take(int(frame)) for frame in self._a_face_per_take(track)}

    def _a_face_per_take(self, track: int) -> npt.NDArray[np.int64]:
        frames = self.frames(track)
        numbers = np.searchsorted(np.array(self.base.cuts, np.int64), frames, side="right")
        return np.asarray(frames[np.unique(numbers, return_index=True)[1]], np.int64)

    def apply(self, action: TrackEdit, order: int) -> str:
        """Do one edit; why it cannot be done, or nothing."""
        match action:
            case AddFace():
                return self._add(action, order)
            case RemoveFaces():
                return self._remove(action, order)
            case MergeTracks():
                return self._merge(action)
            case SplitTrack():
                return self._split(action)
            case CurateFaces():
                return self._curate(action)
        return self._bind(action)

    def _add(self, action: AddFace, order: int) -> str:
        takes, here = self.takes(action.track), self.take(action.frame)
        landmarks = np.array(action.landmarks, np.float64).reshape(-1, 2)
        track = action.track
        if here not in takes:
            other = self._covered(landmarks, action.frame)
            if other is None and takes:
                return f"track {track} belongs to another camera take than frame {action.frame}"
            track = track if other is None else other
        self.added[track, action.frame] = Added(order=order, landmarks_K2=landmarks)
        return ""

    def _covered(self, landmarks_K2: npt.NDArray[np.float64], frame: int) -> int | None:
        """The track whose face at the frame lies where these landmarks are."""
        box = box_of_mesh(landmarks_K2.astype(np.float32))
        start, end = np.searchsorted(self.base.frame, (frame, frame + 1))
        best, track = _SAME_FACE_OVERLAP, None
        for row in range(int(start), int(end)):
            if self.alive_B[row] and self.sound_B[row] and self.track_B[row] != NO_TRACK:
                overlap = box_overlap(box, box_of_mesh(self.base.landmarks_NK3[row]))
                if overlap > best:
                    best, track = overlap, int(self.track_B[row])
        return track

    def _remove(self, action: RemoveFaces, order: int) -> str:
        frame = self.base.frame
        rows = self.alive_B & (self.track_B == action.track)
        rows &= (frame >= action.first) & (frame <= action.last)
        drawn = [
            key for key in self.added if key[0] == action.track and action.first <= key[1] <= action.last
        ]
        self.removals.append(Removal(order=order, track=action.track, first=action.first, last=action.last))
        if not rows.any() and not drawn and not self._bridged(action):
            return f"track {action.track} has no face in frames {action.first}-{action.last}"
        self.alive_B[rows] = False
        for key in drawn:
            del self.added[key]
        return ""

    def _bridged(self, action: RemoveFaces) -> bool:
        """Whether the range lies between faces of which an added one makes interpolated faces."""
        frames = self.frames(action.track)
        after = int(np.searchsorted(frames, action.last))
        if not 0 < after < len(frames):
            return False
        ends = int(frames[after - 1]), int(frames[after])
        same_take = self.take(ends[0]) == self.take(ends[1])
        return same_take and any((action.track, frame) in self.added for frame in ends)

    def _merge(self, action: MergeTracks) -> str:
        for track in (action.track, action.other):
            if not len(self.frames(track)):
                return f"there is no track {track}"
        if not self.takes(action.track) & self.takes(action.other):
            return f"tracks {action.track} and {action.other} are never in the same camera take"
        own = self.frames(action.track)
        rows = self.alive_B & (self.track_B == action.other)
        doubled = rows & np.isin(self.base.frame, own)
        self.alive_B[doubled] = False
        self.track_B[rows & ~doubled] = action.track
        for number, frame in [key for key in self.added if key[0] == action.other]:
            face = self.added.pop((number, frame))
            if frame not in own:
                self.added[action.track, frame] = face
        self.removals = [
            replace(removal, track=action.track) if removal.track == action.other else removal
            for removal in self.removals
        ]
        bound = self.bindings.pop(action.other, "")
        if bound:
            self.bindings.setdefault(action.track, bound)
        return ""

    def _split(self, action: SplitTrack) -> str:
        frames = self.frames(action.track)
        if not len(frames):
            return f"there is no track {action.track}"
        if len(self.frames(action.new_track)):
            return f"there is a track {action.new_track} already"
        if frames[-1] < action.frame:
            return f"track {action.track} has no face from frame {action.frame} on"
        rows = self.alive_B & (self.track_B == action.track) & (self.base.frame >= action.frame)
        self.track_B[rows] = action.new_track
        for number, frame in [key for key in self.added if key[0] == action.track and key[1] >= action.frame]:
            self.added[action.new_track, frame] = self.added.pop((number, frame))
        self.removals += [
            replace(removal, track=action.new_track)
            for removal in self.removals
            if removal.track == action.track and removal.last >= action.frame
        ]
        if action.track in self.bindings:
            self.bindings[action.new_track] = self.bindings[action.track]
        return ""

    def _bind(self, action: BindTrack) -> str:
        if not len(self.frames(action.track)):
            return f"there is no track {action.track}"
        self.bindings.pop(action.track, None)
        if action.person_id:
            self.bindings[action.track] = action.person_id
        return ""

    def _curate(self, action: CurateFaces) -> str:
        """Removed faces count too: they are gone from the shot, and models may still learn from them."""
        rows = (self.track_B == action.track) & np.isin(self.base.frame, action.numbers)
        if not rows.any():
            return f"track {action.track} has no found face in frames {action.frames}"
        self.dropped_B[rows] = not action.keep
        return ""
