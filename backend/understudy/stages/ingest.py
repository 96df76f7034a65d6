"""Ingest: from a movie file to the plate of a shot."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from understudy.domain.errors import FrameOutOfRange
from understudy.domain.shot import Plate
from understudy.domain.time import FIRST_FRAME
from understudy.media.probe import probe

ALGORITHM = 1


def ingest(
    path: Path, *, in_index: int | None = None, out_index: int | None = None, first_frame: int = FIRST_FRAME
) -> Plate:
    """Examine a clip and cut the shot out of it: pictures `in_index` to `out_index`, both included.

    Left out, they are the file's first and last picture. Frame `first_frame` is the picture at `in_index`.
    Raises: UnreadableMedia, FrameOutOfRange.
    """
    whole = probe(path)
    first = 0 if in_index is None else in_index
    last = whole.last_index if out_index is None else out_index
    if not 0 <= first <= last <= whole.last_index:
        raise FrameOutOfRange(
            f"in {first} and out {last} do not fit {path}: it has pictures 0 to {whole.last_index}, "
            "and out may not come before in"
        )
    return replace(
        whole, path=str(path.absolute()), first_index=first, last_index=last, first_frame=first_frame
    )
