"""What artists drew on a frame: the planes `keep` (replaced whatever else) and `cut` (in front of the face).

A pixel's value depends on the plate pixel alone, to the last bit, whichever part of the plate is asked for:
conversion, previews and propagation look at different rects of one frame.
"""

from __future__ import annotations

from math import ceil, floor, hypot

import cv2
import numpy as np
import numpy.typing as npt

from understudy.domain.edit import Curve, Mode
from understudy.domain.frame import Rect
from understudy.domain.solved import FramePlan, Shape, Stroke
from understudy.matte.hull import soften
from understudy.matte.polygon import polygon_coverage

Float = npt.NDArray[np.float32]
Points = npt.NDArray[np.float64]

_SPLINE_STEP_PX = 2.0
_SPLINE_SAMPLES = (4, 64)  # between two points of a spline
_HARD_PX = 1.0  # an edge is never narrower than a pixel, or it would be jagged
_TILE_PX = 256
_COARSE_FEATHER_PX = 16.0  # from here on soften works on a coarser grid, of up to ...
_ALIGN_PX = 64  # ... this many pixels; it must lie the same way in every tile
_STROKE_ERROR = 0.02  # of the fall-off: how far a stroke's line may be straightened
_STROKE_ERROR_PX = 0.1


def keep_and_cut(plan: FramePlan, rect: Rect) -> tuple[Float, Float]:
    """The drawn planes `keep` and `cut` inside a plate rect, each (h,w) 0..1.

    Shapes and strokes count in the plan's order; where they overlap, the later one wins.
    """
    keep = np.zeros((rect.height, rect.width), np.float32)
    cut = np.zeros_like(keep)
    for item in _items(plan):
        area = _bounds(item).intersect(rect)
        if area.empty:
            continue
        drawn = _draw_shape(item, area) if isinstance(item, Shape) else _draw_stroke(item, area)
        part = np.s_[area.y - rect.y : area.y1 - rect.y, area.x - rect.x : area.x1 - rect.x]
        winner, loser = (keep, cut) if item.mode is Mode.INCLUDE else (cut, keep)
        np.maximum(winner[part], drawn, out=winner[part])
        np.minimum(loser[part], 1 - drawn, out=loser[part])
    return keep, cut


def plan_reach(plan: FramePlan) -> Rect | None:
    """The pixels that what was drawn to be included can reach; None where nothing was."""
    included = [_bounds(item) for item in _items(plan) if item.mode is Mode.INCLUDE]
    if not included:
        return None
    x, y = min(rect.x for rect in included), min(rect.y for rect in included)
    return Rect(x, y, max(rect.x1 for rect in included) - x, max(rect.y1 for rect in included) - y)


def outline_of(shape: Shape) -> Points:
    """The closed outline of a shape as a fine polygon, (N,2) plate pixels.

    A spline is a uniform Catmull-Rom through its points. Source: E. Catmull and R. Rom, "A class of local
    interpolating splines", 1974.
    """
    points_K2 = np.asarray(shape.points, np.float64).reshape(-1, 2)
    if shape.curve is Curve.POLYGON:
        return points_K2
    before, after, beyond = (np.roll(points_K2, step, axis=0) for step in (1, -1, -2))
    spans = []
    for p0, p1, p2, p3 in zip(before, points_K2, after, beyond, strict=True):
        samples = int(np.clip(hypot(*(p2 - p1)) / _SPLINE_STEP_PX, *_SPLINE_SAMPLES))
        t = (np.arange(samples) / samples)[:, None]
        spans.append(
            p1 + t / 2 * ((p2 - p0) + t * ((2 * p0 - 5 * p1 + 4 * p2 - p3) + t * (3 * p1 - p0 - 3 * p2 + p3)))
        )
    return np.concatenate(spans)


def _items(plan: FramePlan) -> list[Shape | Stroke]:
    return [*plan.shapes, *plan.strokes]


def _bounds(item: Shape | Stroke) -> Rect:
    """Whole pixels outside which an item changes nothing."""
    if isinstance(item, Shape):
        points_N2, margin_px = outline_of(item), item.feather_px / 2 + 1
    else:
        points_N2, margin_px = np.asarray(item.points, np.float64).reshape(-1, 2), item.radius_px + _HARD_PX
    low, high = points_N2.min(0) - margin_px, points_N2.max(0) + margin_px
    x, y = floor(low[0]), floor(low[1])
    return Rect(x, y, ceil(high[0]) - x, ceil(high[1]) - y)


