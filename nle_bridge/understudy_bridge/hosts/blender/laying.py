# SPDX-License-Identifier: GPL-3.0-or-later
"""Laying, swapping and lifting one strip, exact to the frame, without Blender's shuffling.

Blender makes room by moving a strip that comes to lie over another. So a strip is made and trimmed on a free
channel, above everything, and only then moved to its place, which was looked at before.
"""

from __future__ import annotations

import json
import os
from typing import Any

from ...panel.host import HostRefused, Table
from .kept import copy_framing, give_back, kept
from .reading import MARKED_NAME, MEDIA, OURS, UID, clip_tables, uids_of
from .scene_parts import MOST_CHANNELS, inputs_used, origin_of, place_of, strips_of


def lay(scene: Any, edit: Any, step: Table) -> Table:
    """A new strip. The step that undoes it."""
    clip, number = step["clip"], step["track"]
    strips = strips_of(edit)
    _refuse_speed(clip)
    start = origin_of(scene, strips) + clip["record_in"]
    _refuse_channel(edit, number)
    _refuse_occupied(strips, number, start, start + clip["duration"])
    strip = _made(strips, clip, _free_channel(strips))
    try:
        _trim(strip, clip, start)
        shot = _shot_of(strips, clip)
        if "kept" in step:
            give_back(strip, step["kept"])
        elif shot is not None:
            copy_framing(shot, strip)
        _write(strip, clip)
        strip.name = clip["name"]
        strip[UID], strip[MARKED_NAME] = clip["uid"], strip.name
        strip.mute = not clip.get("enabled", True)
        strip.channel = number
        told = _checked(scene, edit, strip, clip, number)
    except (HostRefused, RuntimeError, TypeError, ValueError):
        strips.remove(strip)
        raise
    return {"do": "lift", "track": number, "uid": told["uid"], "clip": told}


def swap(scene: Any, edit: Any, step: Table) -> Table:
    """Other media on the strip that lies there, with everything else it has."""
    clip, was, number = step["clip"], step["was"], step["track"]
    strips = strips_of(edit)
    strip = found(scene, edit, step["uid"], number, was)
    _refuse_speed(clip)
    _refuse_channel(edit, number)
    _refuse_held(strip)
    if strip.type != ("IMAGE" if _is_numbered(clip["media"]) else "MOVIE"):
        raise HostRefused(
            "Unsupported",
            f"{strip.name!r}: Blender cannot show pictures on a movie's strip, nor a movie on theirs; remove "
            "the take and place it anew",
        )
    before = clip_tables(scene, edit, [strip])[strip.name]
    spare = _free_channel(strips)
    probe = _made(strips, clip, spare)
    strips.remove(probe)
    keep = (_files(strip), strip.frame_start, strip.frame_offset_start, strip.frame_offset_end)
    name, marks = strip.name, {key: strip.get(key) for key in (OURS, MEDIA, UID, MARKED_NAME)}
    try:
        strip.channel = spare
        _show(strip, _files_of(clip["media"]))
        _trim(strip, clip, before["record_in"] + origin_of(scene, strips))
        _write(strip, clip)
        _rename(strip, clip["name"])
        strip.channel = number
        _checked(scene, edit, strip, clip, number)
    except (HostRefused, RuntimeError, TypeError, ValueError):
        strip.channel = spare
        files, start, head, tail = keep
        _show(strip, files)
        strip.frame_offset_start, strip.frame_offset_end, strip.frame_start = head, tail, start
        _rename(strip, name)
        for key, value in marks.items():
            _set_mark(strip, key, value)
        strip.channel = number
        raise
    told = clip_tables(scene, edit, [strip])[strip.name]
    return {
        "do": "swap",
        "track": number,
        "uid": told["uid"],
        "clip": {**before, "uid": told["uid"]},
        "was": told,
    }


