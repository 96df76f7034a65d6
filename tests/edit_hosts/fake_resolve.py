"""A fake DaVinci Resolve: the scripting objects that the adapter uses, with quirks that people have reported.

It knows nothing of the adapter. A fake never earns "works": it holds the adapter to what is documented, by
Blackmagic Design's scripting README and by these public sources, named again at each quirk:

    davinci-resolve-mcp    github.com/samuelgursky/davinci-resolve-mcp, its issues and its api_truth ledger
    ayon-resolve           github.com/ynput/ayon-resolve
    Resolve_Script         github.com/nakano000/Resolve_Script
    auto-subs              github.com/tmoroney/auto-subs
"""

from __future__ import annotations

import copy
from fractions import Fraction
from typing import Any, ClassVar

from tests.edit_hosts.fake_resolve_item import Item, Manners, Marked, PoolItem, Remote, fresh_id


class Track:
    """Data of one track; the program has no object for it."""

    def __init__(self, name: str) -> None:
        self.name, self.enabled, self.locked = name, True, False
        self.items: list[Item] = []


class Timeline(Marked):
    """Frames are absolute: `start` is the number of its first one, 86400 for 01:00:00:00 at 24."""

    SINCE: ClassVar = {"GetSelectedClips": (21, 0, 4)}  # davinci-resolve-mcp, pull request 133

    def __init__(self, manners: Manners, rate: Fraction, drop_frame: bool, start: int) -> None:
        super().__init__(manners)
        self.rate, self.drop_frame, self.start = rate, drop_frame, start
        self.tracks: dict[str, list[Track]] = {"video": [Track("Video 1")], "audio": [Track("Audio 1")]}
        self.selection: list[Item] = []
        self.timecode = ""
        self.page = ["edit"]
        self.name = "reel"
        self._failures = manners.delete_fails

    def GetName(self) -> str:
        return self.name

    def GetSetting(self, key: str) -> Any:
        if key == "timelineDropFrameTimecode":
            return "1" if self.drop_frame else "0"
        text = f"{float(self.rate):.6g}"
        return text if key == "timelineFrameRate" else ""

    def GetStartFrame(self) -> int:
        return self.start

    def GetStartTimecode(self) -> str:
        return "01:00:00;00" if self.drop_frame else "01:00:00:00"

    def GetTrackCount(self, kind: str) -> int:
        return len(self.tracks[kind])

    def GetTrackName(self, kind: str, index: int) -> str:
        return self.tracks[kind][index - 1].name

    def SetTrackName(self, kind: str, index: int, name: str) -> bool:
        self.tracks[kind][index - 1].name = name
        return True

    def GetIsTrackEnabled(self, kind: str, index: int) -> bool:
        return self.tracks[kind][index - 1].enabled

    def GetIsTrackLocked(self, kind: str, index: int) -> bool:
        return self.tracks[kind][index - 1].locked

    def GetItemListInTrack(self, kind: str, index: int) -> list[Item]:
        return list(self.tracks[kind][index - 1].items)

    def AddTrack(self, kind: str, options: dict[str, Any] | None = None) -> bool:
        """An index since 19.0; out of bounds, and before, the track goes on top (README of 19.0)."""
        tracks = self.tracks[kind]
        index = (options or {}).get("index", 0)
        if self._manners.version < (19, 0, 0):
            if options:
                return False
        elif 1 <= index <= len(tracks) and not self._manners.tracks_on_top:
            tracks.insert(index - 1, Track(f"Video {index}"))
            return True
        tracks.append(Track(f"Video {len(tracks) + 1}"))
        return True

    def DeleteTrack(self, kind: str, index: int) -> bool:
        if len(self.tracks[kind]) == 1:
            return False
        del self.tracks[kind][index - 1]
        return True

    def DeleteClips(self, items: list[Item], ripple: bool = False) -> bool:
        """Only on the Edit page, and once seen to fail the first time (davinci-resolve-mcp's ledger)."""
        if self.page[0] != "edit" or self._manners.stubborn:
            return False
        if self._failures:
            self._failures -= 1
            return False
        gone = {item.uid for item in items}
        for track in [*self.tracks["video"], *self.tracks["audio"]]:
            track.items = [item for item in track.items if item.uid not in gone]
        for item in items:
            item._gone = True
        return True

    def GetSelectedClips(self) -> list[Item]:
        return list(self.selection)

    def GetCurrentVideoItem(self) -> Item | None:
        return self.selection[0] if self.selection else None

    def SetCurrentTimecode(self, timecode: str) -> bool:
        self.timecode = timecode
        return self.page[0] in ("edit", "color", "cut")


class Folder(Remote):
    def __init__(self, manners: Manners, name: str) -> None:
        super().__init__(manners)
        self.name = name
        self.folders: list[Folder] = []
        self.clips: list[PoolItem] = []

    def GetName(self) -> str:
        return self.name

    def GetSubFolderList(self) -> list[Folder]:
        return list(self.folders)

    def GetClipList(self) -> list[PoolItem]:
        return list(self.clips)


