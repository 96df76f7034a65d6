"""Carrying one drawn layer (a hand before a face) from its key through a shot.

The layer is a cut-out of the keyed picture that moves, part by part, over a background that moves otherwise.
Flow alone leaks at such edges and adds up its errors. So each step has three looks at the new picture:

1. flow from the frame before, taken inside the layer only, says about where each part went;
2. the cut-out of the *key*, put there over the background seen before, must look like the new picture:
   flow from that composite to the picture is the error made so far, and is taken out. Nothing adds up, as
   long as the layer keeps its look;
3. where layer and background differ in colour, the picture itself says how much of each a pixel of the edge
   shows (difference matting with both colours predicted).

Motion of a part is affine plus a smooth rest, so it reaches over the part's own edge and into what is hidden.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from understudy.matte.flow import (
    F32,
    F64,
    Bytes,
    dense_flow,
    pixel_places,
    robust_affine,
    round_trip_px,
    sample,
    spread,
)

_REST_SIGMA_PX = 14.0
_SMALLEST_PART_PX = 60
_MOST_PARTS = 6
_SAMPLES = 3000
_HIDDEN_SIGMA_PX = 8.0
_KEEP_AWAY_PX = 3  # so far from the layer's edge a pixel counts as background
_BAND_PX = 7


@dataclass(kw_only=True)
class _Part:
    """A connected piece of the layer. `alpha_HW` in the key; places in the key are `affine @ x + rest`."""

    alpha_HW: F32
    affine: F64
    rest_HW2: F32


@dataclass(frozen=True, kw_only=True)
class Measures:
    """What one step tells about itself."""

    trip_px: float
    area: float
    look: float
    missed: float


@dataclass(frozen=True, kw_only=True)
class Step:
    alpha_HW: F32
    measures: Measures


def grey_of(rgb_HW3: F32) -> Bytes:
    """Luma as 8 bits, which DIS wants."""
    luma = rgb_HW3 @ np.asarray((0.2126, 0.7152, 0.0722), np.float32)
    return np.asarray(np.clip(luma * 255 + 0.5, 0, 255), np.uint8)


class CarriedLayer:
    """One layer on its way from its key in one direction; `step` once for every next frame.

    Pictures (H, W, 3) display code 0..1, all of one size; alpha (H, W) as drawn on the first.
    """

    def __init__(self, picture_HW3: F32, alpha_HW: F32, *, refine: bool = True) -> None:
        self._places = pixel_places(*alpha_HW.shape)
        self._key, self._key_alpha = picture_HW3, alpha_HW
        self._parts = [
            _Part(alpha_HW=part, affine=np.eye(2, 3), rest_HW2=np.zeros_like(self._places))
            for part in parts_of(alpha_HW)
        ]
        self._before, self._grey_before = picture_HW3, grey_of(picture_HW3)
        self._refine = refine
        known = self._background_seen(alpha_HW)
        self._known = known
        self._background = _filled(picture_HW3, known)
        self._look = _filled(picture_HW3, (alpha_HW > 0.95).astype(np.float32))

    def step(self, picture_HW3: F32) -> Step:
        grey = grey_of(picture_HW3)
        back = dense_flow(grey, self._grey_before)
        forth = dense_flow(self._grey_before, grey)
        missed_px = round_trip_px(forth, back, self._places)
        sure = 1 / (1 + missed_px**2)
        for part in self._parts:
            self._advance(part, forth, sure)
        rough = self._alpha()
        self._move_background(back, rough)
        for _ in range(2):
            composite = self._composite()
            error = dense_flow(grey_of(composite), grey)
            for part in self._parts:
                self._advance(part, error, np.ones_like(sure))
        alpha = self._alpha()
        return self._finish(picture_HW3, grey, alpha, missed_px)

    def _finish(self, picture_HW3: F32, grey: Bytes, alpha: F32, missed_px: F32) -> Step:
        look = self._layer_look()
        measures = Measures(
            trip_px=float(np.median(missed_px[(alpha > 0.2) & (alpha < 0.8)])) if (alpha > 0.2).any() else 0,
            area=float(alpha.sum()),
            look=float(np.abs(look - picture_HW3)[alpha > 0.9].mean()) if (alpha > 0.9).any() else 0,
            missed=0.0,
        )
        if self._refine:
            alpha = refined(picture_HW3, alpha, look, self._background, self._known)
        seen = self._background_seen(alpha)
        self._background = self._background * (1 - seen[..., None]) + picture_HW3 * seen[..., None]
        self._known = np.maximum(self._known, seen)
        self._before, self._grey_before = picture_HW3, grey
        return Step(alpha_HW=alpha, measures=measures)

    def _advance(self, part: _Part, flow_HW2: F32, sure_HW: F32) -> None:
        """Let a part follow a flow told at its present place."""
        alpha = sample(part.alpha_HW, self._key_places(part), border=cv2.BORDER_CONSTANT)
        weight = np.where(alpha > 0.5, alpha * sure_HW, 0).astype(np.float32)
        inside = np.flatnonzero(weight.ravel() > 1e-3)
        if len(inside) < _SMALLEST_PART_PX // 2:
            return
        inside = inside[:: max(1, len(inside) // _SAMPLES)]
        here = self._places.reshape(-1, 2)[inside].astype(np.float64)
        there = here + flow_HW2.reshape(-1, 2)[inside]
        affine = robust_affine(here, there, weight.ravel()[inside].astype(np.float64))
        expected = _applied(affine, self._places) - self._places
        rest = flow_HW2 - expected
        far = np.hypot(rest[..., 0], rest[..., 1])
        smooth, near = spread(rest, weight / (1 + (far / 1.5) ** 2), _REST_SIGMA_PX)
        smooth *= (near / (near + 0.05))[..., None]
        back = cv2.invertAffineTransform(affine)
        came_from = _applied(back, self._places)
        came_from = came_from - sample(smooth, came_from)
        moved = _applied(part.affine, came_from) + sample(part.rest_HW2, came_from)
        self._settle(part, moved)

    def _settle(self, part: _Part, places: F32) -> None:
        """Store a part's places as an affine map and a smooth rest, which hold beyond the part too."""
        alpha = sample(part.alpha_HW, places, border=cv2.BORDER_CONSTANT)
        inside = np.flatnonzero(alpha.ravel() > 0.5)
        if len(inside) < _SMALLEST_PART_PX // 2:
            return
        some = inside[:: max(1, len(inside) // _SAMPLES)]
        here = self._places.reshape(-1, 2)[some].astype(np.float64)
        affine = robust_affine(here, places.reshape(-1, 2)[some].astype(np.float64), np.ones(len(some)))
        rest = places - _applied(affine, self._places)
        smooth, near = spread(rest, (alpha > 0.5).astype(np.float32), _REST_SIGMA_PX / 2)
        part.affine, part.rest_HW2 = affine, smooth * (near / (near + 0.02))[..., None]

    def _key_places(self, part: _Part) -> F32:
        return _applied(part.affine, self._places) + part.rest_HW2

    def _alpha(self) -> F32:
        planes = [
            sample(part.alpha_HW, self._key_places(part), border=cv2.BORDER_CONSTANT) for part in self._parts
        ]
        return np.asarray(np.max(planes, axis=0), np.float32) if planes else np.zeros_like(self._known)

    def _layer_look(self) -> F32:
        """The key's layer, moved to where it is now; beyond its edge its colours go on."""
        best, look = np.full(self._known.shape, -1, np.float32), np.zeros_like(self._key)
        for part in self._parts:
            places = self._key_places(part)
            alpha = sample(cv2.GaussianBlur(part.alpha_HW, (0, 0), 6), places, border=cv2.BORDER_CONSTANT)
            nearer = alpha > best
            look[nearer] = sample(self._look, places)[nearer]
            best = np.maximum(best, alpha)
        return look

    def _composite(self) -> F32:
        alpha = self._alpha()[..., None]
        return np.asarray(self._layer_look() * alpha + self._background * (1 - alpha), np.float32)

    def _move_background(self, back_HW2: F32, alpha_HW: F32) -> None:
        open_HW = self._background_seen(alpha_HW)
        around, _ = spread(back_HW2, np.maximum(open_HW, 1e-6), _HIDDEN_SIGMA_PX)
        flow = back_HW2 * open_HW[..., None] + around * (1 - open_HW[..., None])
        places = self._places + flow
        self._background = sample(self._background, places)
        self._known = sample(self._known, places)

    def _background_seen(self, alpha_HW: F32) -> F32:
        size = 2 * _KEEP_AWAY_PX + 1
        grown = cv2.dilate(alpha_HW, np.ones((size, size), np.uint8))
        return np.asarray(grown < 0.05, np.float32)


def refined(picture: F32, alpha: F32, layer: F32, background: F32, known: F32) -> F32:
    """Alpha near the edge from the colours that the picture ought to have on either side of it."""
    size = 2 * _BAND_PX + 1
    kernel = np.ones((size, size), np.uint8)
    band = (cv2.dilate(alpha, kernel) > 0.5) & (cv2.erode(alpha, kernel) < 0.5)
    apart = layer - background
    strength = (apart**2).sum(2)
    told = ((picture - background) * apart).sum(2) / np.maximum(strength, 1e-6)
    off_line = ((picture - background - np.clip(told, 0, 1)[..., None] * apart) ** 2).sum(2)
    trust = known * strength / (strength + 0.006) * 0.02 / (0.02 + off_line)
    trust = np.where(band, trust, 0).astype(np.float32)
    top, bottom = cv2.GaussianBlur(trust * np.clip(told, 0, 1), (0, 0), 1.2), cv2.GaussianBlur(trust, (0, 0), 1.2)
    seen = top / np.maximum(bottom, 1e-6)
    return np.asarray(np.clip(alpha + bottom * (seen - alpha), 0, 1), np.float32)


def parts_of(alpha_HW: F32) -> list[F32]:
    """The layer's connected pieces, soft edges with them; specks go with the piece nearest to them."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats((alpha_HW > 0.5).astype(np.uint8))
    order = sorted(range(1, count), key=lambda n: -int(stats[n, cv2.CC_STAT_AREA]))
    large = [n for n in order if stats[n, cv2.CC_STAT_AREA] >= _SMALLEST_PART_PX][:_MOST_PARTS] or order[:1]
    if len(large) <= 1:
        return [alpha_HW] if large else []
    away = [cv2.distanceTransform((labels != n).astype(np.uint8), cv2.DIST_L2, 5) for n in large]
    nearest = np.argmin(away, axis=0)
    return [np.where(nearest == n, alpha_HW, 0).astype(np.float32) for n in range(len(large))]


def _filled(picture_HW3: F32, known_HW: F32) -> F32:
    """The picture where it is known, and its colours smoothly carried on elsewhere."""
    near, weight = spread(picture_HW3, known_HW, 3.0)
    far, _ = spread(picture_HW3, np.maximum(known_HW, 1e-6), 16.0)
    share = np.clip(weight * 10, 0, 1)[..., None]
    filled = near * share + far * (1 - share)
    return np.asarray(np.where(known_HW[..., None] > 0.5, picture_HW3, filled), np.float32)


def _applied(affine: F64, places: npt.NDArray[np.floating]) -> F32:
    return np.asarray(places @ affine[:, :2].T + affine[:, 2], np.float32)
