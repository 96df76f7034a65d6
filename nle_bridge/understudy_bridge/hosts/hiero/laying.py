"""Laying, swapping and lifting track items. Hiero cuts what is in the way, so each step looks first."""

from __future__ import annotations

import glob
import os
import re
from fractions import Fraction
from typing import Any

import hiero.core

from ...panel.host import HostRefused, Table
from . import identity
from .items import clip_table, effect_spans, path_of, rate_of, speed_of, uid_of

BIN = "Understudy"
TRACK = "Understudy"
_HASHES = re.compile(r"#+")


def items(track: Any) -> list[Any]:
    return sorted(track.items(), key=lambda item: int(item.timelineIn()))


def found(sequence: Any, uid: str, step: Table | None = None) -> tuple[Any, Any]:
    """The track and the one item of this uid; of copies, the one where the step says. Raises: HostRefused."""
    if step is not None:
        video_track(sequence, step["track"])
    found = [
        (track, item)
        for number, track in enumerate(sequence.videoTracks(), 1)
        if step is None or number == step["track"]
        for item in items(track)
        if uid_of(item, number) == uid
    ]
    if step is not None and len(found) > 1:
        found = [one for one in found if int(one[1].timelineIn()) == step["clip"]["record_in"]]
    if len(found) != 1:
        word = "is gone from" if not found else "cannot be told from its copies on"
        raise HostRefused("NotOnTimeline", f"the clip {uid} {word} the sequence; mark it and send it again")
    return found[0]


def video_track(sequence: Any, number: int) -> Any:
    tracks = sequence.videoTracks()
    if not 1 <= number <= len(tracks):
        raise HostRefused(
            "NotOnTimeline", f"there is no video track {number}; the sequence has {len(tracks)}"
        )
    return tracks[number - 1]


def add_track(sequence: Any, step: Table) -> Table:
    there = len(sequence.videoTracks())
    if step["number"] != there + 1:
        raise HostRefused("Unsupported", f"Hiero makes tracks on top only; {there + 1} would be the next")
    sequence.addTrack(hiero.core.VideoTrack(str(step.get("name") or TRACK)))
    return {"do": "remove_track", "number": step["number"]}


def remove_track(sequence: Any, step: Table) -> Table:
    track = video_track(sequence, step["number"])
    if track.items() or any(track.subTrackItems()):
        raise HostRefused("Occupied", f"track {track.name()} is not empty; take away what lies on it first")
    if step["number"] != len(sequence.videoTracks()):
        raise HostRefused("Unsupported", f"track {track.name()} is not the topmost; remove it by hand")
    name = str(track.name())
    sequence.removeTrack(track)
    return {"do": "add_track", "number": step["number"], "name": name}


def lay(sequence: Any, step: Table) -> Table:
    clip, number = step["clip"], step["track"]
    made = number == len(sequence.videoTracks()) + 1
    if not made:
        _refuse_occupied(video_track(sequence, number), clip)
    source = None if "item" in step else _bin_clip(sequence, clip)
    if made:
        sequence.addTrack(hiero.core.VideoTrack(TRACK))
    track = video_track(sequence, number)
    try:
        if source is None:
            _put_back(track, step)
        else:
            _laid(sequence, track, source, clip)
    except BaseException:
        if made:
            sequence.removeTrack(track)
        raise
    return {"do": "lift", "track": number, "uid": clip["uid"], "clip": clip, "track_made": made}


def _refuse_occupied(track: Any, clip: Table) -> None:
    """Hiero itself would cut what is in the way."""
    first, end = clip["record_in"], clip["record_in"] + clip["duration"]
    if track.isLocked():
        raise HostRefused("Occupied", f"track {track.name()} is locked; unlock it, or name another")
    for item in track.items():
        if int(item.timelineIn()) < end and first <= int(item.timelineOut()):
            raise HostRefused(
                "Occupied", f"{item.name()} lies on {track.name()} where the take should go; move it"
            )
    for start, stop in effect_spans(track):
        if start < end and first < stop:
            raise HostRefused(
                "Occupied", f"effects lie on {track.name()} where the take should go; name another"
            )
    for transition in track.transitions():
        if int(transition.timelineIn()) < end and first <= int(transition.timelineOut()):
            raise HostRefused(
                "Occupied", f"a transition lies on {track.name()} where the take should go; move it"
            )


