"""One frame as a JPEG to look at: 8-bit display colour, never the final picture."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from understudy.domain.errors import BadInput, NotFound
from understudy.domain.shot import Plate
from understudy.domain.summary import Layer
from understudy.media.composite import composite, full_matte, make_mark
from understudy.media.layers import layers_path, read_layers
from understudy.media.video import open_plate

MAX_JPEG_BYTES = 4_000_000
_QUALITIES = (92, 85, 70, 50, 30)


def frame_jpeg(
    plate: Plate,
    take: Path | None,
    frame: int,
    layer: Layer,
    *,
    max_width_px: int = 0,
    marked: bool = False,
) -> bytes:
    """The plate, a take over it, or the take's matte. `take` is its folder; `marked` burns the mark in.

    Raises: FrameOutOfRange, BadInput (a layer that only takes have), NotFound (the frame is not rendered).
    """
    plate.index_of(frame)
    if take is None and layer is not Layer.PLATE:
        raise BadInput(f"a shot has only its plate; ask a take for its {layer}")
    picture = next(iter(open_plate(plate, read_ahead=1).frames([frame]))).picture
    if take is not None and layer is not Layer.PLATE:
        path = layers_path(take, frame)
        if not path.exists():
            raise NotFound(f"frame {frame} of this take is not rendered yet")
        layers = read_layers(path)
        if layer is Layer.MATTE:
            return _jpeg(
                np.rint(full_matte(layers, plate.display_window) * 255).astype(np.uint8), max_width_px
            )
        picture = composite(picture, layers)
        if marked:
            picture = make_mark(picture.width, picture.height).burn(picture)
    return _jpeg(picture.rgb8()[..., ::-1], max_width_px)


def _jpeg(image_HWC: npt.NDArray[np.uint8], max_width_px: int) -> bytes:
    height, width = image_HWC.shape[:2]
    if 0 < max_width_px < width:
        size = (max_width_px, max(1, round(height * max_width_px / width)))
        image_HWC = np.asarray(cv2.resize(image_HWC, size, interpolation=cv2.INTER_AREA), np.uint8)
    for quality in _QUALITIES:
        _, encoded = cv2.imencode(
            ".jpg", np.ascontiguousarray(image_HWC), [cv2.IMWRITE_JPEG_QUALITY, quality]
        )
        if encoded.nbytes <= MAX_JPEG_BYTES:
            return encoded.tobytes()
    raise BadInput(f"a {width}x{height} picture does not fit a message; ask for a smaller width")
