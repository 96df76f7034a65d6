"""A contact sheet of a delivery."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from understudy.domain.files import write_bytes
from understudy.domain.frame import Rect
from understudy.faces.roi import unsqueezed_picture
from understudy.media.composite import full_matte, marked_sheet
from understudy.media.contact_sheet import Cell, contact_sheet
from understudy.media.layers import FaceLayers
from understudy.stages.deliver.task import DeliveryTask, Finished

Bytes = npt.NDArray[np.uint8]

_SHEET_FRAMES = 6


class Sheet:
    """A contact sheet of a few frames: plate, result, matte and donor."""

    def __init__(self, task: DeliveryTask, donor_pictures: Sequence[Bytes]) -> None:
        self._task, self._donors = task, donor_pictures
        picks = np.linspace(0, len(task.frames) - 1, min(_SHEET_FRAMES, len(task.frames)))
        self._frames = {task.frames[round(float(pick))] for pick in picks}
        self._rows: list[list[Cell]] = []

    def add(self, finished: Finished) -> None:
        frame = finished.plate.frame
        if frame not in self._frames:
            return
        window = self._task.plate.display_window
        shown = _neighbourhood(finished.layers, window)
        area = np.s_[shown.y : shown.y1, shown.x : shown.x1]
        matte = np.rint(full_matte(finished.layers, window) * 255).astype(np.uint8)
        aspect = float(self._task.plate.pixel_aspect)
        row: list[Cell] = [
            (f"{frame} plate", unsqueezed_picture(finished.plate.picture.rgb8()[area], aspect)),
            ("replaced", unsqueezed_picture(finished.picture.rgb8()[area], aspect)),
            ("matte", unsqueezed_picture(matte[area], aspect)),
        ]
        if self._donors:
            row.append(("donor", self._donors[len(self._rows) % len(self._donors)]))
        self._rows.append(row)

    def paths(self) -> list[Path]:
        path = self._task.folder / "contact_sheet.png"
        sheet = contact_sheet(self._rows)
        if self._task.marked:
            sheet = marked_sheet(sheet)
        _, encoded = cv2.imencode(".png", sheet[..., ::-1])
        write_bytes(path, encoded.tobytes())
        return [path]


def _neighbourhood(layers: FaceLayers, window: Rect) -> Rect:
    """The faces with half their size around them; the whole picture when there are none."""
    if not layers.faces:
        return window
    around = layers.rect.expand(max(layers.rect.width, layers.rect.height) // 2).intersect(window)
    return window if around.empty else around
