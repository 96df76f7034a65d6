"""The colour configuration: the studio's own (`OCIO` names it), else OpenColorIO's built-in ACES one.

Every process that touches pictures reads it for itself, server and worker alike: `OCIO` is part of the
environment they share.
"""

from __future__ import annotations

import os
from functools import cache

import numpy as np
import numpy.typing as npt
import PyOpenColorIO as ocio

from understudy.domain.errors import BadSettings

BUILT_IN = "studio-config-v4.0.0_aces-v2.0_ocio-v2.5"
SCENE_LINEAR = "scene_linear"  # the role
DISPLAY_GAMUT = "Linear Rec.709 (sRGB)"
NETWORK_GAMUT = "ACEScg"

Floats = npt.NDArray[np.float32]


@cache
def colour_config() -> ocio.Config:
    """Loaded once. Raises: BadSettings when the studio's file cannot be read."""
    try:
        if os.environ.get("OCIO"):
            return ocio.Config.CreateFromEnv()
        return ocio.Config.CreateFromBuiltinConfig(BUILT_IN)
    except ocio.Exception as cause:
        raise BadSettings(f"the colour configuration cannot be loaded: {cause}; check OCIO") from cause


@cache
def config_id() -> str:
    """What tells this configuration from others: it changes with every file that the configuration names.

    Raises: BadSettings.
    """
    try:
        return str(colour_config().getCacheID())
    except ocio.Exception as cause:
        raise BadSettings(f"a file of the colour configuration is missing: {cause}; check OCIO") from cause


def check_space(name: str) -> None:
    """Raises: BadSettings when the configuration has no such colour space."""
    if colour_config().getColorSpace(name) is None:
        names = ", ".join(space.getName() for space in colour_config().getColorSpaces())
        raise BadSettings(f"there is no colour space {name!r}; the configuration has: {names}")


@cache
def scene_linear_name() -> str:
    """The space that has the role scene_linear. Raises: BadSettings."""
    space = colour_config().getColorSpace(SCENE_LINEAR)
    if space is None:
        raise BadSettings("the colour configuration has no role scene_linear; give it one, or unset OCIO")
    return str(space.getName())


@cache
def encoding_of(name: str) -> str:
    """What kind of values a space has: "scene-linear", "log", "sdr-video", "hdr-video", "data" ...

    Configurations before version 2 do not say; there it is found out, and what is not linear counts as log.
    Raises: BadSettings when there is no such space.
    """
    check_space(name)
    config = colour_config()
    space = config.getColorSpace(name)
    if encoding := str(space.getEncoding()):
        return encoding
    if space.isData():
        return "data"
    linear = config.isColorSpaceLinear(name, ocio.REFERENCE_SPACE_SCENE)
    return "scene-linear" if linear else "log"


def convert_space(rgb: npt.ArrayLike, source: str, target: str) -> Floats:
    """Values (...,3) of one space in another, a fresh array. Raises: BadSettings for an unknown space."""
    converted = np.array(rgb, np.float32, order="C")
    if converted.size:
        _processor(source, target).applyRGB(converted)
    return converted


@cache
def matrix_33(source: str, target: str) -> npt.NDArray[np.float64]:
    """The matrix between two linear spaces. Raises: BadSettings."""
    return convert_space(np.eye(3), source, target).astype(np.float64).T


@cache
def _processor(source: str, target: str) -> ocio.CPUProcessor:
    for name in (source, target):
        check_space(name)
    try:
        # not the quicker, inexact powers and logarithms: what is encoded again must land on its own code
        return colour_config().getProcessor(source, target).getOptimizedCPUProcessor(_EXACT)
    except ocio.Exception as cause:
        raise BadSettings(f"OpenColorIO cannot convert {source} to {target}: {cause}") from cause


_EXACT = ocio.OPTIMIZATION_LOSSLESS
