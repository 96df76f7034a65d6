"""Carrying one drawn layer (a hand before a face) from its key through a shot.

The layer is a cut-out of the keyed picture that moves, part by part, over a background that moves otherwise.
Flow alone leaks at such edges and adds up its errors. So each step has three looks at the new picture:

1. flow from the frame before, taken inside the layer only, says about where each part went;
2. the cut-out of the *key*, put there over the background seen before, must look like the new picture:
   flow from that composite to the picture is the error made so far, and is taken out. Nothing adds up, as
   long as the layer keeps its look;
3. where layer and background differ in colour, the picture says which of the two a pixel shows. That mends
   nothing (the edge as drawn, moved, is better than one that is found anew), but it tells drift.

Motion of a part is affine plus a smooth rest, so it reaches over the part's own edge and into what is hidden.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

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
from understudy.media.colour import BT709_LUMA

_REST_SIGMA_PX = 14.0
_REST_OUTLIER_PX = 1.5
_SMALLEST_PART_PX = 60
_MOST_PARTS = 6
_SAMPLES = 2000
_ROOM_PX = 28  # a part moves less in one step, and its motion holds so far beyond it
_HIDDEN_SIGMA_PX = 8.0
_KEEP_AWAY_PX = 3  # so far from the layer's edge a pixel counts as background
_BAND_PX = 7
_TELLING = 0.015  # layer and background differ enough there to tell which one is seen, of 1
_FEW = 0.02


@dataclass(kw_only=True)
class _Part:
    """A connected piece of the layer. `alpha_HW` in the key; places in the key are `affine @ x + rest`.

    `window` is where in the present frame it may be; outside it nothing of it is computed.
    """

    alpha_HW: F32
    affine: F64
    rest_HW2: F32
    window: tuple[slice, slice]
    size: float  # pixels of the key
    reach_HW: F32  # the alpha, blurred: which part a pixel between two of them belongs to


@dataclass(frozen=True, kw_only=True)
class Measures:
    """What one step tells about itself; `drift_score` makes one number of it.

    trip_px: median error of going forth and back by flow along the layer's edge. left: the share of the
    key's area that is still there. unlike: the share of the layer's pixels that look like what is behind
    it rather than like the layer. spill: likewise, pixels just outside that look like the layer.
    stray_px: what the flow from composite to picture asked for inside the layer. scale: how much the worst
    part grew or shrank against the key, as a logarithm of its area.
    """

    trip_px: float
    left: float
    unlike: float
    spill: float
    stray_px: float
    scale: float


@dataclass(frozen=True, kw_only=True)
class Step:
    alpha_HW: F32
    measures: Measures


def grey_of(rgb_HW3: F32) -> Bytes:
    """Luma as 8 bits, which DIS wants."""
    luma = rgb_HW3 @ np.asarray(BT709_LUMA, np.float32)
    return np.asarray(np.clip(luma * 255 + 0.5, 0, 255), np.uint8)


class CarriedLayer:
    """One layer on its way from its key in one direction; `step` once for every next frame.

    Pictures (H, W, 3) display code 0..1, all of one size; alpha (H, W) as drawn on the first.
    """

    def __init__(self, picture_HW3: F32, alpha_HW: F32, *, hidden_HW: F32 | None = None) -> None:
        hidden = np.zeros_like(alpha_HW) if hidden_HW is None else hidden_HW
        self._places = pixel_places(*alpha_HW.shape)
        self._parts = [_part(part, self._places) for part in parts_of(alpha_HW)]
        self._grey_before = grey_of(picture_HW3)
        self._clear_key = self._away_from(hidden)
        self._clear = self._clear_key
        self._known = self._away_from(np.maximum(alpha_HW, hidden))
        self._background = _filled(picture_HW3, self._known)
        self._gain = np.ones(3, np.float32)  # how much brighter the layer has become since its key
        self._look = _filled(picture_HW3, (alpha_HW > 0.95).astype(np.float32) * self._clear_key)

    def step(self, picture_HW3: F32, *, hidden_HW: F32 | None = None) -> Step:
        """Follow the layer into the next picture, `hidden_HW` of which lies before it."""
        grey = grey_of(picture_HW3)
        back = dense_flow(grey, self._grey_before)
        forth = dense_flow(self._grey_before, grey)
        missed_px = round_trip_px(forth, back, self._places)
        sure = np.asarray(1 / (1 + missed_px**2), np.float32)
        for part in self._parts:
            self._advance(part, forth, sure)
        self._move_background(back, self._alpha())
        error = dense_flow(grey_of(self._composite()), grey)
        for part in self._parts:
            self._advance(part, error, np.ones_like(sure))
        alpha = self._alpha()
        hidden = np.zeros_like(alpha) if hidden_HW is None else hidden_HW
        self._clear = self._away_from(hidden)
        self._follow_light(picture_HW3, alpha)
        measures = self._measure(picture_HW3, alpha, missed_px, error)
        seen = self._away_from(np.maximum(alpha, hidden))
        self._background = np.where(seen[..., None] > 0, picture_HW3, self._background)
        self._known = np.maximum(self._known, seen)
        self._grey_before = grey
        return Step(alpha_HW=alpha, measures=measures)

    def _follow_light(self, picture: F32, alpha: F32) -> None:
        """The layer's own change of brightness since the key, in the middle of what is seen of it."""
        inside = _some((alpha > 0.9) & (self._clear > 0.5))
        if len(inside) < _SMALLEST_PART_PX // 2:
            return
        look = self._layer_look().reshape(-1, 3)[inside]
        change = np.median(picture.reshape(-1, 3)[inside] / np.maximum(look, 0.01), axis=0)
        self._gain = self._gain * np.clip(change, 0.8, 1.25).astype(np.float32)

    def _measure(self, picture: F32, alpha: F32, missed_px: F32, error: F32) -> Measures:
        look = self._layer_look()
        edge, inside = (alpha > 0.2) & (alpha < 0.8), alpha > 0.9
        reach = np.ones((2 * _BAND_PX + 1, 2 * _BAND_PX + 1), np.uint8)
        ring = (cv2.dilate(alpha, reach) > 0.5) & (alpha < 0.1)
        to_layer, to_back = _distance(picture, look), _distance(picture, self._background)
        apart = _distance(look, self._background)
        tells = (apart > _TELLING) & (self._known > 0.5)
        stray = cv2.magnitude(*cv2.split(error))
        turned = (abs(float(np.log(abs(np.linalg.det(part.affine[:, :2]))))) for part in self._parts)
        return Measures(
            trip_px=_middle(missed_px[edge]),
            left=float(alpha.sum()) / max(sum(part.size for part in self._parts), 1e-6),
            unlike=_share(to_layer - to_back > 0.25 * apart, tells & inside, inside),
            spill=_share(to_back - to_layer > 0.25 * apart, tells & ring, ring),
            stray_px=_middle(stray[inside | edge]),
            scale=max(turned, default=0.0),
        )

    def _advance(self, part: _Part, flow_HW2: F32, sure_HW: F32) -> None:
        """Let a part follow a flow told at its present place."""
        at, places = part.window, self._places[part.window]
        flow, in_key = flow_HW2[at], self._key_places(part)
        alpha = sample(part.alpha_HW, in_key, border=cv2.BORDER_CONSTANT)
        clear = sample(self._clear_key, in_key, border=cv2.BORDER_CONSTANT) * self._clear[at]
        weight = np.where(alpha > 0.5, alpha * sure_HW[at] * clear, 0).astype(np.float32)
        inside = _some(weight > 1e-3)
        if len(inside) < _SMALLEST_PART_PX // 2:
            return
        here = places.reshape(-1, 2)[inside].astype(np.float64)
        there = here + flow.reshape(-1, 2)[inside]
        affine = robust_affine(here, there, weight.ravel()[inside].astype(np.float64))
        rest = flow - (_applied(affine, places) - places)
        far = cv2.magnitude(*cv2.split(rest))
        believed = np.asarray(weight / (1 + (far / _REST_OUTLIER_PX) ** 2), np.float32)
        smooth, near = spread(rest, believed, _REST_SIGMA_PX)
        smooth *= (near / (near + 0.05))[..., None]
        came_from = _applied(np.asarray(cv2.invertAffineTransform(affine), np.float64), places)
        corner = np.asarray((at[1].start, at[0].start), np.float32)
        came_from = came_from - sample(smooth, came_from - corner)
        self._settle(part, _applied(part.affine, came_from) + sample(part.rest_HW2, came_from))

    def _settle(self, part: _Part, in_key: F32) -> None:
        """Store a part's places as an affine map and a smooth rest, which hold beyond the part too."""
        places = self._places[part.window]
        alpha = sample(part.alpha_HW, in_key, border=cv2.BORDER_CONSTANT)
        inside = _some(alpha > 0.5)
        if len(inside) < _SMALLEST_PART_PX // 2:
            return
        here = places.reshape(-1, 2)[inside].astype(np.float64)
        affine = robust_affine(here, in_key.reshape(-1, 2)[inside].astype(np.float64), np.ones(len(inside)))
        rest = in_key - _applied(affine, places)
        smooth, near = spread(rest, (alpha > 0.5).astype(np.float32), _REST_SIGMA_PX / 2)
        part.affine = affine
        part.rest_HW2[part.window] = smooth * (near / (near + 0.02))[..., None]
        x, y, width, height = cv2.boundingRect((alpha > 0.01).astype(np.uint8))
        y, x = y + part.window[0].start, x + part.window[1].start
        part.window = _around(slice(y, y + height), slice(x, x + width), self._known.shape)

    def _key_places(self, part: _Part) -> F32:
        return _applied(part.affine, self._places[part.window]) + part.rest_HW2[part.window]

    def _alpha(self) -> F32:
        alpha = np.zeros(self._known.shape, np.float32)
        for part in self._parts:
            there = sample(part.alpha_HW, self._key_places(part), border=cv2.BORDER_CONSTANT)
            np.maximum(alpha[part.window], there, out=alpha[part.window])
        return alpha

    def _layer_look(self) -> F32:
        """The key's layer, moved to where it is now; beyond its edge its colours go on."""
        look = self._background.copy()
        nearest = np.full(self._known.shape, -1, np.float32)
        for part in self._parts:
            places = self._key_places(part)
            reach = sample(part.reach_HW, places, border=cv2.BORDER_CONSTANT)
            mine = reach > np.maximum(nearest[part.window], 0.005)
            here = sample(self._look, places) * self._gain
            look[part.window] = np.where(mine[..., None], here, look[part.window])
            nearest[part.window] = np.maximum(nearest[part.window], reach)
        return look

    def _composite(self) -> F32:
        alpha = self._alpha()
        return np.asarray(
            self._background + (self._layer_look() - self._background) * alpha[..., None], np.float32
        )

    def _move_background(self, back_HW2: F32, alpha_HW: F32) -> None:
        seen = self._away_from(alpha_HW)
        around, _ = spread(back_HW2, np.maximum(seen, 1e-6), _HIDDEN_SIGMA_PX)
        places = self._places + np.where(seen[..., None] > 0, back_HW2, around)
        self._background = sample(self._background, places)
        self._known = sample(self._known, places)

    @staticmethod
    def _away_from(alpha_HW: F32) -> F32:
        """1 where a plane is nowhere near, 0 elsewhere."""
        size = 2 * _KEEP_AWAY_PX + 1
        grown = cv2.dilate(alpha_HW, np.ones((size, size), np.uint8))
        return np.asarray(grown < 0.05, np.float32)


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


