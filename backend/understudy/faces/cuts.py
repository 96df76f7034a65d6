"""Where one camera take ends and the next begins."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from understudy.faces.roi import Float, Picture

_SMALL = (48, 27)
_REACH = (6, 4)  # the camera may pan by so many small pixels from one frame to the next
_BINS = 8
_OVER_UPROAR = 2.0  # a cut changes so many times more than most frames around it ...
_OVER_PAN = 4.5  # ... and than both of its neighbours
_COMES_BACK = (
    0.8  # of the threshold: less change from before to after, and it was a flash or a passing object
)
_PASSING = 6  # frames that a flash lasts, or something that passes close to the camera
_SHORTEST_TAKE = 2  # frames


@dataclass(frozen=True, slots=True)
class Glance:
    """What is kept of a frame: a small luma (27, 48) and a softened colour histogram."""

    luma_HW: npt.NDArray[np.uint8]
    histogram: Float


def glance(picture_HW3: Picture) -> Glance:
    """Look at an RGB picture (H, W, 3)."""
    small = cv2.resize(picture_HW3, _SMALL, interpolation=cv2.INTER_AREA)
    counts = cv2.calcHist([small], [0, 1, 2], None, [_BINS] * 3, [0, 256] * 3)
    luma = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8)
    soft = cv2.blur(counts.reshape(_BINS, -1), (3, 3)) / luma.size
    return Glance(luma, np.asarray(soft, np.float32))


def change(a: Glance, b: Glance) -> float:
    """How much of the picture's structure and colours differ, 0 (same view) to about 1 (another).

    The structure is compared by correlation, over small pans: neither a flash, an exposure ramp nor motion
    blur changes it much.
    """
    inner = a.luma_HW[_REACH[1] : -_REACH[1], _REACH[0] : -_REACH[0]]
    flat = float(inner.std()) < 2.0 or float(b.luma_HW.std()) < 2.0
    structure = 0.0 if flat else float(cv2.matchTemplate(b.luma_HW, inner, cv2.TM_CCOEFF_NORMED).max())
    colours = float(np.minimum(a.histogram, b.histogram).sum() / max(float(a.histogram.sum()), 1e-9))
    if flat and colours > 0.5:
        return 0.0
    return 1.0 - (2.0 * max(structure, 0.0) + colours) / 3.0


@dataclass(slots=True)
class CutFinder:
    """Collects glances frame by frame; `cuts` decides at the end, with what came before and after."""

    threshold: float
    _frames: list[int] = field(default_factory=list)
    _glances: list[Glance] = field(default_factory=list)
    _changes: list[float] = field(default_factory=list)

    def see(self, frame: int, picture_HW3: Picture) -> bool:
        """Take in the next frame; True when it looks like a new take so far."""
        now = glance(picture_HW3)
        self._changes.append(change(self._glances[-1], now) if self._glances else 0.0)
        self._frames.append(frame)
        self._glances.append(now)
        return self._changes[-1] >= self.threshold

    def cuts(self) -> tuple[int, ...]:
        """Frames at which a new take begins; a black or blended frame between two belongs to the second."""
        found: list[int] = []
        for i in range(1, len(self._frames)):
            if self._is_cut(i) and (not found or i - found[-1] > _SHORTEST_TAKE):
                found.append(i)
        return tuple(self._frames[i] for i in found)

    def _is_cut(self, i: int) -> bool:
        """A big change that stands alone and from which the picture does not come back."""
        here = self._changes[i]
        if here < self.threshold or self._in_uproar(i) or self._in_pan(i):
            return False
        before, after = range(max(i - _PASSING, 0), i), range(i, min(i + _PASSING, len(self._frames)))
        nearest = min(change(self._glances[j], self._glances[k]) for j in before for k in after)
        return nearest >= _COMES_BACK * self.threshold

    def _in_uproar(self, i: int) -> bool:
        """Whether the picture changes nearly as much in the frames around: explosions, a shaking camera."""
        near = [self._changes[j] for j in (i - 2, i - 1, i + 1, i + 2) if 0 < j < len(self._changes)]
        return bool(near) and self._changes[i] < _OVER_UPROAR * float(np.median(near))

    def _in_pan(self, i: int) -> bool:
        """Whether the picture moves fast on both sides: a whip pan. A frame of its own between is none."""
        if not 1 < i < len(self._changes) - 1:
            return False
        low, high = sorted((self._changes[i - 1], self._changes[i + 1]))
        return high < self.threshold and self._changes[i] < _OVER_PAN * low
