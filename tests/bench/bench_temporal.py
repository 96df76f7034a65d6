"""How steady a finished face is, beside the true replacement, and what steadying costs in sharpness.

    python -m tests.bench.bench_temporal               the demo's plate as it is, and with sensor noise
    python -m tests.bench.bench_temporal --smooth      alignments smoothed first, as an artist would
    python -m tests.bench.bench_temporal --cost        milliseconds a frame of every step, one thread

Needs a finished demo (`make demo`): its newest model draws the faces. The noisy plate is the demo's with
seeded Gaussian noise, kept as ProRes, extracted and drawn anew. Everything runs through the real `convert`.

warping: RMS in codes of a frame and its predecessor carried along by the flow of the clean plate, inside the
true matte. sharpness: RMS of the Laplacian there. brought in: frame-to-frame change, carried along, of what
the noise changed in the picture; nothing but shimmer or grain is in it.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch

from understudy.config import ConvertConfig, ExtractConfig
from understudy.domain.edit import SmoothAlignments
from understudy.domain.edit_stack import EditEntry
from understudy.domain.frame import Rect
from understudy.domain.shot import Plate
from understudy.domain.solved import SolvedShot
from understudy.evaluate.metrics import backward_flow, flicker, mean_colour, sharpness, warping_error
from understudy.faces.face_models import FaceModels
from understudy.media.composite import composite
from understudy.media.layers import layers_path, read_layers
from understudy.media.movie import MovieSpec, MovieWriter
from understudy.media.texture import match_texture, measure_texture
from understudy.media.video import open_plate, probe
from understudy.model_files import ModelFiles
from understudy.networks.checkpoint import load_swapper
from understudy.solve import solve
from understudy.stages.convert.binding import Binding
from understudy.stages.convert.conversion import convert
from understudy.stages.convert.temporal import SteadyInput, steady
from understudy.stages.extract import extract

Float = npt.NDArray[np.float32]

ROOT = Path(__file__).resolve().parent.parent.parent
OFF = ConvertConfig(temporal=0, grain=0, sharpen=0, motion_blur=0)
TAKES = {
    "unsmoothed": OFF,
    "temporal 0.5": replace(OFF, temporal=0.5),
    "temporal 1": replace(OFF, temporal=1.0),
    "temporal 1, sharpen 1": replace(OFF, temporal=1.0, sharpen=1.0),
    "temporal 1, grain 1": replace(OFF, temporal=1.0, grain=1.0),
    "temporal, grain, motion blur 1, sharpen 0.5": replace(
        OFF, temporal=1.0, grain=1.0, motion_blur=1.0, sharpen=0.5
    ),
    "as delivered (the defaults)": ConvertConfig(),
}
_MARGIN_PX = 24


@dataclass(frozen=True, kw_only=True)
class Judge:
    """What every version of the shot is judged by: the true matte, and the flow of the clean plate."""

    rect: Rect
    mattes_Nhw: Float
    flows: tuple[Float, ...]  # from each frame but the first to the one before

    def warping(self, frames_Nhw3: Float) -> float:
        errors = [
            warping_error(frames_Nhw3[n], frames_Nhw3[n + 1], flow, self.mattes_Nhw[n + 1])
            for n, flow in enumerate(self.flows)
        ]
        return float(np.mean(errors))

    def sharpness(self, frames_Nhw3: Float) -> float:
        pairs = zip(frames_Nhw3, self.mattes_Nhw, strict=True)
        return float(np.mean([sharpness(picture, matte) for picture, matte in pairs]))

    def flicker(self, frames_Nhw3: Float) -> float:
        pairs = zip(frames_Nhw3, self.mattes_Nhw, strict=True)
        return flicker(np.stack([mean_colour(picture, matte) for picture, matte in pairs]))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--demo", type=Path, default=ROOT / "demo")
    parser.add_argument("--models", type=Path, default=ROOT / ".cache" / "models")
    parser.add_argument("--frames", type=int, default=120)
    parser.add_argument("--noise", type=float, default=2.5, help="Sigma of the sensor noise, 8-bit codes.")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--smooth", action="store_true", help="Smooth the alignments first.")
    parser.add_argument("--cost", action="store_true", help="Only time the steps.")
    arguments = parser.parse_args()
    cv2.setNumThreads(arguments.threads)
    torch.set_num_threads(arguments.threads)
    if arguments.cost:
        print_costs()
        return
    footage: Path = arguments.demo / "footage"
    clean, numbers = probe(footage / "rowan_plate.mov"), range(1001, 1001 + arguments.frames)
    judge, plate = judged(clean, footage / "rowan_plate_matte.mkv", numbers)
    true = read(probe(footage / "rowan_plate_true.mov"), numbers, judge.rect)
    drawing = Drawing(arguments.demo, arguments.models, arguments.threads, smooth=arguments.smooth)
    with tempfile.TemporaryDirectory() as scratch:
        takes = drawing.takes(clean, numbers, judge.rect, Path(scratch) / "clean")
        print_table("the demo's plate as it is", judge, {"plate": plate, "true replacement": true}, takes)
        noisy_path = Path(scratch) / "noisy.mov"
        add_noise(clean, noisy_path, arguments.noise, arguments.seed)
        noisy = probe(noisy_path)
        noisy_plate = read(noisy, numbers, judge.rect)
        with_noise = np.clip(true + noisy_plate - plate, 0, 1)
        noisy_takes = drawing.takes(noisy, numbers, judge.rect, Path(scratch) / "noisy")
        print_table(
            f"with sensor noise of {arguments.noise:g} codes, extracted and drawn anew",
            judge,
            {"plate": noisy_plate, "true replacement": true, "true replacement with that noise": with_noise},
            noisy_takes,
            without_noise={"plate": plate, "true replacement with that noise": true, **takes},
        )


def judged(clean: Plate, matte: Path, numbers: Sequence[int]) -> tuple[Judge, Float]:
    """The judge, and the clean plate's pictures in the region that is judged."""
    whole = Rect(0, 0, clean.width, clean.height)
    mattes = read(probe(matte), numbers, whole)[..., 1]
    box = cv2.boundingRect((mattes.max(axis=0) > 0.02).astype(np.uint8))
    rect = Rect(*box).expand(_MARGIN_PX).intersect(whole)
    inside = mattes[:, rect.y : rect.y1, rect.x : rect.x1]
    plate = read(clean, numbers, rect)
    flows = tuple(backward_flow(plate[n + 1], plate[n]) for n in range(len(plate) - 1))
    return Judge(rect=rect, mattes_Nhw=np.ascontiguousarray(np.clip(inside, 0, 1)), flows=flows), plate


