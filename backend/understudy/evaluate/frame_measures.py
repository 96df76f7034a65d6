"""What is measured of each frame of a take against its plate, frame after frame, with bounded memory.

`docs/measures.md` says in words what the measures mean; how rows become columns over time is in `over_time`,
how columns become one score in `trouble`.
Pictures are display-encoded R'G'B'; `part` arrays cover the frame's `rect`. Landmarks are plate pixels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from understudy.domain.frame import Rect
from understudy.evaluate.metrics import (
    CODE,
    backward_flow,
    cosine,
    landmark_error_percent,
    luma,
    mean_colour,
    seam_error,
    sharpness,
    warping_error,
)
from understudy.evaluate.over_time import FACE_PX, MeasuredFrame
from understudy.evaluate.reading import Reference
from understudy.faces.align import invert_transform, square_transform
from understudy.faces.face_models import FaceModels
from understudy.faces.landmarks import one_pass
from understudy.faces.roi import roi_of_mesh
from understudy.media.warp import compose, translate, warp

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
Bytes = npt.NDArray[np.uint8]
Row = dict[str, float]


_NAN = float("nan")
_PRESENT = 0.5
_QUIET_CODES = 0.5  # less of the plate's own warping error is rounding and noise
_OPEN_SHARE = 0.001  # of the face square's area: a mouth less open than this shows nothing
_INNER_LIPS = np.asarray(
    (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95), np.intp
)
_OUTER_LIPS = np.asarray(
    (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146), np.intp
)
_SUBPIXEL_BITS = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class TakeFrame:
    """One replaced frame. matte_hw: what the take replaced of this face. presence: of the plate's face.

    follows: whether the frame before it was measured too and belongs to the same camera take.
    """

    frame: int
    follows: bool
    rect: Rect
    plate_HW3: Bytes
    result_HW3: Bytes
    plate_part: F32
    result_part: F32
    matte_hw: F32
    landmarks_K3: F32
    square_4: F64
    presence: float

    @property
    def face_px(self) -> float:
        return float(self.square_4[2])


@dataclass(frozen=True, kw_only=True, slots=True)
class People:
    """Whom the result should look like, and whom not; None where nobody is known."""

    performer: Reference | None
    donor: Reference | None


def measure_frame(
    now: TakeFrame, before: TakeFrame | None, models: FaceModels, people: People, *, identify: bool
) -> MeasuredFrame:
    """Everything of one frame that can be told from it and the frame before it.

    identify: measure the likeness, which takes longer than all the rest. It is also measured where the
    frame's own picture looks wrong. `over_time.columns_of` makes the measures of these rows.
    """
    row = _picture_row(now) | _mouth_row(now)
    faces = _face_row(now, models)
    if before is not None and now.follows:
        row |= _change_row(now, before)
    row |= faces.row
    if faces.result_K3 is not None and (identify or _looks_wrong(row)):
        row |= _identity_row(now, faces.result_K3, models, people)
    return MeasuredFrame(row, faces.off_E)


def _picture_row(now: TakeFrame) -> Row:
    plate = sharpness(now.plate_part, now.matte_hw)
    ratio = sharpness(now.result_part, now.matte_hw) / plate if plate > 0 else _NAN
    ring_px = max(2.0, 0.02 * max(now.rect.width, now.rect.height))
    row = {
        "tracking_confidence": now.presence,
        "sharpness": ratio,
        "seam": seam_error(now.result_part, now.plate_part, now.matte_hw, width_px=ring_px),
    }
    for name, part in (("result", now.result_part), ("plate", now.plate_part)):
        red, green, blue = (float(value) for value in mean_colour(part, now.matte_hw))
        row |= {f"{name} red": red, f"{name} green": green, f"{name} blue": blue}
    return row


@dataclass(frozen=True, slots=True)
class _Faces:
    row: Row
    result_K3: F32 | None
    off_E: F32 | None = None


def _face_row(now: TakeFrame, models: FaceModels) -> _Faces:
    """Both pictures read once at the solved face's place; None when the result shows no face there."""
    roi = roi_of_mesh(now.landmarks_K3)
    result, plate = one_pass(models.mesh, [(now.result_HW3, roi), (now.plate_HW3, roi)])
    if plate.presence < _PRESENT:
        return _Faces({}, result.landmarks_K3 if result.presence >= _PRESENT else None)
    row = {"result_presence": result.presence}
    if result.presence < _PRESENT:
        return _Faces(row, None)
    off_E = models.expression(result.landmarks_K3) - models.expression(plate.landmarks_K3)
    row["features_off"] = landmark_error_percent(result.landmarks_K3, plate.landmarks_K3)
    return _Faces(row, result.landmarks_K3, off_E)


