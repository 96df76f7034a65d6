"""Pictures of a backend that lives in memory: their bytes say what was asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from understudy.domain.errors import BadInput, FrameOutOfRange
from understudy.domain.frame import Rect
from understudy.domain.pictures import Encoding, FramePicture, Pixels, Strip
from understudy.domain.preview import PreviewPicture, PreviewRequest
from understudy.domain.shot import Plate
from understudy.domain.summary import Layer
from understudy.domain.time import FrameRange

JPEG = b"\xff\xd8\xff\xe0 a picture \xff\xd9"


class FakePictures:
    """Behaves as `rpc.picture_backend.PictureBackend` says; `picture` is what everything shows."""

    def __init__(self, plate: Plate, known: Callable[[str, str], object]) -> None:
        """`known` raises for a shot's or a take's id that is not known."""
        self.plate, self.picture, self._look_up = plate, JPEG, known

    def job_preview(self, job_id: str, sequence: int = 0) -> bytes:
        return self.picture + (str(sequence).encode() if sequence else b"")

    def frame_picture(
        self, *, shot_id: str = "", take_id: str = "", frame: int, layer: Layer, max_width_px: int = 0
    ) -> FramePicture:
        self._look_up(shot_id, take_id)
        if frame not in self.plate.frames:
            raise FrameOutOfRange(f"frame {frame} is not in this plate; it has {self.plate.frames}")
        jpeg = self.picture + f" {layer} {frame} {max_width_px}".encode()
        return FramePicture(jpeg=jpeg, version=self.plate.sha256[:16])

    def pixels(
        self,
        *,
        shot_id: str = "",
        take_id: str = "",
        frame: int,
        layer: Layer,
        rect: Rect,
        encoding: Encoding,
    ) -> Pixels:
        """Every row has its own number as its value."""
        self.frame_picture(shot_id=shot_id, take_id=take_id, frame=frame, layer=layer)
        cut, channels = rect.intersect(self.plate.display_window), 1 if layer is Layer.MATTE else 3
        if cut.empty:
            raise BadInput("beside the picture")
        rows = np.arange(cut.y, cut.y1, dtype="<f2").repeat(cut.width * channels)
        return Pixels(
            x=cut.x, y=cut.y, width=cut.width, height=cut.height, channels=channels, halfs=rows.tobytes(),
            version=self.plate.sha256[:16], bit_depth=8,
        )  # fmt: skip

    def strip(
        self,
        *,
        shot_id: str = "",
        take_id: str = "",
        frames: Sequence[int],
        height_px: int,
        alive: Callable[[], bool],
    ) -> Strip:
        assert alive()
        for frame in frames:
            self.frame_picture(shot_id=shot_id, take_id=take_id, frame=frame, layer=Layer.PLATE)
        return Strip(jpeg=self.picture + str(tuple(frames)).encode(), width_px=2 * height_px)

    def sound(self, shot_id: str, frames: FrameRange) -> bytes:
        self._look_up(shot_id, "")
        return f"RIFF {frames}".encode()

    def preview_frame(self, request: PreviewRequest) -> PreviewPicture:
        shown = self.frame_picture(
            shot_id=request.shot_id,
            frame=request.frame,
            layer=request.layer,
            max_width_px=request.max_width_px,
        )
        return PreviewPicture(jpeg=shown.jpeg + str(request).encode(), revision=3, seconds=0.25)
