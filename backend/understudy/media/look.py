"""One frame as a JPEG to look at: 8-bit display colour, never the final picture."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from understudy.domain.errors import BadInput, NotFound
from understudy.domain.shot import Plate
from understudy.domain.summary import Layer
from understudy.media.composite import composite, full_matte, make_mark, marked_sheet
from understudy.media.layers import FaceLayers, layers_path, read_layers
from understudy.media.picture import Picture
from understudy.media.video import open_plate

MAX_JPEG_BYTES = 4_000_000
_QUALITIES = (92, 85, 70, 50, 30)
_TINT, _TINT_SHARE = (40, 220, 90), 0.45

Picture8 = npt.NDArray[np.uint8]


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
        return jpeg_of(_of_take(picture, read_layers(path), plate, layer, marked=marked), max_width_px)
    return jpeg_of(picture.rgb8(), max_width_px)


def _of_take(picture: Picture, layers: FaceLayers, plate: Plate, layer: Layer, *, marked: bool) -> Picture8:
    match layer:
        case Layer.MATTE:
            grey = np.rint(full_matte(layers, plate.display_window) * 255).astype(np.uint8)
            return np.repeat(grey[..., None], 3, axis=2)
        case Layer.OVERLAY:
            return tinted(picture.rgb8(), full_matte(layers, plate.display_window))
        case Layer.RAW if layers.faces:
            shown = np.rint(np.clip(layers.faces[0].raw_SS3.astype(np.float32), 0, 1) * 255).astype(np.uint8)
            return marked_sheet(shown) if marked else shown
        case Layer.REPLACED:
            finished = composite(picture, layers)
            return (make_mark(finished.width, finished.height).burn(finished) if marked else finished).rgb8()
    raise BadInput(f"this frame of the take has no {layer}; ask for its replaced, matte or overlay layer")


def tinted(rgb8_HW3: Picture8, matte_HW: npt.NDArray[np.float32]) -> Picture8:
    """A picture with a matte over it in false colour: green where it is whole, its edge still readable."""
    share = cv2.merge([matte_HW * np.float32(_TINT_SHARE)] * 3)
    tint = np.broadcast_to(np.asarray(_TINT, np.float32), rgb8_HW3.shape)
    shown = cv2.add(cv2.multiply(rgb8_HW3, 1 - share, dtype=cv2.CV_32F), cv2.multiply(tint, share))
    return np.asarray(cv2.convertScaleAbs(shown), np.uint8)


def jpeg_of(rgb8_HW3: Picture8, max_width_px: int) -> bytes:
    """A picture as JPEG, at most `max_width_px` wide (0: as it is). Raises: BadInput when it is too big."""
    image_HWC = rgb8_HW3[..., ::-1]
    height, width = image_HWC.shape[:2]
    if 0 < max_width_px < width:
        size = (max_width_px, max(1, round(height * max_width_px / width)))
        # less than half, the exact mean costs more than all the rest of a look
        shrink = cv2.INTER_AREA if 2 * max_width_px < width else cv2.INTER_LINEAR
        image_HWC = np.asarray(cv2.resize(image_HWC, size, interpolation=shrink), np.uint8)
    for quality in _QUALITIES:
        _, encoded = cv2.imencode(
            ".jpg", np.ascontiguousarray(image_HWC), [cv2.IMWRITE_JPEG_QUALITY, quality]
        )
        if encoded.nbytes <= MAX_JPEG_BYTES:
            return encoded.tobytes()
    raise BadInput(f"a {width}x{height} picture does not fit a message; ask for a smaller width")
