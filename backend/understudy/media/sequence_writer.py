"""Writing a finished picture as its plate's own kind of file: what was not changed comes out bit for bit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import OpenImageIO as oiio

from understudy.domain.errors import UnreadableMedia
from understudy.domain.files import atomic_write
from understudy.domain.frame import Rect
from understudy.media.dpx_rewrite import rewrite_dpx
from understudy.media.exr_rewrite import rewrite_exr
from understudy.media.rgb_picture import RgbPicture
from understudy.media.sequence_header import PictureHeader

_TYPES = {"uint8": oiio.UINT8, "uint16": oiio.UINT16, "half": oiio.HALF, "float": oiio.FLOAT}
_PNG_LEVEL = 3  # a third of the time of the usual 6, for a few hundredths more bytes
_NO_SPACE = "unknown"  # to OpenImageIO, and so nothing is said of it

Attributes = Mapping[str, str | int]


def write_like(
    source: PictureHeader,
    picture: RgbPicture,
    changed: Sequence[Rect],
    target: Path,
    *,
    compression: str = "plate",
    attributes: Attributes | None = None,
) -> None:
    """Write `source`, a plate's file, to `target` with `picture`'s colours where it `changed`.

    Whole or not at all. compression: of an EXR file's picture. `attributes` are added to the metadata where
    the format has a place for them. Raises: UnreadableMedia, DiskFull.
    """
    ours = attributes or {}
    if source.container == "openexr":
        rewrite_exr(source, picture, changed, target, compression=compression, attributes=ours)
    elif source.container != "dpx" or not rewrite_dpx(source.path, picture, changed, target):
        _rewrite(source, picture, changed, target, ours)


def _rewrite(
    source: PictureHeader, picture: RgbPicture, changed: Sequence[Rect], target: Path, attributes: Attributes
) -> None:
    """Read everything through OpenImageIO and write it again."""
    with _opened(source) as file:
        spec = oiio.ImageSpec(file.spec(source.picture.part, 0))
        names = list(spec.channelnames)
        kind = _TYPES[source.kind]
        stored = file.read_image(source.picture.part, 0, 0, spec.nchannels, kind)
        if stored is None or file.has_error:
            raise UnreadableMedia(f"{source.path} is damaged ({file.geterror()}); copy it again")
    pixels = np.asarray(stored).reshape(spec.height, spec.width, spec.nchannels)
    if source.picture.grey:
        pixels, places = _in_colour(spec, pixels, names.index(source.picture.rgb[0]))
    else:
        places = [names.index(name) for name in source.picture.rgb]
    for rect in changed:
        part = rect.intersect(picture.window)
        if not part.empty:
            area = np.s_[part.y - picture.window.y :, part.x - picture.window.x :]
            size = np.s_[: part.height, : part.width]
            for place, channel in enumerate(places):
                pixels[area][size][..., channel] = picture.rgb_HW3[area][size][..., place]
    spec.set_format(kind)
    for name, value in attributes.items():
        spec.attribute(name, value)
    if source.container == "png":
        if not (source.colour.space or source.colour.profile):  # unnamed, it would be written as sRGB
            spec.attribute("oiio:ColorSpace", _NO_SPACE)
        spec.attribute("png:compressionLevel", _PNG_LEVEL)
    _write(spec, pixels, target)


def _in_colour(
    spec: oiio.ImageSpec, grey_HWC: npt.NDArray[Any], place: int
) -> tuple[npt.NDArray[Any], list[int]]:
    """A grey picture as one in colour, its other channels behind."""
    others = [channel for channel in range(spec.nchannels) if channel != place]
    pixels = np.ascontiguousarray(grey_HWC[..., [place, place, place, *others]])
    spec.channelnames = ("R", "G", "B", *(spec.channelnames[channel] for channel in others))
    spec.nchannels = len(spec.channelnames)
    spec.alpha_channel = spec.channelnames.index("A") if "A" in spec.channelnames else -1
    return pixels, [0, 1, 2]


def _write(spec: oiio.ImageSpec, pixels: npt.NDArray[Any], target: Path) -> None:
    with atomic_write(target) as temporary:
        file = oiio.ImageOutput.create(str(temporary))
        if file is None or not file.open(str(temporary), spec):
            raise UnreadableMedia(
                f"{target} cannot be written: {file.geterror() if file else oiio.geterror()}"
            )
        written = file.write_image(np.ascontiguousarray(pixels))
        said = file.geterror()
        if not file.close() or not written:
            raise OSError(f"{target} cannot be written: {said or file.geterror()}")


@contextmanager
def _opened(source: PictureHeader) -> Iterator[oiio.ImageInput]:
    plain = oiio.ImageSpec()
    plain.attribute("oiio:UnassociatedAlpha", 1)  # colours as they are in the file
    file = oiio.ImageInput.open(str(source.path), plain)
    if file is None:
        raise UnreadableMedia(f"{source.path} cannot be read ({oiio.geterror()}); copy it again")
    try:
        yield file
    finally:
        file.close()
