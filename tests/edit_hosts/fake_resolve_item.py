"""What lies on the tracks of the fake DaVinci Resolve, and what its media pool holds. See fake_resolve.py."""

from __future__ import annotations

import copy
import itertools
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

_ids = itertools.count(1)


def fresh_id(kind: str) -> str:
    return f"{kind}-{next(_ids):06d}"


@dataclass(frozen=True, kw_only=True)
class Manners:
    """How one version of Resolve behaves. Each quirk's source is named where it is played."""

    version: tuple[int, int, int] = (21, 0, 2)
    end_counts: bool = False
    take_end_counts: bool = False
    numbers_from_start: bool = False
    # What AppendToTimeline does where something lies already: "dead", "misplaced" or "dropped".
    occupied: str = "dead"
    tracks_on_top: bool = False
    source_start_off: int = 0
    delete_fails: int = 0
    stubborn: bool = False  # nothing can be deleted
    takes_slip: int = 0
    lays_off: int = 0  # lays every clip so many frames late
    forgets_markers: bool = False
    takes_lose_marks: bool = False  # nobody has said so; nobody has said otherwise


class Remote:
    """An object over the scripting line.

    A name that it does not have reads as None, also one that a later version brought; only `dir` tells
    (davinci-resolve-mcp's api_truth ledger: bare `hasattr` is a constant True). What is gone answers
    None to every call (ayon-resolve, api/lib.py: "all Get* calls return None").
    """

    SINCE: ClassVar[dict[str, tuple[int, int, int]]] = {}
    calls: ClassVar[int] = 0  # over the line, of all objects

    def __init__(self, manners: Manners) -> None:
        self._manners = manners
        self._gone = False

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("_") or not name[0].isupper() or name == "SINCE":
            return super().__getattribute__(name)
        Remote.calls += 1
        here = self._manners.version
        if not hasattr(type(self), name) or type(self).SINCE.get(name, here) > here:
            return None
        return (lambda *_: None) if self._gone else super().__getattribute__(name)

    def __dir__(self) -> list[str]:
        here = self._manners.version
        return [name for name in super().__dir__() if self.SINCE.get(name, here) <= here]


class Marked(Remote):
    """Something with markers: one a frame, keyed by float (the documented example is 96.0)."""

    def __init__(self, manners: Manners) -> None:
        super().__init__(manners)
        self._marks: dict[float, dict[str, Any]] = {}
        self.marks_stay = False

    def AddMarker(
        self, frame: int, color: str, name: str, note: str, duration: float, data: str = ""
    ) -> bool:
        if float(frame) in self._marks or self._manners.forgets_markers:
            return False
        self._marks[float(frame)] = {
            "color": color,
            "duration": float(duration),
            "note": note,
            "name": name,
            "customData": data,
        }
        return True

    def GetMarkers(self) -> dict[float, dict[str, Any]]:
        return copy.deepcopy(self._marks)

    def UpdateMarkerCustomData(self, frame: int, data: str) -> bool:
        if float(frame) not in self._marks or self.marks_stay:
            return False
        self._marks[float(frame)]["customData"] = data
        return True

    def DeleteMarkerAtFrame(self, frame: int) -> bool:
        return self._marks.pop(float(frame), None) is not None


class PoolItem(Remote):
    """A medium. `start` is its timecode as a frame number; `kind` and properties as Resolve writes them."""

    def __init__(self, manners: Manners, said: dict[str, Any], path: str) -> None:
        super().__init__(manners)
        self.said, self.path, self.uid = said, path, fresh_id("pool")

    @property
    def rate(self) -> Fraction:
        found: Fraction = self.said["rate"]
        return found

    @property
    def frames(self) -> int:
        return int(self.said["Frames"])

    @property
    def first_number(self) -> int:
        return int(self.said.get("Start", 0))

    def GetName(self) -> str:
        return str(self.said["File Name"])

    def GetUniqueId(self) -> str:
        return self.uid

    def GetClipProperty(self, key: str = "") -> Any:
        """All are text but FPS (ayon-resolve reads it through float())."""
        told = {name: value for name, value in self.said.items() if name != "rate"}
        return told.get(key, "") if key else told


