"""Matte layers on disk: one value per pixel for some frames of a shot, whoever made them.

A layer is a folder. `matte.####.exr` has one half channel `A`; its data window is the part that was worked
on, its display window the plate, and an attribute says which value everything outside has. `layer.json` names
the frames with their hash and score and is written last: a folder without it is unfinished work.

ZIP was chosen by measurement: layers are read far more often than written, and a 500x520 matte full of soft
edges is written in 25 ms and read in 4, at 160 KB (RLE 15 and 7 at 286 KB, PIZ 26 and 5 at 202 KB).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import OpenEXR

from understudy.domain.errors import BadMatte, BadRecord
from understudy.domain.files import sha256_of, write_bytes
from understudy.domain.frame import Rect
from understudy.domain.plain import from_json, to_json
from understudy.domain.time import format_frames
from understudy.media.exr import EXR_ERRORS, exr_part, rect_of, write_parts

Float = npt.NDArray[np.float32]

LAYER_FORMAT = 1
INDEX_NAME = "layer.json"
_COMPRESSION = "zip"


@dataclass(frozen=True, kw_only=True, slots=True)
class LayerFrame:
    """One frame of a layer. `score` 0..1: how much it is doubted (drift, or the net's own doubt)."""

    sha256: str
    score: float


@dataclass(frozen=True, kw_only=True, slots=True)
class LayerIndex:
    """What `layer.json` holds. `origin` is the kind of job that made the layer."""

    format: int
    name: str
    origin: str
    shot: str
    people: tuple[str, ...]
    frames: dict[int, LayerFrame]
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class LayerOutcome:
    """What a job that makes a layer reports: its frames, a score 0..1 for each, notes for the artist."""

    frames: tuple[int, ...]
    scores: dict[int, float]
    notes: tuple[str, ...]


def layer_path(folder: Path, frame: int) -> Path:
    """Where a layer keeps a frame."""
    return folder / f"matte.{frame:04}.exr"


def write_layer_frame(
    folder: Path,
    frame: int,
    matte_HW: Float,
    rect: Rect,
    *,
    outside: float,
    display_window: Rect,
    people: Sequence[str],
    shot: str = "",
    score: float = 0.0,
) -> None:
    """Write one frame, whole or not at all. `matte_HW` fills `rect`; `outside` is the value beyond it.

    `people` are the ids of everybody to be seen in the shot. Raises: DiskFull, BadMatte.
    """
    if matte_HW.shape != (rect.height, rect.width) or rect.empty:
        raise BadMatte(f"a matte of {matte_HW.shape[1]}x{matte_HW.shape[0]} does not fill {rect}")
    attributes: dict[str, object] = {
        "understudyMatte": LAYER_FORMAT,
        "understudyPeople": " ".join(people),
        "understudyShot": shot,
        "understudyFrame": frame,
        "understudyOutside": float(outside),
        "understudyScore": float(score),
    }
    part = exr_part(
        "matte",
        {"A": _half(matte_HW)},
        rect,
        display_window=display_window,
        compression=_COMPRESSION,
        attributes=attributes,
    )
    write_parts([part], layer_path(folder, frame))


def read_layer(folder: Path, frame: int, rect: Rect) -> Float:
    """The part of a frame inside `rect` (plate pixels), (h,w) 0..1. Raises: BadMatte."""
    path = layer_path(folder, frame)
    if not path.is_file():
        raise BadMatte(
            f"matte layer {folder.name} has no frame {frame}; take it off that frame or make it there"
        )
    try:
        with OpenEXR.File(str(path)) as file:
            part = file.parts[0]
            stored_rect = rect_of(part.header["dataWindow"])
            outside = np.float32(part.header["understudyOutside"])
            stored_HW = part.channels["A"].pixels
    except EXR_ERRORS as cause:
        raise BadMatte(f"{path} is damaged or no matte ({cause}); make that frame again") from cause
    plane = np.full((rect.height, rect.width), outside, np.float32)
    both = rect.intersect(stored_rect)
    if not both.empty:
        plane[_slices(both, rect)] = stored_HW[_slices(both, stored_rect)]
    return plane


def frame_done(folder: Path, frame: int) -> bool:
    """Whether a frame is there and whole, so that a rerun need not make it again."""
    return frame_score(folder, frame) is not None


def frame_score(folder: Path, frame: int) -> float | None:
    """The score a frame was written with; None when it is missing, damaged or something else."""
    path = layer_path(folder, frame)
    if not path.is_file() or path.stat().st_size == 0:
        return None
    try:
        with OpenEXR.File(str(path)) as file:  # all of it: a file cut short has a good header
            header = file.parts[0].header
            whole = header["understudyMatte"] == LAYER_FORMAT and "A" in file.parts[0].channels
            return float(header["understudyScore"]) if whole else None
    except EXR_ERRORS:
        return None


def finish_layer(
    folder: Path,
    frames: Iterable[int],
    *,
    origin: str,
    people: Sequence[str],
    name: str = "",
    shot: str = "",
    notes: Sequence[str] = (),
) -> LayerOutcome:
    """Write `layer.json` over frames that are all there; the layer is complete from then on.

    Scores come from the files. Raises: BadMatte naming frames that are missing or damaged.
    """
    scores = {frame: frame_score(folder, frame) for frame in sorted(set(frames))}
    if missing := [frame for frame, score in scores.items() if score is None]:
        raise BadMatte(f"matte layer {folder.name} lacks frames {format_frames(missing)}; make them again")
    known = {frame: score for frame, score in scores.items() if score is not None}
    index = LayerIndex(
        format=LAYER_FORMAT,
        name=name,
        origin=origin,
        shot=shot,
        people=tuple(people),
        frames={
            frame: LayerFrame(sha256=sha256_of(layer_path(folder, frame)), score=score)
            for frame, score in known.items()
        },
        notes=tuple(notes),
    )
    write_bytes(folder / INDEX_NAME, to_json(index).encode())
    return outcome_of(index)


def layer_index(folder: Path) -> LayerIndex:
    """What a finished layer holds. Raises: BadMatte when it is unfinished or damaged."""
    try:
        index = from_json(LayerIndex, (folder / INDEX_NAME).read_bytes())
    except (OSError, BadRecord, UnicodeDecodeError) as cause:
        raise BadMatte(f"{folder} holds no finished matte layer ({cause}); run its job again") from cause
    if index.format != LAYER_FORMAT:
        raise BadMatte(
            f"the matte layer in {folder} has format {index.format}; this version reads {LAYER_FORMAT}"
        )
    return index


def outcome_of(index: LayerIndex) -> LayerOutcome:
    """The report of a layer that was finished earlier."""
    frames = tuple(sorted(index.frames))
    return LayerOutcome(
        frames=frames, scores={frame: index.frames[frame].score for frame in frames}, notes=index.notes
    )


def trimmed(matte_HW: Float, *, outside: float | None = None) -> tuple[Float, Rect, float]:
    """The part of a whole frame's matte that is worth keeping, its rect, and the value of everything else.

    `outside` is 0 or 1, whichever leaves less, unless it is given.
    """
    choices = (0.0, 1.0) if outside is None else (outside,)
    boxes = [(cv2.boundingRect((matte_HW != value).view(np.uint8)), value) for value in choices]
    (x, y, width, height), value = min(boxes, key=lambda box: box[0][2] * box[0][3])
    rect = Rect(x, y, max(1, width), max(1, height))
    return matte_HW[rect.y : rect.y1, rect.x : rect.x1], rect, value


def _slices(part: Rect, within: Rect) -> tuple[slice, slice]:
    return (
        slice(part.y - within.y, part.y1 - within.y),
        slice(part.x - within.x, part.x1 - within.x),
    )


def _half(values_HW: Float) -> npt.NDArray[np.float16]:
    array = np.ascontiguousarray(values_HW, np.float32)
    return np.asarray(cv2.convertFp16(array)).view(np.float16).reshape(array.shape)