def _draw_shape(shape: Shape, area: Rect) -> Float:
    """Coverage with an edge that goes from 0 to 1 over `feather_px`, half of it outside the outline."""
    outline_N2, feather_px = outline_of(shape), shape.feather_px
    if feather_px <= _HARD_PX:
        return polygon_coverage(outline_N2, area)
    align_px = 1 if feather_px < _COARSE_FEATHER_PX else _ALIGN_PX
    margin_px = ceil((1.25 * feather_px + 8) / align_px) * align_px  # as far as the blur sees
    tiles = area.snap(_TILE_PX)
    wide = tiles.expand(margin_px)
    covered = polygon_coverage(outline_N2, wide)
    drawn = np.empty((tiles.height, tiles.width), np.float32)
    for y in range(0, tiles.height, _TILE_PX):
        for x in range(0, tiles.width, _TILE_PX):
            around = covered[y : y + _TILE_PX + 2 * margin_px, x : x + _TILE_PX + 2 * margin_px]
            if around.min() != around.max():
                around = soften(np.ascontiguousarray(around), erode_px=-feather_px / 2, feather_px=feather_px)
            inner = np.s_[margin_px : margin_px + _TILE_PX]
            drawn[y : y + _TILE_PX, x : x + _TILE_PX] = around[inner, inner]
    return drawn[area.y - tiles.y : area.y1 - tiles.y, area.x - tiles.x : area.x1 - tiles.x]


def _draw_stroke(stroke: Stroke, area: Rect) -> Float:
    """A brush drawn along a line: full up to where the fall-off begins, zero at the radius."""
    softness_px = stroke.softness * stroke.radius_px
    fall_off_px = max(softness_px, _HARD_PX)
    outer_px = stroke.radius_px + (fall_off_px - softness_px) / 2
    line_K2 = _straightened(stroke, max(_STROKE_ERROR_PX, _STROKE_ERROR * fall_off_px))
    nearest = np.full((area.height, area.width), np.float32(outer_px) ** 2, np.float32)  # squared
    ends_K2 = line_K2[1:] if len(line_K2) > 1 else line_K2
    for start, end in zip(line_K2, ends_K2, strict=False):
        _nearer(nearest, area, start, end, outer_px)
    ramp = np.clip((np.float32(outer_px) - np.sqrt(nearest)) / np.float32(fall_off_px), 0, 1)
    return np.asarray(ramp * ramp * (3 - 2 * ramp), np.float32)


def _straightened(stroke: Stroke, error_px: float) -> Points:
    """The stroke's line without the points that hardly bend it."""
    points_K2 = np.asarray(stroke.points, np.float64).reshape(-1, 2)
    if len(points_K2) < 3:
        return points_K2
    origin = np.floor(points_K2[0])  # float32 is exact enough near the line only
    near = (points_K2 - origin).astype(np.float32)
    line_K2: Points = np.asarray(cv2.approxPolyDP(near, error_px, False), np.float64).reshape(-1, 2)
    if not np.array_equal(line_K2[-1], near[-1]):  # OpenCV leaves the end out where it lies on the beginning
        line_K2 = np.concatenate([line_K2, near[-1:].astype(np.float64)])
    line_K2 += origin
    return line_K2


def _nearer(nearest: Float, area: Rect, start: Points, end: Points, reach_px: float) -> None:
    """Lower `nearest` to the squared distance from the line start-end, as far as the brush reaches."""
    (ax, ay), (bx, by) = start.tolist(), end.tolist()
    x0, x1 = max(floor(min(ax, bx) - reach_px), area.x), min(ceil(max(ax, bx) + reach_px), area.x1)
    y0, y1 = max(floor(min(ay, by) - reach_px), area.y), min(ceil(max(ay, by) + reach_px), area.y1)
    if x0 >= x1 or y0 >= y1:
        return
    length = hypot(bx - ax, by - ay)
    ux, uy = ((bx - ax) / length, (by - ay) / length) if length > 0 else (1.0, 0.0)
    # from plate positions in double precision: the same pixel gives the same bits in every rect
    x_W = np.arange(x0, x1) + (0.5 - (ax + bx) / 2)
    y_H1 = (np.arange(y0, y1) + (0.5 - (ay + by) / 2))[:, None]
    past = (x_W * ux).astype(np.float32) + (y_H1 * uy).astype(np.float32)  # beyond either end, along the line
    np.abs(past, out=past)
    past -= np.float32(length / 2)
    np.maximum(past, 0, out=past)
    past *= past
    across = (x_W * -uy).astype(np.float32) + (y_H1 * ux).astype(np.float32)
    across *= across
    across += past
    part = nearest[y0 - area.y : y1 - area.y, x0 - area.x : x1 - area.x]
    np.minimum(part, across, out=part)