def lift(scene: Any, edit: Any, step: Table) -> Table:
    """The strip goes; what it was is in the step that lays it again."""
    number = step["track"]
    strip = found(scene, edit, step["uid"], number, step["clip"])
    strips = strips_of(edit)
    _refuse_channel(edit, number)
    _refuse_held(strip)
    if effect := inputs_used(strips).get(strip.name):
        raise HostRefused(
            "Unsupported",
            f"the effect strip {effect!r} shows {strip.name!r} and would go with it; remove that first",
        )
    told = clip_tables(scene, edit, [strip])[strip.name]
    undo = {"do": "lay", "track": number, "clip": told}
    if told["media"] is not None:
        undo["kept"] = kept(strip)
    strips.remove(strip)
    return undo


def found(scene: Any, edit: Any, uid: str, number: int, clip: Table) -> Any:
    """The strip of a uid where a step says it lies. Raises: HostRefused."""
    strips = strips_of(edit)
    uids, start = uids_of(strips), origin_of(scene, strips) + clip["record_in"]
    holders = [strip for strip in strips if uids[strip.name] == uid]
    for strip in holders:
        if strip.channel == number and place_of(strip) == (start, start + clip["duration"]):
            return strip
    if holders:
        raise HostRefused("ClipChanged", f"{holders[0].name!r} was moved or trimmed meanwhile; try again")
    raise HostRefused(
        "NotOnTimeline", f"{clip['name']!r} is not on the timeline any more; nothing was changed"
    )


def _refuse_speed(clip: Table) -> None:
    if clip.get("speed", "1") != "1" or clip.get("curve"):
        raise HostRefused(
            "Unsupported",
            f"{clip['name']!r} plays at another speed, which cannot be laid; render the retime first",
        )


def _refuse_channel(edit: Any, number: int) -> None:
    if not 1 <= number <= MOST_CHANNELS:
        raise HostRefused("Unsupported", f"Blender has channels 1 to {MOST_CHANNELS}, not {number}")
    if edit.channels[number].lock:
        raise HostRefused("Locked", f"channel {number} is locked; unlock it, or name another")


def _refuse_held(strip: Any) -> None:
    if strip.lock:
        raise HostRefused("Locked", f"{strip.name!r} is locked; unlock it (Ctrl Alt H)")


def _refuse_occupied(strips: Any, number: int, start: int, end: int) -> None:
    for strip in strips:
        first, behind = place_of(strip)
        if strip.channel == number and first < end and start < behind:
            raise HostRefused(
                "Occupied",
                f"{strip.name!r} lies on channel {number} from frame {first} to {behind - 1}; move it, or "
                "name another channel",
            )


def _free_channel(strips: Any) -> int:
    highest: int = max((strip.channel for strip in strips), default=0)
    if highest >= MOST_CHANNELS:
        raise HostRefused("Unsupported", f"channel {MOST_CHANNELS} is in use; keep the topmost channel free")
    return highest + 1


def _made(strips: Any, clip: Table, channel: int) -> Any:
    """A strip of a medium, on a channel of its own. Raises: HostRefused."""
    media = clip["media"]
    if media is None:
        raise HostRefused("Unsupported", f"{clip['name']!r} has no media file; it cannot be laid")
    if _is_numbered(media):
        return _made_of_pictures(strips, clip, channel)
    strip = strips.new_movie(
        name=clip["name"], filepath=media["path"], channel=channel, frame_start=1, fit_method="ORIGINAL"
    )
    strip.select = False
    if not strip.fps:
        strips.remove(strip)
        raise HostRefused("MediaMissing", f"{media['path']} is not there, or is no movie that Blender opens")
    return strip


def _made_of_pictures(strips: Any, clip: Table, channel: int) -> Any:
    folder, names = _files_of(clip["media"])
    missing = [name for name in names if not os.path.isfile(os.path.join(folder, name))]
    if missing or not names:
        lacking = os.path.join(folder, missing[0]) if missing else clip["media"]["path"]
        raise HostRefused("MediaMissing", f"{lacking} is not there")
    strip = strips.new_image(
        name=clip["name"], filepath=os.path.join(folder, names[0]), channel=channel, frame_start=1,
        fit_method="ORIGINAL",
    )  # fmt: skip
    strip.select = False
    _show(strip, (folder, names))
    return strip


