"""The faces of a solved shot as rows: each is a base row, an added face, or lies between two of those.

Landmarks come out of here unsqueezed: everything that is solved lies where a face is as wide as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt

from understudy.domain.face import EMBEDDING, EXPRESSIONS, LANDMARKS, NO_TRACK, ShotFaces
from understudy.faces.align import face_squares, unsqueezed
from understudy.faces.pose import head_pose
from understudy.solve.track_edits import Tracks

Int = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]
Float = npt.NDArray[np.float32]

_TRACKS = 1 << 20  # more than there are track numbers


@dataclass(frozen=True, kw_only=True, slots=True)
class FaceRows:
    """Rows by frame, then track. before_N, after_N: numbers of two sources, share_N between them.

    Sources are the base rows, then the added faces (A, 478, 3). A plain row has one source twice.
    take_N: the camera take. weight_N: how far the smoother may trust it, above 0 to 1. The sources are in
    plate pixels, `pixel_aspect` times as wide as high.
    """

    base: ShotFaces
    added_AK3: Float
    frame_N: Int
    track_N: Int
    before_N: Int
    after_N: Int
    share_N: npt.NDArray[np.float64]
    take_N: Int
    weight_N: npt.NDArray[np.float64]
    pixel_aspect: float = 1.0

    def __len__(self) -> int:
        return len(self.frame_N)

    @property
    def added_N(self) -> Bool:
        """Drawn by an artist."""
        return np.asarray((self.before_N >= len(self.base)) & (self.before_N == self.after_N))

    @property
    def between_N(self) -> Bool:
        """Interpolated here, not by extraction."""
        return np.asarray(self.before_N != self.after_N)

    @property
    def filled_N(self) -> Bool:
        """Interpolated, here or by extraction."""
        plain = np.flatnonzero((self.before_N < len(self.base)) & ~self.between_N)
        filled = self.between_N.copy()
        filled[plain] = self.base.filled[self.before_N[plain]]
        return filled

    def row(self, track: int, frame: int) -> int | None:
        """The row of a track's face at a frame."""
        start, end = np.searchsorted(self.frame_N, (frame, frame + 1))
        here = np.flatnonzero(self.track_N[start:end] == track)
        return int(start + here[0]) if len(here) else None

    def rows_at(self, frame: int) -> range:
        """The rows of tracked faces at a frame."""
        start, end = (int(n) for n in np.searchsorted(self.frame_N, (frame, frame + 1)))
        return range(start + int((self.track_N[start:end] == NO_TRACK).sum()), end)

    def landmarks(self, rows_M: Int) -> Float:
        """Landmarks (M, 478, 3) before keys and smoothing, unsqueezed."""
        return unsqueezed(self.in_plate(rows_M), self.pixel_aspect)

    def in_plate(self, rows_M: Int) -> Float:
        """The same in plate pixels."""
        points = self._source(self.before_N[rows_M])
        mixed = np.flatnonzero(self.between_N[rows_M])
        if len(mixed):
            share = self.share_N[rows_M[mixed]].astype(np.float32)[:, None, None]
            after = self._source(self.after_N[rows_M[mixed]])
            points[mixed] = (1 - share) * points[mixed] + share * after
        return points

    def _source(self, sources_M: Int) -> Float:
        drawn = np.flatnonzero(sources_M >= len(self.base))
        if not len(drawn):
            return self.base.landmarks_NK3[sources_M]
        points = np.empty((len(sources_M), LANDMARKS, 3), np.float32)
        found = np.flatnonzero(sources_M < len(self.base))
        points[found] = self.base.landmarks_NK3[sources_M[found]]
        points[drawn] = self.added_AK3[sources_M[drawn] - len(self.base)]
        return points


@dataclass(frozen=True, kw_only=True, slots=True)
class _Table:
    """Faces before holes are bridged: columns of equal length, by track, then frame."""

    track: Int
    frame: Int
    source: Int
    order: Int  # of the edit that added it; -1 from the base
    take: Int
    sound: Bool


