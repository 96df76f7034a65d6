"""Which face a key belongs to: the one of its track, or, renumbered since, the one that lies where it says.

A key names a track and a frame. Where another extraction has numbered its tracks otherwise, that track may
have no face there any more. Then the key goes to the face at that frame that it fits best: landmarks that
lie within a fifth of a face of the same landmarks of that face on average, or a square whose centre is
within a quarter of a side and whose size is within a factor of 1.6. If there is none the key is an orphan.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from understudy.domain.solved import Orphan
from understudy.faces.align import face_squares
from understudy.solve.alignment_keys import AlignmentKeys, CropKey, LandmarkKey
from understudy.solve.face_rows import FaceRows

Float = npt.NDArray[np.float64]
Group = tuple[int, int]  # track, camera take
Key = TypeVar("Key")

_LANDMARKS_OFF, _CENTRE_OFF, _SIZE_OFF = 0.2, 0.25, 1.6


@dataclass(frozen=True, kw_only=True, slots=True)
class AnchoredKeys:
    """Keys under the rows of their faces, by track and camera take; frames rise within each."""

    landmarks: dict[Group, dict[int, LandmarkKey]]
    crops: dict[Group, dict[int, CropKey]]
    orphans: tuple[Orphan, ...]


def anchored(keys: AlignmentKeys, rows: FaceRows) -> AnchoredKeys:
    """Find the face of every key."""
    orphans: list[Orphan] = []
    landmarks: dict[int, LandmarkKey] = {}
    for (track, frame), key in sorted(keys.landmarks.items(), key=lambda item: max(item[1].revisions())):
        found = _own_or_fitting(rows, track, frame, key.to_K2)
        if found is None:
            orphans += [Orphan(revision=n, reason=no_face(track, frame)) for n in sorted(key.revisions())]
        else:
            landmarks[found] = key if found not in landmarks else _laid_over(landmarks[found], key)
    crops: dict[int, CropKey] = {}
    for (track, frame), crop in sorted(keys.crops.items(), key=lambda item: item[1].revision):
        row = rows.row(track, frame)
        row = _fitting_square(rows, crop) if row is None else row
        if row is None:
            orphans.append(Orphan(revision=crop.revision, reason=no_face(track, frame)))
        else:
            crops[row] = crop
    return AnchoredKeys(
        landmarks=_grouped(landmarks, rows), crops=_grouped(crops, rows), orphans=tuple(orphans)
    )


def no_face(track: int, frame: int) -> str:
    """Said where a track has no face."""
    return f"track {track} has no face at frame {frame}"


def square_fits(rows: FaceRows, frame: int, square_4: Float) -> int | None:
    """The row of the face at a frame that a square lies on."""
    near = rows.rows_at(frame)
    if not len(near):
        return None
    squares = face_squares(rows.landmarks(np.arange(near.start, near.stop)))
    off = np.hypot(*(squares[:, :2] - square_4[:2]).T) / square_4[2]
    size = np.exp(np.abs(np.log(squares[:, 2] / square_4[2])))
    off = np.where(size <= _SIZE_OFF, off, np.inf)
    best = int(off.argmin())
    return near[best] if off[best] <= _CENTRE_OFF else None


def _own_or_fitting(rows: FaceRows, track: int, frame: int, to_K2: Float) -> int | None:
    own = rows.row(track, frame)
    near = rows.rows_at(frame)
    if own is not None or not len(near):
        return own
    landmarks = rows.landmarks(np.arange(near.start, near.stop))
    chosen = np.isfinite(to_K2[:, 0])
    away = np.linalg.norm(landmarks[:, chosen, :2] - to_K2[chosen], axis=2).mean(1)
    off = away / face_squares(landmarks)[:, 2]
    best = int(off.argmin())
    return near[best] if off[best] <= _LANDMARKS_OFF else None


def _fitting_square(rows: FaceRows, crop: CropKey) -> int | None:
    action = crop.action
    return square_fits(rows, action.frame, np.array([action.centre_x, action.centre_y, action.side_px]))


def _laid_over(below: LandmarkKey, above: LandmarkKey) -> LandmarkKey:
    chosen = above.set_K
    return LandmarkKey(
        to_K2=np.where(chosen[:, None], above.to_K2, below.to_K2),
        kind_K=np.where(chosen, above.kind_K, below.kind_K),
        reach_K=np.where(chosen, above.reach_K, below.reach_K),
        revision_K=np.where(chosen, above.revision_K, below.revision_K),
    )


def _grouped(keys: dict[int, Key], rows: FaceRows) -> dict[Group, dict[int, Key]]:
    groups: dict[Group, dict[int, Key]] = {}
    for row in sorted(keys):
        group = int(rows.track_N[row]), int(rows.take_N[row])
        groups.setdefault(group, {})[row] = keys[row]
    return groups
