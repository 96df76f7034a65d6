"""Keys of landmarks and of crops, collected in the order of the edits.

Landmark edits are in plate pixels, their keys unsqueezed, as all alignments are within the solve.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from understudy.domain.edit import Keyed, MoveLandmarks, PlaceCrop, RemoveKeys
from understudy.domain.face import LANDMARKS
from understudy.faces.align import unsqueezed
from understudy.solve.curves import code_of

Place = tuple[int, int]  # track, frame


@dataclass(kw_only=True, slots=True)
class LandmarkKey:
    """What all landmark edits of one face come to; undefined where a landmark has no key."""

    to_K2: npt.NDArray[np.float64]
    kind_K: npt.NDArray[np.int8]
    reach_K: npt.NDArray[np.int16]
    revision_K: npt.NDArray[np.int64]

    @classmethod
    def empty(cls) -> LandmarkKey:
        return cls(
            to_K2=np.full((LANDMARKS, 2), np.nan),
            kind_K=np.full(LANDMARKS, -1, np.int8),
            reach_K=np.zeros(LANDMARKS, np.int16),
            revision_K=np.full(LANDMARKS, -1, np.int64),
        )

    @property
    def set_K(self) -> npt.NDArray[np.bool_]:
        return self.kind_K >= 0

    def put(self, action: MoveLandmarks, revision: int, pixel_aspect: float = 1.0) -> None:
        points = list(action.points)
        self.to_K2[points] = unsqueezed(np.array(action.to, np.float64).reshape(-1, 2), pixel_aspect)
        self.kind_K[points] = code_of(action.interpolation)
        self.reach_K[points] = action.reach_frames
        self.revision_K[points] = revision

    def revisions(self) -> set[int]:
        """Of the edits that still have a landmark here."""
        return {int(n) for n in np.unique(self.revision_K[self.set_K])}


@dataclass(frozen=True, kw_only=True, slots=True)
class CropKey:
    """A crop key and the revision of its edit."""

    action: PlaceCrop
    revision: int


@dataclass(kw_only=True, slots=True)
class AlignmentKeys:
    """All keys so far, by the track and frame they were given for."""

    pixel_aspect: float = 1.0
    landmarks: dict[Place, LandmarkKey] = field(default_factory=dict)
    crops: dict[Place, CropKey] = field(default_factory=dict)

    def move(self, action: MoveLandmarks, revision: int) -> None:
        place = action.track, action.frame
        self.landmarks.setdefault(place, LandmarkKey.empty()).put(action, revision, self.pixel_aspect)

    def place(self, action: PlaceCrop, revision: int) -> None:
        self.crops[action.track, action.frame] = CropKey(action=action, revision=revision)

    def remove(self, action: RemoveKeys) -> bool:
        """Whether there was a key to take away."""

        def hit(place: Place) -> bool:
            return place[0] == action.track and action.first <= place[1] <= action.last

        landmarks = [place for place in self.landmarks if hit(place)] if action.what != Keyed.CROP else []
        crops = [place for place in self.crops if hit(place)] if action.what != Keyed.LANDMARKS else []
        for place in landmarks:
            del self.landmarks[place]
        for place in crops:
            del self.crops[place]
        return bool(landmarks or crops)

    def renumber(self, track: int, new_track: int, *, first: int = 0) -> None:
        """Keys of a track become another's, from a frame on; where that has a key already it stays."""
        for place in [p for p in self.landmarks if p[0] == track and p[1] >= first]:
            self.landmarks.setdefault((new_track, place[1]), self.landmarks.pop(place))
        for place in [p for p in self.crops if p[0] == track and p[1] >= first]:
            self.crops.setdefault((new_track, place[1]), self.crops.pop(place))
