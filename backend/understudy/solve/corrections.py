"""Keys laid over the alignments: their distance from what stands below, interpolated in the face's own frame.

A key's own frame comes out exactly at the key. Between keys the distance is interpolated, beyond them it
eases out, and nothing crosses a cut: keys are given per track and camera take.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from understudy.domain.solved import FaceState
from understudy.faces.align import MEAN_FACE_POINTS, face_squares
from understudy.solve.alignment_keys import CropKey, LandmarkKey
from understudy.solve.anchoring import AnchoredKeys, Group
from understudy.solve.curves import between_keys, code_of, fade, near_keys
from understudy.solve.face_rows import FaceRows
from understudy.solve.steady import Alignment

Int = npt.NDArray[np.int64]
Float = npt.NDArray[np.float64]


def rows_with_keys(rows: FaceRows, keys: AnchoredKeys, wanted_M: Int) -> Int:
    """The wanted rows and those of all keys that they depend on, rising."""
    needed = np.unique(np.concatenate([wanted_M, _near(rows, keys.crops, wanted_M)]))
    return np.unique(np.concatenate([needed, _near(rows, keys.landmarks, needed)]))


def _near(
    rows: FaceRows, keys: dict[Group, dict[int, CropKey]] | dict[Group, dict[int, LandmarkKey]], at_M: Int
) -> Int:
    """Rows of the keys that some rows depend on."""
    found = [np.zeros(0, np.int64)]
    for (track, take), group in keys.items():
        here = rows.frame_N[at_M[(rows.track_N[at_M] == track) & (rows.take_N[at_M] == take)]]
        for members_F, kinds_F, reach_F in _patterns(group) if len(here) else ():
            frames = rows.frame_N[members_F]
            touched = here[fade(frames, reach_F, here) > 0]
            if len(touched):
                found.append(members_F[np.isin(frames, near_keys(frames, kinds_F, touched))])
    return np.concatenate(found)


def _patterns(
    group: dict[int, CropKey] | dict[int, LandmarkKey],
) -> Iterator[tuple[Int, npt.NDArray[np.int8], Int]]:
    """Rows, kinds and reaches of the keys that belong together: each set of landmarks has its own."""
    own = np.array(list(group), np.int64)
    crops = [key.action for key in group.values() if isinstance(key, CropKey)]
    if crops:
        kinds = np.array([code_of(crop.interpolation) for crop in crops], np.int8)
        yield own, kinds, np.array([crop.reach_frames for crop in crops], np.int64)
    keys = [key for key in group.values() if isinstance(key, LandmarkKey)]
    for members, points in _columns_alike(keys) if keys else ():
        chosen = [keys[n] for n in members]
        kinds = np.array([key.kind_K[points[0]] for key in chosen], np.int8)
        yield own[list(members)], kinds, np.array([key.reach_K[points[0]] for key in chosen], np.int64)


def _columns_alike(keys: list[LandmarkKey]) -> Iterator[tuple[tuple[int, ...], npt.NDArray[np.intp]]]:
    """Which keys (by number) set which landmarks, for each set of landmarks that are keyed alike."""
    told = np.concatenate([np.stack([key.kind_K, key.reach_K]) for key in keys]).astype(np.int16)
    used = np.flatnonzero((told[::2] >= 0).any(0))
    alike: dict[bytes, list[int]] = {}
    columns = np.ascontiguousarray(told[:, used].T)
    for landmark, column in zip(used, columns, strict=True):
        alike.setdefault(column.tobytes(), []).append(int(landmark))
    for landmarks in alike.values():
        members = np.flatnonzero(told[::2, landmarks[0]] >= 0)
        yield tuple(int(n) for n in members), np.array(landmarks, np.intp)


def face_states(
    rows: FaceRows, keys: AnchoredKeys, rows_M: Int, smoothed_M: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int8]:
    """`FaceState` of some rows (rising), told from where the keys lie: no landmark is looked at."""
    state_M = np.where(smoothed_M, FaceState.SMOOTHED, FaceState.MACHINE).astype(np.int8)
    state_M[rows.filled_N[rows_M]] = FaceState.INTERPOLATED
    state_M[rows.added_N[rows_M]] = FaceState.KEYED
    keyed = np.zeros(len(rows_M), np.bool_)
    for groups in (keys.landmarks, keys.crops):
        for (track, take), group in groups.items():
            here = np.flatnonzero((rows.track_N[rows_M] == track) & (rows.take_N[rows_M] == take))
            for members_F, _, reach_F in _patterns(group) if len(here) else ():
                share = fade(rows.frame_N[members_F], reach_F, rows.frame_N[rows_M[here]])
                touched = here[share > 0]
                state_M[touched] = np.maximum(state_M[touched], FaceState.INTERPOLATED)
                keyed |= np.isin(rows_M, members_F)
    state_M[keyed] = FaceState.KEYED
    return state_M


def move_landmarks(rows: FaceRows, keys: AnchoredKeys, below: Alignment) -> npt.NDArray[np.bool_]:
    """Lay landmark keys over the alignment, in place; which rows they changed.

    Where landmarks move that the square rests on, the square goes with them.
    """
    changed = np.zeros(len(below.rows_M), np.bool_)
    before = below.landmarks_MK3[:, MEAN_FACE_POINTS, :2].copy() if keys.landmarks else None
    squares = below.squares_M4.copy()
    for (track, take), group in keys.landmarks.items():
        here = np.flatnonzero((rows.track_N[below.rows_M] == track) & (rows.take_N[below.rows_M] == take))
        if not len(here):
            continue
        landmark_keys = list(group.values())
        own = np.array(list(group), np.int64)
        for members, points in _columns_alike(landmark_keys):
            chosen = [landmark_keys[n] for n in members]
            touched = _move(rows, below, squares, here, own[list(members)], chosen, points)
            changed[touched] = True
    if before is not None and changed.any():
        _carry_squares(below, before, np.flatnonzero(changed))
    return changed


def _move(
    rows: FaceRows,
    below: Alignment,
    squares_M4: Float,
    here_H: Int,
    key_rows_F: Int,
    keys: list[LandmarkKey],
    points_P: npt.NDArray[np.intp],
) -> Int:
    """One set of landmarks with one set of keys; the places that changed."""
    at = rows.frame_N[below.rows_M[here_H]]
    # Where the keys end is a matter of all of them, also of those too far away to count (never solved).
    share = fade(rows.frame_N[key_rows_F], np.array([key.reach_K[points_P[0]] for key in keys], np.int64), at)
    present = np.isin(key_rows_F, below.rows_M)
    key_rows_F = key_rows_F[present]
    keys = [key for key, there in zip(keys, present, strict=True) if there]
    if not keys:
        return here_H[:0]
    at_keys = np.searchsorted(below.rows_M, key_rows_F)
    frames = rows.frame_N[key_rows_F]
    targets = np.stack([key.to_K2[points_P] for key in keys])
    apart = targets - below.landmarks_MK3[at_keys][:, points_P, :2].astype(np.float64)
    offsets = _turned(apart, squares_M4[at_keys], into_face=True)
    kinds = np.array([key.kind_K[points_P[0]] for key in keys], np.int8)
    touched, at, share = here_H[share > 0], at[share > 0], share[share > 0]
    values = between_keys(frames, offsets.reshape(len(frames), -1), kinds, at) * share[:, None]
    moved = _turned(values.reshape(len(at), -1, 2), squares_M4[touched], into_face=False)
    spots = (touched[:, None], points_P)
    below.landmarks_MK3[..., :2][spots] += moved.astype(np.float32)
    below.landmarks_MK3[..., :2][at_keys[:, None], points_P] = targets.astype(np.float32)
    return touched


def _turned(offsets_MP2: Float, squares_M4: Float, *, into_face: bool) -> Float:
    """Offsets in plate pixels as offsets in a face's square, or back."""
    angle = np.radians(squares_M4[:, 3])[:, None]
    side = squares_M4[:, 2][:, None]
    cos, sin = np.cos(angle), np.sin(angle)
    x, y = offsets_MP2[:, :, 0], offsets_MP2[:, :, 1]
    if into_face:
        return np.stack([(x * cos + y * sin) / side, (y * cos - x * sin) / side], axis=2)
    return np.stack([(x * cos - y * sin) * side, (x * sin + y * cos) * side], axis=2)


