"""The colour configuration: the studio's own (`OCIO` names it), else OpenColorIO's built-in ACES one.

Every process that touches pictures reads it for itself, server and worker alike: `OCIO` is part of the
environment they share.
"""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import PyOpenColorIO as ocio

from understudy.domain.errors import BadSettings
from understudy.domain.files import sha256_of

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
    """What tells this configuration from others: it changes with every file that the configuration names, and
    is the same for a copy of it on another machine.

    Raises: BadSettings.
    """
    config, archive = colour_config(), Path(os.environ.get("OCIO", ""))
    try:
        if archive.suffix == ".ocioz":  # with all its files in it
            hashes = [sha256_of(archive)]
        else:
            where = config.getCurrentContext().resolveFileLocation
            hashes = [name + sha256_of(Path(where(name))) for name in sorted(_files_named(config))]
        own = str(config.getCacheID(None))
        # not the library's word for the files: it goes by their places on the disk, not by what they hold
        return own + hashlib.sha256("\n".join(hashes).encode()).hexdigest() if hashes else own
    except (ocio.Exception, OSError) as cause:
        raise BadSettings(f"a file of the colour configuration is missing: {cause}; check OCIO") from cause


def _files_named(config: ocio.Config) -> set[str]:
    """Every file that a transform of the configuration reads, by the name it has there."""
    spaces = config.getColorSpaces(ocio.SEARCH_REFERENCE_SPACE_ALL, ocio.COLORSPACE_ALL)
    directions = ocio.COLORSPACE_DIR_TO_REFERENCE, ocio.COLORSPACE_DIR_FROM_REFERENCE
    waiting = [space.getTransform(direction) for space in spaces for direction in directions]
    for look in config.getLooks():
        waiting += [look.getTransform(), look.getInverseTransform()]
    for view in config.getViewTransforms():
        waiting += [view.getTransform(ocio.VIEWTRANSFORM_DIR_TO_REFERENCE)]
        waiting += [view.getTransform(ocio.VIEWTRANSFORM_DIR_FROM_REFERENCE)]
    for named in config.getNamedTransforms(ocio.NAMEDTRANSFORM_ALL):
        waiting += [named.getTransform(ocio.TRANSFORM_DIR_FORWARD)]
        waiting += [named.getTransform(ocio.TRANSFORM_DIR_INVERSE)]
    found = set[str]()
    while waiting:
        transform = waiting.pop()
        if isinstance(transform, ocio.GroupTransform):
            waiting.extend(transform)
        elif isinstance(transform, ocio.FileTransform):
            found.add(transform.getSrc())
    return found


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
