"""How long a timeline of many clips takes: read, looked through for what stands against its shots, written.

    python -m tests.bench.bench_interchange [--clips 1000] [--repeats 3]

Every figure is the best of some runs on one thread.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

from tests.bridge_timelines import made_clip

from understudy_bridge.core.placing import ResultMedia
from understudy_bridge.core.push import Take, push_takes
from understudy_bridge.core.shot_ref import problems
from understudy_bridge.core.shots import Wanted, shots_of_track, shots_of_uids
from understudy_bridge.core.timeline import Marker, Media, Sequence, Track
from understudy_bridge.daemon.plans import Plans
from understudy_bridge.daemon.snapshot import sequence_of, table_of
from understudy_bridge.interchange.formats import FORMATS, read_timeline, write_timeline

Answer = TypeVar("Answer")
RATE = Fraction(24000, 1001)


def long_timeline(clips: int) -> Sequence:
    """Clips of 48 frames on one track, each marked."""
    media = [
        Media(path=f"/show/A{reel:03d}.mov", rate=RATE, start=86400, frames=20_000, reel=f"A{reel:03d}")
        for reel in range(40)
    ]
    items = tuple(
        replace(
            made_clip(f"uid-{at}", media[at % 40], 86500 + at, 48, None),
            markers=(Marker(frame=86510 + at, name=f"understudy SH{at:04d}"),),
        )
        for at in range(clips)
    )
    track = Track(kind="video", number=1, name="V1", items=items)
    return Sequence(name="reel", rate=RATE, start_frame=86400, tracks=(track,))


def best_s(act: Callable[[], Answer], repeats: int) -> tuple[float, Answer]:
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        answer = act()
        times.append(time.perf_counter() - began)
    return min(times), answer


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--clips", type=int, default=1000)
    words.add_argument("--repeats", type=int, default=3)
    asked = words.parse_args()
    sequence = long_timeline(asked.clips)
    print(f"{'format':<8} {'read s':>8} {'check s':>8} {'write s':>8} {'all s':>8}")
    for suffix, form in FORMATS.items():
        if form.read is None or suffix == ".aaf":
            continue
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"t{suffix}"
            write_timeline(sequence, path)
            read_s, reading = best_s(lambda path=path: read_timeline(path), asked.repeats)
            check_s, _ = best_s(
                lambda found=reading.sequence: [problems(ref) for ref in shots_of_track(found, 1, Wanted())],
                asked.repeats,
            )
            write_s, _ = best_s(
                lambda found=reading.sequence, path=path: write_timeline(found, path), asked.repeats
            )
        total = read_s + check_s + write_s
        print(f"{suffix:<8} {read_s:8.2f} {check_s:8.2f} {write_s:8.2f} {total:8.2f}")
    refs = shots_of_track(sequence, 1, Wanted())
    takes = [
        Take(
            shot=ref,
            version=1,
            result=ResultMedia(
                path=f"/takes/{ref.clip_uid}.mov",
                name=ref.name,
                rate=RATE,
                frames=64,
                plate_first=ref.source_in - 8,
                shot_id=ref.clip_uid,
            ),
        )
        for ref in refs
    ]
    push_s, _ = best_s(lambda: push_takes(sequence, takes), asked.repeats)
    print(f"{len(takes)} takes placed: {push_s:.2f} s")
    tell_live(sequence, takes[len(takes) // 2], asked.repeats)


def tell_live(sequence: Sequence, take: Take, repeats: int) -> None:
    """What an editor waits for: all clips told and checked, one take planned, and the timeline read back."""
    text = json.dumps(table_of(sequence, inserts_tracks=True))
    read_s, found = best_s(lambda: sequence_of(json.loads(text)), repeats)
    uids = [clip.uid for _, clip in found.video()[0].clips()]
    check_s, _ = best_s(lambda: [problems(ref) for ref in shots_of_uids(found, uids, Wanted())], repeats)
    plans = Plans()
    told = json.loads(text)
    plan_s, plan = best_s(lambda: plans.make("s", take.shot, take.result, 1, told), repeats)
    back_s, _ = best_s(lambda: plans.read(plan["id"], told), repeats)
    print(f"told by an editor, {len(text) / 2**20:.1f} MiB of JSON: read {read_s:.2f} s,", end=" ")
    print(f"{len(uids)} clips checked {check_s:.2f} s,", end=" ")
    print(f"one take planned {plan_s:.2f} s, read back {back_s:.2f} s")


if __name__ == "__main__":
    main()
