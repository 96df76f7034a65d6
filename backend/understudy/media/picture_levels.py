"""What share of a clip's samples lies at the ends of its code values, and beyond them."""

from __future__ import annotations

import av
import numpy as np
import numpy.typing as npt

from understudy.media.video_frame import Codes, planar, planes_of_frame

_SAMPLES_A_PICTURE = 16384
_BLACK, _WHITE = 16, 235  # of video range, in 8-bit codes
_RINGING = 4  # 8-bit codes by which a lossy codec overshoots
_NEAR_END = 1  # 8-bit codes by which it misses a clipped value

Counts = npt.NDArray[np.int64]


class Levels:
    """How often each code value is met on a grid over every picture: luma, or the strongest of R'G'B'."""

    def __init__(self, bit_depth: int, *, full_range: bool) -> None:
        self._unit = 1 << max(0, bit_depth - 8)
        self._full = full_range
        self._counts: Counts = np.zeros(1 << min(16, max(8, bit_depth)), np.int64)

    def add(self, frame: av.VideoFrame) -> None:
        """Count one decoded picture; float pictures have no ends and are left out."""
        name = frame.format.name
        if "f32" in name or "f16" in name:
            return
        codes = _sampled(frame)
        self._counts += np.bincount(codes.ravel(), minlength=len(self._counts))[: len(self._counts)]

    @property
    def clipped(self) -> float:
        """The share of samples at the end: the highest code there is, or white where nothing lies above."""
        top = len(self._counts) - 1
        last = top if self._full else top - self._unit  # video reserves the highest codes
        highest = int(np.flatnonzero(self._counts)[-1]) if self._counts.any() else 0
        white = _WHITE * self._unit
        if not self._full and abs(highest - white) <= _NEAR_END * self._unit:
            last = highest
        return self._share(self._counts[max(0, last - _NEAR_END * self._unit) :])

    @property
    def beyond_video_range(self) -> float:
        """The share of samples clearly below black or above white of video range."""
        below = self._counts[: (_BLACK - _RINGING) * self._unit]
        above = self._counts[(_WHITE + _RINGING + 1) * self._unit :]
        return self._share(below) + self._share(above)

    def _share(self, counts: Counts) -> float:
        total = int(self._counts.sum())
        return float(counts.sum()) / total if total else 0.0


def _sampled(frame: av.VideoFrame) -> Codes:
    """Code values on an even grid: luma of Y'CbCr, the strongest channel of R'G'B'."""
    step = max(1, int((frame.width * frame.height / _SAMPLES_A_PICTURE) ** 0.5))
    frame = planar(frame)
    name = frame.format.name
    if name.startswith("yuv"):
        return planes_of_frame(frame)[0][::step, ::step]
    if name.startswith("gbr") and not name.endswith("be"):
        colours = planes_of_frame(frame)[:3]
        strongest: Codes = np.max([plane[::step, ::step] for plane in colours], axis=0)
        return strongest
    bits = max(component.bits for component in frame.format.components)
    if bits <= 8:
        return np.asarray(frame.to_ndarray(format="rgb24")[::step, ::step].max(axis=2), np.uint8)
    wide = np.asarray(frame.to_ndarray(format="rgb48le")[::step, ::step].max(axis=2), np.uint16)
    return wide >> np.uint16(16 - min(16, bits))
