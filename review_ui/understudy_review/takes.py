"""Models, takes and deliveries."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from understudy_review.asked import Asked, finite
from understudy_review.room import answer, client_of


def list_models(request: Request) -> Response:
    """-> [model]"""
    return answer(client_of(request).models())


def list_takes(request: Request) -> Response:
    """?shot= -> [take], of one shot or of all"""
    return answer(client_of(request).takes(Asked.of_query(request).text("shot", "")))


def list_deliveries(request: Request) -> Response:
    """?take= -> [delivery], of one take or of all"""
    return answer(client_of(request).deliveries(Asked.of_query(request).text("take", "")))


def list_frames(request: Request) -> Response:
    """-> {first_frame, states, versions, revision}: how the take stands with every frame of its shot"""
    return answer(client_of(request).take_frames(request.path_params["t"]))


def list_measures(request: Request) -> Response:
    """?by_frame=1&limit=&frames= -> {take_id, job_id, frames: [{frame, trouble, reasons, values}], ...}"""
    asked = Asked.of_query(request)
    measures = client_of(request).take_measures(
        request.path_params["t"],
        frames=asked.text("frames", ""),
        limit=asked.whole("limit", 1000, least=1),
        by_frame=asked.switch("by_frame"),
    )
    rows = [
        {
            "frame": row.frame,
            "trouble": finite(row.trouble),
            "reasons": list(row.reasons),
            "values": {name: finite(value) for name, value in row.values.items()},
        }
        for row in measures.frames
    ]
    return answer(
        {
            "take_id": measures.take_id,
            "job_id": measures.job_id,
            "folder": measures.folder,
            "contact_sheet": measures.contact_sheet,
            "frames": rows,
        }
    )
