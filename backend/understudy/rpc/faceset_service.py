"""The faceset service: decode, call the backend, encode."""

from __future__ import annotations

import grpc

from understudy.domain.errors import BadInput
from understudy.rpc.asked import said
from understudy.rpc.faceset_backend import FacesetBackend
from understudy.v1 import facesets_pb2 as pb
from understudy.v1 import facesets_pb2_grpc as rpc
from understudy.wire.facesets import (
    coverage_report_to_wire,
    face_name_from_wire,
    face_pictures_to_wire,
    person_faces_to_wire,
)
from understudy.wire.limits import MAX_PICTURE_BYTES

Context = grpc.ServicerContext


class FacesetService(rpc.FacesetServiceServicer):
    """The faces that models learn from."""

    def __init__(self, backend: FacesetBackend) -> None:
        self._backend = backend

    def ListFaces(self, request: pb.ListFacesRequest, context: Context) -> pb.ListFacesResponse:
        person_id = said(request.person_id, "person")
        answer = person_faces_to_wire(self._backend.person_faces(person_id, tuple(request.shot_ids)))
        if answer.ByteSize() > MAX_PICTURE_BYTES:
            raise BadInput(f"{len(answer.frames)} faces do not fit into one answer; ask for fewer shots")
        return answer

    def GetFacePictures(
        self, request: pb.GetFacePicturesRequest, context: Context
    ) -> pb.GetFacePicturesResponse:
        pictures = self._backend.face_pictures(
            [face_name_from_wire(face) for face in request.faces], request.size_px
        )
        if len(pictures.jpeg) > MAX_PICTURE_BYTES:
            raise BadInput("these pictures do not fit into one answer; ask for fewer or smaller ones")
        return face_pictures_to_wire(pictures)

    def GetCoverage(self, request: pb.GetCoverageRequest, context: Context) -> pb.GetCoverageResponse:
        report = self._backend.coverage(
            said(request.performer_id, "performer"), said(request.donor_id, "donor")
        )
        return coverage_report_to_wire(report)