def read(plate: Plate, numbers: Sequence[int], rect: Rect) -> Float:
    with open_plate(plate) as reader:
        return np.stack([item.picture.region(rect) for item in reader.frames(numbers)])


def add_noise(clean: Plate, target: Path, codes: float, seed: int) -> None:
    random = np.random.default_rng(seed)
    whole = Rect(0, 0, clean.width, clean.height)
    spec = MovieSpec(
        codec="prores422hq", width=clean.width, height=clean.height, rate=clean.rate, colour=clean.colour
    )
    with open_plate(clean) as reader, MovieWriter(target, spec) as writer:
        for item in reader.frames(clean.frames):
            rgb_HW3 = item.picture.region(whole)
            noise = random.standard_normal(rgb_HW3.shape, dtype=np.float32) * np.float32(codes / 255)
            everywhere = np.ones(rgb_HW3.shape[:2], bool)
            writer.write(item.picture.with_region(whole, rgb_HW3 + noise, everywhere))


class Drawing:
    """The demo's newest model, and what it takes to convert a plate with it."""

    def __init__(self, demo: Path, models: Path, threads: int, *, smooth: bool) -> None:
        found = sorted(demo.glob("out/models/*/best.safetensors"))
        if not found:
            raise SystemExit(f"{demo}/out holds no model; run `make demo` first")
        self._swapper = load_swapper(found[-1], torch.device("cpu"), threads=threads)
        self._models = FaceModels.load(ModelFiles(models), device="cpu", threads=threads)
        self._threads, self._smooth = threads, smooth

    def takes(self, plate: Plate, numbers: Sequence[int], rect: Rect, folder: Path) -> dict[str, Float]:
        """The finished shot in `rect`, for every settings in `TAKES`."""
        solved = self._solved(plate)
        return {
            name: self._take(plate, solved, config, numbers, rect, folder / str(n))
            for n, (name, config) in enumerate(TAKES.items())
        }

    def _solved(self, plate: Plate) -> SolvedShot:
        with open_plate(plate) as reader:
            faces = extract(
                reader.frames(plate.frames),
                self._models,
                ExtractConfig(),
                frame_range=plate.frames,
                emit=lambda event: None,
                stopping=lambda: False,
            )
        edits = [smoothing_edit()] if self._smooth else []
        return solve(faces, edits, frames=plate.frames)

    def _take(
        self,
        plate: Plate,
        solved: SolvedShot,
        config: ConvertConfig,
        numbers: Sequence[int],
        rect: Rect,
        folder: Path,
    ) -> Float:
        binding = Binding(person_id="donor", swapper=self._swapper, person_index=1)
        convert(
            plate,
            solved,
            {solved.faces.tracks[0]: binding},
            replace(config, device="cpu", threads=self._threads),
            tuple(numbers),
            folder,
            fingerprints=dict.fromkeys(numbers, "00" * 32),
            layers={},
            emit=lambda event: None,
            stopping=lambda: False,
        )
        with open_plate(plate) as reader:
            finished = (
                composite(item.picture, read_layers(layers_path(folder, item.frame)))
                for item in reader.frames(numbers)
            )
            return np.stack([picture.region(rect) for picture in finished])