def _applied(affine: F64, places: F32) -> F32:
    return np.asarray(cv2.transform(places, affine), np.float32)


def _part(alpha_HW: F32, places: F32) -> _Part:
    x, y, width, height = cv2.boundingRect((alpha_HW > 0.01).astype(np.uint8))
    return _Part(
        alpha_HW=alpha_HW,
        affine=np.eye(2, 3),
        rest_HW2=np.zeros_like(places),
        window=_around(slice(y, y + height), slice(x, x + width), alpha_HW.shape),
        size=float(alpha_HW.sum()),
        reach_HW=np.asarray(cv2.GaussianBlur(alpha_HW, (0, 0), 6), np.float32),
    )


def _around(rows: slice, columns: slice, shape: tuple[int, ...]) -> tuple[slice, slice]:
    height, width = shape
    return (
        slice(max(0, rows.start - _ROOM_PX), min(height, rows.stop + _ROOM_PX)),
        slice(max(0, columns.start - _ROOM_PX), min(width, columns.stop + _ROOM_PX)),
    )


def _some(mask_HW: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp]:
    """Flat positions of a mask's pixels, at most about `_SAMPLES` of them, evenly taken."""
    found = np.flatnonzero(mask_HW.ravel())
    return found[:: max(1, len(found) // _SAMPLES)]


def _distance(one: F32, other: F32) -> F32:
    """How differently two pictures are coloured, over a little neighbourhood, (H, W)."""
    return np.asarray(cv2.blur(np.abs(one - other).mean(axis=2), (3, 3)), np.float32)


def _share(found: npt.NDArray[np.bool_], where: npt.NDArray[np.bool_], among: npt.NDArray[np.bool_]) -> float:
    """The share of `where` that was found; less where only a little of `among` can tell."""
    return float((found & where).sum()) / max(float(where.sum()) + _FEW * float(among.sum()), 1.0)


def _middle(values: npt.NDArray[Any]) -> float:
    return float(np.median(values)) if values.size else 0.0
