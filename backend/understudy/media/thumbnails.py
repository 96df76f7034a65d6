"""Strips of small pictures, each of exactly its frame, kept once they are made."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from understudy.domain.errors import DiskFull, NotFound, Stopped
from understudy.domain.files import write_bytes
from understudy.domain.latest import Latest
from understudy.domain.pictures import Strip
from understudy.media.display import bgr8, jpeg_bytes
from understudy.media.frame_desk import FrameDesk, View
from understudy.media.look import replaced

MOST_BYTES = 48 << 20
_KEPT_QUALITY = 95
_LOOK_EVERY_S = 0.25
_KEPT_STEP_PX = 16  # pictures of other heights are not kept on disk, or every height would fill it anew

Bytes = npt.NDArray[np.uint8]
_Key = tuple[View, int, int, str]


class Thumbnails:
    """Makes strips, one at a time: whoever looks at single frames goes first. For many threads."""

    def __init__(self, desk: FrameDesk, *, most_bytes: int = MOST_BYTES) -> None:
        self._desk = desk
        self._made: Latest[_Key, bytes] = Latest(most_bytes, weight=len)
        self._making = threading.Lock()
        self._keeping = threading.Lock()
        self._age = 0

    @property
    def age(self) -> int:
        """How often everything was forgotten."""
        return self._age

    def strip(
        self,
        view: View,
        frames: Sequence[int],
        height_px: int,
        *,
        folder: Path | None = None,
        alive: Callable[[], bool] = lambda: True,
        age: int | None = None,
    ) -> Strip:
        """The frames side by side; a take's frame that is not rendered shows the plate.

        Thumbnails of the plate are kept below `folder` too; nothing is kept when `forget` was called since
        `age` was read. Raises: FrameOutOfRange, UnreadableMedia, BadInput when it becomes too wide; Stopped
        when nobody waits for it any more.
        """
        age = self._age if age is None else age
        if height_px % _KEPT_STEP_PX:
            folder = None
        for frame in frames:
            view.plate.index_of(frame)
        width_px = max(1, round(height_px * view.plate.width / view.plate.height))
        found: dict[int, Bytes] = {}
        for frame in sorted(set(frames)):
            found[frame] = self._thumbnail(view, frame, (width_px, height_px), folder, alive, age)
        beside = np.concatenate([found[frame] for frame in frames], axis=1)
        return Strip(jpeg=jpeg_bytes(beside), width_px=width_px)

    def forget(self, sweep: Callable[[], None] = lambda: None) -> None:
        """Keep nothing in memory; `sweep` deletes what must go from disk while nothing is written there."""
        with self._keeping:
            self._age += 1
            self._made.clear()
            sweep()

    def _thumbnail(
        self,
        view: View,
        frame: int,
        size_wh: tuple[int, int],
        folder: Path | None,
        alive: Callable[[], bool],
        age: int,
    ) -> Bytes:
        shown, version = self._shown(view, frame)
        path = None
        if shown.take is None and folder is not None:
            path = folder / f"{version}-{size_wh[1]}" / f"{frame}.jpg"
        key = (shown, frame, size_wh[1], version)
        kept = self._kept(key, path, size_wh)
        if kept is not None:
            return kept
        with self._turn(alive):
            source = self._desk.source(shown, frame, passing=True)
            picture = source.picture
            if source.layers is not None:
                picture = replaced(picture, source.layers, marked=shown.marked)
            small = bgr8(picture, size_wh)
        data = jpeg_bytes(small, quality=_KEPT_QUALITY)
        self._keep((shown, frame, size_wh[1], source.version), path, data, age)
        return _image(data)  # as it will be found again

    @contextmanager
    def _turn(self, alive: Callable[[], bool]) -> Iterator[None]:
        """Wait until nobody else makes one. Raises: Stopped when nobody waits for it any more."""
        while True:
            if not alive():
                raise Stopped("nobody waits for the strip any more")
            if self._making.acquire(timeout=_LOOK_EVERY_S):
                break
        try:
            yield
        finally:
            self._making.release()

    def _shown(self, view: View, frame: int) -> tuple[View, str]:
        """The view that has this frame, and the version of its picture."""
        try:
            return view, self._desk.version(view, frame)
        except NotFound:
            plate = View(plate=view.plate)
            return plate, self._desk.version(plate, frame)

    def _kept(self, key: _Key, path: Path | None, size_wh: tuple[int, int]) -> Bytes | None:
        data = self._made.get(key)
        if data is None and path is not None and path.is_file():
            data = self._made.put(key, path.read_bytes())
        if not data:
            return None
        small = _image(data)
        return small if small.shape == (size_wh[1], size_wh[0], 3) else None

    def _keep(self, key: _Key, path: Path | None, data: bytes, age: int) -> None:
        with self._keeping:
            if age != self._age:
                return
            self._made.put(key, data)
            if path is not None:
                with suppress(DiskFull):  # then it is made anew each time
                    write_bytes(path, data)


def _image(data: bytes) -> Bytes:
    """The picture in a JPEG; no pixels when it is none."""
    found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    return np.zeros((0, 0, 3), np.uint8) if found is None else np.asarray(found, np.uint8)
