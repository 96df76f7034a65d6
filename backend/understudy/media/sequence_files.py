"""Which files a sequence of pictures consists of."""

from __future__ import annotations

from pathlib import Path

PICTURE_SUFFIXES = frozenset({".exr", ".dpx", ".tif", ".tiff", ".png"})


def is_sequence_name(path: str) -> bool:
    """Whether a path names pictures, and not a movie."""
    return Path(path).suffix.lower() in PICTURE_SUFFIXES
