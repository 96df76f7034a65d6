"""The finished picture in linear halfs, and what its file says of it."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import numpy.typing as npt

from understudy.media.colour import to_linear
from understudy.media.colour_space import colour_facts, is_scene_linear
from understudy.media.composite import EVALUATION_MARK, linear_beauty, mark_for
from understudy.media.exr_frame import ExrDelivery, plate_attributes
from understudy.media.picture import RgbPicture
from understudy.media.sequence_files import file_of
from understudy.media.sequence_header import PictureHeader, read_header
from understudy.stages.deliver.task import ALGORITHM, DeliveryTask, Finished

Half = npt.NDArray[np.float16]

_LOSSLESS = ("zip", "zips", "piz", "rle")
_HALF_MAX = np.float32(65504)


def beauty(finished: Finished, *, marked: bool) -> Half:
    """The finished picture's window in linear light, (h,w,3); halfs of a scene-linear plate are its own."""
    picture = finished.picture
    linear = is_scene_linear(picture.colour)
    if linear and isinstance(picture, RgbPicture) and picture.rgb_HW3.dtype == np.float16:
        return np.asarray(picture.rgb_HW3, np.float16)
    beauty_HW3 = linear_beauty(finished.plate.picture, finished.layers)
    if marked:
        rect = mark_for(picture).rect
        x, y = rect.x - picture.window.x, rect.y - picture.window.y
        strip = to_linear(picture.region(rect), picture.colour)
        beauty_HW3[y : y + rect.height, x : x + rect.width] = strip
    beyond = np.isfinite(beauty_HW3) & (np.abs(beauty_HW3) > _HALF_MAX)
    if beyond.any():
        beauty_HW3 = np.where(beyond, np.copysign(_HALF_MAX, beauty_HW3), beauty_HW3)
    return beauty_HW3.astype(np.float16)


def settings_of(task: DeliveryTask, frame: int, *, kind: str) -> str:
    """A hash of everything the frame is made of, so that a stale one is never taken for a finished one."""
    facts = {
        "algorithm": ALGORITHM,
        "kind": kind,
        "layers": task.settings[frame],
        "plate": task.plate.sha256,
        "colour": colour_facts(task.plate.colour),
        "pixel_aspect": str(task.plate.pixel_aspect),
        "index": task.plate.index_of(frame),
        "frame": frame,
        "people": task.people,
        "marked": task.marked,
        "compression": task.config.exr_compression,
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def source_of(task: DeliveryTask, frame: int) -> PictureHeader | None:
    """The plate's own file of a frame; None for a movie. Raises: UnreadableMedia."""
    if not task.plate.is_sequence:
        return None
    return read_header(file_of(task.plate, task.plate.index_of(frame)))


def exr_delivery(task: DeliveryTask, settings_sha256: str, source: PictureHeader | None) -> ExrDelivery:
    """What a frame's EXR file says, its plate's own words included. Raises: UnreadableMedia."""
    said: dict[str, object] = {}
    origin_xy = 0, 0
    compression: str = task.config.exr_compression
    if source is not None and source.container == "openexr":
        said, origin_xy = plate_attributes(source, same_space=is_scene_linear(task.plate.colour))
    if compression == "plate":
        compression = _known(source.compression) if source is not None else "zip"
    return ExrDelivery(
        plate=task.plate,
        people=task.people,
        compression=compression,
        settings_sha256=settings_sha256,
        mark=EVALUATION_MARK if task.marked else "",
        said=said,
        origin_xy=origin_xy,
    )


def _known(compression: str) -> str:
    """The plate's compression if a layered frame may have it too: its mattes and maps must not suffer."""
    return {"no": "none"}.get(compression, compression if compression in _LOSSLESS else "zip")
