"""Measuring: every frame of a take beside its plate, ranked by trouble, with a sheet of the worst."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from understudy.domain.edit import Mark
from understudy.domain.errors import NoFaceFound, NotFound, Stopped
from understudy.domain.face import ShotFaces
from understudy.domain.files import write_bytes
from understudy.domain.job import Event, EventKind
from understudy.domain.measures import MARKS, FrameMeasures, save_measures
from understudy.domain.progress import Emit, Progress
from understudy.domain.shot import Plate
from understudy.domain.solved import SolvedShot
from understudy.domain.time import format_frames
from understudy.evaluate.frame_measures import People, TakeFrame, measure_frame
from understudy.evaluate.measures_text import as_csv, as_json
from understudy.evaluate.over_time import NOTHING, MeasuredFrame, between_turns, columns_of, jitter
from understudy.evaluate.reading import Reference, reference_of_faces
from understudy.evaluate.solved_take import SolvedTake, look, pictures, shown_rect, solved_take
from understudy.evaluate.trouble import trouble_of
from understudy.evaluate.unsqueezed import unsqueezed_rect
from understudy.evaluate.worst_sheet import ShownFrame, worst_sheet
from understudy.faces.align import unsqueezed
from understudy.faces.face_models import FaceModels
from understudy.faces.roi import unsqueezed_picture
from understudy.media.composite import composite, full_matte, marked_sheet
from understudy.media.layers import layers_path, read_layers
from understudy.media.video import open_plate
from understudy.media.warp import resized_to

F32 = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]

ALGORITHM = 1
MEASURES_FILE = "measures.safetensors"
_LIKENESS_FRAMES = 100  # so many frames at most have their turn, unless that leaves half a second between
_LIKENESS_EVERY_AT_MOST = 12


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the pass over the pictures leaves of every frame."""

    treated_N: npt.NDArray[np.int8]
    follows_N: Bools
    rows: list[MeasuredFrame]
    in_turn_N: Bools


