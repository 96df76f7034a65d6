"""What a picture file says of its colour, and the colour space that follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from understudy.domain.frame import ColourTags
from understudy.media.colour_space import named_space
from understudy.media.ocio import DISPLAY_GAMUT, colour_config

KnownFrom = Literal["tags", "guess"]

Chromaticities = tuple[float, ...]
"""Red, green, blue and white as x y, eight numbers."""

_D65 = (0.3127, 0.3290)
_ACES_WHITE = (0.32168, 0.33767)
_GAMUTS: tuple[tuple[str, Chromaticities], ...] = (
    ("ACES2065-1", (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.0770, *_ACES_WHITE)),
    ("ACEScg", (0.713, 0.293, 0.165, 0.830, 0.128, 0.044, *_ACES_WHITE)),
    (DISPLAY_GAMUT, (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, *_D65)),
    ("Linear Rec.2020", (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, *_D65)),
    ("Linear P3-D65", (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, *_D65)),
    ("Linear AdobeRGB", (0.64, 0.33, 0.21, 0.71, 0.15, 0.06, *_D65)),
    ("Linear ARRI Wide Gamut 3", (0.684, 0.313, 0.221, 0.848, 0.0861, -0.1020, *_D65)),
    ("Linear ARRI Wide Gamut 4", (0.7347, 0.2653, 0.1424, 0.8576, 0.0991, -0.0308, *_D65)),
    ("Linear REDWideGamutRGB", (0.780308, 0.304253, 0.121595, 1.493994, 0.095612, -0.084589, *_D65)),
    ("Linear S-Gamut3", (0.730, 0.280, 0.140, 0.855, 0.100, -0.050, *_D65)),
    ("Linear S-Gamut3.Cine", (0.766, 0.275, 0.225, 0.800, 0.089, -0.087, *_D65)),
    ("Linear V-Gamut", (0.730, 0.280, 0.165, 0.840, 0.100, -0.030, *_D65)),
    ("Linear DaVinci WideGamut", (0.8000, 0.3130, 0.1682, 0.9877, 0.0790, -0.1155, *_D65)),
)
"""Spaces by their makers' published primaries and white."""
_NEAR = 0.002  # chromaticities are written with three or four digits

_CURVES = {  # H.273 transfers of the spaces that a screen shows, by interop identifier
    "srgb_rec709_scene": "iec61966-2-1",
    "srgb_rec709_display": "iec61966-2-1",
    "g22_rec709_scene": "gamma22",
    "g22_rec709_display": "gamma22",
    "g24_rec709_scene": "bt709",
    "ocio:g24_rec709_scene": "bt709",
    "g24_rec709_display": "bt709",
    "ocio:itu709_rec709_scene": "bt709",
}
_DPX_VIDEO = {
    "ITU-R 709-4": ("bt709", "bt709"),
    "SMPTE 274M": ("bt709", "bt709"),
    "ITU-R 601-5 system B or G": ("bt470bg", "bt709"),
    "ITU-R 601-5 system M": ("smpte170m", "bt709"),
}
_DPX_FILM = frozenset({"Printing density", "Logarithmic"})
_DENSITY = "ADX10"


@dataclass(frozen=True, kw_only=True, slots=True)
class StatedColour:
    """What a file says, in its own words; empty or None when it does not.

    space: a colour space by any name or interop identifier. transfer: a DPX file's. profile: an ICC
    profile's description.
    """

    space: str = ""
    chromaticities: Chromaticities | None = None
    transfer: str = ""
    profile: str = ""
    linear: bool = False  # the format holds linear light unless it says otherwise


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownColour:
    """The colour of a plate, how it is known, and why it had to be guessed."""

    tags: ColourTags
    known_from: KnownFrom
    doubt: str = ""

    @property
    def name(self) -> str:
        return named_space(self.tags)


def colour_of(stated: StatedColour) -> KnownColour:
    """The colour space that a file's own words mean, else the likeliest one for a file of its kind."""
    if stated.space and (tags := _tags_of(stated.space)) is not None:
        return KnownColour(tags=tags, known_from="tags")
    if stated.chromaticities is not None and stated.linear:
        return _by_chromaticities(stated.chromaticities)
    if stated.transfer:
        return _by_dpx_transfer(stated.transfer)
    if stated.linear:
        return KnownColour(tags=_rgb(DISPLAY_GAMUT), known_from="guess", doubt="it names no colour space")
    doubt = "it names no colour space"
    if stated.profile:
        doubt = f"its ICC profile ({stated.profile}) is not read"
    if stated.space:
        doubt = f"the colour configuration has no space {stated.space!r}, which it names"
    return KnownColour(tags=_screen("bt709", "iec61966-2-1"), known_from="guess", doubt=doubt)


def chromaticities_of(space: str) -> Chromaticities | None:
    """Red, green, blue and white of a linear space; None for one that is not listed here."""
    return next((known for name, known in _GAMUTS if name == space), None)


def _tags_of(space: str) -> ColourTags | None:
    """A space by the name that a file uses; None when the configuration has none, or it says nothing."""
    if space in _CURVES:
        return _screen("bt709", _CURVES[space])
    found = colour_config().getColorSpace(space)
    if found is None or found.isData():
        return None
    for identifier, curve in _CURVES.items():
        screen = colour_config().getColorSpace(identifier)
        if screen is not None and screen.getName() == found.getName():
            return _screen("bt709", curve)
    return _rgb(str(found.getName()))


def _by_chromaticities(stated: Chromaticities) -> KnownColour:
    for name, known in _GAMUTS:
        if max(abs(a - b) for a, b in zip(stated, known, strict=True)) <= _NEAR:
            return KnownColour(tags=_rgb(name), known_from="tags")
    doubt = "its chromaticities (" + ", ".join(f"{value:.4g}" for value in stated) + ") are of no known space"
    return KnownColour(tags=_rgb(DISPLAY_GAMUT), known_from="guess", doubt=doubt)


def _by_dpx_transfer(transfer: str) -> KnownColour:
    """DPX's words for its curve are often wrong: only those for video are believed."""
    if transfer in _DPX_VIDEO:
        return KnownColour(tags=_screen(*_DPX_VIDEO[transfer]), known_from="tags")
    if transfer in _DPX_FILM:
        doubt = f"its transfer is {transfer!r}, which does not say whose"
        return KnownColour(tags=_rgb(_DENSITY), known_from="guess", doubt=doubt)
    doubt = f"its transfer is {transfer!r}, which many programs write for anything"
    return KnownColour(tags=_screen("bt709", "bt709"), known_from="guess", doubt=doubt)


def _rgb(space: str) -> ColourTags:
    return ColourTags(matrix="rgb", full_range=True, space=space)


def _screen(primaries: str, transfer: str) -> ColourTags:
    return ColourTags(primaries=primaries, transfer=transfer, matrix="rgb", full_range=True)
