"""Hair, brows and lashes as strands: where each grows, and how it moves with the head.

A strand is a row of points. Hair goes with the skull; brows go with the skin they are rooted in;
lashes go with the strip of the mesh that stands for them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .regions import ramp

F32 = npt.NDArray[np.float32]
I32 = npt.NDArray[np.int32]


@dataclass(frozen=True, kw_only=True)
class Roots:
    """Points on quads: `quads_S` row of the quad, `corners_S4` weights of its corners."""

    quads_S: I32
    corners_S4: F32

    def on(self, quads_F4: I32, values_VC: F32) -> F32:
        """Values (S, C) at the roots."""
        return np.asarray(
            (values_VC[quads_F4[self.quads_S]] * self.corners_S4[:, :, None]).sum(axis=1), np.float32
        )


@dataclass(frozen=True, kw_only=True)
class Rooted:
    """Strands that move with the skin: `local_SP3` in the frame of the quad of each root."""

    roots: Roots
    local_SP3: F32

    def at(self, quads_F4: I32, vertices_V3: F32) -> F32:
        """Points (S, P, 3) of the strands on the skin as it is now."""
        origin = self.roots.on(quads_F4, vertices_V3)
        frame = quad_frames(vertices_V3[quads_F4[self.roots.quads_S]])
        return np.asarray(origin[:, None] + np.einsum("spk,skc->spc", self.local_SP3, frame), np.float32)


def quad_frames(corners_S43: F32) -> F32:
    """Right-handed frames (S, 3, 3) of quads, as rows: along a diagonal, across it, outwards."""
    one = corners_S43[:, 2] - corners_S43[:, 0]
    two = corners_S43[:, 3] - corners_S43[:, 1]
    out = _unit(np.cross(one, two))
    one = _unit(one)
    return np.stack([one, np.cross(out, one), out], axis=1).astype(np.float32)


def scatter(quads_F4: I32, vertices_V3: F32, density_F: F32, count: int, rng: np.random.Generator) -> Roots:
    """`count` roots drawn over the quads in proportion to area and density."""
    corners = vertices_V3[quads_F4]
    area = np.linalg.norm(np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1]), axis=1)
    share = np.cumsum((area * density_F).astype(np.float64))
    quads = np.searchsorted(share, rng.uniform(0, share[-1], count)).astype(np.int32)
    u, v = rng.uniform(0, 1, (2, count))
    weights = np.stack([(1 - u) * (1 - v), u * (1 - v), u * v, (1 - u) * v], axis=1)
    return Roots(quads_S=quads, corners_S4=weights.astype(np.float32))


def brow_strands(
    quads_F4: I32, rest_V3: F32, vertices_V3: F32, density_V: F32, *, weight: float, seed: int
) -> Rooted:
    """Brow hairs: upright at the nose, lying outwards towards the temple."""
    rng = np.random.default_rng([seed, 3])
    density = density_V[quads_F4].mean(axis=1)
    roots = scatter(quads_F4, vertices_V3, density, int(120 + 330 * weight), rng)
    rest = roots.on(quads_F4, rest_V3)
    side = np.sign(rest[:, 0])
    out = np.clip((np.abs(rest[:, 0]) - 0.1) / 0.5, 0, 1)
    above = rest[:, 1] - np.interp(np.abs(rest[:, 0]), (0.1, 0.4, 0.62), (7.455, 7.512, 7.435))
    frame = quad_frames(vertices_V3[quads_F4[roots.quads_S]])
    up = 0.9 - 1.25 * out - 5.0 * above * ramp(out, 0.0, 0.4)
    lie = np.stack([side * (0.35 + out), up, np.zeros(len(side))], axis=1)
    lie = _unit(lie + rng.normal(0, 0.17, lie.shape))
    lie -= (lie * frame[:, 2]).sum(axis=1, keepdims=True) * frame[:, 2]
    lie = _unit(lie)
    length = (0.066 - 0.022 * out) * rng.uniform(0.6, 1.15, len(side))
    along = np.linspace(0, 1, 4)[None, :, None]
    arch = 0.009 * np.sin(np.pi * np.clip(along, 0, 1) * 0.75) + 0.002
    points = lie[:, None] * length[:, None, None] * along + frame[:, 2][:, None] * arch
    return Rooted(roots=roots, local_SP3=np.einsum("spc,skc->spk", points, frame).astype(np.float32))


@dataclass(frozen=True, kw_only=True)
class Lashes:
    """Lash strands spun along the columns of the lash strips: weights of two columns for each strand."""

    columns_SPN: I32
    share_S: F32
    reach_S: F32

    def at(self, vertices_V3: F32) -> F32:
        """Points (S, P, 3) of the lashes for the mesh as it is now."""
        first, second = vertices_V3[self.columns_SPN[:, 0]], vertices_V3[self.columns_SPN[:, 1]]
        points = first + self.share_S[:, None, None] * (second - first)
        root = points[:, :1]
        return np.asarray(root + self.reach_S[:, None, None] * (points - root), np.float32)


def lash_strands(quads_F4: I32, vertices_V3: F32, skin_N3: F32, *, length: float, seed: int) -> Lashes:
    """Find the columns of the lash strips, roots first, and draw strands between neighbouring columns."""
    rng = np.random.default_rng([seed, 5])
    columns_SPN, shares, reaches = [], [], []
    for columns in _lash_columns(quads_F4, vertices_V3, skin_N3):
        upper = vertices_V3[columns[:, -1], 1].mean() > vertices_V3[columns[:, 0], 1].mean()
        count = 70 if upper else 38
        place = rng.uniform(0, len(columns) - 1.001, count)
        low = place.astype(np.int32)
        columns_SPN.append(np.stack([columns[low], columns[low + 1]], axis=1))
        shares.append(place - low)
        reaches.append(length * rng.uniform(0.55, 1.0, count) * (1.0 if upper else 0.6))
    return Lashes(
        columns_SPN=np.concatenate(columns_SPN).astype(np.int32),
        share_S=np.concatenate(shares).astype(np.float32),
        reach_S=np.concatenate(reaches).astype(np.float32),
    )


def _lash_columns(quads_F4: I32, vertices_V3: F32, skin_N3: F32) -> list[I32]:
    """For each strip, its vertices as (columns, 5), in order along the lid, lid side first."""
    pairs = np.concatenate([quads_F4[:, [k, (k + 1) % 4]] for k in range(4)])
    neighbours: dict[int, set[int]] = {}
    for a, b in pairs.tolist():
        neighbours.setdefault(a, set()).add(b)
        neighbours.setdefault(b, set()).add(a)
    strips = []
    corners = sorted(v for v, around in neighbours.items() if len(around) == 2)
    unseen = set(corners)
    for corner in corners:
        if corner not in unseen:
            continue
        sides = [_border_walk(neighbours, corner, step) for step in sorted(neighbours[corner])]
        short, long = sorted(sides, key=len)
        rows = [long]
        taken = set(long)
        for _ in range(len(short) - 1):
            rows.append([next(iter(neighbours[v] - taken)) for v in rows[-1]])
            taken |= set(rows[-1])
        table = np.asarray(rows, np.int32).T
        unseen -= {int(table[0, 0]), int(table[0, -1]), int(table[-1, 0]), int(table[-1, -1])}
        ends = [_gap(vertices_V3[table[:, k]], skin_N3) for k in (0, -1)]
        strips.append(table if ends[0] < ends[1] else table[:, ::-1].copy())
    return strips


def _border_walk(neighbours: dict[int, set[int]], corner: int, step: int) -> list[int]:
    path = [corner, step]
    while len(neighbours[path[-1]]) > 2:
        onward = [v for v in neighbours[path[-1]] if len(neighbours[v]) < 4 and v != path[-2]]
        path.append(onward[0])
    return path


def _gap(points_N3: F32, skin_M3: F32) -> float:
    return float(np.linalg.norm(points_N3[:, None] - skin_M3[None], axis=2).min(axis=1).mean())


def _unit(vectors: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9))
