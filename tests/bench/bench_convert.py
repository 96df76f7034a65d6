"""How quickly a shot is converted and delivered, against encoding alone, and whether memory grows with it.

    python -m tests.bench.bench_convert                    1920x1080 and 640x360, `original`, H.264 delivery
    python -m tests.bench.bench_convert --sizes 1920x1080 --frames 96 --rounds 3
    python -m tests.bench.bench_convert --memory           peak memory of 2000 frames against 200

The plate is drawn (an oval with features and grain), the network has random weights.
Encoding alone decodes the same plate and encodes it with the same writer and settings. Both are timed in turn
in one run, and the ratio is taken round by round.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from tests.drawn_plates import drawn_plate
from tests.drawn_takes import drawn_swapper

from understudy.config import ConvertConfig, DeliverConfig
from understudy.domain.face import ShotFaces, load_faces, save_faces
from understudy.domain.shot import Plate
from understudy.media.movie import MovieSpec, MovieWriter
from understudy.media.video import open_plate, probe
from understudy.networks.checkpoint import LoadedSwapper
from understudy.networks.inference import FaceDrawer
from understudy.solve import solve
from understudy.stages.convert.binding import Binding
from understudy.stages.convert.conversion import convert
from understudy.stages.convert.fingerprint import frame_fingerprints
from understudy.stages.deliver import deliver

FACE_SHARE_OF_HEIGHT = 0.4
DELIVERY = DeliverConfig(movies=("h264",), contact_sheet=False)


def random_swapper(family: str) -> LoadedSwapper:
    size_px = 64 if family == "original" else 96
    return drawn_swapper(family, size_px=size_px, people=("performer", "donor"))


def encode_only(plate: Plate, target: Path) -> None:
    """Decode and encode with the delivery's writer and settings, nothing else."""
    spec = MovieSpec(
        codec="h264",
        width=plate.width,
        height=plate.height,
        rate=plate.rate,
        colour=plate.colour,
        x264_crf=DELIVERY.x264_crf,
        x264_preset=DELIVERY.x264_preset,
    )
    with open_plate(plate) as reader, MovieWriter(target, spec) as writer:
        for decoded in reader.frames(plate.frames):
            writer.write(decoded.picture)


