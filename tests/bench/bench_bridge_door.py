"""How long an editor's requests take over the daemon's door, and how long a panel holds its editor up.

    python tests/bench/bench_bridge_door.py --clips 1000 --panels 20

The daemon runs in this process beside the panels, so both share one interpreter: real ones are quicker.
Requests: `hello`; a check of every clip of a track; news of one sending to all panels that wait. Editor: the
time that `Worker.ask` and `Worker.drain` take on the main thread while such checks are under way.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bridge_door import Door, open_bridge

from understudy_bridge.panel.daemon_calls import Daemon
from understudy_bridge.panel.worker import Worker


def seconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def timeline(folder: Path, clips: int) -> dict[str, Any]:
    media = folder / "A001.mov"
    media.write_bytes(b"")
    shown = {"path": str(media), "rate": "24000/1001", "start": 86400, "frames": 200}
    laid = [
        {
            "uid": f"c{number}",
            "name": f"SH{number:04d}",
            "record_in": 48 * number,
            "duration": 48,
            "source_in": 86450,
            "media": shown,
        }
        for number in range(clips)
    ]
    return {"name": "cut", "rate": "24000/1001", "tracks": [{"number": 1, "clips": laid}]}


def row(name: str, times: list[float]) -> None:
    ordered = sorted(times)
    print(f"{name:<36}{len(times):>7}{statistics.median(ordered) * 1e3:>12.2f}{ordered[-1] * 1e3:>12.2f}")


def news_to_all(door: Door, cut: dict[str, Any], panels: int) -> list[float]:
    """From the sending of a shot until each waiting panel has it."""
    daemon = Daemon(door.state)
    asked = {"host": "bench", "project": "many", "timeline": cut, "clips": ["c0"]}
    shot = daemon.check(asked)["shots"][0]["shot"]
    after, ready = daemon.list("many")["revision"], threading.Barrier(panels + 1)

    def wait() -> float:
        ready.wait()
        assert Daemon(door.state).list("many", after, 20.0)["sendings"]
        return time.perf_counter()

    with ThreadPoolExecutor(panels) as pool:
        waiting = [pool.submit(wait) for _ in range(panels)]
        ready.wait()
        time.sleep(0.5)
        began = time.perf_counter()
        daemon.create({"request_id": "r", "project": "many", "shot": shot, "preset": "swap"})
        return [one.result() - began for one in waiting]


def held_up(door: Door, cut: dict[str, Any], checks: int) -> tuple[list[float], list[float]]:
    """Times of every `ask` and `drain` while checks of a whole track run."""
    worker, done = Worker(Daemon(door.state), name="bench"), 0
    asks: list[float] = []
    drains: list[float] = []

    def then(answer: dict[str, Any]) -> None:
        nonlocal done
        done += 1

    worker.watch("bench", news=lambda _: None, trouble=lambda _: None)
    table = {"host": "bench", "project": "bench", "timeline": cut, "track": 1}
    for _ in range(checks):
        asks.append(seconds(lambda: worker.ask(lambda daemon: daemon.check(table), then)))
    while done < checks:
        drains.append(seconds(worker.drain))
        time.sleep(0.01)
    worker.stop()
    return asks, drains


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    arguments.add_argument("--clips", type=int, default=1000)
    arguments.add_argument("--panels", type=int, default=20)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder, open_bridge(Path(folder) / "state") as door:
        cut = timeline(Path(folder), given.clips)
        daemon = Daemon(door.state)
        table = {"host": "bench", "project": "bench", "timeline": cut, "track": 1}
        print(f"{'':<36}{'times':>7}{'median, ms':>12}{'longest, ms':>12}")
        row("hello", [seconds(daemon.hello) for _ in range(100)])
        row(f"check of {given.clips} clips", [seconds(lambda: daemon.check(table)) for _ in range(5)])
        row(f"news to {given.panels} panels", news_to_all(door, cut, given.panels))
        asks, drains = held_up(door, cut, 5)
        row("editor held up by ask", asks)
        row("editor held up by drain", drains)


if __name__ == "__main__":
    main()
