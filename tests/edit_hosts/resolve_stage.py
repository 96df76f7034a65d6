"""The fake DaVinci Resolve on the contract suite's stage, as two versions that differ most."""

from __future__ import annotations

import copy
from fractions import Fraction
from pathlib import Path

from tests.edit_hosts.contract import at, two_clips
from tests.edit_hosts.fake_resolve import Resolve, Timeline, Track, movie
from tests.edit_hosts.fake_resolve_item import Item, Manners, PoolItem, fresh_id

from understudy_bridge.hosts.resolve.host import ResolveHost
from understudy_bridge.hosts.resolve.notes import marks_of, note_in
from understudy_bridge.hosts.resolve.timecode import timecode_of
from understudy_bridge.panel.host import Table

OLD = Manners(version=(18, 6, 6), end_counts=True, take_end_counts=True, occupied="misplaced", delete_fails=1)
NEW = Manners(version=(21, 0, 4))


class ResolveStage:
    """An artist at the fake."""

    quirks: frozenset[str] = frozenset()

    def __init__(self, manners: Manners) -> None:
        self.manners = manners
        self.resolve = Resolve(manners)
        self.host = ResolveHost(self.resolve)  # type: ignore[arg-type]

    def build(self, timeline: Table) -> None:
        disk = self.resolve.disk
        self.resolve = Resolve(self.manners)
        self.resolve.disk.update(disk)
        self.host = ResolveHost(self.resolve)  # type: ignore[arg-type]
        rate, drop_frame = Fraction(timeline["rate"]), bool(timeline.get("drop_frame"))
        hour = 3600 * round(rate) - (108 * round(rate) // 30 if drop_frame else 0)
        made = Timeline(self.manners, rate, drop_frame, hour)
        made.name = timeline["name"]
        self.resolve.pool.timeline = made
        made.tracks["video"] = []
        for told in timeline["tracks"]:
            while len(made.tracks["video"]) < told["number"]:
                made.tracks["video"].append(Track(f"Video {len(made.tracks['video']) + 1}"))
            track = made.tracks["video"][told["number"] - 1]
            track.name, track.enabled = told.get("name", track.name), told.get("enabled", True)
            track.locked = told.get("locked", False)
            track.items = [self._item(made, clip) for clip in told["clips"]]
        if self.manners.version < (19, 0, 0):
            made.tracks["video"].append(Track("spare"))  # no track can be put in there, so artists keep one

    def _item(self, timeline: Timeline, clip: Table) -> Item:
        media = clip["media"]
        first = clip["source_in"] - (media.get("start") or 0) if media else 0
        item = Item(
            self.manners, self._pooled(media), timeline.start + clip["record_in"], clip["duration"], first
        )
        item.name, item.enabled, item.kind = (
            clip["name"],
            clip.get("enabled", True),
            "clip" if media else "title",
        )
        item.grade = f"grade of {clip['name']}"
        return item

    def _pooled(self, media: Table | None) -> PoolItem | None:
        if media is None:
            return None
        clips = self.resolve.pool.root.clips
        found = next((one for one in clips if one.path == media["path"]), None)
        if found is None:
            found = PoolItem(self.manners, dict(self.resolve.disk[media["path"]]), media["path"])
            clips.append(found)
        return found

    def media(self, name: str, frames: int, rate: str, start: int | None) -> Table:
        path = f"/show/media/{name}_{rate.replace('/', '_')}.mov"
        timecode = timecode_of(start or 0, Fraction(rate), False)
        self.resolve.disk[path] = movie(f"{name}.mov", path, Fraction(rate), frames, timecode)
        # Resolve gives every medium a timecode, from 00:00:00:00 where the file has none.
        table = {"path": path, "name": f"{name}.mov", "rate": rate, "start": start or 0, "frames": frames}
        return {**table, "drop_frame": False, "reel": ""}

    def find(self, uid: str) -> tuple[Track, Item]:
        for track in self.resolve.timeline.tracks["video"]:
            for item in track.items:
                note = note_in(marks_of(item))  # type: ignore[arg-type]
                if uid == (note.uid if note else item.uid):
                    return track, item
        raise KeyError(uid)

    def disturb(self, uid: str, what: str, amount: int = 0) -> None:
        track, item = self.find(uid)
        if what == "move":
            item.start += amount
        elif what == "trim_head":
            item.start, item.first, item.duration = (
                item.start + amount,
                item.first + amount,
                item.duration - amount,
            )
        elif what == "delete":
            track.items.remove(item)
        elif what == "duplicate":
            self._copy(track, item, max(one.end for one in track.items) + 5)
        elif what == "occupy":
            self._occupy(track, item)
        elif what == "rename":
            item.name = f"renamed {amount}"
        elif what == "select":
            self.resolve.timeline.selection = [item]
        else:
            raise ValueError(what)

    def _copy(self, track: Track, item: Item, start: int) -> None:
        twin = copy.copy(item)
        twin.uid, twin.start, twin._marks = fresh_id("item"), start, copy.deepcopy(item._marks)
        track.items.append(twin)

    def _occupy(self, track: Track, item: Item) -> None:
        tracks = self.resolve.timeline.tracks["video"]
        above = tracks.index(track) + 1
        if above == len(tracks):
            tracks.append(Track("titles"))
        title = Item(self.manners, None, item.start, item.duration, 0)
        title.kind, title.name = "title", "title"
        tracks[above].items.append(title)

    def save_and_reload(self) -> None:
        self.resolve.save_and_reload()

    def close(self) -> None:
        """Nothing was opened."""


def stage(folder: Path) -> ResolveStage:
    """Resolve 21: ends exclusive, tracks go in anywhere, dead items where a place is taken."""
    return ResolveStage(NEW)


def older(folder: Path) -> ResolveStage:
    """Resolve 18: ends inclusive, tracks on top only, misplaced clips, nothing known of speeds."""
    return ResolveStage(OLD)


def opened(manners: Manners = NEW) -> ResolveStage:
    """The contract's two clips on V1 and a free V2."""
    made = ResolveStage(manners)
    made.build(two_clips(made))
    if made.resolve.timeline.GetTrackCount("video") == 1:
        made.resolve.timeline.AddTrack("video")
    return made


def plate_item(stage: ResolveStage) -> Item:
    return stage.resolve.timeline.tracks["video"][0].items[0]


def told(stage: ResolveStage, record_in: int = 10) -> Table:
    return at(stage.host, record_in)[1]


def kinds(one: Table) -> dict[str, bool]:
    return {problem["kind"]: problem["refuses"] for problem in one["problems"]}
