"""What the faceset service calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from understudy.domain.facesets import CoverageReport, FaceName, FacePictures, PersonFaces


class FacesetBackend(Protocol):
    """The faces that models learn from. As for `Backend`: many threads, `UnderstudyError`s, ids or names."""

    def person_faces(self, person_id: str, shot_ids: Sequence[str] = ()) -> PersonFaces:
        """The person's faces in some shots, or in all footage to learn from, as training would take them.

        Raises: NotFound; BadInput for a shot that was not extracted or is filed under somebody else.
        """

    def face_pictures(self, faces: Sequence[FaceName], size_px: int) -> FacePictures:
        """Small pictures of 1 to 128 faces, each `size_px` (32..256) wide and high, in the order given.

        Raises: NotFound, BadInput, FrameOutOfRange, TrackNotFound, UnreadableMedia.
        """

    def coverage(self, performer_id: str, donor_id: str) -> CoverageReport:
        """What both show, counted, and what the donor lacks. Raises: NotFound, BadInput."""
