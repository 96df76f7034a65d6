"""What a network sees of a plate's colours, and what the plate's light is of what a network drew.

A faceset and the models made from it have one encoding:

- "srgb": display code values. Of a display-referred plate its own, whatever they are; of a scene-referred
  one an sRGB picture in BT.709 primaries, in which highlights above diffuse white are lost.
- "acescct": ACEScct of the light in ACEScg, up to 223 times diffuse white; of a display-referred plate with
  its white at 1.0.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, cast

import cv2
import numpy as np
import numpy.typing as npt

from understudy.domain.errors import BadCheckpoint
from understudy.domain.frame import ColourTags
from understudy.media.colour import from_linear, to_linear
from understudy.media.colour_space import is_scene_referred, linear_space_of
from understudy.media.log_curve import log_decode, log_encode
from understudy.media.ocio import DISPLAY_GAMUT, NETWORK_GAMUT, matrix_33
from understudy.media.preview_colour import preview_rgb8

Floats = npt.NDArray[np.float32]
NetworkEncoding = Literal["srgb", "acescct"]

_SRGB, _POWER = ColourTags(transfer="iec61966-2-1"), ColourTags(transfer="bt709")
_GREATEST = 65504.0  # of a half float
# Texture is judged in codes of a screen: around mid grey these give a stop about two and a half times as much
# room as ACEScct does, and so does what is measured in their place.
_STRETCH, _MID_GREY_CODE, _MID = np.float32(2.5), np.float32(0.41358843), np.float32(0.5)


@dataclass(frozen=True, kw_only=True, slots=True)
class NetworkColour:
    """The way between a plate's values and those of a network's encoding."""

    tags: ColourTags
    encoding: NetworkEncoding = "srgb"

    def seen(self, codes_HW3: Floats) -> Floats:
        """What the network sees of a plate's R'G'B', (h,w,3).

        A display-referred plate's own codes are given back untouched, and may lie a little outside 0..1; all
        else is finite and within.
        """
        if self.own_codes:
            return codes_HW3
        light_HW3 = self._finite(to_linear(codes_HW3, self.tags))
        seen_HW3 = _mixed(light_HW3, self._to_network)
        coded = from_linear(seen_HW3, _SRGB) if self.encoding == "srgb" else log_encode(seen_HW3)
        return np.asarray(np.clip(coded, 0, 1, out=coded), np.float32)

    def linear(self, raw_HW3: Floats) -> Floats:
        """The plate's working linear light of what a network drew, (h,w,3)."""
        if self.own_codes:
            return to_linear(raw_HW3, self.tags)
        light = to_linear(raw_HW3, _SRGB) if self.encoding == "srgb" else log_decode(raw_HW3)
        return _mixed(light, self._from_network)

    @property
    def own_codes(self) -> bool:
        """Whether the network sees the plate's own code values."""
        return self.encoding == "srgb" and not is_scene_referred(self.tags)

    @property
    def _gamut(self) -> str:
        return DISPLAY_GAMUT if self.encoding == "srgb" else NETWORK_GAMUT

    @property
    def _to_network(self) -> npt.NDArray[np.float64]:
        return matrix_33(linear_space_of(self.tags), self._gamut)

    @property
    def _from_network(self) -> npt.NDArray[np.float64]:
        return matrix_33(self._gamut, linear_space_of(self.tags))

    @staticmethod
    def _finite(light_HW3: Floats) -> Floats:
        """A float picture may hold anything; a network that sees one NaN draws nothing else."""
        return np.nan_to_num(light_HW3, copy=False, nan=0.0, posinf=_GREATEST, neginf=-_GREATEST)


def encoding_for(plates: Iterable[ColourTags]) -> NetworkEncoding:
    """What networks should see of some plates together: highlights survive where there are any."""
    return "acescct" if any(map(is_scene_referred, plates)) else "srgb"


def encoding_named(name: str, *, where: str) -> NetworkEncoding:
    """Raises: BadCheckpoint for an encoding that this program does not know."""
    if name not in ("srgb", "acescct"):
        raise BadCheckpoint(f"{where} has the encoding {name!r}; this program knows srgb and acescct")
    return cast(NetworkEncoding, name)


def shown_codes(light_HW3: Floats, tags: ColourTags) -> Floats:
    """Working linear light as codes in which equal steps look about equal: for measuring detail and grain.

    Of a display-referred plate these are its own codes; of any other a logarithm with mid grey at one half.
    """
    if not is_scene_referred(tags):
        return from_linear(light_HW3, tags)
    codes = log_encode(light_HW3)
    codes -= _MID_GREY_CODE
    codes *= _STRETCH
    codes += _MID
    return codes


def light_of_shown(codes_HW3: Floats, tags: ColourTags) -> Floats:
    """The inverse of `shown_codes`."""
    if not is_scene_referred(tags):
        return to_linear(codes_HW3, tags)
    return log_decode((codes_HW3 - _MID) / _STRETCH + _MID_GREY_CODE)


def power_codes(codes_HW3: Floats, encoding: str) -> Floats:
    """A network's codes as those of a screen, in which another exposure is a factor."""
    return codes_HW3 if encoding == "srgb" else from_linear(log_decode(codes_HW3), _POWER)


def of_power_codes(codes_HW3: Floats, encoding: str) -> Floats:
    """The inverse of `power_codes`."""
    return codes_HW3 if encoding == "srgb" else log_encode(to_linear(codes_HW3, _POWER))


def shown_raw(raw_HW3: Floats, encoding: str) -> npt.NDArray[np.uint8]:
    """A network's picture for looking at, (h,w,3) in 8-bit display colour."""
    if encoding == "srgb":
        return np.rint(np.clip(raw_HW3, 0, 1) * 255).astype(np.uint8)
    return preview_rgb8(log_decode(np.asarray(raw_HW3, np.float32)), ColourTags(space=NETWORK_GAMUT))


def _mixed(light_HW3: Floats, matrix: npt.NDArray[np.float64]) -> Floats:
    return np.asarray(cv2.transform(np.ascontiguousarray(light_HW3, np.float32), matrix), np.float32)