def convert_only(plate: Plate, faces: ShotFaces, swapper: LoadedSwapper, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    solved, config = solve(faces, [], frames=plate.frames), ConvertConfig(device="cpu")
    frames = tuple(plate.frames)
    convert(
        plate,
        solved,
        {0: Binding(person_id="donor", swapper=swapper, person_index=1)},
        config,
        frames,
        folder,
        fingerprints=frame_fingerprints(plate, solved, {0: ("donor", "c1")}, config, frames, {}),
        layers={},
        emit=lambda event: None,
        stopping=lambda: False,
    )


def deliver_only(plate: Plate, take: Path, folder: Path) -> None:
    deliver(
        plate,
        take,
        tuple(plate.frames),
        DELIVERY,
        folder,
        title="bench",
        marked=False,
        people=("donor",),
        emit=lambda event: None,
        stopping=lambda: False,
    )


def seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def timed(work: Callable[[], None]) -> tuple[float, float]:
    """Seconds by the clock, and of processor time over all threads."""
    cpu = time.process_time()
    wall = seconds(work)
    return wall, time.process_time() - cpu


def measure_rate(size: str, *, family: str, frames: int, rounds: int, grain: float, scratch: Path) -> None:
    width, height = (int(side) for side in size.split("x"))
    face_px = height * FACE_SHARE_OF_HEIGHT
    plate, faces = drawn_plate(
        scratch / f"{size}.mp4",
        frames=frames,
        size_wh=(width, height),
        face_height_px=face_px,
        crf=14,
        grain_codes=grain,
    )
    swapper = random_swapper(family)
    draw_rate(swapper)
    print(f"{size}, {frames} frames, face {face_px:.0f} px, grain {grain:g}, {family}")
    print(
        "  frames/s: encode only, convert, deliver, both | share by the clock, by CPU time | CPU ms a frame"
    )
    rates, shares, cpu_shares = [], [], []
    for _ in range(rounds):
        alone = timed(lambda: encode_only(plate, scratch / "alone.mp4"))
        converting = timed(lambda: convert_only(plate, faces, swapper, scratch / "take"))
        delivering = timed(lambda: deliver_only(plate, scratch / "take", scratch / "delivery"))
        both = converting[0] + delivering[0], converting[1] + delivering[1]
        rates.append(frames / both[0])
        shares.append(alone[0] / both[0])
        cpu_shares.append(alone[1] / both[1])
        wall = "  ".join(f"{frames / part[0]:6.1f}" for part in (alone, converting, delivering, both))
        cpu = " ".join(f"{part[1] / frames * 1e3:.0f}" for part in (alone, converting, delivering))
        print(f"  {wall} | {shares[-1]:.0%}, {cpu_shares[-1]:.0%} | {cpu}")
    print(
        f"  median: {statistics.median(rates):.1f} frames/s; of encoding alone "
        f"{statistics.median(shares):.0%} by the clock, {statistics.median(cpu_shares):.0%} by CPU time"
    )


def draw_rate(swapper: LoadedSwapper, *, batch: int = 16) -> None:
    """Arithmetic rate of the network against a matrix product of the same precision, one thread."""
    from torch.utils.flop_counter import FlopCounterMode

    drawer = FaceDrawer(swapper, [1], batch=batch, draw_mask=False)
    size = swapper.card.size_px
    crops = torch.rand(batch, size, size, 3).numpy()
    decoder = swapper.model.decoders[1]
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        code = swapper.model.encoder(torch.from_numpy(crops).permute(0, 3, 1, 2))
        (decoder.picture if swapper.card.family == "original" else decoder)(code)  # type: ignore[operator]
    best = min(seconds(lambda: drawer.draw(crops, 1)) for _ in range(4))
    rate = counter.get_total_flops() / best / 1e9
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    matrix = torch.randn(2048, 2048, dtype=drawer.dtype)
    ceiling = 2 * 2048**3 / min(seconds(lambda: torch.mm(matrix, matrix)) for _ in range(6)) / 1e9
    torch.set_num_threads(threads)
    print(
        f"drawing: {best / batch * 1e3:.1f} ms a crop, {rate:.0f} GFLOP/s on one thread in {drawer.dtype}; "
        f"matrix product {ceiling:.0f} GFLOP/s ({rate / ceiling:.0%})"
    )


def peak_of(frames: int, scratch: Path) -> float:
    """Peak memory in MiB of a fresh process that converts and delivers so many frames."""
    plate, faces = drawn_plate(
        scratch / f"{frames}.mp4", frames=frames, size_wh=(320, 180), face_height_px=72
    )
    save_faces(faces, scratch / f"{frames}.safetensors")
    command = [sys.executable, "-m", "tests.bench.bench_convert", "--one-run", plate.path]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout.split()[-1])


def one_run(movie: Path) -> None:
    plate, faces = probe(movie), load_faces(movie.with_suffix(".safetensors"))
    convert_only(plate, faces, random_swapper("quick"), movie.with_suffix(".take"))
    deliver_only(plate, movie.with_suffix(".take"), movie.with_suffix(".delivery"))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", nargs="+", default=["1920x1080", "640x360"])
    parser.add_argument("--family", choices=["original", "quick"], default="original")
    parser.add_argument("--frames", type=int, default=72)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--grain", type=float, default=2.0, help="noise of the plate in 8-bit codes")
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--one-run", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.one_run:
        one_run(chosen.one_run)
        return
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        if chosen.memory:
            few, many = peak_of(200, scratch), peak_of(2000, scratch)
            print(
                f"peak memory: 200 frames {few:.0f} MiB, 2000 frames {many:.0f} MiB ({many / few - 1:+.1%})"
            )
            return
        for size in chosen.sizes:
            measure_rate(
                size,
                family=chosen.family,
                frames=chosen.frames,
                rounds=chosen.rounds,
                grain=chosen.grain,
                scratch=scratch,
            )


if __name__ == "__main__":
    main()
