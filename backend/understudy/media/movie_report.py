"""Examining a movie."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from understudy.domain.clip_report import ClipReport
from understudy.media.probe import probe


def movie_report(path: Path) -> ClipReport:
    """Look at every picture of a movie. Raises: UnreadableMedia."""
    plate = replace(probe(path), path=str(path.absolute()))
    return ClipReport(plate=plate, container=path.suffix, colour_space="", colour_space_from="tags")
