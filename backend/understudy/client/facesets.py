"""The verbs on the faces that models learn from."""

from __future__ import annotations

from collections.abc import Sequence

from understudy.client.connection import Connection
from understudy.domain.facesets import CoverageReport, FaceName, FacePictures, PersonFaces
from understudy.v1 import facesets_pb2 as pb
from understudy.wire.facesets import (
    coverage_report_from_wire,
    face_name_to_wire,
    face_pictures_from_wire,
    person_faces_from_wire,
)

_DEADLINE_S = 120.0  # much footage is read, or many frames decoded, when it is looked at for the first time


class FacesetCalls:
    """The part of a client that looks at facesets. People and shots go by id or name."""

    _connection: Connection

    def person_faces(self, person_id: str, shot_ids: Sequence[str] = ()) -> PersonFaces:
        """The person's faces in some shots, or in all footage to learn from, with what curation says of each.

        Raises: NotFound; BadInput for a shot that was not extracted or is filed under somebody else.
        """
        request = pb.ListFacesRequest(person_id=person_id, shot_ids=shot_ids)
        return person_faces_from_wire(
            self._connection.call(
                "FacesetService/ListFaces", request, pb.ListFacesResponse, deadline_s=_DEADLINE_S
            )
        )

    def face_pictures(self, faces: Sequence[FaceName], size_px: int) -> FacePictures:
        """Pictures of 1 to 128 faces, each `size_px` (32..256) wide and high, in the order given.

        Raises: NotFound, BadInput, FrameOutOfRange, TrackNotFound, UnreadableMedia.
        """
        request = pb.GetFacePicturesRequest(faces=map(face_name_to_wire, faces), size_px=size_px)
        return face_pictures_from_wire(
            self._connection.call(
                "FacesetService/GetFacePictures", request, pb.GetFacePicturesResponse, deadline_s=_DEADLINE_S
            )
        )

    def coverage(self, performer_id: str, donor_id: str) -> CoverageReport:
        """What both people show, counted, and what the donor lacks. Raises: NotFound, BadInput."""
        request = pb.GetCoverageRequest(performer_id=performer_id, donor_id=donor_id)
        return coverage_report_from_wire(
            self._connection.call(
                "FacesetService/GetCoverage", request, pb.GetCoverageResponse, deadline_s=_DEADLINE_S
            )
        )