class Item(Marked):
    """A clip, title or transition on a track. `first` counts the medium's frames from 0."""

    SINCE: ClassVar = {
        "GetSourceStartFrame": (19, 0, 2),
        "GetSourceEndFrame": (19, 0, 2),
        "SetName": (20, 2, 0),
    }

    def __init__(
        self, manners: Manners, media: PoolItem | None, start: int, duration: int, first: int
    ) -> None:
        super().__init__(manners)
        self.media, self.start, self.duration, self.first = media, start, duration, first
        self.uid, self.name, self.kind = fresh_id("item"), "", "clip"
        self.speed, self.source = Fraction(1), True
        self.enabled, self.grade, self.compositions = True, "", 0
        self.takes: list[dict[str, Any]] = []
        self.chosen = 0

    @property
    def end(self) -> int:
        return self.start + self.duration

    def GetName(self) -> str:
        return self.name or (self.media.GetName() if self.media else self.kind)

    def SetName(self, name: str) -> bool:
        self.name = name
        return True

    def GetUniqueId(self) -> str:
        return self.uid

    def GetMediaPoolItem(self) -> PoolItem | None:
        return self.media

    def GetStart(self) -> int:
        return self.start

    def GetEnd(self) -> int:
        return self.end

    def GetDuration(self) -> int:
        return self.duration

    def GetLeftOffset(self) -> int:
        """In the warped domain: the position divided by the speed (davinci-resolve-mcp's ledger, 19.1.3)."""
        return round(self.first / abs(self.speed)) if self.speed else self.first

    def GetSourceStartFrame(self) -> int:
        """The true source; one off on some items; 0 on timelines out of XML (the same ledger)."""
        if not self.source or self.media is None:
            return 0
        begin, end = self._shown()
        return (begin if self.speed >= 0 else end) + self._manners.source_start_off

    def GetSourceEndFrame(self) -> int:
        """Exclusive where the rates agree, inclusive where they do not (the same ledger)."""
        if not self.source or self.media is None:
            return 0
        begin, end = self._shown()
        return end if self.speed >= 0 else begin

    def _shown(self) -> tuple[int, int]:
        assert self.media is not None
        ratio = self.media.rate / self.media.said.get("timeline rate", self.media.rate)
        begin = self.media.first_number + self.first
        end = begin + round(self.duration * abs(self.speed) * ratio)
        return begin, end - (1 if ratio != 1 else 0)

    def GetProperty(self, key: str = "") -> Any:
        """A transition is an item without any (the same ledger, 21.0.4.5)."""
        told = {} if self.kind == "transition" else {"Pan": 0.0, "Opacity": 100.0, "RetimeProcess": 0}
        return told.get(key) if key else told

    def GetFusionCompCount(self) -> int:
        return self.compositions

    def SetClipEnabled(self, on: bool) -> bool:
        self.enabled = on
        return True

    def GetClipEnabled(self) -> bool:
        return self.enabled

    def AddTake(self, media: PoolItem, start: int, end: int) -> bool:
        if not self.takes:
            self.takes = [{"mediaPoolItem": self.media, "first": self.first, "frames": self.duration}]
            self.chosen = 1
        frames = end - start + (1 if self._manners.take_end_counts else 0)
        first = start - (media.first_number if self._manners.numbers_from_start else 0)
        if frames < 1 or not 0 <= first + self._manners.takes_slip <= media.frames - frames:
            return False
        self.takes.append(
            {"mediaPoolItem": media, "first": first + self._manners.takes_slip, "frames": frames}
        )
        return True

    def GetTakesCount(self) -> int:
        return len(self.takes)

    def GetSelectedTakeIndex(self) -> int:
        return self.chosen

    def SelectTakeByIndex(self, index: int) -> bool:
        if not 1 <= index <= len(self.takes):
            return False
        take = self.takes[index - 1]
        self.media, self.first, self.duration = take["mediaPoolItem"], take["first"], take["frames"]
        self.chosen = index
        return True

    def DeleteTakeByIndex(self, index: int) -> bool:
        if not 1 <= index <= len(self.takes) or index == self.chosen:
            return False
        del self.takes[index - 1]
        self.chosen -= 1 if self.chosen > index else 0
        return True

    def FinalizeTake(self) -> bool:
        self.takes, self.chosen = [], 0
        self._marks = {} if self._manners.takes_lose_marks else self._marks
        return True
