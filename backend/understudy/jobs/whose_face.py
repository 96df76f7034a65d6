"""Whose face is on a track? Consent is asked of who is seen, not of whom a shot is filed under."""

from __future__ import annotations

from collections.abc import Collection

from understudy.config import ExtractConfig
from understudy.domain.errors import ConsentForeign, NoFaceFound
from understudy.domain.face import ShotFaces, load_faces
from understudy.domain.shot import Shot
from understudy.faces.person import Float, faces_of_one_person, track_embedding
from understudy.store.production import Production

SAME_PERSON_COSINE = ExtractConfig().same_person_cosine


def performer_of(track: int, faces: ShotFaces, shot: Shot, production: Production) -> str:
    """The id of the person on a track, by likeness to everybody's own footage.

    A person without footage of their own is known by the longest track of the shot that is filed under them.
    Raises: TrackNotFound; ConsentForeign when it is nobody this production knows.
    """
    seen = track_embedding(faces, track)
    known = _references(production)
    if shot.person_id not in known and faces.tracks:
        known[shot.person_id] = track_embedding(faces, faces.tracks[0])
    likeness = {person: float(reference @ seen) for person, reference in known.items()}
    likest = max(likeness, key=likeness.__getitem__, default="")
    if not likest or likeness[likest] < SAME_PERSON_COSINE:
        raise ConsentForeign(
            f"track {track} of shot {shot.name} shows nobody this production knows; ingest footage of that "
            "person and record their consent, or bind another track"
        )
    return likest


def recognised(tracks: Collection[int], faces: ShotFaces, production: Production) -> tuple[str, ...]:
    """The ids of people of this production who are surely seen on some tracks; unknown faces do not count."""
    known = _references(production) if tracks else {}
    people = []
    for track in sorted(tracks):
        seen = track_embedding(faces, track)
        likeness = {person: float(reference @ seen) for person, reference in known.items()}
        likest = max(likeness, key=likeness.__getitem__, default="")
        if likest and likeness[likest] >= SAME_PERSON_COSINE:
            people.append(likest)
    return tuple(dict.fromkeys(people))


def _references(production: Production) -> dict[str, Float]:
    """One embedding per person who has extracted footage to learn from."""
    footage: dict[str, list[ShotFaces]] = {}
    for shot in production.shots():
        if shot.role == "learn" and shot.faces:
            footage.setdefault(shot.person_id, []).append(load_faces(production.path(shot.faces)))
    references = {}
    for person, shots in footage.items():
        try:
            theirs = faces_of_one_person(shots, same_person_cosine=SAME_PERSON_COSINE)
        except NoFaceFound:
            continue
        longest = max(theirs, key=len)
        references[person] = track_embedding(longest, longest.tracks[0])
    return references
