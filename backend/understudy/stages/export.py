"""Mattes and alignments as files for other programs.

Nuke's script text was checked by reading it back, not in Nuke.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from math import ceil, floor
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

import understudy
from understudy.config import ConvertConfig
from understudy.domain.edit import SOURCES
from understudy.domain.errors import BadInput, BadSettings, Stopped
from understudy.domain.files import atomic_write, write_bytes
from understudy.domain.frame import Rect
from understudy.domain.job import Event
from understudy.domain.progress import Progress
from understudy.domain.shot import Plate
from understudy.domain.solved import FaceState, FramePlan, SolvedShot
from understudy.faces.align import invert_transform, square_transform, transform_points
from understudy.matte.drawing import plan_reach
from understudy.matte.expression import parse
from understudy.matte.frame_matte import frame_matte, with_adjustments
from understudy.media.exr import exr_part, write_parts
from understudy.media.nuke_script import corner_pin, tracker

ALGORITHM = 1

Float = npt.NDArray[np.float32]
Rows = npt.NDArray[np.intp]

ALIGNMENTS_SCHEMA = 1
_CONVENTIONS = {
    "units": "pixels of the plate as displayed; angles in degrees, clockwise",
    "origin": "top left corner of the plate; x grows to the right, y grows downwards",
    "pixel_centres": "half-integers: the centre of the top left pixel is (0.5, 0.5)",
    "frame": "editorial frame number of the plate",
    "square": "the upright square from above the brows to below the chin that crops are cut around; it is "
    "unsqueezed: x counts pixel_aspect times in it",
    "landmarks": "478 points (the MediaPipe face mesh with irises), x, y, and z growing away from the camera",
    "presence": "how sure the machine was of the face, 0 to 1; null where nobody knows",
    "filled": "whether a short hole in the track was bridged here",
    "state": "where the alignment comes from: machine, smoothed, interpolated or keyed",
}
_TRACKED_POINTS = {
    "eye_right_outer": 33,
    "eye_left_outer": 263,
    "eye_right_inner": 133,
    "eye_left_inner": 362,
    "nose_tip": 1,
    "mouth_right": 61,
    "mouth_left": 291,
    "chin": 152,
}
"""Landmarks that are tracked in Nuke; right and left are the performer's."""
_SQUARE_CORNERS = np.array([[0.0, 1.0], [1.0, 1.0], [1.0, 0.0], [0.0, 0.0]])  # in Nuke's order, y down


def export_mattes(
    plate: Plate,
    solved: SolvedShot,
    frames: Sequence[int],
    *,
    layers: Mapping[str, Path],
    config: ConvertConfig,
    format: Literal["exr", "png"],
    folder: Path,
    title: str,
    people: Sequence[str],
    emit: Callable[[Event], None],
    stopping: Callable[[], bool],
) -> list[Path]:
    """Write the solved matte of each frame as `title.matte.####.exr` or `.png`; returns the paths.

    EXR: half channel A on the whole plate with its overscan; PNG: 16 bit grey, the display window. They show
    where faces are replaced, whatever the strength: bound tracks, or the longest one; frames that hold the
    plate are black. `layers` are folders by layer id. No network is run, so `face` is the hull, `learned` is
    not there, and the swapper's crop, beyond which conversion replaces nothing, does not end the matte.
    Raises: BadMatte, BadSettings, FrameOutOfRange, DiskFull, Stopped.
    """
    if format not in ("exr", "png"):
        raise BadSettings(f"mattes are exported as exr or png, not as {format!r}")
    for frame in frames:
        plate.index_of(frame)
    tracks = frozenset(solved.replaced_tracks)
    write = partial(_write_matte, plate=plate, people=people)
    progress = Progress(emit, len(frames), "frames")
    paths = []
    for frame in frames:
        if stopping():
            raise Stopped(f"the export was stopped before frame {frame}")
        path = folder / f"{title}.matte.{frame:04}.{format}"
        window = plate.window if format == "exr" else plate.display_window
        write(path, frame, _whole_matte(solved, frame, tracks, layers, config, window), window)
        paths.append(path)
        progress.step()
    return paths


