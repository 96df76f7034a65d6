"""How quickly finished film frames are delivered, against reading and writing their files and nothing else.

    python -m tests.bench.bench_film                     4096x2160 half ZIP, a face of 600 px
    python -m tests.bench.bench_film --compression piz --frames 8 --rounds 3
    python -m tests.bench.bench_film --convert           the conversion of such a face before it, too
    python -m tests.bench.bench_film --prores            1080p ProRes 4444: decode, light, codes again

The plate is drawn (ramps and noise), the network has random weights. The bare rate is that of OpenEXR reading
the same files whole and writing them again, one after the other and by two threads. All are timed in turn in
one run; shares are taken round by round.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt
import OpenEXR
from tests.drawn_plates import exact_faces, mesh_in_plate
from tests.drawn_takes import drawn_swapper

from understudy.config import ConvertConfig, DeliverConfig
from understudy.domain.face import ShotFaces
from understudy.domain.frame import ColourTags, Rect
from understudy.domain.shot import Plate
from understudy.media.colour import from_linear, to_linear
from understudy.media.layers import FaceLayers, FacePatch, layers_path, write_layers
from understudy.media.movie import MovieSpec, MovieWriter
from understudy.media.picture import FULL, YuvPicture
from understudy.media.sequence_files import file_of
from understudy.media.video import open_plate
from understudy.solve import solve
from understudy.stages.convert.binding import Binding
from understudy.stages.convert.conversion import convert
from understudy.stages.convert.fingerprint import frame_fingerprints
from understudy.stages.deliver import deliver
from understudy.stages.ingest import ingest

FACE_PX = 600
DELIVERY = DeliverConfig(movies=(), contact_sheet=False, frames=True)


def write_plate(folder: Path, frames: int, size_wh: tuple[int, int], compression: str) -> Plate:
    """Ramps with grain in scene-linear halfs, a lighter oval where the face is."""
    width, height = size_wh
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    ramp = 0.05 + 0.8 * x / width + 0.4 * y / height
    oval = ((x - width / 2) / (0.36 * FACE_PX)) ** 2 + ((y - height / 2) / (0.5 * FACE_PX)) ** 2 < 1
    ramp[oval] = 0.45
    folder.mkdir(parents=True)
    for index in range(frames):
        rng = np.random.default_rng(index)
        grain = rng.standard_normal((height, width, 3), np.float32) * np.float32(0.01)
        light = ramp[..., None] * np.array([1.0, 0.9, 0.8], np.float32) + grain
        header = {
            "compression": getattr(OpenEXR, f"{compression.upper()}_COMPRESSION"),
            "type": OpenEXR.scanlineimage,
            "framesPerSecond": Fraction(24),
        }
        OpenEXR.File(header, {"RGB": light.astype(np.float16)}).write(
            str(folder / f"plate.{1001 + index}.exr")
        )
    return ingest(folder / "plate.####.exr")


def write_take(folder: Path, plate: Plate) -> Path:
    """A soft patch of a face in every frame."""
    side = round(FACE_PX * 1.2)
    rect = Rect((plate.width - side) // 2, (plate.height - side) // 2, side, side)
    y, x = (np.mgrid[0:side, 0:side] - side / 2) / (side / 2)
    replaced = np.full((side, side, 4), 0.4, np.float16)
    replaced[..., 3] = np.clip((1 - np.hypot(x, y)) * 6, 0, 1)
    face = FacePatch(
        track=0, person_id="donor", raw_SS3=np.zeros((128, 128, 3), np.float16), matrix_23=np.eye(3)[:2]
    )
    for frame in plate.frames:
        layers = FaceLayers(
            frame=frame, rect=rect, replaced_HW4=replaced, matte_HW=replaced[..., 3], faces=(face,)
        )
        write_layers(
            layers,
            layers_path(folder, frame),
            display_window=plate.display_window,
            settings_sha256="s",
            people=("donor",),
        )
    return folder


def bare(plate: Plate, folder: Path, *, threads: int) -> None:
    """Every file read whole by OpenEXR and written again with the same compression."""
    folder.mkdir(parents=True, exist_ok=True)

    def one(index: int) -> None:
        with OpenEXR.File(str(file_of(plate, index)), num_threads=0) as file:
            part = file.parts[0]
            header = {"compression": part.header["compression"], "type": part.header["type"]}
            channels = {name: channel.pixels for name, channel in part.channels.items()}
        OpenEXR.File([OpenEXR.Part(header, channels, "")], num_threads=0).write(str(folder / f"{index}.exr"))

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(one, range(plate.file_frames)))


def ours(plate: Plate, take: Path, folder: Path) -> None:
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


def convert_all(plate: Plate, faces: ShotFaces, folder: Path) -> None:
    solved, config = solve(faces, [], frames=plate.frames), ConvertConfig(device="cpu")
    swapper, frames = drawn_swapper("quick", size_px=96, people=("performer", "donor")), tuple(plate.frames)
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


def faces_of(plate: Plate) -> ShotFaces:
    centre = plate.width / 2, plate.height / 2
    meshes = [mesh_in_plate(centre, FACE_PX, roll_deg=float(index % 3)) for index in range(plate.file_frames)]
    return exact_faces([(frame, 0) for frame in plate.frames], meshes)


def timed(work: Callable[[], None]) -> tuple[float, float]:
    """Seconds by the clock, and of processor time over all threads."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def measure(chosen: argparse.Namespace, scratch: Path) -> None:
    size_wh = tuple(int(side) for side in chosen.size.split("x"))
    plate = write_plate(scratch / "plate", chosen.frames, (size_wh[0], size_wh[1]), chosen.compression)
    take = write_take(scratch / "take", plate)
    print(f"{chosen.size} half {chosen.compression}, {chosen.frames} frames, a face of {FACE_PX} px")
    print("  frames/s: bare in turn, bare by two threads, delivered | share of these two, of CPU time")
    shares: dict[str, list[float]] = {"in turn": [], "two threads": [], "CPU": []}
    for number in range(chosen.rounds):
        turn = timed(lambda: bare(plate, scratch / "bare", threads=1))
        both = timed(lambda: bare(plate, scratch / "bare", threads=2))
        own = timed(lambda: ours(plate, take, scratch / f"out{number}"))  # noqa: B023
        shares["in turn"].append(turn[0] / own[0])
        shares["two threads"].append(both[0] / own[0])
        shares["CPU"].append(both[1] / own[1])
        rates = "  ".join(f"{chosen.frames / wall:5.2f}" for wall, _ in (turn, both, own))
        print(f"  {rates} | " + ", ".join(f"{values[-1]:.0%}" for values in shares.values()))
    print("  median share: " + ", ".join(f"{name} {statistics.median(v):.0%}" for name, v in shares.items()))
    if chosen.convert:
        converting = timed(lambda: convert_all(plate, faces_of(plate), scratch / "converted"))
        delivering = timed(lambda: ours(plate, scratch / "converted", scratch / "whole"))
        turn = timed(lambda: bare(plate, scratch / "bare", threads=1))
        print(
            f"  convert {chosen.frames / converting[0]:.2f} frames/s, deliver "
            f"{chosen.frames / delivering[0]:.2f}, both "
            f"{chosen.frames / (converting[0] + delivering[0]):.2f}; bare {chosen.frames / turn[0]:.2f}"
        )


