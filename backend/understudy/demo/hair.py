"""Scalp hair: strands grown over the skull, short and brushed or long and gathered behind the head."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .head import Hair
from .strands import Roots, scatter

F32 = npt.NDArray[np.float32]
I32 = npt.NDArray[np.int32]

SHORT_STRANDS = 11_000
LONG_STRANDS = 9_000
SHORT_POINTS = 5
LONG_POINTS = 11


def grow(quads_F4: I32, vertices_V3: F32, density_V: F32, hair: Hair) -> F32:
    """Strands (S, P, 3) on the neutral head; `density_V` says where hair grows."""
    rng = np.random.default_rng([hair.seed, 7])
    rows = np.flatnonzero(density_V[quads_F4].mean(axis=1) > 0.02)
    quads = quads_F4[rows]
    density = density_V[quads].mean(axis=1)
    roots = scatter(quads, vertices_V3, density, LONG_STRANDS if hair.long else SHORT_STRANDS, rng)
    surface = _Surface(quads, vertices_V3)
    if hair.long:
        return _gathered(roots.on(quads, vertices_V3), surface, rng)
    return _cropped(roots, quads, vertices_V3, surface, hair.length_dm, rng)


class _Surface:
    """Nearest point and outward direction of the scalp."""

    def __init__(self, quads_F4: I32, vertices_V3: F32) -> None:
        corners = vertices_V3[quads_F4]
        normals = np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1])
        self.points = np.ascontiguousarray(corners.mean(axis=1))
        self.normals = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
        self.squares = (self.points**2).sum(axis=1)

    def near(self, points_N3: F32) -> tuple[F32, F32]:
        """Nearest surface points and normals, each (N, 3)."""
        found = np.empty(len(points_N3), np.int64)
        for start in range(0, len(points_N3), 1000):
            block = points_N3[start : start + 1000]
            found[start : start + 1000] = (self.squares - 2 * block @ self.points.T).argmin(axis=1)
        return self.points[found], self.normals[found].astype(np.float32)


def _cropped(
    roots: Roots,
    quads_F4: I32,
    vertices_V3: F32,
    surface: _Surface,
    length_dm: float,
    rng: np.random.Generator,
) -> F32:
    """Short hair: away from the crown, brushed aside over the forehead, standing up a little."""
    start = roots.on(quads_F4, vertices_V3)
    _, out = surface.near(start)
    top = vertices_V3[quads_F4].reshape(-1, 3)
    crown = np.asarray([0.08, top[:, 1].max(), top[:, 2].min() + 0.35], np.float32)
    height = (start[:, 1] - top[:, 1].min()) / (top[:, 1].max() - top[:, 1].min())
    away = start - crown + np.asarray([0.0, -0.15, 0.0], np.float32)
    away /= np.linalg.norm(away, axis=1, keepdims=True)
    front = np.clip((start[:, 2] - crown[2]) / 1.1, 0, 1) * np.clip(height * 2 - 1, 0, 1)
    comb = away + front[:, None] * np.asarray([0.75, 0.1, -0.2], np.float32)
    comb += 0.35 * rng.normal(size=comb.shape) * np.asarray([1, 0.6, 1])
    comb -= (comb * out).sum(axis=1, keepdims=True) * out
    comb /= np.maximum(np.linalg.norm(comb, axis=1, keepdims=True), 1e-9)
    length = (
        length_dm * (0.30 + 0.7 * np.clip(height * 1.25 - 0.1, 0, 1)) * rng.uniform(0.7, 1.05, len(start))
    )
    lift = 0.30 + 0.35 * np.clip(height, 0, 1) + 0.12 * rng.normal(size=len(start))
    along = np.linspace(0, 1, SHORT_POINTS)[None, :, None]
    bend = along - 0.32 * along**2
    rise = lift[:, None, None] * (along - 0.55 * along**2)
    offset = comb[:, None] * bend + out[:, None] * rise
    return np.asarray(start[:, None] + offset * length[:, None, None], np.float32)


def _gathered(start: F32, surface: _Surface, rng: np.random.Generator) -> F32:
    """Long hair combed back over the skull from a parting and tied low behind the head."""
    points = surface.points
    tie = np.asarray([0.0, np.quantile(points[:, 1], 0.22), points[:, 2].min() - 0.06], np.float32)
    lift = rng.uniform(0.012, 0.075, len(start)).astype(np.float32)
    side = np.sign(start[:, 0] - 0.12 + 0.02 * rng.normal(size=len(start)))
    strand = [start]
    here = start.copy()
    for step in range(1, LONG_POINTS):
        toward = tie - here
        far = np.linalg.norm(toward, axis=1, keepdims=True)
        parting = np.stack([side * 0.8, np.full(len(start), -0.35), np.zeros(len(start))], axis=1)
        way = toward / np.maximum(far, 1e-6) + parting * np.exp(-0.45 * step) * (here[:, 2:3] > 0.2)
        nearest, out = surface.near(here)
        way -= (way * out).sum(axis=1, keepdims=True) * out
        way /= np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-6)
        pace = np.minimum(far, np.linalg.norm(tie - start, axis=1, keepdims=True) * 1.45 / (LONG_POINTS - 1))
        onward = here + way * pace
        nearest, out = surface.near(onward.astype(np.float32))
        height = ((onward - nearest) * out).sum(axis=1, keepdims=True)
        raised = lift[:, None] * min(1.0, step / 3)
        here = (onward + np.clip(raised - height, -0.15, 0.3) * out).astype(np.float32)
        strand.append(here)
    body = np.stack(strand, axis=1)
    return np.concatenate([body, _bun(tie, rng)]).astype(np.float32)


def _bun(tie: F32, rng: np.random.Generator) -> F32:
    """A knot of hair: great circles of a ball at the tie."""
    count = 1400
    centre = tie + np.asarray([0.0, 0.0, -0.14], np.float32)
    one = rng.normal(size=(count, 3))
    one /= np.linalg.norm(one, axis=1, keepdims=True)
    two = np.cross(one, rng.normal(size=(count, 3)))
    two /= np.linalg.norm(two, axis=1, keepdims=True)
    turn = np.linspace(0, np.pi, LONG_POINTS)[None, :, None]
    ball = one[:, None] * np.cos(turn) + two[:, None] * np.sin(turn)
    radius = rng.uniform(0.19, 0.245, (count, 1, 1))
    return np.asarray(centre + ball * radius * np.asarray([1.15, 0.95, 0.85]), np.float32)
