"""Measuring a converted take: its layers over its plate, with or without the synthetic truth."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from understudy.demo.truth import Truth, load_truth
from understudy.domain.errors import BadInput
from understudy.domain.face import ShotFaces
from understudy.domain.frame import Rect
from understudy.domain.progress import Emit
from understudy.domain.shot import Plate
from understudy.evaluate.evaluate import EvaluatedFrame, FrameTruth, Version, evaluate
from understudy.evaluate.picture import write_picture
from understudy.evaluate.reading import reference_of_faces
from understudy.evaluate.table import write_json, write_table
from understudy.evaluate.unsqueezed import unsqueezed_frame
from understudy.faces.face_models import FaceModels
from understudy.media.composite import composite
from understudy.media.examine import conform
from understudy.media.layers import FaceLayers, layers_path, read_layers
from understudy.media.picture import Picture
from understudy.media.preview_colour import screen_codes
from understudy.media.video import PlateReader, open_plate, probe

F32 = npt.NDArray[np.float32]

ALGORITHM = 1
_MARGIN_PX = 24
_MATTE_FLOOR = 0.02


@dataclass(frozen=True, kw_only=True)
class TruthPaths:
    """Files that tell what a perfect take would be; a synthetic plate has them, real footage has none.

    replacement: movie of the true replacement. matte: grey movie of the visible face. record: `Truth` of the
    true replacement, so that its landmarks are those of the donor's face shape. All are numbered like the
    plate's file.
    """

    replacement: Path | None = None
    matte: Path | None = None
    record: Path | None = None


def evaluate_take(
    plate: Plate,
    take_folder: Path,
    frames: tuple[int, ...],
    *,
    truth: TruthPaths,
    performer: ShotFaces,
    donor: ShotFaces,
    models: FaceModels,
    title: str,
    out_folder: Path,
    emit: Emit,
    stopping: Callable[[], bool],
    marked: bool = False,
) -> dict[str, float]:
    """Measure a take and write evaluation.json, evaluation.txt and evaluation.png; returns the headline.

    performer, donor: faces of the footage that the two people are known by. `marked` burns the evaluation
    mark into the picture.
    Raises: BadInput (truth that does not fit the plate), NoFaceFound, UnreadableMedia, Stopped.
    """
    found = evaluate(
        take_frames(plate, take_folder, frames, truth=truth),
        len(frames),
        models,
        performer=reference_of_faces(performer),
        donor=reference_of_faces(donor),
        emit=emit,
        stopping=stopping,
    )
    write_json(found, out_folder / "evaluation.json", title=title)
    write_table(found, out_folder / "evaluation.txt", title=title)
    write_picture(
        found,
        lambda chosen: take_frames(plate, take_folder, chosen, truth=truth),
        out_folder / "evaluation.png",
        title=title,
        marked=marked,
    )
    return {name: value for name, value in found.headline.items() if math.isfinite(value)}


def take_frames(
    plate: Plate, take_folder: Path, frames: tuple[int, ...], *, truth: TruthPaths
) -> Iterator[EvaluatedFrame]:
    """The frames of a take that can be measured: those with a replaced face, or with a face that should be.

    Raises: BadInput, UnreadableMedia, FrameOutOfRange.
    """
    with ExitStack() as stack:
        pictures = stack.enter_context(open_plate(plate)).frames(frames)
        trues = _beside(truth.replacement, plate, frames, stack)
        mattes = _beside(truth.matte, plate, frames, stack)
        record = None if truth.record is None else _record(truth.record, plate)
        for frame, picture in zip(frames, pictures, strict=True):
            layers = read_layers(layers_path(take_folder, frame))
            true = None if trues is None else next(trues)
            matte = None if mattes is None else _grey(next(mattes))
            known = None if record is None else _truth_at(record, plate.index_of(frame))
            if (item := _frame(picture.picture, layers, true, matte, known)) is not None:
                yield unsqueezed_frame(item, float(plate.pixel_aspect))


def _frame(
    picture: Picture, layers: FaceLayers, true: Picture | None, matte_HW: F32 | None, truth: FrameTruth | None
) -> EvaluatedFrame | None:
    """None when there was nothing to replace."""
    whole = Rect(0, 0, picture.width, picture.height)
    replaced_HW = np.zeros((picture.height, picture.width), np.float32)
    if layers.faces:
        area = layers.rect.intersect(whole)
        x, y = area.x - layers.rect.x, area.y - layers.rect.y
        shown_HW = layers.matte_HW[y : y + area.height, x : x + area.width]
        replaced_HW[area.y : area.y1, area.x : area.x1] = shown_HW
    wanted_HW = replaced_HW if matte_HW is None else matte_HW
    covered = np.asarray(np.maximum(replaced_HW, wanted_HW) > _MATTE_FLOOR, np.uint8)
    if not (wanted_HW > _MATTE_FLOOR).any():
        return None
    rect = Rect(*cv2.boundingRect(covered)).expand(_MARGIN_PX).intersect(whole)
    result = composite(picture, layers)
    inside = np.s_[rect.y : rect.y1, rect.x : rect.x1]
    return EvaluatedFrame(
        frame=layers.frame,
        rect=rect,
        matte_hw=np.ascontiguousarray(wanted_HW[inside]),
        replaced_hw=np.ascontiguousarray(replaced_HW[inside]),
        plate=_version(picture, rect),
        result=_version(result, rect),
        true=None if true is None else _version(true, rect),
        truth=truth,
    )


def _version(picture: Picture, rect: Rect) -> Version:
    codes = screen_codes(picture.region(rect), picture.colour)
    return Version(rgb8_HW3=picture.rgb8(), part_hw3=np.ascontiguousarray(codes))


def _beside(
    path: Path | None, plate: Plate, frames: tuple[int, ...], stack: ExitStack
) -> Iterator[Picture] | None:
    """The pictures of another movie at the same places of the file. Raises: BadInput when it does not fit."""
    if path is None:
        return None
    other = probe(path)
    if plate.conformed and other.variable_rate:
        other = conform(other, plate.rate)
    if (other.width, other.height) != (plate.width, plate.height):
        raise BadInput(
            f"{path} is {other.width}x{other.height}, the plate {plate.width}x{plate.height}; "
            "give the truth of this plate"
        )
    if other.last_index < plate.last_index:
        raise BadInput(f"{path} has {other.last_index + 1} frames, the plate needs {plate.last_index + 1}")
    reader: PlateReader = stack.enter_context(open_plate(other))
    places = [other.first_frame + plate.index_of(frame) for frame in frames]
    return (item.picture for item in reader.frames(places))


def _grey(picture: Picture) -> F32:
    return np.asarray(picture.rgb8()[..., 1], np.float32) / np.float32(255)


def _record(path: Path, plate: Plate) -> Truth:
    record = load_truth(path)
    if len(record) < plate.last_index + 1:
        raise BadInput(f"{path} knows {len(record)} frames, the plate needs {plate.last_index + 1}")
    return record


def _truth_at(record: Truth, index: int) -> FrameTruth:
    return FrameTruth(
        landmarks_K2=record.landmarks_NK2[index],
        pose_3=record.pose_N3[index],
        expression_E=record.expression_NE[index],
        expression_names=record.expression_names,
    )
