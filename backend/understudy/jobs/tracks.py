"""Tracks of a shot in short, for lists."""

from __future__ import annotations

from understudy.domain.face import ShotFaces
from understudy.domain.summary import TrackSummary


def summarise(faces: ShotFaces) -> tuple[TrackSummary, ...]:
    """One line per track, the longest track first."""
    rows = []
    for track in faces.tracks:
        own = faces.of_track(track)
        rows.append(
            TrackSummary(
                track=track,
                first=int(own.frame.min()),
                last=int(own.frame.max()),
                faces=len(own),
                filled=int(own.filled.sum()),
                mean_presence=float(own.presence[~own.filled].mean()) if (~own.filled).any() else 0.0,
            )
        )
    return tuple(rows)