def _is_numbered(media: Table) -> bool:
    return "#" in os.path.basename(media["path"])


def _files_of(media: Table) -> tuple[str, list[str]]:
    """A medium's folder and its files."""
    folder, pattern = os.path.split(media["path"])
    if not _is_numbered(media):
        return folder, [pattern]
    head, _, rest = pattern.partition("#")
    tail, first = rest.lstrip("#"), media.get("start") or 0
    digits = len(pattern) - len(head) - len(tail)
    return folder, [f"{head}{first + index:0{digits}d}{tail}" for index in range(media["frames"] or 0)]


def _files(strip: Any) -> tuple[str, list[str]]:
    """What a strip shows, as it is written in it."""
    if strip.type == "MOVIE":
        return "", [strip.filepath]
    return strip.directory, [element.filename for element in strip.elements]


def _show(strip: Any, files: tuple[str, list[str]]) -> None:
    """Other files on a strip; how long it is seen has to be set afterwards."""
    folder, names = files
    if strip.type == "MOVIE":
        strip.filepath = os.path.join(folder, names[0])
        return
    strip.directory = folder
    for name in names[len(strip.elements) :]:
        strip.elements.append(name)
    while len(strip.elements) > len(names):
        strip.elements.pop(index=len(strip.elements) - 1)
    for element, name in zip(strip.elements, names):  # noqa: B905 (Python 3.9)
        element.filename = name


def _trim(strip: Any, clip: Table, start: int) -> None:
    """Show the asked frames of the medium from `start` on. Raises: HostRefused."""
    head = clip["source_in"] - (clip["media"].get("start") or 0) - strip.animation_offset_start
    tail = int(strip.frame_duration) - head - clip["duration"]
    if head < 0 or tail < 0:
        raise HostRefused(
            "TakeTooShort",
            f"{clip['media']['path']} has {int(strip.frame_duration)} frames; frames {head} to "
            f"{head + clip['duration'] - 1} of it were asked for",
        )
    strip.frame_offset_start = strip.frame_offset_end = 0
    strip.frame_offset_start, strip.frame_offset_end = head, tail
    strip.frame_start = start - head


def _shot_of(strips: Any, clip: Table) -> Any:
    """The strip that a take was made for."""
    uids, wanted = uids_of(strips), clip.get("ours", {}).get("clip")
    return next((strip for strip in strips if wanted and uids[strip.name] == wanted), None)


def _write(strip: Any, clip: Table) -> None:
    strip[OURS] = json.dumps(clip.get("ours", {}))
    strip[MEDIA] = json.dumps(clip["media"])


def _rename(strip: Any, name: str) -> None:
    """Another name for a strip that stays the clip it was marked as."""
    is_first = strip.get(MARKED_NAME) == strip.name
    if strip.name != name:
        strip.name = name
    if is_first:
        strip[MARKED_NAME] = strip.name


def _set_mark(strip: Any, key: str, value: str | None) -> None:
    if value is not None:
        strip[key] = value
    elif key in strip:
        del strip[key]


def _checked(scene: Any, edit: Any, strip: Any, clip: Table, number: int) -> Table:
    """The strip as it is told now. Raises: HostRefused when Blender put it elsewhere."""
    told = clip_tables(scene, edit, [strip])[strip.name]
    for key in ("record_in", "duration", "source_in"):
        if told[key] != clip[key] or strip.channel != number:
            raise HostRefused(
                "Misplaced",
                f"Blender laid {strip.name!r} on channel {strip.channel} with {key} {told[key]}, not "
                f"{clip[key]}; nothing was changed",
            )
    return told
