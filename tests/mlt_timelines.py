"""A timeline as MLT plays it, a second witness of what lies where."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.needed import program

from understudy_bridge.core.timeline import Clip, Gap, Media, Sequence
from understudy_bridge.interchange.safe_xml import Node, xml_text


def mlt_of(sequence: Sequence, *, width_px: int, height_px: int) -> str:
    """The timeline as MLT's own XML: a playlist for each track over black, the higher over the lower."""
    root = Node(tag="mlt")
    root.add(
        "profile", width=str(width_px), height=str(height_px), progressive="1", sample_aspect_num="1",
        sample_aspect_den="1", display_aspect_num="1", display_aspect_den="1", colorspace="601",
        frame_rate_num=str(sequence.rate.numerator), frame_rate_den=str(sequence.rate.denominator),
    )  # fmt: skip
    black = root.add("producer", id="black", out=str(sequence.duration - 1))
    for name, value in (("mlt_service", "color"), ("resource", "black"), ("length", str(sequence.duration))):
        black.add("property", value, name=name)
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
    tractor.add("track", producer="black")
    for playlist in playlists:
        tractor.add("track", producer=playlist.attributes["id"])
    return xml_text(root)


def played(sequence: Sequence, folder: Path, *, width_px: int, height_px: int) -> Path:
    """The timeline rendered by `melt`, lossless. The test is skipped where that is not installed."""
    melt = program("melt", "MELT")
    project, movie = folder / "timeline.mlt", folder / "melted.mkv"
    project.write_text(mlt_of(sequence, width_px=width_px, height_px=height_px))
    subprocess.run(
        [melt, str(project), "-consumer", f"avformat:{movie}", "vcodec=ffv1", "an=1", "real_time=-1",
         "pix_fmt=yuv420p"],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    return movie
