"""How well a matte net proposes the mattes of an occluded shot from a few keyed frames.

    python tests/bench/bench_matte_net.py [--labels 12] [--minutes 4] [--threads 2] [--cpu-clock]

The shot: 200 frames of the demonstration's plate with two skin-coloured fingers before the face and sensor
noise, made by `understudy.demo.occluder` with its true mattes. Landmarks are the machine's own, found on the
occluded pictures. Labels are true mattes of evenly spaced frames, brought in as a matte layer. IoU at one
half over all frames that are no label, against the true visible face; the hull's own figure beside it.

`--cpu-clock` counts the minutes in processor seconds divided by the threads, fair on a shared machine.
`--correct N` afterwards labels the N most doubted frames and trains on for `--correct-minutes`.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch

from understudy.config import ExtractConfig, MatteNetConfig
from understudy.demo.occluder import make_occluded_clip
from understudy.domain.face import ShotFaces, load_faces, save_faces
from understudy.domain.job import Event, EventKind
from understudy.domain.shot import Plate
from understudy.domain.solved import FramePlan, LayerUse, MatteState, SolvedShot
from understudy.faces.align import face_square
from understudy.faces.face_models import FaceModels
from understudy.matte.hull import hull_matte
from understudy.matte.layer import read_layer, write_layer_frame
from understudy.media.contact_sheet import contact_sheet
from understudy.media.video import open_plate
from understudy.model_files import ModelFiles
from understudy.stages.extract import extract
from understudy.stages.ingest import ingest
from understudy.stages.matte_net import LabelledPlate, train_matte_net

Float = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
TRUTH = "truth"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--footage", type=Path, default=Path("demo/footage"))
    parser.add_argument("--models", type=Path, default=Path(".cache/models"))
    parser.add_argument("--frames", type=int, default=200)
    parser.add_argument("--labels", type=int, default=12)
    parser.add_argument("--noise", type=float, default=2.0, help="standard deviation in 8-bit codes")
    parser.add_argument("--size", type=int, default=MatteNetConfig().size_px)
    parser.add_argument("--minutes", type=float, default=MatteNetConfig().minutes)
    parser.add_argument("--iterations", type=int, default=MatteNetConfig().iterations)
    parser.add_argument("--learning-rate", type=float, default=MatteNetConfig().learning_rate)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--cpu-clock", action="store_true")
    parser.add_argument("--correct", type=int, default=0)
    parser.add_argument("--correct-minutes", type=float, default=1.0)
    parser.add_argument("--sheet", type=Path, help="write a contact sheet of the worst frames here")
    parser.add_argument("--folder", type=Path, help="keep the clip and its faces here for the next time")
    arguments = parser.parse_args()
    cv2.setNumThreads(arguments.threads)
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.folder or Path(scratch)
        plate, truth_FHW, faces = occluded_shot(arguments, folder)
        measure(arguments, plate, truth_FHW, faces, Path(scratch))


def occluded_shot(arguments: argparse.Namespace, folder: Path) -> tuple[Plate, Float, ShotFaces]:
    """The clip, its true mattes and the machine's faces; taken from `folder` if they are there."""
    movie, found = folder / "occluded.mkv", folder / "faces.safetensors"
    if not found.exists():
        folder.mkdir(parents=True, exist_ok=True)
        source = arguments.footage
        clip = make_occluded_clip(
            source / "rowan_plate.mov", source / "rowan_plate_matte.mkv", folder,
            frames=arguments.frames, noise_codes=arguments.noise,
        )  # fmt: skip
        movie = clip.plate
        print(f"covered: {clip.covered_N.min():.0%} to {clip.covered_N.max():.0%} of the face")
        models = FaceModels.load(ModelFiles(arguments.models), device="cpu", threads=arguments.threads)
        plate = ingest(movie)
        with open_plate(plate) as reader:
            faces = extract(
                reader.frames(plate.frames), models, ExtractConfig(),
                frame_range=plate.frames, emit=lambda _: None, stopping=lambda: False,
            )  # fmt: skip
        save_faces(faces, found)
    plate, faces = ingest(movie), load_faces(found)
    mattes = ingest(movie.with_name("occluded_matte.mkv"))
    with open_plate(mattes) as reader:
        truth = [shown.picture.rgb8()[..., 0] for shown in reader.frames(mattes.frames)]
    truth_FHW = np.asarray(np.stack(truth), np.float32) / np.float32(255)
    return plate, truth_FHW, faces.of_track(faces.tracks[0])


