"""How values go from one key to the next."""

from __future__ import annotations

from enum import StrEnum


class Interpolation(StrEnum):
    """How values go from a key to the next one."""

    LINEAR = "linear"
    HERMITE = "hermite"  # cubic, smooth through the keys
    HOLD = "hold"  # stays until the next key
