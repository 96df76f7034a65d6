"""A stand-in for `hiero.core` and `hiero.ui`, with what their reference documents and scripts report.

- Timeline and source ends are included. Source times are numbers with a fraction, timeline times whole.
- `VideoTrack.addTrackItem` cuts or deletes what it overlaps (reference of 13 and later) and needs a track
  that is in a sequence; `addItem`, its predecessor, raises instead.
- `setSource` outside a track sets the item to the clip's whole length; inside it keeps the ends.
- `setTimelineIn`, `setTimelineOut`, `setSourceIn`, `setSourceOut` change the length, one at a time: an end
  that would come before its beginning raises, so their order matters. `setTimes` sets all four.
- `setPlaybackSpeed` moves the source's end.
- A time base is a fraction that need not be the exact rate (2997/125 for 23.976).
- `addTag` keeps a copy: what is written into the tag afterwards is lost.
- A locked track raises; a removed item is null. `removeItem` takes linked items along unless told otherwise.
- Guids are new when a project is opened again.
"""

from __future__ import annotations

import copy
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.edit_hosts.fake_hiero_media import (
    Bin,
    BinItem,
    Clip,
    Guided,
    MediaSource,
    Project,
    Tag,
    TimeBase,
    new_guid,
)


class State:
    """What is open; `misplaces` lays every new item so many frames later than asked."""

    def __init__(self) -> None:
        self.sequence: Sequence | None = None
        self.selection: list[Any] = []
        self.time, self.misplaces = 0, 0


state = State()


class TrackItemBase(Guided):
    track: VideoTrack | None = None
    first = last = 0

    def timelineIn(self) -> int:
        return self.first

    def timelineOut(self) -> int:
        return self.last

    def parentTrack(self) -> VideoTrack | None:
        return self.track

    def isEnabled(self) -> bool:
        return True


class TrackItem(TrackItemBase):
    kVideo, kAudio = "video", "audio"

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.source_: Any = None
        self.source_in, self.source_out, self.speed = 0.0, 0.0, 1.0
        self.enabled, self.null = True, False
        self.linked: list[Any] = []

    def _change(self) -> None:
        if self.null:
            raise RuntimeError("the item is null")
        if self.track is not None:
            self.track.check_lock()

    def mediaType(self) -> str:
        return self.kVideo

    def source(self) -> Any:
        return self.source_

    def setSource(self, clip: Clip) -> Clip:
        self._change()
        self.source_ = clip
        if self.track is None:
            frames = clip.mediaSource().duration()
            self.first, self.last, self.source_in, self.source_out = 0, frames - 1, 0.0, float(frames - 1)
        return clip

    def sourceIn(self) -> float:
        return self.source_in

    def sourceOut(self) -> float:
        return self.source_out

    def setTimelineIn(self, time: int) -> None:
        self._set(first=time)

    def setTimelineOut(self, time: int) -> None:
        self._set(last=time)

    def setSourceIn(self, time: float) -> None:
        self._set(source_in=float(time))

    def setSourceOut(self, time: float) -> None:
        self._set(source_out=float(time))

    def setTimes(self, first: int, last: int, source_in: float, source_out: float) -> None:
        if not isinstance(first, int) or not isinstance(last, int):
            raise TypeError("timeline times are whole numbers")
        shift = state.misplaces if self.track is None else 0
        self._set(first=first + shift, last=last + shift, source_in=source_in, source_out=source_out)

    def _set(self, **values: float) -> None:
        self._change()
        was = {key: getattr(self, key) for key in ("first", "last", "source_in", "source_out")}
        now = {**was, **values}
        if now["last"] < now["first"] or (now["source_out"] < now["source_in"] and self.speed > 0):
            raise RuntimeError(f"the item would end before it begins: {now}")
        for key, value in now.items():
            setattr(self, key, value)

    def playbackSpeed(self) -> float:
        return self.speed

    def setPlaybackSpeed(self, speed: float) -> None:
        self._change()
        self.speed = float(speed)
        self.source_out = self.source_in + (self.last - self.first) * self.speed

    def isEnabled(self) -> bool:
        return self.enabled

    def setEnabled(self, enabled: bool) -> None:
        self._change()
        self.enabled = enabled

    def isNull(self) -> bool:
        return self.null

    def linkedItems(self) -> tuple[Any, ...]:
        return tuple(self.linked)

    def link(self, other: Any) -> None:
        self.linked.append(other)

    def addTag(self, tag: Tag) -> Tag:
        self._change()
        return super().addTag(tag)

    def removeTag(self, tag: Tag) -> None:
        self._change()
        super().removeTag(tag)

    def copy(self) -> TrackItem:
        made = TrackItem(self.name_)
        for key in ("source_", "first", "last", "source_in", "source_out", "speed", "enabled"):
            setattr(made, key, getattr(self, key))
        made.tags_ = [tag.copy() for tag in self.tags_]
        return made


class EffectTrackItem(TrackItemBase):
    """An effect on a sub-track, with a node of some class."""

    def __init__(self, kind: str, row: int = 0) -> None:
        super().__init__(kind)
        self.kind, self.row, self.enabled = kind, row, True

    def node(self) -> EffectTrackItem:
        return self

    def Class(self) -> str:
        return self.kind

    def isEnabled(self) -> bool:
        return self.enabled

    def subTrackIndex(self) -> int:
        return self.row

    def copy(self) -> EffectTrackItem:
        made = EffectTrackItem(self.kind, self.row)
        made.enabled = self.enabled
        return made


class Alignments:
    kUnknown, kFadeIn, kFadeOut, kDissolve = range(4)


