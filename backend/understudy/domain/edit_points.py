"""What points, ranges and names of edits must be like."""

from __future__ import annotations

import math

from understudy.domain.errors import BadEdit

Points = tuple[float, ...]
Corner = tuple[float, float]

MAX_POINTS = 20_000  # of one stroke or shape; more is no artist's hand
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
