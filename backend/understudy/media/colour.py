"""Colour meaning of code values: Y'CbCr matrices and ranges, and the way to linear light and back.

A plate whose space is named goes by OpenColorIO: one that is scene-linear is left as it is, to the last bit;
any other (log, mostly) goes to the configuration's scene_linear and back. All others have the curves below.

Plates tagged BT.601, BT.709, BT.2020 or not at all are decoded with BT.1886, a pure 2.4 power. The
BT.709 formula describes a camera; a plate that comes from an edit was graded on a monitor, so what its
codes mean is the light that monitor gives. Compositors read these as display-linear BT.709. The camera
formula would make shadows darker still than they were seen and mattes would fall off differently.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

from understudy.domain.frame import ColourTags
from understudy.media.colour_space import is_scene_linear, linear_space_of
from understudy.media.ocio import convert_space

Floats = npt.NDArray[np.float32]

BT709_LUMA = (0.2126, 0.7152, 0.0722)  # shares of red, green and blue in luma
_LUMA: dict[str, tuple[float, float]] = {  # H.273 matrix name: share of red and of blue in luma
    "bt709": (BT709_LUMA[0], BT709_LUMA[2]),
    "smpte170m": (0.299, 0.114),
    "bt470bg": (0.299, 0.114),
    "fcc": (0.30, 0.11),
    "smpte240m": (0.212, 0.087),
    "bt2020nc": (0.2627, 0.0593),
    "bt2020c": (0.2627, 0.0593),
}
_HD_HEIGHT_PX = 720
_PQ_WHITE_NITS = 203.0  # BT.2408: diffuse white of HDR pictures is 1.0 in linear light


def matrix_name(tags: ColourTags, height: int) -> str:
    """The Y'CbCr matrix to use: the tagged one, else BT.709 for HD and BT.601 below, as players do."""
    if tags.matrix in _LUMA:
        return tags.matrix
    return "bt709" if height >= _HD_HEIGHT_PX else "smpte170m"


def rgb_from_yuv(tags: ColourTags, bit_depth: int, height: int) -> npt.NDArray[np.float64]:
    """The (3,4) affine map from Y, Cb, Cr code values to R'G'B' 0..1."""
    kr, kb = _LUMA[matrix_name(tags, height)]
    kg = 1.0 - kr - kb
    to_rgb = np.array(
        [
            [1.0, 0.0, 2 * (1 - kr)],
            [1.0, -2 * kb * (1 - kb) / kg, -2 * kr * (1 - kr) / kg],
            [1.0, 2 * (1 - kb), 0.0],
        ]
    )
    unit = 2.0 ** (bit_depth - 8)
    top = 2.0**bit_depth - 1
    video = 219 * unit, 224 * unit, 16 * unit
    luma_span, chroma_span, black = (top, top, 0.0) if tags.full_range else video
    scaled = to_rgb / np.array([luma_span, chroma_span, chroma_span])
    return np.hstack([scaled, -scaled @ np.array([[black], [128 * unit], [128 * unit]])])


def yuv_from_rgb(tags: ColourTags, bit_depth: int, height: int) -> npt.NDArray[np.float64]:
    """The inverse of `rgb_from_yuv`, (3,4)."""
    forward = rgb_from_yuv(tags, bit_depth, height)
    linear = np.linalg.inv(forward[:, :3])
    return np.hstack([linear, -linear @ forward[:, 3:]])


def to_linear(rgb: Floats, tags: ColourTags) -> Floats:
    """R'G'B' to the plate's working linear light (`colour_space.linear_space_of`), a fresh array.

    Display-encoded values may have any shape: 1.0 stays 1.0 and negative values stay negative. Values of a
    named space are (...,3); of a scene-linear one every bit stays, above 1 and below 0 and NaN too.
    Raises: BadSettings when the configuration lacks the space.
    """
    if not tags.space:
        return _TRANSFERS.get(tags.transfer, _BT1886)[0](np.asarray(rgb, np.float32))
    if is_scene_linear(tags):
        return np.array(rgb, np.float32)
    return convert_space(rgb, tags.space, linear_space_of(tags))


