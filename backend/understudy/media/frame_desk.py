"""Pictures of single frames as quickly as they can be had: kept, and made before they are asked for.

Whoever goes through a shot frame by frame finds the next ones made. Everything kept is bounded in bytes.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from understudy.domain.errors import BadInput, NotFound, Transient, UnderstudyError
from understudy.domain.latest import Latest
from understudy.domain.pictures import FramePicture
from understudy.domain.shot import Plate
from understudy.domain.summary import Layer
from understudy.media.layer_headers import LayerHeaders
from understudy.media.layers import FaceLayers, layers_path, read_layers
from understudy.media.look import frame_jpeg
from understudy.media.picture import Picture
from understudy.media.warm_plates import WarmPlates

_VERSION_LENGTH = 16
MOST_BYTES = 128 << 20
FRAMES_AHEAD = 6
_REMEMBERED = 16  # frames asked for last, by which it is known which way somebody goes
_VIEWS_FOLLOWED = 16
_REST_EVERY_S = 10.0
_TRIES = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """What is looked at, whatever the frame. `take` is a take's folder; `marked` burns its mark in."""

    plate: Plate
    take: Path | None = None
    layer: Layer = Layer.PLATE
    max_width_px: int = 0
    marked: bool = False


def version_of(settings_sha256: str, *, marked: bool) -> str:
    """The version of a take's frame: the same pixels with a mark burnt in are another picture."""
    return ("m" + settings_sha256 if marked else settings_sha256)[:_VERSION_LENGTH]


