"""How quickly a take is measured frame by frame, on one core, with and without the likeness.

    python -m tests.bench.bench_measure                    the demo's plate, 640x360, 120 frames
    python -m tests.bench.bench_measure --frames 48 --rounds 1

The take shows the true replacement inside the face's hull, so every network finds the face it looks for.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
from tests.test_measure import faces_of as faces_of_readings
from tests.test_measure import read_all, solved_of, write_take

from understudy.domain.measures import load_measures
from understudy.faces.face_models import FaceModels
from understudy.media.video import probe
from understudy.model_files import ModelFiles
from understudy.stages.measure import measure

ROOT = Path(__file__).resolve().parent.parent.parent
FOOTAGE = ROOT / "demo" / "footage"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--frames", type=int, default=120)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    cv2.setNumThreads(1)
    files = ModelFiles(Path(os.environ.get("UNDERSTUDY_MODELS", ROOT / ".cache" / "models")))
    models = FaceModels.load(files, threads=1)
    plate, true = probe(FOOTAGE / "rowan_plate.mov"), probe(FOOTAGE / "rowan_plate_true.mov")
    found = faces_of_readings(read_all(models, FOOTAGE / "rowan_plate.mov"))
    faces = found.select(found.frame < plate.first_frame + given.frames)
    donor = faces_of_readings(read_all(models, FOOTAGE / "mira_learn.mov", 24))
    nobody = faces.select(np.zeros(len(faces), bool))
    frames = tuple(int(frame) for frame in faces.frame)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_take(folder / "take", plate, true, faces)
        print(f"{plate.width}x{plate.height}, {len(frames)} frames, one thread")
        for label, performer, other in (("with likeness", faces, donor), ("without", nobody, None)):
            rates, cpu_rates = [], []
            for _ in range(given.rounds):
                start, cpu_start = time.perf_counter(), time.process_time()
                measure(
                    plate, solved_of(faces), folder / "take", frames, track=0, performer=performer,
                    donor=other, models=models, title="bench", folder=folder / "out", worst=10, marked=False,
                    emit=lambda event: None, stopping=lambda: False,
                )  # fmt: skip
                rates.append(len(frames) / (time.perf_counter() - start))
                cpu_rates.append(len(frames) / (time.process_time() - cpu_start))
            measures = load_measures(folder / "out" / "measures.safetensors")
            every = measures.facts["likeness_every"]
            print(
                f"  {label:14s} {statistics.median(rates):5.1f} frames/s, "
                f"{statistics.median(cpu_rates):5.1f} frames per second of CPU; median trouble "
                f"{float(np.median(measures.trouble)):.2f}"
                + (f"; likeness in one frame of {every}" if every else "")
            )


if __name__ == "__main__":
    main()
