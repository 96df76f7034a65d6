"""The plate that a whole movie is."""

from __future__ import annotations

from pathlib import Path

from understudy.domain.shot import Plate
from understudy.media.movie_report import movie_report


def probe(path: Path) -> Plate:
    """A movie from its first picture to its last; everything else is in its report.

    Raises: UnreadableMedia when the file is missing, holds no pictures, is damaged or ends too early.
    """
    return movie_report(path).plate
