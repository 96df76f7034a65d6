"""Reading a sequence frame by frame, several files at once, in order."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice

from understudy.domain.errors import UnreadableMedia
from understudy.domain.shot import Plate
from understudy.media.rgb_picture import RgbPicture
from understudy.media.sequence_files import READERS, file_of
from understudy.media.sequence_header import read_header
from understudy.media.sequence_picture import read_picture

AHEAD_BYTES = 256 << 20
_SAMPLE_BYTES = {"uint8": 1, "float": 4}  # everything else takes two
_LEAST_AHEAD = 2


class SequenceSource:
    """A sequence's files as a source of pictures: each is had as soon as any other."""

    single = True

    def __init__(self, plate: Plate) -> None:
        self._plate = plate

    def picture(
        self, frame: int, *, passed: Callable[[int, RgbPicture], None] | None = None, keep: int = 0
    ) -> RgbPicture:
        """As `PictureSource.picture`: nothing comes up on the way."""
        return frame_of(self._plate, frame)

    def near(self, at: int, index: int) -> bool:
        return True

    def close(self) -> None:
        return None


def frame_of(plate: Plate, frame: int) -> RgbPicture:
    """One picture of a plate. Raises: FrameOutOfRange, UnreadableMedia naming file and frame."""
    path = file_of(plate, plate.index_of(frame))
    try:
        header = read_header(path)
        if header.size != (plate.width, plate.height):
            raise UnreadableMedia(
                f"{path} is {header.width}x{header.height}, the plate {plate.width}x{plate.height}; put "
                "back the picture that was taken in, or ingest the sequence again"
            )
        if header.window != header.window.intersect(plate.window):
            raise UnreadableMedia(
                f"{path} has another data window than when it was taken in; ingest the sequence again"
            )
        return read_picture(header, plate.colour)
    except UnreadableMedia as cause:
        raise UnreadableMedia(f"frame {frame}: {cause}") from cause
    except OSError as cause:
        raise UnreadableMedia(f"frame {frame}: {path} cannot be read: {cause.strerror or cause}") from cause


def require_file(plate: Plate, frame: int) -> None:
    """Raises: UnreadableMedia when the frame's file is away."""
    path = file_of(plate, plate.index_of(frame))
    if not path.is_file():
        raise UnreadableMedia(f"frame {frame}: {path} does not exist; check the path and the disk")


def frames_ahead(plate: Plate, most: int) -> int:
    """How many pictures may be in memory before they are asked for."""
    sample_bytes = _SAMPLE_BYTES.get(plate.pixel_format, 2)
    picture_bytes = plate.window.width * plate.window.height * 4 * sample_bytes
    return max(_LEAST_AHEAD, min(most, AHEAD_BYTES // picture_bytes))


def read_frames(
    plate: Plate, frames: Iterable[int], ahead: int
) -> Generator[tuple[int, RgbPicture], None, None]:
    """The pictures of `frames`, in the order given, up to `ahead` of them read before they are asked for.

    Stopping early leaves no thread behind. Raises: as `frame_of`, when its turn comes.
    """
    ahead = frames_ahead(plate, ahead)
    readers = ThreadPoolExecutor(min(READERS, ahead, os.cpu_count() or 1), thread_name_prefix="read")
    coming = iter(frames)
    under_way: deque[tuple[int, Future[RgbPicture]]] = deque()
    try:
        for frame in islice(coming, ahead):
            under_way.append((frame, readers.submit(frame_of, plate, frame)))
        while under_way:
            frame, reading = under_way.popleft()
            picture = reading.result()
            del reading  # what was handed over is not held
            if (following := next(coming, None)) is not None:
                under_way.append((following, readers.submit(frame_of, plate, following)))
            yield frame, picture
            del picture
    finally:
        readers.shutdown(wait=True, cancel_futures=True)
