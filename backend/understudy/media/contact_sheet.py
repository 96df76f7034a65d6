"""A sheet of small labelled pictures, to see a whole take at once."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Cell = tuple[str, Bytes]

_GAP_PX = 8
_LABEL_PX = 22
_PAPER, _CELL_PAPER, _INK = 32, 48, (225, 225, 225)


def contact_sheet(rows: Sequence[Sequence[Cell]], *, cell_wh: tuple[int, int] = (320, 240)) -> Bytes:
    """Draw rows of (label, picture) onto one sheet, (H,W,3) uint8; pictures are fitted into equal cells.

    Pictures are uint8, (h,w,3) or (h,w).
    """
    columns = max((len(row) for row in rows), default=0)
    width, height = cell_wh
    step_x, step_y = width + _GAP_PX, height + _LABEL_PX + _GAP_PX
    sheet = np.full((len(rows) * step_y + _GAP_PX, columns * step_x + _GAP_PX, 3), _PAPER, np.uint8)
    for row_number, row in enumerate(rows):
        for column, (label, picture) in enumerate(row):
            x, y = _GAP_PX + column * step_x, _GAP_PX + row_number * step_y
            sheet[y : y + height, x : x + width] = _fitted(picture, cell_wh)
            baseline = y + height + _LABEL_PX - 7
            cv2.putText(sheet, label, (x, baseline), cv2.FONT_HERSHEY_SIMPLEX, 0.45, _INK, 1, cv2.LINE_AA)
    return sheet


def _fitted(picture: Bytes, cell_wh: tuple[int, int]) -> Bytes:
    width, height = cell_wh
    cell = np.full((height, width, 3), _CELL_PAPER, np.uint8)
    rows, columns = picture.shape[:2]
    scale = min(width / columns, height / rows)
    size = max(1, round(columns * scale)), max(1, round(rows * scale))
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    small = np.asarray(cv2.resize(picture, size, interpolation=interpolation), np.uint8)
    x, y = (width - size[0]) // 2, (height - size[1]) // 2
    cell[y : y + size[1], x : x + size[0]] = small if small.ndim == 3 else small[..., None]
    return cell
