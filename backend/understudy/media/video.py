"""Reading a plate frame by frame, exactly, with the decoder working ahead in one thread."""

from __future__ import annotations

import queue
import threading
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import av.container
from av.video.stream import VideoStream

from understudy.domain.errors import UnderstudyError, UnreadableMedia
from understudy.domain.shot import Plate
from understudy.media.picture import Picture, picture_of
from understudy.media.probe import first_video, probe

__all__ = ["PlateFrame", "PlateReader", "open_plate", "probe"]

READ_AHEAD_FRAMES = 8
_POLL_S = 0.1
_SEEK_GAIN = 24  # going forward by fewer pictures than this is decoded through, not sought


@dataclass(frozen=True, slots=True)
class PlateFrame:
    """One picture of a plate with its editorial number; `time_s` counts from the file's first picture."""

    frame: int
    picture: Picture
    time_s: Fraction


@dataclass(frozen=True, slots=True)
class _Clock:
    """Which timestamp belongs to which picture. `times` is there for variable rates only."""

    first: int
    tick_s: Fraction
    rate: Fraction
    times: tuple[int, ...] = ()

    def index_of(self, timestamp: int) -> int | None:
        if not self.times:
            return round((timestamp - self.first) * self.tick_s * self.rate)
        index = bisect_left(self.times, timestamp)
        return index if index < len(self.times) and self.times[index] == timestamp else None

    def timestamp_of(self, index: int) -> int:
        return self.times[index] if self.times else self.first + round(index / (self.rate * self.tick_s))

    def time_s_of(self, index: int) -> Fraction:
        return (self.times[index] - self.first) * self.tick_s if self.times else index / self.rate


def open_plate(plate: Plate, *, read_ahead: int = READ_AHEAD_FRAMES) -> PlateReader:
    """A reader of the plate's file. Raises: UnreadableMedia when the file is missing or unreadable."""
    return PlateReader(plate, read_ahead=read_ahead)


class PlateReader:
    """Frames of one plate. Each call of `frames` decodes in a thread of its own, up to `read_ahead` ahead."""

    def __init__(self, plate: Plate, *, read_ahead: int = READ_AHEAD_FRAMES) -> None:
        self.plate = plate
        self._read_ahead = read_ahead
        path = Path(plate.path)
        if not path.is_file():
            raise UnreadableMedia(f"{path} does not exist; check the path and that the disk is mounted")
        try:
            self._clock = _clock_of(path, plate)
        except av.FFmpegError as cause:
            raise UnreadableMedia(f"{path} cannot be read as a movie: {cause.strerror or cause}") from cause

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def frames(self, frames: Iterable[int]) -> Iterator[PlateFrame]:
        """The pictures of `frames`, in the order given; stopping early ends the decoder thread.

        Raises: FrameOutOfRange before anything is decoded; UnreadableMedia naming file and frame.
        """
        wanted = [(frame, self.plate.index_of(frame)) for frame in frames]
        return self._pictures(wanted)

    def time_of(self, frame: int) -> Fraction:
        """Seconds from the file's first picture to this one, exactly. Raises: FrameOutOfRange."""
        return self._time(self.plate.index_of(frame))

    def frame(self, frame: int) -> PlateFrame:
        """One picture. Raises: as `frames`."""
        return next(self.frames((frame,)))

    def _pictures(self, wanted: list[tuple[int, int]]) -> Iterator[PlateFrame]:
        ready: queue.Queue[PlateFrame | BaseException] = queue.Queue(self._read_ahead)
        stop = threading.Event()
        thread = threading.Thread(target=self._fill, args=(wanted, ready, stop), name="decode", daemon=True)
        thread.start()
        try:
            for _ in wanted:
                item = ready.get()
                if isinstance(item, BaseException):
                    raise item
                yield item
        finally:
            stop.set()
            thread.join()

    def _fill(
        self,
        wanted: list[tuple[int, int]],
        ready: queue.Queue[PlateFrame | BaseException],
        stop: threading.Event,
    ) -> None:
        try:
            with _Decoder(self.plate, self._clock) as decoder:
                for frame, index in wanted:
                    if stop.is_set() or not _put(ready, self._read(decoder, frame, index), stop):
                        return
        except (UnderstudyError, av.FFmpegError, OSError, ValueError, MemoryError) as error:
            _put(ready, error, stop)

    def _read(self, decoder: _Decoder, frame: int, index: int) -> PlateFrame:
        try:
            decoded = decoder.picture(index)
        except av.FFmpegError as cause:
            raise UnreadableMedia(
                f"{self.plate.path} is damaged at frame {frame} ({cause.strerror or cause}); copy it again"
            ) from cause
        if decoded is None:
            raise UnreadableMedia(f"{self.plate.path} is cut off before frame {frame}; copy it again")
        if decoded.is_corrupt:
            raise UnreadableMedia(f"{self.plate.path} is damaged at frame {frame}; copy it again")
        picture = picture_of(decoded, self.plate.colour, rotation_deg=self.plate.rotation_deg)
        return PlateFrame(frame, picture, self._time(index))

    def _time(self, index: int) -> Fraction:
        return self._clock.time_s_of(index) if self._clock is not None else index / self.plate.rate


