"""OpenTimelineIO's JSON, checked by the library, to the bridge's records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from understudy_bridge.core.errors import BadInterchange
from understudy_bridge.core.rates import rounded, whole
from understudy_bridge.core.timeline import (
    MOST_NESTED,
    Clip,
    Effect,
    Gap,
    Item,
    Marker,
    Media,
    Nested,
    Retime,
    Sequence,
    Track,
    Transition,
    covering,
    numbered,
    tidy,
)
from understudy_bridge.interchange.otio_times import (
    FORMAT,
    Json,
    compact,
    frame_at,
    rate_at,
    read_marker,
    read_media,
    split_ours,
)
from understudy_bridge.interchange.uids import Uids

_TIME_WORDS = ("timewarp", "time warp", "time remap", "timeremap", "retime", "speed", "freeze")


def sequence_of(data: Json, notes: list[str]) -> Sequence:
    """The timeline. Raises: BadInterchange."""
    metadata, said = split_ours(data["metadata"], "rate", "drop_frame", "start_frame")
    stack, start = data["tracks"], data["global_start_time"]
    rate = _rate_of(stack, start, said, notes)
    uids = Uids()
    start_frame = frame_at(start, rate, "global_start_time", notes) if start else 0
    tracks = _tracks(stack["children"], rate, "tracks", notes, uids, depth=0)
    notes.extend(uids.notes)
    kept = {key: stack[key] for key in ("metadata", "effects", "source_range") if stack.get(key)}
    if stack.get("name") not in ("", "tracks", None):
        kept["name"] = stack["name"]
    if stack.get("source_range"):
        notes.append("tracks: the timeline is trimmed as a whole; positions are those before that")
    return Sequence(
        name=data["name"],
        rate=rate,
        drop_frame=said.get("drop_frame") is True,
        start_frame=start_frame,
        tracks=tracks,
        markers=_markers(stack, rate, "tracks", notes),
        metadata=metadata,
        kept={FORMAT: compact(kept)} if kept else {},
    )


def _rate_of(stack: Json, start: Json | None, said: Mapping[str, Any], notes: list[str]) -> Fraction:
    if start:
        return rate_at(start, "global_start_time")
    if isinstance(text := said.get("rate"), str):
        try:
            if 0 < (rate := Fraction(text)) <= 1000:
                return rate
        except (ValueError, ZeroDivisionError):
            notes.append(f"the timeline's own rate {text!r} cannot be read")
    for track in sorted(_children(stack), key=lambda track: track.get("kind") == "Audio"):
        for item in _children(track):
            found = item.get("source_range")
            if found and str(item["OTIO_SCHEMA"]).startswith("Clip"):
                return rate_at(found["duration"], "tracks")
    notes.append("the timeline does not say its rate; 24 frames per second is taken")
    return Fraction(24)


def _children(item: Json) -> Iterator[Json]:
    return (child for child in item.get("children") or () if isinstance(child, dict))


def _tracks(
    children: list[Json], rate: Fraction, where: str, notes: list[str], uids: Uids, *, depth: int
) -> tuple[Track, ...]:
    if depth > MOST_NESTED:
        raise BadInterchange(f"{where}: timelines nested more than {MOST_NESTED} deep; flatten them")
    tracks = []
    for number, child in enumerate(children):
        here = f"{where}[{number}]"
        if _schema(child) == "Track":
            tracks.append(_track(child, rate, here, notes, uids, depth=depth))
        else:
            notes.append(
                f"{here}: a {_schema(child)} beside the tracks is taken for a video track of its own"
            )
            items = _items([child], rate, here, notes, uids, depth=depth)
            tracks.append(Track(kind="video", number=1, items=items))
    return numbered(tuple(tracks))


def _schema(data: Json) -> str:
    return str(data["OTIO_SCHEMA"]).partition(".")[0]


def _track(data: Json, rate: Fraction, where: str, notes: list[str], uids: Uids, *, depth: int) -> Track:
    items = tidy(_items(data["children"], rate, where, notes, uids, depth=depth))
    kind = str(data["kind"]).lower()
    if kind not in ("video", "audio"):
        notes.append(f"{where}: a track of kind {data['kind']!r} is taken for video")
    metadata, said = split_ours(data["metadata"], "locked")
    track = Track(
        kind="audio" if kind == "audio" else "video",
        number=1,
        name=data["name"],
        items=items,
        enabled=data.get("enabled", True),
        locked=said.get("locked") is True,
        markers=_markers(data, rate, where, notes),
        metadata=metadata,
        kept={FORMAT: compact({"effects": data["effects"]})} if data.get("effects") else {},
    )
    trim = data.get("source_range")
    if trim and (
        float(trim["start_time"]["value"]) or frame_at(trim["duration"], rate, where, []) < track.duration
    ):
        raise BadInterchange(
            f"{where}: the track itself is trimmed; flatten it in the editor and export again"
        )
    return track


def _items(
    children: list[Json], rate: Fraction, where: str, notes: list[str], uids: Uids, *, depth: int
) -> tuple[Item, ...]:
    """The items of a track. Boundaries are rounded where they fall, so that mixed rates do not add up."""
    items: list[Item] = []
    end, at = Fraction(0), 0
    for number, child in enumerate(children):
        here = f"{where}[{number}]"
        if _schema(child) == "Transition":
            items.append(_transition(child, rate, here, notes))
            continue
        end += _seconds(child, rate, here, depth) * rate
        duration = rounded(end) - at
        if duration < 0:
            raise BadInterchange(f"{here}: lasts less than nothing")
        if end.denominator != 1:
            notes.append(f"{here}: ends between two frames at {rate}; taken as frame {rounded(end)}")
        at = rounded(end)
        if _schema(child) == "Gap":
            more = child["name"] or child["metadata"] or child["markers"] or child["effects"]
            items.append(Gap(duration=duration, kept={FORMAT: compact(child)} if more else {}))
        else:
            items.append(_clip(child, duration, rate, here, notes, uids, depth=depth))
    return tuple(items)


def _seconds(data: Json, rate: Fraction, where: str, depth: int) -> Fraction:
    """How long an item lasts."""
    if depth > MOST_NESTED:
        raise BadInterchange(f"{where}: timelines nested more than {MOST_NESTED} deep; flatten them")
    if found := data.get("source_range") or _available(data):
        own = rate_at(found["duration"], where)
        frames, exact = whole(float(found["duration"]["value"]), where)
        return (Fraction(frames) if exact else Fraction(float(found["duration"]["value"]))) / own
    lasting = [
        _seconds(child, rate, where, depth + 1) for child in _children(data) if _schema(child) != "Transition"
    ]
    if _schema(data) == "Stack":
        return max(lasting, default=Fraction(0))
    if _schema(data) == "Track":
        return sum(lasting, Fraction(0))
    raise BadInterchange(f"{where}: a {_schema(data)} that does not say how long it lasts")


def _available(data: Json) -> Json | None:
    found = (_reference(data) or {}).get("available_range")
    return found if isinstance(found, dict) else None


def _reference(data: Json) -> Json | None:
    found = (data.get("media_references") or {}).get(data.get("active_media_reference_key"))
    return found if isinstance(found, dict) else None


def _transition(data: Json, rate: Fraction, where: str, notes: list[str]) -> Transition:
    metadata, said = split_ours(data["metadata"], "kind")
    kind = said.get("kind") or data["transition_type"]
    before = frame_at(data["in_offset"], rate, where, notes)
    after = frame_at(data["out_offset"], rate, where, notes)
    if before < 0 or after < 0:
        raise BadInterchange(f"{where}: a transition with a negative offset")
    return Transition(
        in_offset=before,
        out_offset=after,
        kind="dissolve" if kind == "SMPTE_Dissolve" else str(kind),
        name=data["name"],
        metadata=metadata,
    )


def _clip(
    data: Json, duration: int, rate: Fraction, where: str, notes: list[str], uids: Uids, *, depth: int
) -> Clip:
    found = data.get("source_range") or _available(data)
    source_rate = rate_at(found["start_time"], where) if found else rate
    source_in = frame_at(found["start_time"], source_rate, where, notes) if found else 0
    metadata, said = split_ours(data["metadata"], "uid", "exact", "nested")
    media = _media(data, said, source_rate, where, notes, uids, depth=depth)
    retime, effects = _retimed(data["effects"])
    frames = frame_at(found["duration"], source_rate, where, []) if found else duration
    source_out = source_in + frames
    if retime is not None:
        source_out = source_in + covering(retime.speed, frames) if not retime.curve else source_out
        retime, source_out = _exactly(said.get("exact"), retime, source_in, source_out, duration)
    name, path = data["name"], media.path if isinstance(media, Media) else ""
    uid = said.get("uid")
    others = {
        key: data[key] for key in ("media_references", "active_media_reference_key", "color") if data.get(key)
    }
    plain = set(others.get("media_references") or ()) <= {"DEFAULT_MEDIA"} and "color" not in others
    return Clip(
        uid=uids.known(uid, name) if isinstance(uid, str) and uid else uids.made(name, path, source_in),
        name=name,
        media=media,
        source_rate=source_rate,
        source_in=source_in,
        source_out=source_out,
        duration=duration,
        retime=retime,
        enabled=data.get("enabled", True),
        markers=_markers(data, source_rate, where, notes),
        effects=effects,
        metadata=metadata,
        kept={} if plain else {FORMAT: compact(others)},
    )


def _media(
    data: Json,
    said: Mapping[str, Any],
    rate: Fraction,
    where: str,
    notes: list[str],
    uids: Uids,
    *,
    depth: int,
) -> Media | Nested | None:
    schema = _schema(data)
    if schema == "Clip":
        reference = _reference(data)
        return read_media(reference, rate, where, notes) if reference else None
    if schema not in ("Stack", "Track"):
        return None
    inside = said.get("nested") if isinstance(said.get("nested"), Mapping) else {}
    assert isinstance(inside, Mapping)
    own = _nested_rate(inside.get("rate"), rate)
    children = data["children"] if schema == "Stack" else [{**data, "source_range": None, "effects": []}]
    start = inside.get("start_frame")
    return Nested(
        sequence=Sequence(
            name=str(inside.get("name", data["name"])),
            rate=own,
            drop_frame=inside.get("drop_frame") is True,
            start_frame=start if isinstance(start, int) else 0,
            tracks=_tracks(children, own, where, notes, uids, depth=depth + 1),
        )
    )


def _nested_rate(text: object, otherwise: Fraction) -> Fraction:
    try:
        found = Fraction(text) if isinstance(text, str) else otherwise
    except (ValueError, ZeroDivisionError):
        return otherwise
    return found if 0 < found <= 1000 else otherwise


def _retimed(effects: list[Json]) -> tuple[Retime | None, tuple[Effect, ...]]:
    """What the effects do to time, and the others word for word."""
    speed, curve, found, kept = Fraction(1), "", False, []
    for effect in effects:
        schema = _schema(effect)
        name = str(effect.get("effect_name") or effect.get("name") or schema)
        if schema == "FreezeFrame":
            speed, found = Fraction(0), True
        elif schema == "LinearTimeWarp":
            speed, found = speed * _speed(float(effect["time_scalar"])), True
        else:
            kept.append(Effect(format=FORMAT, name=name, text=compact(effect)))
            label = f"{schema} {name}".lower()
            if schema == "TimeEffect" or any(word in label for word in _TIME_WORDS):
                curve = f"time effect {name!r}"
    if curve:
        return Retime(curve=curve), tuple(kept)
    return (Retime(speed=speed) if found else None), tuple(kept)


def _speed(scalar: float) -> Fraction:
    if abs(scalar) > 10_000 or scalar != scalar:
        raise BadInterchange(f"a speed of {scalar} is not possible")
    return Fraction(scalar).limit_denominator(10_000)


def _exactly(
    exact: object, retime: Retime, source_in: int, source_out: int, duration: int
) -> tuple[Retime, int]:
    """The exact speed that we wrote beside the decimal one, where the clip is still what it was then."""
    if not isinstance(exact, Mapping) or retime.curve:
        return retime, source_out
    if exact.get("source_in") != source_in or exact.get("duration") != duration:
        return retime, source_out
    try:
        speed, last = Fraction(str(exact.get("speed"))), int(str(exact.get("source_out")))
    except (ValueError, ZeroDivisionError):
        return retime, source_out
    return (
        (Retime(speed=speed), last) if abs(speed - retime.speed) < Fraction(1, 1000) else (retime, source_out)
    )


def _markers(data: Json, rate: Fraction, where: str, notes: list[str]) -> tuple[Marker, ...]:
    return tuple(read_marker(one, rate, f"{where} marker", notes) for one in data.get("markers") or ())