def _whole_matte(
    solved: SolvedShot,
    frame: int,
    tracks: frozenset[int],
    layers: Mapping[str, Path],
    config: ConvertConfig,
    window: Rect,
) -> Float:
    """A frame's matte on the whole of a window, (H,W)."""
    plan, matte_HW = solved.plan(frame), np.zeros((window.height, window.width), np.float32)
    rows = (solved.faces.frame == frame) & np.isin(solved.faces.track, list(tracks))
    landmarks = list(solved.faces.landmarks_NK3[rows])
    config = with_adjustments(config, plan)
    rect = _reach(plan, landmarks, window, config)
    if plan.hold or rect.empty:
        return matte_HW
    combined = frame_matte(
        plan,
        landmarks,
        rect,
        frame=frame,
        layers=layers,
        config=config,
        pixel_aspect=solved.pixel_aspect,
    )
    x, y = rect.x - window.x, rect.y - window.y
    matte_HW[y : y + rect.height, x : x + rect.width] = combined.matte_HW
    return matte_HW


def _reach(plan: FramePlan, landmarks: Sequence[Float], window: Rect, config: ConvertConfig) -> Rect:
    """Where the matte can be other than 0: faces with their soft edge, what was painted, or everything."""
    steps = parse(plan.expression)
    if any(step.source not in SOURCES or step.source == "cut" for step in steps if step.operator == "+"):
        return window
    if not all(np.isfinite(points[:, :2]).all() for points in landmarks):
        return window  # where it is refused by name
    areas = [] if (drawn := plan_reach(plan)) is None else [drawn]
    for points in landmarks:
        low, high = points[:, :2].min(0), points[:, :2].max(0)
        grown_px = ceil(float((high - low).max()) / 4 * (1 + max(0.0, -config.erode_px) / 32))
        x, y = floor(low[0]), floor(low[1])
        areas.append(Rect(x, y, ceil(high[0]) - x, ceil(high[1]) - y).expand(grown_px))
    if not areas:
        return Rect(0, 0, 0, 0)
    x, y = min(area.x for area in areas), min(area.y for area in areas)
    whole = Rect(x, y, max(area.x1 for area in areas) - x, max(area.y1 for area in areas) - y)
    return whole.intersect(window)


def _write_matte(
    path: Path, frame: int, matte_HW: Float, window: Rect, *, plate: Plate, people: Sequence[str]
) -> None:
    if path.suffix == ".png":
        _, encoded = cv2.imencode(".png", np.rint(matte_HW * 65535).astype(np.uint16))
        write_bytes(path, encoded.tobytes())
        return
    attributes: dict[str, object] = {
        "framesPerSecond": plate.rate,
        "pixelAspectRatio": float(plate.pixel_aspect),
        "software": f"Understudy {understudy.__version__}",
        "understudyPeople": " ".join(people),
        "understudyFrame": frame,
    }
    channels = {"A": matte_HW.astype(np.float16)}
    shown = plate.display_window
    part = exr_part("matte", channels, window, display_window=shown, compression="zip", attributes=attributes)
    write_parts([part], path)


def export_alignments(
    solved: SolvedShot,
    plate: Plate,
    *,
    format: Literal["json", "nk"],
    frames: Sequence[int],
    folder: Path,
    title: str,
    people: Sequence[str] = (),
) -> list[Path]:
    """Write the solved alignments of `frames`; returns the paths.

    Bound tracks, or the longest one: whose consent was asked.
    json: one file `title.alignments.json` with its conventions in it. nk: for every track a
    `title.track#.tracker.nk` (eye corners, nose, mouth, chin) and a `title.track#.cornerpin.nk` (the face's
    square), keyed on each frame in the plate's own pixels, y upwards as Nuke has it.
    Raises: BadInput when no face is on the frames, BadSettings, DiskFull.
    """
    faces = solved.faces
    wanted = np.isin(faces.frame, list(frames)) & np.isin(faces.track, solved.replaced_tracks)
    finite = np.isfinite(faces.landmarks_NK3).all(axis=(1, 2)) & np.isfinite(solved.square_N4).all(axis=1)
    rows = np.flatnonzero(wanted & finite)
    if not len(rows):
        raise BadInput(f"there is no face on the frames asked for of {title}; extract the shot or add faces")
    if format == "json":
        path = folder / f"{title}.alignments.json"
        with atomic_write(path) as temporary, temporary.open("w", encoding="utf-8") as file:
            file.writelines(_json_lines(solved, plate, rows, title, people))
        return [path]
    if format != "nk":
        raise BadSettings(f"alignments are exported as json or nk, not as {format!r}")
    return [
        path
        for track in np.unique(faces.track[rows])
        for path in _write_nk(solved, plate, rows, int(track), folder, title)
    ]


