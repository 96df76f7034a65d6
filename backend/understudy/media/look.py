"""One frame as a JPEG to look at: 8-bit display colour, never the final picture."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from understudy.domain.errors import BadInput, UnreadableMedia
from understudy.domain.frame import Rect
from understudy.domain.summary import Layer
from understudy.media.composite import composite, full_matte, mark_for, marked_sheet
from understudy.media.display import bgr8, fitting_size, jpeg_bytes, shrunk
from understudy.media.layers import FaceLayers
from understudy.media.network_colour import shown_raw
from understudy.media.picture import Picture

_TINT, _TINT_SHARE = (40, 220, 90), 0.45

Picture8 = npt.NDArray[np.uint8]


def frame_jpeg(
    picture: Picture,
    layers: FaceLayers | None,
    layer: Layer,
    *,
    max_width_px: int = 0,
    marked: bool = False,
) -> bytes:
    """The plate's picture, or what a take's `layers` make of it; `marked` burns the mark in.

    Raises: BadInput for a layer that is not there.
    """
    size_wh = fitting_size(picture.width, picture.height, max_width_px)
    if layer is Layer.PLATE:
        return jpeg_bytes(bgr8(picture, size_wh))
    if layers is None:
        raise BadInput(f"a shot has only its plate; ask a take for its {layer}")
    window = Rect(0, 0, picture.width, picture.height)
    match layer:
        case Layer.MATTE:
            grey = np.rint(full_matte(layers, window) * 255).astype(np.uint8)
            return jpeg_bytes(shrunk(grey, max_width_px))
        case Layer.OVERLAY:
            return jpeg_of(tinted(picture.rgb8(), full_matte(layers, window)), max_width_px)
        case Layer.RAW if layers.faces:
            shown = shown_raw(layers.faces[0].raw_SS3.astype(np.float32), layers.faces[0].encoding)
            return jpeg_of(marked_sheet(shown) if marked else shown, max_width_px)
        case Layer.REPLACED:
            return jpeg_bytes(bgr8(replaced(picture, layers, marked=marked), size_wh))
    raise BadInput(f"this frame of the take has no {layer}; ask for its replaced, matte or overlay layer")


def replaced(picture: Picture, layers: FaceLayers, *, marked: bool) -> Picture:
    """The take over its plate, with the mark burnt in when it must be."""
    finished = composite(picture, layers)
    return mark_for(finished).burn(finished) if marked else finished


def tinted(rgb8_HW3: Picture8, matte_HW: npt.NDArray[np.float32]) -> Picture8:
    """A picture with a matte over it in false colour: green where it is whole, its edge still readable."""
    x, y, width, height = cv2.boundingRect((matte_HW > 0).view(np.uint8))
    tinted_HW3 = np.array(rgb8_HW3, np.uint8)
    if width and height:
        part = np.s_[y : y + height, x : x + width]
        share = cv2.cvtColor(matte_HW[part] * np.float32(_TINT_SHARE), cv2.COLOR_GRAY2BGR)
        tint = np.broadcast_to(np.asarray(_TINT, np.float32), share.shape)
        shown = cv2.add(cv2.multiply(rgb8_HW3[part], 1 - share, dtype=cv2.CV_32F), cv2.multiply(tint, share))
        tinted_HW3[part] = cv2.convertScaleAbs(shown)
    return tinted_HW3


def jpeg_of(rgb8_HW3: Picture8, max_width_px: int) -> bytes:
    """A picture as JPEG, at most `max_width_px` wide (0: as it is). Raises: BadInput when it is too big."""
    small = np.ascontiguousarray(shrunk(rgb8_HW3, max_width_px))
    return jpeg_bytes(np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2BGR), np.uint8))


def marked_jpeg(jpeg: bytes) -> bytes:
    """A picture of pictures with the evaluation mark burnt in. Raises: UnreadableMedia when it is none."""
    bgr_HW3 = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR) if jpeg else None
    if bgr_HW3 is None:
        raise UnreadableMedia("the preview is damaged; the next one will be another")
    rgb_HW3 = np.asarray(cv2.cvtColor(np.asarray(bgr_HW3, np.uint8), cv2.COLOR_BGR2RGB), np.uint8)
    return jpeg_of(marked_sheet(rgb_HW3), 0)
