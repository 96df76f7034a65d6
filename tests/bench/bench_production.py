"""How long a large production takes to open and to answer: python -m tests.bench.bench_production

Shots with faces by formula, a real `understudy serve` in a process of its own. An empty production is served
in the same run: what opening costs beyond it is the production's own share.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tests.drawn_tracks import drawn_faces
from tests.running_backend import RunningBackend
from tests.test_store import shot_of

from understudy.domain.face import save_faces
from understudy.domain.files import sha256_of
from understudy.domain.time import FrameRange
from understudy.store.production import Production


def made(folder: Path, shots: int, frames: int) -> None:
    """A production of so many extracted shots, of so many frames each."""
    Production.create(folder, "Large")
    faces = drawn_faces({0: FrameRange(1001, 1000 + frames)})
    with Production.open(folder) as production:
        person = production.add_person("Rowan")
        for number in range(shots):
            shot = shot_of(person.id, f"sh{number:04}0", f"shot-{number}")
            plate = replace(shot.plate, file_frames=frames, last_index=frames - 1, first_frame=1001)
            production.add_shot(replace(shot, plate=plate))
            target = folder / "shots" / shot.id / "faces.safetensors"
            save_faces(faces, target)
            production.set_shot_faces(shot.id, production.relative(target), sha256_of(target))


def timed(ask: Callable[..., object], *about: object) -> float:
    before = time.perf_counter()
    ask(*about)
    return time.perf_counter() - before


def start(folder: Path) -> tuple[RunningBackend, float]:
    before = time.perf_counter()
    return RunningBackend.start(folder), time.perf_counter() - before


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shots", type=int, default=100)
    parser.add_argument("--frames", type=int, default=1000)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        large, empty = Path(scratch) / "large", Path(scratch) / "empty"
        Production.create(empty, "Empty")
        made(large, chosen.shots, chosen.frames)
        opening = [timed(lambda: Production.open(large).close()) for _ in range(5)]
        print(f"{chosen.shots} shots of {chosen.frames} frames: {chosen.shots * chosen.frames} in all")
        print(f"open the production         {statistics.median(opening) * 1000:8.1f} ms")
        served = [start(folder) for folder in (empty, large)]
        for name, (_, seconds) in zip(("empty", "large"), served, strict=True):
            print(f"serve it, {name} one, until it answers {seconds * 1000:8.1f} ms")
        client = served[1][0].client
        repeated = ["sh00000"] * 10
        names = [f"sh{number:04}0" for number in range(min(chosen.shots, 20))]
        print(f"list the shots              {timed(client.shots) * 1000:8.1f} ms")
        for title, ask in (
            ("a shot's tracks", client.tracks),
            ("a shot's timeline", client.timeline),
            ("a shot's faces with what curation says", lambda name: client.person_faces("Rowan", [name])),
        ):
            first, again = (
                statistics.median(timed(ask, name) for name in asked) for asked in (names, repeated)
            )
            print(f"{title:40} first {first * 1000:8.1f} ms, again {again * 1000:8.1f} ms")
        for backend, _ in served:
            backend.stop()


if __name__ == "__main__":
    main()
