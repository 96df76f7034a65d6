"""Reading a plate frame by frame, exactly, with its decoder or its files' readers working ahead."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from types import TracebackType
from typing import Self

import av

from understudy.domain.errors import UnderstudyError
from understudy.domain.shot import Plate
from understudy.media.decoder import Decoder, clock_of
from understudy.media.picture import Picture, picture_of
from understudy.media.probe import probe
from understudy.media.sequence_reader import read_frames, require_file

__all__ = ["PlateFrame", "PlateReader", "open_plate", "probe"]

READ_AHEAD_FRAMES = 8
_POLL_S = 0.1


@dataclass(frozen=True, slots=True)
class PlateFrame:
    """One picture of a plate with its editorial number; `time_s` counts from the file's first picture."""

    frame: int
    picture: Picture
    time_s: Fraction


def open_plate(plate: Plate, *, read_ahead: int = READ_AHEAD_FRAMES) -> PlateReader:
    """A reader of the plate's pictures. Raises: UnreadableMedia when the file is missing or unreadable."""
    return PlateReader(plate, read_ahead=read_ahead)


class PlateReader:
    """Frames of one plate. Each call of `frames` reads in threads of its own, up to `read_ahead` ahead."""

    def __init__(self, plate: Plate, *, read_ahead: int = READ_AHEAD_FRAMES) -> None:
        self.plate = plate
        self._read_ahead = read_ahead
        self._clock = clock_of(plate)
        if plate.is_sequence:
            require_file(plate, plate.first_frame)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def frames(self, frames: Iterable[int]) -> Iterator[PlateFrame]:
        """The pictures of `frames`, in the order given; stopping early ends the threads.

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
        return self._read_files(wanted) if self.plate.is_sequence else self._decoded(wanted)

    def _read_files(self, wanted: list[tuple[int, int]]) -> Iterator[PlateFrame]:
        coming = read_frames(self.plate, [frame for frame, _ in wanted], self._read_ahead)
        with closing(coming) as pictures:
            for (_, index), (frame, picture) in zip(wanted, pictures, strict=True):
                yield PlateFrame(frame, picture, self._time(index))

    def _decoded(self, wanted: list[tuple[int, int]]) -> Iterator[PlateFrame]:
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
            with Decoder(self.plate, self._clock) as decoder:
                for frame, index in wanted:
                    if stop.is_set() or not _put(ready, self._read(decoder, frame, index), stop):
                        return
        except (UnderstudyError, av.FFmpegError, OSError, ValueError, MemoryError) as error:
            _put(ready, error, stop)

    def _read(self, decoder: Decoder, frame: int, index: int) -> PlateFrame:
        decoded = decoder.frame(frame)
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