def _laid(sequence: Any, track: Any, source: Any, clip: Table) -> None:
    """A new track item. Raises: HostRefused, the track as it was."""
    item = track.createTrackItem(str(clip.get("name") or source.name()))
    item.setSource(source)
    _set_times(item, clip)
    identity.keep(item, {"uid": clip["uid"], "ours": clip.get("ours", {})})
    item = track.addTrackItem(item) or item
    try:
        item.setEnabled(bool(clip.get("enabled", True)))
        if fault := _misplaced(item, clip, rate_of(sequence)):
            raise HostRefused("Misplaced", f"Hiero laid the take otherwise: {fault}; nothing was changed")
    except BaseException:
        _take_away(track, item)
        raise


def _set_times(item: Any, clip: Table) -> None:
    """All four ends in one call: set one after the other, each would be cut by those that are old."""
    first = clip.get("source_in", 0) - (clip["media"].get("start") or 0)
    frames, speed = clip["duration"], Fraction(str(clip.get("speed", "1")))
    last = first + (frames - 1) * abs(speed)
    ends = (float(last), float(first)) if speed < 0 else (float(first), float(last))
    if speed != 1:
        item.setPlaybackSpeed(float(speed))
    item.setTimes(clip["record_in"], clip["record_in"] + frames - 1, *ends)


def _misplaced(item: Any, clip: Table, rate: Fraction) -> str:
    """How an item lies otherwise than it should; "" when it does not."""
    if item is None or item.isNull():
        return "there is no item"
    told = clip_table(item, 0, rate)
    asked = {
        "record_in": clip["record_in"],
        "duration": clip["duration"],
        "source_in": clip.get("source_in", 0),
    }
    faults = [f"{key} {told[key]} for {value}" for key, value in asked.items() if told[key] != value]
    if abs(speed_of(item) - Fraction(str(clip.get("speed", "1")))) > Fraction(1, 10_000):
        faults.append(f"speed {told['speed']} for {clip.get('speed', '1')}")
    return ", ".join(faults)


def _bin_clip(sequence: Any, clip: Table) -> Any:
    """The project's clip of a take's file, in a bin of ours; made when there is none. Raises: HostRefused."""
    media = clip.get("media")
    if not media:
        raise HostRefused("Unsupported", "a take is a file; this clip has none")
    if clip.get("curve"):
        raise HostRefused("Unsupported", f"its speed changes ({clip['curve']}); render that first")
    path = str(media["path"]).replace("\\", "/")
    if not _is_there(path):
        raise HostRefused(
            "MediaMissing", f"{path} is not there; check the path maps, or fetch the take again"
        )
    shelf = _shelf(sequence.project())
    for one in shelf.clips():
        if path_of(one.activeItem().mediaSource()) == path:
            return _whole(one.activeItem(), media)
    numbered = _HASHES.sub(lambda digits: f"%0{len(digits.group())}d", path)
    source = hiero.core.Clip(hiero.core.MediaSource(numbered))
    if not source.mediaSource().isMediaPresent():
        raise HostRefused("MediaMissing", f"Hiero cannot read {path}; look at it in the bin")
    shelf.addItem(hiero.core.BinItem(_whole(source, media)))
    return source


def _whole(source: Any, media: Table) -> Any:
    """The clip, if Hiero sees as many frames as the take has. Raises: HostRefused."""
    seen, wanted = int(source.mediaSource().duration()), media.get("frames")
    if wanted is not None and seen != wanted:
        raise HostRefused(
            "MediaMissing", f"Hiero sees {seen} frames of {media['path']}, not {wanted}; rescan it in the bin"
        )
    return source


def _is_there(path: str) -> bool:
    found = _HASHES.search(path)
    if found is None:
        return os.path.isfile(path)
    pattern = glob.escape(path[: found.start()]) + "[0-9]*" + glob.escape(path[found.end() :])
    return any(glob.iglob(pattern))


