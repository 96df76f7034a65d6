# SPDX-License-Identifier: GPL-3.0-or-later
"""What is told as people read it. Knows no Blender but the names of its icons."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from .desk import AWAY, STARTING, UP, WRONG_TOKEN, Desk, newest_delivered, refused

PERSON_ICONS = {
    "agreed": "CHECKMARK",
    "ends_soon": "TIME",
    "missing": "ERROR",
    "expired": "ERROR",
    "revoked": "CANCEL",
}
PERSON_WORDS = {
    "agreed": "agreed",
    "ends_soon": "agreed, ends soon",
    "missing": "no consent on record",
    "expired": "consent has expired",
    "revoked": "consent was revoked",
}
MOST_NAMES = 4
STATE_ICONS = {
    "waiting": "SORTTIME",
    "running": "RENDER_ANIMATION",
    "finished": "CHECKMARK",
    "failed": "ERROR",
    "cancelled": "X",
}
STAGE_WORDS = {
    "ingest": "Reading the plate",
    "extract": "Finding faces",
    "convert": "Rendering",
    "deliver": "Delivering",
}


MOVIE_WORDS = {
    "prores422hq": "ProRes 422 HQ",
    "prores4444": "ProRes 4444",
    "dnxhr_hqx": "DNxHR HQX",
    "dnxhr_444": "DNxHR 444",
    "h264": "H.264",
    "h265": "H.265",
    "frames": "frames as the plate's",
}


class Line(NamedTuple):
    icon: str
    text: str


class VersionRow(NamedTuple):
    """One version of a sending: what it is called, how it stands and what can be done ("" for nothing)."""

    version: int
    label: str
    note: str
    action: str


def wrapped(text: str, width_px: float, scale: float = 1.0) -> list[str]:
    """Text in lines for a region so wide; Blender's letters are about 7 px at scale 1."""
    letters = max(18, int((width_px - 48 * scale) / (6.6 * scale)))
    return [line for part in text.split("\n") for line in textwrap.wrap(part, letters)] or [""]


def connection(desk: Desk) -> tuple[Line, str]:
    """How it stands with daemon and backend, and what to do about it ("" when all is well)."""
    if desk.connection == STARTING:
        return Line("SORTTIME", "Looking for the daemon"), ""
    if desk.connection == AWAY:
        return Line("UNLINKED", "The daemon is away"), desk.trouble
    if desk.connection == WRONG_TOKEN:
        return Line("LOCKED", "The daemon refuses the token"), desk.trouble
    backend = desk.hello.get("backend") or {}
    production = (backend.get("production") or {}).get("name", "")
    if backend.get("state") == UP:
        return Line("LINKED", production or "Connected"), ""
    word = "The backend refuses" if backend.get("state") == "refused" else "The backend is away"
    return Line("ERROR", word), str(backend.get("message") or "")


def people(desk: Desk) -> list[tuple[Line, str]]:
    """The preset's people with the state of their consent, and a message where there is one."""
    preset = desk.preset() or {}
    rows = []
    for part in ("performer", "donor"):
        name = preset.get(part)
        if not name:
            continue
        person = desk.person(name) or {"state": "missing"}
        state = str(person.get("state"))
        word = PERSON_WORDS.get(state, state)
        if state == "ends_soon" and person.get("ends"):
            word = f"agreed until {person['ends']}"
        line = Line(PERSON_ICONS.get(state, "QUESTION"), f"{name} ({part}): {word}")
        rows.append((line, "" if state == "agreed" else str(person.get("message") or "")))
    return rows


def recipe(preset: Mapping[str, Any]) -> str:
    """Handles and kind of delivery."""
    head, tail = preset.get("handles") or (0, 0)
    handles = f"{head} frames of handles" if head == tail else f"handles of {head} and {tail} frames"
    movie = str(preset.get("movie") or "")
    return f"{MOVIE_WORDS.get(movie, movie)}, {handles}"


