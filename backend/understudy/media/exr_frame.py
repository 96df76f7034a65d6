"""The EXR frame that goes to the compositor: the finished picture and everything it was made of.

Parts, in the order compositors look for them: `beauty` (RGB, all pixels the plate has, linear half),
`replaced` (RGBA, straight alpha), `matte` (A), and per track `raw.N` (RGB, the network's picture in crop
space, display-encoded) and `st.N` (R is S, G is T, float, from plate to crop, origin at the bottom
left as Nuke's STMap wants it). Channels carry no layer prefix: readers prefix them by part name. Windows,
pixel aspect and metadata are the plate's; `understudySpace` names the space of `beauty` and `replaced`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import OpenEXR

import understudy
from understudy.domain.errors import UnreadableMedia
from understudy.domain.frame import Rect
from understudy.domain.shot import Plate
from understudy.domain.time import Timecode
from understudy.media.colour_space import linear_space_of
from understudy.media.composite import make_mark
from understudy.media.exr import EXR_ERRORS, exr_part, rect_of, write_parts
from understudy.media.layers import FaceLayers
from understudy.media.sequence_colour import chromaticities_of
from understudy.media.sequence_header import PictureHeader
from understudy.media.warp import st_map

Half = npt.NDArray[np.float16]
Floats = npt.NDArray[np.float32]

_CHROMATICITIES: dict[str, tuple[float, ...]] = {
    "bt709": (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290),
    "bt2020": (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, 0.3127, 0.3290),
    "smpte170m": (0.630, 0.340, 0.310, 0.595, 0.155, 0.070, 0.3127, 0.3290),
    "bt470bg": (0.64, 0.33, 0.29, 0.60, 0.15, 0.06, 0.3127, 0.3290),
    "smpte432": (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.3127, 0.3290),
}
"""Red, green, blue and white x y per H.273 primaries name; what is not tagged is taken as BT.709."""
_MAX_TIMECODE_FRAME = 59  # the attribute has two digits of binary-coded decimals for the frame


_LAYOUT = frozenset(
    {
        "channels", "chunkCount", "compression", "dataWindow", "displayWindow", "dwaCompressionLevel",
        "lineOrder", "maxSamplesPerPixel", "multiView", "name", "preview", "tiles", "type", "version", "view",
    }
)  # fmt: skip
"""Attributes that tell how a file is laid out, not what it shows."""
_OF_COLOUR = frozenset({"chromaticities", "colorInteropID", "oiio:ColorSpace", "acesImageContainerFlag"})

_LEAST_MARKED_PX = 16  # smaller pictures have no room for the mark, and show nobody


@dataclass(frozen=True, kw_only=True, slots=True)
class ExrDelivery:
    """What one frame's file is to say. `settings_sha256` tells a valid frame from a stale one.

    `said` are attributes of the plate's own file, `origin_xy` is where its display window begins there.
    """

    plate: Plate
    people: tuple[str, ...]
    compression: str
    settings_sha256: str
    mark: str = ""
    said: Mapping[str, object] = field(default_factory=dict)
    origin_xy: tuple[int, int] = (0, 0)


def write_exr_frame(
    target: Path,
    beauty_HW3: Half,
    layers: FaceLayers,
    delivery: ExrDelivery,
    *,
    window: Rect | None = None,
) -> None:
    """Write one frame, whole or not at all. `beauty_HW3` is the composited plate in linear light.

    `window` is where it lies, the display window if it is not given. Safe to call from several threads.
    Raises: DiskFull.
    """
    shared = _attributes(layers.frame, delivery)
    if delivery.mark:
        layers = _marked_layers(layers)
    write_parts(_parts(beauty_HW3, layers, delivery, shared, window), target)


def write_picture_frame(
    target: Path, pixels_HWC: Half | Floats, frame: int, delivery: ExrDelivery, *, window: Rect
) -> None:
    """Write one finished picture, RGB or RGBA, without layers. Raises: DiskFull."""
    name = "RGBA" if pixels_HWC.shape[2] == 4 else "RGB"
    part = exr_part(
        "",
        {name: pixels_HWC},
        _moved(window, delivery),
        display_window=_moved(delivery.plate.display_window, delivery),
        compression=delivery.compression,
        attributes=_attributes(frame, delivery),
    )
    write_parts([part], target)


def _parts(
    beauty_HW3: Half,
    layers: FaceLayers,
    delivery: ExrDelivery,
    shared: Mapping[str, object],
    window: Rect | None,
) -> list[OpenEXR.Part]:
    display, rect = delivery.plate.display_window, layers.rect
    display_window, here = _moved(display, delivery), _moved(rect, delivery)
    part = partial(exr_part, display_window=display_window, compression=delivery.compression)
    parts = [
        part("beauty", {"RGB": beauty_HW3}, _moved(window or display, delivery), attributes=shared),
        part("replaced", {"RGBA": layers.replaced_HW4}, here, attributes=shared),
        part("matte", {"A": layers.matte_HW}, here, attributes=shared),
    ]
    for face in layers.faces:
        size = face.raw_SS3.shape[0]
        about: dict[str, object] = {
            **shared,
            "track": face.track,
            "person": face.person_id,
            "plateToCrop": np.vstack([np.asarray(face.matrix_23, np.float64), [0.0, 0.0, 1.0]]),
        }
        crop = Rect(0, 0, size, size)
        parts.append(part(f"raw.{face.track}", {"RGB": face.raw_SS3}, crop, attributes=about))
        st_HW2 = st_map(face.matrix_23, rect, size)
        st = {"R": st_HW2[..., 0], "G": st_HW2[..., 1]}
        parts.append(part(f"st.{face.track}", st, here, attributes=about))
    return parts


def _moved(rect: Rect, delivery: ExrDelivery) -> Rect:
    """A rectangle of the plate's in the coordinates of its file."""
    x, y = delivery.origin_xy
    return replace(rect, x=rect.x + x, y=rect.y + y)


