"""One decoder on a plate's file: any picture by its index, exactly, from wherever it stands."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import av.container
from av.video.stream import VideoStream

from understudy.domain.errors import UnreadableMedia
from understudy.domain.shot import Plate
from understudy.media.movie_file import first_video, open_movie

SEEK_GAIN = 24  # without a list of key pictures, so many pictures are decoded through rather than sought
_STEP = 3  # so near, decoding through is quicker than any seek
_REORDERED = 4  # pictures shown before a key picture may be stored behind it
_KEPT = 8  # pictures on the way that are decoded even if nothing rests on them
_SKIPS_WELL = frozenset({"h264", "hevc", "mpeg2video"})  # pictures that no other rests on can be left out

Passed = Callable[[int, av.VideoFrame], None]


@dataclass(frozen=True, slots=True)
class Clock:
    """Which timestamp belongs to which picture of the file, and which picture a plate shows when.

    `times` is there for variable rates and conformed plates only; these show at `conformed_to` a second
    whatever picture of the file is on screen at that time, to the nearest tick: a file's times are rounded to
    its ticks, and a picture that begins a part of one late is not left out for that.
    """

    first: int
    tick_s: Fraction
    rate: Fraction
    times: tuple[int, ...] = ()
    conformed_to: Fraction | None = None

    def shown_at(self, index: int) -> int:
        """The picture of the file that the plate has at `index`."""
        if self.conformed_to is None:
            return index
        ticks = floor(index / (self.conformed_to * self.tick_s) + Fraction(1, 2))
        return max(0, bisect_right(self.times, self.times[0] + ticks) - 1)

    def index_of(self, timestamp: int) -> int | None:
        if not self.times:
            return round((timestamp - self.first) * self.tick_s * self.rate)
        index = bisect_left(self.times, timestamp)
        return index if index < len(self.times) and self.times[index] == timestamp else None

    def timestamp_of(self, index: int) -> int:
        return self.times[index] if self.times else self.first + round(index / (self.rate * self.tick_s))

    def time_s_of(self, index: int) -> Fraction:
        """Seconds from the file's first picture to the plate's picture at `index`; one beyond the last is
        where the last one ends."""
        if self.conformed_to is not None:
            return index / self.conformed_to
        if not self.times:
            return index / self.rate
        beyond = max(0, index + 1 - len(self.times))
        return (self.times[index - beyond] - self.first) * self.tick_s + beyond / self.rate


def clock_of(plate: Plate) -> Clock | None:
    """The plate's clock, or None when its timestamps cannot be relied on and pictures must be counted, as a
    sequence's are.

    At a constant rate the first picture is all that is read. Only a variable rate and a conformed plate need
    every packet's time, which costs reading the file once, without decoding.
    Raises: UnreadableMedia, also for a conformed plate whose times cannot be relied on.
    """
    if plate.is_sequence:
        return None
    path = Path(plate.path)
    if not path.is_file():
        raise UnreadableMedia(f"{path} does not exist; check the path and that the disk is mounted")
    try:
        clock = _read_clock(path, plate)
    except av.FFmpegError as cause:
        raise UnreadableMedia(f"{path} cannot be read as a movie: {cause.strerror or cause}") from cause
    if clock is None and plate.conformed:
        raise UnreadableMedia(
            f"{path} has no timestamps that say when each picture is shown, so it cannot be conformed; "
            "ingest it without a rate"
        )
    return clock


def _read_clock(path: Path, plate: Plate) -> Clock | None:
    with open_movie(path) as container:
        stream = first_video(container, path)
        tick_s = Fraction(stream.time_base or 1)
        if not (plate.variable_rate or plate.conformed):
            first = next(iter(container.decode(stream)), None)
            if first is None or first.pts is None:
                return None
            return Clock(first.pts, tick_s, plate.rate)
        shown = (packet.pts for packet in container.demux(stream) if packet.size and not packet.is_discard)
        stamps = list(shown)
    times = sorted({time for time in stamps if time is not None})
    if not len(stamps) == len(times) == plate.file_frames:
        return None
    return Clock(times[0], tick_s, plate.rate, tuple(times), plate.rate if plate.conformed else None)


class Decoder:
    """A container and the position in it. Positions come from timestamps, or by counting from the start.

    For one thread at a time; what it gives may be used in any.
    """

    def __init__(self, plate: Plate, clock: Clock | None) -> None:
        self._plate, self._clock = plate, clock
        self._container: av.container.InputContainer
        self._stream: VideoStream
        self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def single(self) -> bool:
        """Whether no picture rests on another."""
        return self._stream.codec_context.codec.intra_only

    def close(self) -> None:
        self._container.close()

    def frame(self, frame: int, *, passed: Passed | None = None, keep: int = _KEPT) -> av.VideoFrame:
        """The picture with an editorial number, undisturbed.

        `passed` is told the file's index and picture of those before it that were decoded on the way; the
        last `keep` of them are decoded in any case.
        Raises: FrameOutOfRange, UnreadableMedia naming file and frame.
        """
        index, path = self._plate.index_of(frame), self._plate.path
        if self._clock is not None:
            index = self._clock.shown_at(index)
        try:
            decoded = self._picture(index, passed, keep)
        except av.FFmpegError as cause:
            raise UnreadableMedia(
                f"{path} is damaged at frame {frame} ({cause.strerror or cause}); copy it again"
            ) from cause
        if decoded is None:
            raise UnreadableMedia(f"{path} is cut off before frame {frame}; copy it again")
        if decoded.is_corrupt:
            raise UnreadableMedia(f"{path} is damaged at frame {frame}; copy it again")
        return decoded

    def _picture(self, index: int, passed: Passed | None, keep: int) -> av.VideoFrame | None:
        """The picture at `index` of the file, or None when the file ends before it."""
        if self._last is not None and self._last[0] == index:
            return self._last[1]
        found = None
        for start in self._starts(index):
            if start is not None:
                self._go_to(start)
            found = self._forward_to(index, passed, keep)
            if found is not None and not found.is_corrupt:
                return found
        return found

    def _starts(self, index: int) -> Iterator[int | None]:
        """Where to begin decoding: here, at the key picture before `index`, further back, at the beginning.

        Open groups of pictures make the nearest key picture too late for the few pictures shown before it.
        """
        if self.near(self._last[0] if self._last else -1, index):
            yield None
        if self._clock is not None:
            for back in (0, _REORDERED, 2 * SEEK_GAIN):
                yield max(0, index - back)
        yield 0

    def near(self, at: int, index: int) -> bool:
        """Whether decoding on from `at` is the quickest way to `index`."""
        if index <= at:
            return False
        if self._clock is None or index <= at + _STEP:
            return at >= 0 or not self._sought
        if at < 0:
            return False
        if not self._key_times:
            return index <= at + SEEK_GAIN
        place = bisect_right(self._key_times, self._clock.timestamp_of(index)) - 1
        return place < 0 or self._key_times[place] <= self._clock.timestamp_of(at)

    def _open(self) -> None:
        path = Path(self._plate.path)
        self._container = open_movie(path)
        self._stream = first_video(self._container, path)
        if self.single:  # several pictures side by side would only come later
            self._stream.thread_type = "SLICE"
        self._key_times = _key_times(self._stream)
        self._pictures = self._decoded()
        self._skip_before: int | None = None
        self._counted = 0
        self._sought = False
        self._whole = True  # nothing that comes can lack what it rests on
        self._last: tuple[int, av.VideoFrame] | None = None

    def _go_to(self, index: int) -> None:
        self._last = None
        if index == 0 or self._clock is None:
            self._container.close()
            self._open()
            return
        self._container.seek(self._clock.timestamp_of(index), stream=self._stream, backward=True)
        self._pictures = self._decoded()
        self._sought, self._whole = True, False

    def _decoded(self) -> Iterator[av.VideoFrame]:
        context = self._stream.codec_context
        skips = context.name in _SKIPS_WELL
        for packet in self._container.demux(self._stream):
            if skips:
                early = self._skip_before is not None and (packet.pts or 0) < self._skip_before
                context.skip_frame = "NONREF" if early and packet.pts is not None else "DEFAULT"
            yield from packet.decode()

    def _forward_to(self, index: int, passed: Passed | None, keep: int) -> av.VideoFrame | None:
        self._skip_before = None
        if self._sought and self._clock is not None:  # when counting, every picture counts
            self._skip_before = self._clock.timestamp_of(max(0, index - keep))
        for frame in self._pictures:
            position = self._position(frame)
            if position is None:
                continue
            self._last = (position, frame)
            self._whole = self._whole or frame.key_frame
            if position == index:
                return frame
            if position > index:
                return None
            if passed is not None and position >= index - keep and self._whole and not frame.is_corrupt:
                passed(position, frame)
        return None

    def _position(self, frame: av.VideoFrame) -> int | None:
        if self._sought and self._clock is not None:
            return self._clock.index_of(frame.pts) if frame.pts is not None else None
        position = self._counted
        self._counted += 1
        return position


def _key_times(stream: VideoStream) -> list[int]:
    """Timestamps of the key pictures as far as the file lists them, in its own ticks, sorted."""
    entries = getattr(stream, "index_entries", None)  # older PyAV has none
    return sorted(entry.timestamp for entry in entries if entry.is_keyframe) if entries else []
