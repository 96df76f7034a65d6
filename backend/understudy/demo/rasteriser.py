"""A quick z-buffer renderer of small triangles, with numpy alone: for tests, not for looks.

Triangles of similar size on the picture are drawn together: every pixel centre of their bounding
boxes is tested at once, and the nearest hit of each pixel is kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

F32 = npt.NDArray[np.float32]
I32 = npt.NDArray[np.int32]

_SIZES_PX = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)
_CHUNK = 1 << 21  # pixel tests made at once


@dataclass(frozen=True, kw_only=True)
class Camera:
    """A pinhole looking along -z. `scale_px` is pixels per decimetre at the plane of `target`.

    `centre_px` is where `target` (x, y, z in decimetres) falls; pixel centres are at half-integers.
    """

    width_px: int
    height_px: int
    scale_px: float
    centre_px: tuple[float, float]
    target: tuple[float, float, float]
    distance_dm: float = 16.0

    def project(self, points_V3: F32) -> tuple[F32, F32]:
        """Picture positions (V, 2), y downwards, and nearness (V,), greater being nearer."""
        away = points_V3 - np.asarray(self.target, np.float32)
        scale = np.float32(self.scale_px * self.distance_dm) / (np.float32(self.distance_dm) - away[:, 2])
        x = np.float32(self.centre_px[0]) + away[:, 0] * scale
        y = np.float32(self.centre_px[1]) - away[:, 1] * scale
        return np.stack([x, y], axis=1), scale

    def enlarged(self, factor: int) -> Camera:
        """The same view with `factor` times as many pixels each way."""
        return Camera(
            width_px=self.width_px * factor,
            height_px=self.height_px * factor,
            scale_px=self.scale_px * factor,
            centre_px=(self.centre_px[0] * factor, self.centre_px[1] * factor),
            target=self.target,
            distance_dm=self.distance_dm,
        )


@dataclass(frozen=True, kw_only=True)
class Hits:
    """What is seen at the pixels that something covers.

    pixel_N: row-major pixel number. triangle_N: row of the triangle table. weight_N3: barycentric weights.
    """

    pixel_N: npt.NDArray[np.int64]
    triangle_N: I32
    weight_N3: F32

    def mix(self, values_VC: F32, triangles_T3: I32) -> F32:
        """Values (N, C) of vertices interpolated to the seen points."""
        corners = triangles_T3[self.triangle_N]
        mixed = values_VC[corners[:, 0]] * self.weight_N3[:, :1]
        mixed += values_VC[corners[:, 1]] * self.weight_N3[:, 1:2]
        mixed += values_VC[corners[:, 2]] * self.weight_N3[:, 2:]
        return np.asarray(mixed, np.float32)


def triangles_of(quads_F4: I32) -> I32:
    """Two triangles (2F, 3) per quad; both halves of quad f stand at rows f and F + f."""
    return np.concatenate([quads_F4[:, [0, 1, 2]], quads_F4[:, [0, 2, 3]]]).astype(np.int32)


def vertex_normals(points_V3: F32, triangles_T3: I32) -> F32:
    """Unit normals (V, 3), each the area-weighted mean of the triangles around a vertex."""
    a, b, c = (points_V3[triangles_T3[:, k]] for k in range(3))
    across = np.cross(b - a, c - a)
    rows = triangles_T3.reshape(-1)
    each = np.repeat(across, 3, axis=0)
    sums = [np.bincount(rows, weights=each[:, k], minlength=len(points_V3)) for k in range(3)]
    normals = np.stack(sums, axis=1).astype(np.float32)
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    return np.asarray(normals / np.maximum(length, 1e-12), np.float32)


def rasterise(xy_V2: F32, near_V: F32, triangles_T3: I32, *, width_px: int, height_px: int) -> Hits:
    """Draw the triangles that face the camera (anticlockwise in space) and keep the nearest at each pixel.

    Pixel centres are at half-integers. Triangles larger than 128 px are not drawn: subdivide them.
    """
    facing, low, size = _boxes(xy_V2, triangles_T3, width_px, height_px)
    found: list[tuple[npt.NDArray[np.int64], I32, F32, F32]] = []
    smaller = 0
    for limit in _SIZES_PX:
        chosen = np.flatnonzero((size > smaller) & (size <= limit))
        step = max(1, _CHUNK // (limit * limit))
        for start in range(0, len(chosen), step):
            rows = chosen[start : start + step]
            inside = _inside(xy_V2, triangles_T3[facing[rows]], low[rows], limit, width_px, height_px)
            local, pixel, weight = inside
            found.append(
                (
                    pixel,
                    facing[rows[local]].astype(np.int32),
                    weight,
                    _depth(near_V, triangles_T3, facing[rows[local]], weight),
                )
            )
        smaller = limit
    if not found:
        return Hits(
            pixel_N=np.zeros(0, np.int64),
            triangle_N=np.zeros(0, np.int32),
            weight_N3=np.zeros((0, 3), np.float32),
        )
    pixel, triangle, weight, near = (np.concatenate(column) for column in zip(*found, strict=True))
    seen = _nearest(pixel, near, width_px * height_px)
    return Hits(pixel_N=pixel[seen], triangle_N=triangle[seen], weight_N3=weight[seen])


def _boxes(
    xy_V2: F32, triangles_T3: I32, width_px: int, height_px: int
) -> tuple[npt.NDArray[np.int64], I32, I32]:
    """Rows of the front-facing triangles that can cover a pixel centre, their first pixel, their size."""
    corners = xy_V2[triangles_T3]
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    area = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
    low = np.ceil(corners.min(axis=1) - 0.5).astype(np.int32)
    high = np.floor(corners.max(axis=1) - 0.5).astype(np.int32)
    size = (high - low + 1).max(axis=1)
    # y points down on the picture, so a triangle that faces the camera has a negative area there.
    keep = (area < -1e-9) & ((high - low).min(axis=1) >= 0)
    keep &= (high >= 0).all(axis=1) & (low[:, 0] < width_px) & (low[:, 1] < height_px)
    rows = np.flatnonzero(keep)
    return rows, low[rows], size[rows].astype(np.int32)


def _inside(
    xy_V2: F32, triangles_R3: I32, low_R2: I32, size_px: int, width_px: int, height_px: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], F32]:
    """Of the size x size pixels from `low` on: which lie inside, as (row, pixel, barycentric weights)."""
    grid = np.arange(size_px, dtype=np.float32) + np.float32(0.5)
    px = low_R2[:, :1] + grid
    py = low_R2[:, 1:] + grid
    a, b, c = (xy_V2[triangles_R3[:, k]] for k in range(3))
    whole = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    wa = _share(b, c, px, py, whole)
    wb = _share(c, a, px, py, whole)
    wc = np.float32(1) - wa - wb
    hit = (wa >= 0) & (wb >= 0) & (wc >= 0)
    hit &= ((px >= 0) & (px < width_px))[:, None, :] & ((py >= 0) & (py < height_px))[:, :, None]
    row, line, column = np.nonzero(hit)
    pixel = (low_R2[row, 1] + line) * np.int64(width_px) + low_R2[row, 0] + column
    return row, pixel, np.stack([wa[hit], wb[hit], wc[hit]], axis=1)


def _share(start_R2: F32, end_R2: F32, px_RN: F32, py_RN: F32, whole_R: F32) -> F32:
    """Weight (R, N, N) of the corner opposite the edge, at every pixel centre."""
    across = (end_R2 - start_R2) / whole_R[:, None]
    along_x = across[:, :1] * (py_RN - start_R2[:, 1:])
    along_y = across[:, 1:] * (px_RN - start_R2[:, :1])
    return np.asarray(along_x[:, :, None] - along_y[:, None, :], np.float32)


def _depth(near_V: F32, triangles_T3: I32, rows_N: npt.NDArray[np.int64], weight_N3: F32) -> F32:
    near_N3 = near_V[triangles_T3[rows_N]] * weight_N3
    return np.asarray(near_N3[:, 0] + near_N3[:, 1] + near_N3[:, 2], np.float32)


def _nearest(pixel_N: npt.NDArray[np.int64], near_N: F32, pixels: int) -> npt.NDArray[np.int64]:
    """Rows that are nearest at their pixel, one a pixel, in pixel order."""
    best = np.full(pixels, -np.inf, np.float32)
    np.maximum.at(best, pixel_N, near_N)
    winners = np.flatnonzero(near_N == best[pixel_N])
    row = np.full(pixels, -1, np.int64)
    row[pixel_N[winners]] = winners
    return row[row >= 0]
