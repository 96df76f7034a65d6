"""An evaluation as one picture: its worst, median and best frame with numbers, and curves over the shot."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from understudy.domain.files import write_bytes
from understudy.domain.frame import Rect
from understudy.evaluate.evaluate import NEUTRAL, PLATE, RESULT, TRUE, EvaluatedFrame, Evaluation
from understudy.media.composite import marked_sheet

Bytes = npt.NDArray[np.uint8]
F64 = npt.NDArray[np.float64]

_TILE_PX, _CURVE_HEIGHT_PX, _LINE_PX, _WIDTH_PX = 256, 110, 16, 1040
_PAPER, _INK, _GRID = (24, 24, 26), (225, 225, 225), (70, 70, 74)
_COLOURS = {
    RESULT: (250, 190, 70),
    PLATE: (120, 160, 230),
    TRUE: (120, 210, 130),
    NEUTRAL: (200, 130, 200),
}
_CURVES_WITH_TRUTH = ("PSNR fitted", "identity to donor", "expression off true", "landmarks off true")
_CURVES = ("identity to donor", "identity to performer", "expression off plate", "landmarks off plate")
_NUMBERS = (
    "PSNR fitted",
    "identity to donor",
    "identity to performer",
    "expression off true",
    "expression off plate",
    "seam",
)

FramesOf = Callable[[tuple[int, ...]], Iterable[EvaluatedFrame]]


def trouble(evaluation: Evaluation) -> F64:
    """What frames are ranked by, (N,), more being worse.

    Lost PSNR against the truth, else distance from the plate's landmarks; a frame without a face is worst.
    """
    result = evaluation.columns[RESULT]
    nothing = np.full(len(evaluation.frames), np.nan)
    value = -result["PSNR fitted"] if evaluation.with_truth else result.get("landmarks off plate", nothing)
    lost = ~np.isfinite(value) | (result["face found"] < 0.5)
    return np.where(lost, np.inf, value)


def chosen_frames(evaluation: Evaluation) -> dict[str, int]:
    """The worst, the median and the best frame; fewer when the take is that short."""
    order = np.argsort(trouble(evaluation), kind="stable")
    rows = {"worst": order[-1], "median": order[len(order) // 2], "best": order[0]}
    labels: dict[str, int] = {}
    for label, row in rows.items():
        if evaluation.frames[row] not in labels.values():
            labels[label] = evaluation.frames[row]
    return labels


def picture_of(evaluation: Evaluation, frames_of: FramesOf, *, title: str) -> Bytes:
    """The sheet, RGB (H, W, 3). frames_of: gives the frames asked for, to be shown."""
    labels = chosen_frames(evaluation)
    shown = {item.frame: item for item in frames_of(tuple(sorted(labels.values())))}
    strips = [_caption(title)]
    strips += [_frame_strip(evaluation, label, shown[frame]) for label, frame in labels.items()]
    names = _CURVES_WITH_TRUTH if evaluation.with_truth else _CURVES
    strips += [_curve(evaluation, name) for name in names if name in evaluation.columns[RESULT]]
    return np.concatenate(strips)


def write_picture(
    evaluation: Evaluation, frames_of: FramesOf, target: Path, *, title: str, marked: bool = False
) -> None:
    """Write the sheet as PNG; `marked` burns the evaluation mark into it."""
    sheet = picture_of(evaluation, frames_of, title=title)
    sheet = marked_sheet(sheet) if marked else sheet
    _, data = cv2.imencode(".png", cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR))
    write_bytes(target, data.tobytes())


def _frame_strip(evaluation: Evaluation, label: str, item: EvaluatedFrame) -> Bytes:
    """Plate, result and true replacement of one frame, and its numbers."""
    versions = [(PLATE, item.plate), (RESULT, item.result)] + ([(TRUE, item.true)] if item.true else [])
    strip = _sheet(_TILE_PX + _LINE_PX)
    for column, (name, version) in enumerate(versions):
        tile = _tile(version.rgb8_HW3, item.rect)
        strip[_LINE_PX:, column * (_TILE_PX + 4) : column * (_TILE_PX + 4) + _TILE_PX] = tile
        _write(
            strip, f"{label} {item.frame}  {name}" if column == 0 else name, column * (_TILE_PX + 4) + 4, 12
        )
    row = evaluation.frames.index(item.frame)
    x = 3 * (_TILE_PX + 4) + 8
    for line, name in enumerate(n for n in _NUMBERS if n in evaluation.columns[RESULT]):
        _write(strip, f"{name}: {_value(evaluation, RESULT, name, row)}", x, 34 + 32 * line)
        _write(
            strip, f"   plate {_value(evaluation, PLATE, name, row)}", x, 34 + 32 * line + 14, _COLOURS[PLATE]
        )
    return strip


def _value(evaluation: Evaluation, subject: str, name: str, row: int) -> str:
    value = float(evaluation.columns[subject].get(name, np.full(len(evaluation.frames), np.nan))[row])
    return f"{value:.3f}" if np.isfinite(value) else "-"


def _tile(rgb8_HW3: Bytes, rect: Rect) -> Bytes:
    part = rgb8_HW3[rect.y : rect.y1, rect.x : rect.x1]
    scale = _TILE_PX / max(part.shape[:2])
    size = (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale)))
    small = cv2.resize(part, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    tile = np.full((_TILE_PX, _TILE_PX, 3), _PAPER, np.uint8)
    top, left = (_TILE_PX - size[1]) // 2, (_TILE_PX - size[0]) // 2
    tile[top : top + size[1], left : left + size[0]] = small
    return tile


def _curve(evaluation: Evaluation, name: str) -> Bytes:
    """One measure over the frames, one line a subject; gaps where it does not apply."""
    strip = _sheet(_CURVE_HEIGHT_PX)
    perfect = name.endswith("off true") or name.startswith("PSNR")  # the truth against itself says nothing
    subjects = [s for s in _COLOURS if s in evaluation.columns and not (perfect and s == TRUE)]
    lines = {s: evaluation.columns[s][name] for s in subjects if name in evaluation.columns[s]}
    every = np.concatenate(list(lines.values()))
    every = every[np.isfinite(every)]
    if not len(every):
        return strip
    low, high = float(every.min()), float(every.max())
    span = max(high - low, 1e-6)
    left, right, top, bottom = 70, _WIDTH_PX - 10, 22, _CURVE_HEIGHT_PX - 8
    cv2.rectangle(strip, (left, top), (right, bottom), _GRID, 1)
    _write(strip, f"{high:.3g}", 6, top + 8)
    _write(strip, f"{low:.3g}", 6, bottom)
    x_label = left
    _write(strip, f"{name}, frames {evaluation.frames[0]}-{evaluation.frames[-1]}", x_label, 14)
    x_label += 360
    for subject, values in lines.items():
        _write(strip, f"{subject} {evaluation.mean(subject, name):.3f}", x_label, 14, _COLOURS[subject])
        x_label += 220
        x = np.linspace(left, right, len(values)) if len(values) > 1 else np.asarray([(left + right) / 2])
        y = bottom - (values - low) / span * (bottom - top)
        _polyline(strip, x, y, _COLOURS[subject])
    return strip


def _polyline(strip: Bytes, x_N: F64, y_N: F64, colour: tuple[int, int, int]) -> None:
    known = np.isfinite(y_N)
    for row in np.flatnonzero(known):
        here = (round(float(x_N[row])), round(float(y_N[row])))
        before = here
        if row and known[row - 1]:
            before = (round(float(x_N[row - 1])), round(float(y_N[row - 1])))
        cv2.line(strip, before, here, colour, 1, cv2.LINE_AA)


def _caption(title: str) -> Bytes:
    strip = _sheet(26)
    _write(strip, title, 6, 18)
    return strip


def _sheet(height_px: int) -> Bytes:
    return np.full((height_px, _WIDTH_PX, 3), _PAPER, np.uint8)


def _write(strip: Bytes, text: str, x_px: int, y_px: int, colour: tuple[int, int, int] = _INK) -> None:
    cv2.putText(strip, text, (x_px, y_px), cv2.FONT_HERSHEY_SIMPLEX, 0.4, colour, 1, cv2.LINE_AA)
