"""The verbs for looking: pictures, pixel values, strips, sound, previews of jobs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from understudy.client.connection import Connection
from understudy.domain.errors import BadInput, Transient
from understudy.domain.frame import Rect
from understudy.domain.pictures import Encoding, FramePicture, Pixels, Strip
from understudy.domain.preview import PreviewPicture, PreviewRequest
from understudy.domain.summary import Layer
from understudy.domain.time import FrameRange
from understudy.v1 import preview_pb2 as pb
from understudy.wire.limits import rows_that_fit
from understudy.wire.pictures import (
    encoding_to_wire,
    frame_picture_from_wire,
    pixels_from_wire,
    strip_from_wire,
)
from understudy.wire.preview import layer_to_wire, preview_picture_from_wire, preview_request_to_wire
from understudy.wire.time import frame_range_to_wire

_DEADLINE_S = 30.0
_LONG_DEADLINE_S = 120.0  # far frames of long groups of pictures are decoded one after the other
_MOST_TRIES = 4


class PictureCalls:
    """The part of a client that looks. Where both can be said, say `shot_id` or `take_id`.

    A shot has only its plate. Takes raise ConsentRevoked or ConsentExpired when a consent that they rest
    on was withdrawn or ran out.
    """

    _connection: Connection

    def job_preview(self, job_id: str, sequence: int = 0) -> bytes:
        """A preview of a job as JPEG: the newest, or that of the event with this number.

        Raises: NotFound while there is none, or when that one is not kept any more.
        """
        request = pb.GetJobPreviewRequest(job_id=job_id, sequence=sequence)
        return self._connection.call(
            "PreviewService/GetJobPreview", request, pb.GetJobPreviewResponse, deadline_s=_DEADLINE_S
        ).jpeg

    def frame_picture(
        self, *, shot_id: str = "", take_id: str = "", frame: int, layer: Layer, max_width_px: int = 0
    ) -> FramePicture:
        """One picture as JPEG, with its version. Raises: FrameOutOfRange, NotFound, BadInput."""
        request = pb.GetFrameRequest(
            shot_id=shot_id or None,
            take_id=take_id or None,
            frame=frame,
            layer=layer_to_wire(layer),
            max_width_px=max_width_px,
        )
        answer = self._connection.call(
            "PreviewService/GetFrame", request, pb.GetFrameResponse, deadline_s=_DEADLINE_S
        )
        return frame_picture_from_wire(answer)

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
        """Values of the plate, or of a take's replaced or matte layer, in `rect` cut to the picture.

        At most 1024 pixels each way. Raises: FrameOutOfRange, NotFound, BadInput.
        """
        request = pb.GetPixelsRequest(
            shot_id=shot_id or None,
            take_id=take_id or None,
            frame=frame,
            layer=layer_to_wire(layer),
            width=rect.width,
            x=rect.x,
            encoding=encoding_to_wire(encoding),
        )
        most = rows_that_fit(rect.width, channels=1 if layer is Layer.MATTE else 3)
        for _ in range(_MOST_TRIES):
            found = self._rows(request, rect, most)
            if found is not None:
                return found
        raise Transient(f"frame {frame} changes while its pixels are fetched; ask again")

    def _rows(self, request: pb.GetPixelsRequest, rect: Rect, most: int) -> Pixels | None:
        """All rows, at most so many a message; None when the picture changed in between."""
        parts: list[Pixels] = []
        for y in range(rect.y, rect.y1, most):
            request.y, request.height = y, min(most, rect.y1 - y)
            try:
                parts.append(self._pixels(request))
            except BadInput:
                if parts:
                    break  # the picture ended with the row before
                raise
            if parts[-1].y + parts[-1].height < y + request.height:
                break
        if any(part.version != parts[0].version for part in parts):
            return None
        height = sum(part.height for part in parts)
        return replace(parts[0], height=height, halfs=b"".join(part.halfs for part in parts))

    def _pixels(self, request: pb.GetPixelsRequest) -> Pixels:
        answer = self._connection.call(
            "PreviewService/GetPixels", request, pb.GetPixelsResponse, deadline_s=_DEADLINE_S
        )
        return pixels_from_wire(answer)

    def strip(self, *, shot_id: str = "", take_id: str = "", frames: Sequence[int], height_px: int) -> Strip:
        """Small pictures of up to 64 frames side by side; where a take has none, the plate's.

        Raises: FrameOutOfRange, NotFound, BadInput.
        """
        request = pb.GetStripRequest(
            shot_id=shot_id or None, take_id=take_id or None, frames=frames, height_px=height_px
        )
        answer = self._connection.call(
            "PreviewService/GetStrip", request, pb.GetStripResponse, deadline_s=_LONG_DEADLINE_S
        )
        return strip_from_wire(answer)

    def sound(self, shot_id: str, frames: FrameRange) -> bytes:
        """The sound of up to 10 seconds of frames as a WAV file; empty when the plate has none.

        Raises: FrameOutOfRange, NotFound, BadInput.
        """
        request = pb.GetSoundRequest(shot_id=shot_id, frames=frame_range_to_wire(frames))
        return self._connection.call(
            "PreviewService/GetSound", request, pb.GetSoundResponse, deadline_s=_DEADLINE_S
        ).wav

    def preview_frame(self, request: PreviewRequest) -> PreviewPicture:
        """One frame of a shot with all its standing edits, made now.

        Raises: Superseded when a newer request of the session came; FrameOutOfRange, NotFound, BadInput,
        BadMatte, BadSettings, ConsentRefused.
        """
        answer = self._connection.call(
            "PreviewService/PreviewFrame",
            preview_request_to_wire(request),
            pb.PreviewFrameResponse,
            deadline_s=_LONG_DEADLINE_S,
        )
        return preview_picture_from_wire(answer)