def _carry_squares(below: Alignment, before_MB2: npt.NDArray[np.float32], changed_C: Int) -> None:
    """Move the squares as the landmarks under them have moved."""
    padded = below.landmarks_MK3[changed_C].copy()
    after = face_squares(padded)
    padded[:, MEAN_FACE_POINTS, :2] = before_MB2[changed_C]
    old = face_squares(padded)
    still = (after == old).all(1)
    square = below.squares_M4[changed_C]
    square[:, :2] += after[:, :2] - old[:, :2]
    square[:, 2] *= after[:, 2] / old[:, 2]
    square[:, 3] = wrapped(square[:, 3] + after[:, 3] - old[:, 3])
    below.squares_M4[changed_C[~still]] = square[~still]


def place_crops(rows: FaceRows, keys: AnchoredKeys, below: Alignment) -> None:
    """Lay crop keys over the squares, in place: centre in sides of the face, log side, angle."""
    machine = below.squares_M4.copy()
    for (track, take), group in keys.crops.items():
        here = np.flatnonzero((rows.track_N[below.rows_M] == track) & (rows.take_N[below.rows_M] == take))
        own = np.array(list(group), np.int64)
        at = rows.frame_N[below.rows_M[here]]
        share = fade(
            rows.frame_N[own], np.array([key.action.reach_frames for key in group.values()], np.int64), at
        )
        present = np.isin(own, below.rows_M)
        chosen = [key.action for key, there in zip(group.values(), present, strict=True) if there]
        if not len(here) or not chosen:
            continue
        at_keys = np.searchsorted(below.rows_M, own[present])
        targets = np.array([(k.centre_x, k.centre_y, k.side_px, k.angle_deg) for k in chosen])
        offsets = _square_offsets(targets, machine[at_keys])
        kinds = np.array([code_of(k.interpolation) for k in chosen], np.int8)
        frames = rows.frame_N[own[present]]
        touched, at, share = here[share > 0], at[share > 0], share[share > 0]
        values = between_keys(frames, offsets, kinds, at) * share[:, None]
        below.squares_M4[touched] = _offset_squares(machine[touched], values)
        below.squares_M4[at_keys] = targets


def _square_offsets(targets_F4: Float, squares_F4: Float) -> Float:
    centre = _turned((targets_F4[:, :2] - squares_F4[:, :2])[:, None], squares_F4, into_face=True)[:, 0]
    size = np.log(targets_F4[:, 2] / squares_F4[:, 2])
    return np.column_stack([centre, size, wrapped(targets_F4[:, 3] - squares_F4[:, 3])])


def _offset_squares(squares_M4: Float, offsets_M4: Float) -> Float:
    centre = squares_M4[:, :2] + _turned(offsets_M4[:, None, :2], squares_M4, into_face=False)[:, 0]
    side = squares_M4[:, 2] * np.exp(offsets_M4[:, 2])
    return np.column_stack([centre, side, wrapped(squares_M4[:, 3] + offsets_M4[:, 3])])


def wrapped(angle_deg: Float) -> Float:
    """Angles in -180 to 180 degrees."""
    return np.asarray((angle_deg + 180.0) % 360.0 - 180.0)