class FrameDesk:
    """Pictures of plates and takes. For many threads; one of its own works ahead."""

    def __init__(self, *, most_bytes: int = MOST_BYTES, frames_ahead: int = FRAMES_AHEAD) -> None:
        self.plates = WarmPlates()
        self.headers = LayerHeaders()
        self._frames_ahead = frames_ahead
        self._made: Latest[tuple[View, int], FramePicture] = Latest(most_bytes, weight=_bytes_of)
        self._asked: Latest[View, deque[int]] = Latest(_VIEWS_FOLLOWED)
        self._news = threading.Condition()
        self._making: dict[tuple[View, int], threading.Event] = {}
        self._next: tuple[View, int, int] | None = None
        self._age = self._turn = 0
        self._worker: threading.Thread | None = None
        self._closed = False

    def picture(self, view: View, frame: int) -> FramePicture:
        """One picture, at once if somebody came this way.

        Raises: FrameOutOfRange, UnreadableMedia, BadInput; NotFound when a take's frame is not rendered.
        """
        picture = self._picture(view, frame, going_back=False)
        self._follow(view, frame)
        return picture

    def version(self, view: View, frame: int) -> str:
        """Stands for the picture. Raises: as `picture`."""
        view.plate.index_of(frame)
        if view.layer is Layer.PLATE:
            return view.plate.sha256[:_VERSION_LENGTH]
        if view.take is None:
            raise BadInput(f"a shot has only its plate; ask a take for its {view.layer}")
        settings = self.headers.settings_of(layers_path(view.take, frame))
        if settings is None:
            raise NotFound(f"frame {frame} of this take is not rendered yet")
        return version_of(settings, marked=view.marked)

    def source(self, view: View, frame: int, *, going_back: bool = False, passing: bool = False) -> Source:
        """The plate's picture and what is laid over it, of one version; see `WarmPlates.picture`.

        Raises: as `picture`.
        """
        self._keep_working()
        for _ in range(_TRIES):
            version = self.version(view, frame)
            layers = None
            if view.take is not None and view.layer is not Layer.PLATE:
                layers = read_layers(layers_path(view.take, frame))
            picture = self.plates.picture(view.plate, frame, going_back=going_back, passing=passing)
            if self.version(view, frame) == version:
                return Source(picture=picture, layers=layers, version=version)
        raise Transient(f"frame {frame} of this take is being rendered right now; look again")

    def forget(self) -> None:
        """Keep nothing of what was looked at, not even of what is being made at this moment."""
        with self._news:
            self._age += 1
            self._next = None
            self._made.clear()
            self._asked.clear()
        self.headers.forget()
        self.plates.forget()

    def close(self) -> None:
        """End the work ahead and close all files."""
        with self._news:
            self._closed = True
            self._news.notify_all()
            worker = self._worker
        if worker is not None:
            worker.join()
        self.forget()

    def _picture(self, view: View, frame: int, *, going_back: bool) -> FramePicture:
        """Made once, however many ask for it at the same time."""
        key = (view, frame)
        while True:
            version = self.version(view, frame)
            made = self._made.get(key)
            if made is not None and made.version == version:
                return made
            with self._news:
                others = self._making.get(key)
                if others is None:
                    mine = self._making[key] = threading.Event()
                    age = self._age
            if others is None:
                break
            others.wait()
        try:
            picture = self._make(view, frame, going_back)
            with self._news:
                if age == self._age:
                    self._made.put(key, picture)
            return picture
        finally:
            with self._news:
                del self._making[key]
            mine.set()

    def _make(self, view: View, frame: int, going_back: bool) -> FramePicture:
        source = self.source(view, frame, going_back=going_back or self._comes_back(view, frame))
        jpeg = frame_jpeg(
            source.picture,
            source.layers,
            view.layer,
            max_width_px=view.max_width_px,
            marked=view.marked,
        )
        return FramePicture(jpeg=jpeg, version=source.version)

    def _comes_back(self, view: View, frame: int) -> bool:
        asked = self._asked.get(view)
        return asked is not None and _direction(tuple(asked), frame) < 0

    def _follow(self, view: View, frame: int) -> None:
        """Work ahead when somebody takes step after step; anybody's jump ends it."""
        with self._news:
            asked = self._asked.get(view) or self._asked.put(view, deque(maxlen=_REMEMBERED))
            direction = _direction(tuple(asked), frame)
            asked.append(frame)
            self._turn += 1
            self._next = (view, frame, direction)
            self._news.notify_all()

    def _keep_working(self) -> None:
        with self._news:
            alive = self._worker is not None and self._worker.is_alive()
            if not alive and not self._closed:
                self._worker = threading.Thread(target=self._work_ahead, name="look ahead", daemon=True)
                self._worker.start()

    def _work_ahead(self) -> None:
        while True:
            with self._news:
                news = self._next is not None or self._closed or self._news.wait(_REST_EVERY_S)
                if self._closed:
                    return
                asked, turn, self._next = self._next, self._turn, None
            if asked is not None:
                self._make_ahead(*asked, turn=turn)
            elif not news:
                self.plates.rest()

    def _make_ahead(self, view: View, frame: int, direction: int, *, turn: int) -> None:
        """The next frames, until somebody asks for others or there is none.

        Where nobody knows which way it goes, the next frame is decoded and no more.
        """
        try:
            if not direction and frame + 1 in view.plate.frames:
                self.plates.picture(view.plate, frame + 1)
                return
            for step in range(1, self._frames_ahead + 1):
                if frame + direction * step not in view.plate.frames or self._turn != turn or self._closed:
                    return
                self._picture(view, frame + direction * step, going_back=direction < 0)
            if direction < 0:
                self.plates.prepare_back(view.plate, frame)
        except UnderstudyError:  # whoever asks for it is told
            return


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """A plate's picture, a take's layers over it, and the version of the two."""

    picture: Picture
    layers: FaceLayers | None
    version: str


def _direction(asked: tuple[int, ...], frame: int) -> int:
    """1 when `frame` follows the one asked for last beside it, -1 when it goes before it, else 0."""
    for other in reversed(asked):
        if abs(frame - other) == 1:
            return frame - other
    return 0


def _bytes_of(picture: FramePicture) -> int:
    return len(picture.jpeg)
