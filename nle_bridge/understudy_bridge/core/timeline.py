"""A timeline as plain records: exact rates, whole frames, ends exclusive.

Record positions count from 0 at the sequence's first frame; `Sequence.start_frame` is that frame's number
on the timecode (86400 for 01:00:00:00 at 24). Source frames are numbered as the medium's own timecode counts
them. A clip shows `duration` frames; they come from the source frames `source_in` up to, not including,
`source_out`, whichever way and however fast the clip plays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Literal

from understudy.domain.errors import BadSettings

OURS = "understudy"  # the one key of ours in any metadata
MOST_FRAMES = 1 << 40  # a number beyond this is no frame number
MOST_NESTED = 16

TrackKind = Literal["video", "audio"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Retime:
    """A change of speed. `speed` in source frames per record frame: 2 is twice as fast, -1 backwards, 0 a
    freeze. `curve` says what else the editor does to time that the bridge cannot follow; speed then is 1.
    """

    speed: Fraction = Fraction(1)
    curve: str = ""

    @property
    def is_freeze(self) -> bool:
        return self.speed == 0 and not self.curve

    def __str__(self) -> str:
        if self.curve:
            return self.curve
        return "freeze" if self.is_freeze else f"{float(self.speed * 100):g} %"


@dataclass(frozen=True, kw_only=True, slots=True)
class Effect:
    """An effect of one file format, kept word for word so that rewriting the file does not lose it."""

    format: str
    name: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Marker:
    """A note at a frame: of a sequence or track in record frames, of a clip in source frames."""

    frame: int
    duration: int = 0
    name: str = ""
    comment: str = ""
    colour: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """What stands against a shot. `refuses`: it cannot be sent so; otherwise it is as well to know."""

    kind: str
    refuses: bool
    message: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Media:
    """A movie or sequence. `start` is the number of its first frame, None when the file does not say;
    `frames` how many there are, None when unknown. `kept` is what one format says beyond that.
    """

    path: str
    name: str = ""
    rate: Fraction
    start: int | None = None
    frames: int | None = None
    drop_frame: bool = False
    reel: str = ""
    colour_space: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    kept: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Nested:
    """A timeline inside a clip. Its frames count from `sequence.start_frame`."""

    sequence: Sequence


@dataclass(frozen=True, kw_only=True, slots=True)
class Clip:
    """A piece of media on a track; `media` None: missing, or made by the editor (titles, bars).

    `problems` is what only its editor knows.
    """

    uid: str
    name: str
    media: Media | Nested | None
    source_rate: Fraction
    source_in: int
    source_out: int
    duration: int
    retime: Retime | None = None
    enabled: bool = True
    markers: tuple[Marker, ...] = ()
    effects: tuple[Effect, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    kept: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    @property
    def ours(self) -> dict[str, Any]:
        """What Understudy wrote into this clip's metadata."""
        found = self.metadata.get(OURS)
        return dict(found) if isinstance(found, Mapping) else {}

    @property
    def file_in(self) -> int:
        """The file's frame, from 0, that `source_in` is; editors that know no timecode count so."""
        return self.source_in - ((self.media.start or 0) if isinstance(self.media, Media) else 0)

    @property
    def speed(self) -> Fraction:
        """Source frames per record frame, 1 where it is unknown."""
        return self.retime.speed if self.retime else Fraction(1)

    @property
    def shown(self) -> tuple[int, int]:
        """The source frames that are seen, end exclusive; a slow clip may need one that was rounded away."""
        frames = max(self.source_out - self.source_in, covering(self.speed, self.duration))
        if self.retime is None or self.retime.curve:
            return self.source_in, self.source_out
        if self.speed < 0:
            return self.source_out - frames, self.source_out
        return self.source_in, self.source_in + frames

    def trimmed(self, head: int, tail: int) -> Clip:
        """The clip with `head` and `tail` record frames less; negative numbers uncover more."""
        first, last = _consumed(self.speed, head), _consumed(self.speed, tail)
        if self.speed < 0:
            first, last = last, first
        return replace(
            self,
            source_in=self.source_in + first,
            source_out=self.source_out - last,
            duration=self.duration - head - tail,
        )