class MediaPool(Remote):
    """`disk`: the files that can be imported, by path, with what Resolve finds in them."""

    def __init__(self, manners: Manners, disk: dict[str, dict[str, Any]]) -> None:
        super().__init__(manners)
        self.disk, self.timeline = disk, Timeline(manners, Fraction(24), False, 86400)
        self.root = self.current = Folder(manners, "Master")
        self.asked: list[dict[str, Any]] = []

    def GetRootFolder(self) -> Folder:
        return self.root

    def GetCurrentFolder(self) -> Folder:
        return self.current

    def SetCurrentFolder(self, folder: Folder) -> bool:
        self.current = folder
        return True

    def AddSubFolder(self, parent: Folder, name: str) -> Folder:
        parent.folders.append(Folder(self._manners, name))
        return parent.folders[-1]

    def ImportMedia(self, items: list[Any]) -> list[PoolItem]:
        """Into the current folder, whichever that is (davinci-resolve-mcp's ledger); nothing for no file."""
        made = []
        for item in items:
            path = item if isinstance(item, str) else item["FilePath"]
            if path in self.disk:
                made.append(PoolItem(self._manners, dict(self.disk[path]), path))
        self.current.clips.extend(made)
        return made

    def AppendToTimeline(self, infos: list[dict[str, Any]]) -> list[Item] | None:
        """Any float refuses the whole batch (auto-subs, issue 745 and pull request 772)."""
        self.asked += infos
        numbers = [info[key] for info in infos for key in ("startFrame", "endFrame", "recordFrame")]
        if any(type(number) is not int for number in numbers):
            return None
        return [item for info in infos for item in self._append(info)]

    def _append(self, info: dict[str, Any]) -> list[Item]:
        """`endFrame` exclusive on 21 (davinci-resolve-mcp, issue 82), inclusive on 18 (Resolve_Script 23).

        `recordFrame` is absolute (davinci-resolve-mcp, issue 164). Sound comes along unless mediaType is 1.
        """
        media: PoolItem = info["mediaPoolItem"]
        frames = info["endFrame"] - info["startFrame"] + (1 if self._manners.end_counts else 0)
        first = info["startFrame"] - (media.first_number if self._manners.numbers_from_start else 0)
        tracks = self.timeline.tracks["video"]
        if frames < 1 or not 1 <= info["trackIndex"] <= len(tracks) or tracks[info["trackIndex"] - 1].locked:
            return []
        first = max(0, min(first, media.frames - 1))
        frames = min(frames, media.frames - first)
        track = tracks[info["trackIndex"] - 1]
        start = info["recordFrame"] + self._manners.lays_off
        if any(item.start < start + frames and item.end > start for item in track.items):
            if self._manners.occupied != "misplaced":
                return self._dead()
            start = max(item.end for item in track.items)
        item = Item(self._manners, media, start, frames, first)
        track.items.append(item)
        if info.get("mediaType") != 1:
            self.timeline.tracks["audio"][0].items.append(Item(self._manners, media, start, frames, first))
        return [item]

    def _dead(self) -> list[Item]:
        """The earlier clip stays. What comes back is an item that is nowhere (ayon-resolve, api/lib.py;
        davinci-resolve-mcp's ledger: "null-id timeline items"), or nothing.
        """
        if self._manners.occupied == "dropped":
            return []
        dead = Item(self._manners, None, 0, 0, 0)
        dead._gone = True
        return [dead]


class Project(Remote):
    def __init__(self, manners: Manners, pool: MediaPool) -> None:
        super().__init__(manners)
        self.pool, self.uid = pool, fresh_id("project")

    def GetName(self) -> str:
        return "Show"

    def GetUniqueId(self) -> str:
        return self.uid

    def GetMediaPool(self) -> MediaPool:
        return self.pool

    def GetCurrentTimeline(self) -> Timeline | None:
        return self.pool.timeline


class Resolve(Remote):
    """The program, with one project; also its project manager."""

    def __init__(self, manners: Manners) -> None:
        super().__init__(manners)
        self.disk: dict[str, dict[str, Any]] = {}
        self.project: Project | None = Project(manners, MediaPool(manners, self.disk))

    @property
    def pool(self) -> MediaPool:
        assert self.project is not None
        return self.project.pool

    @property
    def timeline(self) -> Timeline:
        return self.pool.timeline

    def GetProjectManager(self) -> Resolve:
        return self

    def GetCurrentProject(self) -> Project | None:
        return self.project

    def GetProductName(self) -> str:
        return "DaVinci Resolve Studio"

    def GetVersion(self) -> list[Any]:
        return [*self._manners.version, 4, ""]

    def GetVersionString(self) -> str:
        return ".".join(map(str, self._manners.version))

    def GetCurrentPage(self) -> str:
        return self.timeline.page[0]

    def OpenPage(self, page: str) -> bool:
        self.timeline.page[0] = page
        return True

    def save_and_reload(self) -> None:
        """The project as it comes back; every object of before is gone."""
        before = self.project
        self.project = copy.deepcopy(before)
        assert before is not None
        timeline = before.pool.timeline
        items = [item for track in timeline.tracks["video"] for item in track.items]
        for thing in [before, before.pool, timeline, *items, *(item.media for item in items)]:
            if thing is not None:
                thing._gone = True


def movie(name: str, path: str, rate: Fraction, frames: int, timecode: str, **more: Any) -> dict[str, Any]:
    """What Resolve says of a file."""
    return {
        "rate": rate,
        "File Path": path,
        "File Name": name,
        "FPS": float(f"{float(rate):.6g}"),
        "Frames": str(frames),
        "Start": "0",
        "End": str(frames - 1),
        "Start TC": timecode,
        "Drop frame": "1" if ";" in timecode else "0",
        "Reel Name": "",
        "Type": "Video + Audio",
        "Online Status": "Online",
        **more,
    }
