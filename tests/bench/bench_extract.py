"""How fast a clip is extracted, and how much of it has a face: python tests/bench/bench_extract.py CLIP"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from understudy.config import ExtractConfig
from understudy.domain.face import NO_TRACK
from understudy.faces.face_models import FaceModels
from understudy.media.video import open_plate
from understudy.model_files import ModelFiles
from understudy.stages.extract import extract
from understudy.stages.ingest import ingest


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--models", type=Path, default=Path(".cache/models"))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--engine", choices=["mesh", "face-alignment"], default="mesh")
    parser.add_argument("--pixel-aspect", type=float, default=1.0, help="As if the pixels were so wide.")
    parser.add_argument("--frames", type=int, help="Only so many.")
    arguments = parser.parse_args()
    cv2.setNumThreads(arguments.threads)
    models = FaceModels.load(
        ModelFiles(arguments.models),
        device=arguments.device,
        threads=arguments.threads,
        engine=arguments.engine,
    )
    plate = ingest(arguments.clip)
    if arguments.frames:
        plate = replace(plate, last_index=min(plate.last_index, plate.first_index + arguments.frames - 1))
    began = time.perf_counter()
    with open_plate(plate) as reader:
        faces = extract(
            reader.frames(plate.frames),
            models,
            ExtractConfig(),
            frame_range=plate.frames,
            emit=lambda event: None,
            stopping=lambda: False,
            pixel_aspect=arguments.pixel_aspect,
        )
    seconds = time.perf_counter() - began
    count = len(plate.frames)
    seen = np.unique(faces.frame[(faces.track != NO_TRACK) & ~faces.filled])
    filled, aside = int(faces.filled.sum()), int((faces.track == NO_TRACK).sum())
    print(f"{arguments.clip.name}: {plate.width}x{plate.height}, {count} frames in {seconds:.1f} s")
    print(f"  {count / seconds:.1f} frames/s with decoding, {arguments.threads} threads, {arguments.device}")
    print(f"  a tracked face seen in {100 * len(seen) / count:.2f} % of the frames, {filled} filled")
    print(f"  {len(faces.tracks)} tracks, {len(faces.cuts)} cuts, {aside} faces set aside")


if __name__ == "__main__":
    main()