def checked_title(checked: Mapping[str, Any]) -> Line:
    read = checked.get("for_people") or {}
    record = read.get("record") or {}
    text = f"{read.get('name', '')}  {record.get('timecode_first', '')}  {frames(read.get('frames', 0))}"
    return Line("CANCEL" if refused(checked) else "CHECKMARK", text)


def problems(checked: Mapping[str, Any]) -> list[Line]:
    return [
        Line("ERROR" if problem.get("refuses") else "INFO", str(problem.get("message", "")))
        for problem in checked.get("problems", ())
    ]


def frames(count: int) -> str:
    return "1 frame" if count == 1 else f"{count} frames"


def strips(count: int) -> str:
    return "1 strip" if count == 1 else f"{count} strips"


def state_icon(told: Mapping[str, Any]) -> str:
    return STATE_ICONS.get(str(told.get("state")), "QUESTION")


def title(told: Mapping[str, Any], lying: int | None) -> str:
    """A sending in one line."""
    name = str(told.get("name", ""))
    state = str(told.get("state"))
    if state == "running":
        return f"{name}  {percent(told)}" if progress(told) is not None else name
    newest = newest_delivered(told)
    if state != "finished" or newest is None:
        return f"{name}  {state}"
    ready = f"v{newest:03d} ready"
    if lying is None:
        return f"{name}  {ready}"
    placed = f"v{lying:03d} placed"
    return f"{name}  {ready}, {placed}" if newest > lying else f"{name}  {placed}"


def progress(told: Mapping[str, Any]) -> float | None:
    """Part done of the stage, None when nobody knows."""
    told_progress = told.get("progress") or {}
    total = told_progress.get("total") or 0
    return min(1.0, max(0.0, (told_progress.get("done") or 0) / total)) if total > 0 else None


def percent(told: Mapping[str, Any]) -> str:
    part = progress(told)
    return "" if part is None else f"{int(part * 100)} %"


def stage(told: Mapping[str, Any]) -> str:
    """What is being done, how far it is and how long it may take."""
    if told.get("state") == "waiting":
        return "Waiting for its turn"
    told_progress = told.get("progress") or {}
    parts = [STAGE_WORDS.get(str(told.get("stage")), str(told.get("stage") or "Starting"))]
    if told_progress.get("total"):
        parts.append(f"{told_progress.get('done', 0)} of {told_progress['total']}")
    if left := time_left(told_progress.get("left_s")):
        parts.append(left)
    return ", ".join(parts)


def time_left(left_s: float | None) -> str:
    if left_s is None or left_s < 0:
        return ""
    if left_s < 90:
        return f"{max(1, round(left_s))} s left"
    minutes = round(left_s / 60)
    return f"{minutes} min left" if minutes < 90 else f"{left_s / 3600:.1f} h left"


def versions(told: Mapping[str, Any], lying: int | None) -> list[VersionRow]:
    """The versions of a sending, newest first."""
    rows = []
    for one in sorted(told.get("versions", ()), key=lambda one: -int(one["version"])):
        number, state = int(one["version"]), str(one.get("state"))
        if state == "delivered":
            note = "placed" if number == lying else ""
            action = "remove" if number == lying else "swap" if lying is not None else "place"
        else:
            note = "rendering" if state == "rendering" else "rendered"
            action = "fetch" if state == "rendered" else ""
        rows.append(VersionRow(number, f"v{number:03d}", note, action))
    return rows


def offered(names: Iterable[str]) -> str:
    """What finished while nobody looked."""
    names = list(names)
    if len(names) == 1:
        return f"{names[0]} has finished"
    more = [f"{len(names) - MOST_NAMES} more"] if len(names) > MOST_NAMES else []
    *first, last = [*names[:MOST_NAMES], *more]
    return f"{', '.join(first)} and {last} have finished"


def place_offered(count: int) -> str:
    """What the button does: one press places them all."""
    return "Place" if count == 1 else f"Place all {count}"