def _json_lines(
    solved: SolvedShot, plate: Plate, rows: Rows, title: str, people: Sequence[str]
) -> Iterator[str]:
    """One line a face, so that long shots need no memory and can be compared by line."""
    head = {
        "schema": ALIGNMENTS_SCHEMA,
        "software": f"Understudy {understudy.__version__}",
        "shot": title,
        "people": list(people),
        "conventions": _CONVENTIONS,
        "plate": {
            "width": plate.width,
            "height": plate.height,
            "pixel_aspect": str(plate.pixel_aspect),
            "rate": str(plate.rate),
            "first_frame": plate.frames.first,
            "last_frame": plate.frames.last,
        },
        "cuts": list(solved.faces.cuts),
    }
    yield json.dumps(head, indent=1)[:-2] + ',\n "faces": [\n'
    for count, row in enumerate(rows):
        separator = "\n" if count == len(rows) - 1 else ",\n"
        yield json.dumps(_face_record(solved, int(row)), separators=(",", ":")) + separator
    yield "]\n}\n"


def _face_record(solved: SolvedShot, row: int) -> dict[str, object]:
    faces = solved.faces
    x, y, side, angle = (round(float(value), 4) for value in solved.square_N4[row])
    track = int(faces.track[row])
    return {
        "frame": int(faces.frame[row]),
        "track": track,
        "person": solved.bindings.get(track, ""),
        "state": FaceState(int(solved.state_N[row])).name.lower(),
        "presence": _rounded(float(faces.presence[row])),
        "filled": bool(faces.filled[row]),
        "square": {"centre": [x, y], "side": side, "angle": angle},
        "landmarks": np.round(faces.landmarks_NK3[row].astype(np.float64), 3).tolist(),
    }


def _rounded(value: float) -> float | None:
    return round(value, 4) if math.isfinite(value) else None


def _write_nk(
    solved: SolvedShot, plate: Plate, rows: Rows, track: int, folder: Path, title: str
) -> list[Path]:
    rows = rows[solved.faces.track[rows] == track]
    moving = [int(frame) for frame in solved.faces.frame[rows]]

    def upwards(points_F2: npt.NDArray[np.floating]) -> dict[int, tuple[float, float]]:
        flipped = ((float(x), plate.height - float(y)) for x, y in points_F2)
        return dict(zip(moving, flipped, strict=True))

    landmarks_FK2 = solved.faces.landmarks_NK3[rows, :, :2]
    points = {name: upwards(landmarks_FK2[:, number]) for name, number in _TRACKED_POINTS.items()}
    aspect = solved.pixel_aspect
    corners_F42 = np.array(
        [
            transform_points(invert_transform(square_transform(square, pixel_aspect=aspect)), _SQUARE_CORNERS)
            for square in solved.square_N4[rows]
        ]
    )
    corners = [upwards(corners_F42[:, corner]) for corner in range(4)]
    # labels are Tcl text to Nuke: nothing in them may be code
    label = re.sub(r"[^\w .-]", "_", f"{title} track {track} {moving[0]}-{moving[-1]}")
    texts = {
        "tracker": tracker(points, name=f"Understudy_track{track}", label=label),
        "cornerpin": corner_pin(corners, name=f"Understudy_square{track}", label=label),
    }
    paths = []
    for kind, text in texts.items():
        paths.append(folder / f"{title}.track{track}.{kind}.nk")
        write_bytes(paths[-1], text.encode())
    return paths
