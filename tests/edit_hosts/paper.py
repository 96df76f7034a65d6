"""An editor on paper: a whole host in memory, with what real ones can or cannot do switched on and off."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from typing import Any

from understudy_bridge.panel.host import HostRefused, Table

_CLIP = {
    "source_in": 0,
    "speed": "1",
    "curve": "",
    "enabled": True,
    "media": None,
    "nested": False,
    "ours": {},
    "markers": [],
    "problems": [],
}
_MISSING = "/nowhere/"  # files below here cannot be opened


@dataclass(frozen=True, kw_only=True)
class Abilities:
    """What a paper editor can do. Without `inserts_tracks` its channels are fixed: one free one on top."""

    inserts_tracks: bool = True
    retimes: bool = True
    timecode: bool = True


class PaperHost:
    """An EditHost over a table. `tracks` is what a real editor would keep; clips have a `grade` beside."""

    def __init__(self, abilities: Abilities) -> None:
        self.abilities = abilities
        self.head: Table = {
            "name": "empty",
            "rate": "24",
            "drop_frame": False,
            "start_frame": 0,
            "markers": [],
        }
        self.tracks: list[Table] = []
        self.selection: list[int] = []
        self.playhead = 0
        self.project = "paper-1"
        self._handles = 0

    def open(self, timeline: Table) -> None:
        """Put a timeline in front of the artist."""
        self.head = {**self.head, **{key: timeline[key] for key in self.head if key in timeline}}
        self.tracks, self.selection = [], []
        for said in timeline["tracks"]:
            while len(self.tracks) < said["number"]:
                self.tracks.append(_track(f"Track {len(self.tracks) + 1}"))
            track = self.tracks[said["number"] - 1]
            track.update({key: said[key] for key in ("name", "enabled", "locked") if key in said})
            track["transitions"] = list(said.get("transitions", []))
            for clip in said["clips"]:
                track["clips"].append(self._own(clip, identity=""))

    def _own(self, clip: Table, *, identity: str) -> Table:
        self._handles += 1
        kept = {**_CLIP, "source_rate": self.head["rate"], **copy.deepcopy(clip)}
        if kept["media"] is not None and not self.abilities.timecode:
            kept["source_in"] -= kept["media"].get("start") or 0
            kept["media"]["start"] = None
        return {**kept, "uid": identity, "handle": self._handles, "grade": ""}

    def about(self) -> Table:
        can = {"retimes": self.abilities.retimes, "undo": False, "notices_open": False}
        return {
            "host": "paper",
            "version": "1",
            "project": self.project,
            "project_name": "paper",
            "capabilities": can,
        }

    def timeline(self) -> Table:
        tracks = [
            {
                "number": number,
                "name": track["name"],
                "enabled": track["enabled"],
                "locked": track["locked"],
                "clips": [_told(clip) for clip in track["clips"]],
                "transitions": copy.deepcopy(track["transitions"]),
            }
            for number, track in enumerate(self._listed(), 1)
        ]
        return {**copy.deepcopy(self.head), "inserts_tracks": self.abilities.inserts_tracks, "tracks": tracks}

    def _listed(self) -> list[Table]:
        if self.abilities.inserts_tracks:
            return self.tracks
        while self.tracks and not self.tracks[-1]["clips"]:
            self.tracks.pop()
        self.tracks.append(_track(f"Channel {len(self.tracks) + 1}"))
        return self.tracks

    def selected(self) -> list[str]:
        chosen = [
            clip for track in self.tracks for clip in track["clips"] if clip["handle"] in self.selection
        ]
        return [_told(clip)["uid"] for clip in sorted(chosen, key=lambda clip: clip["record_in"])]

    def mark(self, uid: str, identity: str) -> None:
        self.found(uid)[1]["uid"] = identity

    def seek(self, frame: int) -> None:
        self.playhead = frame

    def found(self, uid: str, number: int | None = None, record_in: int | None = None) -> tuple[Table, Table]:
        """A clip and its track; of several with one uid the one of that track and record frame."""
        for at, track in enumerate(self.tracks, 1):
            for clip in track["clips"]:
                here = number in (None, at) and record_in in (None, clip["record_in"])
                if here and _told(clip)["uid"] == uid:
                    return track, clip
        raise HostRefused("NotOnTimeline", f"there is no clip {uid}")

    def carry_out(self, step: Table) -> Table:
        act: Any = {
            "add_track": self._add_track,
            "remove_track": self._remove_track,
            "lay": self._lay,
            "swap": self._swap,
            "lift": self._lift,
        }.get(step["do"])
        if act is None:
            raise HostRefused("Unsupported", f"there is no step {step['do']!r}")
        undo: Table = act(step)
        return undo

    def _add_track(self, step: Table) -> Table:
        number = step["number"]
        if not self.abilities.inserts_tracks or not 1 <= number <= len(self.tracks) + 1:
            raise HostRefused("Unsupported", f"no track can be put in as {number}")
        self.tracks.insert(number - 1, _track(step["name"]))
        return {"do": "remove_track", "number": number}

    def _remove_track(self, step: Table) -> Table:
        track = self._track(step["number"])
        if track["clips"] or not self.abilities.inserts_tracks:
            raise HostRefused("Occupied", f"track {step['number']} is not empty")
        self.tracks.remove(track)
        return {"do": "add_track", "number": step["number"], "name": track["name"]}

    def _track(self, number: int) -> Table:
        if not 1 <= number <= len(self._listed()):
            raise HostRefused("NotOnTimeline", f"there is no track {number}")
        return self.tracks[number - 1]

    def _open(self, number: int) -> Table:
        track = self._track(number)
        if track["locked"]:
            raise HostRefused("Occupied", f"track {number} is locked; unlock it")
        return track

    def _lay(self, step: Table) -> Table:
        track, clip = self._open(step["track"]), step["clip"]
        self._refuse_media(clip)
        first, end = clip["record_in"], clip["record_in"] + clip["duration"]
        for other in track["clips"]:
            if other["record_in"] < end and first < other["record_in"] + other["duration"]:
                raise HostRefused("Occupied", f"{other['name']} lies there; move it")
        track["clips"].append(self._own(clip, identity=clip["uid"]))
        track["clips"].sort(key=lambda one: one["record_in"])
        return {"do": "lift", "track": step["track"], "uid": clip["uid"], "clip": copy.deepcopy(clip)}

    def _refuse_media(self, clip: Table) -> None:
        if clip["media"] is not None and clip["media"]["path"].startswith(_MISSING):
            raise HostRefused("MediaMissing", f"{clip['media']['path']} cannot be opened; bring it back")
        if clip["speed"] != "1" and not self.abilities.retimes:
            raise HostRefused("Unsupported", "this editor changes no speed; render the retime first")

    def _swap(self, step: Table) -> Table:
        _, clip = self.found(step["uid"], step["track"], step["clip"]["record_in"])
        self._open(step["track"])
        self._refuse_media(step["clip"])
        was = _told(clip)
        fresh = self._own(step["clip"], identity="")
        file_named = was["media"] is not None and was["name"] == was["media"].get("name")
        clip["name"] = fresh["name"] if file_named else clip["name"]
        clip.update({key: fresh[key] for key in ("media", "source_in", "source_rate", "ours")})
        return {**step, "clip": was, "was": _told(clip)}

    def _lift(self, step: Table) -> Table:
        track, clip = self.found(step["uid"], step["track"], step["clip"]["record_in"])
        self._open(step["track"])
        track["clips"].remove(clip)
        return {"do": "lay", "track": step["track"], "clip": _told(clip)}

    def save_and_reload(self) -> None:
        self.tracks = json.loads(json.dumps(self.tracks))


def _track(name: str) -> Table:
    return {"name": name, "enabled": True, "locked": False, "clips": [], "transitions": []}


def _told(clip: Table) -> Table:
    told = {key: copy.deepcopy(value) for key, value in clip.items() if key not in ("handle", "grade")}
    return {**told, "uid": clip["uid"] or f"clip {clip['handle']}"}
