"""The running program: what its versions differ in, and plain values out of its answers."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ...panel.host import HostRefused
from .timecode import rate_of

if TYPE_CHECKING:
    from fusionscript import MediaPool, MediaPoolItem, Project, Resolve, Timeline, TimelineItem

ENDS_EXCLUSIVE_FROM = 19
INSERTS_TRACKS_FROM = 19
TELLS_TRANSITIONS_FROM = 21


class Learnt:
    """What this session has found out about the program, since its manners changed between versions.

    end_counts: the `endFrame` of a clip is its last frame, not the one after it.
    numbers_from_start: `startFrame` counts from the medium's "Start" property, not from 0.
    pool: media by path, as the timeline showed them.
    """

    def __init__(self, major: int) -> None:
        self.end_counts = major < ENDS_EXCLUSIVE_FROM
        self.numbers_from_start = False
        self.inserts_tracks = major >= INSERTS_TRACKS_FROM
        self.tells_transitions = major >= TELLS_TRANSITIONS_FROM
        self.pool: dict[str, MediaPoolItem] = {}
        self._calls: dict[str, bool] = {}

    def has(self, thing: Any, call: str) -> bool:
        """Whether objects of this kind have a call. `hasattr` always says yes there, `dir` does not."""
        if call not in self._calls:
            self._calls[call] = call in dir(thing)
        return self._calls[call]

    def manners(self) -> list[tuple[bool, bool]]:
        """(end_counts, numbers_from_start), the likeliest first."""
        ends = [self.end_counts, not self.end_counts]
        starts = [self.numbers_from_start, not self.numbers_from_start]
        return [(end, start) for start in starts for end in ends]


class Open:
    """The project and the timeline in front of the artist, asked for anew at each call."""

    def __init__(self, resolve: Resolve) -> None:
        """Raises: HostRefused when no project or no timeline is open."""
        self.resolve = resolve
        self.project = project_of(resolve)
        timeline = self.project.GetCurrentTimeline()
        if not timeline:
            raise HostRefused("NotOnTimeline", "no timeline is open in Resolve; open one on the Edit page")
        self.timeline: Timeline = timeline
        self.pool: MediaPool = self.project.GetMediaPool()
        said = timeline.GetSetting("timelineFrameRate")
        rate = rate_of(said)
        if rate is None:
            raise HostRefused("Unsupported", f"Resolve gives the timeline the rate {said!r}, which is none")
        self.rate: Fraction = rate
        self.start_frame = needed(timeline.GetStartFrame(), "the timeline's first frame")
        self.drop_frame = _drops(said, timeline)

    def count(self) -> int:
        return int(self.timeline.GetTrackCount("video"))

    def items(self, track: int) -> list[TimelineItem]:
        """All that lies on a video track, in record order; transitions too, where the version tells them."""
        found = self.timeline.GetItemListInTrack("video", track) or []
        begins = [(start_of(item), number, item) for number, item in enumerate(found) if item]
        return [item for _, _, item in sorted(one for one in begins if one[0] is not None)]


def project_of(resolve: Resolve) -> Project:
    """Raises: HostRefused when no project is open."""
    project = resolve.GetProjectManager().GetCurrentProject()
    if not project:
        raise HostRefused("NotOnTimeline", "no project is open in Resolve; open one")
    return project


def _drops(said: Any, timeline: Timeline) -> bool:
    switch = str(timeline.GetSetting("timelineDropFrameTimecode")).strip()
    return switch == "1" or "DF" in str(said).split() or ";" in str(timeline.GetStartTimecode())


def whole(value: Any) -> int | None:
    """A frame number; None where there is none, or none that is whole: dead items answer None to all."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return int(value) if float(value).is_integer() else None


def needed(value: Any, what: str) -> int:
    """Raises: HostRefused when it is no whole number."""
    number = whole(value)
    if number is None:
        raise HostRefused("Unsupported", f"Resolve answers {value!r} for {what}, which is no whole frame")
    return number


# The program takes these without an argument; the published types ask for one that older versions lack.


def start_of(item: TimelineItem) -> int | None:
    """The frame on the timeline's timecode that it begins on."""
    return whole(item.GetStart())  # type: ignore[call-arg]


def duration_of(item: TimelineItem) -> int | None:
    return whole(item.GetDuration())  # type: ignore[call-arg]


def offset_of(item: TimelineItem) -> int | None:
    """Frames of its medium before its first one; at another speed than 100 % divided by that."""
    return whole(item.GetLeftOffset())  # type: ignore[call-arg]


def properties_of(item: TimelineItem) -> dict[str, Any]:
    """Transform and the like; a transition has none."""
    found = item.GetProperty()  # type: ignore[call-arg]
    return found if isinstance(found, dict) else {}


def media_properties(media: MediaPoolItem) -> dict[str, Any]:
    found = media.GetClipProperty()  # type: ignore[call-arg]
    return found if isinstance(found, dict) else {}


def id_of(item: TimelineItem) -> str:
    """The program's own id, "" for what is not really there."""
    return str(item.GetUniqueId() or "")
