"""Measuring a take frame by frame, beside its two floors: the untouched plate and the true replacement."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from understudy.domain.errors import NoFaceFound, Stopped
from understudy.domain.frame import Rect
from understudy.domain.progress import Emit, Progress
from understudy.evaluate.metrics import (
    affine_colour_fit,
    backward_flow,
    cosine,
    expression_error,
    flicker,
    gradient_error,
    landmark_error_percent,
    mean_colour,
    pose_error_deg,
    psnr_db,
    recoloured,
    seam_error,
    sharpness,
    ssim,
    warping_error,
)
from understudy.evaluate.reading import FaceReading, Reference, find_face, find_reading, read_at
from understudy.faces.expression import EXPRESSION_NAMES
from understudy.faces.face_models import FaceModels

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
Bytes = npt.NDArray[np.uint8]

RESULT, PLATE, TRUE, NEUTRAL = "result", "plate", "true replacement", "donor at rest"
_NAN = float("nan")


@dataclass(frozen=True, kw_only=True)
class Version:
    """One version of a frame: the whole picture, and the measured part of it with its own precision.

    rgb8_HW3: whole picture. part_hw3: display-encoded R'G'B' 0..1 of the frame's `rect`.
    """

    rgb8_HW3: Bytes
    part_hw3: F32


@dataclass(frozen=True, kw_only=True)
class FrameTruth:
    """What is exactly known of a frame: landmarks (478, 2), pose, expression weights by name."""

    landmarks_K2: F32
    pose_3: F32
    expression_E: F32
    expression_names: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class EvaluatedFrame:
    """One frame to measure. `rect` is the measured part of the picture.

    matte_hw: what was to be replaced in it (the true matte, if there is one). replaced_hw: what the take
    replaced; its border is where a seam may show. `true` and `truth` are None for real footage.
    """

    frame: int
    rect: Rect
    matte_hw: F32
    replaced_hw: F32
    plate: Version
    result: Version
    true: Version | None = None
    truth: FrameTruth | None = None


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """All measures of a take. `columns[subject][measure]` is (N,), NaN where it does not apply.

    Subjects: the result, the untouched plate, the true replacement (if any), and for the expression error
    the donor at rest.
    headline: the few numbers that sum the take up, see docs/measures.md.
    """

    frames: tuple[int, ...]
    columns: Mapping[str, Mapping[str, F64]]
    headline: Mapping[str, float]
    with_truth: bool

    def mean(self, subject: str, measure: str) -> float:
        """Mean over the frames in which the measure applies; NaN if in none."""
        values = self.columns.get(subject, {}).get(measure, np.zeros(0))
        values = values[np.isfinite(values)]
        return float(values.mean()) if len(values) else _NAN


def evaluate(
    frames: Iterable[EvaluatedFrame],
    count: int,
    models: FaceModels,
    *,
    performer: Reference,
    donor: Reference,
    emit: Emit,
    stopping: Callable[[], bool],
) -> Evaluation:
    """Measure `count` frames in order. Memory does not grow but for the numbers.

    Raises: Stopped; NoFaceFound when there is no frame to measure.
    """
    progress = Progress(emit, count, "frames")
    numbers: list[int] = []
    rows: list[dict[str, dict[str, float]]] = []
    colours: dict[str, list[F64]] = {RESULT: [], PLATE: [], TRUE: []}
    before: EvaluatedFrame | None = None
    for item in frames:
        if stopping():
            raise Stopped("the evaluation was stopped; start it again to measure all frames")
        rows.append(_measured(item, before, models, performer, donor))
        for subject, version in _versions(item).items():
            colours[subject].append(mean_colour(version.part_hw3, item.matte_hw))
        numbers.append(item.frame)
        before = item
        progress.step()
    if not rows:
        raise NoFaceFound("the take has no frame with a replaced face; nothing can be measured")
    columns = _columns(rows)
    for subject, values in colours.items():
        if values:
            columns[subject]["flicker"] = np.asarray([flicker(np.stack(values))])
    with_truth = TRUE in columns
    return Evaluation(
        frames=tuple(numbers), columns=columns, headline=_headline(columns, with_truth), with_truth=with_truth
    )


def _versions(item: EvaluatedFrame) -> dict[str, Version]:
    versions = {RESULT: item.result, PLATE: item.plate}
    return versions if item.true is None else {**versions, TRUE: item.true}


def _measured(
    item: EvaluatedFrame,
    before: EvaluatedFrame | None,
    models: FaceModels,
    performer: Reference,
    donor: Reference,
) -> dict[str, dict[str, float]]:
    """Every measure of one frame, for each subject."""
    versions = _versions(item)
    readings = _readings(item, models)
    motion = None if before is None else _motion(item, before)
    measured: dict[str, dict[str, float]] = {}
    for subject, version in versions.items():
        row = _picture_measures(version, item)
        if before is not None and motion is not None:
            row["warping error"] = _carried(version, _versions(before)[subject], item, motion)
        row |= _face_measures(readings[subject], readings, item.truth, performer, donor)
        measured[subject] = row
    if (true := readings.get(TRUE)) is not None:
        measured[NEUTRAL] = {"expression off true": float(np.abs(donor.neutral_E - true.expression_E).mean())}
    if (truth := item.truth) is not None:
        error = expression_error(
            donor.neutral_E, EXPRESSION_NAMES, truth.expression_E, truth.expression_names
        )
        measured.setdefault(NEUTRAL, {})["expression error"] = error
    return measured


def _readings(item: EvaluatedFrame, models: FaceModels) -> dict[str, FaceReading | None]:
    """The plate's face is looked for; every version is read where it stands, as a tracker would."""
    place = find_face(models, item.plate.rgb8_HW3, item.rect)
    readings: dict[str, FaceReading | None] = {}
    for subject, version in _versions(item).items():
        found = None if place is None else read_at(models, version.rgb8_HW3, place)
        readings[subject] = found or find_reading(models, version.rgb8_HW3, item.rect)
    return readings


