"""A take's frames on their way to being measured: what was done with each, and its face's part of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from understudy.domain.edit import Mark
from understudy.domain.frame import Rect
from understudy.domain.measures import Treated
from understudy.domain.shot import Plate
from understudy.domain.solved import DEFAULT_PLAN, SolvedShot
from understudy.evaluate.frame_measures import TakeFrame
from understudy.evaluate.unsqueezed import unsqueezed_take_frame
from understudy.media.composite import composite
from understudy.media.layers import FaceLayers, layers_path, read_layers
from understudy.media.picture import Picture
from understudy.media.preview_colour import screen_codes
from understudy.media.video import open_plate

F32 = npt.NDArray[np.float32]

_MATTE_FLOOR = 0.02
_MARGIN_PX, _MARGIN_SHARE = 24, 0.15
_LOST_FRAMES = 24  # a longer time without a face is an exit, not a loss
_SHOWN_SIDE, _SHOWN_RAISED = 1.7, 0.1  # of the face square


@dataclass(frozen=True, kw_only=True, slots=True)
class SolvedTake:
    """A take beside its solved shot, for one track. row_of: the track's row in the solved shot by frame."""

    plate: Plate
    solved: SolvedShot
    folder: Path
    frames: tuple[int, ...]
    track: int
    row_of: dict[int, int]

    def starts(self, frame: int) -> bool:
        return frame in self.solved.faces.cuts

    def held(self, frame: int) -> bool:
        plan, mark = self.solved.plan(frame), self.solved.marks.get(frame)
        return plan.hold or plan.strength == 0 or (mark is not None and mark.mark is Mark.HOLD_PLATE)


def solved_take(
    plate: Plate, solved: SolvedShot, folder: Path, frames: tuple[int, ...], track: int
) -> SolvedTake:
    """A take with the rows of its track; faces with landmarks that are no numbers count as not found."""
    usable = np.isfinite(solved.faces.landmarks_NK3).all(axis=(1, 2)) & np.isfinite(solved.square_N4).all(
        axis=1
    )
    rows = np.flatnonzero((solved.faces.track == track) & usable)
    row_of = {int(solved.faces.frame[row]): int(row) for row in rows}
    return SolvedTake(plate=plate, solved=solved, folder=folder, frames=frames, track=track, row_of=row_of)


def pictures(take: SolvedTake) -> Iterator[tuple[FaceLayers, Picture]]:
    """Layers and plate picture of every frame, in order. Raises: UnreadableMedia, FrameOutOfRange."""
    with open_plate(take.plate) as reader:
        for item in reader.frames(take.frames):
            yield read_layers(layers_path(take.folder, item.frame)), item.picture


def look(
    take: SolvedTake, layers: FaceLayers, picture: Picture, before: TakeFrame | None
) -> tuple[TakeFrame | None, Treated]:
    """One frame as it is measured; None where there is nothing to measure."""
    state = _treated(take, layers)
    if state not in (Treated.REPLACED, Treated.BRIDGED):
        return None, state
    faces, row = take.solved.faces, take.row_of[layers.frame]
    matte_HW = _matte_of_track(take, layers, take.plate.display_window)
    covered = np.asarray(matte_HW > _MATTE_FLOOR, np.uint8)
    if not covered.any():  # wanted, where an artist's plan is in force
        return None, Treated.MISSING if take.solved.plan(layers.frame) == DEFAULT_PLAN else Treated.HELD
    margin = max(_MARGIN_PX, round(_MARGIN_SHARE * float(take.solved.square_N4[row, 2])))
    rect = Rect(*cv2.boundingRect(covered)).expand(margin).intersect(take.plate.display_window)
    result = composite(picture, layers)
    follows = before is not None and before.frame + 1 == layers.frame and not take.starts(layers.frame)
    seen = TakeFrame(
        frame=layers.frame,
        follows=follows,
        rect=rect,
        plate_HW3=picture.rgb8(),
        result_HW3=result.rgb8(),
        plate_part=screen_codes(picture.region(rect), picture.colour),
        result_part=screen_codes(result.region(rect), result.colour),
        matte_hw=np.ascontiguousarray(matte_HW[rect.y : rect.y1, rect.x : rect.x1]),
        landmarks_K3=faces.landmarks_NK3[row],
        square_4=take.solved.square_N4[row],
        presence=0.0 if faces.filled[row] else float(faces.presence[row]),
    )
    return unsqueezed_take_frame(seen, take.solved.pixel_aspect), state


