"""The bridge's records to OpenTimelineIO's JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from understudy_bridge.core.timeline import (
    Clip,
    Effect,
    Gap,
    Item,
    Media,
    Nested,
    Retime,
    Sequence,
    Track,
    Transition,
)
from understudy_bridge.interchange.otio_times import (
    FORMAT,
    Json,
    marker_json,
    range_json,
    reference_json,
    time_json,
    with_ours,
)

_MISSING = {"OTIO_SCHEMA": "MissingReference.1", "metadata": {}, "name": ""}


def timeline_json(sequence: Sequence) -> Json:
    """The whole timeline; rate and drop-frame, for which the format has no place, in our metadata."""
    kept = _kept(sequence.kept)
    return {
        "OTIO_SCHEMA": "Timeline.1",
        "name": sequence.name,
        "metadata": with_ours(sequence.metadata, _counting(sequence)),
        "global_start_time": time_json(sequence.start_frame, sequence.rate),
        "tracks": {
            "OTIO_SCHEMA": "Stack.1",
            "name": "tracks",
            "metadata": {},
            "source_range": None,
            "effects": [],
            **kept,
            "enabled": True,
            "markers": [marker_json(marker, sequence.rate) for marker in sequence.markers],
            "children": [_track(track, sequence.rate) for track in sequence.tracks],
        },
    }


def _counting(sequence: Sequence) -> dict[str, Any]:
    return {"rate": str(sequence.rate), "drop_frame": sequence.drop_frame}


def _kept(kept: Mapping[str, str]) -> Json:
    found: Json = json.loads(kept[FORMAT]) if FORMAT in kept else {}
    return found


def _track(track: Track, rate: Fraction) -> Json:
    return {
        "OTIO_SCHEMA": "Track.1",
        "name": track.name,
        "kind": track.kind.capitalize(),
        "metadata": with_ours(track.metadata, {"locked": True} if track.locked else {}),
        "source_range": None,
        "effects": [],
        **_kept(track.kept),
        "enabled": track.enabled,
        "markers": [marker_json(marker, rate) for marker in track.markers],
        "children": [_item(item, rate) for item in track.items],
    }


def _item(item: Item, rate: Fraction) -> Json:
    if isinstance(item, Gap):
        return _gap(item, rate)
    if isinstance(item, Transition):
        return _transition(item, rate)
    return _clip(item, rate)


def _gap(gap: Gap, rate: Fraction) -> Json:
    return _kept(gap.kept) or {
        "OTIO_SCHEMA": "Gap.1",
        "name": "",
        "metadata": {},
        "source_range": range_json(0, gap.duration, rate),
        "effects": [],
        "markers": [],
        "enabled": True,
    }


def _transition(transition: Transition, rate: Fraction) -> Json:
    standard = transition.kind in ("dissolve", "Custom_Transition")
    return {
        "OTIO_SCHEMA": "Transition.1",
        "name": transition.name,
        "metadata": with_ours(transition.metadata, {} if standard else {"kind": transition.kind}),
        "in_offset": time_json(transition.in_offset, rate),
        "out_offset": time_json(transition.out_offset, rate),
        "transition_type": "SMPTE_Dissolve" if transition.kind == "dissolve" else "Custom_Transition",
    }


def _clip(clip: Clip, rate: Fraction) -> Json:
    # Where both count alike, OpenTimelineIO's range is as long as the clip plays, whatever its speed.
    frames = clip.duration if clip.source_rate == rate else clip.source_out - clip.source_in
    said: dict[str, Any] = {"uid": clip.uid}
    if clip.retime is not None and not clip.retime.curve:
        said["exact"] = {
            "speed": str(clip.retime.speed),
            "source_in": clip.source_in,
            "source_out": clip.source_out,
            "duration": clip.duration,
        }
    common: Json = {
        "name": clip.name,
        "metadata": with_ours(clip.metadata, said),
        "source_range": range_json(clip.source_in, frames, clip.source_rate),
        "effects": _effects(clip.retime, clip.effects),
        "markers": [marker_json(marker, clip.source_rate) for marker in clip.markers],
        "enabled": clip.enabled,
    }
    if isinstance(clip.media, Nested):
        return common | _nested(clip.media.sequence, common["metadata"])
    kept = _kept(clip.kept)
    key = kept.get("active_media_reference_key", "DEFAULT_MEDIA")
    references = dict(kept.get("media_references", {}))
    references[key] = _reference(clip.media, clip.source_rate, references.get(key))
    more = {"color": kept["color"]} if "color" in kept else {}
    return common | more | {
        "OTIO_SCHEMA": "Clip.2",
        "media_references": references,
        "active_media_reference_key": key,
    }  # fmt: skip


def _reference(media: Media | Nested | None, rate: Fraction, kept: Json | None) -> Json:
    if isinstance(media, Media):
        return reference_json(media, rate)
    return kept or dict(_MISSING)


def _nested(sequence: Sequence, metadata: Mapping[str, Any]) -> Json:
    inside = {
        "name": sequence.name,
        "start_frame": sequence.start_frame,
        **_counting(sequence),
    }
    return {
        "OTIO_SCHEMA": "Stack.1",
        "metadata": with_ours(metadata, {"nested": inside}),
        "children": [_track(track, sequence.rate) for track in sequence.tracks],
    }


def _effects(retime: Retime | None, effects: tuple[Effect, ...]) -> list[Json]:
    made: list[Json] = []
    if retime is not None and not retime.curve:
        common: Json = {"name": "", "metadata": {}, "enabled": True}
        if retime.is_freeze:
            made.append(
                common | {"OTIO_SCHEMA": "FreezeFrame.1", "effect_name": "FreezeFrame", "time_scalar": 0.0}
            )
        else:
            scalar = float(retime.speed)
            made.append(
                common
                | {"OTIO_SCHEMA": "LinearTimeWarp.1", "effect_name": "LinearTimeWarp", "time_scalar": scalar}
            )
    return made + [json.loads(effect.text) for effect in effects if effect.format == FORMAT]
