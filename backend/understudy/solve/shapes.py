"""Shapes between their keys, standing on the plate or carried by a face."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from understudy.domain.edit import Follow, Interpolation
from understudy.domain.solved import Orphan, Shape
from understudy.faces.align import invert_transform, square_transform, transform_points, unsqueezed
from understudy.solve.anchoring import no_face
from understudy.solve.curves import between_keys, code_of, near_keys
from understudy.solve.face_rows import FaceRows
from understudy.solve.matte_edits import ShapeKey, ShapeKeys
from understudy.solve.steady import Alignment

Int = npt.NDArray[np.int64]
Float = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class ShapeRun:
    """One shape within one camera take: its keys, the frames to draw, and whose face carries each of them.

    frames_F, keys: rising. key_rows_F, rows_N: rows of faces; -1 where the shape stands on the plate.
    Its points are plate pixels, `pixel_aspect` times as wide as high.
    """

    name: str
    keys: tuple[ShapeKey, ...]
    frames_F: Int
    key_rows_F: Int
    at_N: Int
    rows_N: Int
    pixel_aspect: float = 1.0

    @property
    def near_F(self) -> npt.NDArray[np.bool_]:
        """Which keys the drawing depends on."""
        kinds = np.array([code_of(key.action.interpolation) for key in self.keys], np.int8)
        return np.isin(self.frames_F, near_keys(self.frames_F, kinds, self.at_N))

    @property
    def needed_rows(self) -> Int:
        """Rows whose squares the drawing depends on."""
        rows = np.concatenate([self.key_rows_F[self.near_F], self.rows_N])
        return rows[rows >= 0]


def shape_runs(
    shapes: dict[str, ShapeKeys], rows: FaceRows, frames_N: Int, take_N: Int
) -> tuple[list[ShapeRun], list[Orphan]]:
    """What is to be drawn of every shape on some frames (rising; their camera takes beside them).

    A key that is carried by a face goes, when its track has no face there, to another face whose square
    holds the middle of the shape; without one it is an orphan.
    """
    runs: list[ShapeRun] = []
    orphans: list[Orphan] = []
    cuts = np.array(rows.base.cuts, np.int64)
    for name, shape in shapes.items():
        kept: dict[int, list[tuple[ShapeKey, int]]] = {}
        for frame in sorted(shape.keys):
            key = shape.keys[frame]
            row = _carrier(key, rows) if key.action.follow is Follow.FACE else -1
            if row is None:
                orphans.append(Orphan(revision=key.revision, reason=no_face(key.track, frame)))
            else:
                take = int(np.searchsorted(cuts, frame, side="right"))
                kept.setdefault(take, []).append((key, row))
        for take, found in kept.items():
            run = _run(name, shape, found, rows, frames_N[take_N == take])
            if len(run.at_N):
                runs.append(run)
    return runs, orphans


def _carrier(key: ShapeKey, rows: FaceRows) -> int | None:
    frame = key.action.frame
    own = rows.row(key.track, frame)
    near = rows.rows_at(frame)
    if own is not None or not len(near):
        return own
    middle = np.array(key.action.points, np.float64).reshape(-1, 2).mean(0)
    middle = unsqueezed(middle, rows.pixel_aspect)
    landmarks = rows.landmarks(np.arange(near.start, near.stop))[:, :, :2]
    low, high = landmarks.min(1), landmarks.max(1)
    inside = np.flatnonzero(((low <= middle) & (middle <= high)).all(1))
    return near[int(inside[0])] if len(inside) else None


def _run(
    name: str, shape: ShapeKeys, found: Sequence[tuple[ShapeKey, int]], rows: FaceRows, at_N: Int
) -> ShapeRun:
    keys = tuple(key for key, _ in found)
    frames = np.array([key.action.frame for key in keys], np.int64)
    key_rows = np.array([row for _, row in found], np.int64)
    at = at_N[_shown(shape, keys, frames, at_N)]
    left = _left(frames, at)
    carried = np.full(len(at), -1, np.int64)
    for key_row in np.unique(key_rows[left]) if len(at) else ():
        if key_row >= 0:
            own = (key_rows[left] == key_row) & ~_to_plate(frames, key_rows, at)
            carried[own] = _nearest_rows(rows, int(key_row), at[own])
    return ShapeRun(
        name=name,
        keys=keys,
        frames_F=frames,
        key_rows_F=key_rows,
        at_N=at,
        rows_N=carried,
        pixel_aspect=rows.pixel_aspect,
    )


def _left(frames_F: Int, at_N: Int) -> Int:
    """The key before each frame, or the first."""
    return np.maximum(np.searchsorted(frames_F, at_N, side="right") - 1, 0)


def _to_plate(frames_F: Int, key_rows_F: Int, at_N: Int) -> npt.NDArray[np.bool_]:
    """Where a face would carry the shape to a key that stands on the plate: it goes there on the plate."""
    right = np.minimum(np.searchsorted(frames_F, at_N), len(frames_F) - 1)
    return np.asarray((key_rows_F[right] < 0) & (frames_F[right] > at_N))


def _nearest_rows(rows: FaceRows, key_row: int, at_N: Int) -> Int:
    """For each frame the row of the key's track in its take that is nearest in time."""
    own = np.flatnonzero((rows.track_N == rows.track_N[key_row]) & (rows.take_N == rows.take_N[key_row]))
    frames = rows.frame_N[own]
    after = np.clip(np.searchsorted(frames, at_N), 0, len(own) - 1)
    before = np.maximum(after - 1, 0)
    nearer = np.abs(frames[before] - at_N) < np.abs(frames[after] - at_N)
    return np.asarray(own[np.where(nearer, before, after)])