def _marked_layers(layers: FaceLayers) -> FaceLayers:
    """The mark in the face layers too: laid over a clean plate they must not give a clean picture."""
    replaced = layers.replaced_HW4.copy()
    replaced[..., :3] = _burnt(replaced[..., :3])
    faces = tuple(replace(face, raw_SS3=_burnt(face.raw_SS3)) for face in layers.faces)
    return replace(layers, replaced_HW4=replaced, faces=faces)


def _burnt(rgb_HW3: npt.NDArray[np.float16]) -> npt.NDArray[np.float16]:
    height, width = rgb_HW3.shape[:2]
    if min(height, width) < _LEAST_MARKED_PX:
        return rgb_HW3
    mark, burnt = make_mark(width, height), rgb_HW3.copy()
    for top in range(0, height - mark.rect.height + 1, max(1, height // 3)):
        strip = burnt[top : top + mark.rect.height]
        strip[...] = mark.over(strip.astype(np.float32))
    return burnt


def exr_frame_valid(path: Path, settings_sha256: str) -> bool:
    """Whether `path` is a frame of exactly this delivery; looks at the header only."""
    if not path.is_file() or path.stat().st_size == 0:
        return False
    try:
        with OpenEXR.File(str(path), header_only=True) as file:
            return str(file.parts[0].header.get("understudySettings")) == settings_sha256
    except EXR_ERRORS:
        return False


def _attributes(frame: int, delivery: ExrDelivery) -> Mapping[str, object]:
    plate = delivery.plate
    attributes: dict[str, object] = {
        "framesPerSecond": plate.rate,
        "software": f"Understudy {understudy.__version__}",
        **delivery.said,
        "pixelAspectRatio": float(plate.pixel_aspect),
        **understudy_attributes(frame, delivery),
        "understudySpace": linear_space_of(plate.colour),
    }
    primaries = _chromaticities(plate, delivery.said)
    if primaries:
        attributes["chromaticities"] = primaries
    if plate.reel:
        attributes["reelName"] = plate.reel
    timecode = plate.timecode_of(frame)
    if timecode is not None and timecode.nominal <= _MAX_TIMECODE_FRAME + 1 and "timeCode" not in attributes:
        attributes["timeCode"] = _timecode_attribute(timecode)
    return attributes


def understudy_attributes(frame: int, delivery: ExrDelivery) -> dict[str, str | int]:
    """What every frame says of how it was made."""
    said: dict[str, str | int] = {
        "understudyVersion": understudy.__version__,
        "understudySettings": delivery.settings_sha256,
        "understudyPeople": " ".join(delivery.people),
        "understudyFrame": frame,
    }
    return said | ({"understudyMark": delivery.mark} if delivery.mark else {})


def plate_attributes(source: PictureHeader, *, same_space: bool) -> tuple[dict[str, object], tuple[int, int]]:
    """What a plate's EXR file says beside its layout, and where its display window begins.

    `same_space`: what it says of its colour holds for the pixels that will be written too.
    Raises: UnreadableMedia.
    """
    try:
        with OpenEXR.File(str(source.path), header_only=True) as file:
            header = dict(file.parts[source.picture.part].header)
            display = rect_of(header["displayWindow"])
    except EXR_ERRORS as cause:
        raise UnreadableMedia(f"{source.path} is damaged ({cause}); copy it again") from cause
    left_out = _LAYOUT if same_space else _LAYOUT | _OF_COLOUR
    said = {name: value for name, value in header.items() if name not in left_out}
    return said, (display.x, display.y)


def _chromaticities(plate: Plate, said: Mapping[str, object]) -> tuple[float, ...] | None:
    """Of the linear light that is written; none when nobody knows them."""
    if not plate.colour.space:
        return _CHROMATICITIES.get(plate.colour.primaries, _CHROMATICITIES["bt709"])
    if "chromaticities" in said:
        return None
    return chromaticities_of(linear_space_of(plate.colour))


def _timecode_attribute(timecode: Timecode) -> OpenEXR.TimeCode:
    hours, minutes, seconds, frame = (int(part) for part in str(timecode).replace(";", ":").split(":"))
    attribute = OpenEXR.TimeCode()
    attribute.hours, attribute.minutes, attribute.seconds, attribute.frame = hours, minutes, seconds, frame
    attribute.dropFrame = timecode.drop_frame
    return attribute
