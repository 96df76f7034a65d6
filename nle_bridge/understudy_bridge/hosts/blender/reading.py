# SPDX-License-Identifier: GPL-3.0-or-later
"""A scene's strips as tables of `docs/bridge.md`. Reads only."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from typing import Any

import bpy

from ...panel.host import Table
from ...panel.rates import exact_rate
from .scene_parts import (
    MOST_CHANNELS,
    animated,
    inputs_used,
    origin_of,
    place_of,
    rate_of,
    strips_of,
)

UID, MARKED_NAME, OURS, MEDIA = "understudy_uid", "understudy_name", "understudy", "understudy_media"
_NUMBERED = re.compile(r"(.*?)(\d+)(\.[^.]*)?", re.DOTALL)
_MOST_WRITTEN = 1 << 16
# What of a medium that we laid only the step knew that laid it.
_LAID_MEDIA = {"path": str, "name": str, "start": int, "reel": str, "drop_frame": bool}
_PLAIN_BLENDS = ("REPLACE", "CROSS", "ALPHA_OVER")
_movies: dict[tuple[str, int], tuple[float, int]] = {}  # to know these a file is opened, so once


def timeline_table(scene: Any, edit: Any) -> Table:
    """The whole timeline: every channel in use and one above."""
    strips = list(strips_of(edit))
    origin = origin_of(scene, strips)
    # A cross between strips that do not overlap has no length, and shows nothing.
    strips = [strip for strip in strips if strip.frame_final_duration > 0]
    channels: dict[int, list[Any]] = {}
    for strip in strips:
        channels.setdefault(strip.channel, []).append(strip)
    highest = min(max(channels, default=0) + 1, MOST_CHANNELS)
    told = clip_tables(scene, edit, strips)
    return {
        "name": scene.name if edit == scene.sequence_editor else f"{scene.name}/{edit.name}",
        "rate": str(rate_of(scene)),
        "start_frame": max(0, origin),
        "inserts_tracks": False,
        "tracks": [
            _track(edit.channels[number], number, [told[strip.name] for strip in channels.get(number, ())])
            for number in range(1, highest + 1)
        ],
        "markers": [
            {"frame": marker.frame - origin, "name": marker.name}
            for marker in scene.timeline_markers
            if marker.frame >= origin
        ],
    }


def _track(channel: Any, number: int, clips: list[Table]) -> Table:
    return {
        "number": number,
        "name": channel.name,
        "enabled": not channel.mute,
        "locked": channel.lock,
        "clips": sorted(clips, key=lambda clip: clip["record_in"]),
    }


def clip_tables(scene: Any, edit: Any, wanted: list[Any]) -> dict[str, Table]:
    """The clips of some strips by the strip's name, which is unique within a scene."""
    strips = strips_of(edit)
    origin, rate = origin_of(scene, strips), rate_of(scene)
    uids, effects, keyed = uids_of(strips), inputs_used(strips), animated(scene)
    return {
        strip.name: _clip(
            strip, uids[strip.name], origin, rate, effects.get(strip.name), keyed.get(strip.name)
        )
        for strip in wanted
    }


def uids_of(strips: Any) -> dict[str, str]:
    """The uid of each strip by its name.

    A strip that was split or duplicated has a second holder of its identity, under a new name: the one that
    still has the name it was marked under is the clip, the others are clips of their own.
    """
    holders: dict[str, list[str]] = {}
    named: dict[str, list[str]] = {}
    for strip in strips:
        if uid := identity_of(strip):
            holders.setdefault(uid, []).append(strip.name)
            if strip.get(MARKED_NAME) == strip.name:
                named.setdefault(uid, []).append(strip.name)
    told = {}
    for strip in strips:
        uid, name = identity_of(strip), strip.name
        first = named.get(uid, [])
        is_copy = len(holders.get(uid, ())) > 1 and len(first) == 1 and name != first[0]
        unmarked = f"{strip.channel}:{strip.frame_final_start}:{name}"
        told[name] = unmarked if is_copy or not uid else uid
    return told


def identity_of(strip: Any) -> str:
    """What was written into a strip, "" when nothing was."""
    uid = strip.get(UID)
    return uid if isinstance(uid, str) else ""


def _clip(strip: Any, uid: str, origin: int, rate: Fraction, effect: str | None, keyed: str | None) -> Table:
    start, end = place_of(strip)
    media = media_table(strip, rate)
    clip: Table = {
        "uid": uid,
        "name": strip.name,
        "record_in": start - origin,
        "duration": end - start,
        # A sound shows nothing, but its channel is taken.
        "enabled": not strip.mute and strip.type != "SOUND",
        "media": media,
        "nested": strip.type in ("META", "SCENE"),
        "ours": written(strip, OURS),
    }
    if media is not None:
        clip["source_in"] = (media["start"] or 0) + _index_in(strip)
        clip["source_rate"] = media["rate"]
        clip["problems"] = _problems(strip, effect, keyed)
        _tell_speed(clip, strip, media)
    return clip


def media_table(strip: Any, rate: Fraction) -> Table | None:
    """A movie or pictures; None for everything that Blender makes itself."""
    if strip.type == "MOVIE":
        path = _whole_path(strip.filepath, bpy.data.filepath)
        told, frames = opened_movie(strip, path)
        found: Table = {
            "path": path,
            "name": os.path.basename(path),
            "rate": _rate_text(told) if 0 < told < 1000 else str(rate),
            "start": None,
            # Without its file nobody knows how long a strip's movie is.
            "frames": frames or None,
        }
    elif strip.type == "IMAGE":
        found = {**_pictures(strip), "rate": str(rate), "frames": len(strip.elements)}
    else:
        return None
    known = written(strip, MEDIA)
    if known and same_file(str(known.get("path", "")), found["path"]):
        usable = {key: known[key] for key, kind in _LAID_MEDIA.items() if type(known.get(key)) is kind}
        found.update(usable if usable.get("start", 0) >= 0 else {})
    return {**found, "colour_space": strip.colorspace_settings.name}


