"""A timeline opened for many changes: nothing of it is read twice to find a clip or a place."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace

from understudy_bridge.core.rates import timecode_text
from understudy_bridge.core.shots import is_take
from understudy_bridge.core.timeline import (
    Clip,
    Gap,
    Item,
    Sequence,
    Track,
    Transition,
    numbered,
    tidy,
)


class Lane:
    """One video track: its items beside the frames that they begin on, a transition's being its cut."""

    def __init__(self, track: Track) -> None:
        self.track = track
        self.changed = False
        self._reset(track.items)

    def _reset(self, items: tuple[Item, ...]) -> None:
        self._items = list(tidy(items))
        self._starts: list[int] = []
        self._end = 0
        for item in self._items:
            self._starts.append(self._end)
            self._end += 0 if isinstance(item, Transition) else item.duration

    def in_the_way(self, first: int, end: int) -> tuple[int, Item] | None:
        """What lies between two frames first; also a transition to what begins or ends there."""
        for at, item in self._around(first, end):
            if isinstance(item, Transition):
                lead = at - item.in_offset
                if first <= at <= end or (lead < end and lead + item.duration > first):
                    return lead, item
                continue
            blank = isinstance(item, Gap) and not item.kept
            if not blank and at < end and at + item.duration > first:
                return at, item
        return None

    def seen(self, first: int, end: int) -> tuple[int, Clip | Transition] | None:
        """What of this track is seen between two frames, first."""
        if not self.track.enabled:
            return None
        for at, item in self._around(first, end):
            lead = at - item.in_offset if isinstance(item, Transition) else at
            shows = isinstance(item, Transition) or (isinstance(item, Clip) and item.enabled)
            if shows and lead < end and lead + item.duration > first:
                assert isinstance(item, Clip | Transition)
                return lead, item
        return None

    def _around(self, first: int, end: int) -> list[tuple[int, Item]]:
        """The items that touch some frames."""
        begin = max(0, bisect_right(self._starts, first) - 1)
        begin = bisect_left(self._starts, self._starts[begin]) if self._starts else 0
        behind = bisect_right(self._starts, end)
        # A transition right behind may reach in.
        behind += behind < len(self._items) and isinstance(self._items[behind], Transition)
        return list(zip(self._starts[begin:behind], self._items[begin:behind], strict=True))

    def lay(self, at: int, clip: Clip) -> None:
        """Put a clip where `in_the_way` finds nothing."""
        end = at + clip.duration
        if at >= self._end:
            fresh = [(self._end, Gap(duration=at - self._end))] if at > self._end else []
            self._put(len(self._items), len(self._items), [*fresh, (at, clip)])
            self._end = end
            return
        here = bisect_right(self._starts, at) - 1
        start, gap = self._starts[here], self._items[here]
        pieces: list[tuple[int, Item]] = [(start, Gap(duration=at - start))] if at > start else []
        pieces.append((at, clip))
        if end < start + gap.duration:
            pieces.append((end, Gap(duration=start + gap.duration - end)))
        self._put(here, here + 1, pieces)

    def _put(self, begin: int, end: int, pieces: list[tuple[int, Item]]) -> None:
        self._starts[begin:end] = [at for at, _ in pieces]
        self._items[begin:end] = [item for _, item in pieces]
        self.changed = True

    def exchange(self, at: int, old: Clip, new: Clip) -> None:
        """Put a clip of the same length into another's place."""
        here = self._where(at, old)
        self._put(here, here + 1, [(at, new)])

    def lift(self, at: int, clip: Clip) -> None:
        """Put a gap in a clip's place; a transition to it goes with it."""
        here = self._where(at, clip)
        items = self._items
        items[here] = Gap(duration=clip.duration)
        for beside in (here + 1, here - 1):
            if 0 <= beside < len(items) and isinstance(items[beside], Transition):
                del items[beside]
        self._reset(tuple(items))
        self.changed = True

    def _where(self, at: int, clip: Clip) -> int:
        here = bisect_left(self._starts, at)
        while self._items[here] is not clip:
            here += 1
        return here

    @property
    def is_empty(self) -> bool:
        return not self._items

    def read(self) -> Track:
        """The track as it is now."""
        return replace(self.track, items=tidy(tuple(self._items))) if self.changed else self.track


@dataclass(slots=True)
class Spot:
    """A clip and where it lies."""

    lane: Lane
    at: int
    clip: Clip


class Layout:
    """The video tracks of a sequence while takes come and go; `sequence()` is what has become of it."""

    def __init__(self, sequence: Sequence) -> None:
        self._before = sequence
        self.name, self.rate, self.start_frame = sequence.name, sequence.rate, sequence.start_frame
        self.lanes = [Lane(track) for track in sequence.video()]
        self.shots: dict[str, list[Spot]] = {}
        self.takes: dict[str, list[Spot]] = {}
        for lane in self.lanes:
            for at, clip in lane.track.clips():
                self.note(Spot(lane, at, clip))

    def note(self, spot: Spot) -> None:
        """Remember a clip: a take by its shot, any other by its uid."""
        if is_take(spot.clip):
            self.takes.setdefault(str(spot.clip.ours["shot"]), []).append(spot)
        else:
            self.shots.setdefault(spot.clip.uid, []).append(spot)

    def number(self, lane: Lane) -> int:
        """A track's number now."""
        return self.lanes.index(lane) + 1

    def label(self, lane: Lane) -> str:
        return f"V{self.number(lane)}"

    def timecode(self, at: int) -> str:
        """What the sequence's timecode shows at a record frame."""
        return timecode_text(self.start_frame + at, self.rate, self._before.drop_frame)

    def insert(self, number: int, track: Track) -> Lane:
        """A new track that has this number then."""
        lane = Lane(track)
        self.lanes.insert(number - 1, lane)
        return lane

    def sequence(self) -> Sequence:
        """The timeline as it is now."""
        others = [track for track in self._before.tracks if track.kind != "video"]
        return replace(self._before, tracks=numbered((*(lane.read() for lane in self.lanes), *others)))
