"""What a movie of a plate shows: its own code values, or light made fit for a screen."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from understudy.domain.frame import ColourTags, Rect
from understudy.media.colour import from_linear, to_linear
from understudy.media.colour_space import is_scene_linear, linear_space_of
from understudy.media.ocio import DISPLAY_GAMUT, matrix_33
from understudy.media.picture import Picture, RgbPicture
from understudy.media.preview_colour import soft_shoulder

SCREEN = ColourTags(primaries="bt709", transfer="bt709", matrix="bt709")
"""What movies of scene-linear plates are tagged with."""

_TAGS_OF_SPACES = {
    "sRGB Encoded Rec.709 (sRGB)": ("bt709", "iec61966-2-1"),
    "Gamma 2.4 Encoded Rec.709": ("bt709", "bt709"),
    "Gamma 2.2 Encoded Rec.709": ("bt709", "gamma22"),
    "sRGB - Display": ("bt709", "iec61966-2-1"),
    "Rec.1886 Rec.709 - Display": ("bt709", "bt709"),
    "Rec.2100-PQ - Display": ("bt2020", "smpte2084"),
    "Rec.2100-HLG - Display": ("bt2020", "arib-std-b67"),
}


def movie_colour(tags: ColourTags) -> ColourTags:
    """The tags of a movie of such a plate; H.273's names stand in for a space that they can say.

    Raises: BadSettings.
    """
    if not tags.space:
        return tags
    if is_scene_linear(tags):
        return SCREEN
    primaries, transfer = _TAGS_OF_SPACES.get(tags.space, (tags.primaries, tags.transfer))
    return replace(tags, primaries=primaries, transfer=transfer)


def screen_picture(picture: Picture) -> Picture:
    """The picture as its movie shows it: linear light with a soft shoulder, a screen's curve; others as is.

    Log pictures stay log, as an editor expects them. Raises: BadSettings.
    """
    if not picture.colour.space or not is_scene_linear(picture.colour):
        return picture
    light_HW3 = to_linear(_displayed(picture), picture.colour)
    source = linear_space_of(picture.colour)
    if source != DISPLAY_GAMUT:
        light_HW3 = np.asarray(cv2.transform(light_HW3, matrix_33(source, DISPLAY_GAMUT)), np.float32)
    light_HW3 = np.nan_to_num(light_HW3, copy=False, posinf=65504.0, neginf=0.0)
    codes = from_linear(soft_shoulder(np.maximum(light_HW3, 0)), SCREEN)
    words = np.asarray(np.rint(np.clip(codes, 0, 1) * np.float32(65535)), np.uint16)
    return RgbPicture(rgb_HW3=words, colour=replace(SCREEN, matrix="rgb", full_range=True))


def _displayed(picture: Picture) -> npt.NDArray[np.float32]:
    """The display window; black where the picture has no pixels."""
    shown = Rect(0, 0, picture.width, picture.height)
    whole_HW3 = np.zeros((shown.height, shown.width, 3), np.float32)
    inside = shown.intersect(picture.window)
    if not inside.empty:
        whole_HW3[inside.y : inside.y1, inside.x : inside.x1] = picture.region(inside)
    return whole_HW3
