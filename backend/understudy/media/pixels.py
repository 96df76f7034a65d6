"""The values of some pixels as they are: the plate's own, or linear light, nothing rounded to a screen."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from understudy.domain.errors import BadInput
from understudy.domain.frame import Rect
from understudy.domain.pictures import Encoding
from understudy.domain.summary import Layer
from understudy.media.colour import from_linear, to_linear
from understudy.media.composite import full_matte, laid_over, mark_for
from understudy.media.layers import FaceLayers
from understudy.media.picture import Picture

Floats = npt.NDArray[np.float32]


def pixel_values(
    picture: Picture,
    layers: FaceLayers | None,
    layer: Layer,
    rect: Rect,
    encoding: Encoding,
    *,
    marked: bool = False,
) -> Floats:
    """What is in `rect`, which must lie inside the picture: (h,w,3), of a matte (h,w,1).

    Raises: BadInput for a layer that has no values of its own.
    """
    if layer is Layer.PLATE:
        code_HW3 = picture.region(rect)
        return to_linear(code_HW3, picture.colour) if encoding is Encoding.LINEAR else code_HW3
    if layer is Layer.MATTE and layers is not None:
        return full_matte(layers, Rect(0, 0, picture.width, picture.height), rect)[..., None]
    if layer is Layer.REPLACED and layers is not None:
        return _replaced(picture, layers, rect, encoding, marked=marked)
    raise BadInput(f"pixel values are of the plate, or of a take's replaced and matte layers, not of {layer}")


def half_bytes(values: Floats) -> bytes:
    """Little-endian half floats; what is beyond the greatest half is infinite."""
    with np.errstate(over="ignore"):
        return values.astype("<f2").tobytes()


def _replaced(
    picture: Picture, layers: FaceLayers, rect: Rect, encoding: Encoding, *, marked: bool
) -> Floats:
    code_HW3 = picture.region(rect)
    linear_HW3, replaced_HW = laid_over(to_linear(code_HW3, picture.colour), layers, rect)
    if encoding is Encoding.CODE or marked:
        values_HW3 = np.where(replaced_HW[..., None], from_linear(linear_HW3, picture.colour), code_HW3)
    else:
        return linear_HW3
    if marked:
        values_HW3 = _marked(values_HW3, picture, rect)
    if encoding is Encoding.CODE:
        return values_HW3
    return to_linear(values_HW3, picture.colour)


def _marked(code_HW3: Floats, picture: Picture, rect: Rect) -> Floats:
    """With the part of the mark that lies in `rect` burnt in."""
    mark = mark_for(picture)
    part = mark.rect.intersect(rect)
    if part.empty:
        return code_HW3
    marked_HW3 = np.array(code_HW3)
    here = np.s_[part.y - rect.y : part.y1 - rect.y, part.x - rect.x : part.x1 - rect.x]
    text = mark.text_HW[
        part.y - mark.rect.y : part.y1 - mark.rect.y, part.x - mark.rect.x : part.x1 - mark.rect.x
    ]
    marked_HW3[here] = mark.over(code_HW3[here], text)
    return marked_HW3
