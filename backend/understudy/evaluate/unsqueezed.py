"""Frames of a plate whose pixels are not square, as they are measured: with square pixels.

Measures count pixels of the face; a network that looks at a squeezed face sees another one.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from understudy.domain.frame import Rect
from understudy.evaluate.evaluate import EvaluatedFrame, Version
from understudy.evaluate.frame_measures import TakeFrame
from understudy.faces.align import unsqueezed
from understudy.faces.roi import unsqueezed_picture
from understudy.media.warp import resized_to

F32 = npt.NDArray[np.float32]


def unsqueezed_rect(rect: Rect, pixel_aspect: float) -> Rect:
    """A part of a plate in its unsqueezed picture, to whole pixels."""
    x, x1 = round(rect.x * pixel_aspect), round(rect.x1 * pixel_aspect)
    return Rect(x, rect.y, max(1, x1 - x), rect.height)


def unsqueezed_take_frame(frame: TakeFrame, pixel_aspect: float) -> TakeFrame:
    """The same at 1."""
    if pixel_aspect == 1.0:
        return frame
    rect = unsqueezed_rect(frame.rect, pixel_aspect)
    return replace(
        frame,
        rect=rect,
        plate_HW3=unsqueezed_picture(frame.plate_HW3, pixel_aspect),
        result_HW3=unsqueezed_picture(frame.result_HW3, pixel_aspect),
        plate_part=resized_to(frame.plate_part, rect.width, rect.height),
        result_part=resized_to(frame.result_part, rect.width, rect.height),
        matte_hw=resized_to(frame.matte_hw, rect.width, rect.height),
        landmarks_K3=unsqueezed(frame.landmarks_K3, pixel_aspect),
    )


def unsqueezed_frame(frame: EvaluatedFrame, pixel_aspect: float) -> EvaluatedFrame:
    """The same at 1."""
    if pixel_aspect == 1.0:
        return frame
    rect = unsqueezed_rect(frame.rect, pixel_aspect)

    def version(given: Version) -> Version:
        return Version(
            rgb8_HW3=unsqueezed_picture(given.rgb8_HW3, pixel_aspect),
            part_hw3=resized_to(given.part_hw3, rect.width, rect.height),
        )

    truth = frame.truth
    if truth is not None:
        truth = replace(truth, landmarks_K2=unsqueezed(truth.landmarks_K2, pixel_aspect))
    return replace(
        frame,
        rect=rect,
        matte_hw=resized_to(frame.matte_hw, rect.width, rect.height),
        replaced_hw=resized_to(frame.replaced_hw, rect.width, rect.height),
        plate=version(frame.plate),
        result=version(frame.result),
        true=None if frame.true is None else version(frame.true),
        truth=truth,
    )