def measure(
    arguments: argparse.Namespace, plate: Plate, truth_FHW: Float, faces: ShotFaces, scratch: Path
) -> None:
    frames = list(plate.frames)
    labels = [frames[i] for i in np.linspace(0, len(frames) - 1, arguments.labels).round().astype(int)]
    config = MatteNetConfig(
        size_px=arguments.size, minutes=arguments.minutes, threads=arguments.threads,
        iterations=arguments.iterations, learning_rate=arguments.learning_rate, device="cpu",
    )  # fmt: skip
    print(f"{len(frames)} frames, {len(labels)} labels, {config.size_px} px, load {os.getloadavg()[0]:.1f}")
    print("                     IoU mean   least  10th %  below 0.9   wall s   CPU s")
    report("hull", hull_ious(plate, faces, truth_FHW, labels))
    first = scratch / "first"
    scores = round_of(arguments, plate, faces, truth_FHW, labels, config, first, None)
    if arguments.correct:
        worst = sorted((f for f in scores if f not in labels), key=lambda f: -scores[f])
        more = sorted({*labels, *worst[: arguments.correct]})
        again = replace(config, minutes=arguments.correct_minutes)
        round_of(
            arguments, plate, faces, truth_FHW, more, again, scratch / "second", first / "net.safetensors"
        )


def round_of(
    arguments: argparse.Namespace,
    plate: Plate,
    faces: ShotFaces,
    truth_FHW: Float,
    labels: Sequence[int],
    config: MatteNetConfig,
    folder: Path,
    start_from: Path | None,
) -> dict[int, float]:
    """Train, apply, compare; the scores by frame."""
    events: list[Event] = []
    share = (lambda: time.process_time() / arguments.threads) if arguments.cpu_clock else time.monotonic
    wall, cpu = time.monotonic(), time.process_time()
    outcome = train_matte_net(
        [labelled(plate, faces, truth_FHW, labels, folder.with_name(folder.name + "_truth"))],
        frames=list(plate.frames), start_from=start_from, config=config, folder=folder, people=["rowan"],
        emit=events.append, stopping=lambda: False, clock=share,
    )  # fmt: skip
    wall, cpu = time.monotonic() - wall, time.process_time() - cpu
    proposed = {frame: read_layer(folder, frame, plate.display_window) for frame in plate.frames}
    found = {
        frame: iou(proposed[frame], truth_FHW[i])
        for i, frame in enumerate(plate.frames)
        if frame not in labels
    }
    report("net" if start_from is None else "net, trained on", np.array(list(found.values())), wall, cpu)
    steps = max(round(event.values.get("iteration", 0)) for event in events)
    print(f"  {steps} iterations; {'; '.join(outcome.notes)}")
    scored = np.array([outcome.scores[frame] for frame in found])
    tell_scores(scored, 1 - np.array(list(found.values())))
    if arguments.sheet:
        name = arguments.sheet.with_stem(arguments.sheet.stem + ("" if start_from is None else "_on"))
        write_sheet(name, plate, truth_FHW, proposed, found, outcome.scores)
    for event in events:
        if event.kind is EventKind.FRAME_FAILED:
            print(f"  frame {event.frame}: {event.message}")
    return outcome.scores


