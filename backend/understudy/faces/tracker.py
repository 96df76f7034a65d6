"""Following faces from frame to frame, in unbroken pieces.

A piece is one face seen in frame after frame without a hole and never across a cut; which pieces are the
same person is decided afterwards, by `linking`. Where the detector loses a face that was there (a hand in
front, a profile), the mesh is looked for where it was last, as long as its presence score says it is there.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from understudy.config import ExtractConfig
from understudy.faces.identity import mean_embedding
from understudy.faces.roi import Float, Roi, box_cover, box_overlap, roi_of_mesh
from understudy.faces.sighting import Sighting

_MATCH_OVERLAP = 0.25  # of the same face's box in the next frame
_EMBED_FIRST = 3  # the first frames of a piece are embedded ...
_EMBED_EVERY = 12  # ... then one in so many, and whenever two faces come close
_STRANGER_SHARE = 0.5  # of same_person_cosine: below, a piece has slid onto somebody else
_UNSUPPORTED_FRAMES = 24  # so long a piece may live on its mesh alone, without the detector
_STEP_OVERLAP = 0.5  # of a face's regions in two frames when only the mesh follows it


class Look(Protocol):
    """What can be looked at again in the frame in hand."""

    def again(self, rois: list[Roi]) -> list[Sighting]:
        """The mesh in some regions, for faces that the detector did not see."""
        ...

    def embed(self, landmarks_K3: Float) -> Float:
        """Identity (128,) of a face."""
        ...


@dataclass(slots=True)
class Piece:
    """An unbroken run of sightings of one face."""

    sightings: list[Sighting] = field(default_factory=list)
    embeddings: list[Float] = field(default_factory=list)
    unsupported: int = 0

    @property
    def first(self) -> int:
        return self.sightings[0].frame

    @property
    def last(self) -> int:
        return self.sightings[-1].frame

    @property
    def identity_D(self) -> Float:
        """The mean of the embeddings that were taken."""
        return mean_embedding(np.stack(self.embeddings))

    def add(self, sighting: Sighting) -> None:
        self.sightings.append(sighting)
        self.unsupported = 0 if sighting.score > 0 else self.unsupported + 1
        if sighting.embedding_D is not None:
            self.embeddings.append(sighting.embedding_D)

    def wants_embedding(self) -> bool:
        seen = len(self.sightings)
        return seen < _EMBED_FIRST or seen % _EMBED_EVERY == 0


class Tracker:
    """Takes in frame after frame; `pieces` are complete after `finish`."""

    def __init__(self, config: ExtractConfig) -> None:
        self._config = config
        self._open: list[Piece] = []
        self.pieces: list[Piece] = []

    def see(self, sightings: list[Sighting], look: Look, *, new_take: bool) -> None:
        """Take in what the detector found in the next frame."""
        if new_take:
            self._close(self._open)
        sightings = _distinct(sightings, self._config)
        pairs, left = self._matched(sightings, look)
        matched = {id(piece) for piece, _ in pairs}
        taken = [sighting for _, sighting in pairs] + left
        pairs += self._followed([piece for piece in self._open if id(piece) not in matched], taken, look)
        matched = {id(piece) for piece, _ in pairs}
        self._close([piece for piece in self._open if id(piece) not in matched])
        for piece, sighting in pairs:
            self._extend(piece, sighting, look)
        for sighting in left:
            if sighting.score >= self._config.detector_score:
                self._begin(sighting, look)

    def finish(self) -> list[Piece]:
        """Close what is open; all pieces by their first frame."""
        self._close(self._open)
        self.pieces.sort(key=lambda piece: piece.first)
        return self.pieces

    def _close(self, pieces: list[Piece]) -> None:
        gone = {id(piece) for piece in pieces}
        self.pieces += [piece for piece in self._open if id(piece) in gone]
        self._open = [piece for piece in self._open if id(piece) not in gone]

    def _matched(
        self, sightings: list[Sighting], look: Look
    ) -> tuple[list[tuple[Piece, Sighting]], list[Sighting]]:
        """Pieces with the sightings that continue them, and the sightings that continue none."""
        near = [
            (overlap, i, j)
            for i, piece in enumerate(self._open)
            for j, sighting in enumerate(sightings)
            if (overlap := box_overlap(piece.sightings[-1].box_4, sighting.box_4)) >= _MATCH_OVERLAP
        ]
        contested = len({i for _, i, _ in near}) < len(near) or len({j for _, _, j in near}) < len(near)
        if contested:
            close = {j for _, _, j in near}
            sightings = [
                replace(sighting, embedding_D=look.embed(sighting.landmarks_K3)) if j in close else sighting
                for j, sighting in enumerate(sightings)
            ]
            near = [(overlap + self._likeness(i, sightings[j]), i, j) for overlap, i, j in near]
        pairs: list[tuple[Piece, Sighting]] = []
        used_pieces: set[int] = set()
        used: set[int] = set()
        for _, i, j in sorted(near, reverse=True):
            if i not in used_pieces and j not in used:
                used_pieces.add(i)
                used.add(j)
                pairs.append((self._open[i], sightings[j]))
        return pairs, [sighting for j, sighting in enumerate(sightings) if j not in used]

    def _likeness(self, i: int, sighting: Sighting) -> float:
        assert sighting.embedding_D is not None
        return float(self._open[i].identity_D @ sighting.embedding_D)

    def _followed(self, lost: list[Piece], taken: list[Sighting], look: Look) -> list[tuple[Piece, Sighting]]:
        """Lost pieces whose face is still where it was, though the detector did not see it."""
        lost = [piece for piece in lost if piece.unsupported < _UNSUPPORTED_FRAMES]
        rois = [roi_of_mesh(piece.sightings[-1].landmarks_K3) for piece in lost]
        followed: list[tuple[Piece, Sighting]] = []
        for piece, roi, sighting in zip(lost, rois, look.again(rois), strict=True):
            others = taken + [other for _, other in followed]
            doubled = any(box_cover(sighting.box_4, other.box_4) > 0.5 for other in others)
            sure = sighting.presence >= self._config.min_presence
            if sure and not doubled and roi.overlap(roi_of_mesh(sighting.landmarks_K3)) >= _STEP_OVERLAP:
                followed.append((piece, sighting))
        return followed

    def _extend(self, piece: Piece, sighting: Sighting, look: Look) -> None:
        """Add a sighting, unless its identity says that it is somebody else: then a new piece begins."""
        if sighting.embedding_D is None and piece.wants_embedding():
            sighting = replace(sighting, embedding_D=look.embed(sighting.landmarks_K3))
        if sighting.embedding_D is not None:
            likeness = float(piece.identity_D @ sighting.embedding_D)
            if likeness < _STRANGER_SHARE * self._config.same_person_cosine:
                self._close([piece])
                self._begin(sighting, look)
                return
        piece.add(sighting)

    def _begin(self, sighting: Sighting, look: Look) -> None:
        if sighting.embedding_D is None:
            sighting = replace(sighting, embedding_D=look.embed(sighting.landmarks_K3))
        piece = Piece()
        piece.add(sighting)
        self._open.append(piece)


def _distinct(sightings: list[Sighting], config: ExtractConfig) -> list[Sighting]:
    """Finds in which the mesh sees a face too; of several meshes on one face the surest."""
    kept: list[Sighting] = []
    for sighting in sorted(sightings, key=lambda sighting: -sighting.presence):
        doubled = any(box_cover(sighting.box_4, other.box_4) > 0.6 for other in kept)
        if sighting.presence >= config.min_presence and not doubled:
            kept.append(sighting)
    return kept
