"""Where a plate's pictures come from: a movie's decoder, or a sequence's files."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol

import av

from understudy.domain.shot import Plate
from understudy.media.decoder import Clock, Decoder
from understudy.media.picture import Picture, picture_of
from understudy.media.sequence_reader import SequenceSource

Passed = Callable[[int, Picture], None]


class PictureSource(Protocol):
    """Any picture of one plate, for one thread at a time; what it gives may be used in any."""

    @property
    def single(self) -> bool:
        """Whether no picture rests on another, so that each is had as soon as any other."""
        ...

    def picture(self, frame: int, *, passed: Passed | None = None, keep: int = 0) -> Picture:
        """The picture with an editorial number.

        `passed` is told the file's index and picture of those before it that came up on the way, at least of
        the last `keep` of them where one rests on another. Raises: FrameOutOfRange, UnreadableMedia.
        """
        ...

    def near(self, at: int, index: int) -> bool:
        """Whether going on from `at` is the quickest way to `index`."""
        ...

    def close(self) -> None: ...


def open_source(plate: Plate, clock: Clock | None) -> PictureSource:
    """A source of the plate's pictures. Raises: UnreadableMedia, av.FFmpegError."""
    return SequenceSource(plate) if plate.is_sequence else MovieSource(plate, clock)


class MovieSource:
    """A movie's decoder as a source of pictures."""

    def __init__(self, plate: Plate, clock: Clock | None) -> None:
        self._decoder = Decoder(plate, clock)
        self._picture_of = partial(picture_of, colour=plate.colour, rotation_deg=plate.rotation_deg)

    @property
    def single(self) -> bool:
        return self._decoder.single

    def picture(self, frame: int, *, passed: Passed | None = None, keep: int = 0) -> Picture:
        def on_the_way(index: int, decoded: av.VideoFrame) -> None:
            if passed is not None:
                passed(index, self._picture_of(decoded))

        way = on_the_way if passed is not None else None
        return self._picture_of(self._decoder.frame(frame, passed=way, keep=keep))

    def near(self, at: int, index: int) -> bool:
        return self._decoder.near(at, index)

    def close(self) -> None:
        self._decoder.close()