def labelled(
    plate: Plate, faces: ShotFaces, truth_FHW: Float, labels: Sequence[int], folder: Path
) -> LabelledPlate:
    """The shot with the true matte as the solved one of the labelled frames."""
    window = plate.display_window
    plan = FramePlan(expression=TRUTH, layers=(LayerUse(name=TRUTH, layer_id=TRUTH),), matte=MatteState.KEYED)
    for frame in labels:
        matte = truth_FHW[frame - plate.first_frame]
        write_layer_frame(folder, frame, matte, window, outside=0.0, display_window=window, people=["rowan"])
    solved = SolvedShot(
        faces=faces,
        square_N4=np.stack([face_square(points) for points in faces.landmarks_NK3]),
        state_N=np.zeros(len(faces), np.int8),
        plans=dict.fromkeys(labels, plan),
    )
    return LabelledPlate(plate=plate, solved=solved, labels=tuple(labels), layers={TRUTH: folder})


def hull_ious(plate: Plate, faces: ShotFaces, truth_FHW: Float, labels: Sequence[int]) -> Floats:
    size_wh = plate.width, plate.height
    return np.array(
        [
            iou(hull_matte(points, size_wh), truth_FHW[frame - plate.first_frame])
            for frame, points in zip(faces.frame.tolist(), faces.landmarks_NK3, strict=True)
            if frame not in labels
        ]
    )


def iou(proposed_HW: Float, truth_HW: Float) -> float:
    a, b = proposed_HW > 0.5, truth_HW > 0.5
    return float((a & b).sum() / max(1, (a | b).sum()))


def report(name: str, ious: Floats, wall_s: float = 0.0, cpu_s: float = 0.0) -> None:
    times = f"{wall_s:9.0f} {cpu_s:7.0f}" if wall_s else ""
    least, tenth = ious.min(), np.quantile(ious, 0.1)
    print(f"{name:20} {ious.mean():9.4f} {least:7.3f} {tenth:7.3f} {(ious < 0.9).mean():10.1%} {times}")


def tell_scores(scores: Floats, errors: Floats) -> None:
    """Whether the frames with the greatest doubt are the wrong ones."""
    ranks = [np.argsort(np.argsort(values)) for values in (scores, errors)]
    agreement = np.corrcoef(ranks[0], ranks[1])[0, 1]
    worst, doubted = set(np.argsort(-errors)[:10]), set(np.argsort(-scores)[:20])
    print(
        f"  score {scores.min():.2f} to {scores.max():.2f}; rank correlation with 1 - IoU {agreement:.2f}; "
        f"of the 10 worst frames {len(worst & doubted)} are among the 20 most doubted"
    )


def write_sheet(
    target: Path,
    plate: Plate,
    truth_FHW: Float,
    proposed: dict[int, Float],
    found: dict[int, float],
    scores: dict[int, float],
) -> None:
    """The worst frames, some middling ones, and what the net makes of them."""
    order = sorted(found, key=lambda frame: found[frame])
    chosen = order[:8] + order[len(order) // 2 :: len(order) // 8][:4]
    rows = []
    with open_plate(plate) as reader:
        for shown in reader.frames(chosen):
            picture, frame = shown.picture.rgb8(), shown.frame
            truth, matte = truth_FHW[frame - plate.first_frame], proposed[frame]
            wrong = picture.copy()
            wrong[(matte > 0.5) & (truth <= 0.5)] = (255, 40, 40)
            wrong[(matte <= 0.5) & (truth > 0.5)] = (40, 90, 255)
            kept = (picture * matte[..., None]).astype(np.uint8)
            label = f"{frame} IoU {found[frame]:.3f} score {scores[frame]:.2f}"
            rows.append([(label, picture), ("what stays", kept), ("too much red, too little blue", wrong)])
    sheet = contact_sheet([[*a, *b] for a, b in zip(rows[::2], rows[1::2], strict=True)])
    cv2.imwrite(str(target), sheet[..., ::-1])


if __name__ == "__main__":
    torch.set_num_interop_threads(1)
    main()
