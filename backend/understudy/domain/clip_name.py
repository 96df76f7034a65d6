"""What a clip is called when nobody gives it a name, and what it cannot be called."""

from __future__ import annotations

import re
from pathlib import Path

from understudy.domain.errors import BadInput

MOST_NAME = 200
MOST_NAME_BYTES = 235  # a file system allows 255, and the name of a temporary file is a little longer

_PLACE = re.compile(r"(?:[._](?:[\d,x:-]+)?|-)?(#+|@+|%0?\d*d|\$F\d*|<UDIM>)$")
_NUMBER = re.compile(r"[._-]?\d+$")
_PICTURES = frozenset({".exr", ".dpx", ".tif", ".tiff", ".png"})


def name_of_clip(path: Path) -> str:
    """The file's name without its ending and, of a sequence, without the frame number's place."""
    name = _PLACE.sub("", path.stem)
    if name == path.stem and path.suffix.lower() in _PICTURES:
        name = _NUMBER.sub("", name)
    return name or path.stem


def check_clip_name(name: str) -> None:
    """Raises: BadInput for what cannot be the name of a file in a folder."""
    if not name or name != name.strip() or not name.isprintable() or set("/\\:") & set(name):
        raise BadInput(f"{name!r} cannot be the name of a clip; give the file's name without a folder")
    if name.startswith("."):
        raise BadInput(f"{name!r} cannot be the name of a clip; it begins with a dot")
    if len(name) > MOST_NAME or len(name.encode()) > MOST_NAME_BYTES:
        raise BadInput(f"the name of the clip has {len(name)} characters; give it at most {MOST_NAME}")
