"""A second witness: MLT plays a timeline with a take on it, and the pixels say which frame lies where."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from tests.bridge_timelines import made_clip
from tests.mlt_timelines import played

from understudy_bridge.core.placing import ResultMedia, place
from understudy_bridge.core.shots import Wanted, shot_of
from understudy_bridge.core.timeline import Media, Sequence, Track
from understudy_bridge.interchange.formats import read_timeline, write_timeline

RATE = Fraction(24000, 1001)
SIZE_PX = 64
PLATE_GREY, TAKE_GREY = 20, 140  # of the first frame; each further frame is one lighter


def grey_movie(path: Path, frames: int, first_grey: int) -> None:
    """A movie whose every frame is a grey of its own."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = SIZE_PX, SIZE_PX, "yuv420p"
        for number in range(frames):
            planes = np.full((SIZE_PX * 3 // 2, SIZE_PX), 128, np.uint8)
            planes[:SIZE_PX] = first_grey + number
            container.mux(stream.encode(av.VideoFrame.from_ndarray(planes, format="yuv420p")))
        container.mux(stream.encode())


def greys(path: Path) -> list[int]:
    with av.open(str(path)) as container:
        return [
            int(frame.to_ndarray(format="yuv420p")[SIZE_PX // 2, 0]) for frame in container.decode(video=0)
        ]


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".otio", ".xml"])
def test_melt_shows_the_take_on_its_frames_and_nowhere_else(tmp_path: Path, suffix: str) -> None:
    plate_path, take_path = tmp_path / "plate.mkv", tmp_path / "take.mkv"
    grey_movie(plate_path, 80, PLATE_GREY)
    grey_movie(take_path, 28, TAKE_GREY)
    media = Media(path=str(plate_path), rate=RATE, start=86400, frames=80)
    clips = tuple(made_clip(f"{at}", media, 86400 + at, 12, None) for at in (40, 30, 8))
    track = Track(kind="video", number=1, items=clips)
    sequence = Sequence(name="t", rate=RATE, start_frame=86400, tracks=(track,))
    ref = shot_of(sequence, "30", Wanted())
    assert ref is not None
    result = ResultMedia(
        path=str(take_path), name="take", rate=RATE, frames=28, plate_first=ref.source_in - 8, shot_id="s"
    )
    placed, _ = place(sequence, ref, result, 1)
    write_timeline(placed, tmp_path / f"t{suffix}")
    back = read_timeline(tmp_path / f"t{suffix}").sequence
    out = played(back, tmp_path, width_px=SIZE_PX, height_px=SIZE_PX)
    wanted = [*range(PLATE_GREY + 40, PLATE_GREY + 52), *range(TAKE_GREY + 8, TAKE_GREY + 20)]
    assert greys(out) == [*wanted, *range(PLATE_GREY + 8, PLATE_GREY + 20)]
