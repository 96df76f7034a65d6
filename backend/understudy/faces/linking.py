"""From pieces to tracks: one person, one track through a camera take; strangers and false finds set aside."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

import numpy as np

from understudy.config import ExtractConfig
from understudy.domain.face import NO_TRACK
from understudy.domain.time import FrameRange
from understudy.faces.align import face_height_px
from understudy.faces.identity import mean_embedding
from understudy.faces.roi import Float, box_overlap
from understudy.faces.tracker import Piece

_SHORT_GAP_COSINE = 0.5  # of same_person_cosine, enough when a face returns at once to the same place
_SAME_PLACE_OVERLAP = 0.3
_SHORTEST_TRACK_FRAMES = 5  # shorter ones are false finds, unless the take is no longer
_CROWD_HEIGHT = 0.3  # of the shot's tallest face: smaller ones are the crowd or a poster
_DETECTED_SHARE = 0.2  # of a track the detector itself must have been sure of


def take_of(frame: int, cuts: Sequence[int]) -> int:
    """Number of the camera take a frame belongs to, from 0."""
    return bisect_right(cuts, frame)


def split_at_cuts(pieces: list[Piece], cuts: Sequence[int]) -> list[Piece]:
    """Pieces that end with their take."""
    parts: list[Piece] = []
    for piece in pieces:
        groups: dict[int, Piece] = {}
        for sighting in piece.sightings:
            groups.setdefault(take_of(sighting.frame, cuts), Piece()).add(sighting)
        for part in groups.values():
            part.embeddings = part.embeddings or piece.embeddings
        parts += groups.values()
    return sorted(parts, key=lambda piece: piece.first)


def link(pieces: list[Piece], cuts: Sequence[int], config: ExtractConfig) -> list[list[Piece]]:
    """Groups of pieces, each of one person in one take; the longest group of the shot first.

    The two most alike groups that were never seen at the same time are joined, again and again, as long as
    they count as one person.
    """
    groups: list[list[Piece]] = []
    takes: dict[int, list[list[Piece]]] = {}
    for piece in pieces:
        takes.setdefault(take_of(piece.first, cuts), []).append([piece])
    for members in takes.values():
        groups += _joined(members, config)
    return sorted(groups, key=lambda group: (-_frames(group), group[0].first))


def _joined(groups: list[list[Piece]], config: ExtractConfig) -> list[list[Piece]]:
    alive: dict[int, list[Piece]] = dict(enumerate(groups))
    identities = np.stack([group_identity(group) for group in groups])
    scores = np.full((len(groups), len(groups)), -1.0)

    def rate(i: int) -> None:
        cosines = identities @ identities[i]
        for j in alive:
            if j != i:
                score = _sameness(alive[i], alive[j], float(cosines[j]), config)
                scores[min(i, j), max(i, j)] = score

    for i in alive:
        rate(i)
    while scores.max(initial=-1.0) >= config.same_person_cosine:
        i, j = (int(k) for k in np.unravel_index(scores.argmax(), scores.shape))
        alive[i] = sorted(alive[i] + alive.pop(j), key=lambda piece: piece.first)
        identities[i] = group_identity(alive[i])
        scores[j, :] = scores[:, j] = -1.0
        rate(i)
    return list(alive.values())


def _sameness(a: list[Piece], b: list[Piece], cosine: float, config: ExtractConfig) -> float:
    """Cosine of two groups; -1 when seen at once; raised when one follows the other at the same place."""
    if cosine < _SHORT_GAP_COSINE * config.same_person_cosine:
        return -1.0  # too unlike, wherever they are
    if any(p.first <= q.last and q.first <= p.last for p in a for q in b):
        return -1.0
    follows = any(_returns(p, q, config) or _returns(q, p, config) for p in a for q in b)
    return cosine / _SHORT_GAP_COSINE if follows and cosine > 0 else cosine


def _returns(before: Piece, after: Piece, config: ExtractConfig) -> bool:
    if not 0 < after.first - before.last <= config.max_gap_frames:
        return False
    return box_overlap(before.sightings[-1].box_4, after.sightings[0].box_4) >= _SAME_PLACE_OVERLAP


def group_identity(group: list[Piece]) -> Float:
    """The person's mean embedding over all pieces, (128,)."""
    return mean_embedding(np.concatenate([np.stack(piece.embeddings) for piece in group]))


def _frames(group: list[Piece]) -> int:
    return sum(len(piece.sightings) for piece in group)


def _height(group: list[Piece]) -> float:
    """Median face height in pixels, of a few sightings."""
    sightings = [sighting for piece in group for sighting in piece.sightings]
    step = max(1, len(sightings) // 20)
    return float(np.median([face_height_px(sighting.landmarks_K3) for sighting in sightings[::step]]))


def number_tracks(
    groups: list[list[Piece]], cuts: Sequence[int], config: ExtractConfig, *, frame_range: FrameRange
) -> list[int]:
    """A track number for each group, from 0 in the given order, or NO_TRACK for strangers and false finds.

    A find is false when it lasts but a moment or the mesh doubted it; a stranger is much smaller than the
    people the shot is about and like none of them.
    """
    bounds = [frame_range.first, *cuts, frame_range.last + 1]
    takes = [take_of(group[0].first, cuts) for group in groups]
    lengths = [bounds[take + 1] - bounds[take] for take in takes]
    solid = [
        _frames(group) >= min(_SHORTEST_TRACK_FRAMES, length) and _sure(group, config)
        for group, length in zip(groups, lengths, strict=True)
    ]
    heights = [_height(group) for group in groups]
    tallest = max((height for height, good in zip(heights, solid, strict=True) if good), default=0.0)
    main = [good and height >= _CROWD_HEIGHT * tallest for good, height in zip(solid, heights, strict=True)]
    people = [group_identity(group) for group, good in zip(groups, main, strict=True) if good]
    numbers: list[int] = []
    for group, good, central in zip(groups, solid, main, strict=True):
        known = any(float(group_identity(group) @ person) >= config.same_person_cosine for person in people)
        kept = central or (good and known)
        numbers.append(sum(number != NO_TRACK for number in numbers) if kept else NO_TRACK)
    return numbers


def _sure(group: list[Piece], config: ExtractConfig) -> bool:
    presence = [sighting.presence for piece in group for sighting in piece.sightings]
    supported = [sighting.score >= config.detector_score for piece in group for sighting in piece.sightings]
    return float(np.median(presence)) >= config.min_presence and float(np.mean(supported)) >= _DETECTED_SHARE
