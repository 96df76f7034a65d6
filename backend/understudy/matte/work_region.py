"""Which part of the plate propagation looks at: a window of one size that goes with the faces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, cos, radians, sin

import numpy as np
import numpy.typing as npt

from understudy.domain.face import NO_TRACK
from understudy.domain.frame import Rect
from understudy.domain.solved import SolvedShot
from understudy.matte.propagate import resized
from understudy.media.picture import Picture
from understudy.media.preview_colour import screen_codes

Float = npt.NDArray[np.float32]

FACE_PX = 400.0  # larger faces are worked on at this size
_SMALL_FACE_PX = 100.0  # smaller faces are worked on enlarged: flow needs some pixels to hold on to
_SMALLEST_PX = 48


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkRegion:
    """Windows of one size, by frame; they may reach beyond the plate.

    scale: working pixels per plate pixel.
    """

    rects: dict[int, Rect]
    scale: float
    window: Rect

    @property
    def size_wh(self) -> tuple[int, int]:
        """Of the working pictures."""
        rect = next(iter(self.rects.values()))
        return max(1, round(rect.width * self.scale)), max(1, round(rect.height * self.scale))

    def look(self, picture: Picture, frame: int) -> Float:
        """The frame's window as a working picture (H, W, 3); the plate's border goes on beyond it."""
        rect = self.rects[frame]
        inside = rect.intersect(self.window)
        part = screen_codes(picture.region(inside), picture.colour)
        beyond = (
            (inside.y - rect.y, rect.y1 - inside.y1),
            (inside.x - rect.x, rect.x1 - inside.x1),
            (0, 0),
        )
        whole = np.pad(part, beyond, mode="edge") if any(map(any, beyond)) else part
        return resized(np.ascontiguousarray(whole), *self.size_wh)

    def to_plate(self, matte_HW: Float, frame: int) -> tuple[Float, Rect]:
        """A working matte at the plate's resolution, with the part of the plate that it fills."""
        rect = self.rects[frame]
        inside = rect.intersect(self.window)
        whole = resized(matte_HW, rect.width, rect.height)
        return (
            np.ascontiguousarray(
                whole[inside.y - rect.y : inside.y1 - rect.y, inside.x - rect.x : inside.x1 - rect.x]
            ),
            inside,
        )


def face_region(
    solved: SolvedShot, frames: Sequence[int], window: Rect, *, margin: float
) -> WorkRegion | None:
    """Windows around all faces of `frames`, `margin` of a face's side beyond them; None without any face.

    Frames without a face take the place of their neighbours'.
    """
    found = {frame: box for frame in frames if (box := _faces_box(solved, frame, margin)) is not None}
    if not found:
        return None
    known = sorted(found)
    boxes = np.array([found[frame][0] for frame in known])
    centres = np.stack([boxes[:, [0, 2]].mean(1), boxes[:, [1, 3]].mean(1)], axis=1)
    width = max(_SMALLEST_PX, ceil((boxes[:, 2] - boxes[:, 0]).max()))
    height = max(_SMALLEST_PX, ceil((boxes[:, 3] - boxes[:, 1]).max()))
    width, height = min(width, 2 * window.width), min(height, 2 * window.height)
    rects = {}
    for frame in frames:
        x, y = (float(np.interp(frame, known, centres[:, axis])) for axis in (0, 1))
        x, y = min(max(x, window.x), window.x1), min(max(y, window.y), window.y1)
        rects[frame] = Rect(round(x - width / 2), round(y - height / 2), width, height)
    side = max(found[frame][1] for frame in known)
    scale = min(1.0, FACE_PX / side) if side > _SMALL_FACE_PX else _SMALL_FACE_PX / max(side, 8.0)
    return WorkRegion(rects=rects, scale=scale, window=window)


def fixed_region(frames: Sequence[int], bounds: Rect, window: Rect, *, margin: float) -> WorkRegion:
    """The same window on every frame: where something was drawn, and `margin` of its size around it."""
    grown = bounds.expand(max(_SMALLEST_PX // 2, ceil(margin * max(bounds.width, bounds.height))))
    rect = grown.intersect(window)
    scale = min(1.0, 2 * FACE_PX / max(rect.width, rect.height))
    return WorkRegion(rects=dict.fromkeys(frames, rect), scale=scale, window=window)


def _faces_box(
    solved: SolvedShot, frame: int, margin: float
) -> tuple[tuple[float, float, float, float], float] | None:
    """x0, y0, x1, y1 around a frame's faces with their margin, and the largest side of a face."""
    squares = solved.square_N4[(solved.faces.frame == frame) & (solved.faces.track != NO_TRACK)]
    squares = squares[np.isfinite(squares).all(axis=1)]
    if not len(squares):
        return None
    reach = [
        side * (0.5 * (abs(cos(radians(angle))) + abs(sin(radians(angle)))) + margin)
        for _, _, side, angle in squares
    ]
    aspect = solved.pixel_aspect
    x0 = min((s[0] - r) / aspect for s, r in zip(squares, reach, strict=True))
    y0 = min(s[1] - r for s, r in zip(squares, reach, strict=True))
    x1 = max((s[0] + r) / aspect for s, r in zip(squares, reach, strict=True))
    y1 = max(s[1] + r for s, r in zip(squares, reach, strict=True))
    return (float(x0), float(y0), float(x1), float(y1)), float(squares[:, 2].max())