def _picture_measures(version: Version, item: EvaluatedFrame) -> dict[str, float]:
    part, matte = version.part_hw3, item.matte_hw
    reference = item.plate if item.true is None else item.true
    ring_px = max(2.0, 0.02 * max(item.rect.width, item.rect.height))
    row = {
        "seam": seam_error(part, reference.part_hw3, item.replaced_hw, width_px=ring_px),
        "sharpness ratio": sharpness(part, matte) / max(sharpness(item.plate.part_hw3, matte), 1e-6),
    }
    if item.true is not None:
        truth = item.true.part_hw3
        fitted = recoloured(affine_colour_fit(part, truth, matte), part)
        row |= {
            "PSNR fitted": psnr_db(fitted, truth, matte),
            "PSNR raw": psnr_db(part, truth, matte),
            "SSIM fitted": ssim(fitted, truth, matte),
            "SSIM raw": ssim(part, truth, matte),
            "gradient error": gradient_error(fitted, truth, matte),
        }
    return row


def _face_measures(
    face: FaceReading | None,
    others: Mapping[str, FaceReading | None],
    truth: FrameTruth | None,
    performer: Reference,
    donor: Reference,
) -> dict[str, float]:
    if face is None:
        return {"face found": 0.0}
    row = {
        "face found": 1.0,
        "identity to donor": cosine(face.embedding_D, donor.embedding_D),
        "identity to performer": cosine(face.embedding_D, performer.embedding_D),
    }
    if truth is not None:
        row |= {
            "landmark error": landmark_error_percent(face.landmarks_K3, truth.landmarks_K2),
            "pose error": pose_error_deg(face.pose_3, truth.pose_3),
            "expression error": expression_error(
                face.expression_E, EXPRESSION_NAMES, truth.expression_E, truth.expression_names
            ),
        }
    for name, subject in (("plate", PLATE), ("true", TRUE)):
        if (other := others.get(subject)) is not None:
            row |= {
                f"landmarks off {name}": landmark_error_percent(face.landmarks_K3, other.landmarks_K3),
                f"pose off {name}": pose_error_deg(face.pose_3, other.pose_3),
                f"expression off {name}": float(np.abs(face.expression_E - other.expression_E).mean()),
            }
    return row


def _motion(item: EvaluatedFrame, before: EvaluatedFrame) -> F32 | None:
    """Flow of the plate inside this frame's part, back to the frame before; None across a gap."""
    if item.frame != before.frame + 1:
        return None
    return backward_flow(_part_of(item.plate.rgb8_HW3, item.rect), _part_of(before.plate.rgb8_HW3, item.rect))


def _carried(version: Version, earlier: Version, item: EvaluatedFrame, flow_hw2: F32) -> float:
    now = _part_of(version.rgb8_HW3, item.rect)
    return warping_error(_part_of(earlier.rgb8_HW3, item.rect), now, flow_hw2, item.matte_hw)


def _part_of(rgb8_HW3: Bytes, rect: Rect) -> F32:
    return np.asarray(rgb8_HW3[rect.y : rect.y1, rect.x : rect.x1], np.float32) / np.float32(255)


def _columns(rows: list[dict[str, dict[str, float]]]) -> dict[str, dict[str, F64]]:
    columns: dict[str, dict[str, F64]] = {}
    for subject in (RESULT, PLATE, TRUE, NEUTRAL):
        names = {name: None for row in rows for name in row.get(subject, {})}
        if names:
            table = {name: [row.get(subject, {}).get(name, _NAN) for row in rows] for name in names}
            columns[subject] = {name: np.asarray(values, np.float64) for name, values in table.items()}
    return columns


def _headline(columns: Mapping[str, Mapping[str, F64]], with_truth: bool) -> dict[str, float]:
    """The numbers that sum a take up; the definitions stand in docs/measures.md."""
    result, plate = columns[RESULT], columns[PLATE]
    nothing = np.full(len(result["face found"]), _NAN)
    to_donor = result.get("identity to donor", nothing)
    to_performer = result.get("identity to performer", nothing)
    headline = {
        "frames": float(len(nothing)),
        "face found share": float(result["face found"].mean()),
        "nearer to donor share": float((to_donor > to_performer).mean()),  # NaN counts as "not nearer"
        "identity to donor": _mean(to_donor),
        "identity to performer": _mean(to_performer),
        "sharpness ratio": _mean(result["sharpness ratio"]),
        "seam": _mean(result["seam"]),
        "flicker": float(result["flicker"][0]),
        "flicker of the plate": float(plate["flicker"][0]),
    }
    if with_truth:
        true = columns[TRUE]
        headline |= {
            "PSNR fitted": _mean(result["PSNR fitted"]),
            "PSNR gain over plate": _mean(result["PSNR fitted"] - plate["PSNR fitted"]),
            "seam of the true replacement": _mean(true["seam"]),
        }
    for measure in ("expression off true", "expression error"):
        if NEUTRAL in columns and measure in columns[NEUTRAL]:
            headline |= {
                measure: _mean(result.get(measure, nothing)),
                f"{measure} of the plate": _mean(plate.get(measure, nothing)),
                f"{measure} of the donor at rest": _mean(columns[NEUTRAL][measure]),
            }
    return headline


def _mean(values: F64) -> float:
    kept = values[np.isfinite(values)]
    return float(kept.mean()) if len(kept) else _NAN
