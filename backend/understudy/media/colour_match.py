"""Grading the network's picture to the plate: statistics smoothed over the shot, and the map between them.

Statistics live in OKLab. The covariance of linear light is ruled by its highlights, and that of CIELAB
bends hue in the blues; in OKLab lightness and the two chroma axes are nearly independent for skin, so a
Gaussian says most of what there is to say. OKLab is defined from linear BT.709; for plates with other
primaries it is still an opponent space of their own linear light, and since the way back is the exact
inverse nothing is lost by that.

Statistics taken frame by frame flicker with every noise of matte and alignment. Here each frame's map comes
from means over a window to both sides, of the plate and of the network's picture alike: changes of light
that the network has seen pass through unsmoothed, the estimate of the difference between the two does not
jump.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import cos, pi
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float32]
Double = npt.NDArray[np.float64]

ColourMatch = Literal["mean-covariance", "mean", "none"]

# Source: B. Ottosson, "A perceptual color space for image processing", 2020 (linear BT.709 to cone responses,
# and their cube roots to L a b).
_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_CONES_INVERSE, _LAB_INVERSE = np.linalg.inv(_CONES), np.linalg.inv(_LAB)

_LEAST_WEIGHT = 16.0  # fewer covered pixels than this say nothing about a face's colour
_LEAST_VARIANCE = 1e-5  # added to both covariances: noise of about one 8-bit code
_GREATEST_GAIN = 2.0  # contrast is at most doubled or halved along any axis

_LIGHT_SIGMA = 0.15  # of the crop's width: broader than any feature, narrower than the face
_LIGHT_FLOOR = np.float32(1e-3)  # linear light; keeps a black corner from asking for a huge gain


@dataclass(frozen=True, kw_only=True, slots=True)
class ColourStatistics:
    """Mean (3,) and covariance (3,3) of OKLab inside a matte."""

    mean_3: Double
    covariance_33: Double


@dataclass(frozen=True, kw_only=True, slots=True)
class FaceColours:
    """Colours of one face in one frame: the plate's and those drawn for it. `trust` weighs it, 0..1."""

    frame: int
    plate: ColourStatistics
    drawn: ColourStatistics
    trust: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ColourMap:
    """An affine map of OKLab."""

    matrix_33: Double
    offset_3: Double

    def apply(self, linear_HW3: Float) -> Float:
        """Grade a picture in linear light."""
        lab = to_oklab(linear_HW3) @ self.matrix_33.T + self.offset_3
        return from_oklab(lab)


IDENTITY = ColourMap(matrix_33=np.eye(3), offset_3=np.zeros(3))


def to_oklab(linear_HW3: npt.NDArray[np.floating]) -> Double:
    """Linear light to OKLab, any leading shape; negative light keeps its sign."""
    return np.asarray(np.cbrt(np.asarray(linear_HW3, np.float64) @ _CONES.T) @ _LAB.T)


def from_oklab(lab_HW3: Double) -> Float:
    """The inverse of `to_oklab`."""
    return np.asarray((lab_HW3 @ _LAB_INVERSE.T) ** 3 @ _CONES_INVERSE.T, np.float32)


def measure_colour(linear_HW3: Float, matte_HW: Float) -> ColourStatistics | None:
    """Mean and covariance inside the matte, weighed by it; None where it covers too little."""
    inside = matte_HW > 0
    weights = matte_HW[inside].astype(np.float64)
    total = float(weights.sum())
    if total < _LEAST_WEIGHT:
        return None
    lab_N3 = to_oklab(linear_HW3[inside])
    mean = weights @ lab_N3 / total
    spread = lab_N3 - mean
    return ColourStatistics(mean_3=mean, covariance_33=(spread * weights[:, None]).T @ spread / total)


def smooth_colours(faces: Iterable[FaceColours], frame: int, window_frames: int) -> FaceColours | None:
    """The colours around `frame`: a mean with cosine weights that end beyond `window_frames` to either side.

    `faces` must be of one track within one camera take; those outside the window do not count. The order in
    which they come does not change the result. None when no face says anything.
    """
    weighed = [
        (face, face.trust * (1 + cos(pi * (face.frame - frame) / (window_frames + 1))))
        for face in sorted(faces, key=lambda face: face.frame)
        if abs(face.frame - frame) <= window_frames
    ]
    total = sum(weight for _, weight in weighed)
    if total <= 0:
        return None

    def mean_of(side: Literal["plate", "drawn"]) -> ColourStatistics:
        parts: list[ColourStatistics] = [getattr(face, side) for face, _ in weighed]
        shares = [weight / total for _, weight in weighed]
        return ColourStatistics(
            mean_3=np.sum([share * part.mean_3 for share, part in zip(shares, parts, strict=True)], axis=0),
            covariance_33=np.sum(
                [share * part.covariance_33 for share, part in zip(shares, parts, strict=True)], axis=0
            ),
        )

    return FaceColours(frame=frame, plate=mean_of("plate"), drawn=mean_of("drawn"), trust=total)


def colour_map(colours: FaceColours | None, mode: ColourMatch) -> ColourMap:
    """The map that gives the drawn picture the plate's colours.

    "mean" moves the mean only. "mean-covariance" is the Monge-Kantorovich map between two Gaussians, the
    one linear map that moves colours least; its gains are bounded, so that a nearly flat picture does not
    turn into noise.
    Source: F. Pitie and A. Kokaram, "The linear Monge-Kantorovitch linear colour mapping for example-based
    colour transfer", CVMP 2007.
    """
    if colours is None or mode == "none":
        return IDENTITY
    matrix = (
        np.eye(3)
        if mode == "mean"
        else _optimal_transport(colours.drawn.covariance_33, colours.plate.covariance_33)
    )
    return ColourMap(matrix_33=matrix, offset_3=colours.plate.mean_3 - matrix @ colours.drawn.mean_3)


def _optimal_transport(source_33: Double, target_33: Double) -> Double:
    floor = _LEAST_VARIANCE * np.eye(3)
    root, inverse_root = _symmetric_power(source_33 + floor, 0.5), _symmetric_power(source_33 + floor, -0.5)
    middle = _symmetric_power(root @ (target_33 + floor) @ root, 0.5)
    gains, axes = np.linalg.eigh(inverse_root @ middle @ inverse_root)
    bounded = np.clip(gains, 1 / _GREATEST_GAIN, _GREATEST_GAIN)
    return np.asarray((axes * bounded) @ axes.T)


def _symmetric_power(matrix_33: Double, exponent: float) -> Double:
    values, axes = np.linalg.eigh((matrix_33 + matrix_33.T) / 2)
    return np.asarray((axes * np.maximum(values, 1e-12) ** exponent) @ axes.T)


def light_gain(
    plate_SS3: npt.NDArray[np.float32], drawn_SS3: npt.NDArray[np.float32], matte_SS: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """What to multiply a drawn face by so that it is lit like the plate, (S,S,3), within 0.5 to 2.

    Both are crops in linear light. Only the broad shading is compared (a Gaussian of 0.15 crop widths,
    normalised inside the matte), so features stay the donor's. Where the matte ends, the gain goes to what is
    nearest inside it.
    """
    sigma = _LIGHT_SIGMA * matte_SS.shape[0]
    weight = matte_SS[..., None] + np.float32(1e-4)
    shading = [cv2.GaussianBlur(picture * weight, (0, 0), sigma) for picture in (plate_SS3, drawn_SS3)]
    gain = (shading[0] + _LIGHT_FLOOR) / (shading[1] + _LIGHT_FLOOR)
    return np.clip(gain, 0.5, 2.0).astype(np.float32)