def from_linear(rgb: Floats, tags: ColourTags) -> Floats:
    """The inverse of `to_linear`; nothing is clipped."""
    if not tags.space:
        return _TRANSFERS.get(tags.transfer, _BT1886)[1](np.asarray(rgb, np.float32))
    if is_scene_linear(tags):
        return np.array(rgb, np.float32)
    return convert_space(rgb, linear_space_of(tags), tags.space)


Curve = Callable[[Floats], Floats]


def _power(exponent: float) -> tuple[Curve, Curve]:
    return lambda x: _signed_pow(x, exponent), lambda x: _signed_pow(x, 1.0 / exponent)


def _signed_pow(x: Floats, exponent: float) -> Floats:
    if x.size == 0:
        return x.copy()
    flat = np.ascontiguousarray(x).reshape(x.shape[0] if x.ndim else 1, -1)
    raised = cv2.pow(np.abs(flat), exponent).reshape(x.shape)
    return np.copysign(raised, x)


def _srgb_decode(x: Floats) -> Floats:
    magnitude = np.abs(x)
    curved = _signed_pow((magnitude + np.float32(0.055)) / np.float32(1.055), 2.4)
    return np.copysign(np.where(magnitude <= 0.04045, magnitude / np.float32(12.92), curved), x)


def _srgb_encode(x: Floats) -> Floats:
    magnitude = np.abs(x)
    curved = np.float32(1.055) * _signed_pow(magnitude, 1 / 2.4) - np.float32(0.055)
    return np.copysign(np.where(magnitude <= 0.0031308, magnitude * np.float32(12.92), curved), x)


_PQ_M1, _PQ_M2, _PQ_C1, _PQ_C2, _PQ_C3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128


def _pq_decode(x: Floats) -> Floats:
    root = np.power(np.abs(x).astype(np.float64), 1 / _PQ_M2)
    nits = 10000 * np.power(np.maximum(root - _PQ_C1, 0) / (_PQ_C2 - _PQ_C3 * root), 1 / _PQ_M1)
    return np.copysign(nits / _PQ_WHITE_NITS, x).astype(np.float32)


def _pq_encode(x: Floats) -> Floats:
    y = np.power(np.abs(x).astype(np.float64) * _PQ_WHITE_NITS / 10000, _PQ_M1)
    return np.copysign(np.power((_PQ_C1 + _PQ_C2 * y) / (1 + _PQ_C3 * y), _PQ_M2), x).astype(np.float32)


_HLG_A = 0.17883277
_HLG_B, _HLG_C = 1 - 4 * _HLG_A, 0.5 - _HLG_A * float(np.log(4 * _HLG_A))


def _hlg_decode(x: Floats) -> Floats:
    magnitude = np.abs(x).astype(np.float64)
    bright = (np.exp((np.maximum(magnitude, 0.5) - _HLG_C) / _HLG_A) + _HLG_B) / 12
    return np.copysign(np.where(magnitude <= 0.5, magnitude**2 / 3, bright), x).astype(np.float32)


def _hlg_encode(x: Floats) -> Floats:
    magnitude = np.abs(x).astype(np.float64)
    bright = _HLG_A * np.log(12 * np.maximum(magnitude, 1 / 12) - _HLG_B) + _HLG_C
    return np.copysign(np.where(magnitude <= 1 / 12, np.sqrt(3 * magnitude), bright), x).astype(np.float32)


_BT1886 = _power(2.4)
_TRANSFERS: dict[str, tuple[Curve, Curve]] = {  # H.273 transfer name: decode, encode
    "iec61966-2-1": (_srgb_decode, _srgb_encode),
    "linear": (lambda x: x.copy(), lambda x: x.copy()),
    "gamma22": _power(2.2),
    "gamma28": _power(2.8),
    "smpte2084": (_pq_decode, _pq_encode),
    "arib-std-b67": (_hlg_decode, _hlg_encode),
}
