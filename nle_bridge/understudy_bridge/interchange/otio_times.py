"""Times and small parts of OpenTimelineIO's JSON: exact rates, whole frames, markers, media references."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from understudy.domain.errors import BadSettings
from understudy_bridge.core.errors import BadInterchange
from understudy_bridge.core.rates import rate_of_float, rounded, whole
from understudy_bridge.core.timeline import OURS, Marker, Media
from understudy_bridge.interchange.locations import path_of_url, url_of_path

Json = dict[str, Any]
FORMAT = "otio"


def compact(value: object) -> str:
    """The one JSON text of a value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def time_json(frame: int, rate: Fraction) -> Json:
    return {"OTIO_SCHEMA": "RationalTime.1", "rate": float(rate), "value": float(frame)}


def range_json(first: int, frames: int, rate: Fraction) -> Json:
    return {
        "OTIO_SCHEMA": "TimeRange.1",
        "start_time": time_json(first, rate),
        "duration": time_json(frames, rate),
    }


def rate_at(time: Json, where: str) -> Fraction:
    try:
        return rate_of_float(float(time["rate"]))
    except BadSettings as cause:
        raise BadInterchange(f"{where}: {cause}") from cause


def frame_at(time: Json, rate: Fraction, where: str, notes: list[str]) -> int:
    """A RationalTime as a whole frame of a rate, rounded with a note."""
    own = rate_at(time, where)
    if own == rate:
        frame, exact = whole(float(time["value"]), where)
    else:
        whole(float(time["value"]), where)
        value = Fraction(float(time["value"])) * rate / own
        frame, exact = rounded(value), value.denominator == 1
    if not exact:
        notes.append(f"{where}: {time['value']:g} at {own} is between two frames at {rate}; taken as {frame}")
    return frame


def split_ours(metadata: Mapping[str, Any], *keys: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Metadata without some of our own entries, and those entries."""
    rest = dict(metadata)
    ours = rest.get(OURS)
    if not isinstance(ours, Mapping):
        return rest, {}
    taken = {key: ours[key] for key in keys if key in ours}
    left = {key: value for key, value in ours.items() if key not in taken}
    if left:
        rest[OURS] = left
    elif taken:
        del rest[OURS]
    return rest, taken


def with_ours(metadata: Mapping[str, Any], entries: Mapping[str, Any]) -> dict[str, Any]:
    """Metadata with some entries of ours added."""
    if not entries:
        return dict(metadata)
    ours = metadata.get(OURS)
    return {**metadata, OURS: {**(ours if isinstance(ours, Mapping) else {}), **entries}}


def read_marker(data: Json, rate: Fraction, where: str, notes: list[str]) -> Marker:
    marked = data["marked_range"]
    return Marker(
        frame=frame_at(marked["start_time"], rate, where, notes),
        duration=frame_at(marked["duration"], rate, where, notes),
        name=data["name"],
        comment=data.get("comment") or "",
        colour=data.get("color") or "",
        metadata=data["metadata"],
    )


def marker_json(marker: Marker, rate: Fraction) -> Json:
    return {
        "OTIO_SCHEMA": "Marker.2",
        "name": marker.name,
        "comment": marker.comment,
        "color": marker.colour,
        "marked_range": range_json(marker.frame, marker.duration, rate),
        "metadata": dict(marker.metadata),
    }


_MEDIA_KEYS = ("rate", "start", "frames", "drop_frame", "reel", "colour_space")


def read_media(data: Json, rate: Fraction, where: str, notes: list[str]) -> Media | None:
    """A media reference; None for a missing one that says nothing. `rate` is its clip's."""
    schema = str(data["OTIO_SCHEMA"]).partition(".")[0]
    if schema == "ImageSequenceReference":
        path = _sequence_path(data)
    else:
        path = path_of_url(str(data.get("target_url") or ""))
    metadata, said = split_ours(data["metadata"], *_MEDIA_KEYS)
    available = data.get("available_range")
    start, frames = None, None
    if available is not None:
        rate = rate_at(available["start_time"], where)
        start = frame_at(available["start_time"], rate, where, notes)
        frames = frame_at(available["duration"], rate, where, notes)
    media = Media(
        path=path,
        name=data["name"],
        rate=_said_rate(said.get("rate"), rate),
        start=_said_frame(said, "start", start),
        frames=_said_frame(said, "frames", frames),
        drop_frame=said.get("drop_frame") is True,
        reel=str(said.get("reel", "")),
        colour_space=str(said.get("colour_space", "")),
        metadata=metadata,
    )
    if not path and schema == "MissingReference" and not metadata and not data["name"] and not said:
        return None
    if reference_json(media, rate) == data:
        return media
    return Media(**{**_fields(media), "kept": {FORMAT: compact(data)}})


def _fields(media: Media) -> dict[str, Any]:
    return {name: getattr(media, name) for name in Media.__dataclass_fields__}


def _said_rate(text: object, otherwise: Fraction) -> Fraction:
    try:
        found = Fraction(text) if isinstance(text, str) else otherwise
    except (ValueError, ZeroDivisionError):
        return otherwise
    return found if 0 < found <= 1_000_000 else otherwise


def _said_frame(said: Mapping[str, Any], key: str, otherwise: int | None) -> int | None:
    value = said.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else otherwise


def _sequence_path(data: Json) -> str:
    digits = "#" * max(1, int(data.get("frame_zero_padding") or 4))
    base = path_of_url(str(data.get("target_url_base") or ""))
    slash = "" if not base or base.endswith("/") else "/"
    return f"{base}{slash}{data.get('name_prefix', '')}{digits}{data.get('name_suffix', '')}"


def reference_json(media: Media, rate: Fraction) -> Json:
    """The media reference of a clip at `rate`; one that says more than we know, word for word."""
    if FORMAT in media.kept:
        kept: Json = json.loads(media.kept[FORMAT])
        return kept
    said: dict[str, Any] = {}
    available = None
    if media.start is not None and media.frames is not None:
        available = range_json(media.start, media.frames, media.rate)
    else:
        said = {"rate": str(media.rate)} if media.rate != rate else {}
        said |= {} if media.start is None else {"start": media.start}
        said |= {} if media.frames is None else {"frames": media.frames}
    for key in ("drop_frame", "reel", "colour_space"):
        if value := getattr(media, key):
            said[key] = value
    return {
        "OTIO_SCHEMA": "ExternalReference.1",
        "metadata": with_ours(media.metadata, said),
        "name": media.name,
        "available_range": available,
        "available_image_bounds": None,
        "target_url": url_of_path(media.path),
    }