def measure(
    plate: Plate,
    solved: SolvedShot,
    take_folder: Path,
    frames: tuple[int, ...],
    *,
    track: int,
    performer: ShotFaces,
    donor: ShotFaces | None,
    models: FaceModels,
    title: str,
    folder: Path,
    worst: int,
    marked: bool,
    emit: Emit,
    stopping: Callable[[], bool],
    machine: ShotFaces | None = None,
) -> dict[str, str]:
    """Write measures.safetensors, .csv, .json and worst.png; returns the few facts that sum them up.

    frames: sorted. performer, donor: faces of the footage that the two people are known by. machine: the
    shot's faces as extraction found them, to compare the jitter with. `marked` burns the evaluation mark in.
    Frames that are not rendered yet are passed over with a note.
    Raises: NotFound (none is rendered), TrackNotFound, FrameOutOfRange, UnreadableMedia, DiskFull, Stopped.
    """
    rendered = tuple(frame for frame in frames if layers_path(take_folder, frame).exists())
    skipped = tuple(sorted(set(frames) - set(rendered)))
    if not rendered:
        raise NotFound(f"no frame of {title} is rendered yet; convert the shot first, then measure it")
    if skipped:
        emit(_note(f"not rendered yet and passed over: {format_frames(skipped)}"))
    solved.faces.of_track(track)
    take = solved_take(plate, solved, take_folder, rendered, track)
    people = People(performer=_known(performer), donor=_known(donor))
    every = min(-(-len(rendered) // _LIKENESS_FRAMES), _LIKENESS_EVERY_AT_MOST)
    recognised = people.performer is not None or people.donor is not None
    if recognised:
        emit(_note(f"the likeness is measured in every frame that looks wrong and in one of {every} others"))
    seen = _look_at_all(take, models, people, every=every, emit=emit, stopping=stopping)
    facts = {
        "title": title,
        "likeness_every": str(every) if recognised else "",
        "skipped": format_frames(skipped),
    }
    measures = _measures(take, seen, machine, facts)
    save_measures(measures, folder / MEASURES_FILE)
    write_bytes(folder / "measures.csv", as_csv(measures).encode())
    write_bytes(folder / "measures.json", as_json(measures).encode())
    chosen = measures.worst(worst)
    _write_sheet(take, measures, chosen, folder / "worst.png", marked=marked)
    return {
        "frames": str(len(rendered)),
        "median_trouble": f"{_median(measures):.3f}",
        "worst": " ".join(str(frame) for frame in chosen),
        "skipped": format_frames(skipped),
    }


def _note(text: str) -> Event:
    return Event(kind=EventKind.NOTE, message=text)


def _known(faces: ShotFaces | None) -> Reference | None:
    """The person of some footage; None when it shows nobody who can be recognised."""
    if faces is None:
        return None
    try:
        return reference_of_faces(faces)
    except NoFaceFound:
        return None


def _look_at_all(
    take: SolvedTake,
    models: FaceModels,
    people: People,
    *,
    every: int,
    emit: Emit,
    stopping: Callable[[], bool],
) -> _Seen:
    """One pass over the pictures; two frames are held at a time."""
    count = len(take.frames)
    progress = Progress(emit, count, "frames")
    treated, follows, in_turn = np.zeros(count, np.int8), np.zeros(count, bool), np.zeros(count, bool)
    rows: list[MeasuredFrame] = []
    before: TakeFrame | None = None
    turn = 0
    for n, (layers, picture) in enumerate(pictures(take)):
        if stopping():
            raise Stopped("measuring was stopped; start it again to measure all frames")
        now, state = look(take, layers, picture, before)
        treated[n] = state
        if now is None:
            rows.append(NOTHING)
        else:
            in_turn[n] = turn % every == 0
            turn += 1
            follows[n] = now.follows
            rows.append(measure_frame(now, before, models, people, identify=bool(in_turn[n])))
        before = now
        progress.step()
    return _Seen(treated, follows, rows, in_turn)


def _measures(
    take: SolvedTake, seen: _Seen, machine: ShotFaces | None, facts: dict[str, str]
) -> FrameMeasures:
    values = columns_of(seen.rows, seen.follows_N)
    measured = np.asarray([row is not NOTHING for row in seen.rows])
    rows = np.asarray([take.row_of.get(frame, -1) for frame in take.frames], np.intp)
    side_N = np.where(measured, take.solved.square_N4[rows, 2], np.nan)
    values["landmark_jitter"] = jitter(
        unsqueezed(take.solved.faces.landmarks_NK3[rows], take.solved.pixel_aspect), side_N, seen.follows_N
    )
    values["machine_jitter"] = _machine_jitter(take, machine, side_N, seen.follows_N)
    for name in ("identity_donor", "identity_performer"):
        values[name] = between_turns(values[name], seen.in_turn_N, measured, seen.follows_N)
    trouble_N, reason_N2 = trouble_of(values, seen.treated_N)
    marks = [take.solved.marks.get(frame) for frame in take.frames]
    return FrameMeasures(
        frame=np.asarray(take.frames, np.int32),
        values=values,
        trouble=trouble_N,
        reason_N2=reason_N2,
        treated=seen.treated_N,
        mark=np.asarray([MARKS.index(Mark.NONE if m is None else m.mark) for m in marks], np.int8),
        cuts=take.solved.faces.cuts,
        facts=facts,
    )


def _machine_jitter(
    take: SolvedTake, machine: ShotFaces | None, side_N: npt.NDArray[np.float64], follows_N: Bools
) -> npt.NDArray[np.float64]:
    """The jitter of what extraction found, where it knows the same track."""
    if machine is None:
        return np.full(len(take.frames), np.nan)
    at = {
        (int(frame), int(track)): row
        for row, (frame, track) in enumerate(zip(machine.frame, machine.track, strict=True))
    }
    found = [at.get((frame, take.track), -1) for frame in take.frames]
    points = np.full((len(found), machine.landmarks_NK3.shape[1], 2), np.nan, np.float32)
    for n, row in enumerate(found):
        if row >= 0:
            points[n] = machine.landmarks_NK3[row, :, :2]
    return jitter(unsqueezed(points, take.solved.pixel_aspect), side_N, follows_N)


def _median(measures: FrameMeasures) -> float:
    rows = list(measures.ranking())
    return float(np.median(measures.trouble[rows])) if rows else 0.0


def _unsqueezed_matte(matte_HW: npt.NDArray[np.float32], pixel_aspect: float) -> npt.NDArray[np.float32]:
    height, width = matte_HW.shape
    return resized_to(matte_HW, round(width * pixel_aspect), height)


def _write_sheet(
    take: SolvedTake, measures: FrameMeasures, chosen: tuple[int, ...], target: Path, *, marked: bool
) -> None:
    """Show the chosen frames in the order given."""
    window, aspect = take.plate.display_window, take.solved.pixel_aspect
    shown: dict[int, ShownFrame] = {}
    with open_plate(take.plate) as reader:
        for item in reader.frames(sorted(chosen)):
            layers = read_layers(layers_path(take.folder, item.frame))
            shown[item.frame] = ShownFrame(
                frame=item.frame,
                plate_HW3=unsqueezed_picture(item.picture.rgb8(), aspect),
                result_HW3=unsqueezed_picture(composite(item.picture, layers).rgb8(), aspect),
                matte_HW=_unsqueezed_matte(full_matte(layers, window), aspect),
                rect=unsqueezed_rect(shown_rect(take, layers), aspect),
            )
    sheet = worst_sheet(measures, [shown[frame] for frame in chosen])
    if marked:
        sheet = marked_sheet(sheet)
    _, encoded = cv2.imencode(".png", np.ascontiguousarray(sheet[..., ::-1]))
    write_bytes(target, encoded.tobytes())
