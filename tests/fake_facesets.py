"""Facesets in memory, for testing the wire and its clients."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from understudy.domain.errors import BadInput, NotFound
from understudy.domain.facesets import (
    Coverage,
    CoverageReport,
    FaceChoice,
    FaceName,
    FacePictures,
    PersonFaces,
)

JPEG = b"\xff\xd8\xff\xe0 faces \xff\xd9"


class FakeFacesets:
    """One person, Anna, with a face for every choice there is; `asked` is what pictures were asked for."""

    def __init__(self) -> None:
        self.asked: tuple[tuple[FaceName, ...], int] | None = None

    def person_faces(self, person_id: str, shot_ids: Sequence[str] = ()) -> PersonFaces:
        _known(person_id)
        count = len(FaceChoice)
        rising = np.linspace(0, 1, count, dtype=np.float32)
        return PersonFaces(
            shot_ids=tuple(shot_ids) or ("a", "b"),
            revisions=(3, 0),
            shots=np.arange(count, dtype=np.int32) % 2,
            frames=1001 + np.arange(count),
            tracks=np.arange(count) // 2,
            yaw_deg=rising * 90 - 45,
            pitch_deg=rising - 30,
            roll_deg=rising * 7,
            mouth_open=rising,
            eyes_closed=1 - rising,
            smile=rising * np.float32(0.5),
            sharpness=rising * 3,
            likeness=rising - 0.5,
            presence=rising * np.float32(0.25),
            alike_order=np.arange(count, dtype=np.int32)[::-1].copy(),
            choices=np.array(list(FaceChoice), np.int8),
            lacking="too few",
        )

    def face_pictures(self, faces: Sequence[FaceName], size_px: int) -> FacePictures:
        self.asked = (tuple(faces), size_px)
        return FacePictures(jpeg=JPEG, columns=3)

    def coverage(self, performer_id: str, donor_id: str) -> CoverageReport:
        _known(performer_id)
        if performer_id == donor_id:
            raise BadInput("the same person")
        counted = Coverage(
            person_id=performer_id, poses=(1, 2, 0, 4), mouth_open=(9, 0), eyes_closed=(1,), smile=()
        )
        return CoverageReport(
            yaw_edges_deg=(-10.0, 0.0, 12.5),
            pitch_edges_deg=(-5.0, 5.0, 7.5),
            performer=counted,
            donor=counted,
            lacking=("the donor never smiles",),
        )


def _known(person: str) -> None:
    if person != "Anna":
        raise NotFound(f"there is no {person}")
