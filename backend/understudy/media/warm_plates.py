"""Plates kept open: a few decoders that stay where they are, and the pictures they decoded last.

For whoever looks at single frames of several shots from many threads. Stages that go through a shot from
end to end open a reader of their own (`video.py`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial

import av

from understudy.domain.errors import UnreadableMedia
from understudy.domain.latest import Latest
from understudy.domain.shot import Plate
from understudy.media.decoder import SEEK_GAIN, Clock, clock_of
from understudy.media.picture import Picture
from understudy.media.picture_source import Passed, PictureSource, open_source

MOST_DECODERS = 6
DECODERS_A_PLATE = 3
MOST_BYTES = 256 << 20
IDLE_S = 60.0
_KEPT_ON_THE_WAY = 8  # going forward, so many pictures before the wanted one are kept
_SINGLE_KEPT = 6  # of plates whose pictures rest on no others and are had again in no time
_KEPT_GOING_BACK = 64  # going back, a long group of pictures is decoded once for so many steps


@dataclass(eq=False, slots=True)
class _Seat:
    """One decoder, who waits for it, and where it will stand when all they want is done."""

    plate: Plate
    heading: int
    lock: threading.Lock = field(default_factory=threading.Lock)
    source: PictureSource | None = None
    single: bool = False
    passing: bool = False  # for those who pass through, so that they take nobody's place
    users: int = 0
    used_at: float = 0.0

    def comes_by(self, index: int) -> bool:
        """Whether it gets to `index` the quickest by decoding on."""
        gap, source = index - self.heading, self.source
        return 0 <= gap <= SEEK_GAIN or (gap > 0 and source is not None and source.near(self.heading, index))

    def close(self) -> None:
        if self.source is not None:
            self.source.close()
            self.source = None


class WarmPlates:
    """Any picture of any plate, exactly. For many threads."""

    def __init__(
        self,
        *,
        most_decoders: int = MOST_DECODERS,
        most_bytes: int = MOST_BYTES,
        idle_s: float = IDLE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most_decoders, self._most_bytes, self._idle_s = most_decoders, most_bytes, idle_s
        self._now = clock
        self._guard = threading.Lock()
        self._seats: list[_Seat] = []
        self._clocks: Latest[Plate, tuple[Clock | None]] = Latest(32)
        self._age = 0
        self._frames: Latest[tuple[Plate, int], Picture] = Latest(most_bytes, weight=_bytes_of)
        self._single: Latest[tuple[Plate, int], Picture] = Latest(_SINGLE_KEPT)

    def picture(
        self, plate: Plate, frame: int, *, going_back: bool = False, passing: bool = False
    ) -> Picture:
        """One picture of a plate. `going_back` says that those before it will be asked for next, `passing`
        that nobody will ask for anything near it.

        Raises: FrameOutOfRange, UnreadableMedia.
        """
        index = self._index_of(plate, frame)
        many = 0 if passing else self._fitting(plate) if going_back else _KEPT_ON_THE_WAY
        return self._at_hand(plate, index) or self._decode(plate, frame, many, passing=passing)

    def prepare_back(self, plate: Plate, frame: int) -> None:
        """Have the pictures before `frame` decoded before the last of those at hand is asked for."""
        early = max(plate.first_frame, frame - self._fitting(plate) // 2)
        with self._guard:
            single = any(seat.single for seat in self._seats if seat.plate == plate)
        if not single and self._at_hand(plate, self._index_of(plate, early)) is None:
            self._decode(plate, early, self._fitting(plate))

    def time_of(self, plate: Plate, frame: int) -> Fraction:
        """Seconds from the file's first picture to this one, exactly. Raises: as `picture`."""
        return self._time_at(plate, plate.index_of(frame))

    def end_of(self, plate: Plate, frame: int) -> Fraction:
        """Seconds from the file's first picture to the end of this one. Raises: as `picture`."""
        return self._time_at(plate, plate.index_of(frame) + 1)

    def forget(self) -> None:
        """Close every file and keep no picture. What is being decoded meanwhile is not kept either."""
        with self._guard:
            self._age += 1
            self._frames.clear()
            self._single.clear()
            self._clocks.clear()
            left, self._seats = self._seats, []
        for seat in left:
            with seat.lock:
                seat.close()

    def rest(self) -> None:
        """Close what nobody has used for a while; to be called now and then."""
        oldest = self._now() - self._idle_s
        with self._guard:
            idle = [seat for seat in self._seats if not seat.users and seat.used_at < oldest]
            for seat in idle:
                self._seats.remove(seat)
                seat.close()
            if not self._seats:
                self._frames.clear()
                self._single.clear()

    def _decode(self, plate: Plate, frame: int, many: int, *, passing: bool = False) -> Picture:
        index, age = self._index_of(plate, frame), self._age
        seat = self._claim(plate, index, passing)
        try:
            with seat.lock:
                passed_by = self._at_hand(plate, index)
                if passed_by is not None:
                    return passed_by
                keep = partial(self._keep, seat, age)
                decoded = self._decoded_by(seat, frame, keep, many)
                if many:
                    keep(index, decoded)
                return decoded
        finally:
            self._release(seat)

    def _decoded_by(self, seat: _Seat, frame: int, keep: Passed, many: int) -> Picture:
        plate = seat.plate
        try:
            if seat.source is None:
                seat.source = open_source(plate, self._clock_of(plate))
                seat.single = seat.source.single
            return seat.source.picture(frame, passed=keep, keep=many)
        except UnreadableMedia:
            seat.close()
            raise
        except av.FFmpegError as cause:  # of opening it: frames say what is wrong with them
            raise UnreadableMedia(f"{plate.path} cannot be read: {cause.strerror or cause}") from cause

    def _fitting(self, plate: Plate) -> int:
        """How many decoded pictures fit into half of what may be kept."""
        samples_a_pixel = 1.5 if "420" in plate.pixel_format else 2.0 if "422" in plate.pixel_format else 3.0
        bytes_a_picture = plate.width * plate.height * samples_a_pixel * (2 if plate.bit_depth > 8 else 1)
        return max(2, min(_KEPT_GOING_BACK, int(self._most_bytes / 2 / bytes_a_picture)))

    def _at_hand(self, plate: Plate, index: int) -> Picture | None:
        return self._frames.get((plate, index)) or self._single.get((plate, index))

    def _keep(self, seat: _Seat, age: int, index: int, decoded: Picture) -> None:
        shelf = self._single if seat.single else self._frames
        with self._guard:
            if age == self._age:
                shelf.put((seat.plate, index), decoded)

    def _claim(self, plate: Plate, index: int, passing: bool) -> _Seat:
        """The decoder that is the soonest there: one that comes by, else one that is moved or opened."""
        closing, most = None, 1 if passing else DECODERS_A_PLATE
        with self._guard:
            mine = [seat for seat in self._seats if seat.plate == plate and seat.passing == passing]
            coming = [seat for seat in mine if seat.comes_by(index)]
            free = [seat for seat in mine if not seat.users]
            if coming:
                seat = max(coming, key=lambda seat: seat.heading)
            elif free and (len(mine) >= most or len(self._seats) >= self._most_decoders):
                seat = min(free, key=lambda seat: seat.used_at)
            elif len(mine) >= most:
                seat = min(mine, key=lambda seat: seat.users)
            else:
                closing = self._make_room()
                seat = _Seat(plate, index, passing=passing)
                self._seats.append(seat)
            seat.users += 1
            seat.heading = index
        if closing is not None:
            closing.close()
        return seat

    def _make_room(self) -> _Seat | None:
        """Take the decoder away that rests longest, when there are enough; all busy, there is one more."""
        free = [seat for seat in self._seats if not seat.users]
        if len(self._seats) < self._most_decoders or not free:
            return None
        oldest = min(free, key=lambda seat: seat.used_at)
        self._seats.remove(oldest)
        return oldest

    def _release(self, seat: _Seat) -> None:
        with self._guard:
            seat.users -= 1
            seat.used_at = self._now()
            forgotten = not seat.users and seat not in self._seats
        if forgotten:
            seat.close()

    def _time_at(self, plate: Plate, index: int) -> Fraction:
        clock = self._clock_of(plate)
        return clock.time_s_of(index) if clock is not None else index / plate.rate

    def _index_of(self, plate: Plate, frame: int) -> int:
        """Which picture of the file a frame shows."""
        index = plate.index_of(frame)
        clock = self._clock_of(plate) if plate.conformed else None
        return clock.shown_at(index) if clock is not None else index

    def _clock_of(self, plate: Plate) -> Clock | None:
        known = self._clocks.get(plate) or self._clocks.put(plate, (clock_of(plate),))
        return known[0]


def _bytes_of(picture: Picture) -> int:
    return picture.nbytes
