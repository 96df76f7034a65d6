"""Small pictures of faces, cut when they are asked for and beforehand, while somebody looks through a shot.

What is asked for is cut at once. Between requests one thread goes on through the same shots from end to end,
since whoever looks at some of their faces soon scrolls to the others; it rests while somebody waits.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from understudy.config import TrainConfig
from understudy.domain.errors import UnderstudyError
from understudy.domain.face import NO_TRACK, ShotFaces
from understudy.domain.latest import Latest
from understudy.domain.shot import Plate
from understudy.media.video import open_plate
from understudy.stages.face_pictures import face_picture

CROP_TYPE = TrainConfig().crop_type
MOST_BYTES = 96 << 20
IDLE_S = 20.0  # nobody having asked for so long, nothing is made beforehand
_AHEAD_SHARE = 0.6  # of the shelf
_SHOTS_AHEAD = 8
_CODING = (
    *(cv2.IMWRITE_JPEG_QUALITY, 95),
    *(cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444),  # it is coded once more
)
_END_S = 10.0

Bytes = npt.NDArray[np.uint8]
_Place = tuple[str, str, int, int]
_Walk = tuple[str, str, int]  # a shot's faces in one size


@dataclass(frozen=True, eq=False)
class FoundFaces:
    """A shot's found faces and the hash of their record."""

    plate: Plate
    sha256: str
    faces: ShotFaces

    def walk(self, size_px: int) -> _Walk:
        """Stands for all pictures of one size."""
        return self.plate.sha256, self.sha256, size_px

    def place(self, row: int, size_px: int) -> _Place:
        """Where a picture lies on the shelf: all that it is made from."""
        return self.plate.sha256, self.sha256, row, size_px


class FaceShelf:
    """Pictures of faces, bounded in bytes. For many threads."""

    def __init__(self, *, most_bytes: int = MOST_BYTES, idle_s: float = IDLE_S) -> None:
        self._most_bytes, self._idle_s = most_bytes, idle_s
        self._shelf: Latest[_Place, bytes] = Latest(most_bytes, weight=len)
        self._decoding = threading.Lock()
        self._news = threading.Condition()
        self._waiting = self._age = 0
        self._asked_at = 0.0
        self._ahead: dict[_Walk, FoundFaces] = {}
        self._done: set[_Walk] = set()
        self._room = 0
        self._thread: threading.Thread | None = None
        self._rest()

    def pictures(self, found: FoundFaces, rows: Sequence[int], size_px: int) -> dict[int, Bytes]:
        """Pictures (size_px, size_px, 3) of some rows, by row. Raises: BadInput, UnreadableMedia."""
        with self._news:
            self._waiting += 1
            age = self._age
        try:
            with self._decoding:  # who comes next finds on the shelf what both want
                made = {row: self._shelf.get(found.place(row, size_px)) for row in rows}
                missing = sorted(row for row, coded in made.items() if coded is None)
                for row, coded in _cut(found, missing, size_px):
                    made[row] = coded
                    self._keep(found.place(row, size_px), coded, age)
        finally:
            with self._news:
                self._waiting -= 1
                self._asked_at = time.monotonic()
                self._news.notify_all()
        self._go_ahead(found, size_px, age)
        return {row: _decoded(coded) for row, coded in made.items() if coded is not None}

    def forget(self) -> None:
        """Keep no picture, and make none beforehand. What is being cut meanwhile is not kept either."""
        with self._news:
            self._age += 1
            self._shelf.clear()
            self._rest()
            thread = self._thread
            self._news.notify_all()
        if thread is not None:
            thread.join(_END_S)

    def __contains__(self, place: _Place) -> bool:
        return self._shelf.get(place) is not None

    def __len__(self) -> int:
        return len(self._shelf.items())

    def _keep(self, place: _Place, coded: bytes, age: int) -> None:
        with self._news:
            if age == self._age:
                self._shelf.put(place, coded)

    def _go_ahead(self, found: FoundFaces, size_px: int, age: int) -> None:
        """Have the shot's other faces cut."""
        walk = found.walk(size_px)
        with self._news:
            if age != self._age or walk in self._done or walk in self._ahead:
                return
            self._ahead[walk] = found
            while len(self._ahead) > _SHOTS_AHEAD:
                del self._ahead[next(iter(self._ahead))]
            if self._thread is None:
                self._thread = threading.Thread(target=self._walk, name="faces")
                self._thread.start()

    def _walk(self) -> None:
        """Go through one shot after the other until nothing is left, or nobody looks any more."""
        while True:
            with self._news:
                walk, found = next(iter(self._ahead.items()), (None, None))
                if walk is None or found is None:
                    self._thread = None
                    return
                age = self._age
            with suppress(UnderstudyError):  # whoever asks for that frame is told
                self._go_through(walk, found, age)
            with self._news:
                if age == self._age and self._ahead.pop(walk, None) is not None:
                    self._done.add(walk)

    def _go_through(self, walk: _Walk, found: FoundFaces, age: int) -> None:
        size_px = walk[-1]
        rows = np.flatnonzero(found.faces.track != NO_TRACK).tolist()
        missing = [row for row in rows if found.place(row, size_px) not in self]
        for row, coded in _cut(found, missing, size_px, go_on=lambda: self._may_go_on(walk, age)):
            self._keep(found.place(row, size_px), coded, age)
            self._room -= len(coded)

    def _may_go_on(self, walk: _Walk, age: int) -> bool:
        """Rest while somebody waits; then whether this is still wanted and there is room for more."""
        with self._news:
            while self._waiting and age == self._age:
                self._news.wait(1.0)
            idle = time.monotonic() - self._asked_at > self._idle_s
            if age == self._age and (idle or not threading.main_thread().is_alive()):  # the program ends
                self._rest()
            return age == self._age and walk in self._ahead and self._room > 0

    def _rest(self) -> None:
        """Nothing more is made beforehand until somebody asks again; called under the lock."""
        self._ahead.clear()
        self._done.clear()
        self._room = int(self._most_bytes * _AHEAD_SHARE)


def _cut(
    found: FoundFaces, rows: Sequence[int], size_px: int, *, go_on: Callable[[], bool] = lambda: True
) -> Iterator[tuple[int, bytes]]:
    """Coded pictures of some rows in their order, each frame decoded once, while `go_on()` says so."""
    by_frame: dict[int, list[int]] = {}
    for row in rows:
        by_frame.setdefault(int(found.faces.frame[row]), []).append(row)
    if not by_frame or not go_on():
        return
    with open_plate(found.plate) as reader:
        for decoded in reader.frames(by_frame):
            for row in by_frame[decoded.frame]:
                landmarks = found.faces.landmarks_NK3[row]
                cut = face_picture(
                    decoded.picture,
                    landmarks,
                    CROP_TYPE,
                    size_px,
                    pixel_aspect=float(found.plate.pixel_aspect),
                )
                yield row, _coded(cut)
            if not go_on():
                return


def _coded(picture: Bytes) -> bytes:
    return cv2.imencode(".jpg", picture[:, :, ::-1], _CODING)[1].tobytes()


def _decoded(coded: bytes) -> Bytes:
    bgr = cv2.imdecode(np.frombuffer(coded, np.uint8), cv2.IMREAD_COLOR)
    return np.ascontiguousarray(np.asarray(bgr, np.uint8)[:, :, ::-1])
