"""What one delivery is about, and what every output is given of a frame."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from understudy.config import DeliverConfig
from understudy.domain.shot import Plate
from understudy.media.layers import FaceLayers
from understudy.media.picture import Picture
from understudy.media.video import PlateFrame

ALGORITHM = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryTask:
    """What one delivery is about; `settings` are the take's settings hash by frame."""

    plate: Plate
    take_folder: Path
    frames: tuple[int, ...]
    config: DeliverConfig
    folder: Path
    title: str
    marked: bool
    people: tuple[str, ...]
    settings: dict[int, str]

    @property
    def contiguous(self) -> bool:
        return self.frames[-1] - self.frames[0] + 1 == len(self.frames)


@dataclass(frozen=True, slots=True)
class Finished:
    """One frame on its way to every output."""

    plate: PlateFrame
    layers: FaceLayers
    picture: Picture