def _identity_row(now: TakeFrame, result_K3: F32, models: FaceModels, people: People) -> Row:
    found_D = models.identity.embed(now.result_HW3, result_K3)
    persons = {"identity_donor": people.donor, "identity_performer": people.performer}
    return {name: cosine(found_D, who.embedding_D) for name, who in persons.items() if who is not None}


def _looks_wrong(row: Mapping[str, float]) -> bool:
    """Whether the likeness should be looked at though it is not this frame's turn."""
    return row.get("features_off", 0.0) > 8.0 or row.get("warping change", 1.0) > 2.0


def _mouth_row(now: TakeFrame) -> Row:
    """What looks like teeth between the lips, as a share of the lips' area, in both pictures."""
    inner, outer = (_polygon(now, which) for which in (_INNER_LIPS, _OUTER_LIPS))
    lips = float(outer.sum())
    if lips <= 0:
        return {}
    row = {}
    for name, part in (("result", now.result_part), ("plate", now.plate_part)):
        row[f"{name} teeth"] = float((_tooth_like(part, now.matte_hw) * inner).sum()) / lips
    return row


def _tooth_like(part_hw3: F32, matte_hw: F32) -> F32:
    """How much a pixel looks like a tooth, 0..1: nearly as bright as the skin or more, and pale."""
    brightness = luma(part_hw3)
    weight = float(matte_hw.sum())
    skin = float((brightness * matte_hw).sum()) / weight if weight > 0 else 1.0
    red, green, blue = cv2.split(part_hw3)
    high, low = cv2.max(cv2.max(red, green), blue), cv2.min(cv2.min(red, green), blue)
    colourful = (high - low) / np.maximum(high, np.float32(0.02))
    bright = np.clip((brightness / max(skin, 0.02) - 0.6) / 0.3, 0, 1)
    pale = np.clip((0.5 - colourful) / 0.2, 0, 1)
    return np.asarray(bright * pale, np.float32)


def _polygon(now: TakeFrame, which: npt.NDArray[np.intp]) -> F32:
    """A ring of landmarks filled, (h, w) of the rect."""
    points = now.landmarks_K3[which, :2].astype(np.float64) - (now.rect.x + 0.5, now.rect.y + 0.5)
    canvas = np.zeros((now.rect.height, now.rect.width), np.uint8)
    fixed = np.round(np.clip(points, -16384, 16384) * 2**_SUBPIXEL_BITS).astype(np.int32)
    cv2.fillPoly(canvas, [fixed], 255, cv2.LINE_AA, _SUBPIXEL_BITS)
    return canvas.astype(np.float32) / np.float32(255)


def _change_row(now: TakeFrame, before: TakeFrame) -> Row:
    """Changes from the frame before, the plate's motion taken out."""
    area = np.s_[now.rect.y : now.rect.y1, now.rect.x : now.rect.x1]
    pictures = (now.plate_HW3, before.plate_HW3, now.result_HW3, before.result_HW3)
    plate, plate_before, result, result_before = (_floats(picture[area]) for picture in pictures)
    flow = backward_flow(plate, plate_before)
    own = warping_error(plate_before, plate, flow, now.matte_hw)
    ours = warping_error(result_before, result, flow, now.matte_hw)
    row = {"warping change": ours / max(own, _QUIET_CODES), "matte change": _matte_change(now, before)}
    mouth = _polygon(now, _INNER_LIPS)
    if float(mouth.sum()) >= _OPEN_SHARE * now.face_px**2:
        own = warping_error(plate_before, plate, flow, mouth)
        row["mouth change"] = max(0.0, warping_error(result_before, result, flow, mouth) - own)
    return row


def _floats(picture_HW3: Bytes) -> F32:
    return np.asarray(picture_HW3, np.float32) / np.float32(CODE)


def _matte_change(now: TakeFrame, before: TakeFrame) -> float:
    """How far the matte's edge moved against the face, as a mean over the edge."""
    moved = compose(invert_transform(square_transform(now.square_4)), square_transform(before.square_4))
    into = compose(translate(-now.rect.x, -now.rect.y), moved)
    carried = warp(
        before.matte_hw,
        compose(into, translate(before.rect.x, before.rect.y)),
        (now.rect.width, now.rect.height),
        interpolation="linear",
    )
    edge_px = (_edge_length(now.matte_hw) + _edge_length(carried)) / 2
    if edge_px <= 0:
        return _NAN
    return float(np.abs(now.matte_hw - carried).sum(dtype=np.float64)) / edge_px * FACE_PX / now.face_px


def _edge_length(matte_hw: F32) -> float:
    """Length of a soft edge: the integral of the matte's gradient."""
    along_x = cv2.Scharr(matte_hw, cv2.CV_32F, 1, 0, scale=1 / 32)
    along_y = cv2.Scharr(matte_hw, cv2.CV_32F, 0, 1, scale=1 / 32)
    return float(np.hypot(along_x, along_y).sum(dtype=np.float64))