def measure_prores(scratch: Path) -> None:
    """Decode, linear light and back over the whole picture; counts the codes that came out otherwise."""
    width, height, frames = 1920, 1080, 6
    tags = ColourTags(primaries="bt709", transfer="bt709", matrix="bt709")
    rng = np.random.default_rng(0)
    planes = [rng.integers(150, 850, (height, width)).astype(np.uint16) for _ in range(3)]
    picture = YuvPicture(
        y_HW=planes[0],
        u_hw=planes[1],
        v_hw=planes[2],
        bit_depth=10,
        siting_x=FULL,
        siting_y=FULL,
        colour=tags,
    )
    spec = MovieSpec(codec="prores4444", width=width, height=height, rate=Fraction(24), colour=tags)
    with MovieWriter(scratch / "a.mov", spec) as writer:
        for _ in range(frames):
            writer.write(picture)
    plate = ingest(scratch / "a.mov")
    whole, everywhere, other = Rect(0, 0, width, height), np.ones((height, width), bool), 0
    begun = time.perf_counter()
    for decoded in open_plate(plate).frames(plate.frames):
        was = decoded.picture
        now = was.with_region(whole, from_linear(to_linear(was.region(whole), tags), tags), everywhere)
        other += sum(int((a != b).sum()) for a, b in zip(_planes(was), _planes(now), strict=True))
    rate = frames / (time.perf_counter() - begun)
    print(f"1080p ProRes 4444, every pixel to light and back: {rate:.2f} frames/s, {other} codes differ")


def _planes(picture: object) -> list[npt.NDArray[np.unsignedinteger]]:
    assert isinstance(picture, YuvPicture)
    return [picture.y_HW, picture.u_hw, picture.v_hw]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", default="4096x2160")
    parser.add_argument("--frames", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--compression", default="zip", choices=["zip", "zips", "piz", "rle", "dwaa"])
    parser.add_argument("--convert", action="store_true")
    parser.add_argument("--prores", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        if chosen.prores:
            measure_prores(Path(name))
        else:
            measure(chosen, Path(name))


if __name__ == "__main__":
    main()
