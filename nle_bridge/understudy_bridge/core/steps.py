"""From where a take should lie to what an editor does for it, step by step, and tells afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from understudy_bridge.core.errors import Occupied
from understudy_bridge.core.layout import Layout, Spot
from understudy_bridge.core.media_paths import same_file
from understudy_bridge.core.placing import TAKES_NAME, Abilities, ResultMedia, place_on, remove_on, swap_on
from understudy_bridge.core.shot_ref import ShotRef
from understudy_bridge.core.timeline import Clip, Marker, Media, Nested, Problem, Sequence

Table = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Planned:
    """Steps of `docs/bridge.md`, and the timeline as it must be when they are done.

    `version` is the one that lies there then, None when takes go. `placed`: tracks and record frames.
    """

    kind: Literal["place", "swap", "remove"]
    version: int | None
    steps: tuple[Table, ...]
    expected: Sequence
    notes: tuple[str, ...] = ()
    placed: tuple[tuple[int, int], ...] = ()


def plan_take(
    sequence: Sequence,
    ref: ShotRef,
    result: ResultMedia,
    version: int,
    *,
    abilities: Abilities,
    track: int | None = None,
) -> Planned:
    """A take above its shot, or into the place of the versions that lie there.

    Raises: NotOnTimeline, ClipChanged, ShotRefused, TakeTooShort, Occupied.
    """
    layout = Layout(sequence)
    if layout.takes.get(result.shot_id):
        return _swap(layout, ref, result, version, track)
    change = place_on(layout, ref, result, version, track=track, abilities=abilities)
    (spot,) = layout.takes[result.shot_id]
    steps: list[Table] = []
    if change.made_track:
        steps.append({"do": "add_track", "number": change.track, "name": TAKES_NAME})
    steps.append({"do": "lay", "track": change.track, "clip": clip_table(spot.clip, spot.at)})
    return Planned(
        kind="place",
        version=version,
        steps=tuple(steps),
        expected=layout.sequence(),
        notes=change.notes,
        placed=((change.track, change.record_in - layout.start_frame),),
    )


def _swap(layout: Layout, ref: ShotRef, result: ResultMedia, version: int, track: int | None) -> Planned:
    before = [(spot, spot.clip) for spot in layout.takes[result.shot_id]]
    changes = swap_on(layout, result, version)
    steps, notes = [], []
    for (spot, old), change in zip(before, changes, strict=True):
        number = layout.number(spot.lane)
        if _is_same_take(old, spot.clip):
            notes.append(f"v{version:03d} of {ref.name} lies on V{number} already")
            continue
        _refuse_locked(layout, spot)
        if track not in (None, number):
            notes.append(f"v{change.before:03d} lies on V{number}; it is replaced there, not on V{track}")
        steps.append(
            {
                "do": "swap",
                "track": number,
                "uid": old.uid,
                "clip": clip_table(spot.clip, spot.at),
                "was": clip_table(old, spot.at),
            }
        )
    return Planned(
        kind="swap",
        version=version,
        steps=tuple(steps),
        expected=layout.sequence(),
        notes=tuple(notes),
        placed=tuple((change.track, change.record_in - layout.start_frame) for change in changes),
    )


def _is_same_take(old: Clip, new: Clip) -> bool:
    assert isinstance(old.media, Media) and isinstance(new.media, Media)
    return old.ours == new.ours and old.file_in == new.file_in and same_file(old.media.path, new.media.path)


def plan_removal(sequence: Sequence, shot_id: str) -> Planned:
    """Every take of a shot goes, and a track of ours that is empty then.

    Raises: NotOnTimeline, Occupied.
    """
    layout = Layout(sequence)
    spots = layout.takes.get(shot_id, [])
    for spot in spots:
        _refuse_locked(layout, spot)
    steps: list[Table] = [
        {
            "do": "lift",
            "track": layout.number(spot.lane),
            "uid": spot.clip.uid,
            "clip": clip_table(spot.clip, spot.at),
        }
        for spot in spots
    ]
    _, emptied = remove_on(layout, shot_id)
    steps += [{"do": "remove_track", "number": number} for number in reversed(emptied)]
    return Planned(kind="remove", version=None, steps=tuple(steps), expected=layout.sequence())


def _refuse_locked(layout: Layout, spot: Spot) -> None:
    if spot.lane.track.locked:
        raise Occupied(f"{spot.clip.name!r} lies on {layout.label(spot.lane)}, which is locked; unlock it")


def clip_table(clip: Clip, at: int) -> Table:
    """A whole Clip table of `docs/bridge.md`."""
    retime = clip.retime
    return {
        "uid": clip.uid,
        "name": clip.name,
        "record_in": at,
        "duration": clip.duration,
        "source_in": clip.source_in,
        "source_rate": str(clip.source_rate),
        "speed": str(clip.speed),
        "curve": retime.curve if retime else "",
        "enabled": clip.enabled,
        "media": media_table(clip.media) if isinstance(clip.media, Media) else None,
        "nested": isinstance(clip.media, Nested),
        "ours": clip.ours,
        "markers": [marker_table(marker) for marker in clip.markers],
        "problems": [problem_table(problem) for problem in clip.problems],
    }


def media_table(media: Media) -> Table:
    return {
        "path": media.path,
        "name": media.name,
        "rate": str(media.rate),
        "start": media.start,
        "frames": media.frames,
        "drop_frame": media.drop_frame,
        "reel": media.reel,
        "colour_space": media.colour_space,
    }


def marker_table(marker: Marker) -> Table:
    return {"frame": marker.frame, "name": marker.name, "comment": marker.comment}


def problem_table(problem: Problem) -> Table:
    return {"kind": problem.kind, "refuses": problem.refuses, "message": problem.message}
