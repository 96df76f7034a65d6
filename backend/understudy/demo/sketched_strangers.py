"""Strangers drawn by the quick renderer: many heads in minutes, to learn faces in general from.

    python -m understudy.demo.sketched_strangers --head-data DIR --out DIR [--people 12] [--pictures 40]

Writes `<name>/NNNN.png` with `<name>/NNNN.npz` (landmarks_K2) beside each, as `strangers` does with Blender.
They are other people than the rendered ones: another seed.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from understudy.domain.files import atomic_write, write_bytes

from .anchors import Anchors
from .head import HeadData, Person
from .people import starter_cast
from .performance import random_pose
from .portrait import Light, Surface, sitter, view, wall
from .rasteriser import Camera

SEED = 4048
SIDE_PX = 288
_CAMERA = Camera(
    width_px=SIDE_PX, height_px=SIDE_PX, scale_px=0.43 * SIDE_PX, centre_px=(SIDE_PX / 2, 0.54 * SIDE_PX),
    target=(0.0, 7.0, 0.0),
)  # fmt: skip


def sketch_stranger(surface: Surface, person: Person, folder: Path, *, number: int, pictures: int) -> None:
    """Draw one head `pictures` times, in any pose and light."""
    who, anchors = sitter(surface, person), Anchors.load()
    rng = np.random.default_rng([SEED, number])
    for n in range(pictures):
        pose = random_pose(100_000 + 10_000 * number + n)
        colour = rng.uniform(0.04, 0.3, 3)
        drawn = view(
            who, pose.expression, yaw_deg=pose.yaw_deg, pitch_deg=pose.pitch_deg, roll_deg=pose.roll_deg,
            camera=_CAMERA, light=_any_light(rng),
            backdrop_HW3=wall(_CAMERA, colour=(colour[0], colour[1], colour[2]), seed=1000 * number + n),
        )  # fmt: skip
        target = folder / f"{n:04d}.png"
        rgb = np.asarray(drawn.rgb_HW3 * 255 + 0.5, np.uint8)
        write_bytes(target, cv2.imencode(".png", rgb[..., ::-1])[1].tobytes())
        landmarks = _CAMERA.project(anchors.on(drawn.vertices_V3))[0]
        with atomic_write(target.with_suffix(".npz")) as temporary, temporary.open("wb") as stream:
            np.savez_compressed(stream, landmarks_K2=landmarks.astype(np.float32))


def _any_light(rng: np.random.Generator) -> Light:
    def towards() -> tuple[float, float, float]:
        return (float(rng.uniform(-0.9, 0.9)), float(rng.uniform(-0.1, 0.7)), 0.7)

    def colour(low: float, high: float) -> tuple[float, float, float]:
        red, green, blue = rng.uniform(low, high) * rng.uniform(0.88, 1.12, 3)
        return (float(red), float(green), float(blue))

    return Light(key=towards(), key_colour=colour(0.9, 1.9), fill=towards(), fill_colour=colour(0.2, 0.6))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--head-data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--people", type=int, default=12)
    parser.add_argument("--pictures", type=int, default=40)
    given = parser.parse_args(arguments)
    surface = Surface.of(HeadData.load(given.head_data))
    for number, person in enumerate(starter_cast(given.people, seed=SEED)):
        folder = given.out / f"sketched{number:02d}"
        if not (folder / f"{given.pictures - 1:04d}.npz").exists():
            sketch_stranger(surface, person, folder, number=number, pictures=given.pictures)
        print(f"{folder}: {given.pictures} pictures", flush=True)


if __name__ == "__main__":
    main()
