"""The previews of a training, one file an iteration, so that it can be looked back on; never too many."""

from __future__ import annotations

import re
from pathlib import Path

MOST_PREVIEWS = 240
_NAME = re.compile(r"preview\.(\d{6,})\.jpg")


def preview_path(folder: Path, iteration: int) -> Path:
    """Where the preview of an iteration is kept."""
    return folder / f"preview.{iteration:06}.jpg"


def previews(folder: Path) -> dict[int, Path]:
    """The previews that are kept, by iteration, in that order."""
    named = ((_NAME.fullmatch(path.name), path) for path in folder.glob("preview.*.jpg"))
    return dict(sorted((int(match[1]), path) for match, path in named if match))


def thin_out(folder: Path, *, most: int = MOST_PREVIEWS) -> None:
    """Delete what is too many, each time the one whose neighbours are closest, so that all of the training
    stays told evenly. The first and the newest stay."""
    kept = list(previews(folder).items())
    while len(kept) > max(2, most):
        gaps = [after[0] - before[0] for before, after in zip(kept, kept[2:], strict=False)]
        _, path = kept.pop(1 + gaps.index(min(gaps)))
        path.unlink(missing_ok=True)


def forget_later(folder: Path, iteration: int) -> None:
    """Delete the previews of iterations that were lost: a broken-off training goes on before them."""
    for number, path in previews(folder).items():
        if number > iteration:
            path.unlink(missing_ok=True)
