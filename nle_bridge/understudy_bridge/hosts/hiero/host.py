"""Hiero and Nuke Studio as an editor: the sequence that is open in the timeline."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

import hiero.core
import hiero.ui

from ...panel.host import HostRefused, Table, carried_out
from ...panel.rates import rate_text
from . import identity
from .items import clip_table, effect_tables, rate_of, tags_of, transition_table, uid_of
from .laying import TRACK, add_track, found, items, lay, lift, remove_track, swap


class HieroHost:
    """The active sequence. New tracks go on top: Hiero's interface knows no other place."""

    def about(self) -> Table:
        project = _sequence().project()
        return {
            "host": "hiero",
            "version": str(hiero.core.env["VersionString"]),
            "project": identity.project_id(project),
            "project_name": str(project.name()),
            "capabilities": {"retimes": True, "undo": True, "notices_open": True},
        }

    def timeline(self) -> Table:
        sequence = _sequence()
        rate = rate_of(sequence)
        told = [_track(number, track, rate) for number, track in enumerate(sequence.videoTracks(), 1)]
        if not told or not _is_free(told[-1]):
            told.append({"number": len(told) + 1, "name": TRACK, "clips": [], "transitions": []})
        return {
            "name": str(sequence.name()),
            "rate": rate_text(rate),
            "drop_frame": bool(sequence.dropFrame()),
            "start_frame": int(sequence.timecodeStart()),
            "inserts_tracks": False,
            "tracks": told,
            "markers": [
                {"frame": frame or 0, "name": name, "comment": note}
                for frame, name, note in tags_of(sequence)
            ],
        }

    def selected(self) -> list[str]:
        editor = hiero.ui.getTimelineEditor(_sequence())
        chosen = [one for one in editor.selection() if _is_video(one)]
        shots = [
            (int(item.timelineIn()), number, item)
            for number, track in enumerate(_sequence().videoTracks(), 1)
            for item in items(track)
            if item in chosen
        ]
        return [uid_of(item, number) for _, number, item in sorted(shots, key=lambda one: one[:2])]

    def mark(self, uid: str, identity_text: str) -> None:
        sequence = _sequence()
        track, item = found(sequence, uid)
        with _undoable(sequence, "mark a shot"):
            try:
                identity.keep(item, {**identity.kept(item), "uid": identity_text})
                identity.keep_project_id(sequence.project())
            except RuntimeError as cause:
                raise HostRefused(
                    "Occupied", f"{item.name()} takes no tag ({cause}); unlock {track.name()}"
                ) from cause

    def carry_out(self, step: Table) -> Table:
        sequence = _sequence()
        with _undoable(sequence, str(step.get("do")).replace("_", " ")):
            return carried_out(_STEPS, "Hiero", step, sequence)

    def seek(self, frame: int) -> None:
        viewer = hiero.ui.currentViewer()
        if viewer is None:
            raise HostRefused("Unsupported", "no viewer is open; open the sequence in one")
        viewer.setTime(frame)


def _sequence() -> Any:
    sequence = hiero.ui.activeSequence()
    if sequence is None:
        raise HostRefused("NotOnTimeline", "no sequence is open in the timeline; open one")
    return sequence


@contextmanager
def _undoable(sequence: Any, what: str) -> Iterator[None]:
    """One entry in Edit > Undo."""
    project = sequence.project()
    project.beginUndo(f"Understudy: {what}")
    try:
        yield
    finally:
        project.endUndo()


def _is_video(one: Any) -> bool:
    return (
        isinstance(one, hiero.core.TrackItem)
        and not isinstance(one, hiero.core.Transition)
        and one.mediaType() == hiero.core.TrackItem.kVideo
    )


def _is_free(told: Table) -> bool:
    """Whether a told track is empty and can be laid on."""
    return not (told["clips"] or told["transitions"] or told.get("locked")) and bool(
        told.get("enabled", True)
    )


def _track(number: int, track: Any, rate: Fraction) -> Table:
    transitions = [transition_table(one) for one in track.transitions()]
    return {
        "number": number,
        "name": str(track.name()),
        "enabled": bool(track.isEnabled()),
        "locked": bool(track.isLocked()),
        "clips": sorted(
            [clip_table(item, number, rate) for item in items(track)] + effect_tables(track, number, rate),
            key=lambda clip: int(clip["record_in"]),
        ),
        "transitions": [one for one in transitions if one is not None],
    }


_STEPS = {
    "add_track": add_track,
    "remove_track": remove_track,
    "lay": lay,
    "swap": swap,
    "lift": lift,
}