def face_rows(tracks: Tracks, *, pixel_aspect: float = 1.0) -> FaceRows:
    """Put the rows of an edited shot together and bridge what is to be bridged.

    Undefined landmarks count as missing: such a face is interpolated from its neighbours in the track's
    take, or left out where it has one on one side only.
    """
    base = tracks.base
    table = _table(tracks)
    bridged = list(_bridges(tracks, table))
    kept = table.sound
    columns = [table.frame[kept], table.track[kept], table.source[kept], table.source[kept]]
    share = np.zeros(int(kept.sum()))
    if bridged:
        more = np.array([row[:4] for row in bridged], np.int64).T
        columns = [np.concatenate([old, new]) for old, new in zip(columns, more, strict=True)]
        share = np.concatenate([share, [row[4] for row in bridged]])
    frame, track, before, after = columns
    order = np.lexsort((before, track, frame))
    rows = FaceRows(
        base=base,
        added_AK3=_drawn(tracks, table, pixel_aspect),
        frame_N=frame[order],
        track_N=track[order],
        before_N=before[order],
        after_N=after[order],
        share_N=share[order],
        take_N=_takes(base, frame[order]),
        weight_N=np.ones(len(order)),
        pixel_aspect=pixel_aspect,
    )
    return replace(rows, weight_N=_weights(rows))


def _takes(base: ShotFaces, frame_N: Int) -> Int:
    return np.searchsorted(np.array(base.cuts, np.int64), frame_N, side="right").astype(np.int64)


def _weights(rows: FaceRows) -> npt.NDArray[np.float64]:
    """Trust from presence; next to none where a hole was bridged."""
    plain = np.flatnonzero((rows.before_N < len(rows.base)) & ~rows.between_N)
    weight = np.ones(len(rows))
    presence = np.clip(np.nan_to_num(rows.base.presence[rows.before_N[plain]]), 0.1, 1.0)
    weight[plain] = presence.astype(np.float64) ** 4
    weight[rows.filled_N] = 0.02
    return weight


def _table(tracks: Tracks) -> _Table:
    base, alive = tracks.base, tracks.alive_B.copy()
    for track, frame in tracks.added:
        if (row := tracks.row(track, frame)) is not None:
            alive[row] = False
    kept = np.flatnonzero(alive)
    keys = list(tracks.added)
    places = np.array(keys, np.int64).reshape(-1, 2)
    numbers: Int = np.concatenate([tracks.track_B[kept], places[:, 0]]).astype(np.int64)
    frames: Int = np.concatenate([base.frame[kept], places[:, 1]]).astype(np.int64)
    source = np.concatenate([kept, len(base) + np.arange(len(keys))]).astype(np.int64)
    order = np.concatenate(
        [np.full(len(kept), -1), np.array([tracks.added[key].order for key in keys], np.int64)]
    ).astype(np.int64)
    sound = np.concatenate([tracks.sound_B[kept], np.ones(len(keys), np.bool_)])
    by = np.lexsort((source, frames, numbers))
    return _Table(
        track=numbers[by],
        frame=frames[by],
        source=source[by],
        order=order[by],
        take=_takes(base, frames[by]),
        sound=sound[by],
    )


def _bridges(tracks: Tracks, table: _Table) -> Iterator[tuple[int, int, int, int, float]]:
    """Frame, track, two sources and the share between them, for each face that is to be interpolated."""
    good = np.flatnonzero(table.sound & (table.track != NO_TRACK))
    before, after = good[:-1], good[1:]
    joined = (table.track[before] == table.track[after]) & (table.take[before] == table.take[after])
    wanted = (table.order[before] >= 0) | (table.order[after] >= 0) | (after - before > 1)
    hole = table.frame[after] - table.frame[before] > 1
    for i in np.flatnonzero(joined & wanted & hole):
        a, b = int(before[i]), int(after[i])
        track, first, last = int(table.track[a]), int(table.frame[a]), int(table.frame[b])
        drawn = int(max(table.order[a], table.order[b]))
        unsound = {int(frame) for frame in table.frame[a + 1 : b]}
        removed = [r for r in tracks.removals if r.track == track and r.order > drawn]
        for frame in range(first + 1, last):
            taken = any(r.first <= frame <= r.last for r in removed)
            if frame in unsound or (drawn >= 0 and not taken):
                share = (frame - first) / (last - first)
                yield frame, track, int(table.source[a]), int(table.source[b]), share


