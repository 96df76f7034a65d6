"""Make the demonstration's footage from the head data: render, develop, encode, and write its truth.

    python -m understudy.demo.make_performers --head-data DIR --bpy-python PATH --out demo/footage

`--head-data` holds the unpacked head data (`mpfb2/`, `faceunits01/`); `--bpy-python` is the Python of an
environment with `pip install bpy==4.5.*`. A broken run goes on where it stopped: rendered frames are kept
in `--work`. With `--strangers DIR` the command makes single pictures of a cast of other people instead,
to learn faces in general from.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from .anchors import Anchors
from .develop import display, over_ground, read_render, truth_of
from .figure import figure
from .head import HeadData
from .movies import write_matte, write_movie
from .performance import performance
from .render import run_job
from .shots import (
    CAMERA,
    RATE,
    ROWAN_PLATE,
    ROWAN_PLATE_HAND,
    SHOTS,
    Shot,
    ground_path,
    picture_path,
    render_job,
)
from .sound import voice
from .strangers import make_strangers
from .truth import save_truth, truth_path

F32 = npt.NDArray[np.float32]

SIZE_PX = (CAMERA.width_px, CAMERA.height_px)
PITCH_HZ = {"rowan": 112.0, "mira": 204.0}
MATTED = {ROWAN_PLATE.name: "rowan_plate_matte.mkv", ROWAN_PLATE_HAND.name: "rowan_plate_hand_matte.mkv"}
LICENCE = "mpfb2/LICENSE.md"


def make_footage(head_data: Path, bpy_python: Path, out: Path, work: Path) -> None:
    """Render what is missing and write every movie, matte and truth file into `out`."""
    out.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(head_data / LICENCE, out / "LICENSE-CC0.md")
    data = HeadData.load(head_data)
    for shot in SHOTS:
        run_job(render_job(shot, head_data, work), bpy_python, report=_say)
        encode(shot, data, out, work)
        _say(f"{shot.name}: {shot.count} frames")


def encode(shot: Shot, data: HeadData, out: Path, work: Path) -> None:
    """Write the movie of a rendered shot with its sound, truth and, for the plates, matte."""
    target = out / f"{shot.name}.mov"
    sound = voice(shot.kind, shot.seed, shot.count, RATE, pitch_hz=PITCH_HZ[shot.person.name])
    write_movie(
        target,
        _pictures(shot, work),
        size_px=SIZE_PX,
        rate=RATE,
        timecode=shot.timecode,
        reel=f"{shot.person.name[0].upper()}001C{SHOTS.index(shot) + 1:03d}",
        sound=sound,
    )
    if shot.name in MATTED:
        mattes = (read_render(picture_path(shot, index, work))[1] for index in range(shot.count))
        write_matte(out / MATTED[shot.name], mattes, size_px=SIZE_PX, rate=RATE)
    poses = [performance(shot.kind, shot.seed, index, RATE) for index in range(shot.count)]
    person = figure(data, shot.person, donor=shot.donor)
    save_truth(truth_of(person, poses, CAMERA, Anchors.load()), truth_path(target))


def _pictures(shot: Shot, work: Path) -> Iterator[F32]:
    ground, _ = read_render(ground_path(shot.setup, work))
    for index in range(shot.count):
        picture, _ = read_render(picture_path(shot, index, work))
        yield display(over_ground(picture, ground))


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main(arguments: Iterable[str] | None = None) -> None:
    """Read the command line and make the footage, or the strangers."""
    parser = argparse.ArgumentParser(description="Make the synthetic performers' footage.")
    parser.add_argument("--head-data", type=Path, required=True, help="folder with mpfb2/ and faceunits01/")
    parser.add_argument("--bpy-python", type=Path, required=True, help="a Python that has bpy 4.5")
    parser.add_argument("--out", type=Path, default=Path("demo/footage"), help="where the movies go")
    parser.add_argument(
        "--work", type=Path, default=Path("build/performers"), help="where rendered frames are kept"
    )
    parser.add_argument("--strangers", type=Path, help="make pictures of other people here instead")
    parser.add_argument("--people", type=int, default=10, help="how many strangers")
    parser.add_argument("--pictures-each", type=int, default=36, help="pictures of each stranger")
    chosen = parser.parse_args(None if arguments is None else list(arguments))
    if chosen.strangers is not None:
        make_strangers(
            chosen.head_data,
            chosen.bpy_python,
            chosen.strangers,
            people=chosen.people,
            pictures_each=chosen.pictures_each,
            report=_say,
        )
        return
    make_footage(chosen.head_data, chosen.bpy_python, chosen.out, chosen.work)


if __name__ == "__main__":
    main()