def smoothing_edit() -> EditEntry:
    return EditEntry(revision=1, author="bench", at="2026-01-01T00:00:00Z", action=SmoothAlignments())


def print_table(
    title: str,
    judge: Judge,
    floors: dict[str, Float],
    takes: dict[str, Float],
    *,
    without_noise: dict[str, Float] | None = None,
) -> None:
    """One row a version: the floors, the truth as soft as the result, and the takes."""
    unsmoothed = takes["unsmoothed"]
    true, sharp = judge.warping(floors["true replacement"]), judge.sharpness(unsmoothed)
    of_plate = judge.sharpness(floors["plate"])
    soft = as_sharp_as(floors["true replacement"], sharp, judge.sharpness)
    versions = {**floors, "true replacement, as soft as unsmoothed": soft, **takes}
    print(f"\n{title}, {len(unsmoothed)} frames")
    heads = ("warping", "x true", "sharpness", "x unsmoothed", "x plate", "flicker", "brought in")
    print(f"{'':44}" + "".join(f"{head:>13}" for head in heads))
    for name, frames in versions.items():
        warping, detail = judge.warping(frames), judge.sharpness(frames)
        cells = [warping, warping / true, detail, detail / sharp, detail / of_plate, judge.flicker(frames)]
        if without_noise is not None and name in without_noise:
            cells.append(judge.warping(np.asarray((frames - without_noise[name]) + 0.5, np.float32)))
        print(f"{name:44}" + "".join(f"{cell:13.3f}" for cell in cells))


def as_sharp_as(frames_Nhw3: Float, wanted: float, measure: Callable[[Float], float]) -> Float:
    """The pictures blurred until they are no sharper than `wanted`."""
    low, high = 0.0, 4.0
    for _ in range(12):
        sigma = (low + high) / 2
        sharper = measure(blurred(frames_Nhw3, sigma)) > wanted
        low, high = (sigma, high) if sharper else (low, sigma)
    return blurred(frames_Nhw3, high)


def blurred(frames_Nhw3: Float, sigma: float) -> Float:
    return np.stack([cv2.GaussianBlur(picture, (0, 0), sigma) for picture in frames_Nhw3])


def print_costs() -> None:
    """Made-up pictures: the steps cost the same whatever they show."""
    random = np.random.default_rng(1)
    print("steadying a face, 3 frames to either side, ms a frame")
    for size in (64, 96, 128, 256):
        inputs = list(moving_inputs(random, size))
        print(f"  network of {size} px: {milliseconds(lambda i=inputs: steady(i[3], i, 1.0)):.0f}")  # type: ignore[misc]
    noise = random.standard_normal((500, 520, 3), dtype=np.float32)
    plate = np.asarray(0.5 + 0.1 * cv2.GaussianBlur(noise, (0, 0), 8) + noise * 0.01, np.float32)
    face, matte = (
        np.asarray(cv2.GaussianBlur(plate, (0, 0), 2.0), np.float32),
        np.zeros((500, 520), np.float32),
    )
    cv2.ellipse(matte, (260, 250), (170, 215), 0, 0, 360, 1.0, -1)
    print("texture of a face 430 px high in a 1080p plate, ms a frame")
    for motion, velocity in (("at rest", (0.0, 0.0)), ("moving", (6.0, 2.0))):
        texture = measure_texture(face, plate, matte, velocity_px=velocity)
        measured = milliseconds(lambda v=velocity: measure_texture(face, plate, matte, velocity_px=v))  # type: ignore[misc]
        put = milliseconds(
            lambda t=texture: match_texture(face, t, grain=1, sharpen=1, motion_blur=1, frame=1, track=0)  # type: ignore[misc]
        )
        print(f"  {motion}: measured {measured:.0f}, put on {put:.0f}")


def moving_inputs(random: np.random.Generator, size: int) -> Iterator[SteadyInput]:
    texture = cv2.GaussianBlur(random.random((size + 16, size + 16, 3), dtype=np.float32), (0, 0), 2.0)
    landmarks = random.random((478, 2)) * size
    for frame in range(7):
        crop = np.ascontiguousarray(texture[frame : frame + size, frame : frame + size])
        yield SteadyInput(frame=frame, crop_SS3=crop, raw_SS3=crop, mask_SS=None, landmarks_K2=landmarks)


def milliseconds(work: Callable[[], object], *, rounds: int = 5) -> float:
    """The best of some rounds, after one to warm up."""
    times = []
    for _ in range(rounds + 1):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return min(times[1:]) * 1e3


if __name__ == "__main__":
    main()
