"""How quickly a 4K EXR sequence is read: against the library alone, all in one run.

    python -m tests.bench.bench_sequences --frames 12

Half float, ZIP, ramps with grain, 4096x2160 unless said otherwise. Every road is taken in turn, several
times; the table gives the median. The files lie in the page cache.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import OpenEXR
import OpenImageIO as oiio

from understudy.domain.shot import Plate
from understudy.media.sequence_report import sequence_report
from understudy.media.video import open_plate
from understudy.media.warm_plates import WarmPlates


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--frames", type=int, default=12)
    parser.add_argument("--width", type=int, default=4096)
    parser.add_argument("--height", type=int, default=2160)
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = write_plate(folder, asked.frames, asked.width, asked.height)
        started = time.perf_counter()
        plate = sequence_report(str(folder)).plate
        examined_s = time.perf_counter() - started
        roads: dict[str, Callable[[], None]] = {
            "OpenEXR, read": lambda: read_bare(files),
            "OpenEXR, read and write": lambda: read_and_write(files, folder / "out"),
            "OpenImageIO, read": lambda: read_by_openimageio(files),
            "Understudy, end to end": lambda: read_all(plate),
            "Understudy, single frames": lambda: read_singly(plate),
        }
        (folder / "out").mkdir()
        took: dict[str, list[float]] = {road: [] for road in roads}
        for _ in range(asked.repeats):
            for road, go in roads.items():
                took[road].append(timed(go))
        show(took, asked.frames, examined_s, sum(path.stat().st_size for path in files))


def show(took: dict[str, list[float]], frames: int, examined_s: float, size: int) -> None:
    rates = {road: frames / statistics.median(times) for road, times in took.items()}
    print(f"{frames} frames of {size / frames / (1 << 20):.1f} MiB, {os.cpu_count()} processors; shares of")
    print(f"{'':50}{'reading':>11}{'and writing':>13}")
    for road, rate in rates.items():
        shares = (rate / rates[bare] for bare in ("OpenEXR, read", "OpenEXR, read and write"))
        print(f"{road:28} {rate:6.2f} frames a second" + "".join(f"{share:11.2f}" for share in shares))
    print(f"{'examined at ingest':28} {frames / examined_s:6.2f} frames a second")


def write_plate(folder: Path, frames: int, width: int, height: int) -> list[Path]:
    rng = np.random.default_rng(0)
    ramp = np.linspace(0, 4, width)[None, :, None] * np.linspace(0.2, 1, height)[:, None, None]
    files = []
    for number in range(1001, 1001 + frames):
        grain = rng.normal(0, 0.01, (height, width, 1)).astype(np.float32)
        pixels = np.repeat(ramp + grain, 3, axis=2).astype(np.float16)
        files.append(folder / f"plate.{number}.exr")
        OpenEXR.File(header(), {"RGB": pixels}).write(str(files[-1]))
    return files


def header() -> dict[str, object]:
    return {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}


def read_bare(files: list[Path]) -> None:
    for path in files:
        with OpenEXR.File(str(path)) as file:
            assert file.parts[0].channels["RGB"].pixels.size


def read_and_write(files: list[Path], folder: Path) -> None:
    for path in files:
        with OpenEXR.File(str(path)) as file:
            file.write(str(folder / path.name))


def read_by_openimageio(files: list[Path]) -> None:
    for path in files:
        file = oiio.ImageInput.open(str(path))
        assert file.read_image(0, 0, 0, 3, oiio.HALF) is not None
        file.close()


def read_all(plate: Plate) -> None:
    with open_plate(plate) as reader:
        for item in reader.frames(plate.frames):
            assert item.picture.nbytes


def read_singly(plate: Plate) -> None:
    warm = WarmPlates()
    for frame in plate.frames:
        assert warm.picture(plate, frame, passing=True).nbytes


def timed(go: Callable[[], None]) -> float:
    started = time.perf_counter()
    go()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
