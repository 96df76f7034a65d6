"""Mattes from elsewhere as layers of a shot: sequences of pictures, and a studio's own face parser."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from understudy.config import CropType
from understudy.domain.errors import BadMatte, Stopped
from understudy.domain.face import NO_TRACK
from understudy.domain.frame import Rect
from understudy.domain.job import Event, EventKind, JobKind
from understudy.domain.progress import Progress
from understudy.domain.shot import Plate
from understudy.domain.solved import SolvedShot
from understudy.domain.time import format_frames
from understudy.faces.align import crop_of_square, square_transform
from understudy.matte.face_parser import FaceParser, load_parser
from understudy.matte.layer import LayerOutcome, finish_layer, frame_done, trimmed, write_layer_frame
from understudy.media.picture import Picture
from understudy.media.preview_colour import screen_codes
from understudy.media.sequence import find_sequence, read_channel
from understudy.media.sequence_files import PictureSequence
from understudy.media.video import open_plate
from understudy.media.warp import compose, corners_of, invert, translate, warp

ALGORITHM = 1

Float = npt.NDArray[np.float32]
Emit = Callable[[Event], None]

_OVERSHOOT = 0.02  # filters ring so far beyond 0 and 1; more is another range altogether
_SEEN_MARGIN_PX = 8


def import_matte(
    plate: Plate,
    *,
    path: str,
    channel: str,
    invert: bool,
    folder: Path,
    people: Sequence[str],
    emit: Emit,
    stopping: Callable[[], bool],
) -> LayerOutcome:
    """Read a sequence, numbered like the plate, as a matte layer in `folder`.

    path and channel: as `media.sequence` understands them. Frames of the plate without a picture are told in
    the notes and left out. Frames that are there from an earlier run are kept. Raises: BadMatte for pictures
    of another size or range, a channel that is not there, no picture in the plate's range; DiskFull, Stopped.
    """
    sequence = find_sequence(path)
    frames = _frames_of(sequence, plate)
    progress = Progress(emit, len(frames), "frames")
    solid = True
    for frame in frames:
        if stopping():
            raise Stopped(f"the import was stopped before frame {frame}")
        if not frame_done(folder, frame):
            source = sequence.files[frame]
            matte_HW = _checked(read_channel(source, channel, (plate.width, plate.height)), source, channel)
            solid = solid and bool((matte_HW == matte_HW[0, 0]).all())
            part, rect, outside = trimmed(1 - matte_HW if invert else matte_HW)
            write_layer_frame(
                folder,
                frame,
                part,
                rect,
                outside=outside,
                display_window=plate.display_window,
                people=people,
            )
        else:
            solid = False
        progress.step()
    notes = _import_notes(sequence, plate, frames, channel, solid=solid)
    _tell(notes, emit)
    return finish_layer(folder, frames, origin=JobKind.IMPORT_MATTE, people=people, notes=notes)


def _frames_of(sequence: PictureSequence, plate: Plate) -> list[int]:
    wanted = set(sequence.wanted) or set(sequence.files)
    frames = sorted(wanted & set(sequence.files) & set(plate.frames))
    if not frames:
        found = format_frames(sorted(sequence.files))
        raise BadMatte(
            f"{sequence.pattern} has no picture for a frame of the plate: it has {found}, the plate has "
            f"{plate.frames}; number the pictures like the plate"
        )
    return frames


def _checked(matte_HW: Float, path: Path, channel: str) -> Float:
    """The same, cut to 0..1. Raises: BadMatte when it holds something else."""
    what = f"channel {channel}" if channel else "the matte"
    if not np.isfinite(matte_HW).all():
        count = int((~np.isfinite(matte_HW)).sum())
        raise BadMatte(f"{what} of {path} has {count} undefined values (NaN or infinite); render it again")
    low, high = float(matte_HW.min()), float(matte_HW.max())
    if low < -_OVERSHOOT or high > 1 + _OVERSHOOT:
        white = next((top for top in (255, 1023, 4095, 65535) if top * 0.5 < high <= top * 1.01), None)
        advice = f"divide it by {white}" if white and low >= -_OVERSHOOT else "grade or clamp it to 0..1"
        raise BadMatte(f"{what} of {path} holds {low:.4g} to {high:.4g}; a matte holds 0 to 1: {advice}")
    return np.clip(matte_HW, 0, 1)


def _import_notes(
    sequence: PictureSequence, plate: Plate, frames: list[int], channel: str, *, solid: bool
) -> list[str]:
    notes = []
    expected = set(sequence.wanted) or set(plate.frames)
    if missing := sorted((expected & set(plate.frames)) - set(frames)):
        notes.append(f"no picture in {sequence.pattern} for frames {format_frames(missing)}")
    if beyond := sorted((set(sequence.wanted) or set(sequence.files)) - set(plate.frames)):
        notes.append(f"frames {format_frames(beyond)} lie outside the plate and were left out")
    if solid:
        which = f"channel {channel}" if channel else "the channel that was taken (no channel was named)"
        notes.append(f"every picture has one value all over in {which}; is it the right channel?")
    return notes


def _tell(notes: Sequence[str], emit: Emit) -> None:
    for note in notes:
        emit(Event(kind=EventKind.NOTE, message=note))


def parse_matte(
    plate: Plate,
    solved: SolvedShot,
    *,
    onnx: Path,
    classes: Sequence[int],
    frames: Sequence[int],
    crop_type: CropType,
    folder: Path,
    people: Sequence[str],
    emit: Emit,
    stopping: Callable[[], bool],
) -> LayerOutcome:
    """Run a face parser over the upright crops of `frames` and keep the sum of `classes` as a matte layer.

    Outside the crops the layer is 0, as on frames without a face, which the notes name. A frame's score is
    how undecided the parser is there, 0..1. Raises: BadMatte (see `matte.face_parser`), FrameOutOfRange,
    UnreadableMedia, DiskFull, Stopped.
    """
    parser = load_parser(onnx, tuple(classes))
    frames = sorted(set(frames))
    left = [frame for frame in frames if not frame_done(folder, frame)]
    progress = Progress(emit, len(frames), "frames", done=len(frames) - len(left))
    with open_plate(plate) as reader:
        for plate_frame in reader.frames(left):
            if stopping():
                raise Stopped(f"the parser was stopped before frame {plate_frame.frame}")
            squares_F4 = solved.square_N4[_rows(solved, plate_frame.frame)]
            matrices = [
                crop_of_square(
                    square_transform(square_4, pixel_aspect=solved.pixel_aspect), crop_type, parser.size_px
                )
                for square_4 in squares_F4
            ]
            matte_HW, rect, score = _parsed(parser, plate_frame.picture, matrices)
            write_layer_frame(
                folder,
                plate_frame.frame,
                matte_HW,
                rect,
                outside=0.0,
                display_window=plate.display_window,
                people=people,
                score=score,
            )
            progress.step()
    without = [frame for frame in frames if not _rows(solved, frame).any()]
    notes = [f"no face on frames {format_frames(without)}; the layer is empty there"] if without else []
    _tell(notes, emit)
    return finish_layer(folder, frames, origin=JobKind.PARSE_MATTE, people=people, notes=notes)


def _rows(solved: SolvedShot, frame: int) -> npt.NDArray[np.bool_]:
    """The faces of a frame whose place is known."""
    known = (solved.faces.track != NO_TRACK) & np.isfinite(solved.square_N4).all(axis=1)
    rows: npt.NDArray[np.bool_] = (solved.faces.frame == frame) & known
    return rows


def _parsed(
    parser: FaceParser, picture: Picture, matrices: Sequence[npt.NDArray[np.float64]]
) -> tuple[Float, Rect, float]:
    """The matte of all faces of one picture, where it lies, and how undecided the parser was.

    matrices: plate to crop, for each face.
    """
    window, size_px = picture.window, parser.size_px
    matte_HW = np.zeros((window.height, window.width), np.float32)
    doubts = [0.0]
    for matrix_23 in matrices:
        rect = corners_of(matrix_23, size_px).intersect(window)
        seen = rect.expand(_SEEN_MARGIN_PX).intersect(window)
        if rect.empty:
            continue
        crop = warp(
            screen_codes(picture.region(seen), picture.colour),
            compose(matrix_23, translate(seen.x, seen.y)),
            (size_px, size_px),
            interpolation="cubic",
            border="replicate",
        )
        shares_SS = parser(np.clip(crop, 0, 1))
        doubts.append(float((4 * shares_SS * (1 - shares_SS)).mean()))
        to_rect = compose(translate(-rect.x, -rect.y), invert(matrix_23))
        drawn = warp(shares_SS, to_rect, (rect.width, rect.height), interpolation="linear")
        part = matte_HW[rect.y - window.y : rect.y1 - window.y, rect.x - window.x : rect.x1 - window.x]
        np.maximum(part, drawn, out=part)
    kept_HW, kept, _ = trimmed(np.clip(matte_HW, 0, 1), outside=0.0)
    return kept_HW, Rect(kept.x + window.x, kept.y + window.y, kept.width, kept.height), max(doubts)
