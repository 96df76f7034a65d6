"""Catmull-Clark subdivision of quad meshes with numpy: the topology is worked out once, positions often.

Source: E. Catmull, J. Clark, Recursively generated B-spline surfaces on arbitrary topological meshes, 1978.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

F32 = npt.NDArray[np.float32]
I32 = npt.NDArray[np.int32]


@dataclass(frozen=True, kw_only=True)
class Level:
    """One refinement step of a quad mesh of `count` vertices.

    quads_F4: the coarse quads. edges_E2: their edges. sides_E2: the two quads at an edge, -1 at a border.
    fine_4F4: the refined quads; new vertices are numbered old vertices, then edges, then quads.
    """

    count: int
    quads_F4: I32
    edges_E2: I32
    sides_E2: I32
    valence_V: F32
    border_V: npt.NDArray[np.bool_]
    fine_4F4: I32


def refinement(quads_F4: I32, count: int) -> Level:
    """Work out one step for quads over `count` vertices."""
    starts = quads_F4.reshape(-1)
    ends = np.roll(quads_F4, -1, axis=1).reshape(-1)
    pairs = np.sort(np.stack([starts, ends], axis=1), axis=1)
    edges, edge_of_side = np.unique(pairs, axis=0, return_inverse=True)
    edge_of_side = edge_of_side.reshape(-1)
    quad_of_side = np.repeat(np.arange(len(quads_F4), dtype=np.int32), 4)
    sides = np.full((len(edges), 2), -1, np.int32)
    order = np.argsort(edge_of_side, kind="stable")
    first = np.r_[True, edge_of_side[order][1:] != edge_of_side[order][:-1]]
    sides[edge_of_side[order][first], 0] = quad_of_side[order][first]
    sides[edge_of_side[order][~first], 1] = quad_of_side[order][~first]
    border = np.zeros(count, np.bool_)
    border[edges[sides[:, 1] < 0].reshape(-1)] = True
    edge_FN = (count + edge_of_side).reshape(-1, 4)
    middle = (count + len(edges) + np.arange(len(quads_F4))).reshape(-1, 1)
    corners = [
        np.stack([quads_F4[:, k], edge_FN[:, k], middle[:, 0], edge_FN[:, k - 1]], axis=1) for k in range(4)
    ]
    return Level(
        count=count,
        quads_F4=quads_F4,
        edges_E2=edges.astype(np.int32),
        sides_E2=sides,
        valence_V=np.bincount(edges.reshape(-1), minlength=count).astype(np.float32),
        border_V=border,
        fine_4F4=np.stack(corners, axis=1).reshape(-1, 4).astype(np.int32),
    )


def refinements(quads_F4: I32, count: int, steps: int) -> tuple[Level, ...]:
    """Work out `steps` refinements, one upon the other."""
    levels: list[Level] = []
    for _ in range(steps):
        level = refinement(quads_F4, count)
        levels.append(level)
        quads_F4 = level.fine_4F4
        count = level.count + len(level.edges_E2) + len(level.quads_F4)
    return tuple(levels)


def smooth(levels: tuple[Level, ...], positions_VC: F32) -> F32:
    """Positions (or any values per vertex) of the refined mesh, by the Catmull-Clark rules."""
    for level in levels:
        positions_VC = _step(level, positions_VC, smoothing=True)
    return positions_VC


def linear(levels: tuple[Level, ...], values_VC: F32) -> F32:
    """Values of the refined mesh by plain averaging, which never overshoots: for masks and colours."""
    for level in levels:
        values_VC = _step(level, values_VC, smoothing=False)
    return values_VC


def refined_corners(values_F4C: F32, steps: int) -> F32:
    """Per-corner values (texture coordinates) of the refined quads, in the order of `Level.fine_4F4`."""
    for _ in range(steps):
        after = (values_F4C + np.roll(values_F4C, -1, axis=1)) / 2
        middle = values_F4C.mean(axis=1)
        corners = [
            np.stack([values_F4C[:, k], after[:, k], middle, after[:, k - 1]], axis=1) for k in range(4)
        ]
        values_F4C = np.stack(corners, axis=1).reshape(-1, 4, values_F4C.shape[2])
    return values_F4C


def _step(level: Level, values_VC: F32, *, smoothing: bool) -> F32:
    middle = values_VC[level.quads_F4].mean(axis=1)
    ends = values_VC[level.edges_E2].sum(axis=1)
    if not smoothing:
        return np.concatenate([values_VC, ends / 2, middle]).astype(np.float32)
    inner = level.sides_E2[:, 1] >= 0
    edge = ends / 2
    edge[inner] = (ends[inner] + middle[level.sides_E2[inner]].sum(axis=1)) / 4
    return np.concatenate([_moved(level, values_VC, middle, ends), edge, middle]).astype(np.float32)


def _moved(level: Level, values_VC: F32, middle_FC: F32, ends_EC: F32) -> F32:
    """Old vertices in their new places: (F + 2R + (n - 3) P) / n inside, the cubic curve rule at borders."""
    n = np.maximum(level.valence_V, 1.0)[:, None]
    around = np.repeat(middle_FC, 4, axis=0)
    faces = _gathered(level.quads_F4.reshape(-1), around, level.count) / n
    mids = np.repeat(ends_EC / 2, 2, axis=0)
    ring = _gathered(level.edges_E2.reshape(-1), mids, level.count) / n
    moved = (faces + 2 * ring + (n - 3) * values_VC) / n
    outline = level.sides_E2[:, 1] < 0
    half = np.repeat(ends_EC[outline] / 2, 2, axis=0)
    along = _gathered(level.edges_E2[outline].reshape(-1), half, level.count)
    border = level.border_V
    moved[border] = 0.25 * along[border] + 0.5 * values_VC[border]
    loose = level.valence_V == 0
    moved[loose] = values_VC[loose]
    return np.asarray(moved, np.float32)


def _gathered(rows_N: I32, values_NC: npt.NDArray[np.floating], count: int) -> npt.NDArray[np.float64]:
    sums = [np.bincount(rows_N, weights=values_NC[:, c], minlength=count) for c in range(values_NC.shape[1])]
    return np.stack(sums, axis=1)