def _treated(take: SolvedTake, layers: FaceLayers) -> Treated:
    """What the take did with this frame's face, beside what is known of it."""
    frame, row = layers.frame, take.row_of.get(layers.frame)
    if take.held(frame):
        return Treated.HELD
    if row is None:
        return Treated.LOST if _lost(take, frame) else Treated.NO_FACE
    if take.track in {face.track for face in layers.faces}:
        return Treated.BRIDGED if take.solved.faces.filled[row] else Treated.REPLACED
    x, y, width, height = (float(value) for value in take.solved.faces.box_N4[row])
    window = take.plate.display_window
    inside = x < window.x1 and y < window.y1 and x + width > window.x and y + height > window.y
    return Treated.MISSING if inside else Treated.NO_FACE


def _lost(take: SolvedTake, frame: int) -> bool:
    """Whether the face is known shortly before and after, in the same camera take."""
    earlier = max((known for known in take.row_of if known < frame), default=None)
    later = min((known for known in take.row_of if known > frame), default=None)
    if earlier is None or later is None or later - earlier - 1 > _LOST_FRAMES:
        return False
    return not any(earlier < cut <= later for cut in take.solved.faces.cuts)


def _matte_of_track(take: SolvedTake, layers: FaceLayers, window: Rect) -> F32:
    """What was replaced of this face: where other faces were replaced too, the pixels nearest to it."""
    matte_HW = np.zeros((window.height, window.width), np.float32)
    area = layers.rect.intersect(window)
    x, y = area.x - layers.rect.x, area.y - layers.rect.y
    matte_HW[area.y : area.y1, area.x : area.x1] = layers.matte_HW[y : y + area.height, x : x + area.width]
    others = [face.track for face in layers.faces if face.track != take.track]
    if not others:
        return matte_HW
    faces, squares = take.solved.faces, take.solved.square_N4
    here = faces.frame == layers.frame
    aspect = take.solved.pixel_aspect
    own = _distance(squares[take.row_of[layers.frame]], window, aspect)
    for row in np.flatnonzero(here & np.isin(faces.track, others)):
        matte_HW[_distance(squares[row], window, aspect) < own] = 0
    return matte_HW


def _distance(square_4: npt.NDArray[np.float64], window: Rect, pixel_aspect: float) -> F32:
    """Distance of every pixel from a face's centre, in sides of its square, (H, W)."""
    x = (np.arange(window.width) + 0.5) * pixel_aspect - square_4[0]
    y = np.arange(window.height) + 0.5 - square_4[1]
    return np.asarray(np.hypot(x[None, :], y[:, None]) / square_4[2], np.float32)


def shown_rect(take: SolvedTake, layers: FaceLayers) -> Rect:
    """The face with something around it, in the plate; the whole picture where none is known."""
    window, row = take.plate.display_window, take.row_of.get(layers.frame)
    if row is None:
        return window
    x, y, side, _ = (float(value) for value in take.solved.square_N4[row])
    half = round(_SHOWN_SIDE * side / 2)
    aspect = take.solved.pixel_aspect
    left, wide = round((x - half) / aspect), round(2 * half / aspect)
    around = Rect(left, round(y - _SHOWN_RAISED * side) - half, wide, 2 * half)
    around = around.intersect(window)
    return window if around.empty else around
