"""The frames that fare worst on one sheet: plate, result, where the matte ends, and what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from understudy.domain.edit import Mark
from understudy.domain.frame import Rect
from understudy.domain.measures import MARKS, MEASURES, FrameMeasures, Treated, reason_label
from understudy.media.contact_sheet import contact_sheet

F32 = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]

_CELL_PX = 300
_PAPER, _INK, _DIM, _EDGE = 40, (235, 235, 235), (160, 160, 165), (60, 255, 120)
_MEASURES = {measure.name: measure for measure in MEASURES}


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownFrame:
    """One frame for the sheet: whole pictures, the whole frame's matte, and the part to show."""

    frame: int
    plate_HW3: Bytes
    result_HW3: Bytes
    matte_HW: F32
    rect: Rect


def worst_sheet(measures: FrameMeasures, frames: Sequence[ShownFrame]) -> Bytes:
    """Draw the frames in the order given, RGB (H, W, 3); a sheet that says so when there is none."""
    if not frames:
        return contact_sheet([[("", _words([("nothing was replaced", 0.6, _INK)]))]], cell_wh=(_CELL_PX, 120))
    rows = []
    for place, shown in enumerate(frames, start=1):
        area = np.s_[shown.rect.y : shown.rect.y1, shown.rect.x : shown.rect.x1]
        rows.append(
            [
                ("", _facts(measures, place, shown.frame)),
                (f"{shown.frame} plate", _enlarged(shown.plate_HW3[area])),
                ("result", _enlarged(shown.result_HW3[area])),
                ("where the matte ends", _with_edge(shown.result_HW3[area], shown.matte_HW[area])),
            ]
        )
    return contact_sheet(rows, cell_wh=(_CELL_PX, _CELL_PX))


def _enlarged(picture_HW3: Bytes) -> Bytes:
    height, width = picture_HW3.shape[:2]
    scale = _CELL_PX / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture_HW3, size, interpolation=interpolation), np.uint8)


def _with_edge(picture_HW3: Bytes, matte_HW: F32) -> Bytes:
    """The picture with a thin line where the matte is a half."""
    picture = _enlarged(picture_HW3)
    matte = cv2.resize(matte_HW, picture.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    outlines, _ = cv2.findContours((matte >= 0.5).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(picture, outlines, -1, _EDGE, 1, cv2.LINE_AA)
    return picture


def _facts(measures: FrameMeasures, place: int, frame: int) -> Bytes:
    """Rank, frame, score, the reasons with their values beside the shot's medians, and its mark."""
    row = int(np.flatnonzero(measures.frame == frame)[0])
    lines = [
        (f"{place}.", 0.7, _DIM),
        (f"{frame}", 1.8, _INK),
        (f"trouble {measures.trouble[row]:.2f}", 0.8, _INK),
    ]
    for reason in measures.reasons(row):
        lines.append((reason_label(reason), 0.6, _INK))
        if reason in _MEASURES:
            value = float(measures.values[reason][row])
            median = float(np.nanmedian(measures.values[reason]))
            lines.append((f"{value:.3g} (shot {median:.3g})", 0.45, _DIM))
            lines.append((_MEASURES[reason].unit, 0.45, _DIM))
    if measures.treated[row] == Treated.BRIDGED:
        lines.append(("bridged gap", 0.5, _INK))
    if (mark := MARKS[measures.mark[row]]) is not Mark.NONE:
        lines.append((f"marked {mark.value}", 0.5, _INK))
    return _words(lines)


def _words(lines: Sequence[tuple[str, float, tuple[int, int, int]]]) -> Bytes:
    """Lines of text with their size and colour."""
    cell = np.full((_CELL_PX, _CELL_PX, 3), _PAPER, np.uint8)
    y = 14
    for text, size, colour in lines:
        y += round(28 * size) + 6
        thickness = 2 if size > 1 else 1
        cv2.putText(cell, text, (12, y), cv2.FONT_HERSHEY_SIMPLEX, size, colour, thickness, cv2.LINE_AA)
    return cell
