"""A backend in memory whose deliveries and pictures are real: drawn movies that Blender opens."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path

import av
from tests.bridge_backend import WorkingBackend
from tests.edit_hosts.coded_movies import coded_movie, coded_picture

from understudy.domain.job import Job

RATE = Fraction(24)
FRAMES = 100


class DrawnBackend(WorkingBackend):
    """Clips have 100 frames at 24 and no timecode, as Blender tells them; take N is medium 100 + N."""

    def __init__(self, deliveries_in: Path) -> None:
        super().__init__(deliveries_in)
        self.medium = {"rate": RATE, "file_frames": FRAMES, "start_timecode": None}
        self.picture = jpeg()

    def _delivered(self, job: Job) -> dict[str, object]:
        told = super()._delivered(job)
        take = self.take(str(job.spec["take_id"]))
        count = len(self.shot(take.shot_id).plate.frames)
        for name in told["files"]:  # type: ignore[attr-defined]
            coded_movie(Path(str(told["folder"])) / name, 100 + take.version, count, RATE)
        return told


def jpeg() -> bytes:
    """A drawn picture."""
    target = io.BytesIO()
    with av.open(target, "w", format="mjpeg") as container:
        stream = container.add_stream("mjpeg", rate=24)
        stream.width, stream.height, stream.pix_fmt = 64, 36, "yuvj420p"
        frame = av.VideoFrame.from_ndarray(coded_picture(1, 1), format="rgb24")
        container.mux(stream.encode(frame.reformat(format="yuvj420p")))
        container.mux(stream.encode(None))
    return target.getvalue()
