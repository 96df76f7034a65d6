"""Pictures for a screen: 8-bit display colour in OpenCV's channel order, made small first, and JPEG."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import cv2
import numpy as np
import numpy.typing as npt

from understudy.domain.errors import BadInput
from understudy.media.colour import rgb_from_yuv
from understudy.media.picture import Picture, YuvPicture, eight_bit
from understudy.media.preview_colour import needs_preview

MAX_JPEG_BYTES = 4_000_000
MAX_JPEG_SIDE_PX = 65_500
QUALITY = 90
_WORKSPACES_KEPT = 3
_LOWER_QUALITIES = (85, 70, 50, 30)  # for what does not fit a message

Bytes = npt.NDArray[np.uint8]
Image = npt.NDArray[np.uint8]  # (h,w,3) blue, green, red, or (h,w) grey


def bgr8(picture: Picture, size_wh: tuple[int, int] | None = None) -> Bytes:
    """The whole picture, (h,w,3) blue, green, red, of its own size or another.

    Its own size it is `rgb8` with the channels in another order; else the same resized, to a code value.
    """
    size_wh = size_wh or (picture.width, picture.height)
    if not isinstance(picture, YuvPicture) or needs_preview(picture.colour):
        rgb_HW3 = np.ascontiguousarray(resized(picture.rgb8(), size_wh))
        return np.asarray(cv2.cvtColor(rgb_HW3, cv2.COLOR_RGB2BGR), np.uint8)
    matrix = rgb_from_yuv(picture.colour, 8, picture.height) * 255.0
    with _DESK.workspace() as take:
        planes = [eight_bit(plane, picture.bit_depth) for plane in (picture.y_HW, picture.u_hw, picture.v_hw)]
        full = [resized(plane, size_wh, take(f"plane {n}", size_wh)) for n, plane in enumerate(planes)]
        yuv_HW3 = cv2.merge(full, dst=take("yuv", size_wh, 3))
        return np.asarray(cv2.transform(yuv_HW3, matrix[::-1]), np.uint8)


class _Desk:
    """Memory for what is made on the way, used again: fresh pages cost more than the arithmetic."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._resting: list[dict[str, Bytes]] = []

    @contextmanager
    def workspace(self) -> Iterator[Callable[..., Bytes]]:
        """Give arrays by name and size, for one thread until the block ends."""
        with self._guard:
            arrays = self._resting.pop() if self._resting else {}

        def take(name: str, size_wh: tuple[int, int], channels: int = 1) -> Bytes:
            shape = (size_wh[1], size_wh[0]) if channels == 1 else (size_wh[1], size_wh[0], channels)
            if name not in arrays or arrays[name].shape != shape:
                arrays[name] = np.empty(shape, np.uint8)
            return arrays[name]

        try:
            yield take
        finally:
            with self._guard:
                if len(self._resting) < _WORKSPACES_KEPT:
                    self._resting.append(arrays)


_DESK = _Desk()


def shrunk(image: Image, max_width_px: int) -> Image:
    """The image at most so wide (0: as it is)."""
    height, width = image.shape[:2]
    return resized(image, fitting_size(width, height, max_width_px))


def fitting_size(width: int, height: int, max_width_px: int) -> tuple[int, int]:
    """Width and height of a picture made at most so wide (0: as it is)."""
    if 0 < max_width_px < width:
        return max_width_px, max(1, round(height * max_width_px / width))
    return width, height


def resized(image: Image, size_wh: tuple[int, int], into: Image | None = None) -> Image:
    """The image in another size; already of that size, it is given back itself."""
    if (image.shape[1], image.shape[0]) == size_wh:
        return image
    # less than half, the exact mean costs more than all the rest of a look
    shrink = cv2.INTER_AREA if 2 * size_wh[0] < image.shape[1] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, size_wh, dst=into, interpolation=shrink), np.uint8)


def jpeg_bytes(image: Image, *, quality: int = QUALITY) -> bytes:
    """A JPEG of less than 4 MB, at a lower quality if need be. Raises: BadInput when it is too big."""
    height, width = image.shape[:2]
    if max(width, height) > MAX_JPEG_SIDE_PX:
        raise BadInput(f"a {width}x{height} picture is larger than a JPEG can be; ask for less")
    for tried in (quality, *_LOWER_QUALITIES):
        _, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, tried])
        if encoded.nbytes <= MAX_JPEG_BYTES:
            return encoded.tobytes()
    raise BadInput(f"a {width}x{height} picture does not fit a message; ask for a smaller width")
