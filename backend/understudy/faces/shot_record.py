"""Tracks written down as columns, with their short holes filled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from understudy.domain.face import EMBEDDING, EXPRESSIONS, LANDMARKS, NO_TRACK, ShotFaces
from understudy.faces.align import squeezed
from understudy.faces.linking import group_identity
from understudy.faces.pose import head_pose
from understudy.faces.roi import Float
from understudy.faces.sighting import Sighting
from understudy.faces.tracker import Piece


@dataclass(frozen=True, kw_only=True, slots=True)
class _Row:
    sighting: Sighting
    track: int
    embedding_D: Float
    filled: bool = False


def shot_faces(
    groups: Sequence[list[Piece]], numbers: Sequence[int], cuts: tuple[int, ...], *, max_gap_frames: int
) -> ShotFaces:
    """The record of all groups of pieces, each under its track number, by frame, then track."""
    rows = [
        row
        for group, number in zip(groups, numbers, strict=True)
        for row in _rows(group, number, max_gap_frames)
    ]
    rows.sort(key=lambda row: (row.sighting.frame, row.track))
    seen = [row.sighting for row in rows]
    landmarks = np.stack([s.landmarks_K3 for s in seen]) if seen else np.zeros((0, LANDMARKS, 3), np.float32)
    return ShotFaces(
        frame=np.array([s.frame for s in seen], np.int32),
        track=np.array([row.track for row in rows], np.int32),
        box_N4=_table([s.box_4 for s in seen], 4),
        landmarks_NK3=landmarks,
        presence=np.array([s.presence for s in seen], np.float32),
        expression_NE=_table([s.expression_E for s in seen], EXPRESSIONS),
        embedding_ND=_table([row.embedding_D for row in rows], EMBEDDING),
        pose_N3=head_pose(landmarks),
        sharpness=np.array([s.sharpness for s in seen], np.float32),
        filled=np.array([row.filled for row in rows], np.bool_),
        cuts=cuts,
    )


def squeezed_faces(faces: ShotFaces, pixel_aspect: float) -> ShotFaces:
    """Faces of an unsqueezed picture in pixels of the plate; the same at 1. Depth counts their heights."""
    if pixel_aspect == 1.0:
        return faces
    return replace(
        faces,
        landmarks_NK3=squeezed(faces.landmarks_NK3, pixel_aspect),
        box_N4=faces.box_N4 * np.array([1 / pixel_aspect, 1, 1 / pixel_aspect, 1], np.float32),
    )


def _table(rows: list[Float], columns: int) -> Float:
    return np.array(rows, np.float32).reshape(len(rows), columns)


def _rows(group: list[Piece], number: int, max_gap_frames: int) -> Iterator[_Row]:
    identity = group_identity(group)
    before: Sighting | None = None
    for sighting in (sighting for piece in group for sighting in piece.sightings):
        if before is not None and number != NO_TRACK and sighting.frame - before.frame - 1 <= max_gap_frames:
            for between in _between(before, sighting):
                yield _Row(sighting=between, track=number, embedding_D=np.zeros_like(identity), filled=True)
        own = sighting.embedding_D
        yield _Row(sighting=sighting, track=number, embedding_D=identity if own is None else own)
        before = sighting


def _between(before: Sighting, after: Sighting) -> Iterator[Sighting]:
    """Linear interpolation for the frames between two sightings."""
    gap = after.frame - before.frame
    for step in range(1, gap):
        t = step / gap
        yield Sighting(
            frame=before.frame + step,
            landmarks_K3=_mixed(before.landmarks_K3, after.landmarks_K3, t),
            presence=min(before.presence, after.presence),
            score=0.0,
            expression_E=_mixed(before.expression_E, after.expression_E, t),
            sharpness=(1 - t) * before.sharpness + t * after.sharpness,
        )


def _mixed(a: Float, b: Float, t: float) -> Float:
    return np.asarray((1 - t) * a + t * b, np.float32)
