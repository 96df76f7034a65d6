"""A second witness: MLT plays a timeline with a take on it, and the pixels say which frame lies where."""

from __future__ import annotations

import shutil
import subprocess
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from tests.bridge_timelines import made_clip

from understudy_bridge.core.placing import ResultMedia, place
from understudy_bridge.core.shots import Wanted, shot_of
from understudy_bridge.core.timeline import Clip, Gap, Media, Sequence, Track
from understudy_bridge.interchange.formats import read_timeline, write_timeline
from understudy_bridge.interchange.safe_xml import Node, xml_text

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


def mlt_of(sequence: Sequence) -> str:
    """The timeline as MLT's own XML: a playlist for each track, the higher over the lower."""
    root = Node(tag="mlt")
    root.add(
        "profile", width=str(SIZE_PX), height=str(SIZE_PX), progressive="1", sample_aspect_num="1",
        sample_aspect_den="1", display_aspect_num="1", display_aspect_den="1", colorspace="601",
        frame_rate_num=str(RATE.numerator), frame_rate_den=str(RATE.denominator),
    )  # fmt: skip
    playlists = []
    for track in sequence.video():
        playlist = Node(tag="playlist", attributes={"id": track.label})
        for item in track.items:
            if isinstance(item, Gap):
                playlist.add("blank", length=str(item.duration))
            elif isinstance(item, Clip) and isinstance(item.media, Media):
                name = f"p{len(root.children)}"
                producer = root.add("producer", id=name)
                producer.add("property", item.media.path, name="resource")
                producer.add("property", "avformat", name="mlt_service")
                first = item.source_in - (item.media.start or 0)
                last = first + item.duration - 1
                playlist.children.append(
                    Node(tag="entry", attributes={"producer": name, "in": str(first), "out": str(last)})
                )
        playlists.append(playlist)
    root.children.extend(playlists)
    tractor = root.add("tractor", id="whole")
    for playlist in playlists:
        tractor.add("track", producer=playlist.attributes["id"])
    return xml_text(root)


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".otio", ".xml"])
def test_melt_shows_the_take_on_its_frames_and_nowhere_else(tmp_path: Path, suffix: str) -> None:
    melt = shutil.which("melt")
    if melt is None:
        pytest.skip("melt is not installed")
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
    (tmp_path / "t.mlt").write_text(mlt_of(back))
    out = tmp_path / "out.mkv"
    subprocess.run(
        [melt, str(tmp_path / "t.mlt"), "-consumer", f"avformat:{out}", "vcodec=ffv1", "an=1", "real_time=-1",
         "pix_fmt=yuv420p"],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    wanted = [*range(PLATE_GREY + 40, PLATE_GREY + 52), *range(TAKE_GREY + 8, TAKE_GREY + 20)]
    assert greys(out) == [*wanted, *range(PLATE_GREY + 8, PLATE_GREY + 20)]
