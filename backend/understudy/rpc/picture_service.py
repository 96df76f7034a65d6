"""The picture service: decode, call the backend, encode, and keep every answer within one message."""

from __future__ import annotations

import threading

import grpc

from understudy.domain.errors import BadInput, Transient
from understudy.domain.frame import Rect
from understudy.domain.summary import Layer
from understudy.rpc.asked import said
from understudy.rpc.picture_backend import PictureBackend
from understudy.v1 import preview_pb2 as pb
from understudy.v1 import preview_pb2_grpc as rpc
from understudy.wire.limits import MAX_PICTURE_BYTES, rows_that_fit
from understudy.wire.pictures import (
    encoding_from_wire,
    frame_picture_to_wire,
    pixels_to_wire,
    strip_to_wire,
)
from understudy.wire.preview import layer_from_wire, preview_picture_to_wire, preview_request_from_wire
from understudy.wire.time import frame_range_from_wire

Context = grpc.ServicerContext


class PreviewService(rpc.PreviewServiceServicer):
    """Pictures for looking at, pixel values and sound. As many strips at once as `strips` lets in: they may
    wait for each other, and would leave no thread for the rest."""

    def __init__(self, backend: PictureBackend, *, strips: threading.Semaphore) -> None:
        self._backend, self._strips = backend, strips

    def GetJobPreview(self, request: pb.GetJobPreviewRequest, context: Context) -> pb.GetJobPreviewResponse:
        if request.sequence < 0:
            raise BadInput(f"there is no event {request.sequence}; events count from 1, 0 means the newest")
        jpeg = self._backend.job_preview(said(request.job_id, "job"), request.sequence)
        return pb.GetJobPreviewResponse(jpeg=_fitting(jpeg))

    def GetFrame(self, request: pb.GetFrameRequest, context: Context) -> pb.GetFrameResponse:
        if request.max_width_px < 0:
            raise BadInput(f"max_width_px is {request.max_width_px}; it must be 0 or more")
        picture = self._backend.frame_picture(
            shot_id=request.shot_id,
            take_id=_take_of(request),
            frame=request.frame,
            layer=layer_from_wire(request.layer),
            max_width_px=request.max_width_px,
        )
        _fitting(picture.jpeg)
        return frame_picture_to_wire(picture)

    def PreviewFrame(self, request: pb.PreviewFrameRequest, context: Context) -> pb.PreviewFrameResponse:
        if request.max_width_px < 0:
            raise BadInput(f"max_width_px is {request.max_width_px}; it must be 0 or more")
        said(request.session, "session")
        said(request.shot_id, "shot")
        picture = self._backend.preview_frame(preview_request_from_wire(request))
        _fitting(picture.jpeg)
        return preview_picture_to_wire(picture)

    def GetPixels(self, request: pb.GetPixelsRequest, context: Context) -> pb.GetPixelsResponse:
        """Of a large rectangle the upper rows, as many as one message holds; the answer says how many."""
        layer = layer_from_wire(request.layer)
        most = rows_that_fit(request.width, channels=1 if layer is Layer.MATTE else 3)
        pixels = self._backend.pixels(
            shot_id=request.shot_id,
            take_id=_take_of(request),
            frame=request.frame,
            layer=layer,
            rect=Rect(request.x, request.y, request.width, min(request.height, most)),
            encoding=encoding_from_wire(request.encoding),
        )
        return pixels_to_wire(pixels)

    def GetStrip(self, request: pb.GetStripRequest, context: Context) -> pb.GetStripResponse:
        if not self._strips.acquire(blocking=False):
            raise Transient("too many strips are being made; it is tried again by itself")
        try:
            strip = self._backend.strip(
                shot_id=request.shot_id,
                take_id=_take_of(request),
                frames=tuple(request.frames),
                height_px=request.height_px,
                alive=context.is_active,
            )
        finally:
            self._strips.release()
        _fitting(strip.jpeg)
        return strip_to_wire(strip)

    def GetSound(self, request: pb.GetSoundRequest, context: Context) -> pb.GetSoundResponse:
        wav = self._backend.sound(said(request.shot_id, "shot"), frame_range_from_wire(request.frames))
        if len(wav) > MAX_PICTURE_BYTES:
            raise BadInput(f"the sound has {len(wav)} bytes, more than one message holds; ask for less")
        return pb.GetSoundResponse(wav=wav)


def _take_of(request: pb.GetFrameRequest | pb.GetPixelsRequest | pb.GetStripRequest) -> str:
    """The take, if it is one. Raises: BadInput when neither a shot nor a take is said."""
    return str(request.take_id) if request.shot_id else said(request.take_id, "shot or take")


def _fitting(jpeg: bytes) -> bytes:
    """The picture. Raises: BadInput when it does not fit into a message."""
    if len(jpeg) > MAX_PICTURE_BYTES:
        raise BadInput(
            f"the picture has {len(jpeg)} bytes, more than one message holds; ask for a smaller width"
        )
    return jpeg
