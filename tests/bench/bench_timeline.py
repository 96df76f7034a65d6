"""How long an artist waits for the timeline of a long shot: python -m tests.bench.bench_timeline

A track by formula with three cuts, edits of every kind spread over it, a real server and client on this
machine. "fresh" is a server that has not looked at the shot yet, "edited" the first look after one more edit.
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
from tests.serving import TOKEN, running
from tests.test_store import shot_of

from understudy.client import Client
from understudy.domain.edit import (
    Action,
    AdjustConvert,
    Follow,
    KeyShape,
    KeyStrength,
    Mark,
    MarkFrames,
    Mode,
    MoveLandmarks,
    PaintStroke,
    PlaceCrop,
    SmoothAlignments,
)
from understudy.domain.edit_stack import Step
from understudy.domain.face import save_faces
from understudy.domain.files import sha256_of
from understudy.domain.time import FrameRange
from understudy.jobs.previewer import Previewer
from understudy.store.production import Production
from understudy.studio import Studio

SHOT = "shot-1"


def edits_of(frames: FrameRange, count: int) -> list[Action]:
    """So many edits of six kinds, a shape that follows the face, notes on half the frames, and smoothing."""
    found: list[Action] = [SmoothAlignments()]
    step = max(1, len(frames) // max(1, count // 6))
    points = tuple(float(n % 640) for n in range(200))
    for frame in range(frames.first, frames.last - 8, step):
        found += [
            PaintStroke(frame=frame, mode=Mode.EXCLUDE, points=points, radius_px=8),
            PlaceCrop(track=0, frame=frame + 1, centre_x=300, centre_y=200, side_px=110, angle_deg=1),
            MoveLandmarks(track=0, frame=frame + 2, points=(13, 14), to=(300, 300, 300, 310)),
            KeyStrength(frame=frame + 3, value=0.5),
            MarkFrames(
                first=frame, last=min(frame + step // 2, frames.last), mark=Mark.APPROVED, note="good"
            ),
            AdjustConvert(first=frame, last=frame + 4, settings={"grain": 0.5}),
        ]
    square = (10.0, 10, 50, 10, 50, 50, 10, 50)
    for frame in range(frames.first, frames.last, max(1, len(frames) // 20)):
        found.append(
            KeyShape(shape="hand", frame=frame, mode=Mode.EXCLUDE, points=square, follow=Follow.FACE)
        )
    return found


def make(folder: Path, frames: FrameRange, edits: list[Action]) -> None:
    Production.create(folder, "Bench")
    with Production.open(folder) as production:
        shot = shot_of(production.add_person("Rowan").id)
        plate = replace(shot.plate, first_index=0, last_index=len(frames) - 1, file_frames=len(frames))
        target = folder / "shots" / SHOT / "faces.safetensors"
        cuts = tuple(frames.first + len(frames) * n // 4 for n in (1, 2, 3))
        save_faces(drawn_faces({0: frames}, cuts=cuts), target)
        path = production.relative(target)
        production.add_shot(replace(shot, plate=plate, faces=path, faces_sha256=sha256_of(target)))
        steps = [(Step.DO, edit) for edit in edits]
        production.append_edits(SHOT, steps, author="ann", request_id="edits")


def took(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return 1e3 * (time.perf_counter() - began)


def measure(folder: Path, rounds: int) -> dict[str, float]:
    """Milliseconds by what was done."""
    with Production.open(folder) as production:
        studio = Studio(
            production,
            worker_command=lambda _: [],
            worker_environment={},
            previewer=Previewer(["true"], {}, log_file=folder / "previews.txt"),
        )
        with running(studio) as server, Client(server.address, TOKEN) as client:
            client.get_production()
            found = {"fresh, by the client": took(lambda: client.timeline(SHOT))}
            edited, seen_again, inside, solved = [], [], [], []
            for _ in range(rounds):
                seen = studio.edits(SHOT).revision
                stroke = PaintStroke(frame=1100, mode=Mode.EXCLUDE, points=(9.0, 9.0), radius_px=4)
                client.add_edits(SHOT, [stroke], author="ann", seen_revision=seen)
                inside.append(took(lambda: studio.timeline(SHOT)))
                client.add_edits(SHOT, [stroke], author="ann", seen_revision=seen + 1)
                edited.append(took(lambda: client.timeline(SHOT)))
                seen_again.append(took(lambda: client.timeline(SHOT)))
            solved.append(took(lambda: studio.solver.solved(production.shot(SHOT))))
            found["edited, in the server"] = statistics.median(inside)
            found["edited, by the client"] = statistics.median(edited)
            found["again, by the client"] = statistics.median(seen_again)
            found["(solving the whole shot)"] = statistics.median(solved)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=10_000)
    parser.add_argument("--edits", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    frames = FrameRange(1001, 1000 + asked.frames)
    edits = edits_of(frames, asked.edits)
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder) / "film", frames, edits)
        print(f"{len(frames)} frames, {len(edits)} edits")
        for name, milliseconds in measure(Path(folder) / "film", asked.rounds).items():
            print(f"  {name:30} {milliseconds:8.1f} ms")


if __name__ == "__main__":
    main()
