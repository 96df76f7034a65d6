"""A shot's edits, and what they solve to. Arrays become lists; NaN becomes null."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np
import numpy.typing as npt
from starlette.requests import Request
from starlette.responses import Response

from understudy.domain.edit import action_from_table
from understudy.domain.edit_stack import EditEntry, entry_to_table
from understudy.domain.edit_views import MAX_ACTIONS, SolvedFrames
from understudy.domain.plain import to_plain
from understudy.domain.preview import PreviewRequest
from understudy.domain.summary import Layer
from understudy_review.asked import Asked
from understudy_review.room import answer, author_of, client_of, jpeg, session_of

_PX_DIGITS = 3  # thousandths of a pixel


def get_timeline(request: Request) -> Response:
    """-> one byte a frame in every column, columns in base64; cuts, notes, bindings, orphans as they are"""
    timeline = client_of(request).timeline(request.path_params["s"])
    columns = {field.name: getattr(timeline, field.name) for field in fields(timeline)}
    return answer(
        {
            name: base64.b64encode(value).decode() if isinstance(value, bytes) else to_plain(value)
            for name, value in columns.items()
        }
    )


def get_solved(request: Request) -> Response:
    """?first=&last=&landmarks=1&plans=1 -> {revision, frames, faces, plans, marks, bindings, orphans}"""
    asked = Asked.of_query(request)
    with_landmarks = asked.switch("landmarks")
    solved = client_of(request).solved(
        request.path_params["s"], asked.frames(), landmarks=with_landmarks, plans=asked.switch("plans")
    )
    return answer(
        {
            "revision": solved.revision,
            "frames": to_plain(solved.frames),
            "faces": _faces(solved, with_landmarks=with_landmarks),
            "plans": to_plain(solved.plans),
            "marks": to_plain(solved.marks),
            "bindings": to_plain(solved.bindings),
            "orphans": to_plain(solved.orphans),
        }
    )


def _faces(solved: SolvedFrames, *, with_landmarks: bool) -> list[dict[str, Any]]:
    """One table a face; `landmarks` flat: x0, y0, x1, y1 ..."""
    columns = {
        "frame": solved.frame.tolist(),
        "track": solved.track.tolist(),
        "state": solved.state_N.tolist(),
        "presence": _numbers(solved.presence),
        "filled": solved.filled.tolist(),
        "square": _numbers(solved.square_N4),
    }
    if with_landmarks:
        columns["landmarks"] = _numbers(solved.landmarks_NK2.reshape(len(solved.frame), -1))
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def get_curves(request: Request) -> Response:
    """?track=&landmarks=1,2&first=&last= -> a track frame by frame, as found (raw) and as solved

    {revision, track, points, frame: [], state: [], raw_square: [[4]], square: [[4]], raw: [[[x, y]]],
    solved: [[[x, y]]]}
    """
    asked = Asked.of_query(request)
    curves = client_of(request).curves(
        request.path_params["s"], asked.whole("track"), asked.wholes("landmarks", most=478), asked.frames()
    )
    return answer(
        {
            "revision": curves.revision,
            "track": curves.track,
            "points": list(curves.points),
            "frame": curves.frame.tolist(),
            "state": curves.state_N.tolist(),
            "raw_square": _numbers(curves.raw_square_N4),
            "square": _numbers(curves.square_N4),
            "raw": _numbers(curves.raw_NP2),
            "solved": _numbers(curves.solved_NP2),
        }
    )


def list_edits(request: Request) -> Response:
    """?after= -> {entries, revision, standing}"""
    edits = client_of(request).edits(request.path_params["s"], Asked.of_query(request).whole("after", 0))
    entries = [entry_to_table(entry) for entry in edits.entries]
    return answer({"entries": entries, "revision": edits.revision, "standing": list(edits.standing)})


def add_edits(request: Request, asked: Asked) -> Response:
    """{actions: [{kind, ...}], seen_revision, request_id} -> {entries, revision}, all or none"""
    added = client_of(request).add_edits(
        request.path_params["s"],
        [action_from_table(table) for table in asked.tables("actions", most=MAX_ACTIONS)],
        author=author_of(request),
        seen_revision=asked.whole("seen_revision"),
        request_id=asked.text("request_id", most=200),
    )
    return answer({"entries": [entry_to_table(entry) for entry in added.entries], "revision": added.revision})


def undo(request: Request, asked: Asked) -> Response:
    """{seen_revision, request_id} -> {entry}"""
    return _stepped(client_of(request).undo_edit, request, asked)


def redo(request: Request, asked: Asked) -> Response:
    """{seen_revision, request_id} -> {entry}"""
    return _stepped(client_of(request).redo_edit, request, asked)


def _stepped(step: Callable[..., EditEntry], request: Request, asked: Asked) -> Response:
    entry = step(
        request.path_params["s"],
        author=author_of(request),
        seen_revision=asked.whole("seen_revision"),
        request_id=asked.text("request_id", most=200),
    )
    return answer({"entry": entry_to_table(entry)})


def list_mattes(request: Request) -> Response:
    """-> {layers: [{layer, used, worst}], keyed}"""
    return answer(client_of(request).shot_mattes(request.path_params["s"]))


def preview(request: Request, asked: Asked) -> Response:
    """A `PreviewRequest` without its shot -> JPEG, X-Revision, X-Seconds

    {session, frame, layer, model_id, bindings, settings, tried, max_width_px}
    """
    wanted = PreviewRequest(
        session=f"{session_of(request).id}/{asked.text('session', '', most=200)}",
        shot_id=request.path_params["s"],
        frame=asked.whole("frame"),
        layer=asked.word("layer", Layer),
        model_id=asked.text("model_id", ""),
        bindings={track: str(person) for track, person in asked.table("bindings").items()},
        settings=asked.table("settings"),
        max_width_px=asked.whole("max_width_px", 0),
        tried=asked.table("tried"),
    )
    made = client_of(request).preview_frame(wanted)
    return jpeg(made.jpeg, {"x-revision": str(made.revision), "x-seconds": f"{made.seconds:.4f}"})


def _numbers(array: npt.NDArray[Any]) -> list[Any]:
    """An array as nested lists of numbers of thousandths, null where it is not a number."""
    rounded = np.round(np.asarray(array, np.float64), _PX_DIGITS)
    known = np.isfinite(rounded)
    if known.all():
        return list(rounded.tolist())
    numbers = rounded.astype(object)
    numbers[~known] = None
    return list(numbers.tolist())