def _shelf(project: Any) -> Any:
    root = project.clipsBin()
    for one in root.bins():
        if one.name() == BIN:
            return one
    shelf = hiero.core.Bin(BIN)
    root.addItem(shelf)
    return shelf


def swap(sequence: Any, step: Table) -> Table:
    track, item = found(sequence, step["uid"], step)
    clip, was, name = step["clip"], step["was"], str(item.name())
    if track.isLocked():
        raise HostRefused("Occupied", f"track {track.name()} is locked; unlock it")
    place = (int(item.timelineIn()), int(item.timelineOut()) - int(item.timelineIn()) + 1)
    if place != (clip["record_in"], clip["duration"]):
        raise HostRefused("ClipChanged", f"{name} was moved or trimmed meanwhile; ask for the plan again")
    source = _bin_clip(sequence, clip)
    _shown_instead(item, source, clip, rate_of(sequence))
    undone = {**was, "name": name}
    return {"do": "swap", "track": step["track"], "uid": clip["uid"], "clip": undone, "was": clip}


def _shown_instead(item: Any, source: Any, clip: Table, rate: Fraction) -> None:
    """Let an item show another clip in its place. Raises: HostRefused, the item as it was."""
    before, speed, name, kept = item.source(), item.playbackSpeed(), str(item.name()), identity.kept(item)
    ends = (item.timelineIn(), item.timelineOut(), item.sourceIn(), item.sourceOut())
    try:
        item.setSource(source)
        _set_times(item, clip)
        if fault := _misplaced(item, clip, rate):
            raise HostRefused("Misplaced", f"Hiero swapped the take otherwise: {fault}; nothing was changed")
        identity.keep(item, {**kept, "uid": clip["uid"], "ours": clip.get("ours", {})})
        if clip.get("name") and clip["name"] != name:
            item.setName(str(clip["name"]))
    except BaseException:
        item.setSource(before)
        item.setPlaybackSpeed(speed)
        item.setTimes(*ends)
        if identity.kept(item) != kept:
            identity.keep(item, kept)
        raise


def lift(sequence: Any, step: Table) -> Table:
    track, item = found(sequence, step["uid"], step)
    if track.isLocked():
        raise HostRefused("Occupied", f"track {track.name()} is locked; unlock it")
    undo = {"do": "lay", "track": step["track"], "clip": step["clip"], "item": _remember(item)}
    _take_away(track, item)
    if step.get("track_made") and not track.items():
        sequence.removeTrack(track)
    return undo


def _take_away(track: Any, item: Any) -> None:
    """The item alone and its own effects; what is linked to it elsewhere, such as sound, stays."""
    for effect in _effects(track, item):
        track.removeSubTrackItem(effect)
    track.removeItem(item, hiero.core.TrackBase.eDontRemoveLinkedItems)


def _effects(track: Any, item: Any) -> list[Any]:
    linked = list(item.linkedItems())
    return [one for row in track.subTrackItems() for one in row if one in linked]


_REMEMBERED: dict[str, tuple[Any, list[tuple[int, Any]]]] = {}
_MOST_REMEMBERED = 200


def _remember(item: Any) -> str:
    """Keep copies of an item and its effects until the editor is closed; the key is what a step can carry."""
    effects = [(int(one.subTrackIndex()), one.copy()) for one in _effects(item.parentTrack(), item)]
    key = f"lifted {len(_REMEMBERED)} {item.guid()}"
    _REMEMBERED[key] = (item.copy(), effects)
    while len(_REMEMBERED) > _MOST_REMEMBERED:
        del _REMEMBERED[next(iter(_REMEMBERED))]
    return key


def _put_back(track: Any, step: Table) -> None:
    item, effects = _REMEMBERED.pop(step["item"], (None, []))
    if item is None:
        raise HostRefused("NotOnTimeline", "what was taken away is not remembered any more; use Edit > Undo")
    item = track.addTrackItem(item) or item
    for row, effect in effects:
        effect = track.addSubTrackItem(effect, row) or effect
        item.link(effect)
