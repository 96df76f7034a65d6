"""What a clip is called when nobody gives it a name."""

from __future__ import annotations

import re
from pathlib import Path

_NUMBER = re.compile(r"[._-]?(#+|@+|%0?\d*d|\$F\d*|<UDIM>)$")


def name_of_clip(path: Path) -> str:
    """The file's name without its ending and, of a sequence, without the frame number's place."""
    return _NUMBER.sub("", path.stem) or path.stem
