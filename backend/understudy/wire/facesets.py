"""The faces that models learn from."""

from __future__ import annotations

from typing import Any

import numpy as np

from understudy.domain.errors import BadRecord
from understudy.domain.facesets import CoverageReport, FaceChoice, FaceName, FacePictures, PersonFaces
from understudy.v1 import facesets_pb2 as pb
from understudy.wire.named import enum_name_on_wire, fill_message, read_message

_CHOICE_TO_WIRE: dict[FaceChoice, Any] = {
    choice: pb.FaceChoice.Value(enum_name_on_wire(choice)) for choice in FaceChoice
}
_CHOICE_FROM_WIRE = {number: choice for choice, number in _CHOICE_TO_WIRE.items()}
_DEGREES_AND_SHARES = (
    "yaw_deg", "pitch_deg", "roll_deg", "mouth_open", "eyes_closed", "smile", "sharpness", "likeness",
    "presence",
)  # fmt: skip
_COLUMNS: dict[str, type[np.generic]] = {
    "shots": np.int32,
    "frames": np.int64,
    "tracks": np.int64,
    "alike_order": np.int32,
    **dict.fromkeys(_DEGREES_AND_SHARES, np.float32),
}


def person_faces_to_wire(faces: PersonFaces) -> pb.ListFacesResponse:
    answer = pb.ListFacesResponse(
        shot_ids=faces.shot_ids,
        revisions=faces.revisions,
        choices=[_CHOICE_TO_WIRE[FaceChoice(int(choice))] for choice in faces.choices],
        lacking=faces.lacking,
    )
    for name in _COLUMNS:
        getattr(answer, name).extend(getattr(faces, name).tolist())
    return answer


def person_faces_from_wire(message: pb.ListFacesResponse) -> PersonFaces:
    """Raises: BadRecord when this program is older than the server, or columns are not equally long."""
    if unknown := set(message.choices) - set(_CHOICE_FROM_WIRE):
        raise BadRecord(f"face choice {unknown.pop()} is not known here; update this program")
    columns: dict[str, Any] = {
        name: np.array(getattr(message, name), kind) for name, kind in _COLUMNS.items()
    }
    columns["choices"] = np.array([_CHOICE_FROM_WIRE[number] for number in message.choices], np.int8)
    if len({len(column) for column in columns.values()}) > 1:
        raise BadRecord("the columns of a list of faces are not equally long; ask again")
    return PersonFaces(
        shot_ids=tuple(message.shot_ids),
        revisions=tuple(message.revisions),
        lacking=message.lacking,
        **columns,
    )


def face_name_to_wire(face: FaceName) -> pb.FaceName:
    return fill_message(pb.FaceName(), face)


def face_name_from_wire(message: pb.FaceName) -> FaceName:
    return read_message(FaceName, message)


def face_pictures_to_wire(pictures: FacePictures) -> pb.GetFacePicturesResponse:
    return fill_message(pb.GetFacePicturesResponse(), pictures)


def face_pictures_from_wire(message: pb.GetFacePicturesResponse) -> FacePictures:
    return read_message(FacePictures, message)


def coverage_report_to_wire(report: CoverageReport) -> pb.GetCoverageResponse:
    return fill_message(pb.GetCoverageResponse(), report)


def coverage_report_from_wire(message: pb.GetCoverageResponse) -> CoverageReport:
    return read_message(CoverageReport, message)
