"""The layered patches of a take: what was drawn on each face of one frame, and nothing of the rest.

One small multi-part EXR a frame. Part `replaced` is RGBA, scene-linear, straight alpha, with a data
window around the faces; part `matte` is there only when it differs from that alpha; part `raw.N` is
the network's own picture of track N, R'G'B' in the network's encoding and crop space, with the matrix
from plate to crop in its header. RLE was chosen by measurement: for a 500x520 patch it writes in 7 ms and
reads in 4 (ZIP 12 and 4, none 4 and 2 at three times the size, DWAA over 60), and every EXR reader knows it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import OpenEXR

from understudy.domain.errors import UnreadableMedia
from understudy.domain.frame import Rect
from understudy.media.exr import EXR_ERRORS, exr_part, rect_of, write_parts

LAYERS_FORMAT = 1
NO_FACE_RECT = Rect(0, 0, 1, 1)

Half = npt.NDArray[np.float16]


@dataclass(frozen=True, kw_only=True, slots=True)
class FacePatch:
    """The network's picture of one face: `raw_SS3` in its `encoding` 0..1, `matrix_23` plate to crop."""

    track: int
    person_id: str
    raw_SS3: Half
    matrix_23: npt.NDArray[np.float64]
    encoding: str = "srgb"


@dataclass(frozen=True, kw_only=True, slots=True)
class FaceLayers:
    """What was replaced in one frame, inside `rect` (whole pixels of the plate).

    `replaced_HW4` is scene-linear RGB with straight alpha; `matte_HW` the matte 0..1. No `faces` means
    that there was nothing to replace here, which is a result and not a missing file.
    """

    frame: int
    rect: Rect
    replaced_HW4: Half
    matte_HW: Half
    faces: tuple[FacePatch, ...] = ()


def no_face_layers(frame: int) -> FaceLayers:
    """The record that a frame has nothing to replace: one pixel of zero alpha, no faces."""
    return FaceLayers(
        frame=frame,
        rect=NO_FACE_RECT,
        replaced_HW4=np.zeros((1, 1, 4), np.float16),
        matte_HW=np.zeros((1, 1), np.float16),
    )


def layers_path(folder: Path, frame: int) -> Path:
    """Where a take keeps a frame's layers."""
    return folder / f"layers.{frame:04}.exr"


def write_layers(
    layers: FaceLayers,
    target: Path,
    *,
    display_window: Rect,
    settings_sha256: str,
    people: tuple[str, ...],
    compression: str = "rle",
) -> None:
    """Write one frame's layers, whole or not at all. `people` are the ids of everybody to be seen in it.

    Raises: DiskFull.
    """
    rect = layers.rect
    has_matte = not np.array_equal(layers.matte_HW, layers.replaced_HW4[..., 3])
    attributes: dict[str, object] = {
        "understudyLayers": LAYERS_FORMAT,
        "understudySettings": settings_sha256,
        "understudyPeople": " ".join(people),
        "understudyFrame": layers.frame,
        "understudyParts": 1 + has_matte + len(layers.faces),
    }
    part = partial(exr_part, display_window=display_window, compression=compression)
    parts = [part("replaced", {"RGBA": layers.replaced_HW4}, rect, attributes=attributes)]
    if has_matte:
        parts.append(part("matte", {"A": layers.matte_HW}, rect))
    for face in layers.faces:
        crop = Rect(0, 0, face.raw_SS3.shape[1], face.raw_SS3.shape[0])
        about: dict[str, object] = {
            "track": face.track,
            "person": face.person_id,
            "plateToCrop": np.vstack([np.asarray(face.matrix_23, np.float64), [0.0, 0.0, 1.0]]),
        }
        if face.encoding != "srgb":
            about["understudyEncoding"] = face.encoding
        parts.append(part(f"raw.{face.track}", {"RGB": face.raw_SS3}, crop, attributes=about))
    write_parts(parts, target)


def read_layers(path: Path) -> FaceLayers:
    """Read a frame's layers. Raises: UnreadableMedia when the file is missing, damaged or something else."""
    try:
        with OpenEXR.File(str(path)) as file:
            by_name = {part.header["name"]: part for part in file.parts if part.channels}
            replaced = by_name["replaced"]
            if len(by_name) != replaced.header["understudyParts"]:  # the library passes over damaged parts
                raise ValueError("parts of it are missing")
            replaced_HW4 = replaced.channels["RGBA"].pixels
            matte = by_name.get("matte")
            return FaceLayers(
                frame=int(replaced.header["understudyFrame"]),
                rect=rect_of(replaced.header["dataWindow"]),
                replaced_HW4=replaced_HW4,
                matte_HW=replaced_HW4[..., 3] if matte is None else matte.channels["A"].pixels,
                faces=tuple(_face_of(part) for name, part in by_name.items() if name.startswith("raw.")),
            )
    except EXR_ERRORS as cause:
        raise UnreadableMedia(
            f"{path} is missing or no whole layer file ({cause}); convert its frame again"
        ) from cause


def layers_valid(path: Path, settings_sha256: str) -> bool:
    """Whether `path` was written by these settings; looks at the header only."""
    return layers_settings(path) == settings_sha256


def layers_settings(path: Path) -> str | None:
    """The settings hash a layer file was written with, from its header; None when it is no such file."""
    if not path.is_file() or path.stat().st_size == 0:
        return None
    try:
        with OpenEXR.File(str(path), header_only=True) as file:
            header = file.parts[0].header
            return str(header["understudySettings"]) if header["understudyLayers"] == LAYERS_FORMAT else None
    except EXR_ERRORS:
        return None


def _face_of(part: OpenEXR.Part) -> FacePatch:
    return FacePatch(
        track=int(part.header["track"]),
        person_id=str(part.header["person"]),
        raw_SS3=part.channels["RGB"].pixels,
        matrix_23=np.asarray(part.header["plateToCrop"], np.float64)[:2],
        encoding=str(part.header.get("understudyEncoding", "srgb")),
    )
