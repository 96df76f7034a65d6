"""One person's faces out of several shots: everybody else who walks through the footage is left out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from understudy.domain.errors import NoFaceFound
from understudy.domain.face import NO_TRACK, ShotFaces

Float = npt.NDArray[np.float32]


def track_embedding(faces: ShotFaces, track: int) -> Float:
    """Mean direction of a track's embeddings, (128,) unit length; zero when all its rows are filled."""
    own = faces.of_track(track)
    mean = own.embedding_ND[~own.filled].sum(axis=0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-12), np.float32)


def faces_of_one_person(shots: Sequence[ShotFaces], *, same_person_cosine: float) -> list[ShotFaces]:
    """For each shot the faces of the person whom all of them are about.

    That is whoever has the longest track in any of the shots; tracks count as theirs when their mean
    embedding agrees with it. Raises: NoFaceFound when no shot has a track.
    """
    tracks = [
        (len(shot.of_track(track)), index, track) for index, shot in enumerate(shots) for track in shot.tracks
    ]
    if not tracks:
        raise NoFaceFound("no face was found in this person's footage; look at what extraction set aside")
    _, index, track = max(tracks)
    reference = track_embedding(shots[index], track)
    theirs = []
    for shot in shots:
        kept = [
            track
            for track in shot.tracks
            if float(track_embedding(shot, track) @ reference) >= same_person_cosine
        ]
        theirs.append(shot.select(np.isin(shot.track, kept) & (shot.track != NO_TRACK)))
    return theirs