class Transition(TrackItemBase):
    Alignments = Alignments

    def __init__(self, alignment: int, first: int, last: int, items: tuple[Any, Any] = (None, None)) -> None:
        super().__init__("Transition")
        self.alignment_, self.first, self.last, self.items_ = alignment, first, last, items

    def alignment(self) -> int:
        return self.alignment_

    def inTrackItem(self) -> Any:
        return self.items_[0]

    def outTrackItem(self) -> Any:
        return self.items_[1]


class TrackBase(Guided):
    eRemoveLinkedItems, eDontRemoveLinkedItems = 1, 2


class VideoTrack(TrackBase):
    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.items_: list[TrackItem] = []
        self.transitions_: list[Transition] = []
        self.rows: list[list[EffectTrackItem]] = []
        self.locked, self.enabled = False, True
        self.sequence_: Sequence | None = None

    def check_lock(self) -> None:
        if self.locked:
            raise RuntimeError("the track is locked")

    def isLocked(self) -> bool:
        return self.locked

    def isEnabled(self) -> bool:
        return self.enabled

    def items(self) -> tuple[TrackItem, ...]:
        return tuple(self.items_)

    def transitions(self) -> tuple[Transition, ...]:
        return tuple(self.transitions_)

    def subTrackItems(self) -> tuple[tuple[EffectTrackItem, ...], ...]:
        return tuple(tuple(row) for row in self.rows)

    def createTrackItem(self, name: str) -> TrackItem:
        return TrackItem(name)

    def addItem(self, item: TrackItem) -> TrackItem:
        self.check_lock()
        if any(one.first <= item.last and item.first <= one.last for one in self.items_):
            raise RuntimeError("the item overlaps another")
        return self._added(item)

    def addTrackItem(self, item: TrackItem) -> TrackItem:
        self.check_lock()
        if self.sequence_ is None:
            raise RuntimeError("the track is in no sequence")
        for other in list(self.items_):
            self._cut(other, item)
        return self._added(item)

    def _added(self, item: TrackItem) -> TrackItem:
        self.items_.append(item)
        item.track, item.null = self, False
        return item

    def _cut(self, other: TrackItem, item: TrackItem) -> None:
        if other.last < item.first or item.last < other.first:
            return
        if other.first < item.first:
            other.last = item.first - 1
        elif other.last > item.last:
            other.source_in += item.last + 1 - other.first
            other.first = item.last + 1
        else:
            self.removeItem(other)

    def removeItem(self, item: TrackItem, option: int = TrackBase.eRemoveLinkedItems) -> None:
        self.check_lock()
        self.items_.remove(item)
        if option == TrackBase.eRemoveLinkedItems:
            self.rows = [[one for one in row if one not in item.linked] for row in self.rows]
            for other in item.linked:
                if isinstance(other, TrackItem) and other.track is not None:
                    other.track.items_.remove(other)
        item.track, item.null = None, True

    def addSubTrackItem(self, effect: EffectTrackItem, row: int) -> EffectTrackItem:
        self.check_lock()
        self.rows += [[] for _ in range(row + 1 - len(self.rows))]
        self.rows[row].append(effect)
        effect.track = self
        return effect

    def removeSubTrackItem(self, effect: EffectTrackItem) -> None:
        self.check_lock()
        self.rows = [[one for one in row if one is not effect] for row in self.rows]


class Sequence(Guided):
    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.rate, self.start, self.drop = TimeBase("24"), 0, False
        self.tracks: list[VideoTrack] = []
        self.project_ = Project("reel")

    def project(self) -> Project:
        return self.project_

    def framerate(self) -> TimeBase:
        return self.rate

    def timecodeStart(self) -> int:
        return self.start

    def dropFrame(self) -> bool:
        return self.drop

    def videoTracks(self) -> tuple[VideoTrack, ...]:
        return tuple(self.tracks)

    def addTrack(self, track: VideoTrack) -> None:
        self.tracks.append(track)
        track.sequence_ = self

    def removeTrack(self, track: VideoTrack) -> None:
        self.tracks.remove(track)
        track.sequence_ = None


class _Editor:
    def selection(self) -> list[Any]:
        return list(state.selection)


class _Viewer:
    def setTime(self, time: int) -> None:
        state.time = time


def reload() -> None:
    """Save the project and open it again: another object for everything, other guids."""
    assert state.sequence is not None
    fresh = copy.deepcopy(state.sequence)
    for track in fresh.tracks:
        track.guid_ = new_guid()
        for item in track.items_:
            item.guid_ = new_guid()
    state.sequence, state.selection = fresh, []


def modules() -> dict[str, types.ModuleType]:
    """What `import hiero.core` and `import hiero.ui` find."""
    package, core, ui = (types.ModuleType(name) for name in ("hiero", "hiero.core", "hiero.ui"))
    package.core, package.ui = core, ui  # type: ignore[attr-defined]
    for kind in (
        Tag, TimeBase, MediaSource, Clip, Bin, BinItem, Project, TrackItem, EffectTrackItem, Transition,
        TrackBase, VideoTrack, Sequence,
    ):  # fmt: skip
        setattr(core, kind.__name__, kind)
    core.env = {"VersionString": "Hiero15.1v3"}  # type: ignore[attr-defined]
    calls: dict[str, Callable[..., Any]] = {
        "activeSequence": lambda: state.sequence,
        "getTimelineEditor": lambda sequence: _Editor(),
        "currentViewer": _Viewer,
    }
    for name, call in calls.items():
        setattr(ui, name, call)
    return {"hiero": package, "hiero.core": core, "hiero.ui": ui}


@contextmanager
def misplacing(frames: int) -> Iterator[None]:
    """While this lasts, Hiero lays new items elsewhere than it was asked to."""
    state.misplaces = frames
    try:
        yield
    finally:
        state.misplaces = 0
