"""Pictures of the synthetic pair for tests of finding and following faces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from understudy.domain.time import FIRST_FRAME
from understudy.media.video import open_plate
from understudy.stages.ingest import ingest

Picture8 = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Rgb:
    pixels_HW3: Picture8

    def rgb8(self) -> Picture8:
        return self.pixels_HW3


@dataclass(frozen=True)
class NumberedRgb:
    frame: int
    picture: Rgb


def numbered(pictures: Sequence[Picture8], first: int = FIRST_FRAME) -> Iterator[NumberedRgb]:
    """Pictures as the media layer would give them."""
    return (NumberedRgb(first + i, Rgb(picture)) for i, picture in enumerate(pictures))


def pictures_of(movie: Path, count: int) -> list[Picture8]:
    """The first pictures of a movie."""
    plate = ingest(movie)
    with open_plate(plate) as reader:
        return [f.picture.rgb8() for f in reader.frames(range(FIRST_FRAME, FIRST_FRAME + count))]