def covering(speed: Fraction, frames: int) -> int:
    """The source frames that some record frames touch, at least one."""
    whole = abs(speed) * frames
    return max(1, -(-whole.numerator // whole.denominator))


def _consumed(speed: Fraction, frames: int) -> int:
    """Whole source frames under some record frames; the same for uncovering as for covering."""
    whole = abs(speed) * abs(frames)
    return (whole.numerator // whole.denominator) * (1 if frames > 0 else -1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Gap:
    """Nothing, for some frames. `kept` only where a file's gap says more."""

    duration: int
    kept: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Transition:
    """Lies over the cut between its neighbours: `in_offset` frames before it, `out_offset` after."""

    in_offset: int
    out_offset: int
    kind: str = "dissolve"  # or wipe001 ... as EDLs number them, or an editor's own name
    name: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    kept: Mapping[str, str] = field(default_factory=dict)

    @property
    def duration(self) -> int:
        return self.in_offset + self.out_offset


Item = Clip | Gap | Transition


@dataclass(frozen=True, kw_only=True, slots=True)
class Track:
    """One video or audio track; items follow each other without holes. `number` counts from 1 per kind."""

    kind: TrackKind
    number: int
    name: str = ""
    items: tuple[Item, ...] = ()
    enabled: bool = True
    locked: bool = False
    markers: tuple[Marker, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    kept: Mapping[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        return f"{self.kind[0].upper()}{self.number}"

    @property
    def duration(self) -> int:
        return sum(item.duration for item in self.items if not isinstance(item, Transition))

    def placed(self) -> Iterator[tuple[int, Item]]:
        """Every item with the frame that it begins on; a transition with its first frame."""
        at = 0
        for item in self.items:
            if isinstance(item, Transition):
                yield at - item.in_offset, item
            else:
                yield at, item
                at += item.duration

    def clips(self) -> Iterator[tuple[int, Clip]]:
        """Every clip with the frame that it begins on."""
        return ((at, item) for at, item in self.placed() if isinstance(item, Clip))


@dataclass(frozen=True, kw_only=True, slots=True)
class Sequence:
    """A whole timeline. Tracks from the bottom up, video before audio."""

    name: str
    rate: Fraction
    drop_frame: bool = False
    start_frame: int = 0
    tracks: tuple[Track, ...] = ()
    markers: tuple[Marker, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    kept: Mapping[str, str] = field(default_factory=dict)

    @property
    def duration(self) -> int:
        return max((track.duration for track in self.tracks), default=0)

    def video(self) -> tuple[Track, ...]:
        return tuple(track for track in self.tracks if track.kind == "video")

    def with_track(self, track: Track) -> Sequence:
        """The sequence with one track of the same kind and number replaced."""
        tracks = tuple(
            track if (old.kind, old.number) == (track.kind, track.number) else old for old in self.tracks
        )
        return replace(self, tracks=tracks)

    def find(self, uid: str) -> tuple[Track, int, Clip] | None:
        """The clip of this uid, its track and the frame it begins on."""
        for track in self.tracks:
            for at, clip in track.clips():
                if clip.uid == uid:
                    return track, at, clip
        return None


def numbered(tracks: tuple[Track, ...]) -> tuple[Track, ...]:
    """Video before audio, each counted from 1 in the order given."""
    kinds: tuple[TrackKind, ...] = ("video", "audio")
    return tuple(
        replace(track, number=number) if track.number != number else track
        for kind in kinds
        for number, track in enumerate((one for one in tracks if one.kind == kind), 1)
    )


def tidy(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """Without empty gaps and gaps at the end, plain neighbouring gaps made one."""
    kept: list[Item] = []
    for item in items:
        if isinstance(item, Gap) and not item.kept:
            if item.duration == 0:
                continue
            if kept and isinstance(last := kept[-1], Gap) and not last.kept:
                kept[-1] = Gap(duration=last.duration + item.duration)
                continue
        kept.append(item)
    while kept and isinstance(kept[-1], Gap) and not kept[-1].kept:
        kept.pop()
    return tuple(kept)


def check_transitions(track: Track) -> None:
    """Raises: BadSettings when a transition does not fit between its neighbours."""
    items = track.items
    for at, item in enumerate(items):
        if not isinstance(item, Transition):
            continue
        before = items[at - 1] if at else None
        after = items[at + 1] if at + 1 < len(items) else None
        if isinstance(before, Transition) or isinstance(after, Transition):
            raise BadSettings(f"two transitions in a row on {track.label}; put a clip between them")
        taken = items[at - 2] if at > 1 else None
        taken_out = taken.out_offset if isinstance(taken, Transition) else 0
        if before is not None and item.in_offset + taken_out > before.duration:
            raise BadSettings(f"a transition on {track.label} is longer than the clip before it")
        if after is not None and item.out_offset > after.duration:
            raise BadSettings(f"a transition on {track.label} is longer than the clip after it")
