"""The faces that models learn from. Columns go as lists, one value a face."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.responses import Response

from understudy.domain.facesets import MAX_PICTURES, PICTURE_SIZES_PX, FaceName
from understudy.domain.plain import to_plain
from understudy_review.asked import Asked, finite
from understudy_review.room import answer, client_of, jpeg

_DIGITS = 4


def list_faces(request: Request) -> Response:
    """?shots=a,b -> the columns of a person's faces, with what curation does with each"""
    shots = Asked.of_query(request).texts("shots")
    return answer(_columns(client_of(request).person_faces(request.path_params["id"], shots)))


def face_pictures(request: Request, asked: Asked) -> Response:
    """{faces: [{shot_id, frame, track}], size_px} -> one JPEG, X-Columns"""
    names = [Asked(face, typed=True) for face in asked.tables("faces", most=MAX_PICTURES)]
    made = client_of(request).face_pictures(
        [
            FaceName(shot_id=name.text("shot_id"), frame=name.whole("frame"), track=name.whole("track"))
            for name in names
        ],
        asked.whole("size_px", 96, least=PICTURE_SIZES_PX[0], most=PICTURE_SIZES_PX[1]),
    )
    return jpeg(made.jpeg, {"x-columns": str(made.columns)})


def get_coverage(request: Request) -> Response:
    """?performer=&donor= -> what the two show, counted, and what is lacking, in words"""
    asked = Asked.of_query(request)
    report = client_of(request).coverage(asked.text("performer"), asked.text("donor"))
    return answer(_columns(report))


def _columns(record: Any) -> Any:
    """A record whose arrays become lists of numbers, null where one is none."""
    if isinstance(record, np.ndarray):
        if record.dtype.kind == "f":
            rounded = np.round(record.astype(np.float64), _DIGITS)
            return rounded.tolist() if np.isfinite(rounded).all() else [finite(x) for x in rounded.tolist()]
        return record.tolist()
    if is_dataclass(record) and not isinstance(record, type):
        return {field.name: _columns(getattr(record, field.name)) for field in fields(record)}
    return to_plain(record)
