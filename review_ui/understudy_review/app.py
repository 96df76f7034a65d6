"""The review room's gateway: HTTP for the page, a client of the gRPC service like any other.

Reads run in threads, since the backend is waited for; `reads_json` marks what takes a JSON object. In front
of everything stands the gate of `access.py`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio.to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Mount, Route

from understudy.domain.errors import UnderstudyError
from understudy_review import (
    edits,
    facesets,
    jobs,
    live,
    page_files,
    people,
    pictures,
    productions,
    shots,
    takes,
)
from understudy_review.access import ENTER_PATH, Access, Gate
from understudy_review.asked import reads_json
from understudy_review.errors import tell_error, tell_http_error, tell_unexpected
from understudy_review.house import House
from understudy_review.live import Live
from understudy_review.room import Room

THREADS = 80
"""Calls that may wait for backends at once."""

P = "/api/p/{p}"
S = P + "/shots/{s}"
J = P + "/jobs/{j}"
T = P + "/takes/{t}"

ROUTES = [
    Route(ENTER_PATH, productions.enter),
    Route("/", page_files.index),
    Route("/p/{rest:path}", page_files.index),
    Mount("/page", page_files.PageFiles()),
    # Who is here, and which productions there are
    Route("/api/session", productions.get_session),
    Route("/api/session", reads_json(productions.put_session), methods=["PUT"]),
    Route("/api/invite", reads_json(productions.invite), methods=["POST"]),
    Route("/api/productions", productions.list_productions),
    Route("/api/productions", reads_json(productions.create_production), methods=["POST"]),
    Route("/api/productions/{p}/open", reads_json(productions.open_production), methods=["POST"]),
    Route(P, productions.get_production),
    Route(P + "/custody", productions.list_custody),
    Route(P + "/custody/state", productions.get_custody_state),
    Route(P + "/live", live.stream),
    # People and consent
    Route(P + "/people", people.list_people),
    Route(P + "/people", reads_json(people.create_person), methods=["POST"]),
    Route(P + "/people/{id}/faces", facesets.list_faces),
    Route(P + "/consents", people.list_consents),
    Route(P + "/consents", reads_json(people.record_consent), methods=["POST"]),
    Route(P + "/consents/check", reads_json(people.check_consents), methods=["POST"]),
    Route(P + "/consents/{id}/revoke", reads_json(people.revoke_consent), methods=["POST"]),
    Route(P + "/faces/pictures", reads_json(facesets.face_pictures), methods=["POST"]),
    Route(P + "/coverage", facesets.get_coverage),
    # Shots and their edits
    Route(P + "/clips", shots.put_clip, methods=["POST"]),
    Route(P + "/shots", shots.list_shots),
    Route(S, shots.get_shot),
    Route(S + "/timeline", edits.get_timeline),
    Route(S + "/solved", edits.get_solved),
    Route(S + "/curves", edits.get_curves),
    Route(S + "/mattes", edits.list_mattes),
    Route(S + "/edits", edits.list_edits),
    Route(S + "/edits", reads_json(edits.add_edits), methods=["POST"]),
    Route(S + "/undo", reads_json(edits.undo), methods=["POST"]),
    Route(S + "/redo", reads_json(edits.redo), methods=["POST"]),
    Route(S + "/preview", reads_json(edits.preview), methods=["POST"]),
    Route(S + "/sound.wav", pictures.sound),
    # Jobs
    Route(P + "/jobs", jobs.list_jobs),
    Route(P + "/jobs", reads_json(jobs.create_job), methods=["POST"]),
    Route(J, jobs.get_job),
    Route(J + "/cancel", reads_json(jobs.cancel_job), methods=["POST"]),
    Route(J + "/retry", reads_json(jobs.retry_job), methods=["POST"]),
    Route(J + "/events", jobs.list_events),
    Route(J + "/log", jobs.get_log),
    Route(J + "/preview.jpg", jobs.get_preview),
    Route(P + "/settings/{kind}", jobs.list_settings),
    # Models, takes, deliveries
    Route(P + "/models", takes.list_models),
    Route(P + "/takes", takes.list_takes),
    Route(T + "/frames", takes.list_frames),
    Route(T + "/measures", takes.list_measures),
    Route(P + "/deliveries", takes.list_deliveries),
    # Pictures
    Route(P + "/pictures/plate/{s}/{version}/{frame}.jpg", pictures.plate_picture),
    Route(P + "/pictures/take/{t}/{layer}/{version}/{frame}.jpg", pictures.take_picture),
    Route(P + "/strips/plate/{s}/{version}.jpg", pictures.plate_strip),
    Route(P + "/strips/take/{t}/{tag}.jpg", pictures.take_strip),
    Route(P + "/pixels", reads_json(pictures.pixels), methods=["POST"]),
]


def create_app(house: House, access: Access) -> Gate:
    """The whole gateway as an ASGI application."""
    room = Room(house=house, access=access, live=Live(house))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
        yield
        room.live.close()

    app = Starlette(
        routes=ROUTES,
        lifespan=lifespan,
        exception_handlers={
            UnderstudyError: tell_error,
            HTTPException: tell_http_error,
            Exception: tell_unexpected,
        },
    )
    app.router.redirect_slashes = False
    app.state.room = room
    return Gate(app, access, closing=room.live.close)
