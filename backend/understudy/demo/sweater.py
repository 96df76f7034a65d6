"""The jersey: the shoulders of the body moved outwards, with a ribbed collar round the neck."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .figure import Figure
from .head import HeadData, posed
from .performance import Pose
from .subdivision import Level, refinements, smooth

F32 = npt.NDArray[np.float32]
I32 = npt.NDArray[np.int32]

# The neckline lies lower in front than at the nape: height = base + slope * z.
NECKLINE_Y_DM = 5.72
NECKLINE_SLOPE = -0.38
SHOULDER_X_DM = 0.5
SHOULDER_RISE = 1.0
CLOTH_OFFSET_DM = 0.07
COLLAR_RADIUS_DM = 0.085
COLLAR_SIDES = 10


@dataclass(frozen=True, kw_only=True)
class Sweater:
    """Topology of jersey and collar. `loop_N`: vertices of the neckline in order."""

    levels: tuple[Level, ...]
    quads: Mapping[str, I32]
    body_quads_F4: I32
    loop_N: I32
    collar_levels: tuple[Level, ...]

    def at(self, figure: Figure, pose: Pose) -> dict[str, F32]:
        """Vertices of the jersey and the collar; the cloth follows the shoulders and a little of the neck."""
        still = posed(
            figure.data,
            figure.base_V3,
            {},
            yaw_deg=0.35 * pose.yaw_deg,
            pitch_deg=0.35 * pose.pitch_deg,
            roll_deg=0.35 * pose.roll_deg,
        )
        normals = _normals(self.body_quads_F4, still)
        cloth = still + CLOTH_OFFSET_DM * normals
        ring = still[self.loop_N] + (CLOTH_OFFSET_DM * 0.8) * normals[self.loop_N]
        return {
            "jersey": smooth(self.levels, cloth.astype(np.float32)),
            "collar": smooth(self.collar_levels, _tube(_even(ring))),
        }


def knit(data: HeadData) -> Sweater:
    """Cut the jersey out of the body at the neckline."""
    body, rest = data.faces["body"], data.vertices_V3
    line = NECKLINE_Y_DM + NECKLINE_SLOPE * (rest[:, 2] - 0.2)
    line += SHOULDER_RISE * np.maximum(np.abs(rest[:, 0]) - SHOULDER_X_DM, 0.0)
    below = rest[:, 1] < np.minimum(line, 6.2)
    quads = body[below[body].all(axis=1)]
    loop = _neckline(quads, rest)
    levels = refinements(quads, len(rest), 2)
    count = len(loop) * COLLAR_SIDES
    n = np.arange(len(loop))[:, None] * COLLAR_SIDES + np.arange(COLLAR_SIDES)[None, :]
    ahead, around = np.roll(n, -1, axis=0), np.roll(n, -1, axis=1)
    collar = np.stack([n, around, np.roll(ahead, -1, axis=1), ahead], axis=2).reshape(-1, 4).astype(np.int32)
    collar_levels = refinements(collar, count, 1)
    return Sweater(
        levels=levels,
        quads={"jersey": levels[-1].fine_4F4, "collar": collar_levels[-1].fine_4F4},
        body_quads_F4=body,
        loop_N=loop,
        collar_levels=collar_levels,
    )


def _neckline(quads_F4: I32, rest_V3: F32) -> I32:
    """The border loop of the cut that goes round the neck, in order: the one with the highest middle."""
    sides = np.stack([quads_F4, np.roll(quads_F4, -1, axis=1)], axis=2).reshape(-1, 2)
    seen = {(int(a), int(b)) for a, b in sides}
    onward = {a: b for a, b in seen if (b, a) not in seen}
    loops: list[list[int]] = []
    while onward:
        start, here = onward.popitem()
        loop = [start]
        while here != start and here in onward:
            loop.append(here)
            here = onward.pop(here)
        loops.append(loop)
    best = max(loops, key=lambda loop: (len(loop) > 8, float(rest_V3[loop, 1].mean())))
    return np.asarray(best, np.int32)


def _even(ring_N3: F32) -> F32:
    """The loop with its zigzag of mesh steps smoothed away."""
    for _ in range(12):
        both = np.roll(ring_N3, 1, axis=0) + np.roll(ring_N3, -1, axis=0)
        ring_N3 = np.asarray((both + 2 * ring_N3) / 4, np.float32)
    return ring_N3


def _tube(ring_N3: F32) -> F32:
    along = np.roll(ring_N3, -1, axis=0) - np.roll(ring_N3, 1, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    out = ring_N3 - ring_N3.mean(axis=0)
    out -= (out * along).sum(axis=1, keepdims=True) * along
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    up = np.cross(along, out)
    turn = np.linspace(0, 2 * np.pi, COLLAR_SIDES, endpoint=False)
    wide, tall = 0.9 * COLLAR_RADIUS_DM, 1.7 * COLLAR_RADIUS_DM
    circle = (
        wide * np.cos(turn)[None, :, None] * out[:, None] + tall * np.sin(turn)[None, :, None] * up[:, None]
    )
    return np.asarray(ring_N3[:, None] + circle, np.float32).reshape(-1, 3)


def _normals(quads_F4: I32, vertices_V3: F32) -> F32:
    corners = vertices_V3[quads_F4]
    flat = np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1])
    total = np.zeros_like(vertices_V3)
    for k in range(4):
        np.add.at(total, quads_F4[:, k], flat)
    return np.asarray(total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-9), np.float32)