def _drawn(tracks: Tracks, table: _Table, pixel_aspect: float) -> Float:
    """Landmarks (A, 478, 3) of the added faces; how deep they are is lent by the nearest face."""
    faces = np.zeros((len(tracks.added), LANDMARKS, 3), np.float32)
    for row, ((track, frame), face) in enumerate(tracks.added.items()):
        faces[row, :, :2] = face.landmarks_K2
        lender = _nearest(tracks, track, frame)
        if lender is not None:
            theirs = tracks.base.landmarks_NK3[lender]
            both = np.stack([faces[row, :, :2], theirs[:, :2]])
            sides = face_squares(both, pixel_aspect=pixel_aspect)[:, 2]
            if np.isfinite(sides).all() and sides[1] > 0:
                faces[row, :, 2] = theirs[:, 2] * np.float32(sides[0] / sides[1])
    return faces


def _nearest(tracks: Tracks, track: int, frame: int) -> int | None:
    """The base row nearest in time, of the same track if it has any."""
    sound = tracks.sound_B & tracks.alive_B
    own = sound & (tracks.track_B == track)
    rows = np.flatnonzero(own if own.any() else sound)
    if not len(rows):
        return None
    return int(rows[np.argmin(np.abs(tracks.base.frame[rows] - frame))])


def columns_of(
    rows: FaceRows, wanted_M: Int, landmarks_MK3: Float, changed_M: Bool, tracks: Tracks
) -> ShotFaces:
    """The record of some rows with their solved landmarks, in plate pixels; boxes follow what changed."""
    base = rows.base
    plain = (rows.before_N[wanted_M] < len(base)) & ~rows.between_N[wanted_M]
    source = np.where(plain, rows.before_N[wanted_M], 0)
    record = base if len(base) else _blank(1)
    columns = {
        f.name: getattr(record, f.name)[source]
        for f in fields(record)
        if f.name not in ("cuts", "landmarks_NK3")
    }
    columns |= {
        "frame": rows.frame_N[wanted_M].astype(np.int32),
        "track": rows.track_N[wanted_M].astype(np.int32),
        "landmarks_NK3": landmarks_MK3,
    }
    for i in np.flatnonzero(~plain):
        _made_up(columns, int(i), rows, int(wanted_M[i]), tracks)
    moved = np.flatnonzero(changed_M | ~plain)
    if len(moved):
        x, y = (np.ascontiguousarray(landmarks_MK3[moved, :, axis]) for axis in (0, 1))
        left, top = x.min(1), y.min(1)
        columns["box_N4"][moved] = np.stack([left, top, x.max(1) - left, y.max(1) - top], axis=1)
    made = np.flatnonzero(~plain)
    if len(made):
        columns["pose_N3"][made] = head_pose(unsqueezed(landmarks_MK3[made], rows.pixel_aspect))
    return ShotFaces(**columns, cuts=base.cuts)


def _made_up(
    columns: dict[str, npt.NDArray[np.generic]], i: int, rows: FaceRows, row: int, tracks: Tracks
) -> None:
    """The columns of a face that extraction did not find: its neighbours' expression and sharpness."""
    base, count = rows.base, len(rows.base)
    lenders = []
    for source in (int(rows.before_N[row]), int(rows.after_N[row])):
        near = source if source < count else _nearest(tracks, int(rows.track_N[row]), int(rows.frame_N[row]))
        lenders.append(near)
    share = np.float32(rows.share_N[row])
    between = bool(rows.between_N[row])
    columns["presence"][i] = 1.0
    columns["expression_NE"][i] = 0
    columns["sharpness"][i] = 0
    columns["embedding_ND"][i] = 0
    columns["filled"][i] = between
    if lenders[0] is None or lenders[1] is None:
        return
    a, b = lenders
    columns["expression_NE"][i] = (1 - share) * base.expression_NE[a] + share * base.expression_NE[b]
    columns["sharpness"][i] = (1 - share) * base.sharpness[a] + share * base.sharpness[b]
    if between:
        columns["presence"][i] = min(base.presence[a], base.presence[b])
    elif base.track[a] == rows.track_N[row]:
        columns["embedding_ND"][i] = base.embedding_ND[a]


def _blank(count: int) -> ShotFaces:
    return ShotFaces(
        frame=np.zeros(count, np.int32),
        track=np.zeros(count, np.int32),
        box_N4=np.zeros((count, 4), np.float32),
        landmarks_NK3=np.zeros((count, LANDMARKS, 3), np.float32),
        presence=np.zeros(count, np.float32),
        expression_NE=np.zeros((count, EXPRESSIONS), np.float32),
        embedding_ND=np.zeros((count, EMBEDDING), np.float32),
        pose_N3=np.zeros((count, 3), np.float32),
        sharpness=np.zeros(count, np.float32),
        filled=np.zeros(count, np.bool_),
    )
