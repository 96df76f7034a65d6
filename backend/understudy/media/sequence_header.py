"""What one picture file says of itself, before any of its pixels is read: windows, channels, time, colour.

EXR through OpenEXR, everything else through OpenImageIO. A file may claim anything; what it claims is held
against limits here, so that nothing is allocated for a lie.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Literal

from understudy.domain.errors import UnreadableMedia
from understudy.domain.frame import Rect
from understudy.media.sequence_colour import StatedColour

MAX_SIDE_PX = 16384
MAX_PICTURE_BYTES = 1 << 30
MAX_CHANNELS = 1024

PixelKind = Literal["uint8", "uint16", "half", "float"]
KIND_BYTES: dict[PixelKind, int] = {"uint8": 1, "uint16": 2, "half": 2, "float": 4}


@dataclass(frozen=True, kw_only=True, slots=True)
class ColourChannels:
    """Where a file's picture is: the part and the names of its red, green and blue (three times the same of
    a grey one) and of its alpha, empty when it has none; and the names of its other layers and views."""

    part: int
    rgb: tuple[str, str, str]
    alpha: str = ""
    others: tuple[str, ...] = ()

    @property
    def grey(self) -> bool:
        return len(set(self.rgb)) == 1

    @property
    def names(self) -> tuple[str, ...]:
        """Every channel to read, once."""
        return (*dict.fromkeys(self.rgb), *([self.alpha] if self.alpha else []))


@dataclass(frozen=True, kw_only=True, slots=True)
class PictureHeader:
    """One file's header. `window` is where it has pixels, counted from the display window's top left corner.

    kind: how its colour is stored. bit_depth: bits of its code values. channels: every one, with its part's
    name before it where there are several. all_bytes: what reading all of it would take. timecode: as
    "HH:MM:SS:FF", with `;` for drop-frame, unchecked. facts: what else it says, as text.
    pyramid: whether it holds smaller versions of itself too.
    """

    path: Path
    container: str
    width: int
    height: int
    window: Rect
    kind: PixelKind
    bit_depth: int
    picture: ColourChannels
    channels: tuple[str, ...]
    colour: StatedColour
    all_bytes: int
    parts: tuple[str, ...] = ()
    compression: str = ""
    pixel_aspect: Fraction = Fraction(1)
    rate: Fraction | None = None
    timecode: str = ""
    reel: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    pyramid: bool = False

    @property
    def size(self) -> tuple[int, int]:
        return self.width, self.height

    @property
    def picture_bytes(self) -> int:
        """What its colour and alpha take."""
        channels = 3 + bool(self.picture.alpha)
        return self.window.width * self.window.height * channels * KIND_BYTES[self.kind]

    @property
    def pixel_format(self) -> str:
        """ "half", "float", "uint8", "uint10" ..."""
        return self.kind if self.kind in ("half", "float") else f"uint{self.bit_depth}"


def read_header(path: Path) -> PictureHeader:
    """A file's header, held against the limits. Raises: UnreadableMedia."""
    if not path.is_file():
        raise UnreadableMedia(f"{path} does not exist; check the path and that the disk is mounted")
    if path.suffix.lower() == ".exr":
        from understudy.media.sequence_exr import read_exr_header

        return read_exr_header(path)
    from understudy.media.sequence_plain import read_plain_header

    return read_plain_header(path)


def check_size(path: Path, what: str, width: int, height: int, channel_bytes: int) -> None:
    """Hold the size that a header claims against the limits. Raises: UnreadableMedia naming it."""
    if width < 1 or height < 1:
        raise UnreadableMedia(f"{path} has a {what} of {width}x{height} pixels; it is damaged, copy it again")
    if max(width, height) > MAX_SIDE_PX:
        raise UnreadableMedia(
            f"{path} has a {what} of {width}x{height} pixels; at most {MAX_SIDE_PX} each way are read"
        )
    total = width * height * channel_bytes
    if total > MAX_PICTURE_BYTES:
        raise UnreadableMedia(
            f"{path} has a {what} of {width}x{height} pixels that takes {total / (1 << 30):.1f} GiB; "
            f"at most {MAX_PICTURE_BYTES >> 30} GiB a picture is read"
        )


def check_windows(path: Path, window: Rect, display: Rect) -> None:
    """The data window must be near the display window. Raises: UnreadableMedia."""
    near = display.expand(MAX_SIDE_PX)
    if window != window.intersect(near):
        raise UnreadableMedia(
            f"{path} has its pixels far beside its display window ({window}); it is damaged, or was rendered "
            "with wrong windows"
        )


def pick_channels(parts: list[tuple[str, tuple[str, ...]]], path: Path) -> ColourChannels:
    """Which channels are the picture: those without a layer's name, else of the layer "rgba" or "beauty",
    else the first colours there are, else a luma. `parts`: each part's name and channels.

    Raises: UnreadableMedia when there are none.
    """
    found = [choice for place, (_, names) in enumerate(parts) for choice in _choices(place, names)]
    if not found:
        names = ", ".join(name for _, channels in parts for name in channels)
        raise UnreadableMedia(
            f"{path} has no red, green and blue channels ({names[:200] or 'none'}); give a picture that has"
        )
    names_of_parts = [name for name, _ in parts]
    best = min(found, key=lambda choice: _rank(choice, names_of_parts[choice.part]))
    others = [_name(choice, names_of_parts) for choice in found if choice is not best and not choice.grey]
    return replace(best, others=tuple(others))


def _name(choice: ColourChannels, names_of_parts: list[str]) -> str:
    """A picture's name: its layer's, and its part's where there are several."""
    layer = choice.rgb[0].rpartition(".")[0]
    part = names_of_parts[choice.part] if len(names_of_parts) > 1 else ""
    return ".".join(name for name in (part, layer) if name) or "the one without a name"


_MAIN = ("", "rgba", "beauty", "rgb", "main", "combined", "left")
_LETTERS = {"red": "r", "green": "g", "blue": "b", "alpha": "a"}


def _choices(part: int, names: tuple[str, ...]) -> list[ColourChannels]:
    """The sets of colours in one part, by layer."""
    layers: dict[str, dict[str, str]] = {}
    for name in names:
        layer, _, last = name.rpartition(".")
        letter = _LETTERS.get(last.lower(), last.lower())
        layers.setdefault(layer, {}).setdefault(letter, name)
    chosen = []
    for letters in layers.values():
        alpha = letters.get("a", "")
        if {"r", "g", "b"} <= letters.keys():
            rgb = letters["r"], letters["g"], letters["b"]
            chosen.append(ColourChannels(part=part, rgb=rgb, alpha=alpha))
        elif "y" in letters and not {"ry", "by"} & letters.keys():
            grey = letters["y"]
            chosen.append(ColourChannels(part=part, rgb=(grey, grey, grey), alpha=alpha))
    return chosen


def _rank(choice: ColourChannels, part_name: str) -> tuple[bool, int, int, int]:
    layer = choice.rgb[0].rpartition(".")[0].lower()
    place, named = (
        _MAIN.index(name.lower()) if name.lower() in _MAIN else len(_MAIN) for name in (layer, part_name)
    )
    return choice.grey, place, named, choice.part
