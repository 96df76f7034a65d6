"""How long an artist waits for the list of edits: adding, listing, looking at what they solve to.

    python -m tests.bench.bench_edits                           200 frames with 100 strokes; 5000 with 5000
    python -m tests.bench.bench_edits --frames 1000 --strokes 300

One track by formula, strokes of 100 points on one list, a real server and client on this machine.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tests.drawn_tracks import drawn_faces
from tests.serving import TOKEN, running
from tests.test_store import shot_of

from understudy.client import Client
from understudy.domain.edit import Action, Mode, PaintStroke, PlaceCrop, SmoothAlignments
from understudy.domain.edit_stack import Step
from understudy.domain.face import save_faces
from understudy.domain.files import sha256_of
from understudy.domain.time import FrameRange
from understudy.jobs.previewer import Previewer
from understudy.store.edit_tables import NewStep
from understudy.store.production import Production
from understudy.studio import Studio

SHOT = "shot-1"


@contextmanager
def shot_with(folder: Path, frames: FrameRange, strokes: int) -> Iterator[Studio]:
    """A production with one shot that was painted on."""
    Production.create(folder, "Bench")
    with Production.open(folder) as production:
        shot = shot_of(production.add_person("Rowan").id)
        plate = replace(shot.plate, first_index=0, last_index=len(frames) - 1, file_frames=len(frames))
        target = folder / "shots" / SHOT / "faces.safetensors"
        save_faces(drawn_faces({0: frames}), target)
        path = production.relative(target)
        production.add_shot(replace(shot, plate=plate, faces=path, faces_sha256=sha256_of(target)))
        points = tuple(float(number % 640) for number in range(200))
        steps: list[NewStep] = [
            (
                Step.DO,
                PaintStroke(
                    frame=frames.first + n % len(frames), mode=Mode.EXCLUDE, points=points, radius_px=8
                ),
            )
            for n in range(strokes)
        ]
        production.append_edits(SHOT, steps, author="ann", request_id="strokes")
        yield Studio(
            production,
            worker_command=lambda _: [],
            worker_environment={},
            previewer=Previewer(["true"], {}, log_file=folder / "previews.txt"),
        )


def timed(name: str, work: Callable[[], object], *, rounds: int = 5) -> None:
    took: list[float] = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    print(f"  {name:44} {statistics.median(took) * 1e3:9.1f} ms")


def measure(frames: FrameRange, strokes: int) -> None:
    print(f"{len(frames)} frames, {strokes} strokes")
    with (
        tempfile.TemporaryDirectory() as folder,
        shot_with(Path(folder) / "film", frames, strokes) as studio,
        running(studio) as server,
        Client(server.address, TOKEN) as client,
    ):

        def add(*actions: Action) -> None:
            seen = studio.edits(SHOT).revision
            client.add_edits(SHOT, actions, author="ann", seen_revision=seen)

        middle = frames.first + len(frames) // 2
        one = FrameRange(middle, middle)
        key = PlaceCrop(track=0, frame=middle, centre_x=300, centre_y=200, side_px=110, angle_deg=1)

        def edit_and_look() -> None:
            add(key)
            client.solved(SHOT, one)

        add(SmoothAlignments())
        timed("add one edit", lambda: add(key))
        timed("add one edit, then see its frame solved", edit_and_look)
        timed("list every edit", lambda: client.edits(SHOT), rounds=3)
        timed("add 500 edits at once", lambda: add(*[key] * 500), rounds=1)
        timed("the whole shot, first look", lambda: client.solved(SHOT, landmarks=False), rounds=1)
        timed("the whole shot, again", lambda: client.solved(SHOT, landmarks=False))
        timed("curves of the track and two landmarks", lambda: client.curves(SHOT, 0, (13, 14)), rounds=3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int)
    parser.add_argument("--strokes", type=int, default=100)
    asked = parser.parse_args()
    sizes = [(asked.frames, asked.strokes)] if asked.frames else [(200, 100), (5000, 5000)]
    for frames, strokes in sizes:
        measure(FrameRange(1001, 1000 + frames), strokes)


if __name__ == "__main__":
    main()