def _put(
    ready: queue.Queue[PlateFrame | BaseException], item: PlateFrame | BaseException, stop: threading.Event
) -> bool:
    while not stop.is_set():
        try:
            ready.put(item, timeout=_POLL_S)
            return True
        except queue.Full:
            continue
    return False


def _clock_of(path: Path, plate: Plate) -> _Clock | None:
    """The plate's clock, or None when its timestamps cannot be relied on and pictures must be counted.

    At a constant rate the first picture is all that is read. Only a variable rate needs every packet's
    time, which costs reading the file once, without decoding.
    """
    with av.open(str(path)) as container:
        stream = first_video(container, path)
        tick_s = Fraction(stream.time_base or 1)
        if not plate.variable_rate:
            first = next(iter(container.decode(stream)), None)
            if first is None or first.pts is None:
                return None
            return _Clock(first.pts, tick_s, plate.rate)
        packets = [packet for packet in container.demux(stream) if packet.size and not packet.is_discard]
        times = sorted(packet.pts for packet in packets if packet.pts is not None)
    if len(set(times)) != plate.file_frames or len(packets) != plate.file_frames:
        return None
    return _Clock(times[0], tick_s, plate.rate, tuple(times))


class _Decoder:
    """A container and the position in it. Positions come from timestamps, or by counting from the start."""

    def __init__(self, plate: Plate, clock: _Clock | None) -> None:
        self._plate, self._clock = plate, clock
        self._container: av.container.InputContainer
        self._stream: VideoStream
        self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._container.close()

    def picture(self, index: int) -> av.VideoFrame | None:
        """The picture at `index` of the file, or None when the file ends before it."""
        if self._last is not None and self._last[0] == index:
            return self._last[1]
        for start in self._starts(index):
            if start is not None:
                self._go_to(start)
            found = self._forward_to(index)
            if found is not None and not found.is_corrupt:
                return found
        return found

    def _starts(self, index: int) -> Iterator[int | None]:
        """Where to begin decoding: here, at the key picture before `index`, further back, at the beginning.

        Open groups of pictures make the nearest key picture too late for the few pictures shown before it.
        """
        at = self._last[0] if self._last else -1
        if at < index <= at + _SEEK_GAIN or (at < index and self._clock is None):
            yield None
        if self._clock is not None:
            yield index
            yield max(0, index - 2 * _SEEK_GAIN)
        yield 0

    def _open(self) -> None:
        path = Path(self._plate.path)
        self._container = av.open(str(path))
        self._stream = first_video(self._container, path)
        self._pictures = iter(self._container.decode(self._stream))
        self._counted = 0
        self._sought = False
        self._last: tuple[int, av.VideoFrame] | None = None

    def _go_to(self, index: int) -> None:
        self._last = None
        if index == 0 or self._clock is None:
            self._container.close()
            self._open()
            return
        self._container.seek(self._clock.timestamp_of(index), stream=self._stream, backward=True)
        self._pictures = iter(self._container.decode(self._stream))
        self._sought = True

    def _forward_to(self, index: int) -> av.VideoFrame | None:
        for frame in self._pictures:
            position = self._position(frame)
            if position is None:
                continue
            self._last = (position, frame)
            if position == index:
                return frame
            if position > index:
                return None
        return None

    def _position(self, frame: av.VideoFrame) -> int | None:
        if self._sought and self._clock is not None:
            return self._clock.index_of(frame.pts) if frame.pts is not None else None
        position = self._counted
        self._counted += 1
        return position
