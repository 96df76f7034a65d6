"""What points, ranges and names of edits must be like."""

from __future__ import annotations

import math
import re
from functools import lru_cache

from understudy.domain.errors import BadEdit, BadSettings
from understudy.domain.time import format_frames, parse_frames

Points = tuple[float, ...]
Corner = tuple[float, float]

MAX_POINTS = 20_000  # of one stroke or shape; more is no artist's hand
MAX_FRAMES = 1_000_000  # that one edit names
_SPAN = re.compile(r"(-?[0-9]{1,9})(?:-(-?[0-9]{1,9})(?:x([1-9][0-9]{0,8}))?)?")
_MOST_COMPARED = 400  # edges drawn by hand; comparing all of more would take seconds


def check_name(name: str, what: str) -> None:
    """Names stand in matte expressions and file names. Raises: BadEdit."""
    if not (name.replace("_", "a").isalnum() and name.isascii() and name[0].isalpha() and len(name) <= 40):
        raise BadEdit(
            f"{name!r} cannot be the name of {what}; "
            "use up to 40 letters, digits and underscores, a letter first"
        )


def require(condition: bool, message: str) -> None:
    if not condition:
        raise BadEdit(message)


def check_range(first: int, last: int) -> None:
    require(first <= last, f"the range {first}-{last} ends before it begins")


@lru_cache(maxsize=4096)
def frames_named(text: str) -> tuple[int, ...]:
    """The sorted frames of a text such as 1001-1010,1020. Raises: BadEdit."""
    spans = [_SPAN.fullmatch(part.strip()) for part in text.split(",")]
    count = 0
    for span in spans:
        require(span is not None, f"{text[:60]!r} are no frames; write 1001-1010,1020")
        assert span is not None
        first, last, step = int(span[1]), int(span[2] or span[1]), int(span[3] or 1)
        count += abs(last - first) // step + 1
    require(count <= MAX_FRAMES, f"one edit may name {MAX_FRAMES} frames, not {count}")
    try:
        return parse_frames(text)
    except BadSettings as cause:
        raise BadEdit(str(cause)) from cause


def canonical_frames(text: str) -> str:
    """The same frames in the shortest way of writing them. Raises: BadEdit."""
    return format_frames(frames_named(text))


def check_points(points: Points, count: int | None, what: str, *, least: int = 0) -> None:
    require(len(points) % 2 == 0, f"{what} needs two numbers a point; it has {len(points)} numbers")
    found = len(points) // 2
    require(count is None or found == count, f"{what} needs {count} points; it has {found}")
    require(found >= least, f"{what} needs at least {least} points; it has {found}")
    require(found <= MAX_POINTS, f"{what} may have {MAX_POINTS} points; it has {found}")
    require(
        all(math.isfinite(value) and abs(value) <= 1e6 for value in points), f"{what} has an undefined number"
    )


def first_crossing(points: Points) -> tuple[int, int] | None:
    """Two edges of the closed polygon that properly cross each other, by their first points."""
    corners = list(zip(points[::2], points[1::2], strict=True))
    count = len(corners)
    if count > _MOST_COMPARED:
        return None
    for i in range(count):
        for j in range(i + 2, count):
            if i == 0 and j == count - 1:
                continue
            if _cross(corners[i], corners[i + 1], corners[j], corners[(j + 1) % count]):
                return i, j
    return None


def _cross(a: Corner, b: Corner, c: Corner, d: Corner) -> bool:
    def side(p: Corner, q: Corner, r: Corner) -> float:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    return side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0
