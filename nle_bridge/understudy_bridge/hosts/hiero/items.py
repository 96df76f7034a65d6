"""Track items as clips: Hiero's ends are included, the bridge's are not."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import Any

import hiero.core

from ...panel.host import HostRefused, Table
from ...panel.rates import exact_rate, rate_text
from . import identity

_PADDING = re.compile(r"%0(\d+)d|%d")
_RETIMES = ("TimeWarp", "Retime", "OFlow", "Kronos", "FrameHold", "TimeOffset")
_YES = ("1", "true", "yes")
_FINEST = 10_000  # Hiero keeps a speed as a decimal number


def rate_of(holder: Any) -> Fraction:
    """The rate of a sequence or a clip: Hiero knows it as a fraction that need not be the exact one.

    Raises: HostRefused.
    """
    numerator, denominator = holder.framerate().toRational()
    try:
        return exact_rate(numerator / denominator)
    except (ValueError, ZeroDivisionError) as cause:
        message = f"Hiero gives {holder.name()} the rate {numerator}/{denominator}, which is none; set one"
        raise HostRefused("Unsupported", message) from cause


def clip_table(item: Any, number: int, sequence_rate: Fraction) -> Table:
    """A Clip table of an item on the track of this number."""
    source = item.source()
    first, last = item.timelineIn(), item.timelineOut()
    nested = isinstance(source, hiero.core.Sequence)
    media = None if nested or not hasattr(source, "mediaSource") else media_table(source)
    source_in, problems = _source_in(item)
    kept = identity.kept(item)
    ours = kept.get("ours")
    start = (media or {}).get("start") or 0
    return {
        "uid": uid_of(item, number),
        "name": str(item.name()),
        "record_in": int(first),
        "duration": int(last - first) + 1,
        "source_in": start + source_in,
        "source_rate": media["rate"] if media else rate_text(sequence_rate),
        "speed": str(speed_of(item)),
        "curve": _curve(item),
        "enabled": bool(item.isEnabled()),
        "media": media,
        "nested": nested,
        "ours": ours if isinstance(ours, dict) else {},
        "markers": _markers(item, start, start + source_in),
        "problems": problems + _of_media(media),
    }


def uid_of(item: Any, number: int) -> str:
    """The identity that was written into an item, else where it lies now."""
    return str(identity.kept(item).get("uid") or f"V{number}:{int(item.timelineIn())}")


def speed_of(item: Any) -> Fraction:
    return Fraction(float(item.playbackSpeed())).limit_denominator(_FINEST)


def _source_in(item: Any) -> tuple[int, list[Table]]:
    """The lowest frame of the file that is shown, counted from its first, and what stands against it."""
    shown = min(float(item.sourceIn()), float(item.sourceOut()))
    whole = math.floor(shown + 0.001)
    if abs(shown - whole) <= 0.001:
        return whole, []
    message = f"it begins between two frames of its media ({shown:.3f}); slip it to a whole frame"
    return whole, [{"kind": "subframe", "refuses": True, "message": message}]


def _curve(item: Any) -> str:
    """A retime that is an effect of its own, linked to the item."""
    for other in item.linkedItems():
        if isinstance(other, hiero.core.EffectTrackItem) and other.isEnabled():
            kind = str(other.node().Class())
            if kind.startswith(_RETIMES):
                return f"the effect {kind}"
    return ""


def effect_spans(track: Any) -> list[tuple[int, int]]:
    """First frame and end of a track's effects that belong to none of its items, joined where they meet."""
    linked = [other for item in track.items() for other in item.linkedItems()]
    spans = sorted(
        (int(one.timelineIn()), int(one.timelineOut()) + 1)
        for row in track.subTrackItems()
        for one in row
        if one not in linked
    )
    joined: list[tuple[int, int]] = []
    for first, end in spans:
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((first, end))
    return joined


def effect_tables(track: Any, number: int, rate: Fraction) -> list[Table]:
    """Effects on their own as clips without a file: a take may not lie on them."""
    taken = [(int(item.timelineIn()), int(item.timelineOut()) + 1) for item in track.items()]
    return [
        {
            "uid": f"V{number}:effects:{first}",
            "name": "effects",
            "record_in": first,
            "duration": end - first,
            "source_rate": rate_text(rate),
            "media": None,
        }
        for first, end in effect_spans(track)
        if all(end <= start or stop <= first for start, stop in taken)
    ]


def media_table(clip: Any) -> Table:
    """The Media table of a clip in the bin."""
    source = clip.mediaSource()
    path = path_of(source)
    told = source.metadata()
    known = told.hasKey("foundry.source.timecode")
    return {
        "path": path,
        "name": path.rsplit("/", 1)[-1],
        "rate": rate_text(rate_of(clip)),
        "start": int(source.timecodeStart()) if known else None,
        "frames": int(source.duration()),
        "drop_frame": _said(told, "foundry.source.timecodedropframe").lower() in _YES,
        "reel": _said(told, "foundry.source.reelID"),
        "colour_space": str(clip.sourceMediaColourTransform() or ""),
    }


def _said(metadata: Any, key: str) -> str:
    return str(metadata.value(key)) if metadata.hasKey(key) else ""


def path_of(source: Any) -> str:
    """A media source's file; of a sequence with `#` for the frame's digits."""
    files = source.fileinfos()
    path = str(files[0].filename() if files else source.firstpath()).replace("\\", "/")
    return _PADDING.sub(lambda digits: "#" * int(digits.group(1) or 1), path)


def _of_media(media: Table | None) -> list[Table]:
    if media is not None and media["path"].lower().endswith((".nk", ".nknc")):
        message = "it is a composite; send its render, or what lies below it"
        return [{"kind": "comp", "refuses": True, "message": message}]
    return []


def _markers(item: Any, start: int, source_in: int) -> list[Table]:
    """An item's tags; one that is for the whole item stands at its first frame."""
    return [
        {"frame": source_in if frame is None else start + frame, "name": name, "comment": note}
        for frame, name, note in tags_of(item)
    ]


def tags_of(holder: Any) -> list[tuple[int | None, str, str]]:
    """Frame (None for the whole), name and note of what artists tagged."""
    found: list[tuple[int | None, str, str]] = []
    for tag in holder.tags():
        if identity.is_ours(tag):
            continue
        told = tag.metadata()
        whole = _said(told, "tag.applieswhole") != "0"
        frame = None if whole else _number(_said(told, "tag.start"))
        found.append((frame, str(tag.name()), str(tag.note())))
    return found


def _number(text: str) -> int | None:
    """A frame as a tag has it; None where somebody wrote something else there."""
    try:
        return int(float(text or 0))
    except (ValueError, OverflowError):
        return None


def transition_table(transition: Any) -> Table | None:
    """A Transition table, None for a kind that lies over no cut."""
    first, end = int(transition.timelineIn()), int(transition.timelineOut()) + 1
    alignments = hiero.core.Transition.Alignments
    alignment = transition.alignment()
    if alignment == alignments.kDissolve:
        at = min(int(one.timelineOut()) for one in (transition.inTrackItem(), transition.outTrackItem())) + 1
    elif alignment == alignments.kFadeIn:
        at = first
    elif alignment == alignments.kFadeOut:
        at = end
    else:
        return None
    return {"at": at, "in_offset": at - first, "out_offset": end - at, "name": "dissolve"}