@lru_cache(maxsize=4096)
def _whole_path(path: str, project: str) -> str:
    """A strip's path, which may begin at the project's folder."""
    return os.path.normpath(str(bpy.path.abspath(path)))


@lru_cache(maxsize=64)
def _rate_text(told: float) -> str:
    return str(exact_rate(told))


def written(strip: Any, key: str) -> Table:
    """A table that a step wrote into a strip; empty when there is none, or the file has something else."""
    text = strip.get(key)
    try:
        found = json.loads(text) if isinstance(text, str) and len(text) < _MOST_WRITTEN else None
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def same_file(one: str, other: str) -> bool:
    return os.path.normcase(os.path.normpath(one)) == os.path.normcase(os.path.normpath(other))


def opened_movie(strip: Any, path: str) -> tuple[float, int]:
    """Frames per second and frames of a strip's file; zeros when it cannot be opened.

    The strip does not know them: at 24000/1001 one that was dragged into 4.5 is a frame shorter than its
    file, from a rounded rate. A movie clip does, so one is made for the look and taken away.
    """
    key = (path, int(strip.frame_duration))
    if key not in _movies:
        try:
            clip = bpy.data.movieclips.load(path)
        except RuntimeError:
            return 0.0, 0
        told = (float(clip.fps), int(clip.frame_duration))
        bpy.data.movieclips.remove(clip)
        if not all(told):
            return 0.0, 0
        _movies[key] = told
    return _movies[key]


def _pictures(strip: Any) -> Table:
    """Numbered pictures are one medium whose frames have the numbers of its files."""
    names = [element.filename for element in strip.elements] or [""]
    folder = os.path.normpath(bpy.path.abspath(strip.directory))
    match = _NUMBERED.fullmatch(names[0])
    if match is None or len(names) == 1 or not in_a_row(names):
        return {"path": os.path.join(folder, names[0]), "name": names[0], "start": None}
    name = f"{match[1]}{'#' * len(match[2])}{match[3] or ''}"
    return {"path": os.path.join(folder, name), "name": name, "start": int(match[2])}


def in_a_row(names: list[str]) -> bool:
    match = _NUMBERED.fullmatch(names[0])
    if match is None:
        return False
    head, digits, tail = match[1], match[2], match[3] or ""
    first = int(digits)
    return all(name == f"{head}{first + index:0{len(digits)}d}{tail}" for index, name in enumerate(names))


def _index_in(strip: Any) -> int:
    """The zero-based picture that the strip's first frame shows; below 0 where it holds the first one."""
    head: int = round(strip.frame_offset_start) + strip.animation_offset_start
    return head


def _tell_speed(clip: Table, strip: Any, media: Table) -> None:
    """What Blender does to a strip's time; nothing of it can be laid, so it is told and no more."""
    speed = getattr(strip, "speed_factor", 1.0)
    factor = Fraction(1) if speed == 1.0 else Fraction(speed).limit_denominator(1000)
    keys = len(getattr(strip, "retiming_keys", ()))
    if keys:
        clip["curve"] = f"{keys} retiming keys"
    elif strip.type == "IMAGE" and len(strip.elements) == 1:
        clip["speed"], clip["source_in"] = "0", media["start"] or 0
    elif strip.use_reverse_frames:
        clip["speed"] = str(-factor)
        clip["source_in"] = (media["start"] or 0) + round(strip.frame_offset_end)
    elif factor != 1:
        clip["speed"] = str(factor)


def _problems(strip: Any, effect: str | None, keyed: str | None) -> list[Table]:
    said = [*_refusals(strip, effect, keyed)]
    found = [{"kind": kind, "refuses": True, "message": message} for kind, message in said]
    if len(strip.modifiers):
        message = f"its {len(strip.modifiers)} modifiers are not put on the take; copy them to it"
        found.append({"kind": "graded", "refuses": False, "message": message})
    return found


def _refusals(strip: Any, effect: str | None, keyed: str | None) -> Iterator[tuple[str, str]]:
    """Why a take above a strip would not look as the strip does. A meta strip around the shot mends most."""
    instead = "put the shot into a meta strip (Ctrl G), {} that, open it (Tab) and send the shot inside"
    if effect:
        yield (
            "effect_input",
            f"the effect strip {effect!r} shows it and a take above would hide the effect; "
            + instead.format("use the effect on"),
        )
    if keyed:
        yield "animated", f"its {keyed} is animated and a take would not follow; " + instead.format("animate")
    if strip.strobe > 1:
        yield "strobe", "it has a strobe; " + instead.format("strobe")
    if strip.use_reverse_frames:
        yield "reversed", "it plays backwards; render it to a new clip and send that"
    if len(getattr(strip, "retiming_keys", ())) or getattr(strip, "speed_factor", 1.0) != 1.0:
        yield "retimed", "it is retimed; render the retime to a new clip and send that"
    if strip.blend_type not in _PLAIN_BLENDS or strip.blend_alpha < 1:
        yield (
            "blended",
            f"it is blended with what lies below ({strip.blend_type}, opacity {strip.blend_alpha:g}) and a "
            "take above would cover both; " + instead.format("blend"),
        )
    names = [element.filename for element in strip.elements] if strip.type == "IMAGE" else []
    if len(names) > 1 and not in_a_row(names):
        yield "gaps", "its pictures are not numbered in a row; fill the gaps, or send its parts"
