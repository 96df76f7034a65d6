"""How well one key is carried past two skin-coloured fingers: python tests/bench/bench_propagate.py

The synthetic plate, 640x360 with sensor noise; the fingers drawn on one frame as shapes, carried 24 frames
each way. IoU is of the visible face: the true face less the carried fingers, against the truth. Beside it:
the hull of the true landmarks with nothing cut out, and plain flow from frame to frame. Every pair of figures
is the mean and the worst frame.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from occluded_plates import FIRST, FOOTAGE, occluded_shot

from understudy.config import PropagateConfig
from understudy.demo.occluder import OccludedClip, bounced, make_occluded_clip
from understudy.demo.truth import Truth, load_truth, truth_path
from understudy.domain.frame import Rect
from understudy.domain.shot import Plate
from understudy.domain.solved import SolvedShot
from understudy.matte.carry import grey_of
from understudy.matte.drawing import keep_and_cut
from understudy.matte.flow import pixel_places, sample
from understudy.matte.hull import hull_matte
from understudy.matte.layer import read_layer
from understudy.media.video import open_plate
from understudy.stages.ingest import ingest
from understudy.stages.propagate import propagate

Float = npt.NDArray[np.float32]
SEEDS = (1, 2, 3)
KEYS = (40, 62, 90)
REACH = 24
NOISE_CODES = 1.5
PLAYED = load_truth(truth_path(FOOTAGE / "rowan_plate.mov"))


@dataclass(frozen=True)
class Scene:
    """One occluded clip with its truth; `face_NHW` is the face without fingers, `seen_NHW` what is left."""

    plate: Plate
    truth: Truth
    seed: int
    face_NHW: Float
    seen_NHW: Float
    covered_N: npt.NDArray[np.float64]
    leap: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="*", default=list(SEEDS))
    parser.add_argument("--keys", type=int, nargs="*", default=list(KEYS))
    parser.add_argument("--reach", type=int, default=REACH)
    parser.add_argument("--leap", type=int, default=1, help="let everything go so many times as fast")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--sheet", type=Path, help="a folder for contact sheets (PNG)")
    arguments = parser.parse_args()
    cv2.setNumThreads(arguments.threads)
    config = PropagateConfig(max_frames=arguments.reach, drift_limit=1.0, threads=arguments.threads)
    print("path  key  covered %   hull         plain flow   propagated   drift       ms/frame  told if < 0.9")
    pairs: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        for seed in arguments.seeds:
            scene = scene_of(Path(folder) / str(seed), seed, arguments.leap)
            for key in arguments.keys:
                pairs += _row(scene, key, config, Path(folder), arguments.sheet)
    _drift_table(pairs)


def scene_of(folder: Path, seed: int, leap: int) -> Scene:
    """Make and read a clip."""
    matte = FOOTAGE / "rowan_plate_matte.mkv"
    clip: OccludedClip = make_occluded_clip(
        FOOTAGE / "rowan_plate.mov", matte, folder, seed=seed, leap=leap, noise_codes=NOISE_CODES
    )
    plain = greys(matte)
    face = plain[[bounced(n * leap, len(plain)) for n in range(len(plain))]]
    truth = load_truth(clip.truth)
    return Scene(ingest(clip.plate), truth, seed, face, greys(clip.matte), clip.covered_N, leap)


def greys(path: Path) -> Float:
    """A grey movie, (N, H, W) 0..1."""
    with av.open(str(path)) as container:
        codes = np.stack([frame.to_ndarray(format="gray") for frame in container.decode(video=0)])
    return np.asarray(codes / np.float32(255), np.float32)


def iou(one: Float, other: Float) -> float:
    return float(np.minimum(one, other).sum() / max(float(np.maximum(one, other).sum()), 1e-6))


def _row(
    scene: Scene, key: int, config: PropagateConfig, folder: Path, sheet: Path | None
) -> list[tuple[float, float]]:
    solved = occluded_shot(scene.truth, [key], seed=scene.seed, played=PLAYED, leap=scene.leap)
    layer = folder / f"layer-{scene.seed}-{key}"
    began = time.process_time()
    outcome = propagate(
        scene.plate, solved, keys=(FIRST + key,), frames=(), source="cut", layers={}, config=config,
        folder=layer, people=(), emit=lambda event: None, stopping=lambda: False,
    )  # fmt: skip
    taken_s = time.process_time() - began
    window = scene.plate.display_window
    cuts = {frame: read_layer(layer, frame, window) for frame in outcome.frames}
    plain = dict(_plain(scene, solved, key, config.max_frames))
    ours, flow, hull = [], [], []
    for frame, cut in cuts.items():
        n = frame - FIRST
        ours.append(iou(scene.face_NHW[n] * (1 - cut), scene.seen_NHW[n]))
        flow.append(iou(scene.face_NHW[n] * (1 - plain[n]), scene.seen_NHW[n]))
        hull.append(iou(hull_matte(scene.truth.landmarks_NK2[n], (640, 360)), scene.seen_NHW[n]))
    drift = [outcome.scores[frame] for frame in cuts]
    told = [score > 0.5 for score, value in zip(drift, ours, strict=True) if value < 0.9]
    covered = scene.covered_N[[frame - FIRST for frame in cuts]] * 100
    hidden = f"{covered.min():3.0f} to {covered.max():2.0f}"
    print(
        f"{scene.seed:4}  {key:3}  {hidden}   {_both(hull)}  {_both(flow)}"
        f"  {_both(ours)}  {np.mean(drift):.2f} {max(drift):.2f}   {1000 * taken_s / len(cuts):4.0f}    "
        f"{f'{sum(told)} of {len(told)}' if told else 'none so low'}",
        flush=True,
    )
    if sheet is not None:
        _contact_sheet(scene, cuts, sheet / f"path{scene.seed}-key{key}.png")
    return list(zip(ours, drift, strict=True))


def _plain(scene: Scene, solved: SolvedShot, key: int, reach: int) -> Iterator[tuple[int, Float]]:
    """What a flow tool does: the matte pulled along from frame to frame."""
    window: Rect = scene.plate.display_window
    engine = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    places = pixel_places(window.height, window.width)
    with open_plate(scene.plate) as reader:
        for way in (1, -1):
            matte = keep_and_cut(solved.plan(FIRST + key), window)[1]
            before = grey_of(reader.frame(FIRST + key).picture.region(window))
            for step in range(1, reach + 1):
                n = key + way * step
                if FIRST + n not in scene.plate.frames:
                    break
                grey = grey_of(reader.frame(FIRST + n).picture.region(window))
                flow = np.asarray(engine.calc(grey, before, np.zeros_like(places)), np.float32)
                matte, before = sample(matte, places + flow), grey
                yield n, matte


def _both(values: list[float]) -> str:
    return f"{np.mean(values):.3f} {min(values):.3f}"


def _drift_table(pairs: list[tuple[float, float]]) -> None:
    print("\nIoU            frames   drift: mean  max")
    for low, high in ((0.98, 1.01), (0.95, 0.98), (0.9, 0.95), (0.0, 0.9)):
        inside = [drift for value, drift in pairs if low <= value < high]
        if inside:
            told = f"{np.mean(inside):.2f}  {max(inside):.2f}"
            print(f"{low:.2f} to {min(high, 1):.2f}   {len(inside):5}          {told}")


def _contact_sheet(scene: Scene, cuts: dict[int, Float], target: Path) -> None:
    """Every fourth frame with the carried matte's edge drawn in."""
    tiles = []
    with open_plate(scene.plate) as reader:
        for frame in list(cuts)[::4]:
            rgb = reader.frame(frame).picture.rgb8().copy()
            edges, _ = cv2.findContours(
                (cuts[frame] > 0.5).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE
            )
            cv2.drawContours(rgb, edges, -1, (60, 255, 60), 1)
            x, y, width, height = scene.truth.box_N4[frame - FIRST].astype(int)
            x, y = max(0, x + width // 2 - 110), max(0, y + height // 2 - 100)
            tiles.append(rgb[y : y + 220, x : x + 220])
    rows = [np.hstack(tiles[i : i + 6]) for i in range(0, len(tiles) - 5, 6)]
    target.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(target), cv2.cvtColor(np.vstack(rows), cv2.COLOR_RGB2BGR))


if __name__ == "__main__":
    main()
