"""How steady and how right solved alignments are, and how fast: python -m tests.bench.bench_solve

The plate is a synthetic head that keeps perfectly still under sensor noise, blinking and opening its mouth;
it is drawn and extracted here. Jitter is the root mean square of the second difference over time, in pixels
of the plate, on the frames around which nothing of the head moves (there the truth's is zero).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from tests.face_pictures import numbered, pictures_of

from understudy.config import ExtractConfig
from understudy.demo.locked_off import LockedOff, make_locked_off
from understudy.demo.truth import load_truth, truth_path
from understudy.domain.edit import Action, Mode, MoveLandmarks, PaintStroke, SmoothAlignments
from understudy.domain.edit_stack import EditEntry
from understudy.domain.face import ShotFaces
from understudy.domain.time import FIRST_FRAME, FrameRange
from understudy.faces.face_models import FaceModels
from understudy.model_files import ModelFiles
from understudy.solve import solve
from understudy.solve.regions import EYES, FACE, MOUTH
from understudy.stages.extract import extract

Float = npt.NDArray[np.float64]
LIDS, LIPS = (159, 145), (13, 14)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, default=Path(".cache/models"))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--perturbations", type=int, nargs="*", default=[0, 4])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plate", type=Path, help="a movie of a moving head with its truth beside it")
    arguments = parser.parse_args()
    cv2.setNumThreads(arguments.threads)
    files = ModelFiles(arguments.models)
    clip = make_locked_off(files.path("head_data"), seed=arguments.seed)
    models = FaceModels.load(files, threads=arguments.threads)
    faces = None
    for looks in arguments.perturbations:
        config = ExtractConfig(perturbations=looks, threads=arguments.threads)
        faces = extracted(clip, models, config)
        report(f"extraction with {looks} further looks a face", clip, faces)
    if arguments.plate is not None:
        moving = clip_of(arguments.plate, frames=72)
        report_moving(arguments.plate.name, moving, extracted(moving, models, ExtractConfig()))
    if faces is not None:
        timings(faces)


def extracted(clip: LockedOff, models: FaceModels, config: ExtractConfig) -> ShotFaces:
    faces = extract(
        numbered(clip.pictures),
        models,
        config,
        frame_range=FrameRange(FIRST_FRAME, FIRST_FRAME + len(clip.pictures) - 1),
        emit=lambda event: None,
        stopping=lambda: False,
    )
    assert len(faces) == len(clip.pictures), "one face in every frame"
    return faces


def report(title: str, clip: LockedOff, faces: ShotFaces) -> None:
    frames = FrameRange(int(faces.frame[0]), int(faces.frame[-1]))
    raw = solve(faces, [], frames=frames)
    steady = solve(faces, edits(SmoothAlignments()), frames=frames)
    truth = clip.truth.landmarks_NK2.astype(np.float64)
    machine, solved = (s.faces.landmarks_NK3[:, :, :2].astype(np.float64) for s in (raw, steady))
    still = np.abs(np.diff(truth, 2, axis=0)).max((1, 2)) < 1e-3
    print(f"{title}; {len(faces)} frames, {int(still.sum())} still, face {raw.square_N4[0, 2]:.0f} px")
    print(f"  {'':34}{'machine':>10}{'solved':>10}{'lower by':>10}")
    named = (("all landmarks", (*FACE, *MOUTH, *EYES)), ("face", FACE), ("mouth", MOUTH), ("eyes", EYES))
    for name, parts in named:
        points = [point for part in parts for point in part]
        row(f"jitter, {name} (px)", jitter(machine[:, points], still), jitter(solved[:, points], still))
    for column, name in enumerate(("centre x (px)", "centre y (px)", "side (px)", "angle (deg)")):
        was, now = (jitter(s.square_N4[:, column, None, None], still) for s in (raw, steady))
        row(f"jitter, square's {name}", was, now)
    row("mean error against truth (px)", error(machine, truth), error(solved, truth), 4)
    row("  root mean square (px)", rms(machine, truth), rms(solved, truth), 4)
    row("  mean, constant bias out (px)", spread(machine, truth), spread(solved, truth), 4)
    for name, pair in (("blinks", LIDS), ("mouth", LIPS)):
        before, after = crossings(machine, pair), crossings(solved, pair)
        real = crossings(truth, pair)
        print(f"  {name}: {len(real)} half openings, off truth by {late(real, before):.2f} frames as found,")
        print(f"    {late(real, after):.2f} solved; solving moved them by at most {late(before, after):.2f}")


def clip_of(movie: Path, *, frames: int) -> LockedOff:
    """The first frames of a synthetic movie."""
    truth = load_truth(truth_path(movie))
    pictures = tuple(pictures_of(movie, frames))
    return LockedOff(pictures=pictures, truth=replace(truth, landmarks_NK2=truth.landmarks_NK2[:frames]))


def report_moving(title: str, clip: LockedOff, faces: ShotFaces) -> None:
    """What smoothing does to a head that moves: here only the distance from truth can tell."""
    frames = FrameRange(int(faces.frame[0]), int(faces.frame[-1]))
    truth = clip.truth.landmarks_NK2.astype(np.float64)
    machine, solved = (
        solve(faces, entries, frames=frames).faces.landmarks_NK3[:, :, :2].astype(np.float64)
        for entries in ([], edits(SmoothAlignments()))
    )
    every = np.ones(len(faces) - 2, np.bool_)
    print(f"{title}: the first {len(faces)} frames of a moving head")
    row("jitter of the error (px)", jitter(machine - truth, every), jitter(solved - truth, every))
    row("mean error against truth (px)", error(machine, truth), error(solved, truth), 4)
    row("  mean, constant bias out (px)", spread(machine, truth), spread(solved, truth), 4)


def row(name: str, before: float, after: float, digits: int = 3) -> None:
    percent = 100 * (1 - after / before)
    print(f"  {name:34}{before:10.{digits}f}{after:10.{digits}f}{percent:9.{digits - 2}f}%")


def jitter(points_NK2: Float, still: npt.NDArray[np.bool_]) -> float:
    bend = np.diff(points_NK2, 2, axis=0)[still]
    return float(np.sqrt(np.square(bend).sum(-1).mean()))


def error(points_NK2: Float, truth_NK2: Float) -> float:
    return float(np.linalg.norm(points_NK2 - truth_NK2, axis=2).mean())


def rms(points_NK2: Float, truth_NK2: Float) -> float:
    return float(np.sqrt(np.square(points_NK2 - truth_NK2).sum(2).mean()))


def spread(points_NK2: Float, truth_NK2: Float) -> float:
    off = points_NK2 - truth_NK2
    return float(np.linalg.norm(off - off.mean(0), axis=2).mean())


def crossings(points_NK2: Float, pair: tuple[int, int]) -> Float:
    """Frames, with parts, at which an opening passes the middle between its extremes."""
    gap = np.linalg.norm(points_NK2[:, pair[0]] - points_NK2[:, pair[1]], axis=1)
    level = gap - (gap.min() + gap.max()) / 2
    at = np.flatnonzero(np.signbit(level[1:]) != np.signbit(level[:-1]))
    return np.asarray(at + level[at] / (level[at] - level[at + 1]), np.float64)


def late(one: Float, other: Float) -> float:
    assert len(one) == len(other), "as many half openings"
    return float(np.abs(one - other).max())


def edits(*actions: Action) -> list[EditEntry]:
    return [EditEntry(revision=i, author="bench", at="", action=a) for i, a in enumerate(actions, 1)]


def timings(faces: ShotFaces, count: int = 5000) -> None:
    """Solve times of a long track: the clip's faces over and over, all over the plate."""
    frames = FrameRange(FIRST_FRAME, FIRST_FRAME + count - 1)
    long = faces.select(np.arange(count) % len(faces))
    drift = np.cumsum(np.random.default_rng(1).normal(0, 1, (count, 1, 3)), axis=0) * (1, 1, 0)
    long = replace(
        long,
        frame=np.arange(frames.first, frames.last + 1, dtype=np.int32),
        landmarks_NK3=(long.landmarks_NK3 + drift).astype(np.float32),
    )
    keys = [keyed(long, frame) for frame in range(frames.first + 50, frames.last, 250)]
    strokes = [
        PaintStroke(frame=frame, mode=Mode.INCLUDE, points=(1.0, 2.0, 9.0, 9.0), radius_px=5)
        for frame in range(frames.first, frames.last, 10)
    ]
    middle = FrameRange(frames.first + count // 2, frames.first + count // 2)
    print(f"solve of one track of {count} frames: seconds of one core")
    for name, entries in (
        ("no edits", edits()),
        ("smoothed", edits(SmoothAlignments())),
        (f"smoothed, {len(keys)} keys, {len(strokes)} strokes", edits(SmoothAlignments(), *keys, *strokes)),
    ):
        whole = quickest(lambda e=entries: solve(long, e, frames=frames), 3)  # type: ignore[misc]
        alone = quickest(lambda e=entries: solve(long, e, frames=frames, only=middle), 10)  # type: ignore[misc]
        print(f"  {name:36}{whole:8.3f} s   one frame of it {1000 * alone:6.1f} ms")


def keyed(faces: ShotFaces, frame: int) -> MoveLandmarks:
    points = faces.landmarks_NK3[frame - int(faces.frame[0]), [13, 14], :2] + 3.0
    return MoveLandmarks(track=0, frame=frame, points=(13, 14), to=tuple(points.reshape(-1).tolist()))


def quickest(work: Callable[[], object], times: int) -> float:
    took = []
    for _ in range(times):
        began = time.process_time()  # so that other work on the machine does not count
        work()
        took.append(time.process_time() - began)
    return min(took)


if __name__ == "__main__":
    main()