def _shown(shape: ShapeKeys, keys: Sequence[ShapeKey], frames_F: Int, at_N: Int) -> npt.NDArray[np.bool_]:
    """Where the shape was not taken off, or was keyed again since."""
    shown = np.ones(len(at_N), np.bool_)
    left = _left(frames_F, at_N)
    right = np.minimum(np.searchsorted(frames_F, at_N), len(frames_F) - 1)
    orders = np.array([key.order for key in keys])
    for hidden in shape.hidden:
        inside = (at_N >= hidden.first) & (at_N <= hidden.last)
        newer = (orders > hidden.order) & (frames_F >= hidden.first) & (frames_F <= hidden.last)
        shown &= ~inside | newer[left] | newer[right]
    return shown


def drawn(run: ShapeRun, squares: Alignment) -> list[Shape]:
    """The shape on each of the run's frames."""
    use = run.near_F
    keys = [key for key, used in zip(run.keys, use, strict=True) if used]
    frames, key_rows = run.frames_F[use], run.key_rows_F[use]
    kinds = np.array([code_of(key.action.interpolation) for key in keys], np.int8)
    points = np.array([key.action.points for key in keys], np.float64)
    feather = np.array([[key.action.feather_px] for key in keys], np.float64)
    on_plate = between_keys(frames, np.hstack([points, feather]), kinds, run.at_N)
    if (run.rows_N >= 0).any():
        aspect = run.pixel_aspect
        in_face = np.stack(
            [_in_face(p, row, squares, aspect) for p, row in zip(points, key_rows, strict=True)]
        )
        mixed = bool((run.key_rows_F < 0).any())  # a curve may not pass through keys that stand on the plate
        straight = np.where(kinds == code_of(Interpolation.HERMITE), code_of(Interpolation.LINEAR), kinds)
        carried = between_keys(frames, in_face, straight.astype(np.int8) if mixed else kinds, run.at_N)
        for i in np.flatnonzero((run.rows_N >= 0) & ~np.isin(run.at_N, frames)):
            on_plate[i, :-1] = _from_face(carried[i], int(run.rows_N[i]), squares, aspect)
    left = _left(frames, run.at_N)
    keyed = np.isin(run.at_N, frames)
    return [
        Shape(
            name=run.name,
            mode=keys[k].action.mode,
            points=tuple(values[:-1]),
            curve=keys[k].action.curve,
            feather_px=values[-1],
            keyed=bool(is_key),
        )
        for values, k, is_key in zip(on_plate.tolist(), left, keyed, strict=True)
    ]


def _square(row: int, squares: Alignment) -> Float:
    square: Float = squares.squares_M4[int(np.searchsorted(squares.rows_M, row))]
    return square


def _in_face(points_2P: Float, row: int, squares: Alignment, pixel_aspect: float) -> Float:
    if row < 0:  # a key that stands on the plate among keys that a face carries
        return points_2P
    to_face = square_transform(_square(row, squares), pixel_aspect=pixel_aspect)
    return transform_points(to_face, points_2P.reshape(-1, 2)).reshape(-1)


def _from_face(points_2P: Float, row: int, squares: Alignment, pixel_aspect: float) -> Float:
    to_plate = invert_transform(square_transform(_square(row, squares), pixel_aspect=pixel_aspect))
    return transform_points(to_plate, points_2P.reshape(-1, 2)).reshape(-1)
