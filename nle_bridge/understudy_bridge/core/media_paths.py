"""Whether two texts name the same file, though two programs wrote them."""

from __future__ import annotations

import posixpath
import re
import unicodedata
from functools import lru_cache
from pathlib import PureWindowsPath

_WINDOWS = re.compile(r"^([A-Za-z]:[\\/]|[\\/]{2}[^\\/])")
_LONG_FORM = re.compile(r"^[\\/]{2}[?.][\\/](UNC[\\/])?", re.IGNORECASE)
_DIGITS = re.compile(r"#+|%0?\d*d")


def same_file(one: str, other: str) -> bool:
    """Windows drives and shares in any case and slash; a sequence's digits in any notation."""
    return one == other or file_key(one) == file_key(other)


@lru_cache(maxsize=1 << 14)
def file_key(path: str) -> str:
    """The one text for all the texts that name a file."""
    text = unicodedata.normalize("NFC", path)
    short = _LONG_FORM.sub(lambda found: "\\\\" if found[1] else "", text)
    if _WINDOWS.match(short):
        text = posixpath.normpath(PureWindowsPath(short).as_posix()).casefold()
    elif text:
        text = posixpath.normpath(text)
        text = text[1:] if text.startswith("//") else text
    return _DIGITS.sub("#", text)
