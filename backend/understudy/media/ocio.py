"""The colour configuration: the studio's own (`OCIO` names it), else OpenColorIO's built-in ACES one."""

from __future__ import annotations

import os
from functools import cache

import PyOpenColorIO as ocio

from understudy.domain.errors import BadSettings

BUILT_IN = "studio-config-v4.0.0_aces-v2.0_ocio-v2.5"


@cache
def colour_config() -> ocio.Config:
    """Loaded once. Raises: BadSettings when the studio's file cannot be read."""
    try:
        if os.environ.get("OCIO"):
            return ocio.Config.CreateFromEnv()
        return ocio.Config.CreateFromBuiltinConfig(BUILT_IN)
    except ocio.Exception as cause:
        raise BadSettings(f"the colour configuration cannot be loaded: {cause}; check OCIO") from cause


def check_space(name: str) -> None:
    """Raises: BadSettings when the configuration has no such colour space."""
    if colour_config().getColorSpace(name) is None:
        names = ", ".join(space.getName() for space in colour_config().getColorSpaces())
        raise BadSettings(f"there is no colour space {name!r}; the configuration has: {names}")
