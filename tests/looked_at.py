"""A production that is looked at through its server, for tests of pictures, strips and sound."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from tests.matte_show import Show, open_show
from tests.media_samples import sample_layers, write_movie_with_sound
from tests.rendered_takes import add_take
from tests.serving import TOKEN, running

from understudy.client import Client
from understudy.domain.artefact import Take
from understudy.domain.frame import Rect
from understudy.domain.identifiers import new_id
from understudy.domain.pictures import Pixels
from understudy.domain.shot import Plate, Shot
from understudy.media.layers import layers_path, write_layers
from understudy.media.picture import Picture
from understudy.media.probe import probe
from understudy.media.video import open_plate

FACE = Rect(40, 30, 60, 50)


@dataclass(frozen=True)
class House:
    """A shot of ten frames, a take of four of them, a clip with sound, and a client of the server."""

    show: Show
    client: Client
    clip: Shot

    @property
    def plate(self) -> Plate:
        return self.show.shot.plate

    @property
    def take(self) -> Take:
        return self.show.production.takes()[-1]

    def picture(self, frame: int) -> Picture:
        return open_plate(self.plate).frame(frame).picture

    def render(self, frame: int, settings: str, *, light: float = 0.5, take: Take | None = None) -> None:
        folder = self.show.production.path((take or self.take).path)
        write_layers(
            sample_layers(frame, FACE, grey=light, alpha=0.75),
            layers_path(folder, frame),
            display_window=self.plate.display_window,
            settings_sha256=settings,
            people=(self.show.shot.person_id,),
        )


@contextmanager
def looked_at(tmp_path: Path) -> Iterator[House]:
    with open_show(tmp_path) as show:
        add_take(show.production, show.shot, show.consent().id)
        plate = probe(write_movie_with_sound(tmp_path / "clip.mov", 40))
        person = show.production.add_person("speaker")
        clip = Shot(id=new_id(), name="clip", person_id=person.id, role="learn", plate=plate)
        show.production.add_shot(clip)
        with running(show.studio) as server, Client(server.address, TOKEN) as client:
            house = House(show, client, clip)
            for frame in (1002, 1003, 1004, 1005):
                house.render(frame, f"{frame}" * 16)
            yield house
        show.studio.close_pictures()


def image(jpeg: bytes) -> npt.NDArray[np.uint8]:
    return np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def values(pixels: Pixels) -> npt.NDArray[np.float32]:
    shape = (pixels.height, pixels.width, pixels.channels)
    return np.frombuffer(pixels.halfs, "<f2").astype(np.float32).reshape(shape)
